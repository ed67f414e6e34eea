import JSONValue
import KubeModel
import ObjectDefaults
import Testing

@Suite struct WriteTests {
    static let now = Timestamp(seconds: 1_700_000_000)
    static let context = ObjectStrategy.Context(
        userName: "u", userUID: "1", userGroups: ["g"], userExtra: ["k": ["v"]], now: now, freshUID: "fresh")

    static func kind(_ apiVersion: String, _ kind: String) -> GroupVersionKind {
        let version = GroupVersion(apiVersion) ?? GroupVersion(group: "", version: "v1")
        return GroupVersionKind(group: version.group, version: version.version, kind: kind)
    }

    static func created(_ text: String, _ kind: GroupVersionKind) throws -> JSON {
        var object = try ObjectDecoding.decode(JSON.parse(text), as: kind).object
        ObjectDefaults.apply(to: &object, kind: kind, now: now)
        ObjectStrategy.prepareForCreate(&object, kind: kind, context: context)
        ObjectNormalization.finish(&object, kind: kind, now: now)
        return object
    }

    static func updated(_ old: JSON, kind: GroupVersionKind, subresource: String? = nil, _ change: (inout JSON) -> Void)
        throws -> JSON
    {
        var object = old
        change(&object)
        object = try ObjectDecoding.decode(object, as: kind).object
        ObjectDefaults.apply(to: &object, kind: kind, now: now)
        ObjectStrategy.prepareForUpdate(&object, old: old, kind: kind, subresource: subresource, context: context)
        ObjectNormalization.finish(&object, kind: kind, now: now)
        return object
    }

    static let deployment = kind("apps/v1", "Deployment")
    static let deploymentText =
        #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"template":{"spec":{"containers":[{"name":"c"}]}}}}"#

    @Test("a change of the spec raises the generation, a change of the status does not, and neither touches the other")
    func generations() throws {
        let first = try Self.created(Self.deploymentText, Self.deployment)
        #expect(first[path: "metadata", "generation"] == 1)
        #expect(first["status"] == [:])
        let scaled = try Self.updated(first, kind: Self.deployment) {
            $0[path: "spec", "replicas"] = 3
            $0[path: "status", "replicas"] = 9
            $0[path: "metadata", "generation"] = 70
        }
        #expect(scaled[path: "metadata", "generation"] == 2)
        #expect(scaled["status"] == [:])
        let reported = try Self.updated(scaled, kind: Self.deployment, subresource: "status") {
            $0[path: "spec", "replicas"] = 5
            $0[path: "status", "replicas"] = 3
            $0[path: "metadata", "labels"] = ["a": "b"]
        }
        #expect(reported[path: "spec", "replicas"] == 3)
        #expect(reported[path: "status", "replicas"] == 3)
        #expect(reported[path: "metadata", "generation"] == 2)
        #expect(reported[path: "metadata", "labels"] == nil)
        let annotated = try Self.updated(reported, kind: Self.deployment) {
            $0[path: "metadata", "annotations", "a"] = "b"
        }
        #expect(annotated[path: "metadata", "generation"] == 3)
        let same = try Self.updated(annotated, kind: Self.deployment) {
            $0[path: "spec", "template", "spec", "nodeSelector"] = [:]
        }
        #expect(same == annotated)
    }

    @Test(
        "the image says when it is pulled",
        arguments: [
            ("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1.27", "IfNotPresent"), ("reg:5000/a/b", "Always"),
            ("reg:5000/a/b:1", "IfNotPresent"), ("Not An Image", "IfNotPresent"), ("", "IfNotPresent"),
            ("a@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "IfNotPresent"),
        ])
    func pullPolicies(image: String, policy: String) throws {
        let pod = try Self.created(
            #"{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"\#(image)"}]}}"#,
            Self.kind("v1", "Pod"))
        #expect(pod["spec"]?["containers"]?[at: 0]?["imagePullPolicy"] == .string(policy))
    }

    @Test(
        "requests and limits make the quality of service",
        arguments: [
            (#"{}"#, PodQuality.bestEffort), (#"{"requests":{"cpu":"1"}}"#, .burstable),
            (#"{"limits":{"cpu":"1"}}"#, .burstable),
            (#"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1000m","memory":"1024Mi"}}"#, .guaranteed),
            (#"{"limits":{"cpu":"2","memory":"1Gi"},"requests":{"cpu":"1","memory":"1Gi"}}"#, .burstable),
            (#"{"limits":{"cpu":"0"}}"#, .bestEffort), (#"{"limits":{"example.com/x":"1"}}"#, .bestEffort),
        ])
    func quality(resources: String, quality: PodQuality) throws {
        #expect(PodQuality(of: try JSON.parse(#"{"containers":[{"resources":\#(resources)}]}"#)) == quality)
        let podLevel = try JSON.parse(#"{"resources":\#(resources),"containers":[{}]}"#)
        #expect(PodQuality(of: podLevel) == quality)
    }

    @Test("a certificate request says who asked, not whom the client named")
    func certificateRequest() throws {
        let kind = Self.kind("certificates.k8s.io/v1", "CertificateSigningRequest")
        let request = try Self.created(
            #"{"metadata":{"name":"r"},"spec":{"username":"admin","groups":["system:masters"],"request":"YQ==","signerName":"s"},"status":{"certificate":"YQ=="}}"#,
            kind)
        #expect(request[path: "spec", "username"] == "u")
        #expect(request[path: "spec", "groups"] == ["g"])
        #expect(request[path: "spec", "extra"] == ["k": ["v"]])
        #expect(request["status"] == [:])
        let approved = try Self.updated(request, kind: kind, subresource: "approval") {
            $0[path: "spec", "username"] = "other"
            $0["status"] = ["conditions": [["type": "Approved", "status": "True"]], "certificate": "Yg=="]
        }
        #expect(approved[path: "spec", "username"] == "u")
        #expect(approved[path: "status", "certificate"] == nil)
        #expect(approved["status"]?["conditions"]?[at: 0]?["lastUpdateTime"] == .string(Self.now.description))
        let issued = try Self.updated(approved, kind: kind, subresource: "status") {
            $0["status"] = ["conditions": [], "certificate": "Yw=="]
        }
        #expect(issued["status"]?["conditions"] == approved["status"]?["conditions"])
        #expect(issued[path: "status", "certificate"] == "Yw==")
    }

    @Test("a job finds its pods by labels of its own, and a daemon set counts the changes of its template")
    func workloads() throws {
        let job = try Self.created(
            #"{"metadata":{"name":"j","uid":"1"},"spec":{"template":{"spec":{"containers":[{"name":"c"}]}}}}"#,
            Self.kind("batch/v1", "Job"))
        #expect(job[path: "spec", "selector", "matchLabels"] == ["batch.kubernetes.io/controller-uid": "1"])
        #expect(job[path: "spec", "template", "metadata", "labels", "job-name"] == "j")
        let kind = Self.kind("apps/v1", "DaemonSet")
        let annotation = "deprecated.daemonset.template.generation"
        let set = try Self.created(
            #"{"metadata":{"name":"s"},"spec":{"template":{"spec":{"containers":[{"name":"c"}]}}}}"#, kind)
        #expect(set[path: "metadata", "annotations", annotation] == "1")
        let changed = try Self.updated(set, kind: kind) {
            $0[path: "spec", "template", "metadata", "labels"] = ["a": "b"]
        }
        #expect(changed[path: "metadata", "annotations", annotation] == "2")
        let tuned = try Self.updated(changed, kind: kind) { $0[path: "spec", "minReadySeconds"] = 5 }
        #expect(tuned[path: "metadata", "annotations", annotation] == "2")
        #expect(tuned[path: "metadata", "generation"] == 3)
    }

    @Test("secrets keep text as bytes, and a policy from before a field stays as permissive as it was")
    func smallDefaults() throws {
        let secret = try Self.created(
            #"{"metadata":{"name":"s"},"data":{"a":"YQ=="},"stringData":{"a":"b","c":"ü"}}"#, Self.kind("v1", "Secret"))
        #expect(secret["data"] == ["a": "Yg==", "c": "w7w="])
        #expect(secret["stringData"] == nil)
        let policy = try Self.created(
            #"{"metadata":{"name":"p"},"spec":{}}"#, Self.kind("policy/v1beta1", "PodSecurityPolicy"))
        #expect(policy[path: "spec", "allowPrivilegeEscalation"] == true)
        let again = ObjectConversion.convert(
            policy, from: Self.kind("policy/v1beta1", "PodSecurityPolicy"),
            to: Self.kind("extensions/v1beta1", "PodSecurityPolicy"))
        #expect(again?["apiVersion"] == "extensions/v1beta1")
        #expect(again?["spec"] == policy["spec"])
    }

    @Test("an update keeps the addresses and ports of a service that the client left out")
    func serviceUpdate() throws {
        let old = try JSON.parse(
            #"{"metadata":{"name":"s"},"spec":{"type":"NodePort","clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],"ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","ports":[{"name":"a","port":1,"nodePort":30001},{"name":"b","port":2,"nodePort":30002}]}}"#
        )
        var new = try JSON.parse(
            #"{"metadata":{"name":"s"},"spec":{"type":"NodePort","ports":[{"name":"b","port":3},{"name":"a","port":1,"nodePort":30003}]}}"#
        )
        #expect(ServiceAddressing.prepare(&new, old: old, families: ["IPv4"]).isEmpty)
        #expect(new[path: "spec", "clusterIPs"] == ["10.0.0.1"])
        #expect(new[path: "spec", "ipFamilies"] == ["IPv4"])
        #expect(new["spec"]?["ports"]?[at: 0]?["nodePort"] == 30002)
        #expect(new["spec"]?["ports"]?[at: 1]?["nodePort"] == 30003)
        var dual: JSON = ["spec": ["type": "ClusterIP", "ipFamilyPolicy": "RequireDualStack"]]
        let errors = ServiceAddressing.prepare(&dual, old: nil, families: ["IPv4"])
        #expect(
            errors.map(\.description) == [
                #"spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services"#
            ])
    }

    @Test("owners with the same uid are kept once")
    func owners() {
        var object: JSON = ["metadata": ["ownerReferences": [["uid": "a"], ["uid": "b"], ["uid": "a"]]]]
        #expect(OwnerReferences.removeDuplicates(in: &object) == ["a"])
        #expect(object == ["metadata": ["ownerReferences": [["uid": "a"], ["uid": "b"]]]])
    }

    @Test("a resize changes resources only")
    func resize() throws {
        let kind = Self.kind("v1", "Pod")
        let pod = try Self.created(
            #"{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i:1","resources":{"requests":{"cpu":"1"}}}]}}"#,
            kind)
        let resized = try Self.updated(pod, kind: kind, subresource: "resize") {
            $0[path: "spec", "containers"] = [["name": "c", "image": "other", "resources": ["requests": ["cpu": "2"]]]]
            $0[path: "spec", "nodeName"] = "n"
        }
        #expect(resized["spec"]?["containers"]?[at: 0]?["image"] == "i:1")
        #expect(resized["spec"]?["containers"]?[at: 0]?["resources"] == ["requests": ["cpu": "2"]])
        #expect(resized[path: "spec", "nodeName"] == nil)
        #expect(resized[path: "metadata", "generation"] == 2)
    }
}

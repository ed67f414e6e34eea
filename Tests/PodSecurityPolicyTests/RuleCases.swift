import JSONValue
import PolicyModel
import Testing

/// One pod under one policy that speaks of one field.
struct RuleCase: Sendable, CustomTestStringConvertible {
    /// The field of the policy.
    let rule: ControlID
    /// What the policy says beside what it must.
    let policy: String
    /// The annotations of the policy.
    let policyAnnotations: String
    /// The pod's `spec`, whose container is named `c`.
    let spec: String
    /// The annotations of the pod.
    let annotations: String
    /// The fields of the violations; empty when the pod is allowed.
    let denied: [String]

    init(
        _ rule: ControlID, _ policy: String, _ spec: String, policyAnnotations: String = "{}",
        annotations: String = "{}",
        denied: [String] = []
    ) {
        self.rule = rule
        self.policy = policy
        self.policyAnnotations = policyAnnotations
        self.spec = spec
        self.annotations = annotations
        self.denied = denied
    }

    var testDescription: String { "\(rule) \(policy)\(policyAnnotations): \(spec)\(annotations)" }

    static let all: [RuleCase] = identities + namespaces + containers + volumes + profiles

    private static let identities: [RuleCase] = [
        .init("runAsUser", #"{"runAsUser":{"rule":"MustRunAs","ranges":[{"min":5,"max":9}]}}"#, "{}"),
        .init("runAsUser", #"{"runAsUser":{"rule":"MustRunAsNonRoot"}}"#, #"{"securityContext":{"runAsUser":1}}"#),
        .init(
            "runAsUser", #"{"runAsUser":{"rule":"MustRunAs","ranges":[{"min":5,"max":9}]}}"#,
            #"{"securityContext":{"runAsUser":4}}"#, denied: ["spec.containers[0].securityContext.runAsUser"]),
        .init(
            "runAsUser", #"{"runAsUser":{"rule":"MustRunAsNonRoot"}}"#, #"{"securityContext":{"runAsNonRoot":false}}"#,
            denied: ["spec.containers[0].securityContext.runAsNonRoot"]),
        .init("runAsGroup", #"{"runAsGroup":{"rule":"MayRunAs","ranges":[{"min":5,"max":9}]}}"#, "{}"),
        .init(
            "runAsGroup", #"{"runAsGroup":{"rule":"MayRunAs","ranges":[{"min":5,"max":9}]}}"#,
            #"{"securityContext":{"runAsGroup":0}}"#, denied: ["spec.containers[0].securityContext.runAsGroup"]),
        .init(
            "supplementalGroups", #"{"supplementalGroups":{"rule":"MustRunAs","ranges":[{"min":5,"max":9}]}}"#,
            #"{"securityContext":{"supplementalGroups":[5,9]}}"#),
        .init(
            "supplementalGroups", #"{"supplementalGroups":{"rule":"MustRunAs","ranges":[{"min":5,"max":9}]}}"#,
            #"{"securityContext":{"supplementalGroups":[]}}"#, denied: ["spec.securityContext.supplementalGroups"]),
        .init("fsGroup", #"{"fsGroup":{"rule":"MustRunAs","ranges":[{"min":5,"max":9}]}}"#, "{}"),
        .init(
            "fsGroup", #"{"fsGroup":{"rule":"MayRunAs","ranges":[{"min":5,"max":9}]}}"#,
            #"{"securityContext":{"fsGroup":10}}"#,
            denied: ["spec.securityContext.fsGroup"]),
        .init(
            "seLinux", #"{"seLinux":{"rule":"MustRunAs","seLinuxOptions":{"level":"s0:c2,c1"}}}"#,
            #"{"securityContext":{"seLinuxOptions":{"level":"s0:c1,c2"}}}"#),
        .init(
            "seLinux", #"{"seLinux":{"rule":"MustRunAs","seLinuxOptions":{"level":"s0"}}}"#,
            #"{"securityContext":{"seLinuxOptions":{"level":"s0","user":"u"}}}"#,
            denied: [
                "spec.securityContext.seLinuxOptions.user", "spec.containers[0].securityContext.seLinuxOptions.user",
            ]),
    ]

    private static let namespaces: [RuleCase] = [
        .init("hostNamespaces", #"{"hostPID":true}"#, #"{"hostPID":true}"#),
        .init(
            "hostNamespaces", "{}", #"{"hostPID":true,"hostIPC":true,"hostNetwork":false}"#,
            denied: ["spec.hostPID", "spec.hostIPC"]),
        .init(
            "hostPorts", #"{"hostPorts":[{"min":80,"max":90}]}"#,
            #"{"containers":[{"name":"c","ports":[{"hostPort":85}]}]}"#),
        .init(
            "hostPorts", #"{"hostPorts":[{"min":80,"max":90}]}"#,
            #"{"containers":[{"name":"c","ports":[{"hostPort":80},{"hostPort":91}]}]}"#,
            denied: ["spec.containers[0].ports[1].hostPort"]),
        .init("sysctls", "{}", #"{"securityContext":{"sysctls":[{"name":"net/ipv4/tcp_syncookies","value":"1"}]}}"#),
        .init(
            "sysctls", #"{"forbiddenSysctls":["net.*"]}"#,
            #"{"securityContext":{"sysctls":[{"name":"kernel.msgmax"},{"name":"net/ipv4/tcp_syncookies"}]}}"#,
            denied: ["spec.securityContext.sysctls[0]", "spec.securityContext.sysctls[1]"]),
        .init(
            "runtimeClass", #"{"runtimeClass":{"allowedRuntimeClassNames":["kata"]}}"#, #"{"runtimeClassName":"kata"}"#),
        .init(
            "runtimeClass", #"{"runtimeClass":{"allowedRuntimeClassNames":["kata"]}}"#, #"{"runtimeClassName":"runc"}"#,
            denied: ["spec.runtimeClassName"]),
    ]

    private static let containers: [RuleCase] = [
        .init(
            "privileged", #"{"privileged":true}"#,
            #"{"containers":[{"name":"c","securityContext":{"privileged":true}}]}"#),
        .init(
            "privileged", "{}", #"{"ephemeralContainers":[{"name":"d","securityContext":{"privileged":true}}]}"#,
            denied: ["spec.ephemeralContainers[0].securityContext.privileged"]),
        .init(
            "privileged", "{}", #"{"securityContext":{"windowsOptions":{"hostProcess":true}}}"#,
            denied: ["spec.containers[0].securityContext.windowsOptions.hostProcess"]),
        .init(
            "allowedProcMountTypes", "{}", #"{"containers":[{"name":"c","securityContext":{"procMount":"Default"}}]}"#),
        .init(
            "allowedProcMountTypes", "{}", #"{"containers":[{"name":"c","securityContext":{"procMount":"Unmasked"}}]}"#,
            denied: ["spec.containers[0].securityContext.procMount"]),
        .init(
            "capabilities", #"{"allowedCapabilities":["KILL"],"requiredDropCapabilities":["ALL"]}"#,
            #"{"containers":[{"name":"c","securityContext":{"capabilities":{"add":["KILL"]}}}]}"#),
        .init(
            "capabilities", #"{"allowedCapabilities":["KILL"]}"#,
            #"{"containers":[{"name":"c","securityContext":{"capabilities":{"add":["CHOWN"]}}}]}"#,
            denied: ["spec.containers[0].securityContext.capabilities.add"]),
        .init("readOnlyRootFilesystem", #"{"readOnlyRootFilesystem":true}"#, "{}"),
        .init(
            "readOnlyRootFilesystem", #"{"readOnlyRootFilesystem":true}"#,
            #"{"initContainers":[{"name":"i","securityContext":{"readOnlyRootFilesystem":false}}]}"#,
            denied: ["spec.initContainers[0].securityContext.readOnlyRootFilesystem"]),
        .init(
            "allowPrivilegeEscalation", "{}",
            #"{"containers":[{"name":"c","securityContext":{"allowPrivilegeEscalation":true}}]}"#),
        .init(
            "allowPrivilegeEscalation", #"{"allowPrivilegeEscalation":false}"#,
            #"{"containers":[{"name":"c","securityContext":{"allowPrivilegeEscalation":true}}]}"#,
            denied: ["spec.containers[0].securityContext.allowPrivilegeEscalation"]),
    ]

    private static let volumes: [RuleCase] = [
        .init("volumes", #"{"volumes":["emptyDir"]}"#, #"{"volumes":[{"name":"v","emptyDir":{}}]}"#),
        .init("volumes", "{}", #"{"volumes":[{"name":"v","image":{"reference":"r"}}]}"#),
        .init(
            "volumes", #"{"volumes":["emptyDir"]}"#, #"{"volumes":[{"name":"v","cephfs":{}},{"name":"w","image":{}}]}"#,
            denied: ["spec.volumes[0]", "spec.volumes[1]"]),
        .init(
            "volumes", "{}", #"{"volumes":[{"name":"v","novelty":{}},{"name":"w"}]}"#,
            denied: ["spec.volumes[0]", "spec.volumes[1]"]),
        .init(
            "volumes", #"{"volumes":["secret"]}"#,
            #"{"volumes":[{"name":"v","projected":{"sources":[{"serviceAccountToken":{"path":"token","audience":"x"}}]}}]}"#,
            denied: ["spec.volumes[0]"]),
        .init(
            "allowedHostPaths", #"{"allowedHostPaths":[{"pathPrefix":"/a/"}]}"#,
            #"{"volumes":[{"name":"v","hostPath":{"path":"/a"}}]}"#),
        .init(
            "allowedHostPaths", #"{"allowedHostPaths":[{"pathPrefix":"/a"}]}"#,
            #"{"volumes":[{"name":"v","hostPath":{"path":"/ab"}}]}"#,
            denied: ["spec.volumes[0].hostPath.path"]),
        .init(
            "allowedHostPaths", #"{"allowedHostPaths":[{"pathPrefix":"/a","readOnly":true}]}"#,
            #"{"volumes":[{"name":"v","hostPath":{"path":"/a"}}],"containers":[{"name":"c","volumeMounts":[{"name":"v"}]}]}"#,
            denied: ["spec.containers[0].volumeMounts[0].readOnly"]),
        .init(
            "allowedFlexVolumes", #"{"allowedFlexVolumes":[{"driver":"d"}]}"#,
            #"{"volumes":[{"name":"v","flexVolume":{"driver":"d"}}]}"#),
        .init(
            "allowedFlexVolumes", #"{"allowedFlexVolumes":[{"driver":"d"}]}"#,
            #"{"volumes":[{"name":"v","flexVolume":{"driver":"e"}}]}"#,
            denied: ["spec.volumes[0].flexVolume.driver"]),
        .init(
            "allowedCSIDrivers", #"{"allowedCSIDrivers":[{"name":"d"}]}"#,
            #"{"volumes":[{"name":"v","csi":{"driver":"d"}}]}"#),
        .init(
            "allowedCSIDrivers", #"{"allowedCSIDrivers":[{"name":"d"}]}"#,
            #"{"volumes":[{"name":"v","csi":{"driver":"e"}}]}"#,
            denied: ["spec.volumes[0].csi.driver"]),
    ]

    private static let anySeccomp = #"{"seccomp.security.alpha.kubernetes.io/allowedProfileNames":"docker/default"}"#
    private static let oneAppArmor = #"{"apparmor.security.beta.kubernetes.io/allowedProfileNames":"runtime/default"}"#

    private static let profiles: [RuleCase] = [
        .init(
            "seccomp", "{}", #"{"securityContext":{"seccompProfile":{"type":"RuntimeDefault"}}}"#,
            policyAnnotations: anySeccomp),
        .init(
            "seccomp", "{}", #"{"securityContext":{"seccompProfile":{"type":"RuntimeDefault"}}}"#,
            denied: ["spec.securityContext.seccompProfile", "spec.containers[0].securityContext.seccompProfile"]),
        .init(
            "seccomp", "{}",
            #"{"containers":[{"name":"c","securityContext":{"seccompProfile":{"type":"Unconfined"}}}]}"#,
            policyAnnotations: anySeccomp,
            annotations: #"{"seccomp.security.alpha.kubernetes.io/pod":"runtime/default","#
                + #""container.seccomp.security.alpha.kubernetes.io/c":"runtime/default"}"#,
            denied: ["spec.containers[0].securityContext.seccompProfile"]),
        .init(
            "appArmor", "{}", #"{"securityContext":{"appArmorProfile":{"type":"RuntimeDefault"}}}"#,
            policyAnnotations: oneAppArmor),
        .init(
            "appArmor", "{}", "{}", policyAnnotations: oneAppArmor,
            denied: ["metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]"]),
        .init(
            "appArmor", "{}",
            #"{"containers":[{"name":"c","securityContext":{"appArmorProfile":{"type":"Unconfined"}}}]}"#,
            policyAnnotations: oneAppArmor,
            annotations: #"{"container.apparmor.security.beta.kubernetes.io/c":"runtime/default"}"#,
            denied: ["metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]"]),
    ]

    /// A policy that asks for nothing, changed by the members of `spec`.
    static func policy(_ name: String, _ spec: String = "{}", annotations: String = "{}") throws -> JSON {
        let any: JSON = ["rule": "RunAsAny"]
        var full: JSON = [
            "seLinux": any, "runAsUser": any, "fsGroup": any, "supplementalGroups": any, "volumes": ["*"],
        ]
        for (key, value) in try JSON.parse(spec).object ?? [:] { full[key] = value }
        return ["metadata": ["name": .string(name), "annotations": try JSON.parse(annotations)], "spec": full]
    }

    /// A pod with one container, changed by the members of `spec`.
    static func pod(_ spec: String = "{}", annotations: String = "{}") throws -> JSON {
        var full: JSON = ["serviceAccountName": "default", "securityContext": [:], "containers": [["name": "c"]]]
        for (key, value) in try JSON.parse(spec).object ?? [:] { full[key] = value }
        return ["metadata": ["name": "pause", "annotations": try JSON.parse(annotations)], "spec": full]
    }
}

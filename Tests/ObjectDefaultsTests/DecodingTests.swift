import JSONValue
import KubeModel
import ObjectDefaults
import Testing

@Suite struct DecodingTests {
    static let pod = GroupVersionKind(group: "", version: "v1", kind: "Pod")
    static let service = GroupVersionKind(group: "", version: "v1", kind: "Service")
    static let secret = GroupVersionKind(group: "", version: "v1", kind: "Secret")
    static let lease = GroupVersionKind(group: "coordination.k8s.io", version: "v1", kind: "Lease")

    static let faults: [(kind: GroupVersionKind, body: String, message: String)] = [
        (
            pod, #"{"spec":{"containers":"x"}}"#,
            "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container"
        ),
        (
            pod, #"{"spec":{"restartPolicy":5}}"#,
            "json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy"
        ),
        (
            pod, #"{"spec":{"containers":[{"env":[{"name":"a","value":true}]}]}}"#,
            "json: cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value of type string"
        ),
        (pod, #"{"spec":[]}"#, "json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec"),
        (
            pod, #"{"spec":{"priority":1.5}}"#,
            "json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.priority of type int32"
        ),
        (
            pod, #"{"spec":{"containers":[{"resources":{"limits":[]}}]}}"#,
            "json: cannot unmarshal array into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList"
        ),
        (
            pod, #"{"spec":{"containers":[{"resources":{"limits":{"cpu":"1Mm"}}}]}}"#,
            "unable to parse quantity's suffix"
        ),
        (
            service, #"{"spec":{"ports":[{"targetPort":true}]}}"#,
            "json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32"
        ),
        (secret, #"{"data":{"a":"YQ"}}"#, "illegal base64 data at input byte 0"),
        (secret, #"{"data":{"a":"YQ=!"}}"#, "illegal base64 data at input byte 3"),
        (secret, "[]", "json: cannot unmarshal array into Go value of type v1.Secret"),
        (
            lease, #"{"spec":{"renewTime":"2024-01-01T00:00:00Z"}}"#,
            #"parsing time "2024-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000""#
        ),
        (
            lease, #"{"metadata":{"creationTimestamp":"2024-13-01T00:00:00Z"}}"#,
            #"parsing time "2024-13-01T00:00:00Z": month out of range"#
        ),
        (
            lease, #"{"metadata":{"creationTimestamp":5}}"#,
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string"
        ),
        // The first mismatch is told, unless a value that reads itself fails after it.
        (
            pod, #"{"spec":{"nodeName":1,"hostname":2}}"#,
            "json: cannot unmarshal number into Go struct field PodSpec.spec.nodeName of type string"
        ),
        (
            pod, #"{"spec":{"nodeName":1,"overhead":{"cpu":"x"}}}"#,
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        ),
    ]

    @Test("what does not fit its type is refused in the words that clients know", arguments: faults)
    func refused(_ row: (kind: GroupVersionKind, body: String, message: String)) throws {
        let body = try JSON.parse(row.body)
        #expect(throws: DecodingFault(row.message)) { try ObjectDecoding.decode(body, as: row.kind) }
    }

    @Test("a refusal names the version and the kind")
    func status() {
        let status = DecodingFault("why").status(sent: Self.lease)
        #expect(status.code == 400)
        #expect(status.message == #"Lease in version "v1" cannot be handled as a Lease: why"#)
    }

    @Test("unknown fields are dropped and told with their path, once each")
    func unknown() throws {
        let body = try JSON.parse(
            #"{"metadata":{"x":1},"spec":{"containers":[{"name":"a","Image":"i"},{"ports":[{"port":1}]}],"nodeSelector":{"a":"b"}},"zz":{}}"#
        )
        let decoded = try ObjectDecoding.decode(body, as: Self.pod)
        #expect(
            decoded.unknownFields == [
                "metadata.x", "spec.containers[0].Image", "spec.containers[1].ports[0].port", "zz",
            ])
        #expect(
            decoded.object == [
                "metadata": [:],
                "spec": ["containers": [["name": "a"], ["ports": [[:]]]], "nodeSelector": ["a": "b"]],
            ])
        let fault = ObjectDecoding.strictFault(duplicateFields: ["a"], unknownFields: ["b"])
        #expect(fault?.message == #"strict decoding error: duplicate field "a", unknown field "b""#)
    }

    @Test("no more than a hundred unknown fields are told")
    func manyUnknown() throws {
        var body: JSON = [:]
        for number in 0..<200 { body["x\(number)"] = 1 }
        #expect(
            try ObjectDecoding.decode(body, as: Self.pod).unknownFields.count == ObjectDecoding.maximumUnknownFields)
    }

    @Test("null is absent, in maps and lists it is the zero of their elements")
    func nulls() throws {
        let body = try JSON.parse(
            #"{"metadata":{"labels":{"a":null},"name":null},"spec":{"containers":[null],"hostNetwork":null,"priority":0}}"#
        )
        let decoded = try ObjectDecoding.decode(body, as: Self.pod).object
        #expect(decoded == ["metadata": ["labels": ["a": ""]], "spec": ["containers": [[:]], "priority": 0]])
    }

    @Test(
        "quantities are brought into canonical form",
        arguments: [
            ("\"1000m\"", "1"), ("\"0.5\"", "500m"), ("\"1024Ki\"", "1Mi"), ("1", "1"), ("0.25", "250m"),
            ("\"1.5Gi\"", "1536Mi"),
            ("\"1e6\"", "1e6"), ("\" 5 \"", "5"),
        ])
    func quantities(text: String, canonical: String) throws {
        let body = try JSON.parse(#"{"spec":{"overhead":{"cpu":\#(text)}}}"#)
        #expect(
            try ObjectDecoding.decode(body, as: Self.pod).object[path: "spec", "overhead", "cpu"] == .string(canonical))
    }

    @Test("times are brought to UTC")
    func times() throws {
        let body = try JSON.parse(
            #"{"metadata":{"deletionTimestamp":"2024-01-01T01:00:00.9+01:00"},"spec":{"renewTime":"2024-01-01T01:00:00.123456+01:00"}}"#
        )
        let object = try ObjectDecoding.decode(body, as: Self.lease).object
        #expect(object[path: "metadata", "deletionTimestamp"] == "2024-01-01T00:00:00Z")
        #expect(object[path: "spec", "renewTime"] == "2024-01-01T00:00:00.123456Z")
    }

    @Test("every kind that is served can be decoded and written")
    func everyKind() throws {
        for resource in SchemaCatalog.builtin.resources {
            let kind = resource.groupVersionKind
            var object = try ObjectDecoding.decode(["metadata": ["name": "x"]], as: kind).object
            ObjectDefaults.apply(to: &object, kind: kind, now: Timestamp(seconds: 0))
            ObjectNormalization.finish(&object, kind: kind, now: Timestamp(seconds: 0))
            var again = object
            ObjectNormalization.finish(&again, kind: kind, now: Timestamp(seconds: 0))
            #expect(again == object, "\(kind)")
            #expect(object[path: "metadata", "name"] == "x" || kind.kind == "SelfSubjectReview", "\(kind)")
        }
    }

    @Test(
        "options and subresources can be decoded",
        arguments: ["DeleteOptions", "Eviction", "Scale", "Binding", "TokenRequest"])
    func others(name: String) throws {
        let groups = [
            "DeleteOptions": "", "Eviction": "policy", "Scale": "autoscaling", "Binding": "",
            "TokenRequest": "authentication.k8s.io",
        ]
        let kind = GroupVersionKind(group: groups[name] ?? "", version: "v1", kind: name)
        #expect(try ObjectDecoding.decode(["kind": .string(name), "bogus": 1], as: kind).unknownFields == ["bogus"])
    }
}

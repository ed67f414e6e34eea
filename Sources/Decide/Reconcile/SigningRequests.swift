public import JSONValue
public import KubeModel

/// The life of a CertificateSigningRequest: approved by itself when a node asks for its own certificate, signed once
/// approved, and cleaned away.
///
/// Source: Kubernetes documentation, "Certificate Signing Requests"; Kubernetes `certificates` controllers.
public enum SigningRequests {
    /// The resource that is written.
    public static let resource = GroupVersionResource(group: "certificates.k8s.io", version: "v1", resource: "certificatesigningrequests")

    /// What a request asks for, as far as approval looks at it.
    public struct Subject: Hashable, Sendable {
        /// `spec.signerName` is that of kubelets' client certificates, the subject is a node's, nothing else is asked for.
        public var isNodeClient: Bool
        /// The name in the certificate is the name of who asks.
        public var isSelf: Bool
        /// What is known of a request for a certificate.
        public init(isNodeClient: Bool, isSelf: Bool) {
            self.isNodeClient = isNodeClient
            self.isSelf = isSelf
        }
    }

    /// A way in which a request can be approved: the access that its author needs, and what is said then.
    public struct Recognizer: Hashable, Sendable {
        /// The virtual subresource of `certificatesigningrequests` that the author must be allowed to create.
        public var subresource: String
        /// The message of the approval.
        public var message: String
    }

    /// Whether a request has been decided about, or signed.
    public static func isSettled(_ request: JSON) -> Bool {
        isSigned(request) || has("Approved", request) || has("Denied", request)
    }

    /// Whether the request has its certificate.
    public static func isSigned(_ request: JSON) -> Bool { !(request["status"]?["certificate"]?.string ?? "").isEmpty }

    /// Whether the request has a condition.
    public static func has(_ type: String, _ request: JSON) -> Bool { Conditions.find(type, in: request["status"]) != nil }

    /// The ways in which this request can be approved, in the order in which they are tried.
    public static func recognizers(_ subject: Subject) -> [Recognizer] {
        guard subject.isNodeClient else { return [] }
        let own = Recognizer(
            subresource: "selfnodeclient", message: "Auto approving self kubelet client certificate after SubjectAccessReview.")
        let node = Recognizer(
            subresource: "nodeclient", message: "Auto approving kubelet client certificate after SubjectAccessReview.")
        return subject.isSelf ? [own, node] : [node]
    }

    /// The question whether the author may have such a certificate.
    public static func review(_ recognizer: Recognizer, of request: JSON) -> JSON {
        let spec = request["spec"]
        var question: JSON = [
            "user": spec?["username"] ?? "", "groups": spec?["groups"] ?? [],
            "resourceAttributes": [
                "group": "certificates.k8s.io", "resource": "certificatesigningrequests", "verb": "create",
                "subresource": .string(recognizer.subresource), "version": "*",
            ],
        ]
        question["uid"] = spec?["uid"]
        question["extra"] = spec?["extra"]
        return ["apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": question]
    }

    /// The approval.
    public static func approve(_ request: JSON, by recognizer: Recognizer, now: Timestamp) -> Change {
        .replace(
            Target(resource, name: request.name, subresource: "approval"),
            adding("Approved", reason: "AutoApproved", message: recognizer.message, to: request, now: now))
    }

    /// The signature: the certificate in the status.
    public static func signed(_ request: JSON, certificateBase64: String) -> Change {
        var object = request
        object[path: "status", "certificate"] = .string(certificateBase64)
        return .replace(Target(resource, name: request.name, subresource: "status"), object)
    }

    /// The refusal of a signer whose rules the request breaks.
    public static func failed(_ request: JSON, message: String, now: Timestamp) -> Change {
        .replace(
            Target(resource, name: request.name, subresource: "status"),
            adding("Failed", reason: "SignerValidationFailure", message: message, to: request, now: now))
    }

    private static func adding(_ type: String, reason: String, message: String, to request: JSON, now: Timestamp) -> JSON {
        var object = request
        let condition: JSON = [
            "type": .string(type), "status": "True", "reason": .string(reason), "message": .string(message),
            "lastUpdateTime": .string(now.description), "lastTransitionTime": .string(now.description),
        ]
        object[path: "status", "conditions"] = .array((request["status"]?["conditions"]?.array ?? []) + [condition])
        return object
    }

    /// Deletes a request that has served its time: an hour after it was decided, a day after nobody decided, or when
    /// its certificate has expired.
    public static func cleanUp(_ request: JSON, certificateEnd: Timestamp?, now: Timestamp) -> Plan {
        func age(_ time: String?) -> Int64? { time.flatMap { Timestamp($0) }.map { now.seconds - $0.seconds } }
        let deletion = Plan(changes: [.delete(Target(resource, name: request.name), uid: request.uid, policy: nil)])
        var again = Int64.max
        func isOver(_ age: Int64?, _ limit: Int64) -> Bool {
            guard let age else { return false }
            again = min(again, limit - age + 1)
            return age > limit
        }
        let conditions = request["status"]?["conditions"]?.array ?? []
        let hour: Int64 = 3600
        for condition in conditions {
            let since = age(condition["lastUpdateTime"]?.string)
            switch condition["type"]?.string {
            case "Approved" where isSigned(request): if isOver(since, hour) { return deletion }
            case "Approved": if isOver(since, 24 * hour) { return deletion }
            case "Denied", "Failed": if isOver(since, hour) { return deletion }
            default: break
            }
        }
        if conditions.isEmpty, isOver(age(request.creationTime), 24 * hour) { return deletion }
        if let certificateEnd, certificateEnd < now { return deletion }
        return Plan(again: again == Int64.max ? nil : max(60, again))
    }
}

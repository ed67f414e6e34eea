import JSONValue
import KubeClient
import KubeModel
import VolumeContent

/// A token of a pod's service account that a volume holds.
struct PodToken: Sendable {
    var bytes: [UInt8]
    var issued: Timestamp
    var expires: Timestamp

    /// The longest that a token is used, in seconds, however long it lives.
    private static let longestUse: Int64 = 86_400

    /// When it is to be replaced: after four fifths of its life, and after a day at the latest.
    var renewal: Timestamp {
        let life = max(0, expires.seconds - issued.seconds)
        return issued.adding(seconds: min(life - life / 5, Self.longestUse))
    }

    /// Asks for a token that dies with the pod.
    static func request(_ plan: TokenPlan, pod: JSON, _ client: KubeClient, now: Timestamp) async throws(VolumeContentError) -> PodToken {
        let metadata = pod["metadata"]
        let account = pod["spec"]?["serviceAccountName"]?.string ?? "default"
        let request: JSON = [
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": [
                "audiences": plan.audience.isEmpty ? .array([]) : [.string(plan.audience)], "expirationSeconds": .int(plan.seconds),
                "boundObjectRef": [
                    "apiVersion": "v1", "kind": "Pod", "name": metadata?["name"] ?? "", "uid": metadata?["uid"] ?? "",
                ],
            ],
        ]
        let answer: JSON
        do {
            answer = try await client.create(
                GroupVersionResource("v1", "serviceaccounts"), namespace: metadata?["namespace"]?.string ?? "", name: account, subresource: "token",
                request)
        } catch {
            throw VolumeContentError("failed to fetch token: \(error)")
        }
        guard let token = answer["status"]?["token"]?.string, !token.isEmpty,
            let expires = Timestamp(answer["status"]?["expirationTimestamp"]?.string ?? "")
        else { throw VolumeContentError("failed to fetch token: the answer has none") }
        return PodToken(bytes: Array(token.utf8), issued: now, expires: expires)
    }
}

import KubeModel

/// The pages on which people look what runs and how it was started (KEP-4827 and KEP-4828). No secret stands on them.
struct StatusPages: Sendable {
    let options: APIServerOptions
    let started: Timestamp
    let clock: @Sendable () -> Timestamp

    private static let notice =
        "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only."

    /// `/statusz`.
    var text: String {
        let up = max(0, clock().seconds - started.seconds)
        return """

            kube-apiserver statusz
            \(Self.notice)

            Started: \(started)
            Up: \(up / 3600) hr \(Self.two(up / 60 % 60)) min \(Self.two(up % 60)) sec
            Binary version: \(options.version.gitVersion)
            Emulation version: 1.36
            Paths: /healthz /livez /metrics /readyz /statusz /version

            """
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }

    /// `/flagz`.
    var flagsText: String {
        let flags: [(String, String)] = [
            ("anonymous-auth", String(options.allowsAnonymous)), ("authorization-mode", "[Node,RBAC]"),
            ("enable-admission-plugins", "[\(options.admissionPlugins.sorted().joined(separator: ","))]"),
            ("secure-port", String(options.apiPort)), ("service-account-issuer", "[\(options.serviceAccountIssuer)]"),
            ("service-cluster-ip-range", options.serviceRange.text),
        ]
        return "\nkube-apiserver flagz\n\(Self.notice)\n\n" + flags.map { "\($0.0)=\($0.1)\n" }.joined()
    }
}

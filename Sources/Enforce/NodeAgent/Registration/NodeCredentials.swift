import CertificateAuthority
import JSONValue
package import KubeClient
package import KubeModel
package import Logging
import PolicyModel

/// How a node gets and keeps its certificate: a bootstrap token first, and from then on the certificate itself.
///
/// Source: Kubernetes documentation, "TLS bootstrapping"; the signer `kubernetes.io/kube-apiserver-client-kubelet`.
package struct NodeCredentials: Sendable {
    /// A certificate with its key, as PEM.
    package struct Pair: Sendable {
        package var certificate: [UInt8]
        package var key: [UInt8]
        package var notBefore: Timestamp
        package var notAfter: Timestamp
    }

    /// Why there is no certificate; nothing was changed.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    private let node: String
    /// The folder with `node.crt` and `node.key`, 0700.
    private let folder: String
    private let clock: @Sendable () -> Timestamp

    package init(node: String, folder: String, clock: @escaping @Sendable () -> Timestamp) {
        self.node = node
        self.folder = folder
        self.clock = clock
    }

    private static let requests = GroupVersionResource(group: "certificates.k8s.io", version: "v1", resource: "certificatesigningrequests")
    private static let attempts = 240

    /// The certificate that is there and valid; nil when there is none.
    package func present() throws -> Pair? {
        guard SecureFile.exists(folder + "/node.crt"), SecureFile.exists(folder + "/node.key") else { return nil }
        let certificate = try SecureFile.read(folder + "/node.crt", .any)
        let key = try SecureFile.read(folder + "/node.key", .secret)
        guard let leaf = try PeerCertificate.chain(pem: String(decoding: certificate, as: UTF8.self)).first else { return nil }
        if leaf.commonName != "system:node:" + node { return nil }
        if leaf.notAfter <= clock() { return nil }
        return Pair(certificate: certificate, key: key, notBefore: leaf.notBefore, notAfter: leaf.notAfter)
    }

    /// Whether a certificate should be replaced now: past half of its life, or the clock says that it is not valid.
    package func isDue(_ pair: Pair) -> Bool { RenewalPlan.reason(notBefore: pair.notBefore, notAfter: pair.notAfter, now: clock()) != nil }

    /// Asks for a certificate, waits until it is signed, and keeps it.
    ///
    /// - Parameter client: of whoever may ask: the holder of a bootstrap token, or this node.
    package func request(_ client: KubeClient) async throws -> Pair {
        let (text, key) = try CertificateRequest.make(commonName: "system:node:" + node, organizations: ["system:nodes"])
        let made = try await client.create(
            Self.requests,
            [
                "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": ["generateName": "node-csr-"],
                "spec": [
                    "signerName": "kubernetes.io/kube-apiserver-client-kubelet", "usages": ["digital signature", "client auth"],
                    "request": .string(Base64.encode(Array(text.utf8))),
                ],
            ])
        let name = made["metadata"]?["name"]?.string ?? ""
        let certificate = try await signed(name, client)
        guard let leaf = try PeerCertificate.chain(pem: String(decoding: certificate, as: UTF8.self)).first else {
            throw Failure(description: "the request \(name) was answered with no certificate")
        }
        try SecureFile.makePrivateFolder(folder)
        // The key first: a certificate without its key would look complete.
        try SecureFile.write(folder + "/node.key", Array(key.reveal().utf8))
        try SecureFile.write(folder + "/node.crt", certificate)
        return Pair(certificate: certificate, key: Array(key.reveal().utf8), notBefore: leaf.notBefore, notAfter: leaf.notAfter)
    }

    private func signed(_ name: String, _ client: KubeClient) async throws -> [UInt8] {
        for _ in 0..<Self.attempts {
            let request = try await client.get(Self.requests, name: name)
            let conditions = request["status"]?["conditions"]?.array ?? []
            for refusal in conditions where refusal["type"] == "Denied" || refusal["type"] == "Failed" {
                throw Failure(description: "the request \(name) was refused: \(refusal["message"]?.string ?? refusal["reason"]?.string ?? "")")
            }
            if let text = request["status"]?["certificate"]?.string, let bytes = Base64.decode(text) { return bytes }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw Failure(
            description: "nobody signed the request \(name). Approve it with 'kubectl certificate approve \(name)', or run the controller certificatesigningrequest-controller")
    }

    // MARK: Use

    /// Carries requests with a certificate.
    package func transport(_ pair: Pair, server: String, authority: [UInt8], userAgent: String) throws -> HTTPSTransport {
        try HTTPSTransport(server: server, authority: authority, identity: (certificate: pair.certificate, key: pair.key), userAgent: userAgent)
    }

    /// The certificate that is there, or a new one by the bootstrap token in a file. The API server may come up later.
    package func get(server: String, authority: [UInt8], tokenFile: String?, userAgent: String) async throws -> Pair {
        if let pair = try present() { return pair }
        guard let tokenFile else { throw Failure(description: "the node has no valid certificate in \(folder), and no bootstrap token to ask for one. Give it one with --bootstrap-token-file") }
        let text = String(decoding: try SecureFile.read(tokenFile, .secret), as: UTF8.self)
        let transport = try HTTPSTransport(
            server: server, authority: authority, identity: nil, token: String(text.prefix { !$0.isWhitespace }), userAgent: userAgent)
        defer { Task { await transport.shutDown() } }
        while true {
            do { return try await request(KubeClient(transport)) } catch is TransportError { try await Task.sleep(for: .milliseconds(200)) }
        }
    }

    /// Replaces the certificate before half of its life is over, until cancelled.
    package func renew(
        _ transport: RenewableTransport, server: String, authority: [UInt8], userAgent: String, log: Logger, renewed: @Sendable () -> Void = {}
    ) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(30))
            do {
                guard let pair = try present(), isDue(pair) else { continue }
                let next = try await request(KubeClient(transport))
                transport.replace(with: try self.transport(next, server: server, authority: authority, userAgent: userAgent))
                renewed()
                log.info("certificate renewed", metadata: ["until": "\(next.notAfter)"])
            } catch { log.warning("certificate not renewed", metadata: ["error": "\(error)"]) }
        }
    }
}

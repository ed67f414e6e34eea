import CertificateAuthority
import JSONValue
package import KubeClient
package import KubeModel
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
}

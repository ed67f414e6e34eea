import CertificateAuthority
import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Approves the requests of nodes for their own certificates, signs what is approved, and cleans up.
struct CertificateController: Controller {
    static let identity = "certificate-controller"
    let context: ControllerContext
    private let informers: Informers
    private let signing: Signing?

    /// What signs.
    struct Signing: Sendable {
        var authority: @Sendable () throws -> ClusterCA
        var longest: Duration
    }

    init(_ context: ControllerContext, _ informers: Informers, signing: Signing?) {
        self.context = context
        self.informers = informers
        self.signing = signing
        informers.signingRequests.onChange { _, new in if let new { context.queue.add(new.name) } }
    }

    /// Without an authority nothing is signed; the manager makes this controller with one.
    init(_ context: ControllerContext, _ informers: Informers) { self.init(context, informers, signing: nil) }

    func pass(_ key: String) async throws -> Duration? {
        guard let request = informers.signingRequests[key] else { return nil }
        if !SigningRequests.isSettled(request) {
            if let approval = try await approval(of: request) {
                try await write(approval, seenBy: [informers.signingRequests])
                return nil
            }
        } else if let change = try sign(request) {
            try await write(change, seenBy: [informers.signingRequests])
            return nil
        }
        let plan = SigningRequests.cleanUp(request, certificateEnd: certificateEnd(request), now: context.clock())
        return try await carryOut(plan, about: request, seenBy: [informers.signingRequests])
    }

    private func parsed(_ request: JSON) -> CertificateRequest? {
        guard let bytes = Base64.decode(request["spec"]?["request"]?.string ?? "") else { return nil }
        return try? CertificateRequest(pem: bytes)
    }

    private func certificateEnd(_ request: JSON) -> Timestamp? {
        guard let bytes = Base64.decode(request["status"]?["certificate"]?.string ?? ""),
            let chain = try? PeerCertificate.chain(pem: String(decoding: bytes, as: UTF8.self))
        else { return nil }
        return chain.map(\.notAfter).min()
    }

    // MARK: Approval

    private func approval(of request: JSON) async throws -> Change? {
        guard let certificate = parsed(request) else { return nil }
        let usages = request["spec"]?["usages"]?.strings ?? []
        let isNodeClient =
            request["spec"]?["signerName"]?.string == CSRSigner.apiServerClientKubelet.rawValue
            && (try? CSRSigner.apiServerClientKubelet.check(certificate, usages: usages)) != nil
        let subject = SigningRequests.Subject(
            isNodeClient: isNodeClient, isSelf: certificate.commonName == request["spec"]?["username"]?.string)
        let recognizers = SigningRequests.recognizers(subject)
        let reviews = GroupVersionResource("authorization.k8s.io/v1", "subjectaccessreviews")
        for recognizer in recognizers {
            let answer = try await context.client.create(reviews, SigningRequests.review(recognizer, of: request))
            if answer["status"]?["allowed"]?.bool == true { return SigningRequests.approve(request, by: recognizer, now: context.clock()) }
        }
        if recognizers.isEmpty { return nil }
        // The role may be given later: ask again, ever more seldom.
        throw StatusError(code: 403, reason: "Forbidden", message: "the author of the request may not have such a certificate")
    }

    // MARK: Signing

    private func sign(_ request: JSON) throws -> Change? {
        guard let signing, SigningRequests.has("Approved", request), !SigningRequests.has("Denied", request),
            !SigningRequests.has("Failed", request), !SigningRequests.isSigned(request),
            let signer = CSRSigner(rawValue: request["spec"]?["signerName"]?.string ?? ""), let parsed = parsed(request)
        else { return nil }
        do {
            let certificate = try signing.authority().sign(
                request: parsed, signer: signer, usages: request["spec"]?["usages"]?.strings ?? [],
                expirationSeconds: request["spec"]?["expirationSeconds"]?.int, maximumLifetime: signing.longest, now: context.clock())
            return SigningRequests.signed(request, certificateBase64: Base64.encode(Array(certificate.pem.utf8)))
        } catch CSRFailure.refused(let message) {
            return SigningRequests.failed(request, message: message, now: context.clock())
        }
    }
}

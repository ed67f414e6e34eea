import FoundationEssentials
package import KubeModel
import SwiftASN1
import X509

/// Why a client certificate proves nothing. The connection goes on without an identity from it, or ends.
package struct ClientVerificationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was found wrong with the chain.
    package enum Cause: Hashable, Sendable {
        case noCertificate
        case unreadable
        case unknownAuthority
        case notYetValid(since: Timestamp, now: Timestamp)
        case expired(since: Timestamp, now: Timestamp)
        /// Its extended usages do not contain client authentication.
        case wrongUsage
        /// An extension that is critical and that nobody here understands.
        case unhandledExtension(String)
    }

    package var cause: Cause
    /// The subject of the certificate at fault.
    package var subject: String

    package var description: String {
        let certificate = subject.isEmpty ? "the client certificate" : "the certificate \"\(subject)\""
        return switch cause {
        case .noCertificate: "the client sent no certificate"
        case .unreadable: "\(certificate) cannot be read"
        case .unknownAuthority: "\(certificate) is signed by an unknown authority"
        case .notYetValid(let since, let now): "\(certificate) is not valid before \(since); it is \(now)"
        case .expired(let since, let now): "\(certificate) expired at \(since); it is \(now)"
        case .wrongUsage: "\(certificate) may not be used to authenticate a client"
        case .unhandledExtension(let identifier):
            "\(certificate) has the critical extension \(identifier), which is not supported"
        }
    }
}

/// Decides whether a chain of certificates proves a client's identity, as Go's TLS server does: a path to one of
/// the roots, each certificate valid at the moment, each authority one, and client authentication among the usages.
///
/// Pure: the moment comes in as `now`. The number of signatures it checks for one chain is bounded. Nothing here
/// compares secrets, so nothing needs constant time.
package struct ClientVerifier: Sendable {
    private static let maximumChain = 10
    private static let maximumSignatureChecks = 40

    private let roots: [Certificate]

    /// Trusts the given certificates.
    package init(roots: [PeerCertificate]) throws(CertificateError) {
        var parsed: [Certificate] = []
        for root in roots {
            do { parsed.append(try Certificate(derEncoded: root.der)) } catch {
                throw CertificateError(.notDER("certificate"))
            }
        }
        self.roots = parsed
    }

    /// Verifies what a client presented.
    ///
    /// - Parameters:
    ///   - chain: the certificates in DER, the client's own first, intermediate ones after it in any order.
    ///   - now: the moment.
    /// - Returns: the client's certificate.
    /// - Throws: ``ClientVerificationError``.
    package func verify(_ chain: [[UInt8]], now: Timestamp) throws(ClientVerificationError) -> PeerCertificate {
        guard let first = chain.first else { throw ClientVerificationError(cause: .noCertificate, subject: "") }
        guard chain.count <= Self.maximumChain, let peer = try? PeerCertificate(der: first),
            let leaf = try? Certificate(derEncoded: first)
        else { throw ClientVerificationError(cause: .unreadable, subject: "") }
        try Self.check(leaf, now: now)
        guard Self.allowsClientAuth(leaf) else {
            throw ClientVerificationError(cause: .wrongUsage, subject: peer.subject)
        }
        let intermediates = chain.dropFirst().compactMap { try? Certificate(derEncoded: $0) }
        var search = Search(
            roots: roots, intermediates: intermediates, now: now, checksLeft: Self.maximumSignatureChecks)
        if search.reachesRoot(from: leaf, authoritiesBelow: 0, used: []) { return peer }
        throw search.firstFault ?? ClientVerificationError(cause: .unknownAuthority, subject: peer.subject)
    }

    private struct Search {
        var roots: [Certificate]
        var intermediates: [Certificate]
        var now: Timestamp
        var checksLeft: Int
        var firstFault: ClientVerificationError?

        mutating func reachesRoot(from child: Certificate, authoritiesBelow: Int, used: Set<Int>) -> Bool {
            for root in roots where issues(root, child, authoritiesBelow) { return true }
            guard used.count < ClientVerifier.maximumChain else { return false }
            for (index, candidate) in intermediates.enumerated() where !used.contains(index) {
                guard issues(candidate, child, authoritiesBelow) else { continue }
                let isSelfIssued = candidate.issuer == candidate.subject
                if reachesRoot(
                    from: candidate, authoritiesBelow: authoritiesBelow + (isSelfIssued ? 0 : 1),
                    used: used.union([index]))
                {
                    return true
                }
            }
            return false
        }

        /// Whether `authority` may have signed `child`, and did.
        private mutating func issues(_ authority: Certificate, _ child: Certificate, _ below: Int) -> Bool {
            guard authority.subject == child.issuer, authority.version == .v3, checksLeft > 0 else { return false }
            guard case .isCertificateAuthority(let maximum)? = try? authority.extensions.basicConstraints,
                below <= maximum ?? Int.max
            else { return false }
            guard ClientVerifier.maySignCertificates(authority) else { return false }
            guard ClientVerifier.allowsClientAuth(authority), ClientVerifier.isAcceptable(child.signatureAlgorithm)
            else { return false }
            checksLeft -= 1
            guard authority.publicKey.isValidSignature(child.signature, for: child) else { return false }
            do throws(ClientVerificationError) {
                try ClientVerifier.check(authority, now: now)
                return true
            } catch {
                firstFault = firstFault ?? error
                return false
            }
        }
    }

    /// Without the extension a key may do everything; one that cannot be read allows nothing.
    private static func maySignCertificates(_ certificate: Certificate) -> Bool {
        do { return try certificate.extensions.keyUsage?.keyCertSign ?? true } catch { return false }
    }

    private static func isAcceptable(_ algorithm: Certificate.SignatureAlgorithm) -> Bool {
        algorithm != .sha1WithRSAEncryption
    }

    /// Validity and critical extensions of one certificate.
    private static func check(_ certificate: Certificate, now: Timestamp) throws(ClientVerificationError) {
        let subject = SubjectName(certificate.subject).text
        let notBefore = Timestamp(certificate.notValidBefore)
        let notAfter = Timestamp(certificate.notValidAfter)
        if now < notBefore {
            throw ClientVerificationError(cause: .notYetValid(since: notBefore, now: now), subject: subject)
        }
        if now > notAfter {
            throw ClientVerificationError(cause: .expired(since: notAfter, now: now), subject: subject)
        }
        for item in certificate.extensions {
            switch item.oid {
            case .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
                .X509ExtensionID.subjectAlternativeName:
                continue
            case .X509ExtensionID.nameConstraints:
                // Not evaluated here, so whoever carries them is not trusted.
                throw ClientVerificationError(cause: .unhandledExtension("\(item.oid)"), subject: subject)
            default:
                if item.critical {
                    throw ClientVerificationError(cause: .unhandledExtension("\(item.oid)"), subject: subject)
                }
            }
        }
    }

    /// A certificate without extended usages is not restricted, as in Go.
    private static func allowsClientAuth(_ certificate: Certificate) -> Bool {
        guard let usages = try? certificate.extensions.extendedKeyUsage else {
            return certificate.extensions.allSatisfy { $0.oid != .X509ExtensionID.extendedKeyUsage }
        }
        return usages.contains(.clientAuth) || usages.contains(.any)
    }
}

package import KubeModel

/// Why a certificate should be renewed now.
package enum RenewalReason: String, Hashable, Sendable {
    case pastHalfLife = "past half of its life"
    case expired = "expired"
    /// The clock went back, or the certificate was made under a wrong clock.
    case notYetValid = "not valid yet: the clock has changed"
}

/// One entry of a renewal plan.
package struct PlannedRenewal: Hashable, Sendable {
    package var name: String
    package var reason: RenewalReason
}

package enum RenewalPlan {
    /// Whether a certificate of this validity should be renewed at `now`. Pure.
    package static func reason(notBefore: Timestamp, notAfter: Timestamp, now: Timestamp) -> RenewalReason? {
        if now >= notAfter { return .expired }
        if now < notBefore { return .notYetValid }
        let half = notBefore.adding(seconds: (notAfter.seconds - notBefore.seconds) / 2)
        return now >= half ? .pastHalfLife : nil
    }

    /// The certificates to renew at `now`, in the given order. Pure.
    package static func plan(_ listing: [CertificateListing], now: Timestamp) -> [PlannedRenewal] {
        listing.compactMap { item in
            reason(notBefore: item.notBefore, notAfter: item.notAfter, now: now).map {
                PlannedRenewal(name: item.name, reason: $0)
            }
        }
    }
}

/// One row of `kastell certs list`.
package struct CertificateListing: Hashable, Sendable {
    /// `ca`, `apiserver`, `admin`, or the name of a component.
    package var name: String
    package var path: String
    package var subject: String
    package var issuer: String
    package var notBefore: Timestamp
    package var notAfter: Timestamp
    /// Negative when it has expired.
    package var remaining: Duration
    package var alternativeNames: [String]

    init(name: String, path: String, certificate: PeerCertificate, now: Timestamp) {
        self.name = name
        self.path = path
        subject = certificate.subject
        issuer = certificate.issuer
        notBefore = certificate.notBefore
        notAfter = certificate.notAfter
        remaining = .seconds(certificate.notAfter.seconds - now.seconds)
        alternativeNames = certificate.alternativeNames.texts
    }
}

import CertificateAuthority
import Synchronization

/// The CA that is in force, for those who sign with it.
final class CurrentAuthority: Sendable {
    // A lock and no actor: asked by a controller in the midst of a signature.
    private let authority: Mutex<ClusterCA>

    init(_ authority: ClusterCA) { self.authority = Mutex(authority) }

    var value: ClusterCA { authority.withLock { $0 } }
    func replace(_ other: ClusterCA) { authority.withLock { $0 = other } }
}

import Glibc

/// A file descriptor that is closed when nobody holds it any more.
package final class OwnedDescriptor: Sendable {
    /// The number, valid while this object lives.
    package let number: Int32

    /// Takes over a descriptor.
    package init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}

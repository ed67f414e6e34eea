import CLinux
import Glibc

/// A network namespace, held open.
///
/// Work inside is done on threads of its own: a thread of a pool that entered another namespace would take whatever
/// runs on it next along.
package final class NetworkNamespace: Sendable {
    private let descriptor: OwnedDescriptor

    private init(_ descriptor: Int32) { self.descriptor = OwnedDescriptor(descriptor) }

    /// The descriptor, for calls that name a namespace by one.
    package var number: Int32 { descriptor.number }

    /// A new namespace, with a loopback that is down and nothing else. It goes when nobody holds it, and no process,
    /// mount or interface keeps it.
    package static func make() throws(SystemError) -> NetworkNamespace {
        let number = try OneTimeThread.run { () throws(SystemError) in
            _ = try SystemError.check("unshare the network", kst_unshare(Int32(KST_NEWNET)))
            return try SystemError.check("open the namespace", unsafe kst_open_namespace("net"))
        }
        return NetworkNamespace(number)
    }

    /// The namespace of the calling thread.
    package static func current() throws(SystemError) -> NetworkNamespace {
        NetworkNamespace(try SystemError.check("open the namespace", unsafe kst_open_namespace("net")))
    }

    /// The namespace that a file stands for: one of a process, or one that was mounted.
    package convenience init(path: String) throws(SystemError) {
        self.init(try SystemError.check("open \(path)", unsafe kst_open(path, O_RDONLY)))
    }

    /// Runs `body` inside, on a thread that ends with it. About 50 µs, and the calling thread waits.
    package func run<Value: Sendable>(_ body: @Sendable () throws(SystemError) -> Value) throws(SystemError) -> Value {
        let number = number
        return try OneTimeThread.run { () throws(SystemError) in
            try Self.enter(number)
            return try body()
        }
    }

    /// Takes the calling thread into the namespace for good.
    func enter() throws(SystemError) { try Self.enter(number) }

    private static func enter(_ number: Int32) throws(SystemError) {
        _ = try SystemError.check("setns", kst_setns(number, Int32(KST_NEWNET)))
    }

    /// Mounts the namespace on a file that is there, so that it outlives this process.
    package func mount(at path: String) throws(SystemError) {
        _ = try SystemError.check("mount on \(path)", unsafe kst_bind_mount(number, path))
    }

    /// Takes a mount away again.
    package static func unmount(_ path: String) throws(SystemError) {
        _ = try SystemError.check("unmount \(path)", unsafe kst_unmount(path))
    }
}

import CLinux
import Glibc

/// Namespaces of a node's own, in which an ordinary user is root.
///
/// Source: user_namespaces(7), newuidmap(1), subuid(5).
package enum NodeNamespaces {
    /// A process in new namespaces that waits to be given its ids.
    package struct Waiting: Sendable {
        package let process: Int32
        fileprivate let go: OwnedDescriptor
        fileprivate let done: OwnedDescriptor
    }

    /// Starts `program` in user, mount, network, process, IPC and UTS namespaces of its own. It does not begin before
    /// ``begin(_:)``.
    package static func start(_ program: Program) throws(SystemError) -> Waiting {
        let flags = UInt32(bitPattern: Int32(KST_NEWNS)) | NamespaceSet.Kind.allCases.reduce(UInt32(0)) { $0 | $1.flag }
        var (go, done): (Int32, Int32) = (-1, -1)
        let numbers = program.descriptors.sorted { $0.key < $1.key }
        let process = unsafe Subprocess.withCStrings([program.path] + program.arguments) { arguments in
            unsafe Subprocess.withCStrings(program.environment) { environment in
                unsafe kst_spawn_in_new(
                    Int32(bitPattern: flags), "", program.path, arguments, environment, numbers.map(\.value.number), numbers.map(\.key), numbers.count, &go,
                    &done)
            }
        }
        _ = try SystemError.check("make namespaces", process)
        return Waiting(process: process, go: OwnedDescriptor(go), done: OwnedDescriptor(done))
    }

    /// Lets the program begin. Blocks until it has.
    package static func begin(_ waiting: Waiting) throws(SystemError) {
        _ = try SystemError.check("begin in new namespaces", kst_go(waiting.go.number))
        _ = try SystemError.check("start the node in new namespaces", kst_done(waiting.done.number))
    }

    /// What the first process in there does: it starts the agent, again when it crashes, and reaps. Answers the exit code.
    package static func firstProcess(_ program: Program) throws(SystemError) -> Int32 {
        let code = unsafe Subprocess.withCStrings([program.path] + program.arguments) { arguments in
            unsafe Subprocess.withCStrings(program.environment) { environment in
                unsafe kst_first_process(program.path, arguments, environment)
            }
        }
        return try SystemError.check("start the node's agent", code)
    }
}

/// The ids beside their own that users may give to namespaces of theirs: `/etc/subuid` and `/etc/subgid`.
package struct SubordinateIDs: Hashable, Sendable {
    package var first: UInt32
    package var count: UInt32

    /// The ranges of a user in such a file. By name or number, as subuid(5) has it.
    package static func read(_ file: String, user: UInt32, name: String) -> [SubordinateIDs] {
        let text = (try? FileTree.text(file, limit: 1 << 20)) ?? ""
        return text.split(separator: "\n").compactMap { line -> SubordinateIDs? in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, fields[0] == name || fields[0] == "\(user)", let first = UInt32(fields[1]), let count = UInt32(fields[2]) else { return nil }
            return SubordinateIDs(first: first, count: count)
        }
    }

    /// The name of this process' user; empty when nobody knows it.
    package static var userName: String {
        guard let entry = unsafe getpwuid(geteuid()) else { return "" }
        return unsafe String(cString: entry.pointee.pw_name)
    }
}

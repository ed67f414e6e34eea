import CLinux
import Glibc

/// The namespaces that the containers of a pod share, each mounted on a file of its kind's name in one folder, so that they
/// outlive whoever made them.
package enum NamespaceSet {
    /// The kinds that can be kept so.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case network = "net"
        case ipc
        case uts
        case user
        /// Has a first process, which reaps the others and can be ended only by ``remove(_:)``.
        case pid

        var flag: UInt32 {
            switch self {
            case .network: UInt32(bitPattern: Int32(KST_NEWNET))
            case .ipc: UInt32(bitPattern: Int32(KST_NEWIPC))
            case .uts: UInt32(bitPattern: Int32(KST_NEWUTS))
            case .user: UInt32(bitPattern: Int32(KST_NEWUSER))
            case .pid: UInt32(bitPattern: Int32(KST_NEWPID))
            }
        }
    }

    /// The ids of a new user namespace: `count` of them, from 0 on inside and from `first` on outside.
    package struct UserMap: Hashable, Sendable {
        package var first: UInt32
        package var count: UInt32

        package init(first: UInt32, count: UInt32) {
            self.first = first
            self.count = count
        }
    }

    private static let processFile = "process"

    /// Makes namespaces and mounts them in `folder`, which exists. Blocks.
    ///
    /// - Parameters:
    ///   - hostname: the name in a new UTS namespace.
    ///   - users: the ids of a new user namespace, which then owns the others.
    /// - Throws: `SystemError`; nothing is left then.
    package static func make(_ kinds: Set<Kind>, hostname: String, users: UserMap?, in folder: String) throws(SystemError) {
        var kinds = kinds
        if users != nil { kinds.insert(.user) }
        let flags = kinds.reduce(UInt32(0)) { $0 | $1.flag }
        let word = try Pipe()
        let child = try start(Int32(bitPattern: flags), hostname: kinds.contains(.uts) ? hostname : "", pauses: kinds.contains(.pid), word)
        do throws(SystemError) {
            if let users {
                let map = "0 \(users.first) \(users.count)"
                try write("/proc/\(child.process)/uid_map", map)
                try write("/proc/\(child.process)/gid_map", map)
            }
            _ = try SystemError.check("start in new namespaces", kst_go(child.go.number))
            _ = try SystemError.check("set up new namespaces", kst_done(child.done.number))
            if kinds.contains(.pid) { try awaitPause(word.reading) }
            for kind in Kind.allCases where kinds.contains(kind) {
                let file = folder + "/" + kind.rawValue
                try touch(file)
                let namespace = OwnedDescriptor(
                    try SystemError.check("open the namespace", unsafe kst_open("/proc/\(child.process)/ns/\(kind.rawValue)", O_RDONLY)))
                _ = try SystemError.check("mount on \(file)", unsafe kst_bind_mount(namespace.number, file))
            }
            if kinds.contains(.pid) {
                // With its start, so that a number that was given to another process since is not taken for it.
                try touch(folder + "/" + processFile)
                try write(folder + "/" + processFile, "\(child.process) \(startTime(child.process) ?? 0)")
                return
            }
        } catch {
            kill(child.process, SIGKILL)
            _ = try? Subprocess.wait(for: child.process)
            try? remove(folder)
            throw error
        }
        // The mounts hold the namespaces from here on.
        kill(child.process, SIGKILL)
        _ = try? Subprocess.wait(for: child.process)
    }

    private struct Child {
        let process: Int32
        let go: OwnedDescriptor
        let done: OwnedDescriptor
    }

    private static func start(_ flags: Int32, hostname: String, pauses: Bool, _ word: Pipe) throws(SystemError) -> Child {
        var (go, done): (Int32, Int32) = (-1, -1)
        // The program that runs now, found again without its path: the new user may not be able to follow that.
        let process = unsafe Subprocess.withCStrings(["kastell", "pause"]) { arguments in
            unsafe Subprocess.withCStrings(["PATH=/"]) { environment in
                let (from, to) = ([word.writing.number], [Int32(3)])
                return unsafe kst_spawn_in_new(
                    flags, hostname, pauses ? "/proc/self/exe" : nil, arguments, environment, from, to, from.count, &go, &done)
            }
        }
        _ = try SystemError.check("make namespaces", process)
        return Child(process: process, go: OwnedDescriptor(go), done: OwnedDescriptor(done))
    }

    /// Waits until the first process of a process namespace has nothing left that could be taken from it.
    private static func awaitPause(_ word: OwnedDescriptor) throws(SystemError) {
        var status: Int32 = -1
        let got = try SystemError.check("wait for the pod's first process", unsafe kst_read(word.number, &status, 4))
        if got != 4 || status != 0 { throw SystemError("start the pod's first process", ECHILD) }
    }

    /// What the first process of a pod's process namespace does: nothing, without rights, until it is ended.
    package static func pause() -> Never {
        kst_pause()
        fatalError("unreachable")
    }

    /// Whether the file is there and a namespace is mounted on it: after a restart of the machine it is not.
    package static func exists(_ kind: Kind, in folder: String) -> Bool { unsafe kst_is_namespace(folder + "/" + kind.rawValue) == 1 }

    /// Takes the namespaces away, and ends the first process of a process namespace with all others in it. Blocks.
    package static func remove(_ folder: String) throws(SystemError) {
        if let text = try? FileTree.text(folder + "/" + processFile, limit: 64) {
            let words = text.split(separator: " ")
            if words.count == 2, let process = Int32(words[0]), let started = UInt64(words[1]), startTime(process) == started, process > 1 {
                kill(process, SIGKILL)
                // A child of ours, or of the agent before us.
                _ = try? Subprocess.wait(for: process)
            }
        }
        for kind in Kind.allCases {
            let result = unsafe kst_unmount(folder + "/" + kind.rawValue)
            if result < 0, result != -ENOENT, result != -EINVAL { throw SystemError("unmount \(folder)/\(kind.rawValue)", -result) }
        }
        try FileTree.remove(folder)
    }

    /// Runs `body` on a thread of its own inside the namespaces that the files stand for. Blocks.
    package static func run<Value: Sendable>(in files: [String], _ body: @Sendable () throws(SystemError) -> Value) throws(SystemError) -> Value {
        try OneTimeThread.run { () throws(SystemError) in
            for file in files {
                let namespace = OwnedDescriptor(try SystemError.check("open \(file)", unsafe kst_open(file, O_RDONLY)))
                _ = try SystemError.check("setns \(file)", kst_setns(namespace.number, 0))
            }
            return try body()
        }
    }

    private static func touch(_ path: String) throws(SystemError) {
        _ = OwnedDescriptor(try SystemError.check("make \(path)", unsafe kst_open(path, O_RDWR | O_CREAT)))
    }

    private static func write(_ path: String, _ text: String) throws(SystemError) {
        let file = OwnedDescriptor(try SystemError.check("open \(path)", unsafe kst_open(path, O_WRONLY)))
        let bytes = Array(text.utf8)
        _ = try SystemError.check("write \(path)", unsafe kst_write(file.number, bytes, bytes.count))
    }

    /// When a process began, in ticks since the machine did; nil when there is none. proc(5), field 22 of `stat`.
    static func startTime(_ process: Int32) -> UInt64? {
        guard let text = try? FileTree.text("/proc/\(process)/stat", limit: 4096), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].split(separator: " ")
        return fields.count > 20 ? UInt64(fields[20]) : nil
    }
}

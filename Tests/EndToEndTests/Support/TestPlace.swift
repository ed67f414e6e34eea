import Foundation

/// Where a cluster runs, and as whom.
enum TestPlace: Sendable {
    /// The API server alone, in the machine's network.
    case controlOnly
    /// With a node of root, in a network of its own.
    case rootful(HeldNamespaces)
    /// With a node of an ordinary user, who has subordinate ids.
    case rootless(HeldNamespaces, TestUser)

    /// What `up` is told.
    var flags: [String] {
        switch self {
        case .controlOnly: ["--control-only"]
        case .rootful, .rootless: []
        }
    }

    /// The words by which a command of `kastell` runs there.
    func server(_ words: [String]) -> [String] {
        switch self {
        case .controlOnly: words
        case .rootful(let namespaces): namespaces.enter(["net", "mount"]) + Self.careful + words
        case .rootless(let namespaces, let user): namespaces.enter(["mount"]) + user.become + Self.careful + words
        }
    }

    /// As from a shell whose files are its user's alone: containers, with other users, must not come to feel it.
    private static let careful = ["/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"]

    /// The words by which a client of the API server runs there.
    func client(_ words: [String]) -> [String] {
        switch self {
        case .controlOnly, .rootless: words
        case .rootful(let namespaces): namespaces.enter(["net"]) + words
        }
    }

    /// Makes a folder one in which the cluster's user may write.
    func give(_ folder: String) throws {
        guard case .rootless(_, let user) = self else { return }
        for path in [folder] + (try FileManager.default.subpathsOfDirectory(atPath: folder)).map({ folder + "/" + $0 }) {
            guard unsafe chown(path, user.id, user.id) == 0 else { throw Command.Failure(description: "\(path) keeps its owner") }
        }
    }

    /// Ends what is left there.
    func end() {
        switch self {
        case .controlOnly: break
        case .rootful(let namespaces), .rootless(let namespaces, _): namespaces.end()
        }
    }

    /// Why there is no node of root here; nil when there can be one.
    static let rootfulObstacle = geteuid() == 0 ? missing(programs) : "it takes root"
    /// Why there is no node of an ordinary user here.
    static let rootlessObstacle = geteuid() == 0 ? missing(programs + ["newuidmap", "setpriv", "slirp4netns"]) : "it takes root to become the user"

    private static let programs = ["runc", "conmon", "nsenter", "unshare", "ip", "busybox", "ping"]

    private static func missing(_ programs: [String]) -> String? {
        if TestImages.folder == nil { return "there are no test images: run Scripts/test-images" }
        return programs.first { Command.installed($0) == nil }.map { "\($0) is not installed" }
    }
}

/// An ordinary user of a made-up machine, in whose mount namespace /etc names it.
struct TestUser: Sendable {
    let id: UInt32 = 54_321
    /// Its subordinate ids.
    let subordinates: Range<UInt32> = 300_000..<500_000

    /// The words after which a program is this user's.
    var become: [String] { ["/usr/bin/setpriv", "--reuid=\(id)", "--regid=\(id)", "--clear-groups"] }

    func owns(_ id: UInt32) -> Bool { id == self.id || subordinates.contains(id) }

    /// The files that say so.
    var files: [String: String] {
        let ids = "kastell-test:\(subordinates.lowerBound):\(subordinates.count)\n"
        return ["passwd": "root:x:0:0::/root:/bin/sh\nkastell-test:x:\(id):\(id)::/:/bin/sh\n", "subuid": ids, "subgid": ids]
    }
}

/// Namespaces that a sleeping process holds. They end, with every mount in them, when it and what was started there ends.
final class HeldNamespaces: Sendable {
    private let holder: pid_t
    private let folder = TemporaryFolder()

    /// - Parameters:
    ///   - flags: of unshare(1).
    ///   - files: put in the place of those of /etc.
    init(_ flags: [String], files: [String: String] = [:]) async throws {
        var steps = ["mount --make-rprivate /"]
        for (name, text) in files {
            try text.write(toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8)
            _ = unsafe chmod("\(folder.path)/\(name)", 0o644)
            steps.append("mount --bind \(folder.path)/\(name) /etc/\(name)")
        }
        if flags.contains("--net") { steps.append("ip link set lo up") }
        let script = (steps + ["exec sleep 900"]).joined(separator: " && ")
        holder = try Command.start(["/usr/bin/unshare"] + flags + ["/bin/sh", "-c", script])
        let holder = holder
        try await until("the namespaces are made") {
            (try? String(contentsOfFile: "/proc/\(holder)/comm", encoding: .utf8)) == "sleep\n"
        }
    }

    func enter(_ kinds: [String]) -> [String] { ["/usr/bin/nsenter", "--target", "\(holder)"] + kinds.map { "--" + $0 } }

    /// Ends the holder and what else was started there, in whatever namespaces that went on.
    func end() {
        let (own, machines) = (Self.mounts("\(holder)"), Self.mounts("self"))
        guard let own, own != machines else { return }
        let here = Processes.all.filter { Self.mounts("\($0)") == own }
        for process in Set(here.flatMap(Processes.tree)) { kill(process, SIGKILL) }
    }

    private static func mounts(_ process: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/mnt")
    }

    deinit {
        end()
        kill(holder, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(holder, &status, 0)
    }
}

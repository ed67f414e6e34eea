import Glibc
package import LinuxKernel
package import Logging
import NIOCore
import OCIModel

/// Runs a node of an ordinary user: in user, mount, network and process namespaces of its own, where that user is root. The
/// API server is reached through a socket file, everything else through slirp4netns.
package struct RootlessNode: Sendable {
    /// The programs that it takes, with the packages that bring them.
    package static let programs = [
        (path: "/usr/bin/newuidmap", package: "uidmap"), (path: "/usr/bin/newgidmap", package: "uidmap"), (path: "/usr/bin/slirp4netns", package: "slirp4netns"),
    ]
    /// How many ids a node needs beside the user's own.
    package static let idCount: UInt32 = 65_536

    let settings: NodeSettings
    /// The folder for sockets, 0700.
    let runFolder: String
    let log: Logger

    package init(_ settings: NodeSettings, runFolder: String, log: Logger) {
        self.settings = settings
        self.runFolder = runFolder
        self.log = log
    }

    private var socket: String { runFolder + "/node-api.sock" }
    /// Through which the node reaches a registry on the machine's loopback that the configuration names.
    static func registrySocket(_ number: Int, in folder: String) -> String { "\(folder)/registry-\(number).sock" }

    /// Starts the node and waits for its end.
    ///
    /// - Parameters:
    ///   - file: the settings, read again inside.
    ///   - stop: answers when the node shall stop.
    /// - Returns: the exit code of the node's agent.
    package func run(file: String, until stop: @escaping @Sendable () async -> Void) async throws -> Int32 {
        let (users, groups) = try Self.ids()
        let relay = try await StreamRelay.start([.unix(path: socket)], to: .tcp(host: settings.serverHost, port: settings.serverPort))
        let registries = try await startRegistries()
        var program = Program("/proc/self/exe", ["node-init", "--settings", file, "--relay", socket], environment: Self.environment)
        for number in [0, 1, 2] as [Int32] { program.descriptors[number] = OwnedDescriptor(dup(number)) }
        let waiting: NodeNamespaces.Waiting
        do { waiting = try NodeNamespaces.start(program) } catch {
            throw NodeError("user namespaces cannot be made (\(error)). Allow them: 'sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000', or run as root")
        }
        do {
            try await Self.map("newuidmap", waiting.process, getuid(), users)
            try await Self.map("newgidmap", waiting.process, getgid(), groups)
            let uplink = try await startUplink(waiting.process)
            try await KernelCall.waiting { try NodeNamespaces.begin(waiting) }
            let process = waiting.process
            let code = try await withThrowingTaskGroup(of: Int32?.self) { group in
                group.addTask {
                    await stop()
                    if !Task.isCancelled { try? Subprocess.signal(process, SIGTERM) }
                    return nil
                }
                group.addTask { try await KernelCall.waiting { try Subprocess.wait(for: process).code } }
                defer { group.cancelAll() }
                while let ended = try await group.next() { if let ended { return ended } }
                return 1
            }
            if let uplink { try? Subprocess.signal(uplink, SIGTERM) }
            for relay in [relay] + registries { await relay.close() }
            return code
        } catch {
            try? Subprocess.signal(waiting.process, SIGKILL)
            for relay in [relay] + registries { await relay.close() }
            throw error
        }
    }

    /// The registries of the machine's loopback that the configuration names, for the node's agent alone: its pods see no socket file.
    private func startRegistries() async throws -> [StreamRelay] {
        // What is wrong with them the agent says, which reads them too.
        guard let configuration = try? ImageRegistryConfiguration(settings.registries) else { return [] }
        var relays: [StreamRelay] = []
        for (number, host) in configuration.loopbackHosts.enumerated() {
            relays.append(try await StreamRelay.start([.unix(path: Self.registrySocket(number, in: runFolder))], to: .tcp(host: host.host, port: host.port)))
        }
        return relays
    }

    private static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/"]

    /// The user's subordinate ids.
    ///
    /// - Throws: ``NodeError`` with the commands that give some.
    package static func ids() throws(NodeError) -> (users: [SubordinateIDs], groups: [SubordinateIDs]) {
        let name = SubordinateIDs.userName
        for program in programs where access(program.path, X_OK) != 0 {
            throw NodeError("\(program.path) is missing, which a node without root needs. Run 'apt-get install \(program.package)', or start the control plane alone with --control-only")
        }
        func range(_ file: String, _ flag: String) throws(NodeError) -> [SubordinateIDs] {
            let ranges = SubordinateIDs.read(file, user: getuid(), name: name)
            guard ranges.reduce(UInt64(0), { $0 + UInt64($1.count) }) >= UInt64(idCount) else {
                throw NodeError("\(file) gives user '\(name)' fewer than \(idCount) ids, which a node without root needs. Run as root 'usermod \(flag) 100000-165535 \(name)'")
            }
            return ranges
        }
        return (try range("/etc/subuid", "--add-subuids"), try range("/etc/subgid", "--add-subgids"))
    }

    /// Removes folders whose files belong to the user's subordinate ids.
    package static func remove(_ folders: [String]) async throws {
        let (users, groups) = try ids()
        var program = Program("/proc/self/exe", ["node-remove"] + folders, environment: environment)
        for number in [0, 1, 2] as [Int32] { program.descriptors[number] = OwnedDescriptor(dup(number)) }
        let waiting = try NodeNamespaces.start(program)
        do {
            try await map("newuidmap", waiting.process, getuid(), users)
            try await map("newgidmap", waiting.process, getgid(), groups)
            try await KernelCall.waiting { try NodeNamespaces.begin(waiting) }
        } catch {
            try? Subprocess.signal(waiting.process, SIGKILL)
            throw error
        }
        let ending = try await KernelCall.waiting { try Subprocess.wait(for: waiting.process) }
        guard ending.isSuccess else { throw NodeError("\(folders.joined(separator: " and ")) could not be removed") }
    }

    private static func access(_ path: String, _ mode: Int32) -> Int32 { unsafe Glibc.access(path, mode) }

    /// Root inside is the user, and the ids from 1 on are the subordinate ones.
    private static func map(_ program: String, _ process: Int32, _ own: UInt32, _ ranges: [SubordinateIDs]) async throws {
        var map = ["0", "\(own)", "1"]
        var next: UInt64 = 1
        for range in ranges where next + UInt64(range.count) < UInt64(UInt32.max) {
            map += ["\(next)", "\(range.first)", "\(range.count)"]
            next += UInt64(range.count)
        }
        let output = try await Subprocess.run(
            Program("/usr/bin/" + program, ["\(process)"] + map))
        guard output.status.isSuccess else { throw NodeError("\(program) refused the ids: \(output.complaint)") }
    }

    /// Gives the namespace a way out. The machine's loopback is not reachable by it.
    ///
    /// - Returns: the process of slirp4netns; nil when it gives none, as on a machine whose /dev/net/tun is for root only: the
    ///   node then reaches the API server and its own pods, and nothing else.
    private func startUplink(_ process: Int32) async throws -> Int32? {
        let (uplink, word) = try Self.startProgram(process)
        let isReady = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await KernelCall.waiting { try Pipe.readLine(word, limit: 1).first == 0x31 } }
            group.addTask {
                try await Task.sleep(for: .seconds(5))
                // Its end of the pipe goes with it, and with that the wait.
                try? Subprocess.signal(uplink, SIGKILL)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        if isReady { return uplink }
        try? Subprocess.signal(uplink, SIGKILL)
        _ = try await KernelCall.waiting { try Subprocess.wait(for: uplink) }
        log.warning("slirp4netns gives the node no way out: nothing outside of the cluster can be reached. 'kastell doctor' says what it lacks")
        return nil
    }

    /// Only the program holds the other end of the pipe, so that its end is the pipe's.
    private static func startProgram(_ process: Int32) throws -> (process: Int32, word: OwnedDescriptor) {
        let word = try Pipe()
        var program = Program(
            "/usr/bin/slirp4netns",
            ["--configure", "--mtu=65520", "--disable-host-loopback", "--enable-ipv6", "--ready-fd=3", "\(process)", "tap0"])
        program.descriptors[3] = word.writing
        let null = try OwnedDescriptor(opening: "/dev/null")
        for number in [0, 1] as [Int32] { program.descriptors[number] = null }
        program.descriptors[2] = OwnedDescriptor(dup(2))
        return (try Subprocess.start(program), word.reading)
    }
}

extension ProcessEnding {
    /// As a shell shows it: 128 and the signal for one that was killed.
    var code: Int32 {
        switch self {
        case .exited(let code): code
        case .killed(let signal): 128 + signal
        }
    }
}

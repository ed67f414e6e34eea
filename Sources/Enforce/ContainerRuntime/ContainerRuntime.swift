import CertificateAuthority
import JSONValue
package import KubeModel
package import LinuxKernel
package import OCIModel

/// Owns the containers below one folder: makes, starts, signals and removes them through runc, each watched by a conmon of
/// its own, so that this process may end and come back without touching them.
///
/// What is in the folder is the whole state: a new runtime on the same folder finds every container as it is.
package actor ContainerRuntime {
    /// Where things are.
    package struct Configuration: Sendable {
        /// The folder that this runtime owns, 0700.
        package var folder: String
        /// The paths of the two programs.
        package var runtime = "/usr/sbin/runc"
        package var monitor = "/usr/bin/conmon"

        package init(folder: String) { self.folder = folder }

        /// Where conmon writes the exit code of a container, in a file of its name.
        var exits: String { folder + "/exits" }
        /// Where runc keeps its state.
        var runtimeState: String { folder + "/runc" }
        var sockets: String { folder + "/sockets" }
        func bundle(_ id: String) -> String { folder + "/containers/" + id }
    }

    /// What a container is made of.
    package struct Request: Sendable {
        /// Letters, digits, dashes and dots; unique on the node.
        package var id: String
        /// What people call it, in logs of the monitor.
        package var name: String
        package var spec: RuntimeSpec
        /// The file that its output goes to, in the format of the CRI.
        package var log: String
        /// Whether something can be written to it later.
        package var hasInput: Bool

        package init(id: String, name: String, spec: RuntimeSpec, log: String, hasInput: Bool = false) {
            self.id = id
            self.name = name
            self.spec = spec
            self.log = log
            self.hasInput = hasInput
        }
    }

    let configuration: Configuration
    let clock: @Sendable () -> Timestamp
    private let watch: FolderWatch
    /// Whether something ended since it was last asked.
    package nonisolated var endings: AsyncStream<Void> { watch.changes }

    /// Takes over the folder and what is in it.
    package init(_ configuration: Configuration, clock: @escaping @Sendable () -> Timestamp) throws {
        self.configuration = configuration
        self.clock = clock
        try SecureFile.makePrivateFolder(configuration.folder)
        for folder in [configuration.exits, configuration.runtimeState, configuration.sockets, configuration.folder + "/containers"] {
            try SecureFile.makePrivateFolder(folder)
        }
        watch = try FolderWatch(configuration.exits)
    }

    // MARK: Life of a container

    /// Makes a container: its namespaces, mounts and limits are there, its process waits for ``start(_:)``.
    ///
    /// - Throws: ``ContainerError`` with what runc said; nothing is left of the container then.
    /// - Returns: the process id that the container's process has on the node.
    @discardableResult
    package func create(_ request: Request) async throws -> Int32 {
        let bundle = configuration.bundle(request.id)
        guard Self.isName(request.id), !SecureFile.exists(bundle) else {
            throw ContainerError("create", request.id, "the id is taken, or is none")
        }
        try SecureFile.makePrivateFolder(bundle)
        do {
            try SecureFile.write(bundle + "/config.json", request.spec.json.bytes, survivesPowerLoss: false)
            let process = try await monitor(request, bundle: bundle)
            return process
        } catch {
            await cleanUp(request.id)
            throw error
        }
    }

    /// Starts a monitor, which makes the container, and waits for its word.
    private func monitor(_ request: Request, bundle: String) async throws -> Int32 {
        let (monitor, word) = try startMonitor(request, bundle: bundle)
        let outcome = try await Self.hear(word)
        // The monitor goes on as a process of its own; the one that we started ends at once.
        _ = try await Self.end(of: monitor)
        guard let process = outcome["data"]?.int ?? outcome["pid"]?.int, process > 0 else {
            throw ContainerError("create", request.id, Self.reason(outcome["message"]?.string ?? "the monitor said nothing", bundle))
        }
        return Int32(clamping: process)
    }

    private func startMonitor(_ request: Request, bundle: String) throws -> (Int32, OwnedDescriptor) {
        var arguments = [
            "--api-version", "1", "--cid", request.id, "--cuuid", request.id, "--name", request.name, "--runtime", configuration.runtime,
            "--bundle", bundle, "--container-pidfile", bundle + "/pid", "--conmon-pidfile", bundle + "/monitor.pid",
            "--log-path", "k8s-file:" + request.log, "--exit-dir", configuration.exits, "--persist-dir", bundle,
            "--socket-dir-path", configuration.sockets, "--full-attach", "--runtime-arg=--root", "--runtime-arg=" + configuration.runtimeState,
            "--runtime-arg=--log", "--runtime-arg=" + bundle + "/runc.log", "--runtime-arg=--log-format=json",
        ]
        if request.spec.process.hasTerminal { arguments.append("--terminal") }
        if request.hasInput { arguments += ["--stdin", "--leave-stdin-open"] }
        let pipe = try Pipe()
        var program = Program(configuration.monitor, arguments)
        program.environment += ["_OCI_SYNCPIPE=3", "XDG_RUNTIME_DIR=" + configuration.folder]
        program.descriptors[3] = pipe.writing
        // It leaves a note there when the container's memory was used up.
        program.folder = bundle
        let null = try OwnedDescriptor(opening: "/dev/null")
        for number in [0, 1, 2] as [Int32] { program.descriptors[number] = null }
        return (try Subprocess.start(program), pipe.reading)
    }

    /// The one line that a monitor says when the container is made, or is not.
    private static func hear(_ word: OwnedDescriptor) async throws -> JSON {
        let bytes = try await KernelCall.blocking { () throws(SystemError) in try Pipe.readLine(word, limit: 64 << 10) }
        return (try? JSON.parse(bytes)) ?? [:]
    }

    private static func end(of process: Int32) async throws -> ProcessEnding {
        try await KernelCall.blocking { () throws(SystemError) in try Subprocess.wait(for: process) }
    }

    /// What runc wrote into its log says more than what the monitor passes on.
    private static func reason(_ message: String, _ bundle: String) -> String {
        guard let log = try? SecureFile.read(bundle + "/runc.log", .any) else { return message }
        let lines = log.split(separator: 0x0A).compactMap { try? JSON.parse(Array($0)) }
        let faults = lines.filter { $0["level"]?.string == "error" }.compactMap { $0["msg"]?.string }
        return faults.last ?? message
    }

    /// Lets the process of a container begin.
    package func start(_ id: String) async throws {
        // A process that ends at once must not end before it began.
        let began = clock()
        try await runc("start", id, [])
        try SecureFile.write(configuration.bundle(id) + "/started", Array(began.description.utf8), survivesPowerLoss: false)
    }

    /// Sends a signal to the process of a container; that it has ended already is no failure.
    package func signal(_ id: String, _ number: Int32) async throws {
        do { try await runc("kill", id, [String(number)]) } catch let error as ContainerError {
            if case .ended? = try await state(id) { return }
            throw error
        }
    }

    /// Removes a container, and what still runs of it. Nothing when there is none.
    package func remove(_ id: String) async throws {
        guard SecureFile.exists(configuration.bundle(id)) else { return }
        try await runc("delete", id, ["--force"], before: true)
        await cleanUp(id)
    }

    private func cleanUp(_ id: String) async {
        _ = try? await runc("delete", id, ["--force"], before: true)
        try? FileTree.remove(configuration.bundle(id))
        try? SecureFile.remove(configuration.exits + "/" + id)
        try? FileTree.remove(configuration.sockets + "/" + id)
    }

    @discardableResult
    private func runc(_ action: String, _ id: String, _ more: [String], before: Bool = false) async throws -> Subprocess.Output {
        let arguments = ["--root", configuration.runtimeState, action] + (before ? more + [id] : [id] + more)
        var program = Program(configuration.runtime, arguments)
        program.environment.append("XDG_RUNTIME_DIR=" + configuration.folder)
        let output = try await Subprocess.run(program)
        guard output.status.isSuccess else { throw ContainerError(action, id, output.complaint) }
        return output
    }

    // MARK: State

    /// What has become of a container; nil when there is none.
    package func state(_ id: String) async throws -> ContainerState? {
        let bundle = configuration.bundle(id)
        guard SecureFile.exists(bundle) else { return nil }
        let started = (try? SecureFile.read(bundle + "/started", .any)).flatMap { Timestamp(String(decoding: $0, as: UTF8.self)) }
        if let ending = ending(id, started: started) { return .ended(ending) }
        let process = (try? SecureFile.read(bundle + "/pid", .any)).flatMap { Int32(String(decoding: $0, as: UTF8.self)) }
        guard let process, Subprocess.exists(process) else {
            // It ended without its monitor: nobody knows how.
            if !monitorLives(bundle) {
                return .ended(Ending(exitCode: 137, started: started, finished: clock(), isOutOfMemory: false))
            }
            return started.map { .running(process: process ?? 0, since: $0) } ?? .created(process: process ?? 0)
        }
        return started.map { .running(process: process, since: $0) } ?? .created(process: process)
    }

    private func monitorLives(_ bundle: String) -> Bool {
        (try? SecureFile.read(bundle + "/monitor.pid", .any)).flatMap { Int32(String(decoding: $0, as: UTF8.self)) }.map(Subprocess.exists) ?? false
    }

    private func ending(_ id: String, started: Timestamp?) -> Ending? {
        let path = configuration.exits + "/" + id
        guard let bytes = try? SecureFile.read(path, .any), let code = Int32(String(decoding: bytes, as: UTF8.self)) else { return nil }
        // The kernel's clock of files is some milliseconds behind.
        let finished = max(FileTree.modified(path) ?? clock(), started ?? Timestamp(seconds: 0))
        return Ending(exitCode: code, started: started, finished: finished, isOutOfMemory: SecureFile.exists(configuration.bundle(id) + "/oom"))
    }

    /// The ids of the containers that have ended and were not removed since.
    package nonisolated func ended() throws -> [String] { try FileTree.names(configuration.exits) }

    /// What a container was made of; nil when there is none.
    package nonisolated func bundle(_ id: String) -> ContainerBundle? {
        guard Self.isName(id), let bytes = try? SecureFile.read(configuration.bundle(id) + "/config.json", .any), let value = try? JSON.parse(bytes),
            let process = value["process"].flatMap({ RuntimeProcess($0) })
        else { return nil }
        return ContainerBundle(id: id, process: process, stopSignal: value["annotations"]?[ContainerBundle.stopSignalAnnotation]?.string)
    }

    /// The ids of all containers, also those that an earlier process made.
    package func all() throws -> [String] { try FileTree.names(configuration.folder + "/containers") }

    private static func isName(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count) && !id.hasPrefix(".")
            && id.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F
            }
    }

    // MARK: Further processes

    /// Runs a program inside a container to its end, as a probe or hook does.
    ///
    /// - Parameter process: with what rights; its arguments are the program.
    package func execute(_ process: RuntimeProcess, in id: String, seconds: Int) async throws -> Subprocess.Output {
        let bundle = configuration.bundle(id)
        let file = bundle + "/exec-" + String(UInt64.random(in: 0 ... .max), radix: 36) + ".json"
        try SecureFile.write(file, process.json.bytes, survivesPowerLoss: false)
        defer { try? SecureFile.remove(file) }
        var program = Program(configuration.runtime, ["--root", configuration.runtimeState, "exec", "--process", file, id])
        program.environment.append("XDG_RUNTIME_DIR=" + configuration.folder)
        return try await Subprocess.run(program, seconds: seconds)
    }
}

import CertificateAuthority
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging

/// The folder with the files of static pods: followed as files change, and read again every twenty seconds.
struct ManifestFolder: Sendable {
    let path: String
    /// Whether it is the node's own, which it makes.
    let isOwn: Bool
    let node: String
    let events: EventRecorder
    let clock: @Sendable () -> Timestamp
    let log: Logger

    static let period = Duration.seconds(20)

    /// Reads the folder now and whenever something in it changes, until cancelled.
    ///
    /// - Parameter take: gets every pod that the files ask for, by `namespace/name`, when they are others than before.
    func follow(_ take: @escaping @Sendable ([String: JSON]) async -> Void) async {
        if isOwn {
            do { try SecureFile.makePrivateFolder(path) } catch {
                log.error("the folder of static pods cannot be made", metadata: ["folder": "\(path)", "error": "\(error)"])
            }
        }
        let (wakes, input) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { group in
            group.addTask { await watch(input) }
            group.addTask {
                while !Task.isCancelled {
                    input.yield()
                    try? await Task.sleep(for: Self.period)
                }
                input.finish()
            }
            group.addTask {
                var reader = ManifestReader(node: node)
                var last: [String: JSON]?
                for await _ in wakes {
                    let faults = reader.read(path, now: clock())
                    for fault in faults { tell(fault) }
                    if reader.pods != last {
                        last = reader.pods
                        await take(reader.pods)
                    }
                }
            }
        }
    }

    /// A folder that is not there yet is read again later, and watched when it is.
    private func watch(_ input: AsyncStream<Void>.Continuation) async {
        while !Task.isCancelled {
            if let watch = try? FolderWatch(path, removals: true) { for await _ in watch.changes { input.yield() } }
            try? await Task.sleep(for: Self.period)
        }
    }

    private func tell(_ fault: ManifestFault) {
        log.error("a manifest of static pods is not used", metadata: ["manifest": "\(fault.place)", "error": "\(fault.message)"])
        events.record([Notice(isWarning: true, reason: "FailedManifest", message: "\(fault)")], about: NodeReference.of(node))
    }
}

/// Reads the files of static pods, and remembers what it has read of each.
struct ManifestReader {
    let node: String
    /// Every pod that the files ask for, by `namespace/name`.
    private(set) var pods: [String: JSON] = [:]

    private struct File {
        var bytes: [UInt8] = []
        var pods: [JSON] = []
    }
    private var files: [String: File] = [:]
    private var told: Set<ManifestFault> = []
    private static let fileLimit = 256

    init(node: String) { self.node = node }

    /// Reads what is new. A file that cannot be used leaves the pods that it asked for before as they are.
    ///
    /// - Returns: what is wrong and was not before.
    mutating func read(_ folder: String, now: Timestamp) -> [ManifestFault] {
        var faults: [ManifestFault] = []
        if let fault = Self.fault(of: folder) {
            faults = [fault]
        } else {
            readFiles(folder, now, &faults)
        }
        defer { told = Set(faults) }
        return faults.filter { !told.contains($0) }
    }

    private mutating func readFiles(_ folder: String, _ now: Timestamp, _ faults: inout [ManifestFault]) {
        let names: [String]
        do { names = try FileTree.names(folder).filter { !$0.hasPrefix(".") } } catch {
            // A folder of the user's choice may come later.
            if error.code != ENOENT { faults.append(ManifestFault(place: folder, message: "\(error)")) }
            return take([:], &faults)
        }
        if names.count > Self.fileLimit {
            faults.append(ManifestFault(place: folder, message: "it has \(names.count) files; the first \(Self.fileLimit) are read"))
        }
        let known = Dictionary(pods.values.map { ($0.uid, $0) }, uniquingKeysWith: { first, _ in first })
        var next: [String: File] = [:]
        for name in names.prefix(Self.fileLimit) {
            let path = folder + "/" + name
            do {
                if let fault = Self.fault(of: path) { throw fault }
                let bytes = try SecureFile.read(path, .any)
                if let before = files[name], before.bytes == bytes {
                    next[name] = before
                    continue
                }
                let found = try StaticManifest.pods(bytes, file: name, node: node, now: now)
                // A pod that is there already keeps the moment at which it was first seen.
                next[name] = File(bytes: bytes, pods: found.map { known[$0.uid] ?? $0 })
            } catch let error as FileError where error.isAbsent {
                continue
            } catch {
                next[name] = files[name].map { File(bytes: [], pods: $0.pods) }
                faults.append(error as? ManifestFault ?? ManifestFault(place: name, message: "\(error)"))
            }
        }
        take(next, &faults)
    }

    private mutating func take(_ next: [String: File], _ faults: inout [ManifestFault]) {
        files = next
        var all: [String: JSON] = [:]
        for (name, file) in next.sorted(by: { $0.key < $1.key }) {
            for pod in file.pods {
                let key = Informer.key(pod)
                if all[key] != nil {
                    faults.append(ManifestFault(place: name, message: "another file has the pod \(key) already"))
                } else {
                    all[key] = pod
                }
            }
        }
        pods = all
    }

    /// Who may write a manifest runs what he likes as root: only this process's user and root may.
    private static func fault(of path: String) -> ManifestFault? {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        if facts.st_mode & 0o022 != 0 { return ManifestFault(place: path, message: "others may write it. Run: chmod go-w \(path)") }
        if facts.st_uid != 0, facts.st_uid != geteuid() {
            return ManifestFault(place: path, message: "it belongs to another user. Give it to the user that runs the node, with chown")
        }
        return nil
    }
}

import ArgumentParser
import ClusterConfiguration
import ContainerImages
import ContentStore
import ControlPlane
import Glibc
import JSONValue
import KubeModel
import OCIModel
import Synchronization
import YAMLValue

/// `kastell image`: the images of this node.
struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Load, pull, list and remove the container images of this node.",
        discussion: """
            Images lie in the folder 'images' of the state folder, by digest: what is the same is stored once. These commands
            may be run while the cluster runs.
            """,
        subcommands: [Load.self, Pull.self, List.self, Inspect.self, Remove.self])

    /// `kastell image load`.
    struct Load: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "load", abstract: "Load images from a file or folder.",
            discussion: "Takes OCI layouts, as folder or tar archive, and the archives of 'docker save'; gzip and zstd around an archive are undone.")
        @OptionGroup var cluster: ClusterOptions
        @OptionGroup var output: OutputOptions
        @Option(help: ArgumentHelp("The name of an image that brings none, or another one for it.", valueName: "image"))
        var name: String?
        @Argument(help: "The archive or folder; - reads an archive from standard input.", completion: .file())
        var file: String

        func run() async throws {
            if file == "-", isatty(STDIN_FILENO) == 1 { throw CommandError("standard input is a terminal. Write 'docker save IMAGE | kastell image load -'.") }
            let library = try ImageCommand.library(cluster)
            let records = try library.load(path: file, name: try name.map { try ImageReference($0) })
            output.print(.array(records.map(ImageCommand.json))) {
                records.map { "Loaded \(ImageCommand.short($0.name)): \($0.target.digest), \(ImageCommand.size($0.size))." }.joined(separator: "\n")
            }
        }
    }

    /// `kastell image pull`.
    struct Pull: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pull", abstract: "Fetch an image from its registry.",
            discussion: """
                What broke off is taken up again, and what is here is not fetched. Registries are asked over TLS; on this machine's
                loopback addresses without. Credentials come from a file like docker's config.json.
                """)
        @OptionGroup var cluster: ClusterOptions
        @OptionGroup var output: OutputOptions
        @Option(help: ArgumentHelp("A file with credentials, such as ~/.docker/config.json.", valueName: "file"), completion: .file())
        var credentials: String?
        @Option(help: ArgumentHelp("A file with the list 'registries': mirrors, plain hosts, authorities.", valueName: "file"), completion: .file())
        var registries: String?
        @Flag(help: "Unpack the layers too, as the node does before a container starts.")
        var unpack = false
        @Argument(help: "The image, such as nginx:1.27 or registry.example:5000/app@sha256:…")
        var image: String

        func run() async throws {
            let reference = try ImageReference(image)
            let library = try ImageCommand.library(cluster)
            var secrets = ImageRegistryCredentials()
            if let credentials { try secrets.add(dockerConfigJSON: try ImageCommand.read(credentials)) }
            var hosts = ImageRegistryConfiguration()
            if let registries {
                let value = try YAML.document(try ImageCommand.read(registries)).value
                hosts = try ImageRegistryConfiguration(value["registries"] ?? value)
            }
            let reporter = PullReporter()
            let record = try await library.pull(reference, registries: hosts, credentials: secrets) { reporter.take($0) }
            if unpack { _ = try library.unpack(record) }
            output.print(ImageCommand.json(record)) { "Pulled \(ImageCommand.short(record.name)): \(record.target.digest), \(ImageCommand.size(record.size))." }
        }
    }

    /// `kastell image list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List the images of this node.", aliases: ["ls"])

        enum Format: String, ExpressibleByArgument, CaseIterable { case json, yaml, wide, name }

        @OptionGroup var cluster: ClusterOptions
        @Option(name: [.customShort("o"), .customLong("output")], help: "Print the list as json, yaml, wide or name.")
        var output: Format?

        func run() throws {
            let records = try ImageCommand.library(cluster).store.images()
            let now = Int64(time(nil))
            switch output {
            case .json: Terminal.print(JSON.array(records.map(ImageCommand.json)).pretty)
            case .yaml: Terminal.printRaw(YAML.text(.array(records.map(ImageCommand.json))))
            case .name: for record in records { Terminal.print(ImageCommand.short(record.name)) }
            case .wide, nil:
                guard !records.isEmpty else {
                    Terminal.note("No images. 'kastell image load FILE' or 'kastell image pull IMAGE' brings some.")
                    return
                }
                var header = ["NAME", "DIGEST", "SIZE", "AGE"]
                if output == .wide { header += ["CONFIG", "LAST-USED", "PINNED"] }
                Terminal.print(Terminal.table(header, records.map { record in
                    var row = [ImageCommand.short(record.name), record.target.digest.short, ImageCommand.size(record.size), Timestamp.humanDuration(seconds: now - record.added)]
                    if output == .wide {
                        row += [record.configuration.short, record.lastUsed == 0 ? "never" : Timestamp.humanDuration(seconds: now - record.lastUsed), record.isPinned ? "yes" : "no"]
                    }
                    return row
                }))
            }
        }
    }

    /// `kastell image inspect`.
    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "inspect", abstract: "Show what an image is made of and how it wants to be run.")
        @OptionGroup var cluster: ClusterOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The name of the image, or the beginning of its digest.", completion: .custom(ImageCommand.names))
        var image: String

        func run() throws {
            let library = try ImageCommand.library(cluster)
            let records = try library.store.find(image)
            guard let record = records.first else { throw ContentStoreError.noImage(image) }
            let (_, manifest, configuration) = try library.resolve(record.target)
            var value = ImageCommand.json(record)
            value["names"] = JSON(records.map(\.name))
            value["platform"] = .string(configuration.platform.description)
            value["created"] = configuration.created.map { .string($0.description) }
            value["user"] = .string(configuration.user)
            value["entrypoint"] = JSON(configuration.entrypoint)
            value["cmd"] = JSON(configuration.command)
            value["env"] = JSON(configuration.environment)
            value["workingDir"] = .string(configuration.workingDirectory)
            value["volumes"] = JSON(configuration.volumes)
            value["exposedPorts"] = JSON(configuration.exposedPorts)
            value["stopSignal"] = .string(configuration.stopSignal)
            value["labels"] = JSON(configuration.labels)
            value["layers"] = .array(zip(manifest.layers, configuration.diffIDs).map { layer, diffID in
                ["digest": .string(layer.digest.description), "mediaType": .string(layer.mediaType), "size": .int(layer.size), "diffID": .string(diffID.description)]
            })
            output.print(value) { YAML.text(value) }
        }
    }

    /// `kastell image remove`.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Remove images from this node.",
            discussion: "A name goes alone; a digest goes with all names of its image. Blobs that no other image needs go too.", aliases: ["rm"])
        @OptionGroup var cluster: ClusterOptions
        @OptionGroup var output: OutputOptions
        @Flag(help: "Succeed when there is no such image.")
        var ignoreMissing = false
        @Argument(help: "Names, or the beginnings of digests.", completion: .custom(ImageCommand.names))
        var images: [String]

        func run() throws {
            let store = try ImageCommand.library(cluster).store
            var names: Set<String> = []
            for image in images {
                do { names.formUnion(try store.find(image).map(\.name)) } catch {
                    guard ignoreMissing, case .noImage = error else { throw error }
                }
            }
            try store.remove(names: names)
            // Unpacked layers may belong to ids of a user namespace: the node removes them, which can.
            let collected = try store.collect(nil, layers: geteuid() == 0)
            let value: JSON = ["removed": JSON(names.sorted()), "blobs": JSON(collected.blobs), "bytes": .int(collected.bytes)]
            output.print(value) { (names.sorted().map { "Removed \(ImageCommand.short($0))." } + ["Freed \(ImageCommand.size(collected.bytes))."]).joined(separator: "\n") }
        }
    }

    // MARK: What they share

    static func library(_ cluster: ClusterOptions) throws -> ImageLibrary {
        let directory = try cluster.directory()
        do { try directory.prepare() } catch { throw CommandError("the state folder cannot be used: \(error)") }
        return ImageLibrary(store: try ContentStore(path: directory.path + "/images"))
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CommandError("\(path) cannot be read: \(unsafe String(cString: strerror(errno)))") }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: ImageRegistryCredentials.maximumSize + 1)
        var count = 0
        while count < bytes.count {
            let more = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(file, $0.baseAddress?.advanced(by: count), $0.count - count) }
            guard more > 0 else { break }
            count += more
        }
        return Array(bytes.prefix(count))
    }

    static func short(_ name: String) -> String { (try? ImageReference(name))?.familiar ?? name }

    static func size(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (value, unit) = (Double(bytes), 0)
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        return unit == 0 ? "\(bytes) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    static func json(_ record: ImageRecord) -> JSON {
        [
            "name": .string(record.name), "digest": .string(record.target.digest.description), "manifest": .string(record.manifest.description),
            "id": .string(record.configuration.description), "size": .int(record.size), "added": .string(Timestamp(seconds: record.added).description),
            "pinned": .bool(record.isPinned),
        ]
    }

    /// Names for the shell's completion.
    static func names(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        guard let directory = try? ClusterOptions.parse([]).directory(), let store = try? ContentStore(path: directory.path + "/images"),
            let records = try? store.images()
        else { return [] }
        return records.map { short($0.name) }
    }
}

/// Shows a pull as it goes, not more often than a person can read.
private final class PullReporter: Sendable {
    // A lock and no actor: progress comes from the event loops, which may not wait.
    private struct State {
        var total: Int64 = 0
        var received: [ImageDigest: Int64] = [:]
        var shown: Int64 = -1
    }
    private let state = Mutex(State())

    func take(_ progress: PullProgress) {
        let line: String? = state.withLock { state in
            switch progress {
            case .asking(let endpoint): return "Asking \(endpoint)"
            case .failed(let endpoint, let why): return "\(endpoint) failed: \(why)"
            case .resolved(let digest, let layers, let bytes):
                state.total = bytes
                return "Fetching \(digest): \(layers) layers, \(ImageCommand.size(bytes))"
            case .received(let digest, let bytes, _):
                state.received[digest] = bytes
                let sum = state.received.values.reduce(0, +)
                let tenth = state.total == 0 ? 10 : sum &* 10 / state.total
                guard tenth > state.shown else { return nil }
                state.shown = tenth
                return "Fetched \(ImageCommand.size(sum)) of \(ImageCommand.size(state.total))"
            case .done: return nil
            }
        }
        if let line { Terminal.note(line) }
    }
}

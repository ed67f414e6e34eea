import EncryptionAtRest
import Glibc
import KubeModel
import Synchronization

@testable import Store

/// A folder that is removed with its contents when the last reference goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var path = ""
        repeat {
            path = "\(base)/kastell-store-\(UInt64.random(in: .min ... .max))"
        } while unsafe mkdir(path, 0o700) != 0 && errno == EEXIST
        self.path = path
    }

    deinit {
        for name in names() { unsafe unlink(path + "/" + name) }
        unsafe rmdir(path)
    }

    var store: String { path + "/store.db" }

    func names() -> [String] {
        guard let stream = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            names.append(
                unsafe withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                    unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names.filter { $0 != "." && $0 != ".." }
    }

    func mode(_ name: String) -> UInt32? { (try? Files.facts(path + "/" + name))?.mode }

    func bytes(_ name: String) -> [UInt8] { (try? Files.head(path + "/" + name, count: 64 << 20)) ?? [] }

    func write(_ bytes: [UInt8], to name: String, at offset: Int = 0) {
        let file = unsafe open(path + "/" + name, O_WRONLY | O_CREAT, 0o600)
        _ = unsafe pwrite(file, bytes, bytes.count, offset)
        close(file)
    }

    func truncate(_ name: String, to size: Int) { _ = unsafe Glibc.truncate(path + "/" + name, size) }
}

/// Collects what a sink gets.
final class Collector: Sendable {
    private let collected = Mutex<[StoreEvent]>([])
    var events: [StoreEvent] { collected.withLock { $0 } }
    func take(_ events: [StoreEvent]) { collected.withLock { $0 += events } }
}

let secrets = GroupResource(group: "", resource: "secrets")
let pods = GroupResource(group: "", resource: "pods")
let deployments = GroupResource(group: "apps", resource: "deployments")

func put(
    _ key: String, _ value: String, _ expect: Mutation.Expectation = .any, resource: GroupResource = pods
) -> Mutation {
    Mutation(resource: resource, key: key, change: .put(Array(value.utf8)), expect: expect)
}

func delete(_ key: String, _ expect: Mutation.Expectation = .any) -> Mutation {
    Mutation(resource: pods, key: key, change: .delete, expect: expect)
}

/// Encrypts every resource with AES-GCM; the first key writes.
func encrypted(_ names: String...) -> EncryptionConfiguration {
    let keys = names.map { name in
        EncryptionKey(name: name, bytes: [UInt8](repeating: name.utf8.first ?? 0, count: 32))
    }
    return EncryptionConfiguration(rules: [
        .init(resources: ["*.*"], providers: [.init(name: .aesgcm, keys: keys), .init(name: .identity)])
    ])
}

extension StoreEntry {
    var text: String? { (try? value.get()).map { String(decoding: $0, as: UTF8.self) } }
}

extension Store {
    /// All live objects: key to value.
    func contents(at revision: Revision? = nil, prefix: String = "") throws(StoreError) -> [String: String] {
        var found: [String: String] = [:]
        for entry in try list(prefix: prefix, at: revision).entries { found[entry.key] = entry.text ?? "unreadable" }
        return found
    }
}

/// A small repeatable generator (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

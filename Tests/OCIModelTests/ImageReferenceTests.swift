import OCIModel
import Testing

private let hash = String(repeating: "a1", count: 32)

@Suite("image references") struct ImageReferenceTests {
    @Test(
        "a reference is read and written out in full",
        arguments: [
            ("nginx", "docker.io/library/nginx:latest"), ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("team/app", "docker.io/team/app:latest"), ("docker.io/nginx", "docker.io/library/nginx:latest"),
            ("index.docker.io/library/nginx:1", "docker.io/library/nginx:1"), ("localhost/app", "localhost/app:latest"),
            ("localhost:5000/app:v1", "localhost:5000/app:v1"), ("127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c:latest"),
            ("registry.example/app@sha256:\(hash)", "registry.example/app@sha256:\(hash)"),
            ("registry.example/app:v1@sha256:\(hash)", "registry.example/app:v1@sha256:\(hash)"),
            ("[::1]:5000/app", "[::1]:5000/app:latest"), ("[2001:db8::1]/app:x", "[2001:db8::1]/app:x"),
            ("Registry/app", "Registry/app:latest"), ("a__b/c-d.e_f:T.a-g_1", "docker.io/a__b/c-d.e_f:T.a-g_1"),
            ("a--b", "docker.io/library/a--b:latest"), ("registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.9"),
            ("\(hash)1", "docker.io/library/\(hash)1:latest"), ("host:1/a:2", "host:1/a:2"),
        ])
    func reads(text: String, full: String) throws {
        let reference = try ImageReference(text)
        #expect(reference.description == full)
        #expect(try ImageReference(full) == reference)
        #expect(try ImageReference(reference.familiar) == reference)
    }

    @Test(
        "what is no reference is refused, and the error says which part",
        arguments: [
            ("", ImageReferenceError.Cause.empty), ("Nginx", .upperCase), ("team/App", .upperCase), ("nginx:", .tag), ("nginx:.a", .tag),
            ("nginx:-a", .tag), ("nginx:a b", .tag), ("nginx@sha256:abc", .digest), ("nginx@md5:\(hash)", .digest),
            ("nginx@sha256:\(hash.uppercased())", .digest), ("nginx@", .digest), (hash, .bareHash), ("a..b", .path), ("a___b", .path), ("-a", .path),
            ("a-", .path), ("a/", .path), ("/a", .path), ("a//b", .path), ("a.b:99999/c", .domain), ("a.b:/c", .domain), ("-a.b/c", .domain),
            ("a..b/c", .domain), ("[::1/a", .domain), ("[zz::]/a", .domain), ("a b", .path), ("a\u{0}b", .path), ("é", .path),
            ("nginx:" + String(repeating: "a", count: 129), .tag), ("https://registry.example/a", .domain), ("../etc/passwd", .domain),
            (String(repeating: "a", count: 256), .tooLong), (String(repeating: "a", count: 9999), .tooLong), ("a.b:00000/x", .domain),
        ])
    func refuses(text: String, cause: ImageReferenceError.Cause) {
        let error = #expect(throws: ImageReferenceError.self) { try ImageReference(text) }
        #expect(error?.cause == cause, "\(text): \(error.map(String.init(describing:)) ?? "")")
        #expect(error?.remedy.isEmpty == false)
    }

    @Test("the familiar form is as short as it can be", arguments: [
        ("docker.io/library/nginx:1", "nginx:1"), ("docker.io/team/app:1", "team/app:1"), ("quay.io/a/b:1", "quay.io/a/b:1"),
    ])
    func familiar(full: String, short: String) throws { #expect(try ImageReference(full).familiar == short) }

    @Test("only latest without a digest moves") func moving() throws {
        #expect(try ImageReference("a").isMoving)
        #expect(try ImageReference("a:latest").isMoving)
        #expect(try !ImageReference("a:1").isMoving)
        #expect(try !ImageReference("a:latest@sha256:\(hash)").isMoving)
    }

    @Test("mutated references are read or refused, and what is read is stable", arguments: 0..<32)
    func fuzz(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let seeds = ["nginx", "localhost:5000/a/b:v1", "[::1]:80/x@sha256:\(hash)", "docker.io/library/nginx:1.27", "a__b/c.d-e:T"]
        let alphabet = Array("aZ0:/@.-_[]%\u{0}é ".utf8)
        for _ in 0..<100 {
            var bytes = Array(generator.pick(seeds).utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let at = Int.random(in: 0...bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes.insert(generator.pick(alphabet), at: at)
                case 1: if at < bytes.count { bytes.remove(at: at) }
                default: if at < bytes.count { bytes[at] = generator.pick(alphabet) }
                }
            }
            guard let reference = try? ImageReference(String(decoding: bytes, as: UTF8.self)) else { continue }
            #expect((try? ImageReference(reference.description)) == reference, "seed \(seed): \(reference)")
            #expect(reference.description.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "seed \(seed)")
            #expect(!reference.path.contains("..") && reference.name.utf8.count <= 255, "seed \(seed)")
        }
    }
}

/// The same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
    mutating func next() -> UInt64 {
        state = state &+ 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[Int.random(in: 0..<elements.count, using: &self)] }
}

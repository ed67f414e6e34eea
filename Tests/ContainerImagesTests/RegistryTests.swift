import CArchive
import ContentStore
import Glibc
import JSONValue
import OCIModel
import Synchronization
import Testing

@testable import ContainerImages

/// An image of two layers as an OCI layout, made here.
private struct Layout {
    let path: String
    private(set) var layers: [ImageDescriptor] = []
    private(set) var manifest: ImageDescriptor

    init(_ path: String, padding: Int = 300_000) throws {
        self.path = path
        try #require(Shell.run("mkdir", "-p", path + "/blobs/sha256") == 0)
        func blob(_ bytes: [UInt8]) throws -> ImageDigest {
            let digest = ContentHash.digest(bytes)
            try Files.write("\(path)/blobs/sha256/\(digest.hex)", bytes)
            return digest
        }
        var lower = Tar()
        lower.folder("etc/")
        lower.add("etc/gone", [1])
        lower.add("etc/kept", Array("lower".utf8))
        lower.add("padding", (0..<padding).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) })
        var upper = Tar()
        upper.add("etc/.wh.gone")
        upper.add("etc/new", Array("upper".utf8))
        var diffIDs: [ImageDigest] = []
        for tar in [lower, upper] {
            let digest = try blob(tar.whole)
            diffIDs.append(digest)
            layers.append(ImageDescriptor(.layer, digest: digest, size: Int64(tar.whole.count)))
        }
        let platform = ImageLibrary.platformHere
        let configuration: JSON = [
            "os": .string(platform.system), "architecture": .string(platform.architecture), "config": ["User": "1000"],
            "rootfs": ["type": "layers", "diff_ids": JSON(diffIDs.map(\.description))],
        ]
        let bytes = configuration.bytes
        let document = ImageManifest(configuration: ImageDescriptor(.configuration, digest: try blob(bytes), size: Int64(bytes.count)), layers: layers).json.bytes
        manifest = ImageDescriptor(.manifest, digest: try blob(document), size: Int64(document.count))
        var entry = manifest
        entry.annotations = [ImageIndex.nameAnnotation: "registry.example/team/app:1"]
        try Files.write(path + "/index.json", ImageIndex(manifests: [entry]).json.bytes)
        try Files.write(path + "/oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
    }
}

/// A child process that is ended with its owner.
private final class Child: Sendable {
    private let process: pid_t
    init(_ words: [String]) throws {
        var child: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        try #require(unsafe posix_spawnp(&child, words[0], nil, nil, &arguments, environ) == 0)
        process = child
    }
    deinit {
        kill(process, SIGKILL)
        _ = waitpid(process, nil, 0)
    }
}

/// A registry with the habits that a client has to stand: it wants a token or a password, sends blobs from another host,
/// breaks off in the middle, and lies when told to. It answers 400 where credentials arrive that are not for it.
private let registryProgram = #"""
import base64, http.server, json, os, sys, threading
layout, ports, mode = sys.argv[1:4]
broken = set()
def origin(server): return "http://127.0.0.1:%d" % server.server_address[1]
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *arguments): pass
    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items(): self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        given = self.headers.get("authorization")
        basic = "Basic " + base64.b64encode(b"user:geheim").decode()
        if self.server is store:
            if given: return self.answer(400)
            return self.blob()
        if self.path.startswith("/token"):
            if mode == "token" and given != basic: return self.answer(401)
            return self.answer(200, json.dumps({"token": "t0"}).encode())
        if mode == "basic" and given != basic: return self.answer(401, www_authenticate='Basic realm="r"')
        if mode in ("token", "anonymous") and given != "Bearer t0":
            return self.answer(401, www_authenticate='Bearer realm="%s/token",service="s",scope="repository:team/app:pull"' % origin(front))
        if "/manifests/" in self.path:
            if not self.path.startswith("/v2/team/app/"): return self.answer(404)
            entry = json.load(open(layout + "/index.json"))["manifests"][0]
            body = open(layout + "/blobs/sha256/" + entry["digest"][7:], "rb").read()
            return self.answer(200, body, content_type=entry["mediaType"])
        if mode == "plain-redirect": return self.answer(307, location="http://registry.invalid" + self.path)
        self.answer(307, location=origin(store) + self.path)
    def blob(self):
        digest = self.path.rsplit(":", 1)[1]
        body = open(layout + "/blobs/sha256/" + digest, "rb").read()
        if mode == "lies": return self.answer(200, bytes(len(body)))
        if mode == "endless": return self.answer(200, body + body)
        start = int((self.headers.get("range") or "bytes=0-")[6:-1])
        if len(body) > 100000 and digest not in broken:
            broken.add(digest)
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:70000])
            self.close_connection = True
            return
        if len(body) > 100000 and start == 0: return self.answer(400)
        if start: return self.answer(206, body[start:], content_range="bytes %d-%d/%d" % (start, len(body) - 1, len(body)))
        self.answer(200, body)
front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
store = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=store.serve_forever, daemon=True).start()
open(ports + ".new", "w").write(str(front.server_address[1]))
os.rename(ports + ".new", ports)
front.serve_forever()
"""#

private let hasPython = Shell.run("python3", "-c", "") == 0
private let hasRegistry = Shell.run("sh", "-c", "command -v docker-registry skopeo htpasswd >/dev/null") == 0

@Suite("pulling and mounting", .enabled(if: geteuid() == 0, "needs root, or root of a user namespace")) struct RegistryTests {
    private let folder = TemporaryFolder()

    private func library(_ name: String = "store") throws -> ImageLibrary { ImageLibrary(store: try ContentStore(path: folder.path + "/" + name)) }

    private func start(_ mode: String, _ layout: String) async throws -> (Child, String) {
        let ports = folder.path + "/port"
        let child = try Child(["python3", "-c", registryProgram, layout, ports, mode])
        for _ in 0..<500 where unsafe access(ports, F_OK) != 0 { try await Task.sleep(for: .milliseconds(20)) }
        return (child, "127.0.0.1:" + String(decoding: try Files.read(ports), as: UTF8.self))
    }

    private func credentials(_ host: String) throws -> ImageRegistryCredentials {
        var credentials = ImageRegistryCredentials()
        try credentials.add(dockerConfigJSON: Array(#"{"auths":{"\#(host)":{"username":"user","password":"geheim"}}}"#.utf8))
        return credentials
    }

    @Test(
        "an image comes with password or token, over redirects that get none of them, and goes on where it broke off",
        .enabled(if: hasPython, "needs python3"), arguments: ["open", "basic", "token", "anonymous"])
    func pull(mode: String) async throws {
        let layout = try Layout(folder.path + "/layout")
        let (child, host) = try await start(mode, layout.path)
        let library = try library()
        let reference = try ImageReference(host + "/team/app:1")
        let record = try await library.pull(reference, credentials: try credentials(host))
        #expect(record.manifest == layout.manifest.digest && record.name == reference.description)
        for layer in layout.layers { try library.store.verify(layer.digest) }
        _ = child
    }

    @Test("what a registry may not do is refused and leaves no image", .enabled(if: hasPython, "needs python3"), arguments: ["lies", "endless", "plain-redirect", "basic", "token"])
    func refusals(mode: String) async throws {
        let layout = try Layout(folder.path + "/layout")
        let (child, host) = try await start(mode, layout.path)
        let library = try library()
        let error = await #expect(throws: (any Error).self) { try await library.pull(try ImageReference(host + "/team/app:1")) }
        #expect(error.map { "\($0)".contains("geheim") } == false)
        #expect(try library.store.images().isEmpty)
        #expect(try library.store.size(of: layout.layers[0].digest) == nil)
        _ = child
    }

    @Test("a mirror is asked first, without the registry's credentials, and the registry after it", .enabled(if: hasPython, "needs python3"))
    func mirrors() async throws {
        let layout = try Layout(folder.path + "/layout")
        let (child, host) = try await start("open", layout.path)
        let asked = Mutex<[String]>([])
        let registries = ImageRegistryConfiguration(registries: [.init(host: "registry.example", endpoints: [
            .init(host: "127.0.0.1", port: 1, isPlain: true, isMirror: true),
            .init(host: "127.0.0.1", port: Int(host.split(separator: ":")[1]), isPlain: true, isMirror: true),
        ])])
        let record = try await library().pull(try ImageReference("registry.example/team/app:1"), registries: registries) { progress in
            if case .asking(let endpoint) = progress { asked.withLock { $0.append(endpoint) } }
        }
        #expect(record.name == "registry.example/team/app:1")
        #expect(asked.withLock { $0 } == ["http://127.0.0.1:1", "http://\(host)"])
        _ = child
    }

    @Test("many pulls of one image at once end with one image, and none waits for ever", .enabled(if: hasPython, "needs python3"))
    func together() async throws {
        let layout = try Layout(folder.path + "/layout", padding: 2_000_000)
        let (child, host) = try await start("token", layout.path)
        let library = try library()
        let reference = try ImageReference(host + "/team/app:1")
        let secrets = try credentials(host)
        try await withThrowingTaskGroup(of: ImageRecord.self) { group in
            for _ in 0..<12 { group.addTask { try await library.pull(reference, credentials: secrets) } }
            for try await record in group { #expect(record.manifest == layout.manifest.digest) }
        }
        for layer in layout.layers { try library.store.verify(layer.digest) }
        _ = child
    }

    @Test("a damaged blob is found while it is unpacked, and the next pull brings it back", .enabled(if: hasPython, "needs python3"))
    func damage() async throws {
        let layout = try Layout(folder.path + "/layout")
        let (child, host) = try await start("open", layout.path)
        let library = try library()
        let reference = try ImageReference(host + "/team/app:1")
        let record = try await library.pull(reference)
        let path = library.store.blobPath(layout.layers[1].digest)
        let file = unsafe open(path, O_WRONLY)
        _ = unsafe pwrite(file, [UInt8](repeating: 0x41, count: 600), 600, 0)
        close(file)
        #expect(throws: (any Error).self) { try library.unpack(record) }
        #expect(try library.store.size(of: layout.layers[1].digest) == nil)
        #expect(try library.unpack(try await library.pull(reference)).folders.count == 2)
        _ = child
    }

    @Test("Debian's registry serves an image, with a password too", .enabled(if: hasRegistry, "needs docker-registry, skopeo and htpasswd"), arguments: [false, true])
    func debianRegistry(password: Bool) async throws {
        let layout = try Layout(folder.path + "/layout")
        let port = Int.random(in: 20000...28000)
        let auth = password ? "auth:\n  htpasswd:\n    realm: test\n    path: \(folder.path)/htpasswd\n" : ""
        try Files.write(folder.path + "/config.yml", Array(
            "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: \(folder.path)/data\n\(auth)http:\n  addr: 127.0.0.1:\(port)\n".utf8))
        try #require(Shell.run("sh", "-c", "htpasswd -Bbn user geheim > \(folder.path)/htpasswd") == 0)
        let child = try Child(["docker-registry", "serve", folder.path + "/config.yml"])
        var pushed: Int32 = -1
        for _ in 0..<100 where pushed != 0 {
            pushed = Shell.run("skopeo", "copy", "-q", "--dest-tls-verify=false", "--dest-creds=user:geheim", "oci:\(layout.path)", "docker://127.0.0.1:\(port)/team/app:1")
            if pushed != 0 { try await Task.sleep(for: .milliseconds(50)) }
        }
        try #require(pushed == 0)
        let library = try library()
        let host = "127.0.0.1:\(port)"
        if password { await #expect(throws: RegistryError.self) { try await library.pull(try ImageReference(host + "/team/app:1")) } }
        let record = try await library.pull(try ImageReference(host + "/team/app:1"), credentials: try credentials(host))
        #expect(try library.unpack(record).folders.count == 2)

        // For pods: by whom it was fetched decides who may use it unasked.
        let reference = try ImageReference(host + "/team/app:1")
        let (own, none) = (try credentials(host), ImageRegistryCredentials())
        var others = ImageRegistryCredentials()
        others.add(ImageRegistryCredential(pattern: host, proof: .password(user: "user", password: "other")))
        func mayUse(_ credentials: ImageRegistryCredentials) throws -> Bool {
            let image = try #require(try library.store.image(reference))
            return library.mayUse(image, as: reference, registries: ImageRegistryConfiguration(), credentials: credentials)
        }
        #expect(try mayUse(none) && mayUse(others))
        try library.store.remove(names: [reference.description])
        _ = try await library.pull(reference, credentials: own, remembersCredentials: true)
        #expect(try mayUse(own) && !mayUse(none) && !mayUse(others))
        _ = try await library.pull(reference, credentials: own, remembersCredentials: true)
        #expect(try library.store.image(reference)?.pullers?.count == 1)
        let index = try Files.read(library.store.path + "/index.json")
        #expect(!String(decoding: index, as: UTF8.self).contains("geheim"))
        if password {
            // The same registry takes it from nobody else, and what was known stays known.
            await #expect(throws: RegistryError.self) { try await library.pull(reference, credentials: others, remembersCredentials: true) }
            #expect(try mayUse(own) && !mayUse(none) && !mayUse(others))
        } else {
            // It needs no password after all.
            _ = try await library.pull(reference, credentials: others, remembersCredentials: true)
            #expect(try mayUse(own) && !mayUse(none) && mayUse(others))
            _ = try await library.pull(reference, remembersCredentials: true)
            #expect(try mayUse(own) && mayUse(none) && mayUse(others))
        }
        _ = try await library.pull(reference, credentials: own)
        #expect(try mayUse(none))
        _ = child
    }

    @Test("a mark is known again by the same credentials in the same order, and by nothing else")
    func marks() throws {
        func credential(_ proof: ImageRegistryCredential.Proof) -> ImageRegistryCredential { ImageRegistryCredential(pattern: "r.example", proof: proof) }
        let lists: [[ImageRegistryCredential]] = [
            [credential(.password(user: "ab", password: "c"))], [credential(.password(user: "a", password: "bc"))],
            [credential(.identityToken("ab"))], [credential(.registryToken("ab"))],
            [credential(.registryToken("ab")), credential(.identityToken("ab"))], [credential(.identityToken("ab")), credential(.registryToken("ab"))],
        ]
        #expect(CredentialMark.make([]) == nil)
        for (index, list) in lists.enumerated() {
            let mark = try #require(CredentialMark.make(list))
            #expect(mark != CredentialMark.make(list))
            for (other, candidate) in lists.enumerated() { #expect(CredentialMark.matches(mark, candidate) == (index == other)) }
            #expect(CredentialMark.make(list, known: [mark, "x:y"]) == mark)
            for damaged in ["", ":", "zz" + mark.dropFirst(2), String(mark.dropLast()), String(mark.dropFirst())] {
                #expect(!CredentialMark.matches(damaged, list))
            }
            #expect(!CredentialMark.matches(mark, []))
        }
    }

    @Test("a layout is loaded, and a container sees its layers as one file system", arguments: [false, true])
    func mount(isFolder: Bool) throws {
        let layout = try Layout(folder.path + "/layout")
        let library = try library()
        try #require(Shell.run("tar", "-C", layout.path, "-cf", folder.path + "/layout.tar", ".") == 0)
        let record = try #require(try library.load(path: isFolder ? layout.path : folder.path + "/layout.tar").first)
        #expect(record.name == "registry.example/team/app:1")
        let root: String
        do { root = try library.mountRoot("c1", of: record) } catch LayerError.system(let call, _, let code) where call == "mount overlay" {
            Issue.record("no overlay here: \(code)")
            return
        }
        defer { try? library.unmountRoot("c1") }
        var status = stat()
        #expect(unsafe stat(root + "/etc/gone", &status) != 0)
        #expect(try Files.read(root + "/etc/kept") == Array("lower".utf8))
        #expect(try Files.read(root + "/etc/new") == Array("upper".utf8))
        let file = unsafe open(root + "/etc/written", O_WRONLY | O_CREAT, 0o644)
        #expect(file >= 0)
        if file >= 0 { close(file) }
        #expect(unsafe access(library.store.layerPath(ContentHash.digest([])), F_OK) != 0)
        #expect(try library.store.collect(nil).layers == 0)
    }

    @Test("what is no archive of images is refused", arguments: ["", "not a tar", "empty"])
    func badArchives(contents: String) throws {
        var tar = Tar()
        tar.add("x", [1])
        try Files.write(folder.path + "/a.tar", contents == "empty" ? tar.whole : Array(contents.utf8))
        #expect(throws: (any Error).self) { try library().load(path: folder.path + "/a.tar") }
    }
}

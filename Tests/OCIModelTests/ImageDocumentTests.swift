import JSONValue
import KubeModel
import OCIModel
import Testing

private let hash = "sha256:" + String(repeating: "0f", count: 32)

private func manifest(_ change: (inout JSON) -> Void = { _ in }) -> JSON {
    var value: JSON = [
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": ["mediaType": "application/vnd.oci.image.config.v1+json", "digest": .string(hash), "size": 10],
        "layers": [["mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": .string(hash), "size": 20]],
    ]
    change(&value)
    return value
}

private func bytes(_ value: JSON) -> [UInt8] { value.bytes }

@Suite("image documents") struct ImageDocumentTests {
    @Test("a manifest is read and written") func manifests() throws {
        let read = try ImageManifest(parsing: bytes(manifest()))
        #expect(read.layers.count == 1)
        #expect(read.contentSize == 30)
        #expect(try ImageManifest(read.json) == read)
    }

    @Test("Docker's schema 2 says the same") func docker() throws {
        let read = try ImageManifest(manifest { value in
            value["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"
            value[path: "config", "mediaType"] = "application/vnd.docker.container.image.v1+json"
            value["layers"] = [["mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "digest": .string(hash), "size": 20]]
        })
        #expect(read.mediaType == .dockerManifest)
        #expect(read.layers.first?.knownType?.compression == .gzip)
    }

    @Test(
        "a manifest that cannot be used is refused by field",
        arguments: [
            ("schemaVersion", JSON.int(1), "schemaVersion"), ("schemaVersion", .null, "schemaVersion"), ("config", .null, "config"),
            ("layers", .null, "layers"), ("layers", ["x"], "layers[0]"), ("manifests", [], "manifests"),
            ("mediaType", "application/vnd.oci.image.index.v1+json", "mediaType"),
            ("layers", [["mediaType": "text/plain", "digest": .string(hash), "size": 1]], "layers[0].mediaType"),
            ("layers", [["mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "sha256:00", "size": 1]], "layers[0].digest"),
            ("layers", [["mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": .string(hash), "size": -1]], "layers[0].size"),
            ("layers", .array(Array(repeating: "x", count: 300)), "layers"),
            ("config", ["mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": .string(hash), "size": 1], "config.mediaType"),
            ("config", ["mediaType": "application/vnd.oci.image.config.v1+json", "digest": .string(hash), "size": .int(1 << 40)], "config.size"),
        ] as [(String, JSON, String)])
    func refusals(field: String, value: JSON, named: String) {
        let error = #expect(throws: ImageDocumentError.self) { try ImageManifest(manifest { $0[field] = value }) }
        #expect(error?.field == named)
    }

    @Test("sizes that add up beyond the largest number do not trap") func overflow() throws {
        let layer: JSON = ["mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": .string(hash), "size": .int(.max)]
        #expect(try ImageManifest(manifest { $0["layers"] = [layer, layer] }).contentSize == .max)
    }

    @Test("a document with a field that stands twice is refused") func duplicates() {
        let text = #"{"schemaVersion":2,"manifests":[],"manifests":[]}"#
        #expect(throws: ImageDocumentError.self) { try ImageIndex(parsing: Array(text.utf8)) }
    }

    @Test("a document that is index and manifest at once is refused") func ambiguous() {
        #expect(throws: ImageDocumentError.self) { try ImageIndex(manifest { $0["manifests"] = []; $0["mediaType"] = nil }) }
        #expect(throws: ImageDocumentError.self) { try ImageManifest(manifest { $0["manifests"] = [] }) }
    }

    @Test(
        "an index gives the manifest that runs best",
        arguments: [
            ("linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"), ("linux/arm64", ["linux/arm64/v8"], "linux/arm64/v8"),
            ("linux/arm/v7", ["linux/arm/v5", "linux/arm/v6"], "linux/arm/v6"), ("linux/arm/v6", ["linux/arm/v7"], nil),
            ("linux/amd64", ["unknown/unknown", "windows/amd64"], nil), ("linux/amd64", ["linux/amd64/v3", "linux/amd64"], "linux/amd64"),
            ("linux/amd64/v3", ["linux/amd64", "linux/amd64/v2"], "linux/amd64/v2"), ("linux/amd64", ["linux/amd64", "linux/amd64/v1"], "linux/amd64"),
        ] as [(String, [String], String?)])
    func selection(here: String, offered: [String], chosen: String?) throws {
        let entries: [JSON] = try offered.map { text in
            let platform = try #require(ImagePlatform(text))
            return ["mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": .string(hash), "size": 1, "platform": platform.json]
        }
        let index = try ImageIndex(["schemaVersion": 2, "manifests": .array(entries)])
        #expect(index.select(try #require(ImagePlatform(here)))?.platform?.description == chosen)
    }

    @Test("a configuration says how the image wants to be run") func configuration() throws {
        let text = """
            {"architecture":"amd64","os":"linux","created":"2024-01-02T03:04:05.6Z",
             "config":{"User":"app:staff","Env":["PATH=/bin","=x","NOVALUE","A="],"Entrypoint":["/e"],"Cmd":["c"],"WorkingDir":"/w",
                       "Volumes":{"/b":{},"/a":{}},"StopSignal":"SIGQUIT","ExposedPorts":{"80/tcp":{}},"Labels":{"k":"v"}},
             "rootfs":{"type":"layers","diff_ids":["\(hash)"]},
             "history":[{"created_by":"x"},{"empty_layer":true}]}
            """
        let read = try ImageConfiguration(parsing: Array(text.utf8))
        #expect(read.userAndGroup == ("app", "staff"))
        #expect(read.environment == ["PATH=/bin", "A="])
        #expect(read.entrypoint == ["/e"] && read.command == ["c"] && read.workingDirectory == "/w")
        #expect(read.volumes == ["/a", "/b"] && read.stopSignal == "SIGQUIT" && read.exposedPorts == ["80/tcp"])
        #expect(read.created?.description == "2024-01-02T03:04:05Z")
        #expect(read.history.map(\.isEmptyLayer) == [false, true])
        #expect(read.diffIDs.map(\.description) == [hash])
    }

    @Test(
        "a configuration whose fields cannot be read is refused, so that no user becomes root by mistake",
        arguments: [
            #"{"config":{"User":0},"rootfs":{"type":"layers","diff_ids":[]}}"#, #"{"config":{"Env":"x"},"rootfs":{"type":"layers","diff_ids":[]}}"#,
            #"{"config":{"User":"a\u0000b"},"rootfs":{"type":"layers","diff_ids":[]}}"#, #"{"config":{"Cmd":[1]},"rootfs":{"type":"layers","diff_ids":[]}}"#,
            #"{"rootfs":{"type":"tree","diff_ids":[]}}"#, #"{"rootfs":{"type":"layers"}}"#, #"{"rootfs":{"type":"layers","diff_ids":["x"]}}"#, "[]", "", "{",
        ])
    func badConfiguration(text: String) {
        #expect(throws: ImageDocumentError.self) { try ImageConfiguration(parsing: Array(text.utf8)) }
    }

    @Test("mutated documents are read or refused", arguments: 0..<24)
    func fuzz(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let seeds = [
            bytes(manifest()),
            bytes(["schemaVersion": 2, "manifests": [["mediaType": "a/b", "digest": .string(hash), "size": 3, "platform": ["os": "linux", "architecture": "arm"]]]]),
            Array(#"{"os":"linux","config":{"Env":["A=b"],"User":"1:2"},"rootfs":{"type":"layers","diff_ids":[]},"history":[{}]}"#.utf8),
            Array(#"{"auths":{"a.example":{"auth":"dTpw"}}}"#.utf8),
        ]
        for _ in 0..<60 {
            var mutated = generator.pick(seeds)
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                guard !mutated.isEmpty else { break }
                let at = Int.random(in: 0..<mutated.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: mutated[at] = UInt8.random(in: 0...255, using: &generator)
                case 1: mutated.removeSubrange(at..<min(mutated.count, at + 5))
                default: mutated.insert(contentsOf: Array(generator.pick(["9223372036854775807", "-1", "null", "{}", "[[", "\"", "1e999"]).utf8), at: at)
                }
            }
            if let read = try? ImageManifest(parsing: mutated) { #expect((try? ImageManifest(read.json)) == read, "seed \(seed)") }
            if let read = try? ImageIndex(parsing: mutated) {
                #expect((try? ImageIndex(read.json)) == read, "seed \(seed)")
                _ = read.select(ImagePlatform(architecture: "arm"))
            }
            if let read = try? ImageConfiguration(parsing: mutated) { _ = read.userAndGroup }
            var credentials = ImageRegistryCredentials()
            try? credentials.add(dockerConfigJSON: mutated)
            if let value = try? JSON.parse(mutated) { _ = try? ImageRegistryConfiguration(value) }
            _ = ImageRegistryChallenge.parse(String(decoding: mutated, as: UTF8.self))
        }
    }
}

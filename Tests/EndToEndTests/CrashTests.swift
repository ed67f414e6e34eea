import Foundation
import KubeClient
import Testing

extension EndToEnd {
    @Suite("a cluster that is killed") struct Crashes {
        private static let kills = 20
        private static let writers = 4

        /// What one writer was told.
        private struct Writer: Sendable {
            let number: Int
            /// The objects whose creation was acknowledged.
            var created: [String] = []
            var attempts = 0
            /// What the writer's own object was last said to hold; one more was perhaps stored.
            var counter = 0
            var acknowledged = 0
        }

        private static let collection = "/api/v1/namespaces/default/configmaps"

        /// Writes, each write after the answer to the one before, until the server is gone.
        private static func write(_ start: Writer, _ transport: HTTPSTransport) async -> Writer {
            var writer = start
            func send(_ method: String, _ path: String, _ type: String, _ body: String) async -> Int? {
                try? await transport.send(ClientRequest(method: method, uri: collection + path, contentType: type, body: Array(body.utf8))).status
            }
            while true {
                writer.attempts += 1
                let name = "w\(writer.number)-\(writer.attempts)"
                guard let status = await send("POST", "", "application/json", "{\"metadata\":{\"name\":\"\(name)\"},\"data\":{\"n\":\"\(writer.attempts)\"}}")
                else { return writer }
                if status == 201 {
                    writer.created.append(name)
                    writer.acknowledged += 1
                }
                let next = writer.counter + 1
                let patched = await send("PATCH", "/counter-\(writer.number)", "application/merge-patch+json", "{\"data\":{\"n\":\"\(next)\"}}")
                guard let patched else { return writer }
                if patched == 200 {
                    writer.counter = next
                    writer.acknowledged += 1
                }
            }
        }

        private static func transport(_ cluster: TestCluster) throws -> HTTPSTransport {
            func pem(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: cluster.stateDir + "/pki/" + name))) }
            return try HTTPSTransport(
                server: cluster.server, authority: try pem("ca.crt"), identity: (certificate: try pem("admin.crt"), key: try pem("admin.key")),
                userAgent: "crash-test")
        }

        /// The data of every ConfigMap of the namespace, by name.
        private static func stored(_ transport: HTTPSTransport) async throws -> [String: String] {
            let answer = try await transport.send(ClientRequest(method: "GET", uri: collection))
            let list = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
            var found: [String: String] = [:]
            for case let item as [String: Any] in list?["items"] as? [Any] ?? [] {
                let name = (item["metadata"] as? [String: Any])?["name"] as? String ?? ""
                found[name] = (item["data"] as? [String: Any])?["n"] as? String ?? ""
            }
            return found
        }

        @Test("amid concurrent writers over HTTPS has every write that it acknowledged") func killedWriters() async throws {
            try await TestCluster.run { cluster in
                var writers = (0..<Self.writers).map { Writer(number: $0) }
                var transport = try Self.transport(cluster)
                for writer in writers {
                    let body = "{\"metadata\":{\"name\":\"counter-\(writer.number)\"},\"data\":{\"n\":\"0\"}}"
                    let made = try await transport.send(
                        ClientRequest(method: "POST", uri: Self.collection, contentType: "application/json", body: Array(body.utf8)))
                    #expect(made.status == 201)
                }
                for round in 0..<Self.kills {
                    let (before, current) = (writers, transport)
                    async let written = withTaskGroup(of: Writer.self) { group in
                        for writer in before { group.addTask { await Self.write(writer, current) } }
                        return await group.reduce(into: []) { $0.append($1) }
                    }
                    // Each round is cut at another point of the writers' work.
                    try await Task.sleep(for: .milliseconds(30 + round * 37 % 170))
                    try await cluster.killAll()
                    writers = await written.sorted { $0.number < $1.number }
                    await transport.shutDown()
                    try await cluster.up()
                    transport = try Self.transport(cluster)
                    let found = try await Self.stored(transport)
                    for index in writers.indices {
                        let writer = writers[index]
                        let lost = writer.created.filter { found[$0] != String($0.split(separator: "-")[1]) }
                        #expect(lost.isEmpty, "round \(round): acknowledged and lost")
                        let counter = Int(found["counter-\(writer.number)"] ?? "") ?? -1
                        #expect((writer.counter...writer.counter + 1).contains(counter), "round \(round): \(counter) after \(writer.counter)")
                        writers[index].counter = counter
                    }
                }
                await transport.shutDown()
                let acknowledged = writers.reduce(0) { $0 + $1.acknowledged }
                print("\(Self.kills) kills over HTTPS, \(acknowledged) acknowledged writes found")
                #expect(acknowledged > Self.kills * Self.writers)
            }
        }
    }
}

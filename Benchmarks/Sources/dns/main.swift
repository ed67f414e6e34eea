// A name server with the names of N services, on a port of loopback that it prints, until its input ends. Benchmarks/dns
// asks it, and a peer with the same names, and compares:
//
//     dns-benchmark [SERVICES]

import DNSServer
import Glibc
import JSONValue
import KubeClient
import Logging
import NetworkPolicy

/// An API server of which lists come at once, and watches never say anything.
struct Services: Transport {
    let count: Int

    func send(_ request: ClientRequest) async throws -> ClientResponse {
        var items: [JSON] = []
        if request.uri.contains("/services") {
            items = (0..<count).map { number in
                [
                    "metadata": ["namespace": "default", "name": .string("web\(number)")],
                    "spec": ["clusterIP": .string("10.96.\(number / 250).\(number % 250 + 1)")],
                ]
            }
        }
        let list: JSON = ["metadata": ["resourceVersion": "1"], "items": .array(items)]
        return ClientResponse(status: 200, body: list.bytes)
    }

    func stream(_ request: ClientRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> { AsyncThrowingStream { _ in } }
}

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10_000
var configuration = DNSServer.Configuration(
    addresses: ["127.0.0.1"].compactMap { IPAddress($0) }, ranges: ["10.96.0.0/12"].compactMap { IPNetwork($0) },
    allowedClients: ["127.0.0.0/8"].compactMap { IPNetwork($0) })
configuration.port = 0
configuration.upstreams = []
let server = try await DNSServer.start(configuration, client: KubeClient(Services(count: count)), log: Logger(label: "dns"))
await withTaskGroup(of: Void.self) { group in
    group.addTask { await server.run() }
    await server.waitUntilReady()
    // Not `print`, which keeps a line for itself when nobody looks on.
    let line = Array("\(server.port)\n".utf8)
    _ = unsafe write(1, line, line.count)
    while readLine() != nil {}
    group.cancelAll()
}

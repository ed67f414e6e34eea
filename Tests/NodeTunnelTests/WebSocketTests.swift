import APIServer
import CertificateAuthority
import ContainerRuntime
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import NodeTunnel
import Testing

/// The client of WebSockets that stands beside this file, in Python.
struct SocketClient {
    let world: World

    func run(_ path: String, _ protocolName: String, typed: String = "", token: String = "") async throws -> JSON {
        let program = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/socket-client.py"
        let output = try await Subprocess.run(
            Program("/bin/sh", ["-c", "cd \(world.folder) && exec python3 \(program) \"$@\"", "sh", String(world.port), path, protocolName, typed, token]), seconds: 30)
        #expect(output.status.isSuccess, "\(output.complaint)")
        return (try? JSON.parse(output.output)) ?? .null
    }

    static func exec(_ pod: String, _ command: [String], _ more: String = "stdout=true&stderr=true") -> String {
        "/api/v1/namespaces/default/pods/\(pod)/exec?\(more)" + command.map { "&command=" + $0.replacing(" ", with: "%20").replacing(";", with: "%3B").replacing("&", with: "%26") }.joined()
    }
}

@Suite("WebSockets to a pod", .enabled(if: Host.canRun, Host.reason), .serialized)
struct WebSocketTests {
    @Test("v5: outputs, the end of the input, the exit code; v4 without the one")
    func exec() async throws {
        try await World.run { world in
            try await world.pod("p")
            let client = SocketClient(world: world)
            let five = try await client.run(SocketClient.exec("p", ["sh", "-c", "cat; echo bad >&2; exit 9"], "stdin=true&stdout=true&stderr=true"), "v5.channel.k8s.io", typed: "typed")
            #expect(five["1"] == "typed")
            #expect(five["2"] == "bad\n")
            let status = try JSON.parse(Array((five["3"]?.string ?? "").utf8))
            #expect(status["details"]?["causes"]?[at: 0]?["message"] == "9", "\(five)")
            let four = try await client.run(SocketClient.exec("p", ["echo", "hello"]), "v4.channel.k8s.io")
            #expect(four["1"] == "hello\n")
            #expect(four["3"]?.string?.contains("Success") == true)
            let unknown = try await client.run(SocketClient.exec("p", ["true"]), "v9.channel.k8s.io")
            #expect(unknown["status"] == 403)
            #expect(unknown["body"]?.string?.contains("unable to negotiate protocol") == true)
        }
    }

    @Test("ports: SPDY inside a WebSocket")
    func ports() async throws {
        try await World.run { world in
            try await world.pod("p", "httpd -f -p 127.0.0.1:8080 -h /www")
            try await Task.sleep(for: .milliseconds(300))
            try SecureFile.write(world.folder + "/dictionary", Self.dictionary)
            let got = try await SocketClient(world: world).run("/api/v1/namespaces/default/pods/p/portforward", "SPDY/3.1+portforward.k8s.io")
            #expect(got["page"]?.string?.hasSuffix("served by the pod\n") == true, "\(got)")
        }
    }

    /// Of SPDY's draft 3.1, written down again: the test would not find a fault in the one that is tested.
    private static let dictionary: [UInt8] = {
        let words = [
            "options", "head", "post", "put", "delete", "trace", "accept", "accept-charset", "accept-encoding", "accept-language", "accept-ranges", "age",
            "allow", "authorization", "cache-control", "connection", "content-base", "content-encoding", "content-language", "content-length",
            "content-location", "content-md5", "content-range", "content-type", "date", "etag", "expect", "expires", "from", "host", "if-match",
            "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified", "location", "max-forwards", "pragma",
            "proxy-authenticate", "proxy-authorization", "range", "referer", "retry-after", "server", "te", "trailer", "transfer-encoding", "upgrade",
            "user-agent", "vary", "via", "warning", "www-authenticate", "method", "get", "status", "200 OK", "version", "HTTP/1.1", "url", "public",
            "set-cookie", "keep-alive", "origin",
        ]
        let tail =
            "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
        return words.flatMap { [0, 0, 0, UInt8($0.utf8.count)] + Array($0.utf8) } + Array(tail.utf8)
    }()
}

@Suite("who may have a stream, and for how long", .enabled(if: Host.canRun, Host.reason), .serialized)
struct AccessTests {
    private static let roles = GroupVersionResource("rbac.authorization.k8s.io/v1", "clusterroles")
    private static let bindings = GroupVersionResource("rbac.authorization.k8s.io/v1", "clusterrolebindings")
    private static let accounts = GroupVersionResource("v1", "serviceaccounts")

    /// A service account with rights on `pods/exec`; its token.
    private static func account(_ world: World, _ name: String, verbs: JSON) async throws -> String {
        try await world.admin.create(accounts, namespace: "default", ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": .string(name)]])
        try await world.admin.create(
            roles,
            ["apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": .string(name)],
                "rules": [["apiGroups": [""], "resources": ["pods/exec"], "verbs": verbs]]])
        try await world.admin.create(
            bindings,
            ["apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": ["name": .string(name)],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(name)],
                "subjects": [["kind": "ServiceAccount", "name": .string(name), "namespace": "default"]]])
        let answer = try await world.admin.create(
            accounts, namespace: "default", name: name, subresource: "token",
            ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": ["expirationSeconds": 600]])
        return try #require(answer["status"]?["token"]?.string)
    }

    /// Whether a program runs in a container of the world.
    private static func runs(_ mark: String) async throws -> Bool {
        // In brackets, so that what looks does not find itself.
        try await Subprocess.run(Program("/bin/sh", ["-c", "grep -qzx '[\(mark.prefix(1))]\(mark.dropFirst())' /proc/[0-9]*/cmdline 2>/dev/null"])).status.isSuccess
    }

    @Test("an exec through a token that was revoked is cut, and what it ran is gone", arguments: ["token", "right"])
    func revoked(_ what: String) async throws {
        try await World.run { world in
            try await world.pod("p")
            let token = try await Self.account(world, "worker", verbs: ["get", "create"])
            let mark = "31\(Int.random(in: 100_000...999_999))"
            async let stream = SocketClient(world: world).run(SocketClient.exec("p", ["sleep", mark]), "v5.channel.k8s.io", token: token)
            #expect(await world.eventually { _ in try await Self.runs(mark) })
            // While nothing changes it goes on.
            try await Task.sleep(for: .seconds(1))
            #expect(try await Self.runs(mark))
            if what == "token" {
                try await world.admin.delete(Self.accounts, namespace: "default", name: "worker")
            } else {
                try await world.admin.delete(Self.bindings, name: "worker")
            }
            #expect(await world.eventually(.seconds(5)) { _ in try await !Self.runs(mark) }, "the program is killed")
            let got = try await stream
            #expect(got["3"]?.string?.contains("the stream was cut") == true, "\(got)")
        }
    }

    @Test("a WebSocket takes the right to get and the right to create", arguments: [(["get"], 403), (["create"], 403), (["get", "create"], 101)] as [(JSON, Int64)])
    func verbs(_ verbs: JSON, _ status: Int64) async throws {
        try await World.run { world in
            try await world.pod("p")
            let token = try await Self.account(world, "worker", verbs: verbs)
            let got = try await SocketClient(world: world).run(SocketClient.exec("p", ["echo", "in"]), "v5.channel.k8s.io", token: token)
            #expect(status == 101 ? got["1"] == "in\n" : got["status"] == .int(status), "\(got)")
        }
    }

    @Test("only the node opens its tunnel", arguments: [
        ("system:node:other", ["system:nodes"]), ("system:node:node", ["people"]), ("admin", ["system:masters"]), ("eve", ["people"]),
    ])
    func foreign(_ name: String, _ groups: [String]) async throws {
        try await World.run { world in
            let thief = world.tunnel(node: "node") { try world.identity(name, groups) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await thief.run() }
                try await Task.sleep(for: .milliseconds(600))
                group.cancelAll()
            }
            // The right one is still in its place.
            try await world.pod("p")
            #expect(try await SocketClient(world: world).run(SocketClient.exec("p", ["echo", "own"]), "v5.channel.k8s.io")["1"] == "own\n")
        }
    }

    @Test("the newest tunnel is used; what ran on the old one runs to its end; a renewal loses nothing")
    func renewed() async throws {
        try await World.run { world in
            try await world.pod("p")
            let client = SocketClient(world: world)
            let long = Task { try await client.run(SocketClient.exec("p", ["sh", "-c", "sleep 2; echo late"]), "v5.channel.k8s.io") }
            try await Task.sleep(for: .milliseconds(700))
            let second = world.tunnel()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await second.run() }
                try await Task.sleep(for: .milliseconds(300))
                for _ in 0..<3 {
                    second.renew()
                    #expect(try await client.run(SocketClient.exec("p", ["echo", "now"]), "v5.channel.k8s.io")["1"] == "now\n")
                }
                let late = try await long.value
                #expect(late["1"] == "late\n")
                group.cancelAll()
            }
        }
    }

    @Test("a tunnel ends with its certificate")
    func expired() async throws {
        try await World.run { world in
            let identity = try world.identity("system:node:brief", ["system:nodes"], seconds: 4)
            let short = world.tunnel(node: "brief") { identity }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await short.run() }
                #expect(await world.eventually(.seconds(3)) { $0.server.tunnels.nodes.contains("brief") })
                #expect(await world.eventually { !$0.server.tunnels.nodes.contains("brief") })
                group.cancelAll()
            }
        }
    }
}

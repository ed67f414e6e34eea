import Confinement
import JSONValue
import OCIModel
import Testing

@Suite("blocks of ids") struct BlockTests {
    private var node: NodeFacts {
        var node = NodeFacts(name: "n")
        node.subordinateIDs = [IDRange(first: 100_000, count: 200_000), IDRange(first: 4_294_900_000, count: .max)]
        return node
    }

    @Test("no two pods ever share an id", arguments: 0..<16) func distinct(seed: UInt64) {
        var blocks = UserNamespaceBlocks(node)
        let ranges = UserNamespaceRanges(node)
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        for step in 0..<200 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let pod = "p\((state >> 33) % 6)"
            if (state >> 40) % 3 == 0 { blocks.release(pod) } else { _ = blocks.take(for: pod) }
            let mappings = (0..<6).compactMap { blocks.block(of: "p\($0)") }.compactMap { ranges.mapping(block: $0) }
            #expect(Set(mappings.map(\.hostID)).count == mappings.count, "seed \(seed), step \(step)")
            for mapping in mappings {
                #expect(mapping.size == 65536 && mapping.hostID >= 65536)
                #expect(
                    mapping.hostID >= 100_000 && UInt64(mapping.hostID) + 65536 <= 300_000
                        || mapping.hostID == 4_294_900_000)
            }
        }
    }

    @Test("a pod keeps its block, a fifth pod gets none, and a restart notes what runs") func allocation() {
        var blocks = UserNamespaceBlocks(node)
        #expect(UserNamespaceRanges(node).count == 4)
        let taken = (0..<5).map { blocks.take(for: "p\($0)") }
        #expect(taken == [0, 1, 2, 3, nil])
        let again = blocks.take(for: "p2")
        #expect(again == 2)
        blocks.release("p1")
        let freed = blocks.take(for: "p5")
        #expect(freed == 1)
        var restarted = UserNamespaceBlocks(node)
        let noted = ([("p2", 231_072), ("other", 231_072), ("other", 231_073)] as [(String, UInt32)]).map {
            restarted.restore(pod: $0.0, first: $0.1)
        }
        #expect(noted == [true, false, false])
        let new = restarted.take(for: "new")
        #expect(new == 0)
        #expect(restarted.block(of: "p2") == 2)
    }

    @Test(
        "ids of the node's own users are never given",
        arguments: [(0, 65536, 0), (0, 131_072, 1), (65535, 65537, 1), (1, 65536, 0)])
    func ownUsers(first: UInt32, count: UInt32, blocks: Int) {
        var node = NodeFacts(name: "n")
        node.subordinateIDs = [IDRange(first: first, count: count)]
        #expect(UserNamespaceRanges(node).count == blocks)
    }
}

@Suite("weights of processor time") struct WeightTests {
    @Test(
        "shares become the weight that runtimes give",
        arguments: [(2, 1), (1024, 39), (262_144, 10_000), (0, 1), (999_999_999, 10_000), (102, 4)])
    func known(shares: UInt64, weight: UInt64) { #expect(CPUWeight.weight(shares: shares) == weight) }

    @Test("a weight comes back from its shares") func roundTrip() {
        for weight in CPUWeight.weights {
            #expect(CPUWeight.weight(shares: CPUWeight.shares(weight: weight)) == weight)
        }
    }

    @Test("more shares never weigh less") func monotonic() {
        var last: UInt64 = 0
        for shares in stride(from: UInt64(0), through: 262_200, by: 7) {
            let weight = CPUWeight.weight(shares: shares)
            #expect(weight >= last)
            last = weight
        }
    }

    @Test("extreme amounts are capped") func extremes() {
        #expect(CPUWeight.shares(milli: .max) == 262_144)
        #expect(CPUWeight.shares(milli: .min) == 2)
        #expect(CPUWeight.quota(milli: .max, period: 100_000) > 0)
        #expect(CPUWeight.quota(milli: 1500, period: 100_000) == 150_000)
    }
}

@Suite("files of a pod") struct FileTests {
    private var node: NodeFacts {
        var node = NodeFacts(name: "node-1")
        node.dns = DNSFacts(
            clusterServers: ["10.0.0.10"], hostServers: ["192.0.2.53"], hostSearches: ["example.com"],
            hostOptions: ["edns0"])
        return node
    }
    private func pod(_ spec: JSON, name: String = "web") -> JSON {
        ["metadata": ["name": .string(name), "namespace": "dev"], "spec": spec]
    }

    @Test(
        "a pod's host name is its own, or its name as far as it fits",
        arguments: [
            ("web", "{}", "web"), ("web", #"{"hostname":"db","subdomain":"s"}"#, "db"),
            ("web", #"{"hostNetwork":true}"#, "node-1"),
            ("web", #"{"hostname":"db","subdomain":"s","setHostnameAsFQDN":true}"#, "db.s.dev.svc.cluster.local"),
            (String(repeating: "a", count: 62) + "-b", "{}", String(repeating: "a", count: 62)),
            ("web", #"{"hostnameOverride":"over.example"}"#, "over.example"),
        ])
    func hostname(name: String, spec: String, expected: String) throws {
        #expect(PodFiles.hostname(pod: pod(try JSON.parse(spec), name: name), node: node) == expected)
    }

    @Test(
        "names are looked up as the policy says",
        arguments: [
            (
                "{}",
                "search dev.svc.cluster.local svc.cluster.local cluster.local example.com\nnameserver 10.0.0.10\noptions ndots:5\n"
            ),
            (#"{"dnsPolicy":"Default"}"#, "search example.com\nnameserver 192.0.2.53\noptions edns0\n"),
            (#"{"hostNetwork":true}"#, "search example.com\nnameserver 192.0.2.53\noptions edns0\n"),
            (
                #"{"hostNetwork":true,"dnsPolicy":"ClusterFirstWithHostNet"}"#,
                "search dev.svc.cluster.local svc.cluster.local cluster.local example.com\nnameserver 10.0.0.10\noptions ndots:5\n"
            ),
            (
                #"{"dnsPolicy":"None","dnsConfig":{"nameservers":["198.51.100.1"],"searches":["a.b"],"options":[{"name":"ndots","value":"2"},{"name":"rotate"}]}}"#,
                "search a.b\nnameserver 198.51.100.1\noptions ndots:2 rotate\n"
            ),
            (
                #"{"dnsConfig":{"searches":["cluster.local","x"],"options":[{"name":"ndots","value":"2"}]}}"#,
                "search dev.svc.cluster.local svc.cluster.local cluster.local example.com x\nnameserver 10.0.0.10\noptions ndots:2\n"
            ),
        ])
    func resolver(spec: String, expected: String) throws {
        #expect(PodFiles.resolver(pod: pod(try JSON.parse(spec)), node: node) == expected)
    }

    @Test("the hosts file names the pod, its domain and its aliases") func hosts() {
        let text = PodFiles.hosts(
            pod: pod([
                "hostname": "db", "subdomain": "s", "hostAliases": [["ip": "192.0.2.9", "hostnames": ["a", "b"]]],
            ]), node: node, podIPs: ["10.1.0.7", "fd00::7"])
        #expect(text.contains("10.1.0.7\tdb.s.dev.svc.cluster.local\tdb\nfd00::7\tdb.s.dev.svc.cluster.local\tdb\n"))
        #expect(text.hasSuffix("192.0.2.9\ta\tb\n"))
        #expect(text.hasPrefix("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n"))
    }
}

@Suite("conditions of a node") struct ConditionTests {
    @Test("what a node cannot enforce is a condition that names the mend") func conditions() {
        var node = NodeFacts(name: "n")
        node.privilege = .rootless(owns: [.network])
        node.cgroups.writable = []
        node.hasSeccomp = false
        #expect(
            node.conditions.filter { !$0.isTrue }.map(\.type) == [
                "ResourceLimitsEnforced", "SeccompEnforced", "UserNamespacesAvailable", "AppArmorEnforced",
                "SELinuxEnforced",
            ])
        for condition in node.conditions { #expect(!condition.message.isEmpty && !condition.reason.isEmpty) }
        node = NodeFacts(name: "n")
        node.subordinateIDs = [IDRange(first: 100_000, count: 131_072)]
        #expect(
            node.conditions.first { $0.type == "UserNamespacesAvailable" }?.message
                == "there are ids for 2 pods with users of their own")
        #expect(node.conditions.first { $0.type == "ResourceLimitsEnforced" }?.isTrue == true)
    }
}

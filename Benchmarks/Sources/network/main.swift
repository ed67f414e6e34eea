// Measures the network of a node in namespaces of its own:
//
//     network-benchmark change [PODS POLICIES CHANGES CONNECTIONS]   a policy changes: how long until the kernel holds it
//                                                        and connections that it ends are cut
//     network-benchmark cluster [PODS POLICIES CHANGES]   the same from the request to the API, in this process
//     network-benchmark throughput [POLICIES ROUNDS]     a TCP stream between two pods, and over a bare veth in between
//     network-benchmark start [PODS]                     from "attach" to a link that is up and has its rules
//
// Needs root, or `unshare --user --map-root-user --net --mount`.

import CNetworkProbe
import Glibc
import LinuxKernel
import NFTables
import NetworkPolicy
import NodeNetwork
import PolicyModel

struct Node {
    let network: NodeNetwork
    let namespace: NetworkNamespace
    var pods: [(id: EndpointID, namespace: NetworkNamespace, address: IPAddress)] = []

    init() async throws {
        namespace = try NetworkNamespace.make()
        let own = IPAddress(family: .v4, high: 0, low: 0xAC1F_0001)
        let view = NodeView(name: "n1", addresses: [own], uplinks: ["uplink"])
        let pool = IPNetwork(IPAddress(family: .v4, high: 0, low: 0x0A14_0000), prefixLength: 16)
        let pool6 = IPNetwork(IPAddress(family: .v6, high: 0xFD14_0000_0000_0000, low: 0), prefixLength: 64)
        network = try NodeNetwork(view, podNetworks: [pool, pool6], in: namespace)
        _ = try await network.start()
        try await network.update { $0.setNamespace("shop", labels: [:]) }
    }

    /// Attaches a pod; how long it took in milliseconds.
    mutating func attach(_ number: Int) async throws -> Double {
        let inside = try NetworkNamespace.make()
        let id = EndpointID.pod(namespace: "shop", name: "p\(number)")
        let endpoint = PolicyEndpoint(id: id, labels: ["app": "a\(number % 20)", "pod": "p\(number)"], networks: [])
        let start = ContinuousClock.now
        let addresses = try await network.attach(.init(endpoint: endpoint, namespace: inside))
        let time = milliseconds(since: start)
        if let address = addresses.first { pods.append((id, inside, address)) }
        return time
    }
}

func milliseconds(since start: ContinuousClock.Instant) -> Double {
    let time = (ContinuousClock.now - start).components
    return Double(time.seconds) * 1000 + Double(time.attoseconds) / 1e15
}

/// A policy for the pods of an app, which two other apps may reach on some ports.
func rules(_ number: Int, port: UInt16) -> TrafficPolicy {
    let shop = EndpointSelector.equals("projectcalico.org/namespace", "shop")
    let object = RuleReference(kind: "NetworkPolicy", namespace: "shop", name: "policy\(number)")
    var policy = TrafficPolicy(
        object: object, tier: "default", order: 1000, subject: .and([shop, .equals("app", "a\(number % 20)")]))
    policy.sparesOwnNode = true
    var match = TrafficMatch()
    match.transport = 6
    match.source.sets = [
        SelectorSetKey(.and([shop, .isIn("app", ["a\((number * 7 + 1) % 20)", "a\((number * 3 + 2) % 20)"])]))
    ]
    match.destination.ports = [.range(port...port), .range(9000...9100)]
    policy.ingress = [TrafficRule(action: .allow, matches: [match], path: "spec.ingress[0]")]
    return policy
}

func summary(_ name: String, _ times: [Double]) {
    let sorted = times.sorted()
    func text(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
    print(
        "\(name): p50 \(text(sorted[sorted.count / 2])) ms, p99 \(text(sorted[min(sorted.count - 1, sorted.count * 99 / 100)])) ms, worst \(text(sorted[sorted.count - 1])) ms, of \(sorted.count)"
    )
}

func change(pods: Int, policies: Int, changes: Int, connections: Int) async throws {
    var node = try await Node()
    for number in 0..<pods { _ = try await node.attach(number) }
    try await node.network.update { index in for number in 0..<policies { index.set(rules(number, port: 80)) } }
    let ruleset = await node.network.ruleset
    print("table: \(ruleset.chains.count) chains, \(ruleset.ruleCount) rules, \(ruleset.sets.count) sets")
    // From the node, which always reaches its pods: these connections are looked at after each change, and stay.
    for number in 0..<connections {
        let (listener, from, address) = (
            node.pods[number % pods].namespace.number, node.namespace.number, node.pods[number % pods].address.bytes
        )
        try node.namespace.run { () throws(SystemError) in
            let port = UInt16(20_000 + number)
            guard knp_listen(listener, 6, port) >= 0, unsafe knp_connect(from, 6, address, port, 3000) >= 0 else {
                throw SystemError("connect", 111)
            }
        }
    }
    var (replaced, added, removed, labelled) = ([Double](), [Double](), [Double](), [Double]())
    for round in 0..<changes {
        var start = ContinuousClock.now
        try await node.network.update { $0.set(rules(round % policies, port: UInt16(1000 + round))) }
        replaced.append(milliseconds(since: start))
        start = ContinuousClock.now
        try await node.network.update { $0.set(rules(policies + round, port: 80)) }
        added.append(milliseconds(since: start))
        start = ContinuousClock.now
        try await node.network.update { $0.remove(policy: rules(policies + round, port: 80).object) }
        removed.append(milliseconds(since: start))
        let pod = node.pods[round % pods]
        var endpoint = PolicyEndpoint(
            id: pod.id, labels: ["app": "a\((round + 1) % 20)"], networks: [IPNetwork(pod.address)])
        endpoint.node = "n1"
        start = ContinuousClock.now
        try await node.network.update { [endpoint] in $0.set(endpoint) }
        labelled.append(milliseconds(since: start))
    }
    summary("policy changed", replaced)
    summary("policy added", added)
    summary("policy removed", removed)
    summary("pod's labels changed", labelled)
}

func throughput(policies: Int, rounds: Int) async throws {
    var node = try await Node()
    for number in 0..<20 { _ = try await node.attach(number) }
    // The server's pod is governed by all of them, and the last one allows the client.
    let (server, client) = (node.pods[0], node.pods[1])
    try await node.network.update { index in
        for number in 0..<policies { index.set(rules(number * 20, port: UInt16(10_000 + number))) }
        var open = rules(0, port: 5001)
        open.object.name = "zz-open"
        open.ingress?[0].matches[0].source.sets = []
        index.set(open)
    }
    let (one, two, address) = try bareVeth(segments: nil)
    let (wideOne, wideTwo, _) = try bareVeth(segments: PodLink.segmentSize)
    var ratios: [(plain: Double, wide: Double)] = []
    for round in 0..<rounds {
        let pods = try stream(server.namespace, client.namespace, server.address)
        let bare = try stream(one, two, address)
        let wide = try stream(wideOne, wideTwo, address)
        if round == 0 { continue }
        ratios.append((pods / bare, pods / wide))
        print(
            "round \(round): pods \(Int(pods * 8 / 1e6)) Mbit/s, bare veth \(Int(bare * 8 / 1e6)), with segments as large as the pods' \(Int(wide * 8 / 1e6))"
        )
    }
    func spread(_ values: [Double]) -> String {
        let sorted = values.sorted()
        return "median \((sorted[sorted.count / 2] * 1000).rounded() / 1000), least \((sorted[0] * 1000).rounded() / 1000)"
    }
    print("ratio to a bare veth: \(spread(ratios.map(\.plain))), with \(policies) policies")
    print("ratio to a bare veth with segments as large: \(spread(ratios.map(\.wide)))")
}

/// Two namespaces with a veth between them and nothing else, and the address of the first.
func bareVeth(segments: UInt32?) throws -> (NetworkNamespace, NetworkNamespace, IPAddress) {
    let (one, two) = (try NetworkNamespace.make(), try NetworkNamespace.make())
    let address = IPAddress(family: .v4, high: 0, low: 0x0A63_0001)
    let other = IPAddress(family: .v4, high: 0, low: 0x0A63_0002)
    try one.run { () throws(SystemError) in
        try RouteSocket().addPair(
            "bare", hardware: [2, 0, 0, 0, 7, 1], peer: "bare", peerHardware: [2, 0, 0, 0, 7, 2], in: two, mtu: 1500)
    }
    for (namespace, own, peer, hardware) in [(one, address, other, 2 as UInt8), (two, other, address, 1)] {
        try namespace.run { () throws(SystemError) in
            let route = try RouteSocket()
            guard let link = try route.link("bare") else { return }
            if let segments { try route.setSegmentSize(link, segments) }
            try route.addAddress(IPNetwork(own), own, to: link)
            try route.setUp(link)
            try route.setNeighbour(peer, [2, 0, 0, 0, 7, hardware], on: link)
            try route.addRoute(IPNetwork(peer), on: link)
        }
    }
    return (one, two, address)
}

/// Bytes in a second.
func stream(_ server: NetworkNamespace, _ client: NetworkNamespace, _ address: IPAddress) throws -> Double {
    let (from, to, bytes) = (client.number, server.number, address.bytes)
    let count = try server.run { () throws(SystemError) in
        let count = unsafe knp_stream(to, from, bytes, 5001, 1500)
        if count < 0 { throw SystemError("stream", Int32(-count)) }
        return count
    }
    return Double(count) / 1.5
}

func starts(pods: Int) async throws {
    var node = try await Node()
    try await node.network.update { index in for number in 0..<100 { index.set(rules(number, port: 80)) } }
    var times: [Double] = []
    for number in 0..<pods { times.append(try await node.attach(number)) }
    summary("pod attached", times)
}

knp_raise_limits()
let arguments = CommandLine.arguments
let numbers = arguments.dropFirst(2).compactMap { Int($0) }
func number(_ position: Int, _ standard: Int) -> Int { position < numbers.count ? numbers[position] : standard }
do {
    switch arguments.dropFirst().first {
    case "change":
        try await change(
            pods: number(0, 100), policies: number(1, 100), changes: number(2, 100), connections: number(3, 0))
    case "cluster": try await clusterChange(pods: number(0, 100), policies: number(1, 100), changes: number(2, 100))
    case "throughput": try await throughput(policies: number(0, 1000), rounds: number(1, 8))
    case "start": try await starts(pods: number(0, 100))
    default: print("usage: network-benchmark change|cluster|throughput|start [NUMBER …]")
    }
} catch {
    print("Error: \(error)")
    exit(1)
}

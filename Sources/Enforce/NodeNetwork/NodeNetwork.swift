package import LinuxKernel
package import NFTables
package import NetworkPolicy
import PolicyModel

/// The network of one node: its pods' links and addresses, and the rules for every packet of theirs.
///
/// Order is law: the rules of a pod are in the kernel before its link exists, and leave it after the link is gone. A
/// change of policies is one transaction; connections that it no longer allows are cut after it.
package actor NodeNetwork {
    /// A pod that shall be reachable.
    package struct PodRequest: Sendable {
        /// The pod, its labels and ports; the addresses are filled in.
        package var endpoint: PolicyEndpoint
        /// The pod's network namespace.
        package var namespace: NetworkNamespace
        /// The name of the pod's end of the link.
        package var interface = "eth0"

        /// Addresses that somebody else keeps for the pod; nil for free ones of the node's pool.
        package var addresses: [IPAddress]?
        /// The ports of the node that lead to the pod; nil for those that ``ClusterChange/hostPorts(_:_:)`` told.
        package var hostPorts: [HostPort]?

        /// A pod with a namespace of its own.
        package init(endpoint: PolicyEndpoint, namespace: NetworkNamespace) {
            self.endpoint = endpoint
            self.namespace = namespace
        }
    }

    /// What a change did.
    package struct Report: Hashable, Sendable {
        /// The size of the transaction; 0 when there was none.
        package var commands = 0
        /// How many connections were cut.
        package var cut = 0
    }

    /// The node.
    package nonisolated let node: NodeView
    /// What was dropped or noted.
    package nonisolated let log: FlowLog

    private let thread: KernelThread
    private let applier: RulesetApplier
    private let mtu: UInt32
    private var index = NetworkPolicyIndex()
    private var compiler: RulesetCompiler
    /// What the kernel has not heard of yet.
    private var edits = RulesetEdits()
    private var pool: AddressPool
    private var links: [EndpointID: PodLink] = [:]
    /// The newest reading of each pod of this node that came by changes.
    private var told: [EndpointID: PolicyEndpoint] = [:]
    /// What pods of this node want of its ports, and what of that is in the table.
    private var hostPorts: [EndpointID: [HostPort]] = [:]
    private var hostServices: [EndpointID: Set<ServicePort>] = [:]
    /// Where datagrams of services went, and must go no longer.
    private var lostBackends: Set<Statement.Backend> = []
    /// Whether rules changed, and connections that they deny may still be there: an attempt failed.
    private var owesCut = false
    private var route: RouteSocket?
    private var ownAddresses: [IPAddress] = []
    private var tracking: ConntrackSocket?

    /// The network of a node in a namespace; `podNetworks` are those of this node alone.
    package init(_ node: NodeView, podNetworks: [IPNetwork], in namespace: NetworkNamespace, mtu: UInt32 = 1500) throws
    {
        self.node = node
        self.mtu = mtu
        compiler = RulesetCompiler(node: node)
        pool = AddressPool(podNetworks)
        thread = try KernelThread(in: namespace)
        applier = RulesetApplier(on: thread)
        log = try FlowLog(in: namespace)
    }

    /// The thread of the applier too: what both do in one call is not interrupted.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    // MARK: Life

    /// Takes over what is there: links of pods stay, with their addresses, and no packet passes until the rules do.
    ///
    /// - Returns: the pods that have links. They have no rules, and pass nothing, until ``update(_:)`` knows them.
    package func start() throws -> [EndpointID: [IPAddress]] {
        let route = try RouteSocket()
        self.route = route
        tracking = try ConntrackSocket()
        for link in try route.links() {
            guard let found = PodLink.read(link) else {
                // An end without a name was left by an attempt that did not get far.
                if link.name.hasPrefix(PodLink.prefix) { try route.delete(link) }
                continue
            }
            // The routes say which addresses the pod was given.
            let addresses = try route.routes(on: link).filter(\.isSingle).map(\.address)
            let pod = PodLink(place: found.place, addresses: addresses, namespace: found.namespace, name: found.name)
            try pool.take(found.place)
            let id = EndpointID.pod(namespace: found.namespace, name: found.name)
            links[id] = pod
            compiler.attach(PodInterface(id: id, interface: pod.interface, addresses: pod.addresses), index)
            refreshHostPorts(of: id)
        }
        try apply()
        // Only now: a node that forwards without rules would be open.
        try Sysctl.write("net/ipv4/ip_forward", "1")
        try? Sysctl.write("net/ipv6/conf/all/forwarding", "1")
        return links.mapValues(\.addresses)
    }

    /// Gives the node itself the first place of the pool, on its loopback: what pods reach on their node is there, such as
    /// the API server and the name server. Before the first pod is attached.
    ///
    /// - Returns: the addresses.
    @discardableResult
    package func takeOwnAddresses() throws -> [IPAddress] {
        guard let route, let loopback = try route.link("lo") else { throw SystemError("look up lo", 19) }
        try pool.take(Self.ownPlace)
        try route.setUp(loopback)
        ownAddresses = pool.addresses(Self.ownPlace)
        for address in ownAddresses {
            do throws(SystemError) { try route.addAddress(IPNetwork(address), address, to: loopback) } catch {
                // An earlier agent gave it.
                if error.code != 17 { throw error }
            }
        }
        return ownAddresses
    }

    private static let ownPlace: UInt64 = 1

    /// Removes every link, and then the rules.
    package func removeAll() throws {
        for id in links.keys { try detach(id) }
        if let route, let loopback = try route.link("lo") {
            for address in ownAddresses { try? route.deleteAddress(IPNetwork(address), address, from: loopback) }
        }
        log.close()
        try applier.assumeIsolated { try $0.remove() }
    }

    // MARK: Pods

    /// Gives a pod addresses, rules and a link, in this order.
    ///
    /// - Returns: the addresses.
    package func attach(_ request: PodRequest) throws -> [IPAddress] {
        let id = request.endpoint.id
        guard case .pod(let namespace, let name) = id, let route else { throw SystemError("attach \(id)", 22) }
        try detach(id)
        let place = try pool.take()
        let link = PodLink(
            place: place, addresses: request.addresses ?? pool.addresses(place), namespace: namespace, name: name)
        // Whoever asks may have an older reading than the one that came by the way of changes.
        var endpoint = told[id].flatMap { $0.revision > request.endpoint.revision ? $0 : nil } ?? request.endpoint
        endpoint.networks = link.addresses.map { IPNetwork($0) }
        endpoint.node = node.name
        do {
            index.set(endpoint)
            links[id] = link
            compiler.attach(PodInterface(id: id, interface: link.interface, addresses: link.addresses), index)
            compiler.update(index, index.takeChanges())
            if let ports = request.hostPorts { hostPorts[id] = ports }
            refreshHostPorts(of: id)
            try apply()
            try link.create(route, pod: request.namespace, podInterface: request.interface, mtu: mtu)
        } catch {
            try? detach(id)
            throw error
        }
        return link.addresses
    }

    /// Removes a pod's link, its connections, and then its rules. Nothing when there is none.
    package func detach(_ id: EndpointID) throws {
        guard let link = links[id], let route else { return }
        if let interface = try route.link(link.interface) { try route.delete(interface) }
        links[id] = nil
        index.remove(id)
        compiler.detach(id)
        hostPorts[id] = nil
        refreshHostPorts(of: id)
        compiler.update(index, index.takeChanges())
        try apply()
        try forget(link.addresses)
        pool.release(link.place)
    }

    // MARK: Policies and services

    /// Changes what the node knows of policies, endpoints and namespaces, and makes it hold: the rules in one
    /// transaction, then an end to connections that they do not allow.
    @discardableResult
    package func update(_ change: @Sendable (inout NetworkPolicyIndex) -> Void) throws -> Report {
        change(&index)
        compiler.update(index, index.takeChanges())
        let delta = try apply()
        if delta.isEmpty { return Report() }
        return Report(commands: delta.commands.count, cut: try cut())
    }

    /// Follows the cluster: all of the changes in one transaction.
    ///
    /// A pod that has a link here keeps the link's addresses, whatever its object says, and stays known until it is
    /// detached: the object of another pod of the same name must not take its rules away.
    ///
    /// - Throws: when the kernel does not take the rules; they are part of the next transaction then.
    @discardableResult
    package func update(_ changes: [ClusterChange]) throws -> Report {
        for change in changes { take(change) }
        let decisions = index.takeChanges()
        compiler.update(index, decisions)
        // Services decide where new connections go, and about none that are there.
        let mayDeny = decisions != .init()
        let isOwed = owesCut
        owesCut = owesCut || mayDeny
        let delta = try apply()
        let count = isOwed || mayDeny && !delta.isEmpty ? try cut() : 0
        owesCut = false
        try forgetDatagrams()
        return Report(commands: delta.commands.count, cut: count)
    }

    private func take(_ change: ClusterChange) {
        switch change {
        case .endpoint(var endpoint):
            if endpoint.node == node.name { told[endpoint.id] = endpoint }
            if let link = links[endpoint.id] {
                // Of the pod that had the name before.
                if let present = index.endpoints[endpoint.id], present.revision > endpoint.revision { return }
                endpoint.networks = link.addresses.map { IPNetwork($0) }
                endpoint.node = node.name
            }
            if index.endpoints[endpoint.id] != endpoint { index.set(endpoint) }
        case .endpointGone(let id):
            told[id] = nil
            if links[id] == nil { index.remove(id) }
        case .hostPorts(let id, let ports):
            hostPorts[id] = ports.isEmpty ? nil : ports
            refreshHostPorts(of: id)
        case .namespace(let name, let labels): index.setNamespace(name, labels: labels)
        case .serviceAccount(let namespace, let name, let labels):
            index.setServiceAccount(namespace: namespace, name: name, labels: labels)
        case .policy(let policy): index.set(policy)
        case .policyGone(let object): index.remove(policy: object)
        case .services(let gone, let new):
            for service in gone where service.transport == 17 { lostBackends.formUnion(service.backends.map(\.target)) }
            for service in new where service.transport == 17 { lostBackends.subtract(service.backends.map(\.target)) }
            compiler.update(services: new, removing: gone)
        }
    }

    /// Makes the table lead the node's ports to a pod that has a link, and to no other.
    private func refreshHostPorts(of id: EndpointID) {
        var wanted = Set<ServicePort>()
        if let link = links[id] {
            wanted = Set((hostPorts[id] ?? []).map { $0.service(namespace: link.namespace, name: link.name, link.addresses) })
        }
        let present = hostServices[id] ?? []
        if wanted == present { return }
        hostServices[id] = wanted.isEmpty ? nil : wanted
        compiler.update(services: wanted.subtracting(present), removing: present.subtracting(wanted))
    }

    /// Makes the node serve exactly these ports.
    @discardableResult
    package func set(services: Set<ServicePort>) throws -> Report {
        compiler.set(services: services)
        return Report(commands: try apply().commands.count)
    }

    /// What the kernel should hold.
    package var ruleset: Ruleset { compiler.ruleset }

    /// What decides.
    package var evaluator: NetworkPolicyEvaluator { NetworkPolicyEvaluator(index) }

    /// Whether the kernel holds what it should.
    package func verify() throws -> Bool { try applier.assumeIsolated { try $0.verify() } }

    /// Restores the rules when somebody changed them; whether that was so.
    package func resync() throws -> Bool { try applier.assumeIsolated { try $0.resync() } }

    @discardableResult
    private func apply() throws -> RulesetDelta {
        edits.merge(compiler.takeEdits())
        let (ruleset, edits) = (compiler.ruleset, edits)
        // Known before the first packet can be noted.
        log.learn(edits.notes, of: ruleset.notes)
        let delta = try applier.assumeIsolated { try $0.apply(ruleset, edits: edits) }
        self.edits = RulesetEdits()
        return delta
    }

    // MARK: Connections

    /// Ends every connection of a pod of this node that the policies do not allow. Linear in the connections.
    private func cut() throws -> Int {
        guard let tracking, !links.isEmpty else { return 0 }
        let own = Set(links.values.flatMap(\.addresses))
        let evaluator = NetworkPolicyEvaluator(index)
        var count = 0
        for connection in try tracking.connections() {
            let packet = connection.packet
            guard own.contains(packet.source) || own.contains(packet.destination),
                !evaluator.decide(packet).decision.isAllowed,
                try tracking.delete(connection)
            else { continue }
            count += 1
        }
        return count
    }

    /// Makes the kernel choose anew where datagrams for a service go: a sender that never pauses would go on to ask a pod
    /// that is gone. A TCP connection ends by itself.
    private func forgetDatagrams() throws {
        guard let tracking, !lostBackends.isEmpty else { return }
        for connection in try tracking.connections() where connection.packet.transport == 17 {
            let (packet, sent) = (connection.packet, connection.original)
            let target = Statement.Backend(address: packet.destination, port: packet.destinationPort)
            let wasLed = packet.destination != sent.destination || packet.destinationPort != sent.destinationPort
            if wasLed, lostBackends.contains(target) { try tracking.delete(connection) }
        }
        lostBackends = []
    }

    /// Ends the connections of addresses that someone else may get.
    private func forget(_ addresses: [IPAddress]) throws {
        guard let tracking else { return }
        for connection in try tracking.connections() {
            let ends = [connection.packet.source, connection.packet.destination]
            if ends.contains(where: addresses.contains) { try tracking.delete(connection) }
        }
    }
}

extension ServicePort.Backend {
    fileprivate var target: Statement.Backend { .init(address: address, port: port) }
}

import Confinement
import Glibc
import JSONValue
import KubeModel
import LinuxKernel
import NetworkPolicy
import NodeNetwork
import OCIModel

/// Makes and removes what the containers of a pod share: namespaces, addresses, the control group, the files of names.
///
/// Order is law: the pod's rules are in the kernel before its link exists, and nothing of it runs before that.
actor PodSandboxes {
    private let facts: NodeFacts
    private let cgroups: CgroupHierarchy
    private let network: NodeNetwork
    private let hostIPs: [String]
    private var blocks: UserNamespaceBlocks
    /// How a pod is attached: as the policies see it, with the ports of the node that it wants.
    private let request: @Sendable (JSON, NetworkNamespace) -> NodeNetwork.PodRequest

    init(
        facts: NodeFacts, network: NodeNetwork, hostIPs: [String], request: @escaping @Sendable (JSON, NetworkNamespace) -> NodeNetwork.PodRequest
    ) {
        self.facts = facts
        self.network = network
        self.hostIPs = hostIPs
        self.request = request
        cgroups = CgroupHierarchy(facts.cgroups)
        blocks = UserNamespaceBlocks(facts)
    }

    /// What a pod shares, or why it does not run here; with its block of ids when it wants users of its own.
    func confine(_ pod: JSON) -> PodConfinementDecision {
        Confinement.decide(pod: pod, node: facts, identity: identity(pod, folder: nil, podIPs: []))
    }

    /// What the node gave to a pod so far.
    ///
    /// - Parameter folder: nil before the namespaces are made.
    func identity(_ pod: JSON, folder: PodFolder?, podIPs: [String]) -> PodIdentity {
        var identity = PodIdentity()
        identity.podIPs = podIPs
        identity.hostIPs = hostIPs
        if pod["spec"]?["hostUsers"]?.bool == false { identity.idBlock = blocks.take(for: pod.uid) }
        guard let folder else { return identity }
        let kinds: [(NamespaceSet.Kind, RuntimeNamespace.Kind)] = [(.network, .network), (.ipc, .ipc), (.uts, .uts), (.user, .user), (.pid, .pid)]
        for (kind, name) in kinds where NamespaceSet.exists(kind, in: folder.namespaces) { identity.namespaces[name] = folder.namespaces + "/" + kind.rawValue }
        identity.files.hosts = SystemFile.exists(folder.hosts) ? folder.hosts : nil
        identity.files.hostname = SystemFile.exists(folder.hostname) ? folder.hostname : nil
        identity.files.resolver = SystemFile.exists(folder.resolver) ? folder.resolver : nil
        return identity
    }

    /// Whether what was made of a pod is still there.
    func exists(_ pod: JSON, _ folder: PodFolder) -> Bool {
        pod["spec"]?["hostNetwork"]?.bool == true || NamespaceSet.exists(.network, in: folder.namespaces)
    }

    /// Notes which ids a running pod has, after a restart of the agent.
    func restore(_ pod: JSON, _ folder: PodFolder) {
        guard pod["spec"]?["hostUsers"]?.bool == false, let first = UInt32(SystemFile.text(folder.path + "/ids")) else { return }
        _ = blocks.restore(pod: pod.uid, first: first)
    }

    /// Makes the sandbox of a pod.
    ///
    /// - Returns: the pod's addresses.
    /// - Throws: nothing is left of the sandbox then.
    func make(_ pod: JSON, _ shared: ConfinedPod, _ folder: PodFolder) async throws -> [String] {
        do {
            try await makeNamespaces(shared, folder)
            try cgroups.make(pod: pod.uid, shared.resources)
            var addresses: [String] = []
            if shared.sharing[.network] == .pod {
                let namespace = try NetworkNamespace(path: folder.namespaces + "/net")
                addresses = try await network.attach(request(pod, namespace)).map(\.description)
            }
            try writeFiles(pod, shared, folder, addresses)
            return addresses.isEmpty ? hostIPs : addresses
        } catch {
            try? await remove(pod, folder)
            throw error
        }
    }

    private func makeNamespaces(_ shared: ConfinedPod, _ folder: PodFolder) async throws {
        var kinds: Set<NamespaceSet.Kind> = []
        let all: [(RuntimeNamespace.Kind, NamespaceSet.Kind)] = [(.network, .network), (.ipc, .ipc), (.uts, .uts), (.pid, .pid)]
        for (kind, kept) in all where shared.sharing[kind] == .pod { kinds.insert(kept) }
        let users = shared.users.map { NamespaceSet.UserMap(first: $0.hostID, count: $0.size) }
        if let users { try folder.write(folder.path + "/ids", "\(users.first)", mode: 0o600) }
        guard !kinds.isEmpty || users != nil else { return }
        let made = kinds
        let (path, hostname, sysctls) = (folder.namespaces, shared.hostname, shared.sysctls)
        try await KernelCall.waiting {
            try NamespaceSet.remove(path)
            guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("make \(path)", errno) }
            try NamespaceSet.make(made, hostname: hostname, users: users, in: path)
            let entered = [NamespaceSet.Kind.network, .ipc].filter(made.contains).map { path + "/" + $0.rawValue }
            guard !sysctls.isEmpty else { return }
            try NamespaceSet.run(in: entered) { () throws(SystemError) in
                for (name, value) in sysctls.sorted(by: { $0.key < $1.key }) { try Sysctl.write(Self.path(of: name), value) }
            }
        }
    }

    /// The path of a kernel parameter: its dots are slashes, its slashes dots.
    static func path(of name: String) -> String { String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 }) }

    private func writeFiles(_ pod: JSON, _ shared: ConfinedPod, _ folder: PodFolder, _ addresses: [String]) throws {
        if shared.sharing[.network] == .pod {
            try folder.write(folder.hosts, PodFiles.hosts(pod: pod, node: facts, podIPs: addresses))
        } else {
            try folder.write(folder.hosts, SystemFile.text("/etc/hosts") + "\n" + PodFiles.aliases(pod))
        }
        try folder.write(folder.hostname, PodFiles.hostname(pod: pod, node: facts) + "\n")
        try folder.write(folder.resolver, PodFiles.resolver(pod: pod, node: facts))
    }

    /// Takes a sandbox away. Nothing when there is none.
    func remove(_ pod: JSON, _ folder: PodFolder) async throws {
        try await network.detach(.pod(namespace: pod.namespace, name: pod.name))
        let path = folder.namespaces
        try await KernelCall.waiting { try NamespaceSet.remove(path) }
        cgroups.remove(pod: pod.uid)
        blocks.release(pod.uid)
    }

    /// The cgroup of a container as the runtime takes it.
    nonisolated func cgroup(pod: String, container: String) -> String? { cgroups.path(pod: pod, container: container) }
}

import Confinement
import Glibc
import LinuxKernel

/// The control groups of this machine as far as this process may use them, and the groups of pods in them.
///
/// Source: cgroups(7).
struct CgroupHierarchy: Sendable {
    static let root = "/sys/fs/cgroup"

    let facts: CgroupFacts
    /// Where the groups of all pods are, from the root of each hierarchy on.
    let parent: String

    /// The interface in force and the controllers in which this process can make groups.
    static var facts: CgroupFacts {
        if SystemFile.exists(root + "/cgroup.controllers") {
            let own = root + ownGroup
            let controllers = Set(SystemFile.text(own + "/cgroup.controllers").split(separator: " ").map(String.init))
            let isOwn = SystemFile.isWritable(own + "/cgroup.procs") && SystemFile.isWritable(own + "/cgroup.subtree_control")
            var writable = Set(CgroupFacts.Controller.allCases.filter { controllers.contains($0.rawValue) })
            // Devices are filtered by programs, for which one has to be root of the machine.
            if isOwn, geteuid() == 0, SystemFile.text("/proc/self/uid_map").contains("4294967295") { writable.insert(.devices) }
            return CgroupFacts(version: .v2, writable: isOwn ? writable : [], countsSwap: true, hugePageSizes: hugePages(own, v2: true))
        }
        let writable = CgroupFacts.Controller.allCases.filter { SystemFile.isWritable("\(root)/\($0.rawValue)/cgroup.procs") }
        return CgroupFacts(
            version: .v1, writable: Set(writable), countsSwap: SystemFile.exists(root + "/memory/memory.memsw.limit_in_bytes"),
            hugePageSizes: hugePages(root + "/hugetlb", v2: false))
    }

    /// The group of this process in the one hierarchy of version 2.
    private static var ownGroup: String {
        let line = SystemFile.text("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }
        let path = line.map { String($0.dropFirst(3)) } ?? "/"
        return path == "/" ? "" : path
    }

    private static func hugePages(_ folder: String, v2: Bool) -> [String] {
        ((try? FileTree.names(folder)) ?? []).compactMap { name in
            let end = v2 ? ".max" : ".limit_in_bytes"
            guard name.hasPrefix("hugetlb."), name.hasSuffix(end), !name.contains("rsvd") else { return nil }
            return String(name.dropFirst(8).dropLast(end.count))
        }
    }

    init(_ facts: CgroupFacts) {
        self.facts = facts
        parent = (facts.version == .v2 ? Self.ownGroup : "") + "/kastell"
    }

    private var folders: [(CgroupFacts.Controller, String)] {
        facts.version == .v2 ? facts.writable.map { ($0, Self.root) } : facts.writable.map { ($0, "\(Self.root)/\($0.rawValue)") }
    }

    private func group(_ pod: String) -> String { "\(parent)/pod\(pod)" }

    /// The cgroup of a container as the runtime takes it; nil where no group can be made.
    func path(pod: String, container: String) -> String? { facts.writable.isEmpty ? nil : "\(group(pod))/\(container)" }

    /// Makes the group of a pod and writes what the pod may use. Blocks.
    func make(pod: String, _ plan: ResourcePlan) throws(SystemError) {
        guard !facts.writable.isEmpty else { return }
        if facts.version == .v2 { try delegate() }
        for (_, root) in folders {
            for folder in [root + parent, root + group(pod)] where unsafe mkdir(folder, 0o755) != 0 && errno != EEXIST {
                throw SystemError("make the cgroup \(folder)", errno)
            }
        }
        if facts.version == .v2 { try enable(Self.root + parent); try enable(Self.root + group(pod)) }
        for file in plan.files(facts) {
            let root = facts.version == .v2 ? Self.root : "\(Self.root)/\(file.controller.rawValue)"
            try SystemFile.write("\(root)\(group(pod))/\(file.name)", file.value)
        }
    }

    /// In version 2 a group with groups below has no processes of its own: this process moves into one beside them.
    private func delegate() throws(SystemError) {
        let own = Self.root + String(parent.dropLast("/kastell".count))
        let beside = own + "/kastell-agent"
        guard own != Self.root else { return try enable(own) }
        if unsafe mkdir(beside, 0o755) != 0, errno != EEXIST { throw SystemError("make the cgroup \(beside)", errno) }
        for process in SystemFile.text(own + "/cgroup.procs").split(separator: "\n") {
            try? SystemFile.write(beside + "/cgroup.procs", String(process))
        }
        try enable(own)
        if unsafe mkdir(own + "/kastell", 0o755) != 0, errno != EEXIST { throw SystemError("make the cgroup \(own)/kastell", errno) }
    }

    private func enable(_ folder: String) throws(SystemError) {
        let names = facts.writable.filter { $0 != .devices }.map { "+" + $0.rawValue }.sorted()
        try SystemFile.write(folder + "/cgroup.subtree_control", names.joined(separator: " "))
    }

    /// Removes the group of a pod whose processes have ended. Blocks.
    ///
    /// Of version 1 everywhere: the runtime makes groups in every hierarchy, not only in those with limits.
    func remove(pod: String) {
        guard !facts.writable.isEmpty else { return }
        let roots = facts.version == .v2 ? [Self.root] : ((try? FileTree.names(Self.root)) ?? []).map { Self.root + "/" + $0 }
        for root in roots {
            let folder = root + group(pod)
            guard SystemFile.exists(folder) else { continue }
            for name in (try? FileTree.names(folder)) ?? [] where SystemFile.exists(folder + "/" + name + "/cgroup.procs") {
                _ = unsafe rmdir(folder + "/" + name)
            }
            _ = unsafe rmdir(folder)
        }
    }
}

extension SystemFile {
    /// Writes into a file of the kernel, which is there.
    static func write(_ path: String, _ text: String) throws(SystemError) {
        guard let file = unsafe fopen(path, "we") else { throw SystemError("open \(path)", errno) }
        let bytes = Array(text.utf8)
        let written = unsafe fwrite(bytes, 1, bytes.count, file)
        // The kernel says what it thinks of the value when the buffer goes out.
        guard unsafe fclose(file) == 0, written == bytes.count else { throw SystemError("write \(path)", errno) }
    }
}

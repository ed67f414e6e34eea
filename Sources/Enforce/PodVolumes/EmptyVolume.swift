import JSONValue
import KubeModel
import LinuxKernel

/// An `emptyDir`: a folder on the node's disk, or a filesystem in memory. Calls block.
///
/// Source: Kubernetes documentation, "Volumes", "emptyDir".
struct EmptyVolume: Sendable {
    var name: String
    /// Whether it is in memory.
    var isInMemory: Bool
    /// The most that it holds, in bytes; nil for no limit.
    var limit: Int64?
    /// The limit as it was written.
    var limitText: String

    /// - Throws: the medium's name when this node does not have it.
    init(_ volume: JSON, pod: JSON) throws(VolumeError) {
        name = volume["name"]?.string ?? ""
        let source = volume["emptyDir"]
        let medium = source?["medium"]?.string ?? ""
        guard medium.isEmpty || medium == "Memory" else {
            throw VolumeError(volume: name, "this node has no emptyDir of medium \"\(medium)\"", isRetryable: false)
        }
        isInMemory = medium == "Memory"
        let size = Self.quantity(source?["sizeLimit"])
        limit = size.flatMap { $0.value > 0 ? $0.value : nil }
        limitText = size?.description ?? ""
        if isInMemory { limit = Self.least(limit, Self.memoryLimit(of: pod)) }
    }

    private static func least(_ left: Int64?, _ right: Int64?) -> Int64? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }

    private static func quantity(_ value: JSON?) -> Quantity? { value?.string.flatMap { Quantity($0) } ?? value?.int.map { Quantity($0) } }

    /// What the containers of a pod may use in all; nil when one of them has no limit.
    private static func memoryLimit(of pod: JSON) -> Int64? {
        var sum: Int64 = 0
        for container in pod["spec"]?["containers"]?.array ?? [] {
            guard let limit = quantity(container["resources"]?["limits"]?["memory"]), limit.value > 0 else { return nil }
            sum = sum.addingReportingOverflow(limit.value).overflow ? .max : sum + limit.value
        }
        return sum > 0 ? sum : nil
    }

    /// Makes it, or finds it as it is.
    func make(_ uid: String, _ places: VolumePlaces, _ ownership: VolumeOwnership) throws(SystemError) -> String {
        let volumes = try places.place(uid, ["volumes"])
        if (try? volumes.facts(of: name)) == nil {
            // Renamed when it is as it should be, so that what is there is right.
            let new = ".new-" + name
            try volumes.makeFolder(new)
            let folder = try volumes.open(beneath: new, following: .nothing)
            try folder.setOwner(user: ownership.root, group: ownership.group)
            try folder.setMode(isInMemory ? 0o700 : ownership.emptyMode)
            try volumes.rename(new, to: name)
        }
        if isInMemory, !(try VolumePlaces.isMounted(name, in: volumes)) {
            let folder = try volumes.open(beneath: name, following: .nothing)
            try Mounts.memory(
                on: folder, bytes: limit, user: ownership.root, group: ownership.group, mode: ownership.emptyMode, keepsOffDisk: false)
        }
        return places.path(uid, ["volumes", name])
    }

    /// How many entries are counted, at most.
    private static let mostEntries = 1 << 20

    /// Whether it takes more of the node's disk than its limit; files with several names are counted once.
    func isOverLimit(_ uid: String, _ places: VolumePlaces) throws(SystemError) -> Bool {
        guard !isInMemory, let limit else { return false }
        let folder = try places.place(uid, ["volumes"]).open(beneath: name, following: .nothing)
        var sum = try folder.facts().space
        var several = Set<FileFacts.Identity>()
        let result = try folder.walk(limit: Self.mostEntries) { (_, facts) in
            if !facts.isFolder, facts.names > 1, !several.insert(facts.identity).inserted { return true }
            sum += facts.space
            return sum <= UInt64(limit)
        }
        return result == .stopped || sum > UInt64(limit)
    }
}

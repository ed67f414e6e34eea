import Confinement
import LinuxKernel

/// Gives the files of a volume to the group of a pod, as `fsGroup` asks. Calls block.
///
/// Links are given to the group themselves, and nothing is reached through them; other filesystems below are left as they are.
///
/// Source: Kubernetes documentation, "Configure volume permission and ownership change policy for Pods"; KEP-695.
struct GroupOwnership: Sendable {
    var group: UInt32
    var policy: FSGroupPlan.ChangePolicy

    /// How many files one volume may have.
    private static let mostEntries = 1 << 26

    /// Changes every file, the volume's own folder last: what was interrupted is seen from it.
    func apply(to volume: HeldFile) throws(SystemError) {
        let facts = try volume.facts()
        if policy == .onRootMismatch, isRight(facts) { return }
        if facts.isFolder {
            let result = try volume.walk(limit: Self.mostEntries) { (file, facts) throws(SystemError) in
                try change(file, facts)
                return true
            }
            if result == .tooMany { throw SystemError("change the group of \(volume.name)", 7, detail: "more than \(Self.mostEntries) files") }
        }
        try change(volume, facts)
    }

    private func change(_ file: HeldFile, _ facts: FileFacts) throws(SystemError) {
        let mode = wanted(facts)
        if facts.group == group, mode == facts.mode { return }
        try file.setOwner(user: nil, group: group)
        if facts.kind != .link { try file.setMode(mode) }
    }

    private func wanted(_ facts: FileFacts) -> UInt32 {
        facts.kind == .link ? facts.mode : facts.mode | (facts.isFolder ? FSGroupPlan.folderMode : FSGroupPlan.fileMode)
    }

    private func isRight(_ facts: FileFacts) -> Bool { facts.group == group && wanted(facts) == facts.mode }
}

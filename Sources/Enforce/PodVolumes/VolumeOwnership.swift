import Confinement
import OCIModel

/// Whose the files are that the node makes for a pod, in the node's numbers.
struct VolumeOwnership: Hashable, Sendable {
    /// The users of the pod; nil when they are the node's.
    var users: RuntimeIDMapping?
    /// The group that `fsGroup` gives the volume to, as the node sees it; nil when none does.
    var volumeGroup: UInt32?

    /// The root of the pod's users.
    var root: UInt32 { users?.hostID ?? 0 }
    var group: UInt32 { volumeGroup ?? root }

    /// A user of the pod; nil for one that it does not have.
    func user(_ inside: UInt32) -> UInt32? {
        guard let users else { return inside }
        return inside < users.size ? users.hostID + inside : nil
    }

    /// The permissions of a file that pods can only read.
    func readOnlyMode(_ mode: UInt32) -> UInt32 { volumeGroup == nil ? mode : mode | FSGroupPlan.readOnlyFileMode }

    /// The permissions of a folder that pods can only read: with the group, its members enter it and new files stay the group's.
    var readOnlyFolderMode: UInt32 { volumeGroup == nil ? 0o755 : 0o2755 }

    /// The permissions of an empty volume: everybody's, as Kubernetes has it.
    var emptyMode: UInt32 { volumeGroup == nil ? 0o777 : 0o777 | FSGroupPlan.folderMode }
}

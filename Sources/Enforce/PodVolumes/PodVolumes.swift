package import Confinement
package import JSONValue
package import KubeClient
package import KubeModel
package import Logging

/// Owns the volumes of pods below one folder: makes them, keeps their content up to date, and removes them.
package actor PodVolumes {
    private let folder: String
    private let client: KubeClient
    private let nodeName: String
    private let allocatable: [String: String]
    private let clock: @Sendable () -> Timestamp
    private let log: Logger

    /// - Parameters:
    ///   - folder: the folder that this owns, 0700.
    ///   - client: with the identity of the node.
    ///   - allocatable: what `resourceFieldRef` says of a container without limits, by resource.
    package init(
        folder: String, client: KubeClient, nodeName: String, allocatable: [String: String] = [:],
        clock: @escaping @Sendable () -> Timestamp, log: Logger
    ) {
        self.folder = folder
        self.client = client
        self.nodeName = nodeName
        self.allocatable = allocatable
        self.clock = clock
        self.log = log
    }

    /// Makes ready every volume that a container of the pod uses. Idempotent; takes over what an earlier process made.
    ///
    /// - Parameter shared: what `Confinement.decide(pod:node:identity:)` said before there were volumes: its users own the files, and its
    ///   `fsGroup` gets them.
    /// - Throws: ``VolumeError`` of the first volume that is not ready; the others have been made ready all the same.
    package func prepare(_ pod: JSON, shared: ConfinedPod?) async throws(VolumeError) -> PreparedVolumes { PreparedVolumes() }

    /// Where the source of a mount is: the volume, or the part of it that the sub-path names, which is followed without leaving the volume and
    /// mounted on a private place. Missing folders are made.
    package func source(of mount: VolumeMountPlan, container: String, pod: JSON) async throws(VolumeError) -> String { mount.source }

    /// Brings the content of ConfigMaps, Secrets, the pod's own fields and tokens up to date, each volume as a whole.
    ///
    /// - Returns: when to look again; nil when nothing of the pod can change.
    package func refresh(_ pod: JSON) async throws(VolumeError) -> Timestamp? { nil }

    /// The first volume on a disk of the node that holds more than its `sizeLimit`; nil when there is none.
    package func excess(of pod: JSON) async throws(VolumeError) -> VolumeExcess? { nil }

    /// Unmounts and removes all of a pod. Nothing when there is nothing. What is in a hostPath or persistent volume stays.
    package func remove(uid: String) async throws(VolumeError) {}

    /// The uids of pods that have folders here.
    package func all() throws -> [String] { [] }
}

package import Confinement
package import OCIModel

/// The volumes of a pod that are ready: what Confinement's `PodIdentity` is told of them.
package struct PreparedVolumes: Hashable, Sendable {
    /// Volumes with files, by name.
    package var volumes: [String: VolumeFacts] = [:]
    /// The devices behind volumes in block mode, by the name of the volume.
    package var blockDevices: [String: RuntimeDevice] = [:]

    package init() {}
}

/// A volume that holds more than its limit; the pod is to be evicted.
package struct VolumeExcess: Hashable, Sendable {
    package var volume: String
    /// What the status of the pod says; its reason is `Evicted`.
    package var message: String
}

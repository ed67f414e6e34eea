import KubeClient
import KubeModel
import LinuxKernel
import Logging

/// Removes the folders of volumes that were made for claims and are gone from the API.
struct ClaimFolders: Sendable {
    /// Where they are: each is named as its PersistentVolume.
    let folder: String
    let client: KubeClient
    let log: Logger

    private static let volumes = GroupVersionResource("v1", "persistentvolumes")
    private static let period = Duration.seconds(60)

    /// Runs until cancelled.
    func run() async {
        while !Task.isCancelled {
            await collect()
            try? await Task.sleep(for: Self.period)
        }
    }

    /// Only the server's word that there is no such volume costs a folder its life.
    func collect() async {
        for name in (try? FileTree.names(folder)) ?? [] where name.hasPrefix("pvc-") {
            do { _ = try await client.metadata(of: Self.volumes, name: name) } catch let error as StatusError where error.code == 404 {
                do {
                    let path = folder + "/" + name
                    try await KernelCall.waiting { try FileTree.remove(path) }
                    log.info("volume removed", metadata: ["volume": "\(name)"])
                } catch { log.warning("volume not removed", metadata: ["volume": "\(name)", "error": "\(error)"]) }
            } catch { log.debug("volume not looked for", metadata: ["volume": "\(name)", "error": "\(error)"]) }
        }
    }
}

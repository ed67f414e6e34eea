import Confinement
import ContainerRuntime
import KubeClient
import KubeModel
import Logging
import NodeTunnel
import PodVolumes

/// What the workers of all pods share.
struct PodServices: Sendable {
    let client: KubeClient
    let facts: NodeFacts
    let hostIPs: [String]
    let runtime: ContainerRuntime
    let images: ImageService
    let sandboxes: PodSandboxes
    let volumes: PodVolumes
    let objects: PodObjects
    let prober: Prober
    let events: EventRecorder
    /// The folder of all pods.
    let pods: String
    /// The folder of the containers' logs.
    let logs: String
    let clock: @Sendable () -> Timestamp
    let log: Logger
    /// Runs a piece of work beside the others, as a child of the agent.
    let spawn: @Sendable (@escaping @Sendable () async -> Void) -> Void
}

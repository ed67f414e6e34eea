import KubeModel
import PodLifecycle

extension ContainerRecord {
    /// It is being started, runs, or is being stopped.
    var isLive: Bool {
        switch state {
        case .starting, .running, .stopping: true
        case .absent, .waiting, .exited: false
        }
    }
    var isRunning: Bool {
        switch state {
        case .running, .stopping: true
        case .starting, .absent, .waiting, .exited: false
        }
    }
    var startedAt: Timestamp? {
        switch state {
        case .running(let startedAt), .stopping(let startedAt): startedAt
        case .starting, .absent, .waiting, .exited: nil
        }
    }
}

import ControlPlane
import Store

/// A cluster that runs now.
struct RunningCluster {
    /// The process that supervises it.
    var supervisor: Int32
    /// What it says of itself; nil while it starts.
    var facts: ClusterFacts?

    /// The cluster of the folder; nil when none runs. The lock tells, which goes with its process however that ends.
    static func find(_ directory: StateDirectory) -> RunningCluster? {
        guard (try? LockFile.isHeld(path: directory.lock)) == true, let holder = LockFile.holder(path: directory.lock) else {
            return nil
        }
        let facts = ClusterFacts.read(directory)
        return RunningCluster(supervisor: holder, facts: facts?.supervisor == holder ? facts : nil)
    }
}

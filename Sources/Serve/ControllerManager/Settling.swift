import JSONValue
import KubeClient
import KubeModel
import Reconcile

extension Informer {
    /// Waits until the informer has seen a write: who acts on what it saw before would do the same again.
    ///
    /// Gives up after half a minute, in which a watch that was cut has long begun anew.
    func settle(_ change: Change, result: JSON?) async {
        let deadline = ContinuousClock.now + .seconds(30)
        var pause = Duration.milliseconds(1)
        while !hasSeen(change, result: result), !Task.isCancelled, .now < deadline {
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(200))
        }
    }

    private func hasSeen(_ change: Change, result: JSON?) -> Bool {
        switch change {
        case .delete(let target, let uid, _):
            guard let present = self[Self.key(target.namespace, target.name)] else { return true }
            return present.uid != uid || present.isBeingDeleted
        case .create, .replace, .patch:
            guard let revision = result?["metadata"]?["resourceVersion"]?.string.flatMap({ UInt64($0) }) else { return true }
            return self.revision >= revision
        case .deleteCollection: return true
        }
    }
}

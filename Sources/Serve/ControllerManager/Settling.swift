import JSONValue
import KubeClient
import KubeModel
import Reconcile

extension Informer {
    /// Waits until the informer has seen a write; gives up after two seconds, when the watch must have been cut.
    func settle(_ change: Change, result: JSON?) async {
        var pause = Duration.milliseconds(1)
        for _ in 0..<16 {
            if hasSeen(change, result: result) { return }
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

import Synchronization

/// What a controller remembers about objects from one pass to the next, by their UIDs. It may be lost at any time: what
/// must not be lost is in the objects.
///
/// A lock and no actor: informers forget in their synchronous handlers.
final class Memory<Value: Sendable>: Sendable {
    private let values = Mutex<[String: Value]>([:])

    subscript(uid: String) -> Value? {
        get { values.withLock { $0[uid] } }
        set { values.withLock { $0[uid] = newValue } }
    }
}

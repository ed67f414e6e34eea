import KubeModel
package import NIOCore
import Store
import Synchronization

/// An open watch on its way to a client: takes items off the queue and renders them.
package final class WatchStream: Sendable {
    private let watcher: Watcher
    private let objects: ResourceCache
    private let answer: Answer
    private let include: String?
    private let cache: ObjectCache
    private let allowBookmarks: Bool
    /// When the server ends the watch; clients open another.
    package let timeout: TimeAmount
    private let state = Mutex((sentFirst: false, isClosed: false))

    init(
        watcher: Watcher, objects: ResourceCache, answer: Answer, include: String?, cache: ObjectCache, allowBookmarks: Bool,
        timeoutSeconds: Int64?
    ) {
        self.watcher = watcher
        self.objects = objects
        self.answer = answer
        self.include = include
        self.cache = cache
        self.allowBookmarks = allowBookmarks
        // Between 30 and 60 minutes when the client leaves it to us, so that watches do not all end at once.
        timeout = .seconds(timeoutSeconds.map { max(0, min($0, 24 * 3600)) } ?? Int64.random(in: 1800...3600))
    }

    /// Sets what is called when frames are ready or the watch has ended.
    package func onReady(_ wake: @escaping @Sendable () -> Void) { watcher.onReady(wake) }

    /// The frames that are ready, and whether nothing follows.
    package func frames() -> (frames: [ByteBuffer], isEnded: Bool) {
        let (items, ended) = watcher.drain()
        var rendered: [ByteBuffer] = []
        rendered.reserveCapacity(items.count)
        for item in items {
            let first = state.withLock { state in
                defer { state.sentFirst = true }
                return !state.sentFirst
            }
            rendered.append(answer.frame(item, include: include, first: first))
        }
        if ended, watcher.overflowed {
            rendered.append(Answer.errorFrame(StatusError(code: 410, reason: "Expired", message: "the watch fell too far behind; list and watch again")))
        }
        return (rendered, ended)
    }

    /// The typed items that are ready, for a consumer in this process.
    package func items() -> (items: [WatchItem], isEnded: Bool) { watcher.drain() }

    /// Puts a bookmark in the queue, when the client wants them.
    package func offerBookmark() {
        // Read before the item is queued: whatever is in the cache now was offered to the watcher already.
        if allowBookmarks { watcher.push(.bookmark(cache.revision)) }
    }

    /// Ends the watch and lets go of the queue.
    package func close() {
        objects.unwatch(watcher)
        watcher.end()
    }
}

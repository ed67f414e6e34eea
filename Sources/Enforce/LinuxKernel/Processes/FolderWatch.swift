import CLinux
import Glibc
import Synchronization

/// Tells of files that appear in a folder, complete: written and closed, or moved there. On demand, of those that go too.
package final class FolderWatch: Sendable {
    private let descriptor: OwnedDescriptor
    private let folder: String
    /// Once for every file that appeared or went, and once at the start; what happened between two is told once.
    package let changes: AsyncStream<Void>

    /// Begins to watch.
    ///
    /// - Parameter removals: whether to tell of files that go.
    package init(_ folder: String, removals: Bool = false) throws(SystemError) {
        self.folder = folder
        descriptor = OwnedDescriptor(try SystemError.check("watch folders", unsafe kst_watch(folder, removals ? 1 : 0)))
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        changes = stream
        continuation.yield()
        // The thread blocks in the kernel; it ends when the watch is closed, and the descriptor lives as long as it.
        let held = descriptor
        let stop = OwnedDescriptor(try SystemError.check("make an event", kst_eventfd()))
        continuation.onTermination = { _ in
            var one: UInt64 = 1
            _ = unsafe kst_write(stop.number, &one, 8)
        }
        try OneTimeThread.start {
            var bytes = [UInt8](repeating: 0, count: 8192)
            while true {
                var polls = [pollfd(fd: held.number, events: Int16(POLLIN), revents: 0), pollfd(fd: stop.number, events: Int16(POLLIN), revents: 0)]
                if unsafe poll(&polls, 2, -1) < 0, errno != EINTR { break }
                if polls[1].revents != 0 { break }
                guard polls[0].revents != 0 else { continue }
                // Which files they are the folder itself says; the events only wake.
                if unsafe kst_read(held.number, &bytes, bytes.count) <= 0 { break }
                continuation.yield()
            }
            continuation.finish()
        }
    }
}

import CLinux
import Glibc

/// A file that somebody else writes to, opened for reading.
package final class GrowingFile: Sendable {
    /// Which file it is, whatever its name has become.
    package struct Identity: Hashable, Sendable {
        var device: UInt
        var number: UInt
    }

    private let descriptor: OwnedDescriptor
    package let identity: Identity

    /// - Throws: `ENOENT` when there is none; `EINVAL` for what is no ordinary file.
    package init(_ path: String) throws(SystemError) {
        descriptor = OwnedDescriptor(try SystemError.check("open \(path)", unsafe kst_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)))
        var facts = stat()
        guard unsafe fstat(descriptor.number, &facts) == 0 else { throw SystemError("look at \(path)", errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw SystemError("open \(path)", EINVAL) }
        identity = Identity(device: UInt(facts.st_dev), number: UInt(facts.st_ino))
    }

    /// Its size now.
    package func size() throws(SystemError) -> Int {
        var facts = stat()
        guard unsafe fstat(descriptor.number, &facts) == 0 else { throw SystemError("look at a file", errno) }
        return Int(facts.st_size)
    }

    /// The bytes at an offset; fewer than `count` at the end.
    package func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor.number, $0.baseAddress?.advanced(by: done), count - done, off_t(offset + done)) }
            if got < 0, errno == EINTR { continue }
            if got < 0 { throw SystemError("read a file", errno) }
            if got == 0 { break }
            done += got
        }
        return Array(bytes[..<done])
    }

    /// Which file has a name now; nil when there is none.
    package static func identity(of path: String) -> Identity? {
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0 else { return nil }
        return Identity(device: UInt(facts.st_dev), number: UInt(facts.st_ino))
    }

    /// The size of the file that has a name now.
    package static func size(of path: String) -> Int? {
        var facts = stat()
        return unsafe lstat(path, &facts) == 0 ? Int(facts.st_size) : nil
    }

    /// Something to read when a file in a folder grows, comes, goes or is moved.
    package static func growth(in folder: String) throws(SystemError) -> DescriptorStream {
        let descriptor = OwnedDescriptor(try SystemError.check("watch \(folder)", unsafe kst_watch_growth(folder)))
        return try DescriptorStream(reading: descriptor, writing: nil)
    }

    /// Gives a file another name.
    package static func rename(_ path: String, to target: String) throws(SystemError) {
        if unsafe Glibc.rename(path, target) != 0 { throw SystemError("rename \(path)", errno) }
    }

    /// Writes to a named pipe that somebody reads from; does not wait for a reader.
    package static func tell(_ path: String, _ text: String) throws(SystemError) {
        let pipe = OwnedDescriptor(try SystemError.check("open \(path)", unsafe kst_open(path, O_WRONLY | O_NONBLOCK)))
        let bytes = Array(text.utf8)
        _ = try SystemError.check("write to \(path)", unsafe kst_write(pipe.number, bytes, bytes.count))
    }
}

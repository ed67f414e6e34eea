import CZlib

/// Decompresses the header blocks of one direction of a SPDY connection; each builds on those before.
///
/// Owned by one decoder, which is used by one caller at a time.
@safe final class HeaderInflater: @unchecked Sendable {
    /// The most bytes that a block may become.
    static let limit = 64 * 1024
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init() throws(StreamProtocolError) {
        unsafe stream.initialize(to: z_stream())
        guard unsafe inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw StreamProtocolError("zlib cannot be started")
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    func inflate(_ block: [UInt8]) throws(StreamProtocolError) -> [UInt8] {
        var block = block
        var out: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        var fault: String?
        unsafe block.withUnsafeMutableBufferPointer { input in
            unsafe stream.pointee.next_in = input.baseAddress
            unsafe stream.pointee.avail_in = UInt32(input.count)
            unsafe chunk.withUnsafeMutableBufferPointer { room in
                repeat {
                    unsafe stream.pointee.next_out = room.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(room.count)
                    var result = unsafe CZlib.inflate(stream, Z_SYNC_FLUSH)
                    if result == Z_NEED_DICT {
                        let words = SPDYDictionary.bytes
                        result = unsafe inflateSetDictionary(stream, words, UInt32(words.count))
                        if result == Z_OK { continue }
                    }
                    guard result == Z_OK || result == Z_BUF_ERROR else {
                        fault = "a header block is not compressed as SPDY does"
                        return
                    }
                    unsafe out += room[..<(room.count - Int(stream.pointee.avail_out))]
                    if out.count > Self.limit { fault = "a header block is longer than \(Self.limit) bytes" }
                } while unsafe fault == nil && (stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0)
            }
        }
        if let fault { throw StreamProtocolError(fault) }
        return out
    }
}

/// Compresses the header blocks of one direction of a SPDY connection.
///
/// Owned by one encoder, which is used by one caller at a time.
@safe final class HeaderDeflater: @unchecked Sendable {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init() throws(StreamProtocolError) {
        unsafe stream.initialize(to: z_stream())
        let words = SPDYDictionary.bytes
        guard unsafe deflateInit_(stream, Z_DEFAULT_COMPRESSION, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK,
            unsafe deflateSetDictionary(stream, words, UInt32(words.count)) == Z_OK
        else { throw StreamProtocolError("zlib cannot be started") }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    func deflate(_ block: [UInt8]) -> [UInt8] {
        var block = block
        var out: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        unsafe block.withUnsafeMutableBufferPointer { input in
            unsafe stream.pointee.next_in = input.baseAddress
            unsafe stream.pointee.avail_in = UInt32(input.count)
            unsafe chunk.withUnsafeMutableBufferPointer { room in
                repeat {
                    unsafe stream.pointee.next_out = room.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(room.count)
                    _ = unsafe CZlib.deflate(stream, Z_SYNC_FLUSH)
                    unsafe out += room[..<(room.count - Int(stream.pointee.avail_out))]
                } while unsafe stream.pointee.avail_out == 0
            }
        }
        return out
    }
}

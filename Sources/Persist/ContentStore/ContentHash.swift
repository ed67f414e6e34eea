import Crypto
package import OCIModel

/// Computes a digest while bytes go by.
package struct ContentHash {
    private enum State {
        case sha256(SHA256)
        case sha512(SHA512)
    }
    private var state: State
    /// How many bytes went by.
    package private(set) var count: Int64 = 0

    package init(_ algorithm: ImageDigest.Algorithm) {
        switch algorithm {
        case .sha256: state = .sha256(SHA256())
        case .sha512: state = .sha512(SHA512())
        }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        count += Int64(bytes.count)
        switch state {
        case .sha256(var hash):
            state = .sha256(SHA256())
            unsafe hash.update(bufferPointer: bytes)
            state = .sha256(hash)
        case .sha512(var hash):
            state = .sha512(SHA512())
            unsafe hash.update(bufferPointer: bytes)
            state = .sha512(hash)
        }
    }

    package mutating func update(_ bytes: some Sequence<UInt8>) {
        var copy = self
        let done: Bool? = bytes.withContiguousStorageIfAvailable { buffer in
            unsafe copy.update(UnsafeRawBufferPointer(buffer))
            return true
        }
        if done == nil {
            let array = Array(bytes)
            unsafe array.withUnsafeBytes { unsafe copy.update($0) }
        }
        self = copy
    }

    /// The digest of what went by so far.
    package var digest: ImageDigest {
        let digest: ImageDigest? = switch state {
        case .sha256(let hash): ImageDigest(.sha256, bytes: hash.finalize())
        case .sha512(let hash): ImageDigest(.sha512, bytes: hash.finalize())
        }
        guard let digest else { preconditionFailure("a hash has the length of its algorithm") }
        return digest
    }

    /// The digest of `bytes`.
    package static func digest(_ bytes: [UInt8], _ algorithm: ImageDigest.Algorithm = .sha256) -> ImageDigest {
        var hash = ContentHash(algorithm)
        hash.update(bytes)
        return hash.digest
    }

    /// The names of the layers' stacks: of the lowest alone, of the lowest two, and so on.
    ///
    /// Source: OCI image specification 1.1, "Layer ChainID".
    package static func chain(_ diffIDs: [ImageDigest]) -> [ImageDigest] {
        var chain: [ImageDigest] = []
        for diffID in diffIDs {
            chain.append(chain.last.map { digest(Array("\($0) \(diffID)".utf8)) } ?? diffID)
        }
        return chain
    }
}

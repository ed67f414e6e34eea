package import OCIModel

/// Why the content store did not do what it was asked. Each case says what is true then.
package enum ContentStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such blob.
    case missing(ImageDigest)
    /// A blob on the disk is not what its name says. It was removed; fetch it again.
    case damaged(ImageDigest)
    /// What came is not what was asked for. Nothing of it was kept.
    case mismatch(expected: ImageDigest, found: String)
    /// More bytes came than were announced, or fewer. Nothing of it was kept.
    case size(ImageDigest, expected: Int64, found: Int64)
    /// A blob has more bytes than the caller takes. Nothing was read.
    case tooLarge(ImageDigest, size: Int64, limit: Int64)
    /// No image has this name.
    case noImage(String)
    /// Several images have a digest that begins so.
    case ambiguous(String, [String])
    /// The list of images cannot be read. Nothing was changed.
    case damagedIndex(path: String, what: String)
    /// The disk is full. What was asked was not done.
    case full(path: String)
    /// The system refused. What was asked was not done.
    case io(ContentFileFailure)

    init(_ failure: ContentFileFailure) { self = failure.isFull ? .full(path: failure.path) : .io(failure) }

    package var description: String {
        switch self {
        case .missing(let digest): "the blob \(digest) is not there; pull or load the image again"
        case .damaged(let digest): "the blob \(digest) was damaged on the disk and has been removed; pull or load the image again"
        case .mismatch(let expected, let found): "the contents have the digest \(found) and not \(expected); nothing was kept"
        case .size(let digest, let expected, let found): "the blob \(digest) should have \(expected) bytes and \(found) came; nothing was kept"
        case .tooLarge(let digest, let size, let limit): "the blob \(digest) has \(size) bytes, more than the \(limit) that are taken"
        case .noImage(let name): "there is no image \(name); 'kastell image list' shows what there is"
        case .ambiguous(let prefix, let names): "\(prefix) could be \(names.joined(separator: " or ")); write more of it"
        case .damagedIndex(let path, let what): "the list of images \(path) cannot be read (\(what)); move it away and load the images again"
        case .full(let path): "no space left for \(path); free some, or remove images with 'kastell image remove'"
        case .io(let failure): failure.description
        }
    }
}

/// Runs `body`, whose failures are the system's.
func onDisk<Value>(_ body: () throws(ContentFileFailure) -> Value) throws(ContentStoreError) -> Value {
    do { return try body() } catch { throw ContentStoreError(error) }
}

package import Crypto

/// A named key of one provider. Its bytes are never printed, mirrored or compared by description.
package struct EncryptionKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name that stands in the envelope, so that the right key is found when reading.
    package var name: String
    /// The secret itself: 16, 24 or 32 bytes for AES, 32 for secretbox.
    package var secret: SymmetricKey

    package init(name: String, secret: SymmetricKey) {
        self.name = name
        self.secret = secret
    }

    package init(name: String, bytes: [UInt8]) { self.init(name: name, secret: SymmetricKey(data: bytes)) }

    package var description: String { "key \"\(name)\"" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

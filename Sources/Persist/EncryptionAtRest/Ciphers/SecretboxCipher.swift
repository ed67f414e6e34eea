import CSodium
import Crypto

/// `nonce[24] | tag[16] | XSalsa20(plaintext)` with Poly1305, as NaCl's secretbox; the only user of libsodium.
struct SecretboxCipher: ValueCipher {
    let secret: SymmetricKey

    private static let nonceSize = 24
    private static let tagSize = 16

    /// Whether the library is ready; it needs to be asked once.
    private static let isReady = sodium_init() >= 0

    func seal(_ plaintext: [UInt8], context: [UInt8], after header: [UInt8]) throws(CipherError) -> [UInt8] {
        guard Self.isReady, secret.bitCount == 256 else { throw .refused }
        let start = header.count
        let count = start + Self.nonceSize + Self.tagSize + plaintext.count
        let key = secret
        var failed = false
        let out = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            unsafe UnsafeMutableRawBufferPointer(buffer).copyBytes(from: header)
            let nonce = unsafe buffer.baseAddress.unsafelyUnwrapped + start
            unsafe randombytes_buf(nonce, Self.nonceSize)
            let answer = unsafe key.withUnsafeBytes { secret in
                unsafe crypto_secretbox_easy(
                    nonce + Self.nonceSize, plaintext, UInt64(plaintext.count), nonce,
                    secret.bindMemory(to: UInt8.self).baseAddress.unsafelyUnwrapped)
            }
            failed = answer != 0
            filled = count
        }
        if failed { throw .refused }
        return out
    }

    func open(_ sealed: ArraySlice<UInt8>, context: [UInt8]) throws(CipherError) -> [UInt8] {
        guard Self.isReady, secret.bitCount == 256, sealed.count >= Self.nonceSize + Self.tagSize else {
            throw .refused
        }
        let count = sealed.count - Self.nonceSize - Self.tagSize
        let key = secret
        var failed = false
        let out = unsafe [UInt8](unsafeUninitializedCapacity: max(count, 1)) { buffer, filled in
            let target = unsafe buffer.baseAddress.unsafelyUnwrapped
            let answer = unsafe sealed.withUnsafeBufferPointer { source in
                unsafe key.withUnsafeBytes { secret in
                    let nonce = unsafe source.baseAddress.unsafelyUnwrapped
                    return unsafe crypto_secretbox_open_easy(
                        target, nonce + Self.nonceSize, UInt64(source.count - Self.nonceSize), nonce,
                        secret.bindMemory(to: UInt8.self).baseAddress.unsafelyUnwrapped)
                }
            }
            failed = answer != 0
            filled = failed ? 0 : count
        }
        if failed { throw .refused }
        return out
    }
}

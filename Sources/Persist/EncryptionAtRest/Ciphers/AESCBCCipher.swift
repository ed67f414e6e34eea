import Crypto
import CryptoExtras

/// `iv[16] | AES-CBC(plaintext, PKCS#7)`. Without authentication: kept because kube-apiserver has it.
struct AESCBCCipher: ValueCipher {
    let secret: SymmetricKey

    private static let blockSize = 16

    func seal(_ plaintext: [UInt8], context: [UInt8], after header: [UInt8]) throws(CipherError) -> [UInt8] {
        do {
            let vector = AES._CBC.IV()
            let ciphertext = try AES._CBC.encrypt(plaintext, using: secret, iv: vector)
            var out = header
            out.reserveCapacity(header.count + Self.blockSize + ciphertext.count)
            out.append(contentsOf: vector)
            out.append(contentsOf: ciphertext)
            return out
        } catch {
            throw .refused
        }
    }

    func open(_ sealed: ArraySlice<UInt8>, context: [UInt8]) throws(CipherError) -> [UInt8] {
        guard sealed.count >= 2 * Self.blockSize, sealed.count.isMultiple(of: Self.blockSize) else { throw .refused }
        do {
            let vector = try AES._CBC.IV(ivBytes: sealed.prefix(Self.blockSize))
            return Array(try AES._CBC.decrypt(sealed.dropFirst(Self.blockSize), using: secret, iv: vector))
        } catch {
            throw .refused
        }
    }
}

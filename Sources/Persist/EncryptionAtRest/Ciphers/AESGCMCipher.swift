import Crypto

/// `nonce[12] | AES-GCM(plaintext) | tag[16]`, bound to the storage key: a value moved to another key does not open.
struct AESGCMCipher: ValueCipher {
    let secret: SymmetricKey

    private static let nonceSize = 12
    private static let tagSize = 16

    func seal(_ plaintext: [UInt8], context: [UInt8], after header: [UInt8]) throws(CipherError) -> [UInt8] {
        do {
            let box = try AES.GCM.seal(plaintext, using: secret, authenticating: context)
            var out = header
            out.reserveCapacity(header.count + Self.nonceSize + plaintext.count + Self.tagSize)
            out.append(contentsOf: box.nonce)
            out.append(contentsOf: box.ciphertext)
            out.append(contentsOf: box.tag)
            return out
        } catch {
            throw .refused
        }
    }

    func open(_ sealed: ArraySlice<UInt8>, context: [UInt8]) throws(CipherError) -> [UInt8] {
        guard sealed.count >= Self.nonceSize + Self.tagSize else { throw .refused }
        do {
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: sealed.prefix(Self.nonceSize)),
                ciphertext: sealed.dropFirst(Self.nonceSize).dropLast(Self.tagSize), tag: sealed.suffix(Self.tagSize))
            return Array(try AES.GCM.open(box, using: secret, authenticating: context))
        } catch {
            throw .refused
        }
    }
}

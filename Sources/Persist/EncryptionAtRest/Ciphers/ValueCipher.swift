/// Why a cipher refused; the caller knows the key and the place and says so.
enum CipherError: Error { case refused }

/// Seals and opens values with one secret. `context` is the storage key of the value.
protocol ValueCipher: Sendable {
    func seal(_ plaintext: [UInt8], context: [UInt8], after header: [UInt8]) throws(CipherError) -> [UInt8]
    func open(_ sealed: ArraySlice<UInt8>, context: [UInt8]) throws(CipherError) -> [UInt8]
}

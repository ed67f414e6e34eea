/// The hash of a blob, which is also its name: `sha256:…` or `sha512:…`.
///
/// Source: OCI image specification 1.1, "Digests".
public struct ImageDigest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The registered algorithms. Others are refused: what cannot be computed cannot be verified.
    public enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case sha256
        case sha512

        /// How many hexadecimal digits a digest has.
        public var length: Int {
            switch self {
            case .sha256: 64
            case .sha512: 128
            }
        }
    }

    /// What computed it.
    public let algorithm: Algorithm
    /// The hash in lower-case hexadecimal digits, of the algorithm's length.
    public let hex: String

    /// Reads `sha256:` or `sha512:` and the digits; nil when it is anything else. Upper-case digits are not the same name.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count <= 135, let colon = bytes.firstIndex(of: 0x3A),
            let algorithm = Algorithm(rawValue: String(text[..<colon]))
        else { return nil }
        self.init(algorithm, hex: String(text[bytes.index(after: colon)...]))
    }

    /// A digest from its digits; nil when there are too few or too many, or others than `0-9a-f`.
    public init?(_ algorithm: Algorithm, hex: String) {
        guard hex.utf8.count == algorithm.length,
            hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.algorithm = algorithm
        self.hex = hex
    }

    /// A digest from the bytes that the algorithm gave; nil when their count is not the algorithm's.
    public init?(_ algorithm: Algorithm, bytes: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        var hex: [UInt8] = []
        hex.reserveCapacity(algorithm.length)
        for byte in bytes {
            hex.append(digits[Int(byte >> 4)])
            hex.append(digits[Int(byte & 15)])
        }
        self.init(algorithm, hex: String(decoding: hex, as: UTF8.self))
    }

    /// `sha256:…`
    public var description: String { algorithm.rawValue + ":" + hex }

    /// The first twelve digits, as lists show them.
    public var short: String { String(hex.prefix(12)) }

    /// By algorithm, then by digits.
    public static func < (left: ImageDigest, right: ImageDigest) -> Bool { left.description < right.description }
}

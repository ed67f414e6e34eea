/// How much a namespace demands of its pods. Each level demands all of the one before.
public enum PodSecurityLevel: String, Hashable, Sendable, Comparable, CaseIterable {
    /// Everything is allowed.
    case privileged
    /// The known ways to more privileges are closed.
    case baseline
    /// Pods are hardened.
    case restricted

    private var rank: Int {
        switch self {
        case .privileged: 0
        case .baseline: 1
        case .restricted: 2
        }
    }

    /// Whether `left` demands less than `right`.
    public static func < (left: PodSecurityLevel, right: PodSecurityLevel) -> Bool { left.rank < right.rank }
}

/// The Kubernetes version whose standards are meant.
public enum PodSecurityVersion: Hashable, Sendable, CustomStringConvertible {
    /// The newest that is known here.
    case latest
    /// `v1.minor`.
    case minor(Int)

    /// Reads `latest` or `v1.x`; nil for anything else.
    public init?(_ text: String) {
        if text == "latest" {
            self = .latest
            return
        }
        guard text.hasPrefix("v1.") else { return nil }
        let digits = text.dropFirst(3)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), digits == "0" || digits.first != "0" else { return nil }
        // A number that does not fit is later than every version that is known.
        self = .minor(Int(digits) ?? Int.max)
    }

    /// Whether this is version 1.`number` or later.
    func isAtLeast(_ number: Int) -> Bool {
        switch self {
        case .latest: true
        case .minor(let minor): minor >= number
        }
    }

    /// `latest` or `v1.x`.
    public var description: String {
        switch self {
        case .latest: "latest"
        case .minor(let minor): "v1.\(minor)"
        }
    }
}

/// A level in a version: what pods are measured by.
public struct PodSecurityStandard: Hashable, Sendable, CustomStringConvertible {
    /// The level.
    public var level: PodSecurityLevel
    /// The version of the level.
    public var version: PodSecurityVersion

    /// A level in the form of a version; by default of the newest that is known here.
    public init(_ level: PodSecurityLevel, _ version: PodSecurityVersion = .latest) {
        self.level = level
        self.version = version
    }

    /// `baseline:latest`.
    public var description: String { "\(level.rawValue):\(version)" }
}

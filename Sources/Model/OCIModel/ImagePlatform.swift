public import JSONValue

/// What an image runs on: system, processor and its variant.
///
/// Source: OCI image specification 1.1, "Image Index"; names are those of Go.
public struct ImagePlatform: Hashable, Sendable, CustomStringConvertible {
    /// Such as `linux`.
    public var system: String
    /// Such as `amd64` or `arm64`.
    public var architecture: String
    /// Such as `v7` or `v3`; empty when none is named.
    public var variant: String

    /// A platform by Go's names; by default of Linux, and with the variant left open.
    public init(system: String = "linux", architecture: String, variant: String = "") {
        self.system = system
        self.architecture = architecture
        self.variant = variant
    }

    init(_ value: JSON) {
        self.init(
            system: value["os"]?.string ?? "", architecture: value["architecture"]?.string ?? "",
            variant: value["variant"]?.string ?? "")
    }

    /// The platform of a machine by the name that the kernel gives it, such as `x86_64`; nil when it is not known.
    public init?(machine: String) {
        let names: [String: (String, String)] = [
            "x86_64": ("amd64", ""), "aarch64": ("arm64", "v8"), "armv7l": ("arm", "v7"), "armv6l": ("arm", "v6"), "i686": ("386", ""),
            "riscv64": ("riscv64", ""), "ppc64le": ("ppc64le", ""), "s390x": ("s390x", ""), "loongarch64": ("loong64", ""),
        ]
        guard let (architecture, variant) = names[machine] else { return nil }
        self.init(architecture: architecture, variant: variant)
    }

    /// Reads `linux/arm64/v8`; nil when it has not two or three parts.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 64 }) else { return nil }
        self.init(system: parts[0], architecture: parts[1], variant: parts.count == 3 ? parts[2] : "")
    }

    /// The same platform without what its names leave open: `amd64` has the variant `v1`, `arm` `v7`, `arm64` `v8`.
    var normalized: ImagePlatform {
        var platform = self
        switch (architecture, variant) {
        case ("x86_64", _): platform.architecture = "amd64"
        case ("aarch64", _): platform.architecture = "arm64"
        default: break
        }
        if platform.variant.isEmpty { platform.variant = ["amd64": "v1", "arm64": "v8", "arm": "v7"][platform.architecture] ?? "" }
        return platform
    }

    /// How well an image for `offered` runs here: nil when it does not, and the greater the better.
    ///
    /// A variant runs what was made for it or an earlier one of the same processor.
    public func fitness(of offered: ImagePlatform) -> Int? {
        let (mine, other) = (normalized, offered.normalized)
        guard other.system == mine.system, other.architecture == mine.architecture else { return nil }
        if other.variant == mine.variant { return 1000 }
        guard let most = Self.level(mine.variant), let wanted = Self.level(other.variant), wanted <= most else { return nil }
        return wanted
    }

    private static func level(_ variant: String) -> Int? {
        guard variant.hasPrefix("v"), variant.utf8.count <= 4 else { return nil }
        return Int(variant.dropFirst().prefix { $0 != "." }).flatMap { (0...99).contains($0) ? $0 : nil }
    }

    /// `linux/arm64/v8`
    public var description: String { system + "/" + architecture + (variant.isEmpty ? "" : "/" + variant) }

    /// The platform as an index writes it.
    public var json: JSON {
        var value: JSON = ["architecture": .string(architecture), "os": .string(system)]
        if !variant.isEmpty { value["variant"] = .string(variant) }
        return value
    }
}

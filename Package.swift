// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"), .enableUpcomingFeature("ImmutableWeakCaptures"),
    .strictMemorySafety(), .treatAllWarnings(as: .error),
]

/// The layers, each a folder under Sources; docs/architecture/edges.txt says which target may import which.
enum Layer: String {
    case model = "Model"
    case decide = "Decide"
    case persist = "Persist"
    case serve = "Serve"
    case operate = "Operate"
}

func module(_ layer: Layer, _ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(layer.rawValue)/\(name)", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "Kastell",
    dependencies: [
        // Event loops, sockets and HTTP/1.1: saves a network stack.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        // TLS: saves a binding of BoringSSL.
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        // HTTP/2 framing, HPACK and flow control.
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        // AES, HMAC, P-256, RSA.
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        // X.509 certificates and requests: building, parsing, verifying.
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        // DER and PEM, which the certificates are written in.
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        // Command line, help and completions.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Structured log messages.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Deque and ordered collections.
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    ],
    targets: [
        module(.model, "PolicyModel", []),
        module(.model, "JSONValue", []),
        module(.model, "KubeModel", ["JSONValue", "PolicyModel"]),

        tests("JSONValueTests", ["JSONValue"]),

        .executableTarget(name: "kastell", dependencies: [
            "KubeModel",
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOWebSocket", package: "swift-nio"),
            .product(name: "NIOTLS", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "CryptoExtras", package: "swift-crypto"),
            .product(name: "X509", package: "swift-certificates"),
            .product(name: "SwiftASN1", package: "swift-asn1"),
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "DequeModule", package: "swift-collections"),
            .product(name: "OrderedCollections", package: "swift-collections"),
        ], path: "Sources/Operate/kastell", swiftSettings: strict),
    ]
)

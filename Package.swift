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
    case enforce = "Enforce"
    case operate = "Operate"
}

func module(_ layer: Layer, _ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(layer.rawValue)/\(name)", swiftSettings: strict)
}

/// `exclude` names folders of cases that a test reads by itself.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, resources: resources, swiftSettings: strict)
}

let crypto: [Target.Dependency] = [
    .product(name: "Crypto", package: "swift-crypto"), .product(name: "CryptoExtras", package: "swift-crypto"),
]
let x509: [Target.Dependency] = [.product(name: "X509", package: "swift-certificates"), .product(name: "SwiftASN1", package: "swift-asn1")]
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "Logging", package: "swift-log"),
]
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")

let package = Package(
    name: "Kastell",
    products: [
        // The pure parts, for whoever wants their decisions without the server; the benchmarks take them from here.
        .library(name: "KastellModel", targets: ["PolicyModel", "JSONValue", "KubeModel", "ObjectPatch", "ObjectDefaults", "ObjectValidation"]),
        .library(name: "KastellDecide", targets: ["Authentication", "RBAC", "NodeAuthorization", "PodSecurity", "PodSecurityPolicy", "Admission"]),
        .executable(name: "kastell", targets: ["kastell"]),
    ],
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
        // An HTTP client with connection pool, for HTTPS to an API server.
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        // Command line, help and completions.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Structured log messages.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Deque and ordered collections.
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        // Signals as a sequence.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        module(.model, "PolicyModel", []),
        module(.model, "JSONValue", []),
        module(.model, "KubeModel", ["JSONValue", "PolicyModel"]),
        .systemLibrary(name: "CYAML", path: "Sources/Model/CYAML"),
        module(.model, "YAMLValue", ["JSONValue", "CYAML"]),
        module(.model, "OCIModel", ["JSONValue", "KubeModel", "PolicyModel"]),
        module(.model, "ObjectProtobuf", ["JSONValue", "KubeModel"]),
        module(.model, "ObjectPatch", ["JSONValue", "KubeModel", "PolicyModel"]),
        module(.model, "ObjectDefaults", ["JSONValue", "KubeModel", "PolicyModel"]),
        module(.model, "CustomResources", ["JSONValue", "KubeModel", "PolicyModel"]),
        module(.model, "ObjectValidation", ["CustomResources", "JSONValue", "KubeModel", "PolicyModel"]),
        module(.model, "ObjectWarnings", ["JSONValue", "KubeModel"]),
        module(.model, "ObjectTables", ["JSONValue", "KubeModel"]),
        module(.model, "APIDiscovery", ["JSONValue", "KubeModel"]),

        module(.decide, "PodSecurityPolicy", ["JSONValue", "KubeModel", "PolicyModel"]),
        module(.decide, "PodSecurity", ["JSONValue", "KubeModel", "PolicyModel"]),
        module(.decide, "RBAC", ["JSONValue", "KubeModel", "PolicyModel"]),
        module(.decide, "NodeAuthorization", ["JSONValue", "KubeModel", "PolicyModel", "RBAC"]),
        module(.decide, "Authentication", ["JSONValue", "KubeModel", "PolicyModel"] + crypto),
        module(.decide, "Admission", ["JSONValue", "KubeModel", "PolicyModel"]),
        module(.decide, "NetworkPolicy", ["JSONValue", "KubeModel", "PolicyModel"]),
        module(.decide, "NFTables", ["NetworkPolicy", "PolicyModel"]),
        module(.decide, "ServiceRouting", ["JSONValue", "KubeModel", "NFTables", "NetworkPolicy"]),
        module(.decide, "ClusterDNS", ["JSONValue", "KubeModel", "NetworkPolicy"]),
        module(.decide, "Scheduling", ["JSONValue", "KubeModel", "PolicyModel"]),
        module(.decide, "Confinement", ["JSONValue", "KubeModel", "OCIModel", "ObjectDefaults", "PolicyModel"]),
        module(.decide, "PodLifecycle", ["JSONValue", "KubeModel", "ObjectDefaults"]),
        module(.decide, "VolumeContent", ["JSONValue", "KubeModel", "OCIModel"]),
        module(.decide, "ResourceUsage", ["JSONValue", "KubeModel"]),
        module(.decide, "Reconcile", ["Admission", "JSONValue", "KubeModel", "RBAC", "Scheduling"]),

        .systemLibrary(name: "CSQLite", path: "Sources/Persist/CSQLite"),
        .systemLibrary(name: "CSodium", path: "Sources/Persist/CSodium"),
        module(.persist, "EncryptionAtRest", ["CSodium", "JSONValue", "KubeModel", "PolicyModel"] + crypto),
        module(.persist, "Store", ["CSQLite", "EncryptionAtRest", "KubeModel"]),
        // Writes to a store until it is killed: the other half of the crash tests.
        .executableTarget(
            name: "StoreCrashWriter", dependencies: ["Store", "EncryptionAtRest", "KubeModel"], path: "Sources/Persist/StoreCrashWriter",
            swiftSettings: strict),

        .systemLibrary(name: "CArchive", path: "Sources/Persist/CArchive"),
        module(.persist, "ContentStore", ["JSONValue", "OCIModel"] + [.product(name: "Crypto", package: "swift-crypto")]),

        module(.serve, "CertificateAuthority", ["JSONValue", "KubeModel"] + crypto + x509),
        module(.serve, "KubeClient", ["JSONValue", "KubeModel", nioSSL, .product(name: "AsyncHTTPClient", package: "async-http-client")] + nio),
        .systemLibrary(name: "CZlib", path: "Sources/Serve/CZlib"),
        module(
            .serve, "StreamProtocol",
            ["CZlib", "CertificateAuthority", "JSONValue", "KubeModel", .product(name: "Crypto", package: "swift-crypto")]),
        module(
            .serve, "TunnelChannel",
            [
                "JSONValue", "StreamProtocol", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"), .product(name: "DequeModule", package: "swift-collections"),
            ]),
        module(
            .serve, "APIServer",
            [
                "JSONValue", "KubeModel", "PolicyModel", "YAMLValue", "ObjectPatch", "ObjectDefaults", "ObjectProtobuf", "ObjectValidation", "ObjectWarnings", "ObjectTables",
                "APIDiscovery", "CustomResources", "PodSecurity", "PodSecurityPolicy", "RBAC", "NodeAuthorization", "Authentication", "Admission", "Store",
                "CertificateAuthority", "KubeClient", "NetworkPolicy", "ResourceUsage", "StreamProtocol", "TunnelChannel", nioSSL, .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"), .product(name: "DequeModule", package: "swift-collections"),
            ] + nio),

        module(
            .serve, "ControllerManager",
            [
                "JSONValue", "KubeModel", "PolicyModel", "Reconcile", "Scheduling", "CertificateAuthority", "KubeClient",
                .product(name: "Logging", package: "swift-log"), .product(name: "HeapModule", package: "swift-collections"),
            ]),

        .systemLibrary(name: "CNft", path: "Sources/Enforce/CNft"),
        .target(name: "CLinux", path: "Sources/Enforce/CLinux"),
        module(.enforce, "LinuxKernel", ["CLinux", "CNft", "KubeModel", "NetworkPolicy"]),
        module(
            .enforce, "NodeAgent",
            [
                "Admission", "CertificateAuthority", "Confinement", "ContainerImages", "ContainerRuntime", "ContentStore", "JSONValue", "KubeClient", "KubeModel", "LinuxKernel",
                "NetworkPolicy", "NodeNetwork", "NodeTunnel", "OCIModel", "ObjectDefaults", "ObjectValidation", "PodLifecycle", "PodVolumes", "PolicyModel", "ResourceUsage",
                "YAMLValue", nioSSL,
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
            ] + nio),
        module(.enforce, "ContainerRuntime", ["CertificateAuthority", "JSONValue", "KubeModel", "LinuxKernel", "OCIModel"]),
        module(
            .enforce, "PodVolumes",
            [
                "CertificateAuthority", "Confinement", "JSONValue", "KubeClient", "KubeModel", "LinuxKernel", "OCIModel", "Scheduling", "VolumeContent",
                .product(name: "Logging", package: "swift-log"),
            ]),
        module(
            .enforce, "DNSServer",
            [
                "CertificateAuthority", "ClusterDNS", "JSONValue", "KubeClient", "KubeModel", "NetworkPolicy", .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        module(
            .enforce, "NodeTunnel",
            [
                "ContainerRuntime", "JSONValue", "KubeModel", "LinuxKernel", "OCIModel", "ResourceUsage", "StreamProtocol", "TunnelChannel", nioSSL,
                .product(name: "NIOHTTP2", package: "swift-nio-http2"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "Logging", package: "swift-log"),
            ]),
        module(.enforce, "NodeNetwork", ["LinuxKernel", "NFTables", "NetworkPolicy", "PolicyModel"]),

        module(
            .enforce, "ClusterNetwork",
            [
                "JSONValue", "KubeClient", "KubeModel", "NFTables", "NetworkPolicy", "NodeNetwork", "PolicyModel", "ServiceRouting",
                .product(name: "Logging", package: "swift-log"),
            ]),

        module(
            .enforce, "ContainerImages",
            [
                "CArchive", "ContentStore", "JSONValue", "OCIModel", nioSSL, .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),

        module(.operate, "ClusterConfiguration", ["CertificateAuthority", "JSONValue", "OCIModel", "YAMLValue"]),
        module(
            .operate, "ControlPlane",
            [
                "APIServer", "CertificateAuthority", "ClusterConfiguration", "ControllerManager", "EncryptionAtRest", "JSONValue", "KubeModel",
                "PodSecurity", "Store", "YAMLValue", nioSSL,
            ] + nio),
        module(
            .operate, "WorkerNode",
            [
                "CertificateAuthority", "ClusterNetwork", "Confinement", "ContainerImages", "ContainerRuntime", "ContentStore", "DNSServer", "JSONValue", "KubeClient",
                "KubeModel", "LinuxKernel", "NetworkPolicy", "NFTables", "NodeAgent", "NodeNetwork", "NodeTunnel", "OCIModel", "Reconcile",
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        module(
            .operate, "CLI",
            [
                "CertificateAuthority", "ClusterConfiguration", "ContainerImages", "ContentStore", "ControlPlane", "EncryptionAtRest", "JSONValue",
                "KubeClient", "KubeModel", "LinuxKernel", "NetworkPolicy", "OCIModel", "Store", "WorkerNode", "YAMLValue", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"), .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),

        // Seeded inputs for the tests that look for what breaks a parser.
        .target(name: "Fuzzing", path: "Tests/Fuzzing", swiftSettings: strict),

        tests("JSONValueTests", ["JSONValue"]),
        tests("KubeModelTests", ["KubeModel", "JSONValue", "Fuzzing"]),
        tests("OCIModelTests", ["OCIModel", "JSONValue", "KubeModel", "PolicyModel"]),
        tests("YAMLValueTests", ["YAMLValue", "JSONValue"]),
        tests(
            "ObjectValidationTests", ["Fuzzing", "ObjectValidation", "ObjectDefaults", "JSONValue", "KubeModel", "PolicyModel"],
            resources: [.copy("Cases")]),
        tests("ObjectProtobufTests", ["Fuzzing", "ObjectProtobuf", "JSONValue"]),
        tests("ObjectPatchTests", ["Fuzzing", "ObjectPatch", "JSONValue", "KubeModel", "PolicyModel"]),
        tests("ObjectDefaultsTests", ["ObjectDefaults", "JSONValue", "KubeModel"]),
        tests("CustomResourcesTests", ["CustomResources", "JSONValue", "KubeModel", "PolicyModel"], resources: [.copy("Cases")]),
        tests("ObjectTablesTests", ["ObjectTables", "JSONValue", "KubeModel", "Fuzzing"]),
        tests("APIDiscoveryTests", ["APIDiscovery", "JSONValue", "KubeModel"]),
        tests("PodSecurityPolicyTests", ["PodSecurityPolicy", "JSONValue", "KubeModel", "PolicyModel"]),
        tests(
            "APIServerTests",
            [
                "APIServer", "CertificateAuthority", "EncryptionAtRest", "Fuzzing", "JSONValue", "KubeModel", "PodSecurity", "PolicyModel", "Store",
                nioSSL, .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio),
        tests("PodSecurityTests", ["PodSecurity", "ObjectDefaults", "JSONValue", "KubeModel", "PolicyModel"]),
        tests("SchedulingTests", ["Scheduling", "JSONValue", "KubeModel", "PolicyModel", "YAMLValue"], exclude: ["Cases"]),
        tests("ResourceUsageTests", ["ResourceUsage", "Fuzzing", "JSONValue", "KubeModel"]),
        tests("PodLifecycleTests", ["PodLifecycle", "JSONValue", "KubeModel", "YAMLValue"], exclude: ["Cases"]),
        tests(
            "ConfinementTests",
            ["Confinement", "JSONValue", "KubeModel", "OCIModel", "ObjectDefaults", "PolicyModel", "YAMLValue"],
            exclude: ["Cases", "Inside"]),
        tests("ReconcileTests", ["Reconcile", "JSONValue", "KubeModel"]),
        tests(
            "ControllerManagerTests",
            [
                "ControllerManager", "APIServer", "CertificateAuthority", "EncryptionAtRest", "KubeClient", "KubeModel", "JSONValue", "PolicyModel",
                "Reconcile", "Scheduling", "Store", .product(name: "Logging", package: "swift-log"),
            ]),
        tests("ContainerRuntimeTests", ["Confinement", "ContainerRuntime", "JSONValue", "KubeModel", "LinuxKernel", "OCIModel"]),
        tests(
            "NodeAgentTests",
            [
                "NodeAgent", "APIServer", "CertificateAuthority", "ControllerManager", "EncryptionAtRest", "JSONValue", "KubeClient", "KubeModel",
                "LinuxKernel", "PodLifecycle", "PolicyModel", "Store", .product(name: "Logging", package: "swift-log"),
            ]),
        tests(
            "WorkerNodeTests",
            [
                "WorkerNode", "CertificateAuthority", "JSONValue", "LinuxKernel", "NetworkPolicy", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests("VolumeContentTests", ["VolumeContent", "JSONValue", "KubeModel"]),
        tests(
            "PodVolumesTests",
            [
                "PodVolumes", "APIServer", "CertificateAuthority", "Confinement", "EncryptionAtRest", "JSONValue", "KubeClient", "KubeModel", "LinuxKernel",
                "OCIModel", "PolicyModel", "Store", "VolumeContent", .product(name: "Logging", package: "swift-log"),
            ]),
        tests(
            "NodeTunnelTests",
            [
                "NodeTunnel", "APIServer", "CertificateAuthority", "Confinement", "ContainerRuntime", "EncryptionAtRest", "JSONValue", "KubeClient",
                "KubeModel", "LinuxKernel", "OCIModel", "PolicyModel", "ResourceUsage", "Store", nioSSL, .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ], exclude: ["socket-client.py"]),
        tests("StreamProtocolTests", ["StreamProtocol", "CertificateAuthority", "Fuzzing", "JSONValue", "KubeModel"]),
        tests("RBACTests", ["RBAC", "NodeAuthorization", "JSONValue", "KubeModel", "PolicyModel"]),
        // Worlds of pods and policies, read from tables or made from a seed, that several tests share.
        .target(name: "PolicyWorlds", dependencies: ["NetworkPolicy", "JSONValue", "PolicyModel"], path: "Tests/PolicyWorlds", swiftSettings: strict),
        tests("NetworkPolicyTests", ["NetworkPolicy", "PolicyWorlds", "JSONValue", "PolicyModel", "YAMLValue"], exclude: ["Cases"]),
        // Sends real packets between network namespaces; in C, since it is all raw sockets.
        .target(name: "CNetworkProbe", path: "Tests/CNetworkProbe"),
        tests(
            "NodeNetworkTests",
            ["NodeNetwork", "LinuxKernel", "NFTables", "NetworkPolicy", "PolicyWorlds", "CNetworkProbe", "JSONValue", "PolicyModel"]),
        tests("ServiceRoutingTests", ["ServiceRouting", "NFTables", "NetworkPolicy", "JSONValue"]),
        tests(
            "ClusterNetworkTests",
            [
                "ClusterNetwork", "NodeNetwork", "LinuxKernel", "NFTables", "NetworkPolicy", "CNetworkProbe", "APIServer", "ControllerManager",
                "CertificateAuthority", "EncryptionAtRest", "JSONValue", "KubeClient", "KubeModel", "PolicyModel", "Store", "YAMLValue",
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests("ClusterDNSTests", ["ClusterDNS", "Fuzzing", "JSONValue", "NetworkPolicy"]),
        tests(
            "DNSServerTests",
            [
                "DNSServer", "APIServer", "CertificateAuthority", "ClusterDNS", "EncryptionAtRest", "JSONValue", "KubeClient", "KubeModel", "LinuxKernel", "NetworkPolicy",
                "PolicyModel", "Store",
            ] + nio),
        tests("NFTablesTests", ["NFTables", "NetworkPolicy", "PolicyWorlds", "JSONValue", "PolicyModel"]),
        tests("AuthenticationTests", ["Fuzzing", "Authentication", "NodeAuthorization", "RBAC", "JSONValue", "KubeModel", "PolicyModel"] + crypto),
        tests("EncryptionAtRestTests", ["Fuzzing", "EncryptionAtRest", "JSONValue", "KubeModel", "YAMLValue"]),
        tests("ContentStoreTests", ["ContentStore", "JSONValue", "OCIModel"]),
        tests("ContainerImagesTests", ["CArchive", "ContainerImages", "ContentStore", "JSONValue", "OCIModel"]),
        tests("StoreTests", ["Store", "EncryptionAtRest", "JSONValue", "KubeModel", "StoreCrashWriter", "CSQLite"]),
        tests("CertificateAuthorityTests", ["Fuzzing", "CertificateAuthority", "JSONValue", "KubeModel", .product(name: "SwiftASN1", package: "swift-asn1")]),
        tests("ClusterConfigurationTests", ["ClusterConfiguration", "CertificateAuthority", "KubeModel", "YAMLValue", "JSONValue"]),

        tests(
            "ControlPlaneTests",
            ["ControlPlane", "APIServer", "CertificateAuthority", "ClusterConfiguration", "EncryptionAtRest", "Fuzzing", "JSONValue", "KubeClient", "KubeModel",
                .product(name: "Logging", package: "swift-log")]),
        tests("CLITests", ["CLI", "JSONValue"]),

        // The rules of the repository: layers, imports, links between pages.
        tests("RepositoryTests", []),

        // The real program, started and driven with every kubectl that is found.
        tests("EndToEndTests", ["kastell", "ClusterNetwork", "CSQLite", "JSONValue", "KubeClient"], resources: [.copy("Resources")]),

        // Measures the network of a node; here and not in the package of the other benchmarks, which sees no internals.
        .executableTarget(
            name: "network-benchmark",
            dependencies: [
                "APIServer", "CertificateAuthority", "ClusterNetwork", "EncryptionAtRest", "JSONValue", "KubeClient", "KubeModel", "NodeNetwork", "LinuxKernel", "NFTables",
                "NetworkPolicy", "PolicyModel", "CNetworkProbe", "Store", .product(name: "Logging", package: "swift-log"),
            ],
            path: "Benchmarks/Sources/network", swiftSettings: strict),

        // A name server of many services, for Benchmarks/dns to ask.
        .executableTarget(
            name: "dns-benchmark", dependencies: ["DNSServer", "JSONValue", "KubeClient", "NetworkPolicy", .product(name: "Logging", package: "swift-log")],
            path: "Benchmarks/Sources/dns", swiftSettings: strict),

        .executableTarget(name: "kastell", dependencies: ["CLI"], path: "Sources/Operate/kastell", swiftSettings: strict),
    ]
)

// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "KastellBenchmarks",
    dependencies: [.package(name: "Kastell", path: "..")],
    targets: [
        .executableTarget(
            name: "micro",
            dependencies: [.product(name: "KastellModel", package: "Kastell"), .product(name: "KastellDecide", package: "Kastell")])
    ]
)

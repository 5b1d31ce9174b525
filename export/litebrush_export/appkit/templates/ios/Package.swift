// swift-tools-version: 5.9
import PackageDescription

// LitebrushRuntime needs LiteRT's prebuilt frameworks, which there are for Apple's platforms only; Litebrush is pure
// Swift, and its tests run anywhere.
#if os(macOS)
let runtime: [Target] = [
    .target(
        name: "LitebrushRuntime",
        dependencies: [
            "Litebrush",
            .product(name: "LiteRT", package: "LiteRT"),
            .product(name: "LiteRtMetalAccelerator", package: "LiteRT"),
        ],
        resources: [.copy("Resources/models"), .copy("Resources/golden")]
    )
]
let dependencies: [Package.Dependency] = [
    .package(url: "https://github.com/google-ai-edge/LiteRT", branch: "release/2.3.0")
]
let products = ["Litebrush", "LitebrushRuntime"]
#else
let runtime: [Target] = []
let dependencies: [Package.Dependency] = []
let products = ["Litebrush"]
#endif

let package = Package(
    name: "Litebrush",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: products.map { .library(name: $0, targets: [$0]) },
    dependencies: dependencies,
    targets: [
        .target(name: "Litebrush"),
        .testTarget(name: "LitebrushTests", dependencies: ["Litebrush"]),
    ] + runtime
)

// swift-tools-version: 6.0
import PackageDescription

// What `cargo xtask apple` packs for apps: the library for each of Apple's systems as an XCFramework, and the
// sources that call it.
let package = Package(
    name: "Farthing",
    defaultLocalization: "en",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Farthing", targets: ["Farthing", "FarthingApple"])
    ],
    targets: [
        .binaryTarget(name: "CFarthing", path: "CFarthing.xcframework"),
        .target(name: "FarthingFFI", dependencies: ["CFarthing"], swiftSettings: [.swiftLanguageMode(.v5)]),
        .target(name: "Farthing", dependencies: ["FarthingFFI"], resources: [.copy("PrivacyInfo.xcprivacy")]),
        .target(name: "FarthingApple", dependencies: ["Farthing"]),
    ]
)

// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "FarthingShop",
    defaultLocalization: "en",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [
        .library(name: "FarthingShop", targets: ["FarthingShop"]),
        .executable(name: "farthing-shop", targets: ["farthing-shop"]),
    ],
    dependencies: [.package(name: "Farthing", path: "../bindings/swift")],
    targets: [
        // What every front end shares: the models of the screens, and their texts.
        .target(
            name: "FarthingShop",
            dependencies: [.product(name: "Farthing", package: "Farthing")],
            // Xcode compiles the string catalog; where nothing does, it is copied and read as it is.
            resources: [.process("Resources")],
            // Swift 6.0's libswiftObservation.so misses a symbol that it never calls
            // (github.com/swiftlang/swift/issues/75670).
            linkerSettings: [.unsafeFlags(["-Xlinker", "--allow-shlib-undefined"], .when(platforms: [.linux]))]
        ),
        // The shop in a terminal.
        .executableTarget(
            name: "farthing-shop",
            dependencies: ["FarthingShop", .product(name: "Farthing", package: "Farthing")],
            path: "Sources/FarthingShopCommand"
        ),
        .testTarget(
            name: "FarthingShopTests",
            dependencies: [
                "FarthingShop", "farthing-shop", .product(name: "SandboxGateway", package: "Farthing"),
            ]
        ),
    ]
)

// swift-tools-version: 6.0
import Foundation
import PackageDescription

// The library, and the code that calls it: `cargo xtask bindings` makes both for this machine. Where `cargo xtask apple`
// has put the library for all of Apple's systems beside them, it is taken instead.
let generated = "Generated"
let library = "\(Context.packageDirectory)/\(generated)/lib"
let framework = "\(generated)/CFarthing.xcframework"
let hasFramework = FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/\(framework)")

let package = Package(
    name: "Farthing",
    defaultLocalization: "en",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Farthing", targets: ["Farthing", "FarthingApple"]),
        // A real gateway for the tests of an app.
        .library(name: "SandboxGateway", targets: ["SandboxGateway"]),
    ],
    targets: [
        hasFramework
            ? .binaryTarget(name: "CFarthing", path: framework)
            : .systemLibrary(name: "CFarthing", path: "\(generated)/CFarthing"),
        // What UniFFI writes is Swift 5; what people write here is Swift 6.
        .target(
            name: "FarthingFFI",
            dependencies: ["CFarthing"],
            path: "\(generated)/FarthingFFI",
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: hasFramework
                ? []
                : [
                    .linkedLibrary("farthing_ffi"),
                    .unsafeFlags(["-L\(library)", "-Xlinker", "-rpath", "-Xlinker", library]),
                ]
        ),
        .target(name: "Farthing", dependencies: ["FarthingFFI"]),
        .target(name: "FarthingApple", dependencies: ["Farthing"]),
        .target(name: "SandboxGateway", path: "Tests/SandboxGateway"),
        .executableTarget(name: "TimedBuys", dependencies: ["Farthing"], path: "Tests/TimedBuys"),
        .executableTarget(name: "OtherProcess", dependencies: ["Farthing"], path: "Tests/OtherProcess"),
        .testTarget(name: "FarthingTests", dependencies: ["Farthing", "SandboxGateway", "OtherProcess"]),
        // What apps call, compiled, and beside its recorded listing.
        .target(name: "APITester", dependencies: ["Farthing", "FarthingApple"], path: "Tests/APITester"),
        .testTarget(name: "APITests", dependencies: ["APITester"]),
        .testTarget(name: "FarthingAppleTests", dependencies: ["FarthingApple", "SandboxGateway"]),
    ]
)

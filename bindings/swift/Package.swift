// swift-tools-version: 6.0
import PackageDescription

// The library of this machine, and the code that calls it: `cargo xtask bindings` makes both. Apps for
// iPhones take the package that `cargo xtask apple` makes, which has them as an XCFramework.
let generated = "Generated"
let library = "\(Context.packageDirectory)/\(generated)/lib"

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
        .systemLibrary(name: "CFarthing", path: "\(generated)/CFarthing"),
        // What UniFFI writes is Swift 5; what people write here is Swift 6.
        .target(
            name: "FarthingFFI",
            dependencies: ["CFarthing"],
            path: "\(generated)/FarthingFFI",
            swiftSettings: [.swiftLanguageMode(.v5)],
            linkerSettings: [
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

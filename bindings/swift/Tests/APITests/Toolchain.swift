import Foundation
import Testing

/// The programs beside the compiler that built these tests.
struct Toolchain {
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL

    private let compiler: URL

    /// The toolchain of the `swiftc` on the PATH.
    init() throws {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        let found = folders.lazy.map { URL(fileURLWithPath: "\($0)/swiftc") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        compiler = try #require(found, "there is no swiftc on the PATH")
    }

    /// Writes what a module of this package declares for others.
    func extractSymbols(of module: String, to folder: URL) throws {
        let target = try JSONDecoder().decode(TargetInfo.self, from: Self.run(compiler, ["-print-target-info"]))
        let built = try #require(Bundle.main.executableURL).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        _ = try run(
            "swift-symbolgraph-extract",
            [
                "-module-name", module, "-target", target.target.triple, "-minimum-access-level", "public",
                "-skip-synthesized-members", "-I", built.appending(path: "Modules").path,
                "-I", Self.package.appending(path: "Generated/CFarthing").path, "-output-dir", folder.path,
            ]
        )
    }

    /// Runs a program of the toolchain and gives what it says.
    func run(_ program: String, _ arguments: [String]) throws -> Data {
        // The compiler may be called by a link, and the others lie beside what it links to.
        let folder = compiler.resolvingSymlinksInPath().deletingLastPathComponent()
        return try Self.run(folder.appending(path: program), arguments)
    }

    private struct TargetInfo: Decodable {
        let target: Target

        struct Target: Decodable {
            let triple: String
        }
    }

    private static func run(_ program: URL, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program.lastPathComponent) failed")
        return said
    }
}

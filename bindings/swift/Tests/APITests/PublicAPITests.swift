import Foundation
import Testing

/// The public API, as the compiler sees it, beside the listing that was recorded. What apps call doesn't change
/// unnoticed.
@Suite(.timeLimit(.minutes(2))) struct PublicAPITests {
    /// Made a change on purpose? `FARTHING_RECORD_API=1` with the tests records it.
    @Test func thePublicAPIIsAsRecorded() throws {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let recording = package.standardizedFileURL.appending(path: "public-api.txt")
        let listing = try ["Farthing", "FarthingApple"].map(PublicAPI.init).map(\.listing).joined(separator: "\n")
        if ProcessInfo.processInfo.environment["FARTHING_RECORD_API"] == "1" {
            try listing.write(to: recording, atomically: true, encoding: .utf8)
        }
        let recorded = try String(contentsOf: recording, encoding: .utf8)
        let (lines, known) = (Set(listing.split(separator: "\n")), Set(recorded.split(separator: "\n")))
        #expect(lines.subtracting(known).sorted() == [], "new: record them if they are meant")
        #expect(known.subtracting(lines).sorted() == [], "gone: this breaks apps")
    }
}

/// What a module declares for others.
private struct PublicAPI {
    /// A line for each declaration.
    let listing: String

    init(module: String) throws {
        let graph = try SymbolGraph(module: module)
        let lines = graph.symbols.map { symbol in
            let declaration = symbol.declarationFragments.map(\.spelling).joined()
            let container = symbol.pathComponents.dropLast().joined(separator: ".")
            return container.isEmpty ? declaration : "\(container): \(declaration)"
        }
        listing = "# \(module)\n" + Set(lines).sorted().map { "\($0)\n" }.joined()
    }
}

/// As `swift-symbolgraph-extract` writes it.
private struct SymbolGraph: Decodable {
    let symbols: [Symbol]

    struct Symbol: Decodable {
        let pathComponents: [String]
        let declarationFragments: [Fragment]
    }

    struct Fragment: Decodable {
        let spelling: String
    }

    init(module: String) throws {
        let compiler = try Self.compiler()
        let target = try JSONDecoder().decode(TargetInfo.self, from: Self.run(compiler, ["-print-target-info"]))
        let built = try #require(Bundle.main.executableURL).deletingLastPathComponent()
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let folder = FileManager.default.temporaryDirectory.appending(path: "farthing-api-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // The other tools of the toolchain lie beside the real one.
        let tools = compiler.resolvingSymlinksInPath().deletingLastPathComponent()
        let extractor = tools.appending(path: "swift-symbolgraph-extract")
        _ = try Self.run(
            extractor,
            [
                "-module-name", module, "-target", target.target.triple, "-minimum-access-level", "public",
                "-skip-synthesized-members", "-I", built.appending(path: "Modules").path,
                "-I", package.standardizedFileURL.appending(path: "Generated/CFarthing").path,
                "-output-dir", folder.path,
            ]
        )
        let graph = try Data(contentsOf: folder.appending(path: "\(module).symbols.json"))
        self = try JSONDecoder().decode(SymbolGraph.self, from: graph)
    }

    private struct TargetInfo: Decodable {
        let target: Target

        struct Target: Decodable {
            let triple: String
        }
    }

    /// The `swiftc` on the PATH.
    private static func compiler() throws -> URL {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        let found = folders.lazy.map { URL(fileURLWithPath: "\($0)/swiftc") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        return try #require(found, "there is no swiftc on the PATH")
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

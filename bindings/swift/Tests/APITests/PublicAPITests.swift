import Foundation
import Testing

/// The public API, as the compiler sees it, beside the listing that was recorded. What apps call doesn't change
/// unnoticed.
@Suite(.timeLimit(.minutes(2))) struct PublicAPITests {
    /// Made a change on purpose? `FARTHING_RECORD_API=1` with the tests records it.
    @Test func thePublicAPIIsAsRecorded() throws {
        let recording = Toolchain.package.appending(path: "public-api.txt")
        let listing = try ["Farthing", "FarthingApple"].map(PublicAPI.init).map(\.listing).joined(separator: "\n")
        if ProcessInfo.processInfo.environment["FARTHING_RECORD_API"] == "1" {
            try listing.write(to: recording, atomically: true, encoding: .utf8)
        }
        let recorded = try String(contentsOf: recording, encoding: .utf8)
        let (lines, known) = (Set(listing.split(separator: "\n")), Set(recorded.split(separator: "\n")))
        #expect(lines.subtracting(known).sorted() == [], "new: record them if they are meant")
        #expect(known.subtracting(lines).sorted() == [], "gone: this breaks apps")
    }

    @Test func theDocumentationHasNoBrokenLink() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "farthing-docs-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try Toolchain().extractSymbols(of: "Farthing", to: folder)
        let catalog = Toolchain.package.appending(path: "Sources/Farthing/Documentation.docc")
        _ = try Toolchain().run(
            "docc",
            [
                "convert", catalog.path, "--additional-symbol-graph-dir", folder.path, "--warnings-as-errors",
                "--fallback-display-name", "Farthing", "--fallback-bundle-identifier", "dev.farthing",
                "--output-path", folder.appending(path: "Farthing.doccarchive").path,
            ]
        )
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
        let folder = FileManager.default.temporaryDirectory.appending(path: "farthing-api-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try Toolchain().extractSymbols(of: module, to: folder)
        let graph = try Data(contentsOf: folder.appending(path: "\(module).symbols.json"))
        self = try JSONDecoder().decode(SymbolGraph.self, from: graph)
    }
}

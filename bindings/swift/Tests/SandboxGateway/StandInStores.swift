import Foundation

/// The stand-ins for app stores in a process of their own, on a port of their own. They are not the stores: nobody pays.
///
/// The environment variable `FARTHING_STORES` says where the program is; `cargo xtask test swift` sets it.
public final class StandInStores: Sendable {
    /// Where it listens.
    public let address: URL

    private let folder: URL
    private let process: Process

    /// Starts it. It keeps what a gateway needs in a folder.
    public init(folder: URL) throws {
        let arguments = ["--folder", folder.path, "--listen", "127.0.0.1:0"]
        let (process, output) = try Process.start("FARTHING_STORES", arguments)
        address = try Self.address(in: output)
        self.process = process
        self.folder = folder
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
    }

    /// Ends it at once: the store can't be reached.
    public func stop() {
        process.end()
    }

    /// Has a gateway credit what is bought here.
    public func connect(to gateway: SandboxGateway) async throws {
        let settings = "stores.toml"
        var files: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            files[name] = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        guard let more = files.removeValue(forKey: settings) else {
            throw GatewayFailure("the stores left no \(settings)")
        }
        try await gateway.configure(settings: more, files: files)
    }

    private static func address(in output: FileHandle) throws -> URL {
        var text = ""
        while !text.hasSuffix("\n") {
            let more = output.availableData
            guard !more.isEmpty else { throw GatewayFailure("the stores stopped at their start") }
            text += String(decoding: more, as: UTF8.self)
        }
        let said = text.split(separator: "\n").last.map(String.init) ?? ""
        guard let address = URL(string: said.replacing("stores at ", with: "")), address.host != nil else {
            throw GatewayFailure("the stores said \(said)")
        }
        return address
    }
}

import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A real gateway in a process of its own, on a port of its own: for the tests of this package and of the sample.
///
/// The environment variable `FARTHING_GATEWAY` says where the program is; `cargo xtask test swift` sets it.
public actor SandboxGateway {
    /// Where it listens; the same after a restart.
    public nonisolated let address: URL
    /// The key that apps have.
    public nonisolated let publishableKey: String
    /// The thumbprint of its root key.
    public nonisolated let rootKey: String

    private let data: URL
    private var process: Process

    /// Starts a gateway that keeps its data in a folder.
    public init(data: URL) throws {
        let (process, said) = try Self.start(data: data, listen: "127.0.0.1:0")
        guard let address = URL(string: said[0]) else { throw GatewayFailure("the gateway said \(said)") }
        self.address = address
        publishableKey = said[1]
        rootKey = said[2]
        self.process = process
        self.data = data
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
    }

    /// Ends it at once, as a power cut does.
    public func stop() {
        process.end()
    }

    /// Starts it again, where it was.
    public func restart() throws {
        let listen = address.absoluteString.replacingOccurrences(of: "http://", with: "")
        process = try Self.start(data: data, listen: listen).process
    }

    /// Starts it again with more settings in `gateway.toml`, and with more files in its data folder.
    public func configure(settings: String, files: [String: String]) throws {
        stop()
        let file = data.appending(path: "gateway.toml")
        let known = try String(contentsOf: file, encoding: .utf8)
        try Data("\(known)\n\(settings)".utf8).write(to: file)
        for (name, content) in files {
            try Data(content.utf8).write(to: data.appending(path: name))
        }
        try restart()
    }

    /// Orders faults for a device, as JSON; see `docs/guide/faults.md`.
    public nonisolated func setFaults(device: String, _ faults: Data) async throws {
        var request = URLRequest(url: address.appending(path: "v1/sandbox/faults"))
        request.url?.append(queryItems: [URLQueryItem(name: "device", value: device)])
        request.httpMethod = "PUT"
        request.setValue("Bearer \(publishableKey)", forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = faults
        try await send(request)
    }

    /// Plays a fault script from its start; without one, none is played. See `docs/guide/faults.md`.
    public func playFaultScript(_ script: Data?) async throws {
        try await askAsMerchant(script == nil ? "DELETE" : "PUT", "v1/sandbox/fault-script", script)
    }

    /// Asks for an enrolment token for a player, as the game's back end does, which may say where the player lives.
    public func enrolmentToken(player: String, country: String? = nil) async throws -> String {
        var told = ["user": player]
        told["country"] = country
        let body = try JSONEncoder().encode(told)
        let answer = try await askAsMerchant("POST", "v1/enrolment-tokens", body)
        let members = try JSONDecoder().decode([String: String].self, from: answer)
        guard let token = members["token"] else { throw GatewayFailure("the gateway answered \(members)") }
        return token
    }

    /// Lets players tip a creator, as the game's back end does.
    public func registerCreator(_ creator: String, name: String) async throws {
        try await askAsMerchant("PUT", "v1/creators/\(creator)", JSONEncoder().encode(["name": name]))
    }

    /// Gives money back, as the merchant does: `refund` is the body of `POST /v1/refunds`.
    public func refund(_ refund: Data) async throws {
        try await askAsMerchant("POST", "v1/refunds", refund)
    }

    /// Forgets a player, as the merchant does: `erasure` is the body of `POST /v1/erasures`.
    public func erase(_ erasure: Data) async throws {
        try await askAsMerchant("POST", "v1/erasures", erasure)
    }

    /// All that is known of a player, as JSON, as the merchant asks for it.
    public func personalData(of player: String) async throws -> Data {
        try await askAsMerchant("GET", "v1/personal-data", nil, query: [URLQueryItem(name: "user", value: player)])
    }

    /// Tells the gateway what the App Store has signed.
    public func notifyAsAppStore(_ signedPayload: String) async throws {
        let message = try JSONEncoder().encode(["signedPayload": signedPayload])
        try await askAsMerchant("POST", "v1/processors/app-store/notifications", message)
    }

    /// Takes a top-up's or tab's charge back, or decides on it, in a bank's place; see `docs/guide/faults.md`.
    public func dispute(payment: String, state: String) async throws {
        try await askAsMerchant("PUT", "v1/sandbox/disputes/\(payment)", JSONEncoder().encode(["state": state]))
    }

    /// Revokes a device that is lost, as the merchant does.
    public func revoke(device: String) async throws {
        try await askAsMerchant("DELETE", "v1/devices/\(device)", nil)
    }

    @discardableResult
    private func askAsMerchant(
        _ method: String,
        _ path: String,
        _ body: Data?,
        query: [URLQueryItem] = []
    ) async throws -> Data {
        var request = URLRequest(url: address.appending(path: path).appending(queryItems: query))
        request.httpMethod = method
        request.setValue("Bearer \(try secretKey())", forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.setValue(UUID().uuidString, forHTTPHeaderField: "Idempotency-Key")
        request.httpBody = body
        return try await send(request)
    }

    /// Confirms on the bank's page (3-D Secure), as a player does.
    public nonisolated func confirm(_ page: URL) async throws {
        var request = URLRequest(url: page)
        request.httpMethod = "POST"
        request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
        request.httpBody = Data("decision=confirm".utf8)
        try await send(request)
    }

    private func secretKey() throws -> String {
        let text = try String(contentsOf: data.appending(path: "secret.key"), encoding: .utf8)
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @discardableResult private nonisolated func send(_ request: URLRequest) async throws -> Data {
        let (body, response) = try await URLSession.shared.data(for: request)
        guard let status = (response as? HTTPURLResponse)?.statusCode, status < 400 else {
            throw GatewayFailure("the gateway answered \(String(decoding: body, as: UTF8.self))")
        }
        return body
    }

    private static func start(data: URL, listen: String) throws -> (process: Process, said: [String]) {
        let arguments = ["serve", "--data", data.path, "--listen", listen]
        let (process, output) = try Process.start("FARTHING_GATEWAY", arguments)
        return (process, try words(in: output))
    }

    /// What it says at its start, in the order of `labels`.
    private static func words(in output: FileHandle) throws -> [String] {
        let labels = ["listening on", "publishable key", "root key"]
        var text = ""
        while true {
            let more = output.availableData
            guard !more.isEmpty else { throw GatewayFailure("the gateway stopped at its start") }
            text += String(decoding: more, as: UTF8.self)
            let lines = text.split(separator: "\n")
            let said = labels.compactMap { label in
                lines.lazy.compactMap { line in line.range(of: label).map { line[$0.upperBound...] } }.first
            }
            if said.count == labels.count, text.hasSuffix("\n") {
                return said.map { $0.trimmingCharacters(in: .whitespaces) }
            }
        }
    }
}

/// A gateway that is not there, or does not do what it was told.
public struct GatewayFailure: Error, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

import Foundation
import SandboxGateway
import Testing

/// The shop in a terminal, as a process: lines go in by a pipe, and what it says comes back.
final class ShopProcess: Sendable {
    private let process: Process
    private let input: FileHandle
    private let output: FileHandle

    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = try Self.program
        process.arguments = arguments
        let told = environment.merging(["LANG": "en_US.UTF-8"]) { told, _ in told }
        process.environment = ProcessInfo.processInfo.environment.merging(told) { _, told in told }
        let (inputPipe, outputPipe) = (Pipe(), Pipe())
        process.standardInput = inputPipe
        process.standardOutput = outputPipe
        process.standardError = outputPipe
        input = inputPipe.fileHandleForWriting
        output = outputPipe.fileHandleForReading
        try process.start()
    }

    /// Beside the program of the tests.
    private static var program: URL {
        get throws {
            let tests = try #require(Bundle.main.executableURL).deletingLastPathComponent()
            let program = tests.appending(path: "farthing-shop")
            try #require(FileManager.default.isExecutableFile(atPath: program.path), "build farthing-shop first")
            return program
        }
    }

    /// Types a line.
    func type(_ line: String) throws {
        try input.write(contentsOf: Data("\(line)\n".utf8))
    }

    /// Reads up to some words; all that was said since the last reading.
    func read(until words: String) async throws -> String {
        try await Task.detached { [output] in
            var said = ""
            while !said.contains(words) {
                let more = output.availableData
                guard !more.isEmpty else { throw EndOfOutput(said: said) }
                said += String(decoding: more, as: UTF8.self)
            }
            return said
        }.value
    }

    /// Ends the input, and reads what is left.
    func end() async throws -> (said: String, status: Int32) {
        try input.close()
        return try await Task.detached { [output, process] in
            let said = String(decoding: try output.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            return (said, process.terminationStatus)
        }.value
    }

    /// Ends it at once, as the system does with an app.
    func kill() {
        process.end()
    }

    /// It said less than was expected.
    struct EndOfOutput: Error {
        let said: String
    }
}

import Foundation

extension Process {
    private static let starting = NSLock()

    /// Starts it while no other is being started.
    ///
    /// On Linux, Foundation notices the end of a process by a socket that it closes in each new one, as far as it is
    /// open when it looks. Of two that are started at once, one may keep the other's open, whose end nobody sees then.
    public func start() throws {
        try Self.starting.withLock { try run() }
    }

    /// Starts the program that an environment variable names, and gives what it says.
    static func start(_ variable: String, _ arguments: [String]) throws -> (process: Process, output: FileHandle) {
        guard let program = ProcessInfo.processInfo.environment[variable] else {
            throw GatewayFailure("\(variable) names no program: run it with `cargo xtask test swift`")
        }
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = output
        try process.start()
        return (process, output.fileHandleForReading)
    }

    /// Ends it at once, as a power cut does, and returns when it is gone.
    public func end() {
        kill(processIdentifier, SIGKILL)
        // `waitUntilExit` would wait for what Foundation notices. Who is not there any more is gone, too.
        var information = siginfo_t()
        while waitid(P_PID, id_t(processIdentifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }
}

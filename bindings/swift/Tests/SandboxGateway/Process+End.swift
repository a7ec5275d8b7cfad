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

    /// Ends it at once, as a power cut does, and returns when it is gone.
    public func end() {
        kill(processIdentifier, SIGKILL)
        // `waitUntilExit` would wait for what Foundation notices. Who is not there any more is gone, too.
        var information = siginfo_t()
        while waitid(P_PID, id_t(processIdentifier), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }
}

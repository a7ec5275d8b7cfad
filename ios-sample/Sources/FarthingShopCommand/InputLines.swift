import Foundation

/// The lines that are typed or piped in. A thread of its own waits for them, so that the shop goes on meanwhile.
@MainActor final class InputLines {
    private var lines: [String] = []
    private var hasEnded = false
    private var reader: CheckedContinuation<Void, Never>?
    private var receiving: Task<Void, Never>?

    init() {
        let (stream, typed) = AsyncStream.makeStream(of: String.self)
        let thread = Thread {
            while let line = readLine() {
                typed.yield(line)
            }
            typed.finish()
        }
        thread.start()
        receiving = Task { [weak self] in
            for await line in stream {
                self?.receive(line)
            }
            self?.receive(nil)
        }
    }

    /// The next line; `nil` at the end.
    func next() async -> String? {
        if lines.isEmpty, !hasEnded {
            await withCheckedContinuation { reader = $0 }
        }
        return lines.isEmpty ? nil : lines.removeFirst()
    }

    private func receive(_ line: String?) {
        if let line { lines.append(line) } else { hasEnded = true }
        reader?.resume()
        reader = nil
    }
}

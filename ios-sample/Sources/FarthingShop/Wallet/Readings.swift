/// When to read a wallet again. However many ask for it, one reading after the last of them is enough.
@MainActor final class Readings {
    private let orders: AsyncStream<Void>
    private let ordering: AsyncStream<Void>.Continuation
    private var begun = 0
    private var waiting: [(reading: Int, reader: CheckedContinuation<Void, Never>)] = []
    private var hasEnded = false

    init() {
        (orders, ordering) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Orders a reading that begins after this.
    func order() {
        ordering.yield()
    }

    /// Orders a reading, and waits for its end.
    func next() async {
        guard !hasEnded else { return }
        await withCheckedContinuation { reader in
            waiting.append((begun + 1, reader))
            order()
        }
    }

    /// Reads for each order, until the end.
    func read(_ act: () async -> Void) async {
        for await _ in orders {
            begun += 1
            await act()
            let isDone = begun
            for waiter in waiting where waiter.reading <= isDone {
                waiter.reader.resume()
            }
            waiting.removeAll { $0.reading <= isDone }
        }
    }

    /// Nothing is read any more.
    func end() {
        hasEnded = true
        ordering.finish()
        for waiter in waiting {
            waiter.reader.resume()
        }
        waiting = []
    }
}

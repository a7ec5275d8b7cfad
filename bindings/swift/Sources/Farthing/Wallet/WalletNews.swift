import Foundation
internal import FarthingFFI

/// What the core tells, as streams. The core calls it from a thread of its own, one call after the other; it never
/// waits.
final class WalletNews: WalletListener {
    let balance = Updates<Balance>(keeping: 1)
    let syncState = Updates<SyncState>(keeping: 1)
    let events = Updates<WalletEvent>(keeping: 1_024)

    func onNews(news: FarthingFFI.WalletNews) {
        balance.tellChange(Balance(news.balance))
        syncState.tellChange(SyncState(news.syncState))
        for event in news.events {
            events.tell(WalletEvent(event))
        }
    }

    /// Ends all streams: the wallet was closed.
    func end() {
        balance.end()
        syncState.end()
        events.end()
    }
}

/// Tells something to any number of streams. Each keeps the newest few for a reader that is too slow, so a reader
/// holds up neither the wallet nor other readers.
final class Updates<Element: Equatable & Sendable>: @unchecked Sendable {
    private typealias Reader = AsyncStream<Element>.Continuation

    private let kept: Int
    private let lock = NSLock()
    private var readers: [UUID: (reader: Reader, last: Element?)] = [:]
    private var hasEnded = false

    init(keeping kept: Int) {
        self.kept = kept
    }

    /// How many streams are read.
    var readerCount: Int { lock.withLock { readers.count } }

    /// A stream of what is told from now on, after how it is `now`.
    func stream(now: () -> Element? = { nil }) -> AsyncStream<Element> {
        let (stream, reader) = AsyncStream.makeStream(of: Element.self, bufferingPolicy: .bufferingNewest(kept))
        let name = UUID()
        reader.onTermination = { [weak self] _ in self?.forget(name) }
        let isRead = lock.withLock {
            // Asked within the lock: what is told after it is newer.
            let now = now()
            if let now { reader.yield(now) }
            if !hasEnded { readers[name] = (reader, now) }
            return !hasEnded
        }
        // Outside of the lock: this calls `forget`.
        if !isRead { reader.finish() }
        return stream
    }

    /// Tells something to all.
    func tell(_ element: Element) {
        lock.withLock {
            for (reader, _) in readers.values {
                reader.yield(element)
            }
        }
    }

    /// Tells how it is now to those who were told something else last.
    func tellChange(_ element: Element) {
        lock.withLock {
            for (name, (reader, last)) in readers where last != element {
                reader.yield(element)
                readers[name]?.last = element
            }
        }
    }

    /// Ends all streams, those of later too.
    func end() {
        let ended = lock.withLock {
            hasEnded = true
            defer { readers = [:] }
            return readers
        }
        for (reader, _) in ended.values {
            reader.finish()
        }
    }

    private func forget(_ name: UUID) {
        _ = lock.withLock { readers.removeValue(forKey: name) }
    }
}

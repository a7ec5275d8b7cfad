import Farthing
import Foundation

/// Syncs a wallet when the network comes back, rather than when its next try is due.
///
/// The app keeps it as long as the wallet is open. A sync that fails changes nothing: the wallet tries again by itself.
public final class NetworkWakeUp: @unchecked Sendable {
    private let paths: @Sendable () -> AsyncStream<Bool>
    private let sync: @Sendable () async -> Void
    private let lock = NSLock()
    private var watching: Task<Void, Never>?

    /// - Parameters:
    ///   - paths: Whether there is a network, now and after each change.
    ///   - sync: What to do when it is back.
    init(paths: @escaping @Sendable () -> AsyncStream<Bool>, sync: @escaping @Sendable () async -> Void) {
        self.paths = paths
        self.sync = sync
    }

    deinit {
        watching?.cancel()
    }

    /// Watches the network from now on. Does nothing when it does so already.
    public func start() {
        let (paths, sync) = (paths, sync)
        lock.withLock {
            guard watching == nil else { return }
            watching = Task { await Self.watch(paths(), sync) }
        }
    }

    /// Watches no more.
    public func stop() {
        lock.withLock {
            watching?.cancel()
            watching = nil
        }
    }

    /// The first state is no change: the wallet has synced at its opening.
    private static func watch(_ paths: AsyncStream<Bool>, _ sync: @Sendable () async -> Void) async {
        var wasReachable = true
        for await isReachable in paths {
            if isReachable && !wasReachable {
                await sync()
            }
            wasReachable = isReachable
        }
    }
}

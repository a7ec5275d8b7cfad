#if canImport(Network)
    import Farthing
    import Foundation
    import Network

    extension NetworkWakeUp {
        /// - Parameter wallet: The wallet to sync; it is kept as long as this is.
        public convenience init(wallet: Wallet) {
            self.init(paths: networkPaths) { _ = await outcome(of: wallet) }
        }
    }

    /// Whether there is a network, now and after each change.
    @Sendable private func networkPaths() -> AsyncStream<Bool> {
        let (paths, path) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(1))
        let monitor = NWPathMonitor()
        monitor.pathUpdateHandler = { path.yield($0.status == .satisfied) }
        path.onTermination = { _ in monitor.cancel() }
        monitor.start(queue: DispatchQueue(label: "dev.farthing.network"))
        return paths
    }
#endif

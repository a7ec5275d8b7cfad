import Foundation
internal import FarthingFFI

/// A player's wallet on this device: balance, items, purchases, cards.
///
/// Open it once and share it: all calls may be made from any task at the same time, and none blocks its thread (the
/// main actor is fine). What a call returns is on disk. What can go wrong is a ``WalletError``, and nothing else.
///
/// ```swift
/// let wallet = try await Wallet.open(config, keyStore: keyStore)
/// let purchase = try await wallet.buy("extra_life")  // on disk and granted, online or not
/// try await wallet.consume("extra_life", operation: "level-7")
/// print("\(purchase.total) spent, \(wallet.balance["USD"].total) left")
/// ```
///
/// **Cancellation.** A task that is cancelled during a call still gets its outcome: what is begun with money is
/// finished, and each call ends by itself (those that need the gateway after some seconds without it). So a
/// purchase is never lost between the wallet and the app.
///
/// **End.** ``close()`` finishes what was begun and says when. A wallet that nobody holds any more closes too, in
/// the background.
public final class Wallet: Sendable {
    let core: FarthingFFI.Wallet
    let pending: PendingPurchases
    private let news: WalletNews

    private init(core: FarthingFFI.Wallet, pending: PendingPurchases) {
        self.core = core
        self.pending = pending
        self.news = WalletNews()
    }

    deinit {
        news.end()
    }

    /// Opens the wallet of a folder, or begins a new one.
    ///
    /// No network is needed: a wallet that was enrolled before can buy at once. A new one enrols with the first
    /// sync, which begins now in the background; call ``sync()`` to wait for it.
    ///
    /// A damaged database is set aside, not deleted, and what is intact in it is taken over; the wallet spends again
    /// after the next sync.
    ///
    /// - Throws: `invalidArgument` for a setting, `alreadyOpen`, `keyStoreUnavailable`, `keyLost`, `storageFull`,
    ///   `storageUnavailable`, `upgradeRequired`. Everything on disk is as it was then.
    public static func open(_ config: WalletConfig, keyStore: any KeyStore) async throws(WalletError) -> Wallet {
        let pending = PendingPurchases()
        let core = try await calling {
            try await FarthingFFI.Wallet.open(config: config.core, keyStore: keyStore.core, purchases: pending)
        }
        let wallet = Wallet(core: core, pending: pending)
        await core.listen(listener: wallet.news)
        return wallet
    }

    /// Sets aside a wallet that can't be opened any more (`keyLost`), so that the next ``open(_:keyStore:)``
    /// begins a new one.
    ///
    /// The old database is kept beside the new one, as `wallet.db.1` and so on; its keys are deleted. What was not
    /// settled is lost to the player, and the new wallet can't reach the old balance: the operator finds both at
    /// the gateway.
    ///
    /// - Throws: `alreadyOpen`, `storageUnavailable`, `keyStoreUnavailable`; call it again then.
    public static func startOver(folder: URL, keyStore: any KeyStore) async throws(WalletError) {
        try await calling { try await FarthingFFI.startOver(folder: folder.path, keyStore: keyStore.core) }
    }

    // MARK: - What the player has

    /// The balance now. It is right from the opening on, offline too. What meters count is in it at once; those who
    /// listen hear of it as it is written down.
    public var balance: Balance { Balance(core.balance()) }

    /// The balance now, and each change of it until the wallet is closed.
    ///
    /// Each call makes a stream of its own. Who is too slow misses what was between: the newest is always kept.
    public var balanceUpdates: AsyncStream<Balance> { news.balance.stream { self.balance } }

    /// What the player owns: what this phone has bought and not used up, and the durable items that any of the player's
    /// phones has settled, as of the last sync. So a new phone has these after its first one. Needs no network.
    ///
    /// - Throws: `closed`.
    public func inventory() async throws(WalletError) -> Inventory {
        let items = try await calling { try await self.core.inventory() }
        return Inventory(items: Dictionary(items.map { ($0.sku, Int($0.quantity)) }) { first, _ in first })
    }

    /// What is for sale, as it was last signed by the gateway. Needs no network.
    ///
    /// - Throws: `catalogMissing` before the first sync, `closed`.
    public func catalog() async throws(WalletError) -> Catalog {
        Catalog(try await calling { try await self.core.catalog() })
    }

    /// What happens from now on, until the wallet is closed.
    ///
    /// Each call makes a stream of its own. One that is slower than 1,024 events misses the oldest of them. Events
    /// of before are not repeated: ``purchases(_:)`` and ``topUps()`` have what became of each.
    public var events: AsyncStream<WalletEvent> { news.events.stream() }

    // MARK: - The gateway

    /// Settles what waits and fetches what is new: balance, allowance, catalog, cards.
    ///
    /// The wallet does so by itself after a purchase; call it when the app comes to the foreground, when the
    /// network comes back, and in a background task.
    ///
    /// - Throws: What waits still waits then, and the wallet tries again by itself: `offline`, `gatewayUnavailable`,
    ///   `gatewayNotTrusted`, `keyStoreUnavailable`. Trying again does not help: `deviceFrozen`, `deviceRevoked`,
    ///   `enrolmentRejected`, `refused`, `upgradeRequired`, `keyLost`, `closed`.
    @discardableResult
    public func sync() async throws(WalletError) -> SyncReport {
        SyncReport(try await calling { try await self.core.sync() })
    }

    /// What sync is doing now.
    public var syncState: SyncState { SyncState(core.syncState()) }

    /// What sync is doing now, and each change of it until the wallet is closed; as ``balanceUpdates``.
    public var syncStateUpdates: AsyncStream<SyncState> { news.syncState.stream { self.syncState } }

    /// Acts as if there were no network while it is true: a game's own airplane mode.
    ///
    /// It is not kept over a restart. Back online, the wallet tries again by itself after a while; call ``sync()``
    /// for at once.
    public var isOffline: Bool {
        get { core.isOffline() }
        set { core.setOffline(isOffline: newValue) }
    }

    /// This device's name at the gateway, for support and for testers; `nil` before it is enrolled.
    ///
    /// - Throws: `closed`.
    public func device() async throws(WalletError) -> String? {
        try await calling { try await self.core.device() }
    }

    /// How the wallet stands, in one file that the player sends to support: the journal that is not settled, states,
    /// versions, what happened lately.
    ///
    /// The device's key signs it, and it has no card number, no key and no token. Support verifies it on the gateway's
    /// dashboard, and can settle from it what did not arrive. Needs no network, and works where the device is frozen
    /// or revoked.
    ///
    /// - Throws: `keyStoreUnavailable`, `keyLost`, `storageUnavailable`, `closed`.
    public func supportBundle() async throws(WalletError) -> SupportFile {
        SupportFile(try await calling { try await self.core.supportBundle() })
    }

    // MARK: - The end

    /// Finishes what was begun and closes the database; calls after it end in `closed`.
    ///
    /// What waits for settlement goes on at the next opening.
    public func close() async {
        await core.shutDown()
        news.end()
    }

    /// Deletes the wallet from this device: database, keys, everything. It is closed then.
    ///
    /// What is left of the balance stays at the gateway, but this device can't reach it any more.
    ///
    /// - Parameter force: Deletes also what waits for settlement, of which the gateway would never hear.
    /// - Throws: `unsettledEntries` unless `force`; `storageUnavailable` or `keyStoreUnavailable` when something
    ///   can't be deleted: call it again after opening the wallet anew.
    public func erase(force: Bool = false) async throws(WalletError) {
        try await calling { try await self.core.erase(force: force) }
        news.end()
    }
}

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
    private let core: FarthingFFI.Wallet
    private let news: WalletNews

    private init(core: FarthingFFI.Wallet) {
        self.core = core
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
        let core = try await calling { try await FarthingFFI.Wallet.open(config: config.core, keyStore: keyStore.core) }
        let wallet = Wallet(core: core)
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

    /// The balance now. It is right from the opening on, offline too.
    public var balance: Balance { Balance(core.balance()) }

    /// The balance now, and each change of it until the wallet is closed.
    ///
    /// Each call makes a stream of its own. Who is too slow misses what was between: the newest is always kept.
    public var balanceUpdates: AsyncStream<Balance> { news.balance.stream { self.balance } }

    /// What the player owns.
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

    // MARK: - Buying

    /// Buys something: decides, writes, grants. When it returns, the purchase is on disk and the items are in the
    /// ``inventory()``; it will settle by itself.
    ///
    /// It needs no network, as long as the allowance has room. Where it has none and the gateway was reachable a
    /// moment ago, the gateway is asked for more, for at most five seconds.
    ///
    /// - Parameters:
    ///   - sku: The item in the catalog.
    ///   - quantity: How many, 1 to 1,000.
    ///   - idempotencyKey: The app's name for this user action (1 to 64 printable characters). The same key always
    ///     means the same purchase, so a double tap or a retry buys once.
    /// - Throws: Nothing is bought then: `notEnrolled`, `unknownItem`, `insufficientFunds`, `offlineLimitReached`,
    ///   `allowanceExpired`, `catalogExpired`, `catalogMissing`, `spendingLimitReached`, `alreadyOwned`,
    ///   `queueFull`, `syncRequired`, `deviceFrozen`, `deviceRevoked`, `invalidArgument`, `storageFull`,
    ///   `storageUnavailable`, `closed`.
    @discardableResult
    public func buy(
        _ sku: String,
        quantity: Int = 1,
        idempotencyKey: String? = nil
    ) async throws(WalletError) -> Purchase {
        let request = PurchaseRequest(sku: sku, quantity: UInt32(clamping: quantity), idempotencyKey: idempotencyKey)
        return Purchase(try await calling { try await self.core.buy(request: request) })
    }

    /// Uses up `quantity` of an item and returns how many are left. Needs no network.
    ///
    /// Each `operation` is done once: asked for again, nothing more is used.
    ///
    /// - Throws: Nothing is used then: `insufficientItems`, `invalidArgument` (a quantity below 1, a durable item, an
    ///   operation that is no idempotency key or was used for something else), `notEnrolled`, `queueFull`,
    ///   `storageFull`, `storageUnavailable`, `closed`.
    @discardableResult
    public func consume(_ sku: String, quantity: Int = 1, operation: String) async throws(WalletError) -> Int {
        let quantity = UInt32(clamping: quantity)
        return Int(
            try await calling { try await self.core.consume(sku: sku, quantity: quantity, operation: operation) }
        )
    }

    /// Purchases, newest first. Needs no network.
    ///
    /// - Throws: `storageDamaged` when one of them can't be read, `closed`.
    public func purchases(_ filter: PurchaseFilter = PurchaseFilter()) async throws(WalletError) -> [Purchase] {
        try await calling { try await self.core.purchases(filter: filter.core) }.map(Purchase.init)
    }

    /// The signed receipt of a settled purchase: a compact JWS (RFC 7515) that the game's back end verifies with the
    /// gateway's JWKS.
    ///
    /// It is fetched from the gateway; what it says is in ``purchases(_:)`` without a network.
    ///
    /// - Parameter purchase: ``Purchase/id``.
    /// - Throws: `offline`, `refused` when the purchase is not settled (yet), `invalidArgument`,
    ///   `gatewayUnavailable`, `gatewayNotTrusted`, `notEnrolled`, `closed`.
    public func receipt(_ purchase: Purchase.ID) async throws(WalletError) -> String {
        try await calling { try await self.core.receipt(purchase: purchase) }
    }

    // MARK: - Cards and money

    /// Puts a card into the gateway's vault and returns the token that stands for it. The number and the
    /// verification code go nowhere else.
    ///
    /// - Throws: No card is added then: `cardInvalid`, `offline`, `gatewayUnavailable`, `gatewayNotTrusted`,
    ///   `notEnrolled`, `closed`.
    public func addCard(_ details: CardDetails) async throws(WalletError) -> Card {
        Card(try await calling { try await self.core.addCard(details: details.core) })
    }

    /// The player's cards, the newest first, as of the last sync. Needs no network.
    ///
    /// - Throws: `closed`.
    public func cards() async throws(WalletError) -> [Card] {
        try await calling { try await self.core.cards() }.map(Card.init)
    }

    /// Takes a card out of the vault, which erases its number there.
    ///
    /// - Parameter card: ``Card/id``.
    /// - Throws: The card is still there then: `offline`, `refused` for one that is not the player's,
    ///   `invalidArgument`, `gatewayUnavailable`, `notEnrolled`, `closed`.
    public func removeCard(_ card: Card.ID) async throws(WalletError) {
        try await calling { try await self.core.removeCard(card: card) }
    }

    /// Charges a card, once, and raises the balance by `amount`.
    ///
    /// ``TopUp/state`` says how far it is: `requiresAction` has the bank's page for the player to confirm on; open
    /// it, then ``sync()``. `created` means that the answer was lost: sync finds out what became of it, so do not
    /// begin another one. Each change is told by ``WalletEvent/topUpChanged(_:)``, also after a restart.
    ///
    /// - Parameters:
    ///   - amount: How much.
    ///   - card: ``Card/id``.
    /// - Throws: The card was not charged then: `cardDeclined`, `invalidArgument` for an amount that can't be charged
    ///   or a card that is not the player's, `offline`, `notEnrolled`, `closed`.
    @discardableResult
    public func topUp(_ amount: Money, card: Card.ID) async throws(WalletError) -> TopUp {
        TopUp(try await calling { try await self.core.topUp(amount: amount.core, card: card) })
    }

    /// Top-ups, the newest first, at most 100. Needs no network.
    ///
    /// - Throws: `closed`.
    public func topUps() async throws(WalletError) -> [TopUp] {
        try await calling { try await self.core.topUps() }.map(TopUp.init)
    }

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

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
    private let pending: PendingPurchases
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

    // MARK: - Buying

    /// Buys something: decides, writes, grants. When it returns, the purchase is on disk and the items are in the
    /// ``inventory()``; it will settle by itself.
    ///
    /// It needs no network, as long as the allowance has room. Where it has none and the gateway was reachable a
    /// moment ago, the gateway is asked for more, for at most five seconds. A purchase that a guardian has to approve
    /// is asked for at the gateway, each time until it is approved.
    ///
    /// A durable item is the account's, so it is not sold where another of the player's phones has settled one
    /// (`alreadyOwned`). Where both bought it without a network, the purchase that settles second is given back at once,
    /// and the player goes on owning the item.
    ///
    /// - Parameters:
    ///   - sku: The item in the catalog.
    ///   - quantity: How many, 1 to 1,000.
    ///   - idempotencyKey: The app's name for this user action (1 to 64 printable characters). The same key always
    ///     means the same purchase, so a double tap or a retry buys once.
    /// - Throws: Nothing is bought then: `notEnrolled`, `unknownItem`, `insufficientFunds`, `offlineLimitReached`,
    ///   `allowanceExpired`, `catalogExpired`, `catalogMissing`, `spendingLimitReached`, `approvalRequired` once a
    ///   guardian was asked (where they can't be: `offline`, `gatewayUnavailable`, `gatewayNotTrusted`, `refused`),
    ///   `alreadyOwned`, `queueFull`, `syncRequired`, `deviceFrozen`, `deviceRevoked`, `accountErased`, `invalidArgument`,
    ///   `storageFull`, `storageUnavailable`, `closed`.
    @discardableResult
    public func buy(
        _ sku: String,
        quantity: Int = 1,
        idempotencyKey: String? = nil
    ) async throws(WalletError) -> Purchase {
        let request = PurchaseRequest(sku: sku, quantity: UInt32(clamping: quantity), idempotencyKey: idempotencyKey)
        return try purchase(await pending.end(of: { core.buy(call: $0, request: request) }))
    }

    /// Tips a creator: an amount of the player's choice, with a message or without. When it returns, the tip is on
    /// disk; it will settle by itself, and the creator's share is theirs then.
    ///
    /// It needs no network, as a purchase doesn't; all that limits purchases limits tips. A mistaken tip can be taken
    /// back with ``refund(_:)`` for as long after its settlement as the operator allows.
    ///
    /// ```swift
    /// try await wallet.tip("ana", Money("0.50", "USD"), message: "What a level!")
    /// ```
    ///
    /// - Parameters:
    ///   - creator: ``Creator/id`` of one of ``creators()``.
    ///   - amount: How much, above zero, of an ISO 4217 currency.
    ///   - message: What the player says with it: 1 to 140 characters in one line.
    ///   - idempotencyKey: As that of ``buy(_:quantity:idempotencyKey:)``: the same key always means the same tip.
    /// - Throws: Nothing is given then: `invalidArgument` for a creator who is not listed, or an amount or a message
    ///   that can't be; otherwise as ``buy(_:quantity:idempotencyKey:)``.
    @discardableResult
    public func tip(
        _ creator: Creator.ID,
        _ amount: Money,
        message: String? = nil,
        idempotencyKey: String? = nil
    ) async throws(WalletError) -> Purchase {
        let request = TipRequest(
            creator: creator,
            amount: amount.core,
            message: message,
            idempotencyKey: idempotencyKey
        )
        return try purchase(await pending.end(of: { core.tip(call: $0, request: request) }))
    }

    /// Who can be tipped, as of the last sync, sorted by ``Creator/id``. Needs no network.
    ///
    /// - Throws: `catalogMissing` before the first sync, `closed`.
    public func creators() async throws(WalletError) -> [Creator] {
        try await calling { try await self.core.catalog() }.creators.map(Creator.init)
    }

    private func purchase(_ end: PurchaseEnd) throws(WalletError) -> Purchase {
        switch end {
        case .made(let purchase): return Purchase(purchase)
        case .failed(let failure): throw WalletError(failure)
        }
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

    /// The account's purchases, newest first: this device's own, and those that the player's other devices have settled.
    /// Needs no network.
    ///
    /// Those of other devices, of which ``Purchase/isFromAnotherDevice`` tells, are there as of the last ``sync()``, the
    /// newest 500 of them. They are there to be looked back on: what they brought is on the other device, unless it is
    /// owned for ever.
    ///
    /// ```swift
    /// let refundable = try await wallet.purchases().filter { !$0.isFromAnotherDevice }
    /// ```
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
        try await calling { try await self.core.receipts(purchase: purchase, ofRefunds: false)[0] }
    }

    /// Has an unused purchase refunded: its price is in the balance again, and its items are gone.
    ///
    /// It syncs first, so that the gateway knows what was used. Where the gateway was asked and its answer is lost, the
    /// items stay out of use, and the wallet finds out by itself what became of it:
    /// ``WalletEvent/purchaseRefunded(purchase:sku:amount:quantity:revoked:)`` tells.
    ///
    /// - Parameter purchase: ``Purchase/id``.
    /// - Throws: Nothing is refunded then, unless an answer was lost: `refundTooLate` for one that only the merchant
    ///   can give, `alreadyUsed`, `alreadyRefunded`, `notSettled`, `invalidArgument` for a purchase that is not this
    ///   device's, `offline`, and those of ``sync()``.
    @discardableResult
    public func refund(_ purchase: Purchase.ID) async throws(WalletError) -> Purchase {
        Purchase(try await calling { try await self.core.refund(purchase: purchase) })
    }

    /// The signed receipts of a purchase's refunds, the oldest first: compact JWS (RFC 7515) that the game's back end
    /// verifies as those of purchases.
    ///
    /// Needs no network; there are none where nothing was refunded.
    ///
    /// - Parameter purchase: ``Purchase/id``.
    /// - Throws: `invalidArgument`, `storageDamaged`, `closed`.
    public func refundReceipts(_ purchase: Purchase.ID) async throws(WalletError) -> [String] {
        try await calling { try await self.core.receipts(purchase: purchase, ofRefunds: true) }
    }

    /// A meter that counts the use of a metered item. Units cost no disk and no network each.
    ///
    /// - Parameter sku: The item in the catalog.
    public func meter(_ sku: String) -> Meter {
        Meter(core: core.meter(sku: sku))
    }

    /// The player's passes, sorted by SKU, also those that are over: judged by trusted time, so that a clock that is set
    /// back revives none. Needs no network.
    ///
    /// - Throws: `closed`.
    public func passes() async throws(WalletError) -> [Pass] {
        try await calling { try await self.core.passes(renewal: nil) }.map(Pass.init)
    }

    /// One of the player's passes; `nil` where they never had it. Needs no network.
    ///
    /// ```swift
    /// let isOpen = try await wallet.pass("season_pass").map { $0.state != .ended } ?? false
    /// ```
    ///
    /// - Parameter sku: The item in the catalog.
    /// - Throws: `closed`.
    public func pass(_ sku: String) async throws(WalletError) -> Pass? {
        try await passes().first { $0.sku == sku }
    }

    /// Lets the wallet renew a pass from the balance, at the price that the catalog has now or a lower one, or forbids
    /// it again.
    ///
    /// It is forbidden until the player agrees, and once more where the pass has ended without a renewal. What they said
    /// is on disk when it returns. Needs no network. A renewal is a purchase like any other, made once, shortly before
    /// the pass ends or in its grace period. ``WalletEvent/passEnding(sku:endsAt:renewal:)`` comes before it,
    /// ``WalletEvent/passNotRenewed(sku:endsAt:error:)`` where it can't be made.
    ///
    /// - Parameters:
    ///   - sku: The item in the catalog.
    ///   - agrees: Whether the player lets the wallet renew it.
    /// - Throws: Nothing is changed then: `invalidArgument` for a pass that the player does not have, that is over, or
    ///   that the catalog does not let be renewed, `catalogMissing`, `storageFull`, `storageUnavailable`, `closed`.
    @discardableResult
    public func setPassRenewal(_ sku: String, agrees: Bool) async throws(WalletError) -> Pass {
        let renewal = PassRenewal(sku: sku, agrees: agrees)
        let passes = try await calling { try await self.core.passes(renewal: renewal) }
        // The one that was asked for is there, or it was an error.
        return Pass(passes.first { $0.sku == sku } ?? passes[0])
    }

    // MARK: - Cards and money

    /// Puts a card into the gateway's vault and returns the token that stands for it. The number and the
    /// verification code go nowhere else.
    ///
    /// - Throws: No card is added then: `cardInvalid`, `offline`, `gatewayUnavailable`, `gatewayNotTrusted`,
    ///   `notEnrolled`, `closed`.
    public func addCard(_ details: CardDetails) async throws(WalletError) -> Card {
        Card(try await calling { try await self.core.addCard(card: .number(details: details.core)) })
    }

    /// Takes a card that the gateway's processor keeps, and returns the token that stands for it: for a gateway
    /// that charges through Stripe.
    ///
    /// The app hands the number to Stripe, by Stripe's own library and the publishable key, and gets
    /// `paymentMethod` from it (`pm_…`).
    ///
    /// - Throws: As ``addCard(_:)``; `cardInvalid` also where Stripe does not know it.
    public func addPaymentMethod(_ paymentMethod: String) async throws(WalletError) -> Card {
        Card(try await calling { try await self.core.addCard(card: .paymentMethod(name: paymentMethod)) })
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
    ///   or a card that is not the player's, `topUpCapReached` and `ageRestricted` where the operator has such rules,
    ///   `accountErased`, `offline`, `notEnrolled`, `closed`.
    @discardableResult
    public func topUp(_ amount: Money, card: Card.ID) async throws(WalletError) -> TopUp {
        TopUp(try await calling { try await self.core.topUp(amount: amount.core, card: card) })
    }

    /// Credits a pack of balance that the player has bought through an app store's own billing, once ever. It is handed
    /// over to the gateway, which verifies it with the store.
    ///
    /// It is on disk before the gateway is asked, and ``sync()`` hands it over again until the gateway has answered,
    /// also after a kill: call this with the same purchase at each start of the app, as often as you like. Finish the
    /// transaction at the App Store once it is credited; the module `FarthingApple` has a call that does both.
    ///
    /// - Throws: Nothing was credited, and it need not be handed over again: `storePurchaseTaken`,
    ///   `storePurchaseInvalid`, `refused` where the gateway credits nothing of that store. It is kept, and goes on by
    ///   itself: `offline`, `gatewayUnavailable`, `gatewayNotTrusted`, `notEnrolled`, `deviceFrozen`. It was not kept:
    ///   `queueFull` where a hundred wait, `storageFull`, `storageUnavailable`, `closed`.
    @discardableResult
    public func topUpFromStore(_ purchase: StorePurchase) async throws(WalletError) -> StoreTopUp {
        StoreTopUp(try await calling { try await self.core.topUpFromStore(purchase: purchase.core) })
    }

    /// The account's name, a UUID; `nil` before the wallet is enrolled. Given to the store with each purchase, as
    /// StoreKit's `appAccountToken`, it makes sure that nobody else can have what this player bought.
    ///
    /// - Throws: `closed`.
    public func account() async throws(WalletError) -> String? {
        try await calling { try await self.core.account() }
    }

    /// Top-ups, the newest first, at most 100. Needs no network.
    ///
    /// - Throws: `closed`.
    public func topUps() async throws(WalletError) -> [TopUp] {
        try await calling { try await self.core.topUps() }.map(TopUp.init)
    }

    /// Amounts to offer a player who tops up, the least first: the smallest of which fees take at most 9 %, and two
    /// rounder ones of which they take less. By the gateway's price list, as it came with the catalog; needs no
    /// network. Empty where a card can't be charged in that currency, or no item is priced in it.
    ///
    /// - Parameter currency: An ISO 4217 code, such as `USD`.
    /// - Throws: `catalogMissing` before the first sync, `closed`.
    public func topUpAdvice(_ currency: String) async throws(WalletError) -> [TopUpAdvice] {
        let advice = try await calling { try await self.core.catalog() }.topUpAdvice.map(TopUpAdvice.init)
        return advice.filter { $0.amount.currency == currency }
    }

    /// Lets the wallet charge a card by itself when the balance is low, or forbids it again with `nil`.
    ///
    /// It is forbidden until the player agrees. There is one setting: another one takes its place, and the same one again
    /// ends a pause. What they said is on disk when it returns. Needs no network.
    ///
    /// The wallet looks at the balance at the end of each sync, also the one after a purchase. Where it is below
    /// ``AutoTopUp/below``, it tops up once as ``topUp(_:card:)`` does: one at a time, and never above
    /// ``AutoTopUp/monthlyCap``. ``WalletEvent/topUpChanged(_:)`` tells of it, and ``TopUp/isAutomatic`` says so among
    /// ``topUps()``. It may come back as `requiresAction`: nothing more is charged until the player has confirmed or
    /// declined it. After a declined card nothing is, until they agree again (``WalletEvent/autoTopUpPaused(_:)``). Once
    /// it is taken back, nothing is begun any more, and what the gateway has not got is never asked for again.
    ///
    /// It is this device's alone: another one of the player's has a setting and a cap of its own. A database that was
    /// restored from a backup, or salvaged, has none.
    ///
    /// ```swift
    /// // Only once the player has agreed to just that.
    /// let (below, amount, cap) = (try Money("1.00", "USD"), try Money("5.00", "USD"), try Money("20.00", "USD"))
    /// let setting = AutoTopUp(below: below, amount: amount, card: card.id, monthlyCap: cap)
    /// try await wallet.setAutoTopUp(setting)
    /// ```
    ///
    /// - Returns: What they have agreed to now, and how it stands; `nil` where that is nothing.
    /// - Throws: Nothing is changed then: `invalidArgument` for an `amount` that a card can't be charged, for `below` or a
    ///   `monthly_cap` in another currency, below zero or not in whole minor units, for a `monthly_cap` below the amount,
    ///   and for a `card` that is not among ``cards()`` or has expired; `storageFull`, `storageUnavailable`, `closed`.
    @discardableResult
    public func setAutoTopUp(_ setting: AutoTopUp?) async throws(WalletError) -> AutoTopUpConsent? {
        let change = AutoTopUpChange(setting: setting?.core)
        return try await calling { try await self.core.autoTopUp(change: change) }.map(AutoTopUpConsent.init)
    }

    /// What the player has agreed to of automatic top-ups, how much of this month's cap is used, and whether it is paused;
    /// `nil` where they have not agreed. Needs no network.
    ///
    /// - Throws: `closed`.
    public func autoTopUp() async throws(WalletError) -> AutoTopUpConsent? {
        try await calling { try await self.core.autoTopUp(change: nil) }.map(AutoTopUpConsent.init)
    }

    // MARK: - Tabs

    /// Opens a tab: the card authorises `limit`, which is in the balance from then on, is spent as any balance is, and
    /// is charged once, when the tab is closed. What the player owes is in ``CardTab/owed``, at any time, also offline. An
    /// account has one tab in a currency.
    ///
    /// ``CardTab/state`` says how far it is: `requiresAction` has the bank's page for the player to confirm on; open it,
    /// then ``sync()``. `created` means that the answer was lost: sync finds out what became of it. Each change is told
    /// by ``WalletEvent/tabChanged(_:)``, also after a restart.
    ///
    /// ```swift
    /// let tab = try await wallet.openTab(Money("10.00", "USD"), card: card.id)
    /// try await wallet.buy("extra_life")
    /// show(try await wallet.tabs()[0].owed)
    /// try await wallet.closeTab(tab.id)
    /// ```
    ///
    /// - Parameters:
    ///   - limit: The most that the card is charged.
    ///   - card: ``Card/id``.
    /// - Throws: No tab is opened then, and nothing is left behind: `cardDeclined`, which has the tab's name,
    ///   `invalidArgument` for a limit that can't be charged, a card that is not the player's, or where this wallet has
    ///   a tab in that currency; `refused` where another device of the player has one; `topUpCapReached` where it may
    ///   only be smaller, since a card could not be charged for the last one; `ageRestricted`,
    ///   `accountErased`, `offline`, `gatewayUnavailable`, `notEnrolled`, `closed`.
    @discardableResult
    public func openTab(_ limit: Money, card: Card.ID) async throws(WalletError) -> CardTab {
        CardTab(try await calling { try await self.core.openTab(limit: limit.core, card: card) })
    }

    /// Closes a tab: what is reserved for this device goes back to the account, and the card is charged what was spent,
    /// once. Where the card could not be charged, it pays what is due out of the balance: top up first, by any card. One
    /// that is closed stays as it is.
    ///
    /// `closing` means that the bank, or the gateway's answer, is waited for: sync goes on with it, also after a
    /// restart, and ``WalletEvent/tabChanged(_:)`` tells. Until then this device has nothing reserved to buy with
    /// offline.
    ///
    /// - Parameter tab: ``CardTab/id``.
    /// - Throws: Nothing is changed then: `invalidArgument` for a tab that is not this wallet's or not open yet,
    ///   `insufficientFunds` where less is in the balance than is due, `offline`, `gatewayUnavailable`,
    ///   `gatewayNotTrusted`, `notEnrolled`, `closed`.
    @discardableResult
    public func closeTab(_ tab: CardTab.ID) async throws(WalletError) -> CardTab {
        CardTab(try await calling { try await self.core.closeTab(tab: tab) })
    }

    /// This wallet's tabs, the newest first, the last fifty: what is owed of each, and how far it is. Needs no network.
    ///
    /// - Throws: `closed`.
    public func tabs() async throws(WalletError) -> [CardTab] {
        try await calling { try await self.core.tabs() }.map(CardTab.init)
    }

    // MARK: - Limits

    /// What limits the player's spending: their own limits and a guardian's, how much of them is used, and what will
    /// change after the cooling-off. Without a connection it is what was said last.
    ///
    /// - Throws: `offline` where the gateway was never asked, `gatewayUnavailable`, `gatewayNotTrusted`,
    ///   `notEnrolled`, `closed`.
    public func limits() async throws(WalletError) -> Limits {
        Limits(try await calling { try await self.core.limits() })
    }

    /// Limits the player's spending in one currency, in place of what was set before. It needs a connection. Other
    /// devices hear of it with their next sync.
    ///
    /// Without a PIN these are the player's own: what is stricter holds at once, what is looser after a cooling-off.
    /// With a PIN they are a guardian's, and hold at once. The stricter of the two counts.
    ///
    /// - Parameters:
    ///   - limits: What is limited from now on.
    ///   - currency: An ISO 4217 code, or a virtual currency of the catalog.
    ///   - pin: The guardian's PIN, 4 to 12 digits; the first one that is given is the guardian's from then on. The
    ///     wallet does not keep it.
    ///   - utcOffsetMinutes: By how many minutes the player's days begin before those of UTC. Once it is set, only a
    ///     guardian may change it.
    /// - Throws: Nothing was changed then: `invalidArgument` for an amount or a PIN that is not accepted, `refused`,
    ///   `offline`, `gatewayUnavailable` (also where the PIN was wrong too often), `gatewayNotTrusted`,
    ///   `notEnrolled`, `closed`.
    @discardableResult
    public func setLimits(
        _ limits: SpendingLimits,
        currency: String,
        pin: String? = nil,
        utcOffsetMinutes: Int? = nil
    ) async throws(WalletError) -> Limits {
        let change = LimitsChange(
            currency: currency,
            limits: limits.core,
            pin: pin,
            utcOffsetMinutes: utcOffsetMinutes.map(Int16.init(clamping:))
        )
        return Limits(try await calling { try await self.core.setLimits(change: change) })
    }

    /// What a guardian was asked for on any device of the player, the newest first, at most a hundred. It needs a
    /// connection.
    ///
    /// - Throws: `offline`, `gatewayUnavailable`, `gatewayNotTrusted`, `notEnrolled`, `closed`.
    public func approvals() async throws(WalletError) -> [Approval] {
        try await calling { try await self.core.approvals() }.map(Approval.init)
    }

    /// Answers, with the guardian's PIN, what was asked for on any device of the player.
    ///
    /// What is approved can be bought once, by the device that asked, within a day. The first answer stands; what is
    /// returned says how it stands.
    ///
    /// - Parameters:
    ///   - approval: ``Approval/id``.
    ///   - approve: Whether it may be bought.
    ///   - pin: The guardian's PIN.
    /// - Throws: Nothing was changed then: `invalidArgument` for a PIN that is not the guardian's, `refused` where
    ///   there is no such request, `offline`, `gatewayUnavailable` (also where the PIN was wrong too often),
    ///   `gatewayNotTrusted`, `notEnrolled`, `closed`.
    @discardableResult
    public func answerApproval(
        _ approval: Approval.ID,
        approve: Bool,
        pin: String
    ) async throws(WalletError) -> Approval {
        Approval(
            try await calling {
                try await self.core.answerApproval(approval: approval, approve: approve, pin: pin)
            }
        )
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

import Farthing
import FarthingApple
import Foundation

// Each public call as an app makes it. None of it is run: what no longer compiles would break apps.

/// Opens, uses and ends a wallet.
func callWallet(folder: URL, keyStore: any KeyStore) async throws(WalletError) {
    var config = WalletConfig(gateway: folder, publishableKey: "pk_live_1", folder: folder)
    config.rootKey = "thumbprint"
    config.keyPins = ["pin", "spare"]
    config.tlsRoots = [Data()]
    config.syncsByItself = false
    config.clock = { Date() }
    print(config, config.gateway, config.publishableKey, config.folder)
    try await Wallet.startOver(folder: folder, keyStore: keyStore)
    let wallet: Wallet = try await Wallet.open(config, keyStore: keyStore)
    let device: String? = try await wallet.device()
    wallet.isOffline = !wallet.isOffline
    try await wallet.buy("a")
    try await wallet.buy("a", quantity: 2)
    let purchase: Purchase = try await wallet.buy("a", quantity: 1, idempotencyKey: "k")
    try await wallet.consume("a", operation: "o")
    let left: Int = try await wallet.consume("a", quantity: 2, operation: "o2")
    let receipt: String = try await wallet.receipt(purchase.id)
    let report: SyncReport = try await wallet.sync()
    print(report.settled, report.rejected, report.waiting, report.balance)
    try await wallet.erase()
    try await wallet.erase(force: true)
    await wallet.close()
    print(device as Any, left, receipt)
}

/// Reads what a wallet has.
func readWallet(_ wallet: Wallet) async throws(WalletError) {
    let balance: Balance = wallet.balance
    let dollars: CurrencyBalance = balance["USD"]
    print(dollars.total, dollars.offlineSpendable, dollars.pending, balance.currencies, balance.asOf as Date? as Any)
    let owned: [String: Int] = try await wallet.inventory().items
    let count: Int = try await wallet.inventory()["a"]
    let catalog = try await wallet.catalog()
    print(owned, count, catalog.merchant, catalog.version, catalog.expiresAt as Date)
    for item in catalog.items {
        print(item.sku, item.title, item.description, item.price, item.kind == .durable || item.kind == .consumable)
    }
    print(catalog["a"] as Item? as Any)
    let purchases = try await wallet.purchases() + wallet.purchases(PurchaseFilter(limit: 1, waitingOnly: true))
    for purchase in purchases {
        print(purchase.id, purchase.sku, purchase.quantity, purchase.total, purchase.purchasedAt as Date)
        read(purchase.state)
    }
}

func read(_ state: PurchaseState) {
    switch state {
    case .granted, .settling: break
    case .settled(let split, let date): print(split.processor, split.platform, split.developer, date as Date)
    case .rejected(let reason): read(reason)
    }
}

func read(_ reason: RejectionReason) {
    switch reason {
    case .malformed, .unknownCatalog, .unknownItem, .wrongPrice, .wrongQuantity, .unknownAllowance,
        .allowanceExpired, .abovePurchaseMax, .allowanceExceeded, .other:
        break
    }
}

/// Pays by card.
func pay(_ wallet: Wallet) async throws {
    let details = CardDetails(number: "4242", expiryMonth: 1, expiryYear: 2030, cvc: "123")
    let card: Card = try await wallet.addCard(details)
    print(card.lastFour, card.expiryMonth, card.expiryYear, try await wallet.cards() as [Card])
    switch card.brand {
    case .visa, .mastercard, .americanExpress, .discover, .jcb, .dinersClub, .unionPay, .unknown: break
    }
    switch card.state {
    case .active, .expiring, .expired: break
    }
    let topUp: TopUp = try await wallet.topUp(Money("5.00", "USD"), card: card.id)
    print(topUp.id, topUp.amount, topUp.card, topUp.createdAt as Date, try await wallet.topUps() as [TopUp])
    switch topUp.state {
    case .created, .processing, .succeeded: break
    case .requiresAction(let url): print(url as URL)
    case .failed(let code):
        switch code {
        case .genericDecline, .insufficientFunds, .expiredCard, .incorrectCvc, .lostCard, .stolenCard,
            .authenticationFailed, .processingError, .other:
            break
        }
    }
    try await wallet.removeCard(card.id)
}

/// Counts money.
func count() throws(MoneyError) {
    let money: Money = try Money("1.00", "USD") + Money(1 as Decimal, "USD") - Money(micros: 1, currency: "USD") * 2
    let isLess: Bool = try money < Money.zero("USD")
    print(money.amount as Decimal, money.micros as Int64, money.currency, money.isZero, isLess)
    print(money.formatted(), money.formatted(locale: Locale(identifier: "de")), money.description)
    let errors: [MoneyError] = [.malformed(""), .inexact(0), .otherCurrency("USD", "EUR"), .outOfRange]
    print(errors.map(\.localizedDescription))
}

/// Listens.
func listen(to wallet: Wallet) async {
    for await balance in wallet.balanceUpdates as AsyncStream<Balance> { print(balance) }
    for await state in wallet.syncStateUpdates as AsyncStream<SyncState> { read(state) }
    read(wallet.syncState)
    for await event in wallet.events as AsyncStream<WalletEvent> {
        switch event {
        case .purchased(let purchase, let sku): print(purchase as String, sku as String)
        case .settled(let purchase): print(purchase as String)
        case .rejected(let purchase, let sku, let reason, let revoked): print(purchase, sku, reason, revoked as Int)
        case .balanceChanged(let balance): print(balance as Balance)
        case .catalogChanged(let version): print(version as Int)
        case .topUpChanged(let topUp): print(topUp as TopUp)
        case .frozen(let forkSeq): print(forkSeq as Int)
        case .syncChanged(let state): read(state)
        }
    }
}

func read(_ state: SyncState) {
    switch state {
    case .idle, .running: break
    case .waiting(let delay, let attempt, let error): print(delay as Duration, attempt as Int, error as WalletError)
    case .stopped(let error): print(error as WalletError)
    }
}

/// Tells what went wrong.
func read(_ error: WalletError) {
    print(error.message, error.isTransient, error.localizedDescription, error.recoverySuggestion as String? as Any)
    switch error.reason {
    case .notEnrolled, .catalogMissing, .deviceRevoked, .syncRequired, .keyLost, .storageFull, .alreadyOpen, .closed,
        .upgradeRequired, .internal:
        break
    case .insufficientFunds(let available, let needed): print(available as Money, needed as Money)
    case .offlineLimitReached(let limit, let remaining): print(limit as Money, remaining as Money)
    case .allowanceExpired(let date), .catalogExpired(let date): print(date as Date)
    case .spendingLimitReached(let limit): print(limit as Money)
    case .unknownItem(let sku), .alreadyOwned(let sku): print(sku as String)
    case .insufficientItems(let sku, let owned, let needed): print(sku, owned as Int, needed as Int)
    case .queueFull(let limit): print(limit as Int)
    case .cardInvalid(let field): print(field as String)
    case .cardDeclined(let code, let topUp): print(code as DeclineCode, topUp as String)
    case .offline(let operation): print(operation as String)
    case .gatewayUnavailable(let retryAfter): print(retryAfter as Duration? as Any)
    case .gatewayNotTrusted(let words), .refused(let words), .enrolmentRejected(let words),
        .keyStoreUnavailable(let words), .storageUnavailable(let words), .storageDamaged(let words):
        print(words as String)
    case .deviceFrozen(let forkSeq): print(forkSeq as Int)
    case .unsettledEntries(let count): print(count as Int)
    case .invalidArgument(let field, let reason): print(field as String, reason as String)
    }
}

/// Keeps keys elsewhere.
final class KeysOfTheApp: KeyStore {
    private let store: any KeyStore = SoftwareKeyStore(file: URL(fileURLWithPath: "/keys.json"))

    func publicKey() async throws(KeyStoreError) -> Data { throw .keyLost }
    func sign(_ message: Data) async throws(KeyStoreError) -> Data { throw .unavailable("locked") }
    func loadSecret(_ name: String) async throws(KeyStoreError) -> Data? { try await store.loadSecret(name) }
    func storeSecret(_ secret: Data, name: String) async throws(KeyStoreError) {
        try await store.storeSecret(secret, name: name)
    }
    func erase() async throws(KeyStoreError) { try await store.erase() }
}

/// Settles on Apple's systems.
func settle(_ sync: BackgroundSync, _ wakeUp: NetworkWakeUp) throws {
    let isPermitted: Bool = sync.register()
    let isScheduled: Bool = sync.schedule()
    wakeUp.start()
    wakeUp.stop()
    print(isPermitted, isScheduled, try AppleStorage.walletFolder(), try AppleStorage.walletFolder("other") as URL)
}

/// Makes what the wallet gives, for a preview.
func preview() throws(MoneyError) -> [any Hashable] {
    let money = try Money("1.00", "USD")
    let line = CurrencyBalance(total: money, offlineSpendable: money, pending: money)
    let balance = Balance(currencies: [line], asOf: nil)
    let item = Item(sku: "a", title: "A", description: "", price: money, kind: .durable)
    let split = Split(processor: money, platform: money, developer: money)
    let settled = PurchaseState.settled(split: split, at: .now)
    return [
        balance, Catalog(merchant: "m", version: 1, expiresAt: .now, items: [item]), Inventory(items: ["a": 1]),
        Purchase(id: "p", sku: "a", quantity: 1, total: money, purchasedAt: .now, state: settled),
        Card(id: "c", brand: .visa, lastFour: "4242", expiryMonth: 1, expiryYear: 2030, state: .active),
        TopUp(id: "t", amount: money, card: "c", createdAt: .now, state: .succeeded),
        SyncReport(settled: 1, rejected: 0, waiting: 0, balance: balance),
        WalletError(reason: .storageFull, message: "no room", isTransient: true),
    ]
}

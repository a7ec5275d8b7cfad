import Farthing
import FarthingApple
import Foundation

// Each public call as an app makes it. None of it is run: what no longer compiles would break apps.

/// Opens, uses and ends a wallet.
func callWallet(folder: URL, keyStore: any KeyStore) async throws(WalletError) {
    var config = WalletConfig(gateway: folder, publishableKey: "pk_live_1", folder: folder)
    config.rootKey = "thumbprint"
    config.enrolmentToken = "token"
    config.keyPins = ["pin", "spare"]
    config.tlsRoots = [Data()]
    config.syncsByItself = false
    config.clock = { Date() }
    print(config, config.gateway, config.publishableKey, config.folder)
    try await Wallet.startOver(folder: folder, keyStore: keyStore)
    let wallet: Wallet = try await Wallet.open(config, keyStore: keyStore)
    let device: String? = try await wallet.device()
    let file: SupportFile = try await wallet.supportBundle()
    print(file.name, file.content, SupportFile(name: "a", content: "b") == file)
    wallet.isOffline = !wallet.isOffline
    try await wallet.buy("a")
    try await wallet.buy("a", quantity: 2)
    let purchase: Purchase = try await wallet.buy("a", quantity: 1, idempotencyKey: "k")
    try await wallet.tip("ana", Money.zero("USD"))
    let tip: Tip? = try await wallet.tip("ana", Money.zero("USD"), message: "m", idempotencyKey: "k").tip
    print(tip?.creator as String? as Any, tip?.message as String? as Any, Tip(creator: "ana"))
    for creator: Creator in try await wallet.creators() {
        print(creator.id, creator.name, creator == Creator(id: "a", name: "A"))
    }
    try await wallet.consume("a", operation: "o")
    let left: Int = try await wallet.consume("a", quantity: 2, operation: "o2")
    let receipt: String = try await wallet.receipt(purchase.id)
    try await wallet.refund(purchase.id)
    let refunded: Purchase = try await wallet.refund(purchase.id)
    let refunds: [String] = try await wallet.refundReceipts(refunded.id)
    try await wallet.topUpFromStore(.appStore(signedTransaction: "jws"))
    let pack: StoreTopUp = try await wallet.topUpFromStore(.googlePlay(product: "a", purchaseToken: "t"))
    let account: String? = try await wallet.account()
    print(pack.amount as Money, pack.isCredited as Bool, account as Any)
    let meter: Meter = wallet.meter("calls")
    try await meter.record()
    try await meter.record(2)
    let counted: Bool = meter.tryRecord() && meter.tryRecord(2)
    try await meter.flush()
    let pass: Pass? = try await wallet.pass("season")
    for each: Pass in try await wallet.passes() + [wallet.setPassRenewal("season", agrees: true)] {
        print(each.sku, each.startsAt as Date, each.endsAt as Date, each.graceEndsAt as Date, each.renewal as Any)
        switch each.state {
        case .active, .grace, .ended: print(pass as Any)
        }
    }
    let report: SyncReport = try await wallet.sync()
    print(report.settled, report.rejected, report.waiting, report.balance)
    try await wallet.erase()
    try await wallet.erase(force: true)
    await wallet.close()
    print(device as Any, left, receipt, refunds, counted)
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
        let pass: PassTerms? = item.kind == .pass ? item.pass : nil
        print(pass?.length as Duration? as Any, pass?.grace as Duration? as Any, pass?.mayRenew as Bool? as Any)
        print(pass?.reminder as Duration? as Any)
        let credits: Money? = item.kind == .currencyPack ? item.credits : nil
        print(credits as Any)
        let contents: [BundledItem] = item.kind == .bundle ? item.contents : []
        print(item.price(at: .now) as Money, item.text(in: "de").title as String, item.picture as URL? as Any)
        item.prices.forEach { print($0.price as Money, $0.from as Date, $0.until as Date) }
        item.texts.values.forEach { print($0.title as String, $0.description as String) }
        contents.forEach { print($0.sku as String, $0.quantity as Int) }
        let terms: MeterTerms? = item.kind == .metered ? item.meter : nil
        print(terms?.perUnits as Int? as Any, terms?.flushAfterUnits as Int? as Any)
        print(terms?.flushAfter as Duration? as Any, terms?.dailyCap as Money? as Any)
    }
    catalog.currencies.forEach { print($0.code as String, $0.exponent as Int, $0.title as String) }
    print(catalog["a"] as Item? as Any)
    let purchases = try await wallet.purchases() + wallet.purchases(PurchaseFilter(limit: 1, waitingOnly: true))
    for purchase in purchases {
        print(purchase.id, purchase.sku, purchase.quantity, purchase.total, purchase.purchasedAt as Date)
        print(purchase.kind == .item || purchase.kind == .usage || purchase.kind == .tip)
        print(purchase.isFromAnotherDevice as Bool)
        read(purchase.state)
    }
}

func read(_ state: PurchaseState) {
    switch state {
    case .granted, .settling: break
    case .settled(let split, let date): print(split.processor, split.platform, split.developer, date as Date)
    case .refunded(let amount, let quantity, let date, let split, let settledAt):
        print(amount as Money, quantity as Int, date as Date, split as Split, settledAt as Date)
    case .rejected(let reason): read(reason)
    }
}

func read(_ reason: RejectionReason) {
    switch reason {
    case .malformed, .unknownCatalog, .unknownItem, .wrongPrice, .wrongQuantity, .unknownAllowance,
        .allowanceExpired, .abovePurchaseMax, .allowanceExceeded, .spendingLimitReached, .approvalRequired,
        .unknownCreator, .other:
        break
    }
}

/// Pays by card.
func pay(_ wallet: Wallet) async throws {
    let details = CardDetails(number: "4242", expiryMonth: 1, expiryYear: 2030, cvc: "123")
    _ = try await wallet.addPaymentMethod("pm_1") as Card
    let card: Card = try await wallet.addCard(details)
    print(card.lastFour, card.expiryMonth, card.expiryYear, try await wallet.cards() as [Card])
    switch card.brand {
    case .visa, .mastercard, .americanExpress, .discover, .jcb, .dinersClub, .unionPay, .unknown: break
    }
    switch card.state {
    case .active, .expiring, .expired: break
    }
    for advice: TopUpAdvice in try await wallet.topUpAdvice("USD") {
        print(advice.amount as Money, advice.fee as Money, advice.feePerMillion as Int)
    }
    let tab: CardTab = try await wallet.openTab(Money("5.00", "USD"), card: card.id)
    print(tab.id, tab.limit as Money, tab.card, tab.openedAt as Date, tab.owed as Money)
    print(try await wallet.closeTab(tab.id) as CardTab, try await wallet.tabs() as [CardTab])
    switch tab.state {
    case .created, .processing, .open, .closing: break
    case .requiresAction(let url): print(url as URL)
    case .closed(let charged): print(charged as Money)
    case .disputed(let held): print(held as Money)
    case .chargedBack(let amount): print(amount as Money)
    case .failed(let code): print(code as DeclineCode)
    }
    let topUp: TopUp = try await wallet.topUp(Money("5.00", "USD"), card: card.id)
    print(topUp.id, topUp.amount, topUp.card, topUp.createdAt as Date, try await wallet.topUps() as [TopUp])
    print(topUp.isAutomatic as Bool)
    switch topUp.state {
    case .created, .processing, .succeeded: break
    case .requiresAction(let url): print(url as URL)
    case .disputed(let held): print(held as Money)
    case .chargedBack(let amount): print(amount as Money)
    case .failed(let code):
        switch code {
        case .genericDecline, .insufficientFunds, .expiredCard, .incorrectCvc, .lostCard, .stolenCard,
            .authenticationFailed, .processingError, .other:
            break
        }
    }
    try await wallet.removeCard(card.id)
}

/// Lets a card be charged by itself, and forbids it again.
func agreeToAutoTopUp(_ wallet: Wallet) async throws {
    let (some, more) = (try Money("5.00", "USD"), try Money("20.00", "USD"))
    let setting = AutoTopUp(below: some, amount: some, card: "c", monthlyCap: more)
    let agreed: AutoTopUpConsent? = try await wallet.setAutoTopUp(setting)
    try await wallet.setAutoTopUp(nil)
    for consent in [agreed, try await wallet.autoTopUp() as AutoTopUpConsent?].compactMap(\.self) {
        print(consent.setting.below, consent.setting.amount, consent.setting.card, consent.setting.monthlyCap as Money)
        print(consent.agreedAt as Date, consent.chargedThisMonth as Money, consent.waitsUntil as Date? as Any)
        consent.pause.map(read)
    }
}

func read(_ pause: AutoTopUpPause) {
    switch pause {
    case .declined, .cardUnavailable, .refused: break
    }
}

/// Limits what a wallet spends, and answers what a guardian is asked for.
func limit(_ wallet: Wallet) async throws {
    let some = SpendingLimits(day: try Money("5", "USD"), askAbove: .zero("USD"))
    try await wallet.setLimits(some, currency: "USD")
    try await wallet.setLimits(some, currency: "USD", pin: "1234", utcOffsetMinutes: 60)
    let limits: Limits = try await wallet.limits()
    print(limits.hasGuardian, limits.utcOffsetMinutes as Int, limits.asOf as Date)
    for line in limits.limits {
        print(line.currency, line.player.purchase as Money? as Any, line.guardian.week as Any)
        print(line.pending?.limits.month as Any, line.pending?.from as Date? as Any)
        for use in line.used {
            switch use.period {
            case .purchase, .day, .week, .month: print(use.limit, use.used, use.resets as Date)
            }
        }
    }
    var approvals: [Approval] = try await wallet.approvals()
    approvals.append(try await wallet.answerApproval("approval", approve: true, pin: "1234"))
    for approval in approvals {
        print(approval.id, approval.device, approval.sku, approval.quantity as Int, approval.total)
        print(approval.askedAt as Date, approval.expiresAt as Date)
        switch approval.state {
        case .pending, .approved, .declined, .used, .expired: break
        }
    }
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
        case .purchaseRefunded(let purchase, let sku, let amount, let quantity, let revoked):
            print(purchase as String, sku as String, amount as Money, quantity as Int, revoked as Int)
        case .purchasesArrived(let count): print(count as Int)
        case .usageNearLimit(let sku, let spent, let limit): print(sku as String, spent as Money, limit as Money)
        case .passEnding(let sku, let date, let renewal): print(sku as String, date as Date, renewal as Money? as Any)
        case .passNotRenewed(let sku, let date, let error):
            print(sku as String, date as Date, error as WalletError? as Any)
        case .passEnded(let sku): print(sku as String)
        case .balanceChanged(let balance): print(balance as Balance)
        case .catalogChanged(let version): print(version as Int)
        case .topUpChanged(let topUp): print(topUp as TopUp)
        case .autoTopUpPaused(let reason): read(reason)
        case .tabChanged(let tab): print(tab as CardTab)
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
    case .notEnrolled, .catalogMissing, .deviceRevoked, .accountErased, .syncRequired, .keyLost, .storageFull,
        .alreadyOpen, .closed, .upgradeRequired, .notSettled, .alreadyRefunded, .alreadyUsed, .storePurchaseTaken,
        .internal:
        break
    case .insufficientFunds(let available, let needed): print(available as Money, needed as Money)
    case .offlineLimitReached(let limit, let remaining): print(limit as Money, remaining as Money)
    case .allowanceExpired(let date), .catalogExpired(let date): print(date as Date)
    case .spendingLimitReached(let period, let limit, let remaining, let resets):
        print(period as LimitPeriod, limit as Money, remaining as Money, resets as Date? as Any)
    case .approvalRequired(let approval, let sku, let total): print(approval as String, sku as String, total as Money)
    case .usageCapReached(let sku, let cap, let resetsAt): print(sku as String, cap as Money, resetsAt as Date)
    case .topUpCapReached(let cap, let most, let room): print(cap as TopUpCap, most as Money, room as Money)
    case .ageRestricted(let needsGuardian): print(needsGuardian as Bool)
    case .unknownItem(let sku), .alreadyOwned(let sku): print(sku as String)
    case .insufficientItems(let sku, let owned, let needed): print(sku, owned as Int, needed as Int)
    case .queueFull(let limit): print(limit as Int)
    case .cardInvalid(let field): print(field as String)
    case .cardDeclined(let code, let topUp): print(code as DeclineCode, topUp as String)
    case .offline(let operation): print(operation as String)
    case .gatewayUnavailable(let retryAfter): print(retryAfter as Duration? as Any)
    case .refundTooLate(let words), .gatewayNotTrusted(let words), .refused(let words), .enrolmentRejected(let words),
        .keyStoreUnavailable(let words), .storageUnavailable(let words), .storageDamaged(let words),
        .storePurchaseInvalid(let words):
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
    let terms = MeterTerms(perUnits: 1, flushAfterUnits: 10, flushAfter: .seconds(60), dailyCap: nil)
    let metered = Item(sku: "b", title: "B", description: "", price: money, kind: .metered, meter: terms)
    let season = PassTerms(length: .seconds(60), grace: .zero, mayRenew: true, reminder: .zero)
    let pass = Item(sku: "c", title: "C", description: "", price: money, kind: .pass, pass: season)
    let chest = Item(
        sku: "d",
        title: "D",
        description: "",
        price: money,
        kind: .bundle,
        contents: [BundledItem(sku: "a", quantity: 1)],
        prices: [ScheduledPrice(price: money, from: .now, until: .now)],
        texts: ["de": ItemText(title: "D", description: "")],
        picture: URL(string: "https://cdn.example/d.png")
    )
    let gems = VirtualCurrency(code: "gems", exponent: 0, title: "Gems")
    let pack = Item(sku: "e", title: "E", description: "", price: money, kind: .currencyPack, credits: money)
    let split = Split(processor: money, platform: money, developer: money)
    let settled = PurchaseState.settled(split: split, at: .now)
    return [
        balance, Catalog(merchant: "m", version: 1, expiresAt: .now, items: [item, metered, pass, chest]),
        Catalog(merchant: "m", version: 1, expiresAt: .now, currencies: [gems], items: [pack]),
        Pass(sku: "c", state: .active, startsAt: .now, endsAt: .now, graceEndsAt: .now, renewal: money),
        Inventory(items: ["a": 1]),
        Purchase(id: "p", sku: "a", quantity: 1, total: money, purchasedAt: .now, state: settled),
        Purchase(id: "q", sku: "b", quantity: 1, total: money, purchasedAt: .now, state: settled, kind: .usage),
        Purchase(
            id: "r",
            sku: "a",
            quantity: 1,
            total: money,
            purchasedAt: .now,
            state: settled,
            isFromAnotherDevice: true
        ),
        Card(id: "c", brand: .visa, lastFour: "4242", expiryMonth: 1, expiryYear: 2030, state: .active),
        TopUp(id: "t", amount: money, card: "c", createdAt: .now, state: .succeeded),
        TopUp(id: "u", amount: money, card: "c", createdAt: .now, state: .succeeded, isAutomatic: true),
        AutoTopUpConsent(
            setting: AutoTopUp(below: money, amount: money, card: "c", monthlyCap: money),
            agreedAt: .now,
            chargedThisMonth: money,
            pause: .declined,
            waitsUntil: .now
        ),
        TopUpAdvice(amount: money, fee: money, feePerMillion: 1),
        StoreTopUp(amount: money, isCredited: true),
        SyncReport(settled: 1, rejected: 0, waiting: 0, balance: balance),
        WalletError(reason: .storageFull, message: "no room", isTransient: true),
    ]
}

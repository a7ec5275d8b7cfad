import Foundation
import Observation
import SandboxGateway
import Testing

import Farthing
@testable import FarthingShop

func usd(_ amount: String) throws -> Money { try Money(amount, "USD") }

/// Test cards of the sandbox.
enum TestCards {
    static let good = CardEntry(number: "4242 4242 4242 4242", month: "12", year: "34", cvc: "123")
    static let wrong = CardEntry(number: "4242 4242 4242 4241", month: "12", year: "34", cvc: "123")
    static let declined = CardEntry(number: "4000 0000 0000 9995", month: "12", year: "34", cvc: "123")
    static let unchargeable = CardEntry(number: "4000 0000 0000 0341", month: "12", year: "34", cvc: "123")
    static let threeDSecure = CardEntry(number: "4000 0027 6000 3184", month: "12", year: "34", cvc: "123")
}

/// A catalog with a currency of the game's own.
let gemsCatalog = """
    merchant = "sample-studio"

    [[currencies]]
    code = "gems"
    exponent = 0
    title = "Gems"

    [[items]]
    sku = "gems_15"
    title = "15 gems"
    description = "They glitter."
    kind = "currency_pack"
    price = { amount = "0.99", currency = "USD" }
    credits = { amount = "15", currency = "gems" }

    [[items]]
    sku = "chest"
    title = "Chest"
    description = "Who knows what is in it."
    kind = "consumable"
    price = { amount = "12", currency = "gems" }
    """

/// Someone with a phone in hand, who waits for what the screens show; with a gateway of their own.
@MainActor final class Player {
    let gateway: SandboxGateway
    let root: URL
    private(set) var shop: EmberdeepShop
    private(set) var stores: StandInStores?
    /// Whose the wallet is to be; nobody's in particular where it is empty.
    var enrolmentToken = ""
    private var store: @MainActor (ShopSettings) -> (any PackStore)? = { StandInStore($0) }

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "shop-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        gateway = try SandboxGateway(data: root.appending(path: "gateway"))
        shop = Self.shop(in: root, store: store)
    }

    deinit {
        try? FileManager.default.removeItem(at: root)
    }

    var keys: URL { root.appending(path: "keys.json") }
    var settings: ShopSettings {
        ShopSettings(
            gateway: gateway.address.absoluteString,
            publishableKey: gateway.publishableKey,
            rootKey: gateway.rootKey,
            stores: stores?.address.absoluteString ?? "",
            enrolmentToken: enrolmentToken
        )
    }

    private static func shop(
        in root: URL,
        store: @escaping @MainActor (ShopSettings) -> (any PackStore)?
    ) -> EmberdeepShop {
        let keyStore = SoftwareKeyStore(file: root.appending(path: "keys.json"))
        let place = WalletPlace(folder: root.appending(path: "wallet"), keyStore: keyStore)
        return EmberdeepShop(folder: root.appending(path: "shop"), store: store) { _ in place }
    }

    // MARK: - What the screens show

    var shelves: Shelves? {
        if case .open(let shelves) = shop.shop.screen { shelves } else { nil }
    }
    var total: Money? { total("USD") }
    func total(_ currency: String) -> Money? { shelves?.purse.lines.first { $0.id == currency }?.total }
    func item(_ sku: String) -> ShelfItem? { shelves?.items.first { $0.id == sku } }
    var purchases: [PurchaseRow] { shop.purchases.rows ?? [] }
    var areAllSettled: Bool {
        !purchases.isEmpty && purchases.allSatisfy { if case .settled = $0.progress { true } else { false } }
    }
    func owned(_ sku: String) -> Int { shelves?.items.first { $0.id == sku }?.owned ?? 0 }
    func hasRead(_ text: ShopText) -> Bool { shop.noticeBoard.posted.contains { $0.notice.text == text } }

    /// What the notice board says, for a test that fails.
    var told: String {
        shop.noticeBoard.posted.map { "\($0.notice)" }.joined(separator: ", ")
    }

    // MARK: - What the player does

    /// Opens the shop, and waits for the shelves.
    func enterShop() async {
        await shop.start(with: settings).value
        await until { self.shelves != nil }
    }

    /// Enters beside a stand-in for the app store, or what the test makes of it.
    func enterShopWithStore(
        _ store: @escaping @MainActor (StandInStore) -> any PackStore = { $0 }
    ) async throws {
        useStore(store)
        shop = Self.shop(in: root, store: self.store)
        let stores = try StandInStores(folder: root.appending(path: "stores"))
        try await stores.connect(to: gateway)
        self.stores = stores
        await enterShop()
        await until { self.shop.tools.device != nil }
    }

    /// Buys packs there, from the next start on.
    func useStore(_ store: @escaping @MainActor (StandInStore) -> any PackStore) {
        self.store = { settings in StandInStore(settings).map(store) }
    }

    /// Enters with a card.
    func enter(with card: CardEntry) async {
        await enterShop()
        await add(card)
    }

    func add(_ card: CardEntry) async {
        #expect(await shop.cards.add(card).value, "\(told)")
        let lastFour = String(card[.number].suffix(4))
        await until { self.shop.cards.canTopUp && self.shop.cards.chosenCard?.lastFour == lastFour }
    }

    /// Enters with $5.
    func enterWithMoney() async throws {
        await enter(with: TestCards.good)
        #expect(await shop.cards.topUp(CardsModel.firstAmounts[0]).value, "\(told)")
        let five = try usd("5")
        await until { self.total == five }
    }

    func buy(_ sku: String) async {
        // What the screens show may have been read before what the player did last.
        await shop.session.refreshed()
        let before = owned(sku)
        #expect(await shop.shop.buy(sku).value != nil, "\(told)")
        await until { self.owned(sku) == before + 1 }
        shop.shop.grantedShown(sku)
    }

    /// Buys what is not counted in the bag.
    func take(_ sku: String, quantity: Int = 1) async {
        #expect(await shop.shop.buy(sku, quantity: quantity).value != nil, "\(told)")
        shop.shop.grantedShown(sku)
    }

    /// Syncs, and waits until nothing waits any more.
    func settle() async {
        #expect(await shop.tools.sync().value != nil, "\(told)")
        await until { self.areAllSettled }
    }

    func order(_ fault: Fault) async {
        await until { self.shop.tools.device != nil }
        #expect(await shop.tools.order(fault).value)
    }

    /// Ends the shop, and starts it anew from what is on disk.
    func startAgain(with settings: ShopSettings? = nil) async {
        await shop.end()
        shop = Self.shop(in: root, store: store)
        await shop.start(with: settings).value
    }

    /// Waits for what the screens show. The time limit of the test ends it too, and the place is told then.
    func until(sourceLocation: SourceLocation = #_sourceLocation, _ condition: @MainActor () -> Bool) async {
        while !Task.isCancelled {
            let (changes, changing) = AsyncStream.makeStream(of: Void.self)
            var isTrue = false
            withObservationTracking {
                isTrue = condition()
            } onChange: {
                changing.finish()
            }
            if isTrue { return }
            for await _ in changes {}
        }
        Issue.record("waited in vain; the notice board says: \(told)", sourceLocation: sourceLocation)
    }
}

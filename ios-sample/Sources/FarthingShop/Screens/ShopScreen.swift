import Farthing
import Foundation

/// What the shop shows.
public enum ShopScreen: Hashable, Sendable {
    /// The wallet is being opened, or asks the gateway for the first time.
    case loading
    /// The shelves.
    case open(Shelves)
    /// The gateway was never reached, so there is nothing to show: what the player is told.
    case unreachable(Notice)
}

/// The shop with its shelves.
public struct Shelves: Hashable, Sendable {
    /// What the player has.
    public var purse: Purse

    /// What is for sale.
    public var items: [ShelfItem]

    /// A top-up that has not come to its end.
    public var openTopUp: OpenTopUp?

    /// Shelves, for previews.
    public init(purse: Purse, items: [ShelfItem], openTopUp: OpenTopUp? = nil) {
        self.purse = purse
        self.items = items
        self.openTopUp = openTopUp
    }
}

/// What the player has: in all, without a connection, and what still waits for the gateway.
public struct Purse: Hashable, Sendable {
    /// Each currency that something costs.
    public var lines: [PurseLine]

    /// How many purchases wait for settlement.
    public var waiting: Int

    /// Whether airplane mode is on.
    public var isOffline: Bool

    /// The tabs that are not paid yet: what is owed is always in sight.
    public var tabs: [TabRow]

    /// A purse, for previews.
    public init(lines: [PurseLine], waiting: Int, isOffline: Bool, tabs: [TabRow] = []) {
        self.lines = lines
        self.waiting = waiting
        self.isOffline = isOffline
        self.tabs = tabs
    }

    /// What the foot of the purse says.
    public var foot: Notice {
        if waiting > 0 { return Notice(.waiting, .number(waiting)) }
        return Notice(isOffline ? .offlineAndSettled : .allSettled)
    }
}

/// One currency of the purse.
public struct PurseLine: Hashable, Sendable, Identifiable {
    /// All that can be spent.
    public var total: Money

    /// What can be spent without a connection.
    public var offlineSpendable: Money

    /// What was spent and waits for settlement.
    public var pending: Money

    /// A line, for previews.
    public init(total: Money, offlineSpendable: Money, pending: Money) {
        self.total = total
        self.offlineSpendable = offlineSpendable
        self.pending = pending
    }

    init(_ balance: CurrencyBalance) {
        self.init(total: balance.total, offlineSpendable: balance.offlineSpendable, pending: balance.pending)
    }

    /// The currency.
    public var id: String { total.currency }

    /// What is below the total: `$3.76 without a connection`.
    public var offlineWords: Notice { Notice(.spendableOffline, .money(offlineSpendable)) }

    /// `$1.24 on its way`, if anything is.
    public var pendingWords: Notice? { pending.isZero ? nil : Notice(.pending, .money(pending)) }
}

/// One thing on the shelf.
public struct ShelfItem: Hashable, Sendable, Identifiable {
    /// What it is.
    public var name: ItemName

    /// The price of one.
    public var price: Money

    /// What becomes of it.
    public var kind: ItemKind

    /// What else there is to say: what is in a bundle, how long a pass lasts, what a pack credits.
    public var detail: Notice?

    /// How many the player has.
    public var owned: Int

    /// Whether it is being bought right now.
    public var isBuying: Bool

    /// Whether it was bought a moment ago.
    public var isGranted: Bool

    /// A thing, for previews.
    public init(
        name: ItemName,
        price: Money,
        kind: ItemKind = .consumable,
        detail: Notice? = nil,
        owned: Int = 0,
        isBuying: Bool = false,
        isGranted: Bool = false
    ) {
        self.name = name
        self.price = price
        self.kind = kind
        self.detail = detail
        self.owned = owned
        self.isBuying = isBuying
        self.isGranted = isGranted
    }

    /// The SKU.
    public var id: String { name.sku }

    /// Whether the player has it for ever, so that it can't be bought again.
    public var isOwnedForEver: Bool { kind == .durable && owned > 0 }

    /// Whether the button can be tapped.
    public var canBeBought: Bool { !isOwnedForEver && !isBuying }

    /// What the button says to VoiceOver.
    public var buttonWords: Notice {
        isOwnedForEver
            ? Notice(.ownedNamed, .item(name))
            : Notice(.buyNamed, .item(name), .money(price))
    }
}

extension ShopScreen {
    /// What the shop shows of a wallet.
    init(
        contents: WalletContents?,
        balance: Balance?,
        sync: SyncState,
        isOffline: Bool,
        buying: Set<String>,
        granted: Set<String>,
        now: Date = Date()
    ) {
        guard let contents, let balance, let catalog = contents.catalog else {
            self = Self.withoutCatalog(contents, sync, isOffline: isOffline)
            return
        }
        var currencies: [String] = []
        // What is paid by use is not bought: it has no place on the shelf.
        let shelf = catalog.items.filter { $0.kind != .metered }
        let paid = shelf.flatMap { [$0.price.currency] + ($0.credits.map { [$0.currency] } ?? []) }
        for currency in paid where !currencies.contains(currency) {
            currencies.append(currency)
        }
        let purse = Purse(
            lines: currencies.map { PurseLine(balance[$0]) },
            waiting: contents.waiting,
            isOffline: isOffline,
            tabs: contents.tabs.map(TabRow.init).filter { !$0.hasEnded }
        )
        let items = shelf.map { item in
            ShelfItem(
                name: ItemName(item.sku, in: catalog),
                price: item.price(at: now),
                kind: item.kind,
                detail: Self.detail(item, contents, catalog),
                owned: contents.inventory[item.sku] ?? 0,
                isBuying: buying.contains(item.sku),
                isGranted: granted.contains(item.sku)
            )
        }
        self = .open(Shelves(purse: purse, items: items, openTopUp: contents.openTopUp.map(OpenTopUp.init)))
    }

    private static func detail(_ item: Item, _ contents: WalletContents, _ catalog: Catalog) -> Notice? {
        switch item.kind {
        case .bundle:
            let parts = item.contents.map { part in
                Notice(.receiptQuantity, .number(part.quantity), .item(ItemName(part.sku, in: catalog)))
            }
            return Notice(.bundleContents, .list(parts))
        case .pass:
            // One that goes on is lengthened by another.
            if let pass = contents.passes.first(where: { $0.sku == item.sku && $0.state != .ended }) {
                return PassRow(pass, in: catalog).words
            }
            return item.pass.map { Notice(.passDays, .number(Int($0.length.components.seconds) / 86_400)) }
        case .currencyPack: return item.credits.map { Notice(.packCredits, .money($0)) }
        case .consumable, .durable, .metered: return nil
        }
    }

    private static func withoutCatalog(_ contents: WalletContents?, _ sync: SyncState, isOffline: Bool) -> ShopScreen {
        switch sync {
        case .waiting(_, _, let error), .stopped(let error): return .unreachable(error.notice)
        case .idle, .running: break
        }
        switch contents?.problem?.reason {
        case .storageDamaged, .storageUnavailable:
            return .unreachable(contents?.problem?.notice ?? Notice(.errorInternal))
        // Airplane mode before the first connection: nothing comes by itself.
        case .catalogMissing where isOffline: return .unreachable(Notice(.errorNotEnrolled))
        default: return .loading
        }
    }
}

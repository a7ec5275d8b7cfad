import Foundation

/// What is for sale, as the gateway signed it last. Prices hold, offline too, until it expires.
public struct Catalog: Hashable, Sendable {
    /// Who sells.
    public let merchant: String

    /// Counts up; a purchase names the version that its price is from.
    public let version: Int

    /// Nothing may be bought from it after this.
    public let expiresAt: Date

    /// The merchant's own currencies, which an ``ItemKind/currencyPack`` credits.
    public let currencies: [VirtualCurrency]

    /// What is for sale, in the merchant's order.
    public let items: [Item]

    /// One as the wallet would give it, for previews and tests of an app.
    public init(
        merchant: String,
        version: Int,
        expiresAt: Date,
        currencies: [VirtualCurrency] = [],
        items: [Item]
    ) {
        self.merchant = merchant
        self.version = version
        self.expiresAt = expiresAt
        self.currencies = currencies
        self.items = items
    }

    /// The item of a SKU, if it is for sale.
    public subscript(sku: String) -> Item? {
        items.first { $0.sku == sku }
    }
}

/// A currency of the merchant's own.
public struct VirtualCurrency: Hashable, Sendable {
    /// Its code, as ``Money/currency`` has it: `gems`.
    public let code: String

    /// The decimals of its smallest unit, 0 to 6.
    public let exponent: Int

    /// What players call it.
    public let title: String

    /// One as the wallet would give it, for previews and tests of an app.
    public init(code: String, exponent: Int, title: String) {
        self.code = code
        self.exponent = exponent
        self.title = title
    }
}

/// One thing for sale.
public struct Item: Hashable, Sendable, Identifiable {
    /// Its name in code.
    public let sku: String

    /// Its name for players.
    public let title: String

    /// A sentence for players; may be empty.
    public let description: String

    /// The usual price of one for this player, whose country may have its own; see ``price(at:)``. Of a metered item,
    /// that of ``MeterTerms/perUnits`` units.
    public let price: Money

    /// What becomes of it.
    public let kind: ItemKind

    /// How the units of a metered item are counted; `nil` for an item of another kind.
    public let meter: MeterTerms?

    /// How long a pass is for; `nil` for an item of another kind.
    public let pass: PassTerms?

    /// What is in a bundle; empty for an item of another kind.
    public let contents: [BundledItem]

    /// What one of a currency pack credits; `nil` for an item of another kind.
    public let credits: Money?

    /// Other prices than the usual one, each for a time: sales, and what it costs in the player's first days.
    public let prices: [ScheduledPrice]

    /// What it is called in other languages, by their tags (BCP 47); see ``text(in:)``.
    public let texts: [String: ItemText]

    /// Where a picture of it is, for the app to fetch; `nil` where the merchant names none.
    public let picture: URL?

    /// One as the wallet would give it, for previews and tests of an app.
    public init(
        sku: String,
        title: String,
        description: String,
        price: Money,
        kind: ItemKind,
        meter: MeterTerms? = nil,
        pass: PassTerms? = nil,
        contents: [BundledItem] = [],
        credits: Money? = nil,
        prices: [ScheduledPrice] = [],
        texts: [String: ItemText] = [:],
        picture: URL? = nil
    ) {
        self.sku = sku
        self.title = title
        self.description = description
        self.price = price
        self.kind = kind
        self.meter = meter
        self.pass = pass
        self.contents = contents
        self.credits = credits
        self.prices = prices
        self.texts = texts
        self.picture = picture
    }

    /// The price of one at a time. What is paid is judged by the wallet's trusted time.
    public func price(at date: Date) -> Money {
        prices.first { $0.from <= date && date < $0.until }?.price ?? price
    }

    /// What it is called in a language, by its tag (BCP 47), or in the one that this is a variant of; else in the
    /// catalog's own.
    public func text(in language: String) -> ItemText {
        func known(_ tag: String) -> ItemText? {
            texts.first { $0.key.lowercased() == tag.lowercased() }?.value
        }
        let primary = language.split(separator: "-").first.map(String.init) ?? language
        return known(language) ?? known(primary) ?? ItemText(title: title, description: description)
    }

    /// The SKU.
    public var id: String { sku }
}

/// What becomes of an item once it is bought.
public enum ItemKind: Hashable, Sendable {
    /// Used up, and bought again.
    case consumable
    /// Owned once, for ever, on each of the player's phones.
    case durable
    /// Paid by use: a ``Meter`` counts its units, and it is never bought nor owned.
    case metered
    /// Had for a time: bought again, it lasts longer. See ``Wallet/pass(_:)``.
    case pass
    /// Several items in one: bought together, given back together, and never owned itself.
    case bundle
    /// Units of a currency of the merchant's own, ``Item/credits``: they are in the balance once the purchase is
    /// settled, and nothing is owned by it.
    case currencyPack
}

/// Another price than the usual one, for a time.
public struct ScheduledPrice: Hashable, Sendable {
    /// The price of one, in the currency of the usual price.
    public let price: Money

    /// From then on.
    public let from: Date

    /// Until then, and not at that time.
    public let until: Date

    /// One as the wallet would give it, for previews and tests of an app.
    public init(price: Money, from: Date, until: Date) {
        self.price = price
        self.from = from
        self.until = until
    }
}

/// What an item is called in a language.
public struct ItemText: Hashable, Sendable {
    /// Its name for players.
    public let title: String

    /// A sentence for players; may be empty.
    public let description: String

    /// One as the wallet would give it, for previews and tests of an app.
    public init(title: String, description: String) {
        self.title = title
        self.description = description
    }
}

/// One of the items in a bundle.
public struct BundledItem: Hashable, Sendable {
    /// Which item of the same catalog.
    public let sku: String

    /// How many of it are in one bundle, at least 1.
    public let quantity: Int

    /// One as the wallet would give it, for previews and tests of an app.
    public init(sku: String, quantity: Int) {
        self.sku = sku
        self.quantity = quantity
    }
}

/// How the units of a metered item are counted.
public struct MeterTerms: Hashable, Sendable {
    /// How many units the item's price is for.
    public let perUnits: Int

    /// Units that may be counted in memory before they are written down.
    public let flushAfterUnits: Int

    /// How long they may wait.
    public let flushAfter: Duration

    /// The most that the units of one day (UTC) may cost on a device; `nil` where there is no cap.
    public let dailyCap: Money?

    /// Some as the wallet would give them, for previews and tests of an app.
    public init(perUnits: Int, flushAfterUnits: Int, flushAfter: Duration, dailyCap: Money?) {
        self.perUnits = perUnits
        self.flushAfterUnits = flushAfterUnits
        self.flushAfter = flushAfter
        self.dailyCap = dailyCap
    }
}

/// What the player owns.
public struct Inventory: Hashable, Sendable {
    /// Each item with its quantity (at least 1).
    public let items: [String: Int]

    /// One as the wallet would give it, for previews and tests of an app.
    public init(items: [String: Int]) {
        self.items = items
    }

    /// How many of an item there are; 0 when there is none.
    public subscript(sku: String) -> Int {
        items[sku] ?? 0
    }
}

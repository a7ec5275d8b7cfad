import Foundation

/// What is for sale, as the gateway signed it last. Prices hold, offline too, until it expires.
public struct Catalog: Hashable, Sendable {
    /// Who sells.
    public let merchant: String

    /// Counts up; a purchase names the version that its price is from.
    public let version: Int

    /// Nothing may be bought from it after this.
    public let expiresAt: Date

    /// What is for sale, in the merchant's order.
    public let items: [Item]

    /// One as the wallet would give it, for previews and tests of an app.
    public init(merchant: String, version: Int, expiresAt: Date, items: [Item]) {
        self.merchant = merchant
        self.version = version
        self.expiresAt = expiresAt
        self.items = items
    }

    /// The item of a SKU, if it is for sale.
    public subscript(sku: String) -> Item? {
        items.first { $0.sku == sku }
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

    /// The price of one.
    public let price: Money

    /// What becomes of it.
    public let kind: ItemKind

    /// One as the wallet would give it, for previews and tests of an app.
    public init(sku: String, title: String, description: String, price: Money, kind: ItemKind) {
        self.sku = sku
        self.title = title
        self.description = description
        self.price = price
        self.kind = kind
    }

    /// The SKU.
    public var id: String { sku }
}

/// What becomes of an item once it is bought.
public enum ItemKind: Hashable, Sendable {
    /// Used up, and bought again.
    case consumable
    /// Owned once, for ever.
    case durable
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

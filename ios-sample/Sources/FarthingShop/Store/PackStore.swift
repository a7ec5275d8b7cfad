import Farthing

/// A pack of balance that an app store sells.
public struct Pack: Hashable, Sendable, Identifiable {
    /// The product's name at the store.
    public var id: String

    /// What it adds to the balance.
    public var credit: Money

    /// What the store takes for it, in the store's own words or as an amount.
    public var price: Notice.Argument

    /// A pack.
    public init(id: String, credit: Money, price: Notice.Argument) {
        self.id = id
        self.credit = credit
        self.price = price
    }

    /// `$5.00 of balance`.
    public var creditWords: Notice { Notice(.packCredit, .money(credit)) }

    /// `$4.99 at the store`.
    public var priceWords: Notice { Notice(.packPrice, price) }

    /// Both, and what a tap does.
    public var buyWords: Notice { Notice(.packBuyNamed, .money(credit), price) }
}

/// A pack that was bought, and that the store gives the app again until it is finished.
public struct BoughtPack: Sendable, Identifiable {
    /// The store's name for the purchase.
    public let id: String

    /// Hands it over to a wallet, and finishes it at the store once it is credited. As often as you like: it credits
    /// once ever.
    public let credit: @Sendable (Wallet) async throws(WalletError) -> StoreTopUp

    /// A purchase.
    public init(id: String, credit: @escaping @Sendable (Wallet) async throws(WalletError) -> StoreTopUp) {
        self.id = id
        self.credit = credit
    }
}

/// What came of a purchase at the store.
public enum PackSale: Sendable {
    /// It is paid.
    case bought(BoughtPack)
    /// The store waits for the payment, or for a parent; it is unfinished once that is there.
    case pending
    /// The player turned back.
    case cancelled
}

/// Where packs of balance are sold. In a game it is StoreKit (`App/AppStorePacks.swift`); testers have a stand-in.
public protocol PackStore: Sendable {
    /// Whether nobody pays there. The player is told.
    var isStandIn: Bool { get }

    /// What is sold, the cheapest first.
    func packs() async throws(PackStoreError) -> [Pack]

    /// Sells a pack to an account. Where the answer is lost, it may be sold all the same, and is among the
    /// ``unfinished(of:)`` then.
    func buy(_ pack: Pack, for account: String) async throws(PackStoreError) -> PackSale

    /// What an account has bought and the app has not finished.
    func unfinished(of account: String) async throws(PackStoreError) -> [BoughtPack]
}

/// The store can't be reached, or doesn't do what it was asked.
public struct PackStoreError: Error, Sendable {
    /// Why, for developers.
    public let reason: String

    /// An error.
    public init(_ reason: String) {
        self.reason = reason
    }

    /// What the player is told.
    public var notice: Notice { Notice(.packsUnreachable) }
}

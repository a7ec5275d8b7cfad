/// What an app store has given the app for a pack of balance, for ``Wallet/topUpFromStore(_:)``.
public enum StorePurchase: Hashable, Sendable {
    /// Bought in Apple's App Store: StoreKit 2's signed transaction (`VerificationResult.jwsRepresentation`).
    case appStore(signedTransaction: String)
    /// Bought in Google Play: the product's name in the Play Console, and the purchase's token.
    case googlePlay(product: String, purchaseToken: String)
}

/// Without the token: whoever has it may ask the store about the purchase.
extension StorePurchase: CustomStringConvertible, CustomDebugStringConvertible {
    /// Which store, and what was bought.
    public var description: String {
        switch self {
        case .appStore: "a purchase in the App Store"
        case .googlePlay(let product, _): "a purchase of \(product) in Google Play"
        }
    }

    /// As ``description``.
    public var debugDescription: String { description }
}

/// How far a pack is that was bought in a store.
public struct StoreTopUp: Hashable, Sendable {
    /// What it credits.
    public let amount: Money

    /// Whether it is in the balance. If not, the player has yet to pay at the store, and the wallet asks again with
    /// each ``Wallet/sync()``.
    public let isCredited: Bool

    /// One as the wallet would give it, for previews and tests of an app.
    public init(amount: Money, isCredited: Bool) {
        self.amount = amount
        self.isCredited = isCredited
    }
}

/// A card's details as the player typed them.
///
/// They go to the gateway's vault and nowhere else, and ``description`` hides them. Keep no copy: a `String` can't
/// be wiped in Swift, so let it go.
public struct CardDetails: Sendable {
    /// The number (PAN); spaces and hyphens are allowed.
    public let number: String

    /// 1 to 12.
    public let expiryMonth: Int

    /// With the century: 2030.
    public let expiryYear: Int

    /// The card verification code, 3 or 4 digits. It is never stored anywhere.
    public let cvc: String

    /// The details; they are checked when the card is added.
    public init(number: String, expiryMonth: Int, expiryYear: Int, cvc: String) {
        self.number = number
        self.expiryMonth = expiryMonth
        self.expiryYear = expiryYear
        self.cvc = cvc
    }
}

extension CardDetails: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says nothing of the card.
    public var description: String { "card details (hidden)" }

    /// Says nothing of the card.
    public var debugDescription: String { description }

    /// Shows nothing of the card, to `dump` and to debuggers.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A card of the player: the token that stands for it, and what a person knows it by.
public struct Card: Hashable, Sendable, Identifiable {
    /// The token.
    public let id: String

    /// Its network.
    public let brand: CardBrand

    /// The last four digits.
    public let lastFour: String

    /// 1 to 12.
    public let expiryMonth: Int

    /// With the century.
    public let expiryYear: Int

    /// Whether it can still be charged.
    public let state: CardState

    /// One as the wallet would give it, for previews and tests of an app.
    public init(
        id: String,
        brand: CardBrand,
        lastFour: String,
        expiryMonth: Int,
        expiryYear: Int,
        state: CardState
    ) {
        self.id = id
        self.brand = brand
        self.lastFour = lastFour
        self.expiryMonth = expiryMonth
        self.expiryYear = expiryYear
        self.state = state
    }
}

/// A card's network.
public enum CardBrand: Hashable, Sendable {
    /// Visa.
    case visa
    /// Mastercard.
    case mastercard
    /// American Express.
    case americanExpress
    /// Discover.
    case discover
    /// JCB.
    case jcb
    /// Diners Club.
    case dinersClub
    /// UnionPay.
    case unionPay
    /// One that this version of the library does not know.
    case unknown
}

/// Whether a card can still be charged.
public enum CardState: Hashable, Sendable {
    /// It can be charged.
    case active
    /// It can be charged for less than 30 more days.
    case expiring
    /// It can't be charged any more.
    case expired
}

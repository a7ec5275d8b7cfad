import Farthing
import Foundation

/// A top-up that has not come to its end.
public struct OpenTopUp: Hashable, Sendable {
    /// How much.
    public var amount: Money

    /// Where the player confirms (3-D Secure); `nil` when there is nothing to do but wait.
    public var bankPage: URL?

    /// A top-up, for previews.
    public init(amount: Money, bankPage: URL? = nil) {
        self.amount = amount
        self.bankPage = bankPage
    }

    init(_ topUp: TopUp) {
        var bankPage: URL?
        if case .requiresAction(let page) = topUp.state { bankPage = page }
        self.init(amount: topUp.amount, bankPage: bankPage)
    }

    /// What the player is told of it.
    public var words: Notice { Notice(bankPage == nil ? .topUpWaiting : .topUpAction, .money(amount)) }
}

/// A card in the vault.
public struct CardRow: Hashable, Sendable, Identifiable {
    /// The token.
    public var id: String

    /// Its network.
    public var brand: CardBrand

    /// The last four digits.
    public var lastFour: String

    /// What is said of its expiry.
    public var expiry: Notice

    /// A card, for previews.
    public init(id: String, brand: CardBrand, lastFour: String, expiry: Notice) {
        self.id = id
        self.brand = brand
        self.lastFour = lastFour
        self.expiry = expiry
    }

    init(_ card: Card) {
        let expiry =
            switch card.state {
            case .active: Self.expiry(month: card.expiryMonth, year: card.expiryYear)
            case .expiring: Notice(.cardExpiring)
            case .expired: Notice(.cardExpired)
            }
        self.init(id: card.id, brand: card.brand, lastFour: card.lastFour, expiry: expiry)
    }

    /// `Until 03/2034`.
    public static func expiry(month: Int, year: Int) -> Notice {
        Notice(.cardExpiry, .text("\(month < 10 ? "0" : "")\(month)/\(year)"))
    }

    /// `Visa ending in 4242`.
    public var words: Notice { Notice(.cardEnding, .text(brand.name), .text(lastFour)) }
}

extension CardBrand {
    /// Names of networks are the same in every language.
    public var name: String {
        switch self {
        case .visa: "Visa"
        case .mastercard: "Mastercard"
        case .americanExpress: "American Express"
        case .discover: "Discover"
        case .jcb: "JCB"
        case .dinersClub: "Diners Club"
        case .unionPay: "UnionPay"
        case .unknown: "•"
        }
    }
}

/// A field of the form for a new card.
public enum CardField: String, CaseIterable, Hashable, Sendable {
    /// The card's number.
    case number
    /// The month of its expiry.
    case month = "expiry_month"
    /// The year of its expiry.
    case year = "expiry_year"
    /// The card verification code.
    case cvc

    /// What it is called.
    public var label: ShopText {
        switch self {
        case .number: .cardNumber
        case .month: .cardMonth
        case .year: .cardYear
        case .cvc: .cardCvc
        }
    }

    /// What the player is told when it is wrong.
    public var wrong: ShopText {
        switch self {
        case .number: .cardNumberWrong
        case .month: .cardMonthWrong
        case .year: .cardYearWrong
        case .cvc: .cardCvcWrong
        }
    }
}

/// A card as it is typed. Keep it in memory only, and let it go soon: it is a PAN.
public struct CardEntry: Sendable {
    /// What was typed into each field.
    public var typed: [CardField: String] = [:]

    /// An empty form.
    public init() {}

    /// A form that is filled in.
    public init(number: String, month: String, year: String, cvc: String) {
        typed = [.number: number, .month: month, .year: year, .cvc: cvc]
    }

    /// What was typed into a field.
    public subscript(field: CardField) -> String {
        get { typed[field] ?? "" }
        set { typed[field] = newValue }
    }

    /// What the wallet is asked to add. What is no number becomes 0, which the wallet refuses and names.
    var details: CardDetails {
        CardDetails(
            number: self[.number],
            expiryMonth: Self.number(self[.month]),
            expiryYear: Self.fullYear(self[.year]),
            cvc: self[.cvc].trimmingCharacters(in: .whitespaces)
        )
    }

    /// Cards show two digits of the year.
    static func fullYear(_ typed: String) -> Int {
        let year = number(typed)
        return (1...99).contains(year) ? 2_000 + year : year
    }

    private static func number(_ typed: String) -> Int {
        Int(typed.trimmingCharacters(in: .whitespaces)) ?? 0
    }
}

extension CardEntry: CustomStringConvertible, CustomReflectable {
    /// Says nothing of the card.
    public var description: String { "a card's form (hidden)" }

    /// Shows nothing of the card.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

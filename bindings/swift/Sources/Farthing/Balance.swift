import Foundation

/// What the player has.
///
/// Exact for this device; what other devices of the account spend shows after the next sync.
public struct Balance: Hashable, Sendable {
    /// Each currency, sorted by its code.
    public let currencies: [CurrencyBalance]

    /// When the gateway last confirmed it, by the gateway's clock; `nil` before the first sync.
    public let asOf: Date?

    /// One as the wallet would give it, for previews and tests of an app.
    public init(currencies: [CurrencyBalance], asOf: Date?) {
        self.currencies = currencies
        self.asOf = asOf
    }

    /// What the player has of a currency; nothing if it never occurred.
    public subscript(currency: String) -> CurrencyBalance {
        let nothing = Money.zero(currency)
        return currencies.first { $0.total.currency == currency }
            ?? CurrencyBalance(total: nothing, offlineSpendable: nothing, pending: nothing)
    }
}

/// What the player has of one currency.
public struct CurrencyBalance: Hashable, Sendable {
    /// All that can be spent: reserved for this device or not.
    public let total: Money

    /// What can be spent on this device without a connection.
    public let offlineSpendable: Money

    /// What was spent here and waits for settlement. It has left ``total`` already.
    public let pending: Money

    /// One as the wallet would give it, for previews and tests of an app.
    public init(total: Money, offlineSpendable: Money, pending: Money) {
        self.total = total
        self.offlineSpendable = offlineSpendable
        self.pending = pending
    }
}

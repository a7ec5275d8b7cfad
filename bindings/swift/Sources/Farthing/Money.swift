import Foundation

/// An exact amount of one currency, as whole micros (millionths of the major unit).
///
/// ```swift
/// let price = try Money("0.25", "USD")
/// let twenty = try price * 20  // 5.00 USD
/// ```
///
/// Sums of two currencies, and sums beyond what can be counted, throw a ``MoneyError``.
public struct Money: Hashable, Sendable {
    /// Millionths of the major unit.
    public let micros: Int64

    /// An ISO 4217 code (`USD`), or a virtual currency of the game (`gems`).
    public let currency: String

    /// An amount from millionths of the major unit.
    public init(micros: Int64, currency: String) {
        self.micros = micros
        self.currency = currency
    }

    /// An amount of major units.
    ///
    /// - Throws: ``MoneyError/inexact(_:)`` when it has more than six decimals or is out of range
    ///   (±9,223,372,036,854.775807); nothing is rounded.
    public init(_ amount: Decimal, _ currency: String) throws(MoneyError) {
        self.init(micros: try Self.micros(amount), currency: currency)
    }

    /// An amount from text such as `"0.25"`, with a point whatever the locale is.
    ///
    /// - Throws: ``MoneyError/malformed(_:)`` when the text is no decimal number,
    ///   ``MoneyError/inexact(_:)`` as for a `Decimal`.
    public init(_ amount: String, _ currency: String) throws(MoneyError) {
        let isDecimal = amount.wholeMatch(of: /-?[0-9]{1,20}(\.[0-9]{1,20})?/) != nil
        guard isDecimal, let decimal = Decimal(string: amount, locale: Self.withPoint) else {
            throw .malformed(String(amount.prefix(Self.shownMax)))
        }
        try self.init(decimal, currency)
    }

    /// Nothing, in a currency.
    public static func zero(_ currency: String) -> Money {
        Money(micros: 0, currency: currency)
    }

    /// The amount in major units.
    public var amount: Decimal {
        Decimal(micros) / Self.microsOfMajorUnit
    }

    /// Whether it is nothing.
    public var isZero: Bool { micros == 0 }

    /// The sum. Throws ``MoneyError/otherCurrency(_:_:)`` and ``MoneyError/outOfRange``.
    public static func + (left: Money, right: Money) throws(MoneyError) -> Money {
        try left.exact(left.micros.addingReportingOverflow(try left.sameCurrency(right)))
    }

    /// The difference; it may be negative. Throws ``MoneyError/otherCurrency(_:_:)`` and ``MoneyError/outOfRange``.
    public static func - (left: Money, right: Money) throws(MoneyError) -> Money {
        try left.exact(left.micros.subtractingReportingOverflow(try left.sameCurrency(right)))
    }

    /// The amount, `quantity` times. Throws ``MoneyError/outOfRange``.
    public static func * (money: Money, quantity: Int) throws(MoneyError) -> Money {
        try money.exact(money.micros.multipliedReportingOverflow(by: Int64(quantity)))
    }

    /// Whether the left one is less. Throws ``MoneyError/otherCurrency(_:_:)``.
    public static func < (left: Money, right: Money) throws(MoneyError) -> Bool {
        left.micros < (try left.sameCurrency(right))
    }

    /// For people: `$0.25`, `0,25 €`, `120 gems`. Never rounded: what is below a cent is shown.
    ///
    /// - Parameter locale: How amounts are written; the device's own unless told.
    public func formatted(locale: Locale = .autoupdatingCurrent) -> String {
        guard isISO else {
            return "\(amount.formatted(.number.precision(.fractionLength(0...6)).locale(locale))) \(currency)"
        }
        let minorDigits = minorDigits
        return amount.formatted(
            .currency(code: currency).precision(.fractionLength(minorDigits...6)).locale(locale)
        )
    }

    private static let microsOfMajorUnit: Decimal = 1_000_000
    private static let withPoint = Locale(identifier: "en_US_POSIX")
    private static let shownMax = 32

    private static func micros(_ amount: Decimal) throws(MoneyError) -> Int64 {
        let micros = amount * microsOfMajorUnit
        // `description` is exact; the conversions of NSDecimalNumber go through a float.
        guard let whole = Int64(micros.description) else { throw .inexact(amount) }
        return whole
    }

    private func sameCurrency(_ other: Money) throws(MoneyError) -> Int64 {
        guard other.currency == currency else { throw .otherCurrency(currency, other.currency) }
        return other.micros
    }

    private func exact(_ result: (partialValue: Int64, overflow: Bool)) throws(MoneyError) -> Money {
        guard !result.overflow else { throw .outOfRange }
        return Money(micros: result.partialValue, currency: currency)
    }

    private var isISO: Bool { Locale.Currency(currency).isISOCurrency }

    /// The decimals of the currency's minor unit: 2 for most, 0 for yen, 3 for dinars.
    private var minorDigits: Int {
        let nothing = Decimal.zero.formatted(.currency(code: currency).locale(Self.withPoint))
        guard let point = nothing.firstIndex(of: ".") else { return 0 }
        return nothing[point...].count(where: \.isNumber)
    }
}

extension Money: CustomStringConvertible {
    /// For logs: `0.25 USD`, at least with the decimals of the currency's minor unit.
    public var description: String {
        let digits = isISO ? minorDigits : 0
        let format = Decimal.FormatStyle(locale: Self.withPoint).grouping(.never).precision(.fractionLength(digits...6))
        return "\(amount.formatted(format)) \(currency)"
    }
}

/// An amount that can't be counted exactly.
public enum MoneyError: Error, Hashable, Sendable {
    /// The text is no decimal amount.
    case malformed(String)
    /// It has more than six decimals, or more than 13 digits before them.
    case inexact(Decimal)
    /// Two currencies can't be mixed in one amount.
    case otherCurrency(String, String)
    /// The result is more than can be counted.
    case outOfRange
}

extension MoneyError: LocalizedError {
    /// What is wrong with it.
    public var errorDescription: String? {
        switch self {
        case .malformed(let text): "\"\(text)\" is no decimal amount; write it like \"0.25\""
        case .inexact(let amount): "\(amount) can't be kept: an amount has at most 6 decimals and 13 digits before them"
        case .otherCurrency(let one, let other): "\(one) and \(other) can't be mixed in one amount"
        case .outOfRange: "the result is more than can be counted"
        }
    }
}

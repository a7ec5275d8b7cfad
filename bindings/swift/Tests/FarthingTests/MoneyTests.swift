import Foundation
import Testing

import Farthing

@Suite struct MoneyTests {
    @Test func amountsAreExact() throws {
        let price = try Money("0.25", "USD")
        #expect(try price * 20 == Money("5", "USD"))
        #expect(try price + Money("0.005", "USD") == Money(micros: 255_000, currency: "USD"))
        #expect(try price - Money("1.00", "USD") == Money("-0.75", "USD"))
        #expect(try Money("0.25", "USD") < Money("0.250001", "USD"))
        #expect(price.amount == Decimal(string: "0.25"))
        #expect(try Money(Decimal(Int64.max) / 1_000_000, "USD").micros == .max)
    }

    @Test(arguments: [
        ("0.25", "USD", "0.25 USD"), ("5", "USD", "5.00 USD"), ("0.005", "USD", "0.005 USD"),
        ("-0.5", "EUR", "-0.50 EUR"), ("1234567.5", "USD", "1234567.50 USD"), ("120", "gems", "120 gems"),
        ("300", "JPY", "300 JPY"), ("1.5", "BHD", "1.500 BHD"),
    ])
    func logsShowEachDecimal(amount: String, currency: String, text: String) throws {
        #expect(try Money(amount, currency).description == text)
    }

    @Test func peopleSeeTheirOwnWayOfWriting() throws {
        let german = Locale(identifier: "de_DE")
        let american = Locale(identifier: "en_US")
        #expect(try Money("0.25", "USD").formatted(locale: american) == "$0.25")
        #expect(try Money("0.005", "USD").formatted(locale: american) == "$0.005")
        #expect(try Money("1234.5", "EUR").formatted(locale: german) == "1.234,50\u{A0}€")
        #expect(try Money("120", "gems").formatted(locale: american) == "120 gems")
        #expect(try Money("300", "JPY").formatted(locale: american) == "¥300")
    }

    @Test(arguments: ["", "0,25", "1e3", " 1", "1.", ".5", "0x10", "١", "NaN", "--1"])
    func textThatIsNoAmountIsRefused(text: String) {
        #expect(throws: MoneyError.malformed(text)) { try Money(text, "USD") }
    }

    @Test func nothingIsRoundedAndNothingOverflows() throws {
        #expect(throws: MoneyError.self) { try Money("0.0000001", "USD") }
        #expect(throws: MoneyError.self) { try Money("9223372036854.775808", "USD") }
        let most = Money(micros: .max, currency: "USD")
        #expect(throws: MoneyError.outOfRange) { try most + Money(micros: 1, currency: "USD") }
        #expect(throws: MoneyError.outOfRange) { try most * 2 }
        #expect(throws: MoneyError.outOfRange) { try Money(micros: .min, currency: "USD") * -1 }
        #expect(throws: MoneyError.otherCurrency("USD", "EUR")) { try most + Money.zero("EUR") }
        #expect(throws: MoneyError.otherCurrency("USD", "EUR")) { try most < Money.zero("EUR") }
    }
}

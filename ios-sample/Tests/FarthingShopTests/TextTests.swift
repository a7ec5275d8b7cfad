import Foundation
import Testing

import Farthing
@testable import FarthingShop

/// The texts of the shop: complete in both languages, and right where they are filled in.
@Suite struct TextTests {
    private let english = Wording(locale: Locale(identifier: "en_US"), isolatesAmounts: false)
    private let german = Wording(locale: Locale(identifier: "de_DE"), isolatesAmounts: false)
    private let catalog: StringCatalog

    init() throws {
        let file = try #require(
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
                .appending(path: "Sources/FarthingShop/Resources/Localizable.xcstrings")
        )
        catalog = try StringCatalog(contentsOf: file)
    }

    @Test func theCatalogHasWhatTheShopSaysAndNothingElse() {
        #expect(Set(catalog.strings.keys) == Set(ShopText.allCases.map(\.rawValue)))
    }

    @Test(arguments: ShopText.allCases)
    func eachTextIsInBothLanguagesWithTheSamePlaceholders(text: ShopText) throws {
        let entry = try #require(catalog.strings[text.rawValue])
        #expect(Set(entry.localizations.keys) == ["en", "de"])
        let placeholders = try ["en", "de"].flatMap { language in
            try [1, 2].map { count in
                let template = try #require(catalog.template(text.rawValue, language: language, count: count))
                #expect(!template.isEmpty && template == template.trimmingCharacters(in: .whitespacesAndNewlines))
                return template.matches(of: /%[^ ]?[0-9]?\$?(@|lld|d|s)/).map { String($0.output.0) }.sorted()
            }
        }
        #expect(Set(placeholders).count == 1)
        // A placeholder that the shop can fill in, for Xcode's formats and for ours.
        #expect(placeholders.joined().allSatisfy { $0.wholeMatch(of: /%[1-9]\$(@|lld)/) != nil })
    }

    @Test func placeholdersAreFilledInAsTheLanguageWrites() throws {
        let price = try Money("1234.5", "USD")
        #expect(english.text(.errorInsufficientFunds, .money(price), .money(.zero("USD"))).contains("$1,234.50"))
        #expect(german.text(.errorInsufficientFunds, .money(price), .money(.zero("USD"))).contains("1.234,50"))
        #expect(english.text(.buyNamed, .item(ItemName(sku: "hint")), .money(price)) == "Buy Hint for $1,234.50")
        #expect(german.text(.useNamed, .item(ItemName(sku: "hint"))) == "Hinweis benutzen")
    }

    @Test func whatFeesTakeHasOneDecimalAtMost() throws {
        let (five, twenty) = (try Money("5", "USD"), try Money("20", "USD"))
        let (ofFive, ofTwenty) = (Notice.Argument.share(perMillion: 90_000), Notice.Argument.share(perMillion: 44_000))
        let fees = Notice(.topUpFees, ofFive, .money(five), ofTwenty, .money(twenty))
        #expect(english.text(fees) == "Fees take 9% of $5.00, and 4.4% of $20.00.")
        let inGerman = "Von 5,00\u{A0}$ gehen 9\u{A0}% an Gebühren ab, von 20,00\u{A0}$ 4,4\u{A0}%."
        #expect(german.text(fees) == inGerman)
        #expect(english.share(perMillion: 61_350) == "6.1%")
    }

    @Test func aTaxIsToldToTheLastDigit() throws {
        let tax = IncludedTax(country: "DE", perMillion: 190_000, amount: try Money("0.039916", "USD"))
        #expect(english.text(tax.words) == "Includes 19% tax (DE): $0.039916")
        #expect(german.text(tax.words) == "Enthält 19\u{A0}% Steuer (DE): 0,039916\u{A0}$")
        #expect(english.rate(perMillion: 88_750) == "8.875%")
    }

    @Test func oneAndManyAreTold() {
        #expect(english.text(.waiting, .number(1)) == "1 purchase waits")
        #expect(english.text(.waiting, .number(1_200)) == "1,200 purchases wait")
        #expect(german.text(.waiting, .number(1)) == "1 Kauf wartet")
        #expect(german.text(.waiting, .number(2)) == "2 Käufe warten")
    }

    @Test func whatIsFilledInIsNotReadAsAPlaceholder() {
        #expect(english.text(.errorRefused, .text("%1$@ 100% %2$lld")) == "The gateway refused: %1$@ 100% %2$lld")
    }

    @Test func anotherLanguageReadsEnglish() {
        #expect(Wording(locale: Locale(identifier: "fr_FR")).text(.tabShop) == "Shop")
        #expect(Wording(locale: Locale(identifier: "de_AT")).text(.tabShop) == "Laden")
    }

    @Test func amountsKeepTheirOrderInsideOfArabic() throws {
        let arabic = Wording(locale: Locale(identifier: "ar_EG"))
        #expect(arabic.money(try Money("1", "USD")).first == "\u{2068}")
    }

    @Test func anItemThatIsNewerThanTheAppHasTheStudiosWords() {
        let item = ItemName(sku: "lamp_oil", catalogTitle: "Lamp oil", catalogDescription: "Burns long.")
        #expect(german.title(item) == "Lamp oil" && german.description(item) == "Burns long.")
        #expect(item.look == .unknown)
        #expect(german.title(ItemName(sku: "lamp_oil")) == "lamp_oil")
        #expect(german.title(ItemName(sku: "hint", catalogTitle: "Hint")) == "Hinweis")
    }

    @Test func aFormOfACardHidesIt() {
        var shown = "\(TestCards.good) \(String(reflecting: TestCards.good))"
        dump(TestCards.good, to: &shown)
        #expect(!shown.contains("4242"))
    }

    @Test(arguments: [("34", 2_034), ("2034", 2_034), (" 34 ", 2_034), ("x", 0), ("", 0)])
    func aYearIsTypedInTwoDigitsOrFour(typed: String, year: Int) {
        #expect(CardEntry.fullYear(typed) == year)
    }
}

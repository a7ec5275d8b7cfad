import Farthing
import Foundation

/// Words, amounts and dates as one language and region write them.
public struct Wording: Hashable, Sendable {
    /// Whose language and way of writing.
    public let locale: Locale

    /// Whether amounts keep their order of signs inside of a sentence that is written the other way (Unicode's
    /// isolates). Terminals have no use for it.
    public let isolatesAmounts: Bool

    /// The words of a locale; English for a language that the shop does not have.
    public init(locale: Locale, isolatesAmounts: Bool = true) {
        self.locale = locale
        self.isolatesAmounts = isolatesAmounts
    }

    /// A text of the shop.
    public func text(_ text: ShopText, _ arguments: Notice.Argument...) -> String {
        self.text(Notice(text, arguments))
    }

    /// A sentence.
    public func text(_ notice: Notice) -> String {
        let fillings = notice.arguments.map(filling)
        return ShopTexts.ofPackage.text(notice.text.rawValue, locale: locale, arguments: fillings)
    }

    /// An amount, exact.
    public func money(_ money: Money) -> String {
        isolated(money.formatted(locale: locale))
    }

    /// A part of a whole in per cent, with one decimal at most.
    public func share(perMillion: Int) -> String {
        percent(perMillion, decimals: 1)
    }

    /// A rate in per cent, exact.
    public func rate(perMillion: Int) -> String {
        percent(perMillion, decimals: 4)
    }

    /// A day and a time.
    public func date(_ date: Date) -> String {
        date.formatted(Date.FormatStyle(date: .abbreviated, time: .shortened, locale: locale))
    }

    /// The name of an item: the game's own words where it has some, else the catalog's.
    public func title(_ item: ItemName) -> String {
        item.look.title.map { text($0) } ?? item.catalogTitle ?? item.sku
    }

    /// A sentence about an item; may be empty.
    public func description(_ item: ItemName) -> String {
        item.look.description.map { text($0) } ?? item.catalogDescription ?? ""
    }

    private func percent(_ perMillion: Int, decimals: Int) -> String {
        let share = Decimal(perMillion) / 1_000_000
        return isolated(share.formatted(.percent.precision(.fractionLength(0...decimals)).locale(locale)))
    }

    private func isolated(_ amount: String) -> String {
        isolatesAmounts ? "\u{2068}\(amount)\u{2069}" : amount
    }

    private func filling(_ argument: Notice.Argument) -> ShopTexts.Filling {
        switch argument {
        case .text(let text): ShopTexts.Filling(words: text, number: nil)
        case .number(let number): ShopTexts.Filling(words: number.formatted(.number.locale(locale)), number: number)
        case .money(let amount): ShopTexts.Filling(words: money(amount), number: nil)
        case .rate(let perMillion): ShopTexts.Filling(words: rate(perMillion: perMillion), number: nil)
        case .share(let perMillion): ShopTexts.Filling(words: share(perMillion: perMillion), number: nil)
        case .item(let item): ShopTexts.Filling(words: title(item), number: nil)
        case .date(let date): ShopTexts.Filling(words: self.date(date), number: nil)
        case .notice(let notice): ShopTexts.Filling(words: text(notice), number: nil)
        case .list(let notices):
            ShopTexts.Filling(words: notices.map { text($0) }.joined(separator: ", "), number: nil)
        }
    }
}

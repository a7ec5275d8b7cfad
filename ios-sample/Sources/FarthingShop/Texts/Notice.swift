import Farthing
import Foundation
import Observation

/// A sentence for the player: which, and what is filled in. A ``Wording`` puts it into a language.
public struct Notice: Hashable, Sendable {
    /// Which.
    public let text: ShopText

    /// What is filled in, in the order of the placeholders.
    public let arguments: [Argument]

    /// A sentence.
    public init(_ text: ShopText, _ arguments: Argument...) {
        self.init(text, arguments)
    }

    init(_ text: ShopText, _ arguments: [Argument]) {
        self.text = text
        self.arguments = arguments
    }

    /// Whether it tells of something that did not go well.
    public var isProblem: Bool {
        Self.problems.contains { text.rawValue.hasPrefix($0) }
    }

    private static let problems = [
        "error_", "declined_", "rejected_", "fault_failed", "paused_", "pass_not_renewed", "card_tab_due", "meter_near",
        "packs_unreachable",
    ]

    /// What is filled into a sentence.
    public indirect enum Argument: Hashable, Sendable {
        /// Text that is the same in all languages.
        case text(String)
        /// A count.
        case number(Int)
        /// An amount.
        case money(Money)
        /// A part of a whole, in millionths: 90,000 are 9 %.
        case share(perMillion: Int)
        /// A rate in millionths, exact: 55,000 are 5.5 %.
        case rate(perMillion: Int)
        /// An item's name.
        case item(ItemName)
        /// A day and a time.
        case date(Date)
        /// Another sentence.
        case notice(Notice)
        /// Several, in their order.
        case list([Notice])
    }
}

/// The sentences that wait to be shown, one after the other.
@MainActor @Observable public final class NoticeBoard {
    /// A sentence on the board.
    public struct Posted: Hashable, Sendable, Identifiable {
        /// Counts up.
        public let id: Int
        /// What it says.
        public let notice: Notice
    }

    /// Those that nobody took down yet, the oldest first.
    public private(set) var posted: [Posted] = []

    private var count = 0

    /// An empty board.
    public init() {}

    /// The one to show now.
    public var current: Posted? { posted.first }

    /// Puts one up.
    public func show(_ notice: Notice) {
        count += 1
        posted.append(Posted(id: count, notice: notice))
    }

    /// Takes one down: it was seen.
    public func takeDown(_ id: Posted.ID) {
        posted.removeAll { $0.id == id }
    }

    /// Takes all down, and says which.
    public func takeAll() -> [Notice] {
        defer { posted = [] }
        return posted.map(\.notice)
    }
}

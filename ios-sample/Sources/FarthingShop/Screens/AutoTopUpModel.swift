import Farthing
import Foundation
import Observation

/// What a player agrees to: when, how much, and how much in a month.
public struct AutoTopUpOffer: Hashable, Sendable {
    /// The card is charged once there is less than this.
    public var below: Money

    /// How much each time.
    public var amount: Money

    /// The most in a calendar month (UTC).
    public var monthlyCap: Money

    /// An offer.
    public init(below: Money, amount: Money, monthlyCap: Money) {
        self.below = below
        self.amount = amount
        self.monthlyCap = monthlyCap
    }

    /// What the player reads before they agree: all of it.
    public func consentWords(_ card: CardRow) -> Notice {
        Notice(.autoTopUpConsent, .money(below), .notice(card.words), .money(amount), .money(monthlyCap))
    }
}

/// What the player has agreed to, and how it stands.
public struct AutoTopUpRow: Hashable, Sendable {
    /// What they have agreed to.
    public var offer: AutoTopUpOffer

    /// From which card; `nil` for one that is not there any more.
    public var card: CardRow?

    /// When they agreed.
    public var agreedAt: Date

    /// How much of the month's cap is used.
    public var charged: Money

    /// Why nothing is charged until they agree again.
    public var pause: Notice?

    /// Before when nothing is charged, as the operator's caps have no room.
    public var waitsUntil: Date?

    /// One, for previews.
    public init(
        offer: AutoTopUpOffer,
        card: CardRow?,
        agreedAt: Date,
        charged: Money,
        pause: Notice? = nil,
        waitsUntil: Date? = nil
    ) {
        self.offer = offer
        self.card = card
        self.agreedAt = agreedAt
        self.charged = charged
        self.pause = pause
        self.waitsUntil = waitsUntil
    }

    init(_ consent: AutoTopUpConsent, _ cards: [CardRow]) {
        let setting = consent.setting
        self.init(
            offer: AutoTopUpOffer(
                below: setting.below,
                amount: setting.amount,
                monthlyCap: setting.monthlyCap
            ),
            card: cards.first { $0.id == setting.card },
            agreedAt: consent.agreedAt,
            charged: consent.chargedThisMonth,
            pause: consent.pause?.notice,
            waitsUntil: consent.waitsUntil
        )
    }

    /// All that there is to say of it, line by line.
    public var lines: [Notice] {
        var lines: [Notice] = []
        if let card { lines.append(offer.consentWords(card)) }
        lines.append(Notice(.autoTopUpSince, .date(agreedAt)))
        lines.append(Notice(.autoTopUpCharged, .money(charged), .money(offer.monthlyCap)))
        if let waitsUntil { lines.append(Notice(.autoTopUpWaits, .date(waitsUntil))) }
        if let pause { lines.append(pause) }
        return lines
    }
}

/// Automatic top-ups: off until the player agrees, and off again when they say so.
@MainActor @Observable public final class AutoTopUpModel {
    /// What can be chosen in the app.
    public static let belows = usd(1, 2, 5)
    /// What can be charged each time.
    public static let amounts = usd(5, 10, 20)
    /// What can be charged in a month.
    public static let caps = usd(20, 50, 100)

    /// What is offered until the player chooses otherwise.
    public static let firstOffer = AutoTopUpOffer(below: belows[0], amount: amounts[0], monthlyCap: caps[0])

    private let session: WalletSession
    private let noticeBoard: NoticeBoard
    private let cards: CardsModel
    private let asking: Asking

    init(session: WalletSession, noticeBoard: NoticeBoard, cards: CardsModel) {
        self.session = session
        self.noticeBoard = noticeBoard
        self.cards = cards
        asking = Asking(session: session, noticeBoard: noticeBoard)
    }

    var tasks: OwnedTasks { asking.tasks }

    /// Whether something is being written down right now.
    public var isBusy: Bool { asking.isBusy }

    /// What the player has agreed to; `nil` where it is off.
    public var consent: AutoTopUpRow? { session.contents?.autoTopUp.map { AutoTopUpRow($0, cards.cards) } }

    /// The card that would be charged.
    public var card: CardRow? { cards.chosenCard }

    /// The player agrees to just what ``AutoTopUpOffer/consentWords(_:)`` says of ``card``. Also ends a pause.
    ///
    /// - Returns: Whether that is on disk. If not, the notice board says why.
    @discardableResult
    public func agree(_ offer: AutoTopUpOffer) -> Task<Bool, Never> {
        guard let card else { return Task { false } }
        let setting = AutoTopUp(
            below: offer.below,
            amount: offer.amount,
            card: card.id,
            monthlyCap: offer.monthlyCap
        )
        return set(setting, .autoTopUpAgreed)
    }

    /// The player takes their word back: nothing more is charged by itself.
    @discardableResult
    public func stop() -> Task<Bool, Never> {
        set(nil, .autoTopUpStopped)
    }

    private func set(_ setting: AutoTopUp?, _ said: ShopText) -> Task<Bool, Never> {
        asking.ask { [weak self] wallet throws(WalletError) in
            try await wallet.setAutoTopUp(setting)
            self?.noticeBoard.show(Notice(said))
        }
    }

    private static func usd(_ amounts: Int64...) -> [Money] {
        amounts.map { Money(micros: $0 * 1_000_000, currency: "USD") }
    }
}

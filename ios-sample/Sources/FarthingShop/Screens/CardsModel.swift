import Farthing
import Foundation
import Observation

/// Cards, and topping up with them.
@MainActor @Observable public final class CardsModel {
    /// What a player may top up by one tap before the prices, and with them the wallet's advice, are there.
    public static let firstAmounts = [5, 10, 20].map {
        Money(micros: $0 * 1_000_000, currency: WalletContents.currency)
    }

    /// Whether something is asked of the gateway right now.
    public var isBusy: Bool { oneByOne.isBusy }

    /// What the wallet found wrong with the card that was typed.
    public private(set) var wrongField: CardField?

    private let session: WalletSession
    private let noticeBoard: NoticeBoard
    private let oneByOne: Asking
    private var chosen: CardRow.ID?

    init(session: WalletSession, noticeBoard: NoticeBoard) {
        self.session = session
        self.noticeBoard = noticeBoard
        oneByOne = Asking(session: session, noticeBoard: noticeBoard)
    }

    var tasks: OwnedTasks { oneByOne.tasks }

    /// The player's cards.
    public var cards: [CardRow] { session.contents?.cards.map(CardRow.init) ?? [] }

    /// A top-up that has not come to its end.
    public var openTopUp: OpenTopUp? { session.contents?.openTopUp.map(OpenTopUp.init) }

    /// Whether a top-up may be begun: one after the other.
    public var canTopUp: Bool { !cards.isEmpty && !isBusy && openTopUp == nil }

    /// What a player may top up by one tap.
    public var amounts: [Money] { advice.isEmpty ? Self.firstAmounts : advice.map(\.amount) }

    /// What fees take of the least and of the most of them; `nil` where that is not known.
    public var feeWords: Notice? {
        guard let least = advice.first, let most = advice.last else { return nil }
        let ofLeast = [Notice.Argument.share(perMillion: least.feePerMillion), .money(least.amount)]
        guard least != most else { return Notice(.topUpFee, ofLeast) }
        return Notice(.topUpFees, ofLeast + [.share(perMillion: most.feePerMillion), .money(most.amount)])
    }

    /// The card that is charged: the one that was chosen, else the newest.
    public var chosenCard: CardRow? {
        let cards = cards
        return cards.first { $0.id == chosen } ?? cards.first
    }

    /// Chooses the card to be charged.
    public func choose(_ card: CardRow.ID) {
        chosen = card
    }

    /// Puts a card into the vault.
    ///
    /// - Returns: Whether it is there: the form can be emptied. If not, ``wrongField`` or the notice board says why.
    @discardableResult
    public func add(_ entry: CardEntry) -> Task<Bool, Never> {
        wrongField = nil
        return asking { [weak self] wallet throws(WalletError) in
            do throws(WalletError) {
                let card = try await wallet.addCard(entry.details)
                self?.chosen = card.id
                self?.noticeBoard.show(Notice(.cardAdded))
            } catch {
                guard case .cardInvalid(let name) = error.reason, let field = CardField(rawValue: name) else {
                    throw error
                }
                self?.wrongField = field
                throw error
            }
        }
    }

    /// Forgets what was wrong: the player types again.
    public func typing() {
        wrongField = nil
    }

    /// Takes a card out of the vault.
    @discardableResult
    public func remove(_ card: CardRow.ID) -> Task<Bool, Never> {
        asking { [weak self] wallet throws(WalletError) in
            try await wallet.removeCard(card)
            self?.noticeBoard.show(Notice(.cardRemoved))
        }
    }

    /// Charges the chosen card. What becomes of it is told by an event.
    ///
    /// - Returns: Whether it was begun.
    @discardableResult
    public func topUp(_ amount: Money) -> Task<Bool, Never> {
        guard let card = chosenCard else { return Task { false } }
        return asking { wallet throws(WalletError) in try await wallet.topUp(amount, card: card.id) }
    }

    /// Asks what became of a top-up, after the player was on the bank's page.
    @discardableResult
    public func confirmed() -> Task<Bool, Never> {
        asking { wallet throws(WalletError) in try await wallet.sync() }
    }

    private var advice: [TopUpAdvice] { session.contents?.topUpAdvice ?? [] }

    private func asking(_ ask: @escaping @MainActor (Wallet) async throws(WalletError) -> Void) -> Task<Bool, Never> {
        oneByOne.ask(ask) { [weak self] error in
            switch error.reason {
            // An event tells of the charge that failed, also of one that was begun before a restart.
            case .cardDeclined: nil
            // The field itself says it.
            case .cardInvalid where self?.wrongField != nil: nil
            default: error.notice
            }
        }
    }
}

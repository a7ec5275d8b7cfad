import Farthing
import Foundation
import Observation

/// The player's tab: one after the other.
@MainActor @Observable public final class TabModel {
    /// What a card may be asked for.
    public static let limits = [5, 10, 20].map { Money(micros: $0 * 1_000_000, currency: "USD") }

    private let session: WalletSession
    private let cards: CardsModel
    private let asking: Asking

    init(session: WalletSession, noticeBoard: NoticeBoard, cards: CardsModel) {
        self.session = session
        self.cards = cards
        asking = Asking(session: session, noticeBoard: noticeBoard)
    }

    var tasks: OwnedTasks { asking.tasks }

    /// Whether something is asked of the gateway right now.
    public var isBusy: Bool { asking.isBusy }

    /// The tabs, the newest first.
    public var rows: [TabRow] { session.contents?.tabs.map(TabRow.init) ?? [] }

    /// The one that is not paid yet, if there is one. What is owed of it is right without a connection, too.
    public var current: TabRow? { rows.first { !$0.hasEnded } }

    /// Whether one may be opened.
    public var canOpen: Bool { !isBusy && current == nil && cards.chosenCard != nil }

    /// Opens a tab on the chosen card.
    ///
    /// - Returns: Whether it was begun: ``current`` says how far it is. If not, the notice board says why.
    @discardableResult
    public func open(_ limit: Money) -> Task<Bool, Never> {
        guard let card = cards.chosenCard else { return Task { false } }
        return asking.ask { wallet throws(WalletError) in
            try await wallet.openTab(limit, card: card.id)
        } telling: { error in
            // An event tells of the card that was declined, also after a restart.
            if case .cardDeclined = error.reason { nil } else { error.notice }
        }
    }

    /// Closes the tab: the card is charged what was spent; or what is due is paid out of the purse.
    ///
    /// - Returns: Whether that was begun. If not, the notice board says why.
    @discardableResult
    public func close() -> Task<Bool, Never> {
        guard let tab = current, tab.canBeClosed else { return Task { false } }
        return asking.ask { wallet throws(WalletError) in try await wallet.closeTab(tab.id) }
    }

    /// Asks what became of it, after the player was on the bank's page.
    @discardableResult
    public func confirmed() -> Task<Bool, Never> {
        asking.ask { wallet throws(WalletError) in try await wallet.sync() }
    }
}

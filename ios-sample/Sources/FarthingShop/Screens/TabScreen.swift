import Farthing
import Foundation

/// A tab: spent now, and paid by the card at the end.
public struct TabRow: Hashable, Sendable, Identifiable {
    /// Its name.
    public var id: CardTab.ID

    /// The most that the card is charged.
    public var limit: Money

    /// What the player owes.
    public var owed: Money

    /// How far it is.
    public var state: CardTabState

    /// A tab, for previews.
    public init(id: CardTab.ID, limit: Money, owed: Money, state: CardTabState) {
        self.id = id
        self.limit = limit
        self.owed = owed
        self.state = state
    }

    init(_ tab: CardTab) {
        self.init(id: tab.id, limit: tab.limit, owed: tab.owed, state: tab.state)
    }

    /// What the player is told of it.
    public var words: Notice {
        switch state {
        case .created, .processing: Notice(.cardTabWaiting, .money(limit))
        case .requiresAction: Notice(.cardTabAction, .money(limit))
        case .open: Notice(.cardTabOwed, .money(owed), .money(limit))
        case .closing: Notice(.cardTabClosing, .money(owed))
        case .closed(let charged): Notice(.cardTabClosed, .money(charged))
        case .disputed(let held): Notice(.cardTabDisputed, .money(held))
        case .chargedBack(let amount): Notice(.cardTabChargedBack, .money(amount))
        case .failed(let code): isDue ? Notice(.cardTabDue, .money(owed)) : code.notice
        }
    }

    /// Where the player confirms (3-D Secure).
    public var bankPage: URL? {
        if case .requiresAction(let page) = state { page } else { nil }
    }

    /// Whether the card could not be charged, so that the player has to pay otherwise.
    public var isDue: Bool {
        if case .failed = state { !owed.isZero } else { false }
    }

    /// Whether the player can close it now.
    public var canBeClosed: Bool { state == .open || isDue }

    /// Whether nothing is left to do.
    public var hasEnded: Bool {
        switch state {
        case .closed, .disputed, .chargedBack: true
        case .failed: !isDue
        case .created, .requiresAction, .processing, .open, .closing: false
        }
    }
}

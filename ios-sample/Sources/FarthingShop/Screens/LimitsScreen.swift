import Farthing
import Foundation

/// A limit that can be set.
public enum LimitField: String, CaseIterable, Hashable, Sendable, Identifiable {
    /// The most that one purchase may cost.
    case purchase
    /// The most in a day.
    case day
    /// The most in a week.
    case week
    /// The most in a month.
    case month
    /// What costs more needs a guardian's approval.
    case ask

    /// Itself.
    public var id: Self { self }

    /// What it is called.
    public var label: ShopText {
        switch self {
        case .purchase: .limitPurchase
        case .day: .limitDay
        case .week: .limitWeek
        case .month: .limitMonth
        case .ask: .limitAsk
        }
    }

    /// Where it is among the wallet's.
    var path: WritableKeyPath<SpendingLimits, Money?> {
        switch self {
        case .purchase: \.purchase
        case .day: \.day
        case .week: \.week
        case .month: \.month
        case .ask: \.askAbove
        }
    }

    init(_ period: LimitPeriod) {
        switch period {
        case .purchase: self = .purchase
        case .day: self = .day
        case .week: self = .week
        case .month: self = .month
        }
    }
}

/// What limits one thing in one currency.
public struct LimitRow: Hashable, Sendable, Identifiable {
    /// Which.
    public var field: LimitField

    /// The currency.
    public var currency: String

    /// What the player has set.
    public var player: Money?

    /// What a guardian has set.
    public var guardian: Money?

    /// How much is left of the stricter one, and until when; of settled purchases.
    public var left: Notice?

    /// A limit, for previews.
    public init(
        field: LimitField,
        currency: String,
        player: Money? = nil,
        guardian: Money? = nil,
        left: Notice? = nil
    ) {
        self.field = field
        self.currency = currency
        self.player = player
        self.guardian = guardian
        self.left = left
    }

    /// Which, and in which currency.
    public var id: String { "\(field.rawValue) \(currency)" }

    /// Who has set what, and what is left of it.
    public var lines: [Notice] {
        [player.map { Notice(.limitPlayer, .money($0)) }, guardian.map { Notice(.limitGuardian, .money($0)) }, left]
            .compactMap { $0 }
    }
}

/// What limits the player's spending.
public struct LimitsScreen: Hashable, Sendable {
    /// Each limit that is set.
    public var rows: [LimitRow]

    /// From when on something looser holds.
    public var pending: [Notice]

    /// Whether a guardian has set a PIN.
    public var hasGuardian: Bool

    /// Some, for previews.
    public init(rows: [LimitRow], pending: [Notice] = [], hasGuardian: Bool = false) {
        self.rows = rows
        self.pending = pending
        self.hasGuardian = hasGuardian
    }

    init(_ limits: Limits) {
        rows = limits.limits.flatMap { limits in
            LimitField.allCases.compactMap { field -> LimitRow? in
                let (player, guardian) = (limits.player[keyPath: field.path], limits.guardian[keyPath: field.path])
                guard player != nil || guardian != nil else { return nil }
                let use = limits.used.first { LimitField($0.period) == field }
                return LimitRow(
                    field: field,
                    currency: limits.currency,
                    player: player,
                    guardian: guardian,
                    left: use.flatMap(Self.left)
                )
            }
        }
        pending = limits.limits.compactMap { $0.pending.map { Notice(.limitsPending, .date($0.from)) } }
        hasGuardian = limits.hasGuardian
    }

    private static func left(_ use: LimitUse) -> Notice? {
        // A limit may be set below what was spent before.
        guard let left = try? use.limit - use.used else { return nil }
        let shown = Money(micros: max(0, left.micros), currency: left.currency)
        return Notice(.limitLeft, .money(shown), .money(use.limit), .date(use.resets))
    }
}

/// Something that a guardian was asked.
public struct ApprovalRow: Hashable, Sendable, Identifiable {
    /// The request's name.
    public var id: Approval.ID

    /// What is to be bought.
    public var name: ItemName

    /// How many.
    public var quantity: Int

    /// The price of all.
    public var total: Money

    /// How far it is.
    public var state: ApprovalState

    /// One, for previews.
    public init(id: Approval.ID, name: ItemName, quantity: Int, total: Money, state: ApprovalState) {
        self.id = id
        self.name = name
        self.quantity = quantity
        self.total = total
        self.state = state
    }

    init(_ approval: Approval, in catalog: Catalog?) {
        self.init(
            id: approval.id,
            name: ItemName(approval.sku, in: catalog),
            quantity: approval.quantity,
            total: approval.total,
            state: approval.state
        )
    }

    /// `2 × Hint`.
    public var heading: Notice { Notice(.receiptQuantity, .number(quantity), .item(name)) }

    /// How far it is, in words.
    public var word: ShopText {
        switch state {
        case .pending: .approvalPending
        case .approved: .approvalApproved
        case .declined: .approvalDeclined
        case .used: .approvalUsed
        case .expired: .approvalExpired
        }
    }
}

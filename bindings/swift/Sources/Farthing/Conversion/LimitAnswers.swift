import Foundation
internal import FarthingFFI

// Limits and approvals, in the words of this library and of the core.

extension SpendingLimits {
    fileprivate init(_ limits: FarthingFFI.SpendingLimits) {
        self.init(
            purchase: limits.purchase.map(Money.init),
            day: limits.day.map(Money.init),
            week: limits.week.map(Money.init),
            month: limits.month.map(Money.init),
            askAbove: limits.askAbove.map(Money.init)
        )
    }

    var core: FarthingFFI.SpendingLimits {
        FarthingFFI.SpendingLimits(
            purchase: purchase?.core,
            day: day?.core,
            week: week?.core,
            month: month?.core,
            askAbove: askAbove?.core
        )
    }
}

extension Limits {
    init(_ limits: FarthingFFI.Limits) {
        self.init(
            limits: limits.limits.map(CurrencyLimits.init),
            hasGuardian: limits.hasGuardian,
            utcOffsetMinutes: Int(limits.utcOffsetMinutes),
            asOf: limits.asOf
        )
    }
}

extension CurrencyLimits {
    fileprivate init(_ limits: FarthingFFI.CurrencyLimits) {
        self.init(
            currency: limits.currency,
            player: SpendingLimits(limits.player),
            guardian: SpendingLimits(limits.guardian),
            pending: limits.pending.map(PendingLimits.init),
            used: limits.used.map(LimitUse.init)
        )
    }
}

extension PendingLimits {
    fileprivate init(_ pending: FarthingFFI.PendingLimits) {
        self.init(limits: SpendingLimits(pending.limits), from: pending.from)
    }
}

extension LimitUse {
    fileprivate init(_ use: FarthingFFI.LimitUse) {
        self.init(
            period: LimitPeriod(use.period),
            limit: Money(use.limit),
            used: Money(use.used),
            resets: use.resets
        )
    }
}

extension LimitPeriod {
    init(_ period: FarthingFFI.LimitPeriod) {
        self =
            switch period {
            case .purchase: .purchase
            case .day: .day
            case .week: .week
            case .month: .month
            }
    }
}

extension Approval {
    init(_ approval: FarthingFFI.Approval) {
        self.init(
            id: approval.id,
            device: approval.device,
            sku: approval.sku,
            quantity: Int(approval.quantity),
            total: Money(approval.total),
            state: ApprovalState(approval.state),
            askedAt: approval.askedAt,
            expiresAt: approval.expiresAt
        )
    }
}

extension ApprovalState {
    fileprivate init(_ state: FarthingFFI.ApprovalState) {
        self =
            switch state {
            case .pending: .pending
            case .approved: .approved
            case .declined: .declined
            case .used: .used
            case .expired: .expired
            }
    }
}

import Farthing

extension WalletEvent {
    /// What a player is told of something that happened by itself; `nil` when there is nothing to tell.
    public func notice(in catalog: Catalog?) -> Notice? {
        func item(_ sku: String) -> Notice.Argument { .item(ItemName(sku, in: catalog)) }
        return switch self {
        case .rejected: Notice(.moneyIsBack)
        case .purchaseRefunded(_, _, let amount, _, _): Notice(.receiptRefunded, .money(amount))
        case .usageNearLimit(let sku, let spent, let limit):
            Notice(.meterNear, item(sku), .money(spent), .money(limit))
        case .passEnding(let sku, let endsAt, nil): Notice(.passEnding, item(sku), .date(endsAt))
        case .passEnding(let sku, let endsAt, let renewal?):
            Notice(.passRenewing, item(sku), .date(endsAt), .money(renewal))
        case .passNotRenewed(let sku, _, let error?): Notice(.passNotRenewed, item(sku), .notice(error.notice))
        case .passNotRenewed(let sku, _, nil): Notice(.passNotRenewedTerms, item(sku))
        case .passEnded(let sku): Notice(.passOver, item(sku))
        case .topUpChanged(let topUp): topUp.notice
        case .autoTopUpPaused(let pause): pause.notice
        case .tabChanged(let tab): tab.notice
        case .purchased, .settled, .purchasesArrived, .balanceChanged, .catalogChanged, .frozen, .syncChanged: nil
        }
    }
}

extension TopUp {
    /// What a player is told once it has come to its end.
    var notice: Notice? {
        switch state {
        case .succeeded: Notice(isAutomatic ? .autoToppedUp : .toppedUp, .money(amount))
        case .failed(let code): code.notice
        case .disputed(let held): Notice(.topUpDisputed, .money(amount), .money(held))
        case .chargedBack(let back): Notice(.topUpChargedBack, .money(amount), .money(back))
        case .created, .processing, .requiresAction: nil
        }
    }
}

extension AutoTopUpPause {
    /// Why nothing is charged any more, and what the player can do.
    public var notice: Notice {
        switch self {
        case .declined: Notice(.pausedDeclined)
        case .cardUnavailable: Notice(.pausedCard)
        case .refused: Notice(.pausedRefused)
        }
    }
}

extension CardTab {
    /// What a player is told once it is open, closed or refused.
    var notice: Notice? {
        switch state {
        case .open: Notice(.cardTabOpened, .money(limit))
        case .closed(let charged): Notice(.cardTabClosed, .money(charged))
        case .failed(let code): owed.isZero ? code.notice : Notice(.cardTabDue, .money(owed))
        case .disputed(let held): Notice(.cardTabDisputed, .money(held))
        case .chargedBack(let amount): Notice(.cardTabChargedBack, .money(amount))
        case .created, .requiresAction, .processing, .closing: nil
        }
    }
}

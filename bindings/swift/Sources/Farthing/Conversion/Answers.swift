import Foundation
internal import FarthingFFI

// What the core answers, in the words of this library.

extension Money {
    init(_ money: FarthingFFI.Money) {
        self.init(micros: money.micros, currency: money.currency)
    }
}

extension Balance {
    init(_ balance: FarthingFFI.Balance) {
        self.init(currencies: balance.currencies.map(CurrencyBalance.init), asOf: balance.asOf)
    }
}

extension CurrencyBalance {
    fileprivate init(_ line: FarthingFFI.CurrencyBalance) {
        self.init(
            total: Money(line.total),
            offlineSpendable: Money(line.offlineSpendable),
            pending: Money(line.pending)
        )
    }
}

extension Catalog {
    init(_ catalog: FarthingFFI.Catalog) {
        self.init(
            merchant: catalog.merchant,
            version: Int(catalog.version),
            expiresAt: catalog.expiresAt,
            items: catalog.items.map(Item.init)
        )
    }
}

extension Item {
    fileprivate init(_ item: FarthingFFI.Item) {
        self.init(
            sku: item.sku,
            title: item.title,
            description: item.description,
            price: Money(item.price),
            kind: item.kind == .durable ? .durable : .consumable
        )
    }
}

extension Purchase {
    init(_ purchase: FarthingFFI.Purchase) {
        self.init(
            id: purchase.id,
            sku: purchase.sku,
            quantity: Int(purchase.quantity),
            total: Money(purchase.total),
            purchasedAt: purchase.purchasedAt,
            state: PurchaseState(purchase.state)
        )
    }
}

extension PurchaseState {
    fileprivate init(_ state: FarthingFFI.PurchaseState) {
        self =
            switch state {
            case .granted: .granted
            case .settling: .settling
            case .settled(let split, let settledAt): .settled(split: Split(split), at: settledAt)
            case .rejected(let reason): .rejected(RejectionReason(reason))
            }
    }
}

extension Split {
    fileprivate init(_ split: FarthingFFI.Split) {
        self.init(
            processor: Money(split.processor),
            platform: Money(split.platform),
            developer: Money(split.developer)
        )
    }
}

extension RejectionReason {
    fileprivate init(_ reason: FarthingFFI.RejectionReason) {
        self =
            switch reason {
            case .malformed: .malformed
            case .unknownCatalog: .unknownCatalog
            case .unknownItem: .unknownItem
            case .wrongPrice: .wrongPrice
            case .wrongQuantity: .wrongQuantity
            case .unknownAllowance: .unknownAllowance
            case .allowanceExpired: .allowanceExpired
            case .abovePurchaseMax: .abovePurchaseMax
            case .allowanceExceeded: .allowanceExceeded
            case .other: .other
            }
    }
}

extension Card {
    init(_ card: FarthingFFI.Card) {
        self.init(
            id: card.id,
            brand: CardBrand(card.brand),
            lastFour: card.lastFour,
            expiryMonth: Int(card.expiryMonth),
            expiryYear: Int(card.expiryYear),
            state: CardState(card.state)
        )
    }
}

extension CardBrand {
    fileprivate init(_ brand: FarthingFFI.CardBrand) {
        self =
            switch brand {
            case .visa: .visa
            case .mastercard: .mastercard
            case .americanExpress: .americanExpress
            case .discover: .discover
            case .jcb: .jcb
            case .dinersClub: .dinersClub
            case .unionPay: .unionPay
            case .unknown: .unknown
            }
    }
}

extension CardState {
    fileprivate init(_ state: FarthingFFI.CardState) {
        self =
            switch state {
            case .active: .active
            case .expiring: .expiring
            case .expired: .expired
            }
    }
}

extension TopUp {
    init(_ topUp: FarthingFFI.TopUp) {
        self.init(
            id: topUp.id,
            amount: Money(topUp.amount),
            card: topUp.card,
            createdAt: topUp.createdAt,
            state: TopUpState(topUp.state)
        )
    }
}

extension TopUpState {
    fileprivate init(_ state: FarthingFFI.TopUpState) {
        self =
            switch state {
            case .created: .created
            // Without its page it can't be gone on with here; sync finds out what becomes of it.
            case .requiresAction(let url): URL(string: url).map(TopUpState.requiresAction) ?? .processing
            case .processing: .processing
            case .succeeded: .succeeded
            case .failed(let code): .failed(DeclineCode(code))
            }
    }
}

extension DeclineCode {
    init(_ code: FarthingFFI.DeclineCode) {
        self =
            switch code {
            case .genericDecline: .genericDecline
            case .insufficientFunds: .insufficientFunds
            case .expiredCard: .expiredCard
            case .incorrectCvc: .incorrectCvc
            case .lostCard: .lostCard
            case .stolenCard: .stolenCard
            case .authenticationFailed: .authenticationFailed
            case .processingError: .processingError
            case .other: .other
            }
    }
}

extension WalletEvent {
    init(_ event: FarthingFFI.WalletEvent) {
        self =
            switch event {
            case .purchased(let purchase, let sku): .purchased(purchase: purchase, sku: sku)
            case .settled(let purchase): .settled(purchase: purchase)
            case .rejected(let purchase, let sku, let reason, let revoked):
                .rejected(purchase: purchase, sku: sku, reason: RejectionReason(reason), revoked: Int(revoked))
            case .balanceChanged(let balance): .balanceChanged(Balance(balance))
            case .catalogChanged(let version): .catalogChanged(version: Int(version))
            case .topUpChanged(let topUp): .topUpChanged(TopUp(topUp))
            case .frozen(let forkSeq): .frozen(forkSeq: Int(forkSeq))
            case .syncChanged(let state): .syncChanged(SyncState(state))
            }
    }
}

extension SyncState {
    init(_ state: FarthingFFI.SyncState) {
        self =
            switch state {
            case .idle: .idle
            case .running: .running
            case .waiting(let delay, let attempt, let failure):
                .waiting(delay: .seconds(delay), attempt: Int(attempt), error: WalletError(failure))
            case .stopped(let failure): .stopped(WalletError(failure))
            }
    }
}

extension SyncReport {
    init(_ report: FarthingFFI.SyncReport) {
        self.init(
            settled: Int(report.settled),
            rejected: Int(report.rejected),
            waiting: Int(report.waiting),
            balance: Balance(report.balance)
        )
    }
}

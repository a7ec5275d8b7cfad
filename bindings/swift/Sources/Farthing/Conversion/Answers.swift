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
            currencies: catalog.currencies.map {
                VirtualCurrency(code: $0.code, exponent: Int($0.exponent), title: $0.title)
            },
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
            kind: ItemKind(item.kind),
            meter: item.meter.map(MeterTerms.init),
            pass: item.pass.map(PassTerms.init),
            contents: item.contents.map { BundledItem(sku: $0.sku, quantity: Int($0.quantity)) },
            credits: item.credits.map { Money($0) },
            prices: item.prices.map { ScheduledPrice(price: Money($0.price), from: $0.from, until: $0.until) },
            texts: item.texts.mapValues { ItemText(title: $0.title, description: $0.description) },
            picture: item.picture.flatMap(URL.init(string:))
        )
    }
}

extension ItemKind {
    fileprivate init(_ kind: FarthingFFI.ItemKind) {
        self =
            switch kind {
            case .consumable: .consumable
            case .durable: .durable
            case .metered: .metered
            case .pass: .pass
            case .bundle: .bundle
            case .currencyPack: .currencyPack
            }
    }
}

extension MeterTerms {
    fileprivate init(_ terms: FarthingFFI.MeterTerms) {
        self.init(
            perUnits: Int(terms.perUnits),
            flushAfterUnits: Int(terms.flushAfterUnits),
            flushAfter: .seconds(Int(terms.flushAfterSeconds)),
            dailyCap: terms.dailyCap.map { Money($0) }
        )
    }
}

extension PassTerms {
    fileprivate init(_ terms: FarthingFFI.PassTerms) {
        self.init(
            length: .seconds(Int(terms.lengthSeconds)),
            grace: .seconds(Int(terms.graceSeconds)),
            mayRenew: terms.mayRenew,
            reminder: .seconds(Int(terms.reminderSeconds))
        )
    }
}

extension Pass {
    init(_ pass: FarthingFFI.Pass) {
        self.init(
            sku: pass.sku,
            state: PassState(pass.state),
            startsAt: pass.startsAt,
            endsAt: pass.endsAt,
            graceEndsAt: pass.graceEndsAt,
            renewal: pass.renewal.map { Money($0) }
        )
    }
}

extension PassState {
    fileprivate init(_ state: FarthingFFI.PassState) {
        self =
            switch state {
            case .active: .active
            case .grace: .grace
            case .ended: .ended
            }
    }
}

extension StorePurchase {
    var core: FarthingFFI.StorePurchase {
        switch self {
        case .appStore(let signedTransaction): .appStore(signedTransaction: signedTransaction)
        case .googlePlay(let product, let purchaseToken): .googlePlay(product: product, purchaseToken: purchaseToken)
        }
    }
}

extension StoreTopUp {
    init(_ topUp: FarthingFFI.StoreTopUp) {
        self.init(amount: Money(topUp.amount), isCredited: topUp.isCredited)
    }
}

extension SupportFile {
    init(_ file: FarthingFFI.SupportFile) {
        self.init(name: file.name, content: file.content)
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
            state: PurchaseState(purchase.state),
            kind: PurchaseKind(purchase.kind),
            tip: purchase.tip.map { Tip(creator: $0.creator, message: $0.message) },
            isFromAnotherDevice: purchase.isFromAnotherDevice
        )
    }
}

extension PurchaseKind {
    fileprivate init(_ kind: FarthingFFI.PurchaseKind) {
        self =
            switch kind {
            case .item: .item
            case .usage: .usage
            case .tip: .tip
            }
    }
}

extension Creator {
    init(_ creator: FarthingFFI.Creator) {
        self.init(id: creator.id, name: creator.name)
    }
}

extension PurchaseState {
    fileprivate init(_ state: FarthingFFI.PurchaseState) {
        self =
            switch state {
            case .granted: .granted
            case .settling: .settling
            case .settled(let split, let settledAt): .settled(split: Split(split), at: settledAt)
            case .refunded(let split, let settledAt, let amount, let quantity, let refundedAt):
                .refunded(
                    amount: Money(amount),
                    quantity: Int(quantity),
                    at: refundedAt,
                    split: Split(split),
                    settledAt: settledAt
                )
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
            case .spendingLimitReached: .spendingLimitReached
            case .approvalRequired: .approvalRequired
            case .unknownCreator: .unknownCreator
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
            state: TopUpState(topUp.state),
            isAutomatic: topUp.isAutomatic
        )
    }
}

extension AutoTopUp {
    fileprivate init(_ setting: FarthingFFI.AutoTopUp) {
        self.init(
            below: Money(setting.below),
            amount: Money(setting.amount),
            card: setting.card,
            monthlyCap: Money(setting.monthlyCap)
        )
    }

    var core: FarthingFFI.AutoTopUp {
        FarthingFFI.AutoTopUp(below: below.core, amount: amount.core, card: card, monthlyCap: monthlyCap.core)
    }
}

extension AutoTopUpConsent {
    init(_ consent: FarthingFFI.AutoTopUpConsent) {
        self.init(
            setting: AutoTopUp(consent.setting),
            agreedAt: consent.agreedAt,
            chargedThisMonth: Money(consent.chargedThisMonth),
            pause: consent.pause.map(AutoTopUpPause.init),
            waitsUntil: consent.waitsUntil
        )
    }
}

extension AutoTopUpPause {
    fileprivate init(_ pause: FarthingFFI.AutoTopUpPause) {
        self =
            switch pause {
            case .declined: .declined
            case .cardUnavailable: .cardUnavailable
            case .refused: .refused
            }
    }
}

extension TopUpAdvice {
    init(_ advice: FarthingFFI.TopUpAdvice) {
        self.init(amount: Money(advice.amount), fee: Money(advice.fee), feePerMillion: Int(advice.feePerMillion))
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
            case .disputed(let held): .disputed(held: Money(held))
            case .chargedBack(let amount): .chargedBack(amount: Money(amount))
            }
    }
}

extension CardTab {
    init(_ tab: FarthingFFI.Tab) {
        self.init(
            id: tab.id,
            limit: Money(tab.limit),
            card: tab.card,
            openedAt: tab.openedAt,
            owed: Money(tab.owed),
            state: CardTabState(tab.state)
        )
    }
}

extension CardTabState {
    fileprivate init(_ state: FarthingFFI.TabState) {
        self =
            switch state {
            case .created: .created
            // Without its page it can't be gone on with here; sync finds out what becomes of it.
            case .requiresAction(let url): URL(string: url).map(CardTabState.requiresAction) ?? .processing
            case .processing: .processing
            case .open: .open
            case .closing: .closing
            case .closed(let charged): .closed(charged: Money(charged))
            case .failed(let code): .failed(DeclineCode(code))
            case .disputed(let held): .disputed(held: Money(held))
            case .chargedBack(let amount): .chargedBack(amount: Money(amount))
            }
    }
}

extension TopUpCap {
    init(_ cap: FarthingFFI.TopUpCap) {
        self =
            switch cap {
            case .balance: .balance
            case .monthlyLoad: .monthlyLoad
            case .tab: .tab
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
            case .purchaseRefunded(let purchase, let sku, let amount, let quantity, let revoked):
                .purchaseRefunded(
                    purchase: purchase,
                    sku: sku,
                    amount: Money(amount),
                    quantity: Int(quantity),
                    revoked: Int(revoked)
                )
            case .purchasesArrived(let count): .purchasesArrived(count: Int(count))
            case .usageNearLimit(let sku, let spent, let limit):
                .usageNearLimit(sku: sku, spent: Money(spent), limit: Money(limit))
            case .passEnding(let sku, let endsAt, let renewal):
                .passEnding(sku: sku, endsAt: endsAt, renewal: renewal.map { Money($0) })
            case .passNotRenewed(let sku, let endsAt, let failure):
                .passNotRenewed(sku: sku, endsAt: endsAt, error: failure.map { WalletError($0) })
            case .passEnded(let sku): .passEnded(sku: sku)
            case .balanceChanged(let balance): .balanceChanged(Balance(balance))
            case .catalogChanged(let version): .catalogChanged(version: Int(version))
            case .topUpChanged(let topUp): .topUpChanged(TopUp(topUp))
            case .autoTopUpPaused(let reason): .autoTopUpPaused(AutoTopUpPause(reason))
            case .tabChanged(let tab): .tabChanged(CardTab(tab))
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

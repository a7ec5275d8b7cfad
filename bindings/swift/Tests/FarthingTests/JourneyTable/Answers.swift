import Farthing

// What the wallet answers, as the table writes it.

extension JSON {
    init(_ money: Money) {
        self = .text(money.description)
    }

    init(_ file: SupportFile) {
        self = ["name": .text(file.name), "content": .text(file.content)]
    }

    init(_ balance: Balance) {
        let lines = balance.currencies.map { line in
            let amounts: JSON = [
                "total": JSON(line.total),
                "offline_spendable": JSON(line.offlineSpendable),
                "pending": JSON(line.pending),
            ]
            return (line.total.currency, amounts)
        }
        self = .object(Dictionary(uniqueKeysWithValues: lines))
    }

    init(_ limits: Limits) {
        let lines = limits.limits.map { line -> JSON in
            let used = line.used.map { use -> JSON in
                ["period": .word(use.period), "limit": JSON(use.limit), "used": JSON(use.used)]
            }
            return [
                "currency": .text(line.currency),
                "player": JSON(line.player),
                "guardian": JSON(line.guardian),
                "used": .list(used),
            ]
        }
        self = ["has_guardian": .boolean(limits.hasGuardian), "limits": .list(lines)]
    }

    init(_ limits: SpendingLimits) {
        let text = { (amount: Money?) -> JSON in amount.map(JSON.init) ?? .null }
        self = [
            "purchase": text(limits.purchase),
            "day": text(limits.day),
            "week": text(limits.week),
            "month": text(limits.month),
            "ask_above": text(limits.askAbove),
        ]
    }

    init(_ pass: Pass) {
        self = [
            "sku": .text(pass.sku),
            "state": .word(pass.state),
            "seconds": .number(Int(pass.endsAt.timeIntervalSince(pass.startsAt).rounded())),
            "grace_seconds": .number(Int(pass.graceEndsAt.timeIntervalSince(pass.endsAt).rounded())),
            "renewal": pass.renewal.map(JSON.init) ?? .null,
        ]
    }

    init(_ approval: Approval) {
        self = [
            "id": .text(approval.id),
            "sku": .text(approval.sku),
            "quantity": .number(approval.quantity),
            "total": JSON(approval.total),
            "state": .word(approval.state),
        ]
    }

    init(_ catalog: Catalog) {
        let items = catalog.items.map { item -> JSON in
            [
                "sku": .text(item.sku),
                "title": .text(item.title),
                "description": .text(item.description),
                "price": JSON(item.price),
                "prices": .list(item.prices.map { JSON($0.price) }),
                "kind": .word(item.kind),
                "credits": item.credits.map { JSON($0) } ?? .null,
                "contents": .list(item.contents.map { ["sku": .text($0.sku), "quantity": .number($0.quantity)] }),
            ]
        }
        let currencies = catalog.currencies.map { currency -> JSON in
            [
                "code": .text(currency.code), "exponent": .number(currency.exponent),
                "title": .text(currency.title),
            ]
        }
        self = [
            "merchant": .text(catalog.merchant), "version": .number(catalog.version),
            "currencies": .list(currencies), "items": .list(items),
        ]
    }

    init(_ purchase: Purchase) {
        let state: [String: JSON] =
            switch purchase.state {
            case .granted, .settling: [:]
            case .settled(let split, _): ["split": JSON(split)]
            case .refunded(let amount, let quantity, _, let split, _):
                ["split": JSON(split), "amount": JSON(amount), "quantity": .number(quantity)]
            case .rejected(let reason): ["reason": .word(reason)]
            }
        self = [
            "id": .text(purchase.id),
            "kind": .word(purchase.kind),
            "sku": .text(purchase.sku),
            "quantity": .number(purchase.quantity),
            "total": JSON(purchase.total),
            "tip": purchase.tip.map(JSON.init) ?? .null,
            "state": .named(purchase.state, state),
            "is_from_another_device": .boolean(purchase.isFromAnotherDevice),
        ]
    }

    private init(_ tip: Tip) {
        self = ["creator": .text(tip.creator), "message": tip.message.map(JSON.text) ?? .null]
    }

    private init(_ split: Split) {
        self = [
            "processor": JSON(split.processor),
            "platform": JSON(split.platform),
            "developer": JSON(split.developer),
        ]
    }

    init(_ card: Card) {
        self = [
            "id": .text(card.id),
            "brand": .word(card.brand),
            "last_four": .text(card.lastFour),
            "expiry_month": .number(card.expiryMonth),
            "expiry_year": .number(card.expiryYear),
            "state": .word(card.state),
        ]
    }

    init(_ topUp: TopUp) {
        let state: [String: JSON] =
            switch topUp.state {
            case .created, .processing, .succeeded: [:]
            case .requiresAction(let url): ["url": .text(url.absoluteString)]
            case .failed(let code): ["code": .word(code)]
            case .disputed(let held): ["held": JSON(held)]
            case .chargedBack(let amount): ["amount": JSON(amount)]
            }
        self = [
            "id": .text(topUp.id),
            "amount": JSON(topUp.amount),
            "card": .text(topUp.card),
            "state": .named(topUp.state, state),
            "is_automatic": .boolean(topUp.isAutomatic),
        ]
    }

    init(_ consent: AutoTopUpConsent) {
        self = [
            "below": JSON(consent.setting.below),
            "amount": JSON(consent.setting.amount),
            "card": .text(consent.setting.card),
            "monthly_cap": JSON(consent.setting.monthlyCap),
            "charged_this_month": JSON(consent.chargedThisMonth),
            "pause": consent.pause.map { .word($0) } ?? .null,
            "waits": .boolean(consent.waitsUntil != nil),
        ]
    }

    init(_ tab: CardTab) {
        let state: [String: JSON] =
            switch tab.state {
            case .created, .processing, .open, .closing: [:]
            case .requiresAction(let url): ["url": .text(url.absoluteString)]
            case .closed(let charged): ["charged": JSON(charged)]
            case .disputed(let held): ["held": JSON(held)]
            case .chargedBack(let amount): ["amount": JSON(amount)]
            case .failed(let code): ["code": .word(code)]
            }
        self = [
            "id": .text(tab.id),
            "limit": JSON(tab.limit),
            "card": .text(tab.card),
            "owed": JSON(tab.owed),
            "state": .named(tab.state, state),
        ]
    }

    init(_ advice: TopUpAdvice) {
        self = [
            "amount": JSON(advice.amount),
            "fee": JSON(advice.fee),
            "fee_per_million": .number(advice.feePerMillion),
        ]
    }

    init(_ report: SyncReport) {
        self = [
            "settled": .number(report.settled),
            "rejected": .number(report.rejected),
            "waiting": .number(report.waiting),
            "balance": JSON(report.balance),
        ]
    }

    init(_ state: SyncState) {
        let data: [String: JSON] =
            switch state {
            case .idle, .running: [:]
            case .waiting(_, let attempt, let error): ["attempt": .number(attempt), "error": JSON(error)]
            case .stopped(let error): ["error": JSON(error)]
            }
        self = .named(state, data)
    }

    init(_ event: WalletEvent) {
        let data: [String: JSON] =
            switch event {
            case .purchased(let purchase, let sku): ["purchase": .text(purchase), "sku": .text(sku)]
            case .settled(let purchase): ["purchase": .text(purchase)]
            case .rejected(let purchase, let sku, let reason, let revoked):
                [
                    "purchase": .text(purchase), "sku": .text(sku), "reason": .word(reason),
                    "revoked": .number(revoked),
                ]
            case .purchaseRefunded(let purchase, let sku, let amount, let quantity, let revoked):
                [
                    "purchase": .text(purchase), "sku": .text(sku), "amount": JSON(amount),
                    "quantity": .number(quantity), "revoked": .number(revoked),
                ]
            case .purchasesArrived(let count): ["count": .number(count)]
            case .usageNearLimit(let sku, let spent, let limit):
                ["sku": .text(sku), "spent": JSON(spent), "limit": JSON(limit)]
            case .passEnding(let sku, _, let renewal):
                ["sku": .text(sku), "renewal": renewal.map(JSON.init) ?? .null]
            case .passNotRenewed(let sku, _, let error):
                ["sku": .text(sku), "error": error.map(JSON.init) ?? .null]
            case .passEnded(let sku): ["sku": .text(sku)]
            case .balanceChanged(let balance): ["balance": JSON(balance)]
            case .catalogChanged(let version): ["version": .number(version)]
            case .topUpChanged(let topUp): ["top_up": JSON(topUp)]
            case .autoTopUpPaused(let reason): ["reason": .word(reason)]
            case .tabChanged(let tab): ["tab": JSON(tab)]
            case .frozen(let forkSeq): ["fork_seq": .number(forkSeq)]
            case .syncChanged(let state): ["state": JSON(state)]
            }
        self = .named(event, data)
    }

    init(_ error: WalletError) {
        var data: [String: JSON] =
            switch error.reason {
            case .insufficientFunds(let available, let needed):
                ["available": JSON(available), "needed": JSON(needed)]
            case .offlineLimitReached(let limit, let remaining):
                ["limit": JSON(limit), "remaining": JSON(remaining)]
            case .spendingLimitReached(let period, let limit, let remaining, _):
                ["period": .word(period), "limit": JSON(limit), "remaining": JSON(remaining)]
            case .approvalRequired(let approval, let sku, let total):
                ["approval": .text(approval), "sku": .text(sku), "total": JSON(total)]
            case .usageCapReached(let sku, let cap, _): ["sku": .text(sku), "cap": JSON(cap)]
            case .unknownItem(let sku), .alreadyOwned(let sku): ["sku": .text(sku)]
            case .insufficientItems(let sku, let owned, let needed):
                ["sku": .text(sku), "owned": .number(owned), "needed": .number(needed)]
            case .queueFull(let limit): ["limit": .number(limit)]
            case .cardInvalid(let field): ["field": .text(field)]
            case .cardDeclined(let code, let topUp): ["code": .word(code), "top_up": .text(topUp)]
            case .topUpCapReached(let cap, let most, let room):
                ["cap": .word(cap), "most": JSON(most), "room": JSON(room)]
            case .ageRestricted(let needsGuardian): ["needs_guardian": .boolean(needsGuardian)]
            case .offline(let operation): ["operation": .text(operation)]
            case .deviceFrozen(let forkSeq): ["fork_seq": .number(forkSeq)]
            case .unsettledEntries(let count): ["count": .number(count)]
            case .invalidArgument(let field, let reason): ["field": .text(field), "reason": .text(reason)]
            default: [:]
            }
        data["transient"] = .boolean(error.isTransient)
        data["message"] = .text(error.message)
        self = .named(error.reason, data)
    }

    /// Data with the name of its case.
    private static func named(_ value: some Any, _ data: [String: JSON]) -> JSON {
        .object(data.merging(["is": .word(value)]) { $1 })
    }

    /// The name of a case: `wrongPrice` is `wrong_price`.
    private static func word(_ value: some Any) -> JSON {
        let name = String(describing: value).prefix { $0.isLetter }
        return .text(name.map { $0.isUppercase ? "_\($0.lowercased())" : String($0) }.joined())
    }
}

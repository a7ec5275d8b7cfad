internal import FarthingFFI

// What a player buys, has by it, and looks back on.
extension Wallet {
    /// Buys something: decides, writes, grants. When it returns, the purchase is on disk and the items are in the
    /// ``inventory()``; it will settle by itself.
    ///
    /// It needs no network, as long as the allowance has room. Where it has none and the gateway was reachable a
    /// moment ago, the gateway is asked for more, for at most five seconds. A purchase that a guardian has to approve
    /// is asked for at the gateway, each time until it is approved.
    ///
    /// A durable item is the account's, so it is not sold where another of the player's phones has settled one
    /// (`alreadyOwned`). Where both bought it without a network, the purchase that settles second is given back at once,
    /// and the player goes on owning the item.
    ///
    /// - Parameters:
    ///   - sku: The item in the catalog.
    ///   - quantity: How many, 1 to 1,000.
    ///   - idempotencyKey: The app's name for this user action (1 to 64 printable characters). The same key always
    ///     means the same purchase, so a double tap or a retry buys once.
    /// - Throws: Nothing is bought then: `notEnrolled`, `unknownItem`, `insufficientFunds`, `offlineLimitReached`,
    ///   `allowanceExpired`, `catalogExpired`, `catalogMissing`, `spendingLimitReached`, `approvalRequired` once a
    ///   guardian was asked (where they can't be: `offline`, `gatewayUnavailable`, `gatewayNotTrusted`, `refused`),
    ///   `alreadyOwned`, `queueFull`, `syncRequired`, `deviceFrozen`, `deviceRevoked`, `accountErased`, `invalidArgument`,
    ///   `storageFull`, `storageUnavailable`, `closed`.
    @discardableResult
    public func buy(
        _ sku: String,
        quantity: Int = 1,
        idempotencyKey: String? = nil
    ) async throws(WalletError) -> Purchase {
        let request = PurchaseRequest(sku: sku, quantity: UInt32(clamping: quantity), idempotencyKey: idempotencyKey)
        return try purchase(await pending.end(of: { core.buy(call: $0, request: request) }))
    }

    /// Tips a creator: an amount of the player's choice, with a message or without. When it returns, the tip is on
    /// disk; it will settle by itself, and the creator's share is theirs then.
    ///
    /// It needs no network, as a purchase doesn't; all that limits purchases limits tips. A mistaken tip can be taken
    /// back with ``refund(_:)`` for as long after its settlement as the operator allows.
    ///
    /// ```swift
    /// try await wallet.tip("ana", Money("0.50", "USD"), message: "What a level!")
    /// ```
    ///
    /// - Parameters:
    ///   - creator: ``Creator/id`` of one of ``creators()``.
    ///   - amount: How much, above zero, of an ISO 4217 currency.
    ///   - message: What the player says with it: 1 to 140 characters in one line.
    ///   - idempotencyKey: As that of ``buy(_:quantity:idempotencyKey:)``: the same key always means the same tip.
    /// - Throws: Nothing is given then: `invalidArgument` for a creator who is not listed, or an amount or a message
    ///   that can't be; otherwise as ``buy(_:quantity:idempotencyKey:)``.
    @discardableResult
    public func tip(
        _ creator: Creator.ID,
        _ amount: Money,
        message: String? = nil,
        idempotencyKey: String? = nil
    ) async throws(WalletError) -> Purchase {
        let request = TipRequest(
            creator: creator,
            amount: amount.core,
            message: message,
            idempotencyKey: idempotencyKey
        )
        return try purchase(await pending.end(of: { core.tip(call: $0, request: request) }))
    }

    /// Who can be tipped, as of the last sync, sorted by ``Creator/id``. Needs no network.
    ///
    /// - Throws: `catalogMissing` before the first sync, `closed`.
    public func creators() async throws(WalletError) -> [Creator] {
        try await calling { try await self.core.catalog() }.creators.map(Creator.init)
    }

    private func purchase(_ end: PurchaseEnd) throws(WalletError) -> Purchase {
        switch end {
        case .made(let purchase): return Purchase(purchase)
        case .failed(let failure): throw WalletError(failure)
        }
    }

    /// Uses up `quantity` of an item and returns how many are left. Needs no network.
    ///
    /// Each `operation` is done once: asked for again, nothing more is used.
    ///
    /// - Throws: Nothing is used then: `insufficientItems`, `invalidArgument` (a quantity below 1, a durable item, an
    ///   operation that is no idempotency key or was used for something else), `notEnrolled`, `queueFull`,
    ///   `storageFull`, `storageUnavailable`, `closed`.
    @discardableResult
    public func consume(_ sku: String, quantity: Int = 1, operation: String) async throws(WalletError) -> Int {
        let quantity = UInt32(clamping: quantity)
        return Int(
            try await calling { try await self.core.consume(sku: sku, quantity: quantity, operation: operation) }
        )
    }

    /// The account's purchases, newest first: this device's own, and those that the player's other devices have settled.
    /// Needs no network.
    ///
    /// Those of other devices, of which ``Purchase/isFromAnotherDevice`` tells, are there as of the last ``sync()``, the
    /// newest 500 of them. They are there to be looked back on: what they brought is on the other device, unless it is
    /// owned for ever.
    ///
    /// ```swift
    /// let refundable = try await wallet.purchases().filter { !$0.isFromAnotherDevice }
    /// ```
    ///
    /// - Throws: `storageDamaged` when one of them can't be read, `closed`.
    public func purchases(_ filter: PurchaseFilter = PurchaseFilter()) async throws(WalletError) -> [Purchase] {
        try await calling { try await self.core.purchases(filter: filter.core) }.map(Purchase.init)
    }

    /// The signed receipt of a settled purchase: a compact JWS (RFC 7515) that the game's back end verifies with the
    /// gateway's JWKS.
    ///
    /// It is fetched from the gateway; what it says is in ``purchases(_:)`` without a network.
    ///
    /// - Parameter purchase: ``Purchase/id``.
    /// - Throws: `offline`, `refused` when the purchase is not settled (yet), `invalidArgument`,
    ///   `gatewayUnavailable`, `gatewayNotTrusted`, `notEnrolled`, `closed`.
    public func receipt(_ purchase: Purchase.ID) async throws(WalletError) -> String {
        try await calling { try await self.core.receipts(purchase: purchase, ofRefunds: false)[0] }
    }

    /// Has an unused purchase refunded: its price is in the balance again, and its items are gone.
    ///
    /// It syncs first, so that the gateway knows what was used. Where the gateway was asked and its answer is lost, the
    /// items stay out of use, and the wallet finds out by itself what became of it:
    /// ``WalletEvent/purchaseRefunded(purchase:sku:amount:quantity:revoked:)`` tells.
    ///
    /// - Parameter purchase: ``Purchase/id``.
    /// - Throws: Nothing is refunded then, unless an answer was lost: `refundTooLate` for one that only the merchant
    ///   can give, `alreadyUsed`, `alreadyRefunded`, `notSettled`, `invalidArgument` for a purchase that is not this
    ///   device's, `offline`, and those of ``sync()``.
    @discardableResult
    public func refund(_ purchase: Purchase.ID) async throws(WalletError) -> Purchase {
        Purchase(try await calling { try await self.core.refund(purchase: purchase) })
    }

    /// The signed receipts of a purchase's refunds, the oldest first: compact JWS (RFC 7515) that the game's back end
    /// verifies as those of purchases.
    ///
    /// Needs no network; there are none where nothing was refunded.
    ///
    /// - Parameter purchase: ``Purchase/id``.
    /// - Throws: `invalidArgument`, `storageDamaged`, `closed`.
    public func refundReceipts(_ purchase: Purchase.ID) async throws(WalletError) -> [String] {
        try await calling { try await self.core.receipts(purchase: purchase, ofRefunds: true) }
    }

    /// A meter that counts the use of a metered item. Units cost no disk and no network each.
    ///
    /// - Parameter sku: The item in the catalog.
    public func meter(_ sku: String) -> Meter {
        Meter(core: core.meter(sku: sku))
    }

    /// The player's passes, sorted by SKU, also those that are over: judged by trusted time, so that a clock that is set
    /// back revives none. Needs no network.
    ///
    /// - Throws: `closed`.
    public func passes() async throws(WalletError) -> [Pass] {
        try await calling { try await self.core.passes(renewal: nil) }.map(Pass.init)
    }

    /// One of the player's passes; `nil` where they never had it. Needs no network.
    ///
    /// ```swift
    /// let isOpen = try await wallet.pass("season_pass").map { $0.state != .ended } ?? false
    /// ```
    ///
    /// - Parameter sku: The item in the catalog.
    /// - Throws: `closed`.
    public func pass(_ sku: String) async throws(WalletError) -> Pass? {
        try await passes().first { $0.sku == sku }
    }

    /// Lets the wallet renew a pass from the balance, at the price that the catalog has now or a lower one, or forbids
    /// it again.
    ///
    /// It is forbidden until the player agrees, and once more where the pass has ended without a renewal. What they said
    /// is on disk when it returns. Needs no network. A renewal is a purchase like any other, made once, shortly before
    /// the pass ends or in its grace period. ``WalletEvent/passEnding(sku:endsAt:renewal:)`` comes before it,
    /// ``WalletEvent/passNotRenewed(sku:endsAt:error:)`` where it can't be made.
    ///
    /// - Parameters:
    ///   - sku: The item in the catalog.
    ///   - agrees: Whether the player lets the wallet renew it.
    /// - Throws: Nothing is changed then: `invalidArgument` for a pass that the player does not have, that is over, or
    ///   that the catalog does not let be renewed, `catalogMissing`, `storageFull`, `storageUnavailable`, `closed`.
    @discardableResult
    public func setPassRenewal(_ sku: String, agrees: Bool) async throws(WalletError) -> Pass {
        let renewal = PassRenewal(sku: sku, agrees: agrees)
        let passes = try await calling { try await self.core.passes(renewal: renewal) }
        // The one that was asked for is there, or it was an error.
        return Pass(passes.first { $0.sku == sku } ?? passes[0])
    }
}

internal import FarthingFFI

// Cards, and how money comes into the wallet.
extension Wallet {
    /// Puts a card into the gateway's vault and returns the token that stands for it. The number and the
    /// verification code go nowhere else.
    ///
    /// - Throws: No card is added then: `cardInvalid`, `offline`, `gatewayUnavailable`, `gatewayNotTrusted`,
    ///   `notEnrolled`, `closed`.
    public func addCard(_ details: CardDetails) async throws(WalletError) -> Card {
        Card(try await calling { try await self.core.addCard(card: .number(details: details.core)) })
    }

    /// Takes a card that the gateway's processor keeps, and returns the token that stands for it: for a gateway
    /// that charges through Stripe.
    ///
    /// The app hands the number to Stripe, by Stripe's own library and the publishable key, and gets
    /// `paymentMethod` from it (`pm_…`).
    ///
    /// - Throws: As ``addCard(_:)``; `cardInvalid` also where Stripe does not know it.
    public func addPaymentMethod(_ paymentMethod: String) async throws(WalletError) -> Card {
        Card(try await calling { try await self.core.addCard(card: .paymentMethod(name: paymentMethod)) })
    }

    /// The player's cards, the newest first, as of the last sync. Needs no network.
    ///
    /// - Throws: `closed`.
    public func cards() async throws(WalletError) -> [Card] {
        try await calling { try await self.core.cards() }.map(Card.init)
    }

    /// Takes a card out of the vault, which erases its number there.
    ///
    /// - Parameter card: ``Card/id``.
    /// - Throws: The card is still there then: `offline`, `refused` for one that is not the player's,
    ///   `invalidArgument`, `gatewayUnavailable`, `notEnrolled`, `closed`.
    public func removeCard(_ card: Card.ID) async throws(WalletError) {
        try await calling { try await self.core.removeCard(card: card) }
    }

    /// Charges a card, once, and raises the balance by `amount`.
    ///
    /// ``TopUp/state`` says how far it is: `requiresAction` has the bank's page for the player to confirm on; open
    /// it, then ``sync()``. `created` means that the answer was lost: sync finds out what became of it, so do not
    /// begin another one. Each change is told by ``WalletEvent/topUpChanged(_:)``, also after a restart.
    ///
    /// - Parameters:
    ///   - amount: How much.
    ///   - card: ``Card/id``.
    /// - Throws: The card was not charged then: `cardDeclined`, `invalidArgument` for an amount that can't be charged
    ///   or a card that is not the player's, `topUpCapReached` and `ageRestricted` where the operator has such rules,
    ///   `accountErased`, `offline`, `notEnrolled`, `closed`.
    @discardableResult
    public func topUp(_ amount: Money, card: Card.ID) async throws(WalletError) -> TopUp {
        TopUp(try await calling { try await self.core.topUp(amount: amount.core, card: card) })
    }

    /// Credits a pack of balance that the player has bought through an app store's own billing, once ever. It is handed
    /// over to the gateway, which verifies it with the store.
    ///
    /// It is on disk before the gateway is asked, and ``sync()`` hands it over again until the gateway has answered,
    /// also after a kill: call this with the same purchase at each start of the app, as often as you like. Finish the
    /// transaction at the App Store once it is credited; the module `FarthingApple` has a call that does both.
    ///
    /// - Throws: Nothing was credited, and it need not be handed over again: `storePurchaseTaken`,
    ///   `storePurchaseInvalid`, `refused` where the gateway credits nothing of that store. It is kept, and goes on by
    ///   itself: `offline`, `gatewayUnavailable`, `gatewayNotTrusted`, `notEnrolled`, `deviceFrozen`. It was not kept:
    ///   `queueFull` where a hundred wait, `storageFull`, `storageUnavailable`, `closed`.
    @discardableResult
    public func topUpFromStore(_ purchase: StorePurchase) async throws(WalletError) -> StoreTopUp {
        StoreTopUp(try await calling { try await self.core.topUpFromStore(purchase: purchase.core) })
    }

    /// The account's name, a UUID; `nil` before the wallet is enrolled. Given to the store with each purchase, as
    /// StoreKit's `appAccountToken`, it makes sure that nobody else can have what this player bought.
    ///
    /// - Throws: `closed`.
    public func account() async throws(WalletError) -> String? {
        try await calling { try await self.core.account() }
    }

    /// Top-ups, the newest first, at most 100. Needs no network.
    ///
    /// - Throws: `closed`.
    public func topUps() async throws(WalletError) -> [TopUp] {
        try await calling { try await self.core.topUps() }.map(TopUp.init)
    }

    /// Amounts to offer a player who tops up, the least first: up to three round ones (1, 2, 5, 10, …) of which fees
    /// take at most 9 %, or the smallest such where none is round. By the gateway's price list, as it came with the
    /// catalog; needs no network. Empty where a card can't be charged in that currency, or no item is priced in it.
    ///
    /// - Parameter currency: An ISO 4217 code, such as `USD`.
    /// - Throws: `catalogMissing` before the first sync, `closed`.
    public func topUpAdvice(_ currency: String) async throws(WalletError) -> [TopUpAdvice] {
        let advice = try await calling { try await self.core.catalog() }.topUpAdvice.map(TopUpAdvice.init)
        return advice.filter { $0.amount.currency == currency }
    }

    /// Lets the wallet charge a card by itself when the balance is low, or forbids it again with `nil`.
    ///
    /// It is forbidden until the player agrees. There is one setting: another one takes its place, and the same one again
    /// ends a pause. What they said is on disk when it returns. Needs no network.
    ///
    /// The wallet looks at the balance at the end of each sync, also the one after a purchase. Where it is below
    /// ``AutoTopUp/below``, it tops up once as ``topUp(_:card:)`` does: one at a time, and never above
    /// ``AutoTopUp/monthlyCap``. ``WalletEvent/topUpChanged(_:)`` tells of it, and ``TopUp/isAutomatic`` says so among
    /// ``topUps()``. It may come back as `requiresAction`: nothing more is charged until the player has confirmed or
    /// declined it. After a declined card nothing is, until they agree again (``WalletEvent/autoTopUpPaused(_:)``). Once
    /// it is taken back, nothing is begun any more, and what the gateway has not got is never asked for again.
    ///
    /// It is this device's alone: another one of the player's has a setting and a cap of its own. A database that was
    /// restored from a backup, or salvaged, has none.
    ///
    /// ```swift
    /// // Only once the player has agreed to just that.
    /// let (below, amount, cap) = (try Money("1.00", "USD"), try Money("5.00", "USD"), try Money("20.00", "USD"))
    /// let setting = AutoTopUp(below: below, amount: amount, card: card.id, monthlyCap: cap)
    /// try await wallet.setAutoTopUp(setting)
    /// ```
    ///
    /// - Returns: What they have agreed to now, and how it stands; `nil` where that is nothing.
    /// - Throws: Nothing is changed then: `invalidArgument` for an `amount` that a card can't be charged, for `below` or a
    ///   `monthly_cap` in another currency, below zero or not in whole minor units, for a `monthly_cap` below the amount,
    ///   and for a `card` that is not among ``cards()`` or has expired; `storageFull`, `storageUnavailable`, `closed`.
    @discardableResult
    public func setAutoTopUp(_ setting: AutoTopUp?) async throws(WalletError) -> AutoTopUpConsent? {
        let change = AutoTopUpChange(setting: setting?.core)
        return try await calling { try await self.core.autoTopUp(change: change) }.map(AutoTopUpConsent.init)
    }

    /// What the player has agreed to of automatic top-ups, how much of this month's cap is used, and whether it is paused;
    /// `nil` where they have not agreed. Needs no network.
    ///
    /// - Throws: `closed`.
    public func autoTopUp() async throws(WalletError) -> AutoTopUpConsent? {
        try await calling { try await self.core.autoTopUp(change: nil) }.map(AutoTopUpConsent.init)
    }
}

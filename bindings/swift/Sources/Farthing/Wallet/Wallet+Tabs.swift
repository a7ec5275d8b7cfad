internal import FarthingFFI

// Tabs: spent now, charged once.
extension Wallet {
    /// Opens a tab: the card authorises `limit`, which is in the balance from then on, is spent as any balance is, and
    /// is charged once, when the tab is closed. What the player owes is in ``CardTab/owed``, at any time, also offline. An
    /// account has one tab in a currency.
    ///
    /// ``CardTab/state`` says how far it is: `requiresAction` has the bank's page for the player to confirm on; open it,
    /// then ``sync()``. `created` means that the answer was lost: sync finds out what became of it. Each change is told
    /// by ``WalletEvent/tabChanged(_:)``, also after a restart.
    ///
    /// ```swift
    /// let tab = try await wallet.openTab(Money("10.00", "USD"), card: card.id)
    /// try await wallet.buy("extra_life")
    /// show(try await wallet.tabs()[0].owed)
    /// try await wallet.closeTab(tab.id)
    /// ```
    ///
    /// - Parameters:
    ///   - limit: The most that the card is charged.
    ///   - card: ``Card/id``.
    /// - Throws: No tab is opened then, and nothing is left behind: `cardDeclined`, which has the tab's name,
    ///   `invalidArgument` for a limit that can't be charged, a card that is not the player's, or where this wallet has
    ///   a tab in that currency; `refused` where another device of the player has one; `topUpCapReached` where it may
    ///   only be smaller, since a card could not be charged for the last one; `ageRestricted`,
    ///   `accountErased`, `offline`, `gatewayUnavailable`, `notEnrolled`, `closed`.
    @discardableResult
    public func openTab(_ limit: Money, card: Card.ID) async throws(WalletError) -> CardTab {
        CardTab(try await calling { try await self.core.openTab(limit: limit.core, card: card) })
    }

    /// Closes a tab: what is reserved for this device goes back to the account, and the card is charged what was spent,
    /// once. Where the card could not be charged, it pays what is due out of the balance: top up first, by any card. One
    /// that is closed stays as it is.
    ///
    /// `closing` means that the bank, or the gateway's answer, is waited for: sync goes on with it, also after a
    /// restart, and ``WalletEvent/tabChanged(_:)`` tells. Until then this device has nothing reserved to buy with
    /// offline.
    ///
    /// - Parameter tab: ``CardTab/id``.
    /// - Throws: Nothing is changed then: `invalidArgument` for a tab that is not this wallet's or not open yet,
    ///   `insufficientFunds` where less is in the balance than is due, `offline`, `gatewayUnavailable`,
    ///   `gatewayNotTrusted`, `notEnrolled`, `closed`.
    @discardableResult
    public func closeTab(_ tab: CardTab.ID) async throws(WalletError) -> CardTab {
        CardTab(try await calling { try await self.core.closeTab(tab: tab) })
    }

    /// This wallet's tabs, the newest first, the last fifty: what is owed of each, and how far it is. Needs no network.
    ///
    /// - Throws: `closed`.
    public func tabs() async throws(WalletError) -> [CardTab] {
        try await calling { try await self.core.tabs() }.map(CardTab.init)
    }
}

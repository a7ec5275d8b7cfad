internal import FarthingFFI

// What limits spending, and what a guardian is asked.
extension Wallet {
    /// What limits the player's spending: their own limits and a guardian's, how much of them is used, and what will
    /// change after the cooling-off. Without a connection it is what was said last.
    ///
    /// - Throws: `offline` where the gateway was never asked, `gatewayUnavailable`, `gatewayNotTrusted`,
    ///   `notEnrolled`, `closed`.
    public func limits() async throws(WalletError) -> Limits {
        Limits(try await calling { try await self.core.limits() })
    }

    /// Limits the player's spending in one currency, in place of what was set before. It needs a connection. Other
    /// devices hear of it with their next sync.
    ///
    /// Without a PIN these are the player's own: what is stricter holds at once, what is looser after a cooling-off.
    /// With a PIN they are a guardian's, and hold at once. The stricter of the two counts.
    ///
    /// - Parameters:
    ///   - limits: What is limited from now on.
    ///   - currency: An ISO 4217 code, or a virtual currency of the catalog.
    ///   - pin: The guardian's PIN, 4 to 12 digits; the first one that is given is the guardian's from then on. The
    ///     wallet does not keep it.
    ///   - utcOffsetMinutes: By how many minutes the player's days begin before those of UTC. Once it is set, only a
    ///     guardian may change it.
    /// - Throws: Nothing was changed then: `invalidArgument` for an amount or a PIN that is not accepted, `refused`,
    ///   `offline`, `gatewayUnavailable` (also where the PIN was wrong too often), `gatewayNotTrusted`,
    ///   `notEnrolled`, `closed`.
    @discardableResult
    public func setLimits(
        _ limits: SpendingLimits,
        currency: String,
        pin: String? = nil,
        utcOffsetMinutes: Int? = nil
    ) async throws(WalletError) -> Limits {
        let change = LimitsChange(
            currency: currency,
            limits: limits.core,
            pin: pin,
            utcOffsetMinutes: utcOffsetMinutes.map(Int16.init(clamping:))
        )
        return Limits(try await calling { try await self.core.setLimits(change: change) })
    }

    /// What a guardian was asked for on any device of the player, the newest first, at most a hundred. It needs a
    /// connection.
    ///
    /// - Throws: `offline`, `gatewayUnavailable`, `gatewayNotTrusted`, `notEnrolled`, `closed`.
    public func approvals() async throws(WalletError) -> [Approval] {
        try await calling { try await self.core.approvals() }.map(Approval.init)
    }

    /// Answers, with the guardian's PIN, what was asked for on any device of the player.
    ///
    /// What is approved can be bought once, by the device that asked, within a day. The first answer stands; what is
    /// returned says how it stands.
    ///
    /// - Parameters:
    ///   - approval: ``Approval/id``.
    ///   - approve: Whether it may be bought.
    ///   - pin: The guardian's PIN.
    /// - Throws: Nothing was changed then: `invalidArgument` for a PIN that is not the guardian's, `refused` where
    ///   there is no such request, `offline`, `gatewayUnavailable` (also where the PIN was wrong too often),
    ///   `gatewayNotTrusted`, `notEnrolled`, `closed`.
    @discardableResult
    public func answerApproval(
        _ approval: Approval.ID,
        approve: Bool,
        pin: String
    ) async throws(WalletError) -> Approval {
        Approval(
            try await calling {
                try await self.core.answerApproval(approval: approval, approve: approve, pin: pin)
            }
        )
    }
}

import Foundation

/// Why the wallet did not do what was asked.
///
/// A call that throws has changed nothing, unless the reason says otherwise. Money and items that the wallet held
/// before are still there.
///
/// ```swift
/// do {
///     try await wallet.buy("extra_life")
/// } catch {  // a WalletError: nothing else is thrown
///     switch error.reason {
///     case .insufficientFunds(let available, let needed): offerTopUp(of: try needed - available)
///     case .offlineLimitReached, .allowanceExpired: askToGoOnline()
///     default: show(error.localizedDescription)
///     }
/// }
/// ```
public struct WalletError: Error, Hashable, Sendable {
    /// What happened, for programs.
    public let reason: Reason

    /// What happened, what was kept and what to do next, in English: for developers and logs. For players, decide
    /// by the ``reason``.
    public let message: String

    /// Whether the same call may work later, by itself or once the device is online.
    public let isTransient: Bool

    /// One as the wallet would give it, for previews and tests of an app.
    public init(reason: Reason, message: String, isTransient: Bool) {
        self.reason = reason
        self.message = message
        self.isTransient = isTransient
    }

    /// What happened, for programs.
    public enum Reason: Hashable, Sendable {
        /// The wallet has never reached its gateway: connect once, then purchases work offline too.
        case notEnrolled
        /// The balance is too low. Offer a top-up.
        case insufficientFunds(available: Money, needed: Money)
        /// The money is there, but not reserved for this device: of `limit`, `remaining` is left. Going online helps.
        case offlineLimitReached(limit: Money, remaining: Money)
        /// The time in which this device may buy offline is over. Going online helps.
        case allowanceExpired(at: Date)
        /// The price is above what one purchase may cost, or what the limits of the player or a guardian leave: of
        /// `limit`, `remaining` can still be spent on this device before it resets. Where several devices share a
        /// limit, being online may help.
        case spendingLimitReached(LimitPeriod, limit: Money, remaining: Money, resets: Date?)
        /// A guardian has to approve the purchase, and was asked. Buy again once they have: see ``Wallet/approvals()``.
        case approvalRequired(approval: Approval.ID, sku: String, total: Money)
        /// A metered item has come to as much as it may cost on one day; it goes on when the next day begins.
        case usageCapReached(sku: String, cap: Money, resetsAt: Date)
        /// The catalog has no such item: check the spelling, or sync for a newer catalog.
        case unknownItem(sku: String)
        /// The item is durable and the player has it, on this phone or another one.
        case alreadyOwned(sku: String)
        /// The player has fewer of an item than are to be used.
        case insufficientItems(sku: String, owned: Int, needed: Int)
        /// The prices are too old to buy by. Going online helps.
        case catalogExpired(at: Date)
        /// There is no catalog yet: the wallet is enrolled, but its first sync was cut short.
        case catalogMissing
        /// As many purchases wait for settlement as the wallet holds. Going online helps.
        case queueFull(limit: Int)
        /// A part of the card's details is wrong: `number`, `expiry_month`, `expiry_year` or `cvc`. No card was
        /// added; ask for it again.
        case cardInvalid(field: String)
        /// The bank refused the charge of a top-up; the balance is as before. Offer another card.
        case cardDeclined(code: DeclineCode, topUp: String)
        /// The account would hold, or have loaded in the month, more than the operator lets it: `room` can still be
        /// loaded now. Or a tab is larger than it may be after one for which the card could not be charged: `room` is
        /// the most. No card was charged.
        case topUpCapReached(TopUpCap, most: Money, room: Money)
        /// The player is too young for a card to be charged, or a guardian has to set a PIN first. No card was charged.
        case ageRestricted(needsGuardian: Bool)
        /// The gateway has not settled the purchase, so there is nothing to give back yet. Connect, sync, try again.
        case notSettled
        /// All of the purchase's price went back before.
        case alreadyRefunded
        /// Fewer of the item are left than the purchase had. Only the merchant can refund it.
        case alreadyUsed
        /// The operator lets players have a refund for some hours, or not at all, as the gateway says. Only the
        /// merchant can refund it.
        case refundTooLate(String)
        /// What the app store has sold has credited another player's balance, or was bought for one. Sign in as that
        /// player.
        case storePurchaseTaken
        /// What the app store has sold can't be credited, as the gateway says: it is not the store's, is of another
        /// app, or was given back.
        case storePurchaseInvalid(String)
        /// The gateway can't be reached. What was begun is kept and goes on by itself.
        case offline(operation: String)
        /// The gateway answered that it can't help just now. Nothing is lost; try again later.
        case gatewayUnavailable(retryAfter: Duration?)
        /// Something answered that is not our gateway: check the address, the network and the root key.
        case gatewayNotTrusted(String)
        /// The gateway refused the request, in its own words.
        case refused(String)
        /// Two different journals of this device exist, which part at an entry: a backup was restored, or it was
        /// cloned. What was settled stands.
        case deviceFrozen(forkSeq: Int)
        /// The device was given up by its owner or the operator; it can't spend any more.
        case deviceRevoked
        /// The player's account was erased; nothing of it can be spent. Erase this wallet, and begin a new one.
        case accountErased
        /// The wallet's data is older than this device remembers, as after restoring a backup. Sync before buying.
        case syncRequired
        /// The gateway does not accept this app's key.
        case enrolmentRejected(String)
        /// The key store can't be used now, such as before the first unlock of a phone. Try again then.
        case keyStoreUnavailable(String)
        /// The keys of this wallet are gone for good. ``Wallet/startOver(folder:keyStore:)`` sets the wallet aside,
        /// so that a new one can be begun.
        case keyLost
        /// There is no room on the disk. Nothing was changed; free some space and try again.
        case storageFull
        /// The database can't be read or written.
        case storageUnavailable(String)
        /// The database is damaged or was tampered with. It is kept as it is, and nothing was spent; opening the
        /// wallet anew takes over what is intact in it.
        case storageDamaged(String)
        /// The wallet is open already, here or in another process.
        case alreadyOpen
        /// The wallet was closed.
        case closed
        /// Some entries wait for settlement; erasing would lose them. Sync first, or force it.
        case unsettledEntries(count: Int)
        /// An argument can't be used.
        case invalidArgument(field: String, reason: String)
        /// The data on this device, or the gateway, is of a newer version than this library. Update the app.
        case upgradeRequired
        /// A mistake of ours. The wallet goes on; please report the message.
        case `internal`
    }
}

extension WalletError: LocalizedError, CustomStringConvertible {
    /// The ``message``.
    public var errorDescription: String? { message }

    /// The ``message``.
    public var description: String { message }

    /// What a person can do about it, as one short sentence in English.
    public var recoverySuggestion: String? {
        switch reason {
        case .insufficientFunds: "Add money, then try again."
        case .notEnrolled, .offlineLimitReached, .allowanceExpired, .catalogExpired, .catalogMissing, .queueFull,
            .syncRequired, .notSettled, .offline:
            "Connect to the internet, then try again."
        case .gatewayUnavailable: "Try again in a while."
        case .cardInvalid: "Check the card's details and enter them again."
        case .cardDeclined: "Use another card, or ask your bank."
        case .keyStoreUnavailable: "Unlock the device, then try again."
        case .storageFull: "Free some space on this device, then try again."
        case .storageUnavailable, .storageDamaged, .keyLost, .deviceFrozen, .deviceRevoked, .refused,
            .enrolmentRejected, .storePurchaseInvalid, .internal:
            "Contact support: your money is safe at the gateway."
        case .alreadyOpen: "Close the app where it is open, then try again."
        case .closed: "Open the app again."
        case .unsettledEntries: "Wait until your purchases are settled, then try again."
        case .alreadyUsed, .refundTooLate: "Ask support for a refund."
        case .storePurchaseTaken: "Sign in as the player who bought it."
        case .upgradeRequired: "Update the app."
        case .gatewayNotTrusted: "Use another network, then try again."
        case .approvalRequired, .ageRestricted(needsGuardian: true): "Ask your guardian, then try again."
        case .topUpCapReached(.tab, _, _): "Open a smaller tab."
        case .topUpCapReached: "Add less money, or try again later."
        case .accountErased: "Start over with a new wallet."
        case .usageCapReached: "Try again later."
        case .spendingLimitReached, .unknownItem, .alreadyOwned, .insufficientItems, .alreadyRefunded,
            .ageRestricted, .invalidArgument:
            nil
        }
    }
}

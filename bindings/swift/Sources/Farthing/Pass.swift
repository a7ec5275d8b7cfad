import Foundation

/// What the player has for a time, judged by the wallet's trusted time: a clock that is set back revives nothing.
///
/// Get it by ``Wallet/pass(_:)``; it is how things were then, and does not change.
public struct Pass: Hashable, Sendable, Identifiable {
    /// Which pass.
    public let sku: String

    /// Whether it lasts.
    public let state: PassState

    /// When it began.
    public let startsAt: Date

    /// When it ends. It is bought again before, and lasts longer.
    public let endsAt: Date

    /// When its grace period ends; the same as ``endsAt`` where it has none.
    public let graceEndsAt: Date

    /// The most that the wallet pays to renew it, once that is due; `nil` where the player has not agreed to it with
    /// ``Wallet/setPassRenewal(_:agrees:)``.
    public let renewal: Money?

    /// One as the wallet would give it, for previews and tests of an app.
    public init(
        sku: String,
        state: PassState,
        startsAt: Date,
        endsAt: Date,
        graceEndsAt: Date,
        renewal: Money? = nil
    ) {
        self.sku = sku
        self.state = state
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.graceEndsAt = graceEndsAt
        self.renewal = renewal
    }

    /// The SKU.
    public var id: String { sku }
}

/// Whether a pass lasts.
public enum PassState: Hashable, Sendable {
    /// It lasts.
    case active
    /// It has ended, and the player may still have it for a while.
    case grace
    /// It is over.
    case ended
}

/// How long an item of the kind ``ItemKind/pass`` is for.
public struct PassTerms: Hashable, Sendable {
    /// How long one purchase lasts.
    public let length: Duration

    /// How long after its end the player may still have it.
    public let grace: Duration

    /// Whether the player may let the wallet renew it.
    public let mayRenew: Bool

    /// How long before its end the player is reminded (``WalletEvent/passEnding(sku:endsAt:renewal:)``); zero for not
    /// at all, but for a renewal.
    public let reminder: Duration

    /// Some as the wallet would give them, for previews and tests of an app.
    public init(length: Duration, grace: Duration, mayRenew: Bool, reminder: Duration) {
        self.length = length
        self.grace = grace
        self.mayRenew = mayRenew
        self.reminder = reminder
    }
}

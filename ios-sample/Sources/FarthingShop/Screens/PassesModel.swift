import Farthing
import Foundation
import Observation

/// Something that the player has for a time.
public struct PassRow: Hashable, Sendable, Identifiable {
    /// What it is.
    public var name: ItemName

    /// Whether it lasts.
    public var state: PassState

    /// When it ends.
    public var endsAt: Date

    /// When its grace period ends.
    public var graceEndsAt: Date

    /// The most that the wallet pays to renew it; `nil` where the player has not agreed to it.
    public var renewal: Money?

    /// Whether it can be renewed at all.
    public var mayRenew: Bool

    /// A pass, for previews.
    public init(
        name: ItemName,
        state: PassState,
        endsAt: Date,
        graceEndsAt: Date,
        renewal: Money? = nil,
        mayRenew: Bool = true
    ) {
        self.name = name
        self.state = state
        self.endsAt = endsAt
        self.graceEndsAt = graceEndsAt
        self.renewal = renewal
        self.mayRenew = mayRenew
    }

    init(_ pass: Pass, in catalog: Catalog?) {
        self.init(
            name: ItemName(pass.sku, in: catalog),
            state: pass.state,
            endsAt: pass.endsAt,
            graceEndsAt: pass.graceEndsAt,
            renewal: pass.renewal,
            mayRenew: pass.state != .ended && catalog?[pass.sku]?.pass?.mayRenew == true
        )
    }

    /// The SKU.
    public var id: String { name.sku }

    /// Until when.
    public var words: Notice {
        switch state {
        case .active: Notice(.passUntil, .date(endsAt))
        case .grace: Notice(.passGrace, .date(graceEndsAt))
        case .ended: Notice(.passEnded, .date(endsAt))
        }
    }

    /// What becomes of it at its end; `nil` once it is over.
    public var renewalWords: Notice? {
        if state == .ended { return nil }
        if let renewal { return Notice(.passRenewalOn, .money(renewal)) }
        return Notice(mayRenew ? .passRenewalOff : .passNotRenewable)
    }
}

/// What the player has for a time, and whether the wallet renews it.
@MainActor @Observable public final class PassesModel {
    private let session: WalletSession
    private let asking: Asking

    init(session: WalletSession, noticeBoard: NoticeBoard) {
        self.session = session
        asking = Asking(session: session, noticeBoard: noticeBoard)
    }

    var tasks: OwnedTasks { asking.tasks }

    /// Whether something is being written down right now.
    public var isBusy: Bool { asking.isBusy }

    /// The player's passes, also those that are over.
    public var rows: [PassRow] {
        session.contents.map { contents in contents.passes.map { PassRow($0, in: contents.catalog) } } ?? []
    }

    /// Lets the wallet renew a pass at the price of now, or forbids it again. It needs no connection.
    ///
    /// - Returns: Whether that is on disk. If not, the notice board says why.
    @discardableResult
    public func setRenewal(_ sku: String, agrees: Bool) -> Task<Bool, Never> {
        asking.ask { wallet throws(WalletError) in try await wallet.setPassRenewal(sku, agrees: agrees) }
    }
}

import Farthing
import Foundation
import Observation

/// What limits the player's spending, and what a guardian was asked: by the gateway, when it is asked.
@MainActor @Observable public final class LimitsModel {
    /// What was said last; `nil` while nothing was.
    public private(set) var screen: LimitsScreen?

    private let session: WalletSession
    private let noticeBoard: NoticeBoard
    private let asking: Asking
    private var known: [Approval] = []
    private var turn: Task<Bool, Never>?

    init(session: WalletSession, noticeBoard: NoticeBoard) {
        self.session = session
        self.noticeBoard = noticeBoard
        asking = Asking(session: session, noticeBoard: noticeBoard)
        session.whenOpened { [weak self] in
            self?.screen = nil
            self?.known = []
        }
    }

    var tasks: OwnedTasks { asking.tasks }

    /// Whether something is asked of the gateway right now.
    public var isBusy: Bool { asking.isBusy }

    /// What a guardian was asked on any device of the player, the newest first.
    public var approvals: [ApprovalRow] { known.map { ApprovalRow($0, in: session.contents?.catalog) } }

    /// Asks the gateway for both. Without a connection the limits are what was said last, if anything was.
    ///
    /// - Returns: Whether both are as the gateway says now. If not, the notice board says why.
    @discardableResult
    public func load() -> Task<Bool, Never> {
        inTurn { [weak self] wallet throws(WalletError) in
            self?.screen = LimitsScreen(try await wallet.limits())
            self?.known = try await wallet.approvals()
        }
    }

    /// Sets one limit and leaves the others: the player's own, or with a PIN a guardian's.
    ///
    /// - Parameter amount: `nil` for no limit.
    /// - Returns: Whether the gateway has taken it. If not, the notice board says why.
    @discardableResult
    public func set(
        _ field: LimitField,
        to amount: Money?,
        currency: String = "USD",
        pin: String = ""
    ) -> Task<Bool, Never> {
        inTurn { [weak self] wallet throws(WalletError) in
            let now = try await wallet.limits()
            let set = now.limits.first { $0.currency == currency }
            // What was loosened before, and waits, is not asked back by this.
            let own = pin.isEmpty ? set?.pending?.limits ?? set?.player : set?.guardian
            var limits = own ?? SpendingLimits()
            limits[keyPath: field.path] = amount
            let changed = try await wallet.setLimits(
                limits,
                currency: currency,
                pin: pin.isEmpty ? nil : pin,
                // The player's days, the first time; later only a guardian may change them.
                utcOffsetMinutes: now.limits.isEmpty && !now.hasGuardian ? Self.utcOffsetMinutes : nil
            )
            let screen = LimitsScreen(changed)
            self?.screen = screen
            self?.noticeBoard.show(screen.pending.first ?? Notice(.limitsSaved))
        }
    }

    /// Answers with the guardian's PIN. What is approved can be bought once, within a day.
    ///
    /// - Returns: Whether the gateway has taken the answer. If not, the notice board says why.
    @discardableResult
    public func answer(_ approval: Approval.ID, approve: Bool, pin: String) -> Task<Bool, Never> {
        inTurn { [weak self] wallet throws(WalletError) in
            try await wallet.answerApproval(approval, approve: approve, pin: pin)
            self?.known = try await wallet.approvals()
        }
    }

    /// One after the other, so that an older answer never takes the place of a newer one. It is also loaded by itself,
    /// when a guardian was asked: who asks for more meanwhile is not turned away.
    private func inTurn(
        _ act: @escaping @MainActor (Wallet) async throws(WalletError) -> Void
    ) -> Task<Bool, Never> {
        let before = turn
        let mine = tasks.start { [asking] in
            _ = await before?.value
            return await asking.ask(act).value
        }
        turn = mine
        return mine
    }

    private static var utcOffsetMinutes: Int { TimeZone.current.secondsFromGMT() / 60 }
}

import Farthing
import Foundation
import Observation

/// Someone who can be tipped.
public struct CreatorRow: Hashable, Sendable, Identifiable {
    /// What the merchant calls them.
    public var id: Creator.ID

    /// Their name for players.
    public var name: String

    /// Whether they are being tipped right now.
    public var isBeingTipped: Bool

    /// A creator, for previews.
    public init(id: Creator.ID, name: String, isBeingTipped: Bool = false) {
        self.id = id
        self.name = name
        self.isBeingTipped = isBeingTipped
    }
}

/// Tips to creators. Each has an idempotency key, kept over a kill: it is given once.
@MainActor @Observable public final class TipsModel {
    /// What a player may give by one tap.
    public static let amounts = [100_000, 500_000, 1_000_000].map { Money(micros: $0, currency: "USD") }

    /// The longest message, in letters.
    public static let messageMax = 140

    private let session: WalletSession
    private let noticeBoard: NoticeBoard
    private let begun: BegunTaps
    let tasks = OwnedTasks()

    init(session: WalletSession, noticeBoard: NoticeBoard, begun: BegunTaps) {
        self.session = session
        self.noticeBoard = noticeBoard
        self.begun = begun
        session.whenOpened { [weak self] in self?.finishBegun() }
        session.whenReplaced { begun.endAll() }
    }

    /// Who can be tipped, as of the last sync.
    public var creators: [CreatorRow] {
        session.contents?.creators.map {
            CreatorRow(id: $0.id, name: $0.name, isBeingTipped: begun.taps[$0.id] != nil)
        } ?? []
    }

    /// Tips a creator, online or not. A second tap while that goes on does nothing.
    ///
    /// - Parameter message: What the player says with it; nothing where it is blank. It is personal: it goes to the
    ///   wallet, and stays in the shop's own file only until the wallet has answered.
    /// - Returns: The tip; `nil` when nothing was given, and the notice board says why.
    @discardableResult
    public func tip(_ creator: Creator.ID, _ amount: Money, message: String = "") -> Task<Purchase?, Never> {
        guard session.wallet != nil, begun.taps[creator] == nil else { return Task { nil } }
        let said = message.trimmingCharacters(in: .whitespacesAndNewlines)
        let gift = BegunTaps.Gift(
            micros: amount.micros,
            currency: amount.currency,
            message: said.isEmpty ? nil : said
        )
        let tap = BegunTaps.Tap(gift: gift)
        guard begun.begin(creator, tap, telling: noticeBoard) else { return Task { nil } }
        return finish(creator, tap)
    }

    private func finishBegun() {
        for (creator, tap) in begun.taps {
            finish(creator, tap)
        }
    }

    @discardableResult
    private func finish(_ creator: Creator.ID, _ tap: BegunTaps.Tap) -> Task<Purchase?, Never> {
        tasks.start { [weak self] in await self?.give(creator, tap) }
    }

    private func give(_ creator: Creator.ID, _ tap: BegunTaps.Tap) async -> Purchase? {
        guard let wallet = session.wallet, let gift = tap.gift else { return nil }
        let amount = Money(micros: gift.micros, currency: gift.currency)
        do throws(WalletError) {
            let tip = try await wallet.tip(creator, amount, message: gift.message, idempotencyKey: tap.key)
            begun.end(creator)
            let name = creators.first { $0.id == creator }?.name ?? creator
            noticeBoard.show(Notice(.tipGiven, .text(name), .money(amount)))
            session.refresh()
            return tip
        } catch {
            // Closed in the middle: it is asked for again once the wallet is open.
            guard error.reason != .closed else { return nil }
            begun.end(creator)
            noticeBoard.show(error.notice)
            return nil
        }
    }
}

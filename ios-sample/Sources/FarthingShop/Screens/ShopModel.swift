import Farthing
import Foundation
import Observation

/// The shop's shelves.
@MainActor @Observable public final class ShopModel {
    private let session: WalletSession
    private let noticeBoard: NoticeBoard
    private let begun: BegunTaps
    let tasks = OwnedTasks()
    private var granted: Set<String> = []
    private var whenAsked: [@MainActor () -> Void] = []

    init(session: WalletSession, noticeBoard: NoticeBoard, begun: BegunTaps) {
        self.session = session
        self.noticeBoard = noticeBoard
        self.begun = begun
        session.whenOpened { [weak self] in self?.finishBegun() }
        session.whenReplaced { begun.endAll() }
    }

    /// What the shop shows.
    public var screen: ShopScreen {
        guard session.state == .open else { return .loading }
        return ShopScreen(
            contents: session.contents,
            balance: session.balance,
            sync: session.syncState,
            isOffline: session.isOffline,
            buying: begun.skus,
            granted: granted
        )
    }

    /// Calls something each time that a guardian was asked for a purchase.
    func whenAsked(_ act: @escaping @MainActor () -> Void) {
        whenAsked.append(act)
    }

    /// Buys an item. A second tap while that goes on, or while its success is shown, does nothing.
    ///
    /// - Returns: The purchase; `nil` when there is none, and the notice board says why.
    @discardableResult
    public func buy(_ sku: String, quantity: Int = 1) -> Task<Purchase?, Never> {
        guard session.wallet != nil, begun.taps[sku] == nil, !granted.contains(sku) else { return Task { nil } }
        let tap = BegunTaps.Tap(quantity: quantity)
        guard begun.begin(sku, tap, telling: noticeBoard) else { return Task { nil } }
        return finish(sku, tap)
    }

    /// The mark on the item was seen.
    public func grantedShown(_ sku: String) {
        granted.remove(sku)
    }

    /// Asks again for what was begun before the app was killed.
    private func finishBegun() {
        granted = []
        for (sku, tap) in begun.taps {
            finish(sku, tap)
        }
    }

    @discardableResult
    private func finish(_ sku: String, _ tap: BegunTaps.Tap) -> Task<Purchase?, Never> {
        tasks.start { [weak self] in await self?.ask(sku, tap) }
    }

    private func ask(_ sku: String, _ tap: BegunTaps.Tap) async -> Purchase? {
        guard let wallet = session.wallet else { return nil }
        do throws(WalletError) {
            let purchase = try await wallet.buy(sku, quantity: tap.quantity, idempotencyKey: tap.key)
            begun.end(sku)
            granted.insert(sku)
            return purchase
        } catch {
            // Closed in the middle: it is asked for again once the wallet is open.
            guard error.reason != .closed else { return nil }
            begun.end(sku)
            noticeBoard.show(error.notice)
            if case .approvalRequired = error.reason {
                for act in whenAsked {
                    act()
                }
            }
            return nil
        }
    }
}

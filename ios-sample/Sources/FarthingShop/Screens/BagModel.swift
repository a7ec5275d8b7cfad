import Farthing
import Foundation
import Observation

/// A thing in the bag.
public struct BagItem: Hashable, Sendable, Identifiable {
    /// What it is.
    public var name: ItemName

    /// How many there are.
    public var quantity: Int

    /// Whether it stays for ever instead of being used up.
    public var isDurable: Bool

    /// Whether it is being used right now.
    public var isUsing: Bool

    /// A thing, for previews.
    public init(name: ItemName, quantity: Int, isDurable: Bool = false, isUsing: Bool = false) {
        self.name = name
        self.quantity = quantity
        self.isDurable = isDurable
        self.isUsing = isUsing
    }

    /// The SKU.
    public var id: String { name.sku }

    /// Whether the button can be tapped.
    public var canBeUsed: Bool { !isDurable && !isUsing }

    /// How many, or that it stays.
    public var quantityWords: Notice {
        isDurable ? Notice(.yoursForEver) : Notice(.ownedCount, .number(quantity))
    }
}

/// The bag. Each tap on "use" has a name (operation) of its own, which is used up exactly once.
@MainActor @Observable public final class BagModel {
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

    /// What the bag holds: things to use first, then things that stay, each in the catalog's order. `nil` while it
    /// is not known.
    public var items: [BagItem]? {
        guard let contents = session.contents else { return nil }
        let order = contents.catalog?.items.map(\.sku) ?? []
        let items = contents.inventory.map { sku, quantity in
            BagItem(
                name: ItemName(sku, in: contents.catalog),
                quantity: quantity,
                isDurable: contents.catalog?[sku]?.kind == .durable,
                isUsing: begun.taps[sku] != nil
            )
        }
        func place(_ item: BagItem) -> (Int, Int, String) {
            (item.isDurable ? 1 : 0, order.firstIndex(of: item.id) ?? order.count, item.id)
        }
        return items.sorted { place($0) < place($1) }
    }

    /// Uses up an item: one, unless told otherwise.
    ///
    /// - Returns: How many are left; `nil` when none was used, and the notice board says why.
    @discardableResult
    public func use(_ sku: String, quantity: Int = 1) -> Task<Int?, Never> {
        guard session.wallet != nil, begun.taps[sku] == nil else { return Task { nil } }
        let tap = BegunTaps.Tap(quantity: quantity)
        guard begun.begin(sku, tap, telling: noticeBoard) else { return Task { nil } }
        return finish(sku, tap)
    }

    private func finishBegun() {
        for (sku, tap) in begun.taps {
            finish(sku, tap)
        }
    }

    @discardableResult
    private func finish(_ sku: String, _ tap: BegunTaps.Tap) -> Task<Int?, Never> {
        tasks.start { [weak self] in await self?.ask(sku, tap) }
    }

    private func ask(_ sku: String, _ tap: BegunTaps.Tap) async -> Int? {
        guard let wallet = session.wallet else { return nil }
        var left: Int?
        do throws(WalletError) {
            left = try await wallet.consume(sku, quantity: tap.quantity, operation: tap.key)
            noticeBoard.show(Notice(.used))
        } catch {
            // Closed in the middle: it is asked for again once the wallet is open.
            guard error.reason != .closed else { return nil }
            noticeBoard.show(error.notice)
        }
        begun.end(sku)
        session.refresh()
        return left
    }
}

import Farthing
import Foundation
import Observation

/// What is to be seen of the store.
public enum PackShelf: Hashable, Sendable {
    /// It is not known yet.
    case loading
    /// No store is here.
    case noStore
    /// The store can't be reached.
    case unreachable
    /// What it sells, and whether nobody pays there.
    case open([Pack], isStandIn: Bool)
}

/// Packs of balance from an app store. What was bought and is not credited yet is handed over again at each start, when
/// the place is opened, and once the gateway can be reached again.
@MainActor @Observable public final class PacksModel {
    /// What the store sells.
    public private(set) var shelf = PackShelf.loading

    /// Whether one is being bought right now.
    public private(set) var isBusy = false

    /// How many were bought and are not credited yet, as far as is known.
    public var waiting: Int { unanswered.count }

    private let session: WalletSession
    private let noticeBoard: NoticeBoard
    private let storeOf: @MainActor (ShopSettings) -> (any PackStore)?
    let tasks = OwnedTasks()
    private var store: (any PackStore)?
    private var unanswered: Set<BoughtPack.ID> = []
    /// Whether the gateway has credited it, or said that it never will.
    @ObservationIgnored private var answers: [BoughtPack.ID: Bool] = [:]
    /// Whether the store may have something that nobody could ask it for.
    @ObservationIgnored private var isUnsure = false
    @ObservationIgnored private var handingOver: Task<Void, Never>?

    init(
        session: WalletSession,
        noticeBoard: NoticeBoard,
        store: @escaping @MainActor (ShopSettings) -> (any PackStore)?
    ) {
        self.session = session
        self.noticeBoard = noticeBoard
        storeOf = store
        session.whenOpened { [weak self] in self?.opened() }
        session.whenSynced { [weak self] in self?.synced() }
    }

    /// Looks what the store sells: each time that the place is opened.
    @discardableResult
    public func load() -> Task<Void, Never> {
        guard let store, let wallet = session.wallet else { return Task {} }
        return tasks.start { [weak self] in
            var shelf = PackShelf.unreachable
            if let packs = try? await store.packs() { shelf = .open(packs, isStandIn: store.isStandIn) }
            guard let self, session.wallet === wallet else { return }
            self.shelf = shelf
            await handOverAll().value
        }
    }

    /// Buys a pack, and hands it over. A second tap while that goes on does nothing.
    ///
    /// - Returns: Whether it is in the balance; the notice board says what became of it.
    @discardableResult
    public func buy(_ pack: Pack) -> Task<Bool, Never> {
        guard !isBusy, let store, let wallet = session.wallet else { return Task { false } }
        isBusy = true
        return tasks.start { [weak self] in
            defer {
                self?.isBusy = false
                self?.session.refresh()
            }
            return await self?.buy(pack, at: store, with: wallet) ?? false
        }
    }

    /// Hands over what the store calls unfinished, as often as you like. `App/ShopProcess.swift` does it when StoreKit
    /// tells of a transaction.
    @discardableResult
    public func handOverAll() -> Task<Void, Never> {
        guard let store, let wallet = session.wallet else { return Task {} }
        let task: Task<Void, Never> = tasks.start { [weak self] in
            guard let account = try? await wallet.account() else { return }
            let unfinished = try? await store.unfinished(of: account)
            self?.isUnsure = unfinished == nil
            for bought in unfinished ?? [] {
                await self?.handOver(bought, to: wallet, isNew: false)
            }
        }
        handingOver = task
        return task
    }

    /// Waits for what is being handed over.
    public func handedOver() async {
        await handingOver?.value
    }

    private func opened() {
        store = storeOf(session.settings)
        shelf = store == nil ? .noStore : .loading
        (unanswered, answers, isUnsure) = ([], [:], false)
        handOverAll()
    }

    private func synced() {
        if isUnsure || !unanswered.isEmpty { handOverAll() }
    }

    private func buy(_ pack: Pack, at store: any PackStore, with wallet: Wallet) async -> Bool {
        // Without the account's name, the store would sell it to nobody in particular.
        guard let account = try? await wallet.account() else {
            noticeBoard.show(Notice(.errorNotEnrolled))
            return false
        }
        do throws(PackStoreError) {
            switch try await store.buy(pack, for: account) {
            case .bought(let bought):
                guard session.wallet === wallet else {
                    // Killed meanwhile, and open again.
                    handOverAll()
                    return false
                }
                return await handOver(bought, to: wallet, isNew: true)
            case .pending: noticeBoard.show(Notice(.packPending, .money(pack.credit)))
            case .cancelled: break
            }
        } catch {
            isUnsure = true
            noticeBoard.show(error.notice)
        }
        return false
    }

    @discardableResult
    private func handOver(_ bought: BoughtPack, to wallet: Wallet, isNew: Bool) async -> Bool {
        guard answers[bought.id] != false else { return false }
        let answer: Result<StoreTopUp, WalletError>
        do throws(WalletError) {
            answer = .success(try await bought.credit(wallet))
        } catch {
            answer = .failure(error)
        }
        // Closed in the middle: it is handed over again once the wallet is open.
        guard session.wallet === wallet else { return false }
        // One that is credited is handed over again where the store could not be told.
        guard answers[bought.id] == nil else { return true }
        answers[bought.id] = answer.isCredited
        if answer.isCredited == nil { unanswered.insert(bought.id) } else { unanswered.remove(bought.id) }
        // Of what still waits, the player was told when they bought it.
        if isNew || answer.isCredited != nil { noticeBoard.show(answer.notice) }
        return answer.isCredited == true
    }
}

extension Result where Success == StoreTopUp, Failure == WalletError {
    /// Whether it is credited, or never will be; `nil` where that is still open.
    fileprivate var isCredited: Bool? {
        switch self {
        case .success(let topUp): return topUp.isCredited ? true : nil
        case .failure(let error):
            switch error.reason {
            case .storePurchaseTaken, .storePurchaseInvalid, .refused: return false
            default: return nil
            }
        }
    }

    /// What the player is told.
    fileprivate var notice: Notice {
        switch self {
        case .success(let topUp): return Notice(topUp.isCredited ? .packCredited : .packPending, .money(topUp.amount))
        case .failure(let error):
            switch error.reason {
            case .offline, .gatewayUnavailable: return Notice(.packKept)
            default: return error.notice
            }
        }
    }
}

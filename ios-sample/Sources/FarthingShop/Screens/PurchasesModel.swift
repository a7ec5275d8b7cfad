import Farthing
import Foundation
import Observation

/// What was bought, the newest first.
@MainActor @Observable public final class PurchasesModel {
    private let session: WalletSession
    private let noticeBoard: NoticeBoard
    private let refunding: Asking
    private var taxes: [PurchaseRow.ID: IncludedTax] = [:]
    let tasks = OwnedTasks()

    init(session: WalletSession, noticeBoard: NoticeBoard) {
        self.session = session
        self.noticeBoard = noticeBoard
        refunding = Asking(session: session, noticeBoard: noticeBoard)
    }

    var refundTasks: OwnedTasks { refunding.tasks }

    /// Whether a price is being asked back right now.
    public var isRefunding: Bool { refunding.isBusy }

    /// The purchases; `nil` while they are not known.
    public var rows: [PurchaseRow]? {
        guard let contents = session.contents else { return nil }
        return contents.purchases.map { PurchaseRow($0, in: contents, tax: taxes[$0.id]) }
    }

    /// A purchase of its name.
    public subscript(id: PurchaseRow.ID) -> PurchaseRow? {
        rows?.first { $0.id == id }
    }

    /// Gives back what is unused, or takes back a tip of a moment ago: its price is in the purse again. It needs a
    /// connection. An event tells of it, also where the answer was lost.
    ///
    /// - Returns: Whether it was given back. If not, the notice board says why.
    @discardableResult
    public func refund(_ id: PurchaseRow.ID) -> Task<Bool, Never> {
        refunding.ask { wallet throws(WalletError) in try await wallet.refund(id) }
    }

    /// Reads the tax of a purchase from its signed receipt, for ``rows``. Without a connection there is nothing to read,
    /// and nothing to tell: the rest of the receipt is shown all the same.
    @discardableResult
    public func readTax(_ id: PurchaseRow.ID) -> Task<Void, Never> {
        tasks.start { [weak self, session] in
            guard let self, let wallet = session.wallet, self[id]?.progress.hasReceipt == true, taxes[id] == nil,
                let receipt = try? await wallet.receipt(id)
            else { return }
            taxes[id] = IncludedTax(receipt: receipt)
        }
    }

    /// The signed receipt, to be shared.
    ///
    /// - Returns: A compact JWS; `nil` when it can't be had now, and the notice board says why.
    @discardableResult
    public func signedReceipt(_ id: PurchaseRow.ID) -> Task<String?, Never> {
        tasks.start { [session, noticeBoard] in
            guard let wallet = session.wallet else { return nil }
            do throws(WalletError) {
                return try await wallet.receipt(id)
            } catch {
                noticeBoard.show(error.notice)
                return nil
            }
        }
    }
}

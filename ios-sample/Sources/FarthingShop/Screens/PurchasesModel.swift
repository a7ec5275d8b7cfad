import Farthing
import Foundation
import Observation

/// One purchase, with its receipt.
public struct PurchaseRow: Hashable, Sendable, Identifiable {
    /// Its name, here and at the gateway.
    public var id: String

    /// What was bought.
    public var name: ItemName

    /// How many.
    public var quantity: Int

    /// The price of all.
    public var total: Money

    /// When.
    public var purchasedAt: Date

    /// How far it is.
    public var progress: Progress

    /// A purchase, for previews.
    public init(id: String, name: ItemName, quantity: Int, total: Money, purchasedAt: Date, progress: Progress) {
        self.id = id
        self.name = name
        self.quantity = quantity
        self.total = total
        self.purchasedAt = purchasedAt
        self.progress = progress
    }

    init(_ purchase: Purchase, in catalog: Catalog?) {
        self.init(
            id: purchase.id,
            name: ItemName(purchase.sku, in: catalog),
            quantity: purchase.quantity,
            total: purchase.total,
            purchasedAt: purchase.purchasedAt,
            progress: Progress(purchase.state)
        )
    }

    /// How far a purchase is.
    public enum Progress: Hashable, Sendable {
        /// It is the player's, and waits for settlement.
        case waiting
        /// Settled: who got what, and when.
        case settled([Share], at: Date)
        /// Refunded: what the player is told.
        case refunded(Notice)
        /// Taken back: what the player is told.
        case takenBack(Notice)

        init(_ state: PurchaseState) {
            switch state {
            case .granted, .settling: self = .waiting
            case .settled(let split, let date):
                let shares = [
                    Share(of: .developer, amount: split.developer),
                    Share(of: .platform, amount: split.platform),
                    Share(of: .processor, amount: split.processor),
                ]
                self = .settled(shares, at: date)
            case .refunded(let amount, _, _, _, _): self = .refunded(Notice(.receiptRefunded, .money(amount)))
            case .rejected(let reason): self = .takenBack(reason.notice)
            }
        }

        /// One word for it.
        public var word: ShopText {
            switch self {
            case .waiting: .stateWaiting
            case .settled: .stateSettled
            case .refunded: .stateRefunded
            case .takenBack: .stateRejected
            }
        }
    }

    /// Who gets a part of the price.
    public enum Party: Hashable, Sendable, CaseIterable {
        /// The studio.
        case developer
        /// The platform.
        case platform
        /// The card charge.
        case processor

        /// What they are called.
        public var word: ShopText {
            switch self {
            case .developer: .splitDeveloper
            case .platform: .splitPlatform
            case .processor: .splitProcessor
            }
        }
    }

    /// A part of the price.
    public struct Share: Hashable, Sendable, Identifiable {
        /// Whose.
        public var party: Party

        /// How much, exact.
        public var amount: Money

        /// A part, for previews.
        public init(of party: Party, amount: Money) {
            self.party = party
            self.amount = amount
        }

        /// Whose.
        public var id: Party { party }
    }

    /// `2 × Hint`.
    public var heading: Notice { Notice(.receiptQuantity, .number(quantity), .item(name)) }
}

/// What was bought, the newest first.
@MainActor @Observable public final class PurchasesModel {
    private let session: WalletSession
    private let noticeBoard: NoticeBoard
    let tasks = OwnedTasks()

    init(session: WalletSession, noticeBoard: NoticeBoard) {
        self.session = session
        self.noticeBoard = noticeBoard
    }

    /// The purchases; `nil` while they are not known.
    public var rows: [PurchaseRow]? {
        guard let contents = session.contents else { return nil }
        return contents.purchases.map { PurchaseRow($0, in: contents.catalog) }
    }

    /// A purchase of its name.
    public subscript(id: PurchaseRow.ID) -> PurchaseRow? {
        rows?.first { $0.id == id }
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

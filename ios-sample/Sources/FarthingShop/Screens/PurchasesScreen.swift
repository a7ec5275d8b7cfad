import Farthing
import Foundation

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

    /// Of a tip: what was said with it, if anything; `nil` for what was bought or used.
    public var tip: GivenTip?

    /// The tax in the price; `nil` where there is none, or the receipt was not read yet.
    public var tax: IncludedTax?

    /// Whether the player may ask for its price back. The gateway decides.
    public var canBeRefunded: Bool

    /// Whether it was bought on another device of the player.
    public var isFromAnotherDevice: Bool

    /// A purchase, for previews.
    public init(
        id: String,
        name: ItemName,
        quantity: Int,
        total: Money,
        purchasedAt: Date,
        progress: Progress,
        tip: GivenTip? = nil,
        tax: IncludedTax? = nil,
        canBeRefunded: Bool = false,
        isFromAnotherDevice: Bool = false
    ) {
        self.id = id
        self.name = name
        self.quantity = quantity
        self.total = total
        self.purchasedAt = purchasedAt
        self.progress = progress
        self.tip = tip
        self.tax = tax
        self.canBeRefunded = canBeRefunded
        self.isFromAnotherDevice = isFromAnotherDevice
    }

    init(_ purchase: Purchase, in contents: WalletContents, tax: IncludedTax? = nil) {
        let creator = contents.creators.first { $0.id == purchase.tip?.creator }?.name ?? purchase.tip?.creator
        let item = contents.catalog?[purchase.sku]
        let progress = Progress(purchase.state, of: purchase.kind)
        // What was used is used, and a pack is the merchant's to give back. What is on another device is given back there.
        let isThePlayers = purchase.kind != .usage && item?.kind != .currencyPack && !purchase.isFromAnotherDevice
        self.init(
            id: purchase.id,
            name: creator.map { ItemName(sku: purchase.sku, catalogTitle: $0) }
                ?? ItemName(purchase.sku, in: contents.catalog),
            quantity: purchase.quantity,
            total: purchase.total,
            purchasedAt: purchase.purchasedAt,
            progress: progress,
            tip: purchase.tip.map { GivenTip(message: $0.message) },
            tax: tax,
            canBeRefunded: isThePlayers && progress.isSettled,
            isFromAnotherDevice: purchase.isFromAnotherDevice
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

        init(_ state: PurchaseState, of kind: PurchaseKind) {
            switch state {
            case .granted, .settling: self = .waiting
            case .settled(let split, let date):
                let shares = [
                    Share(of: kind == .tip ? .creator : .developer, amount: split.developer),
                    Share(of: .platform, amount: split.platform),
                    Share(of: .processor, amount: split.processor),
                ]
                self = .settled(shares, at: date)
            case .refunded(let amount, _, _, _, _): self = .refunded(Notice(.receiptRefunded, .money(amount)))
            case .rejected(let reason): self = .takenBack(reason.notice)
            }
        }

        /// Whether it is settled, and nothing of its price went back.
        var isSettled: Bool {
            if case .settled = self { true } else { false }
        }

        /// Whether the gateway has a receipt of it.
        var hasReceipt: Bool {
            switch self {
            case .settled, .refunded: true
            case .waiting, .takenBack: false
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
        /// Who was tipped.
        case creator
        /// The platform.
        case platform
        /// The card charge.
        case processor

        /// What they are called.
        public var word: ShopText {
            switch self {
            case .developer: .splitDeveloper
            case .creator: .splitCreator
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

    /// What was said with a tip.
    public struct GivenTip: Hashable, Sendable {
        /// It is personal; `nil` where nothing was said.
        public var message: String?

        /// A tip, for previews.
        public init(message: String? = nil) {
            self.message = message
        }

        /// It, in quotation marks.
        public var words: Notice? { message.map { Notice(.tipSaid, .text($0)) } }
    }

    /// `2 × Hint`, or `Tip to Ana`.
    public var heading: Notice {
        tip == nil ? Notice(.receiptQuantity, .number(quantity), .item(name)) : Notice(.tipTo, .item(name))
    }

    /// What the button that gives it back says to VoiceOver.
    public var refundWords: Notice { Notice(.refundNamed, .notice(heading), .money(total)) }

    /// What is said beside that button.
    public var refundHint: ShopText { tip == nil ? .refundText : .tipRefundText }
}

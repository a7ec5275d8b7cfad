import Farthing
import Foundation

/// The whole shop: one wallet, and a model for each screen.
///
/// Make one for the process, ``start()`` it, and ``end()`` it when the process is to end in order. After a kill
/// nothing is lost either.
@MainActor public final class EmberdeepShop {
    /// The wallet.
    public let session: WalletSession

    /// What the player is told.
    public let noticeBoard = NoticeBoard()

    /// The shelves.
    public let shop: ShopModel

    /// What the player owns.
    public let bag: BagModel

    /// What was bought.
    public let purchases: PurchasesModel

    /// Cards and topping up.
    public let cards: CardsModel

    /// What the player has for a time.
    public let passes: PassesModel

    /// Tips to creators.
    public let tips: TipsModel

    /// The player's tab.
    public let tab: TabModel

    /// Packs of balance from an app store.
    public let packs: PacksModel

    /// Automatic top-ups.
    public let autoTopUp: AutoTopUpModel

    /// What is paid by use.
    public let meter: MeterModel

    /// What limits the player's spending, and what a guardian was asked.
    public let limits: LimitsModel

    /// The testers' drawer.
    public let tools: ToolsModel

    /// A shop that is not open yet.
    ///
    /// - Parameters:
    ///   - folder: Where the shop keeps its settings, and what was begun; not the wallet's own folder.
    ///   - store: Where packs of balance are sold, by settings; the stand-in that they name unless told.
    ///   - place: Where the wallet is. A game has one wallet; a tester may have one for each gateway.
    public init(
        folder: URL,
        store: @escaping @MainActor (ShopSettings) -> (any PackStore)? = { StandInStore($0) },
        place: @escaping @MainActor (ShopSettings) -> WalletPlace
    ) {
        func file(_ name: String) -> URL { folder.appending(path: name) }
        session = WalletSession(
            settingsFile: KeptFile(file: file("settings.json")),
            noticeBoard: noticeBoard,
            place: place
        )
        shop = ShopModel(
            session: session,
            noticeBoard: noticeBoard,
            begun: BegunTaps(file: KeptFile(file: file("buying.json")))
        )
        bag = BagModel(
            session: session,
            noticeBoard: noticeBoard,
            begun: BegunTaps(file: KeptFile(file: file("using.json")))
        )
        purchases = PurchasesModel(session: session, noticeBoard: noticeBoard)
        cards = CardsModel(session: session, noticeBoard: noticeBoard)
        passes = PassesModel(session: session, noticeBoard: noticeBoard)
        tips = TipsModel(
            session: session,
            noticeBoard: noticeBoard,
            begun: BegunTaps(file: KeptFile(file: file("tipping.json")))
        )
        tab = TabModel(session: session, noticeBoard: noticeBoard, cards: cards)
        packs = PacksModel(session: session, noticeBoard: noticeBoard, store: store)
        autoTopUp = AutoTopUpModel(session: session, noticeBoard: noticeBoard, cards: cards)
        meter = MeterModel(session: session, noticeBoard: noticeBoard)
        limits = LimitsModel(session: session, noticeBoard: noticeBoard)
        tools = ToolsModel(session: session, noticeBoard: noticeBoard)
        shop.whenAsked { [weak limits] in limits?.load() }
    }

    /// Begins to open the wallet; the task ends once it is open, or can't be opened.
    ///
    /// - Parameter settings: Those to go by from now on; the ones of last time unless told.
    @discardableResult
    public func start(with settings: ShopSettings? = nil) -> Task<Void, Never> {
        if let settings, settings != session.settings {
            session.change(settings)
        } else {
            session.reopening()
        }
    }

    /// Ends all that the models do, and closes the wallet.
    public func end() async {
        let tasks = [
            shop.tasks, bag.tasks, purchases.tasks, purchases.refundTasks, cards.tasks, passes.tasks, tips.tasks,
            tab.tasks, packs.tasks, autoTopUp.tasks, meter.tasks, limits.tasks, tools.tasks,
        ]
        for owned in tasks {
            owned.cancel()
        }
        await session.close()
        for owned in tasks {
            await owned.finish()
        }
    }
}

import Foundation
import Testing

import Farthing
@testable import FarthingShop

/// Packs of balance from an app store: the stand-in for it, and a gateway that credits what it sells.
@MainActor @Suite(.timeLimit(.minutes(1))) struct PacksTests {
    let player: Player

    init() throws {
        player = try Player()
    }

    private var packs: PacksModel { player.shop.packs }

    /// What the player finds when they open the place.
    private func open() async throws -> [Pack] {
        await packs.load().value
        guard case .open(let shelf, let isStandIn) = packs.shelf else { throw PackStoreError("\(packs.shelf)") }
        #expect(isStandIn)
        return shelf
    }

    private func unfinished() async throws -> Int {
        let account = try #require(try await player.shop.session.wallet?.account())
        let stores = try #require(player.stores)
        return try await StandInStore(address: stores.address.absoluteString).unfinished(of: account).count
    }

    @Test func aPackIsBoughtOnceWhateverIsTappedAndSpentWithoutAConnection() async throws {
        try await player.enterShopWithStore()
        let shelf = try await open()
        let (five, ten, twenty, price) = (try usd("5"), try usd("10"), try usd("20"), try usd("4.99"))
        #expect(shelf.map(\.credit) == [five, ten, twenty])
        #expect(shelf[0].price == .money(price))
        let taps = [packs.buy(shelf[0]), packs.buy(shelf[0])]
        #expect(packs.isBusy)
        #expect(await taps[0].value, "\(player.told)")
        #expect(await taps[1].value == false)
        await player.until { player.total == five && !packs.isBusy }
        #expect(player.shop.noticeBoard.takeAll() == [Notice(.packCredited, .money(five))])
        #expect(packs.waiting == 0)
        #expect(try await unfinished() == 0)
        player.shop.session.setOffline(true)
        await player.buy("golden_key")
        let left = try usd("4.01")
        await player.until { player.total == left }
        await player.shop.end()
    }

    @Test func whatWasBoughtBeforeAKillIsCreditedOnceAtTheNextStart() async throws {
        let (sold, selling) = AsyncStream.makeStream(of: Void.self)
        try await player.enterShopWithStore { StoreThatKeepsItsAnswer(store: $0, selling: selling) }
        let shelf = try await open()
        let buying = packs.buy(shelf[1])
        for await _ in sold {}
        #expect(try await unfinished() == 1)
        player.useStore { $0 }
        await player.startAgain()
        #expect(await buying.value == false)
        let ten = try usd("10")
        await player.until { player.total == ten && player.hasRead(.packCredited) }
        await packs.handedOver()
        #expect(try await unfinished() == 0)
        await player.startAgain()
        await packs.handedOver()
        _ = try await open()
        #expect(await player.shop.tools.sync().value != nil)
        await player.shop.session.refreshed()
        #expect(player.total == ten && !player.hasRead(.packCredited))
        await player.shop.end()
    }

    @Test func whatWasBoughtWithoutAConnectionIsKeptAndCreditedOnceThereIsOne() async throws {
        try await player.enterShopWithStore()
        let shelf = try await open()
        player.shop.session.setOffline(true)
        #expect(await packs.buy(shelf[0]).value == false)
        #expect(player.shop.noticeBoard.takeAll() == [Notice(.packKept)])
        #expect(packs.waiting == 1)
        // Neither a restart nor looking at it again loses it, or tells of it again.
        await player.gateway.stop()
        await player.startAgain()
        await packs.handedOver()
        _ = try await open()
        #expect(packs.waiting == 1 && player.total?.isZero == true)
        #expect(!player.hasRead(.packKept) && !player.hasRead(.packCredited))
        try await player.gateway.restart()
        #expect(await player.shop.tools.sync().value != nil, "\(player.told)")
        let five = try usd("5")
        await player.until { player.total == five && packs.waiting == 0 && player.hasRead(.packCredited) }
        await packs.handedOver()
        #expect(try await unfinished() == 0)
        #expect(player.shop.noticeBoard.posted.count { $0.notice.text == .packCredited } == 1)
        await player.shop.end()
    }

    @Test func airplaneModeOffCreditsWhatWaits() async throws {
        try await player.enterShopWithStore()
        let shelf = try await open()
        player.shop.session.setOffline(true)
        #expect(await packs.buy(shelf[2]).value == false)
        player.shop.session.setOffline(false)
        #expect(await player.shop.tools.sync().value != nil)
        let twenty = try usd("20")
        await player.until { player.total == twenty && packs.waiting == 0 && player.hasRead(.packCredited) }
        await player.shop.end()
    }

    @Test func aStoreThatCantBeReachedIsToldAndThePlayerMayTryAgain() async throws {
        try await player.enterShopWithStore()
        let shelf = try await open()
        player.stores?.stop()
        #expect(await packs.buy(shelf[0]).value == false)
        #expect(player.shop.noticeBoard.takeAll() == [Notice(.packsUnreachable)])
        #expect(Notice(.packsUnreachable).isProblem)
        await packs.load().value
        #expect(packs.shelf == .unreachable && packs.waiting == 0 && !packs.isBusy)
        await player.startAgain()
        await packs.load().value
        #expect(packs.shelf == .unreachable && player.shop.noticeBoard.posted.isEmpty)
        await player.shop.end()
    }

    @Test func anAnswerThatIsLostLosesNoPack() async throws {
        try await player.enterShopWithStore { StoreThatLosesItsAnswer(store: $0) }
        let shelf = try await open()
        #expect(await packs.buy(shelf[0]).value == false)
        #expect(player.shop.noticeBoard.takeAll() == [Notice(.packsUnreachable)])
        #expect(await player.shop.tools.sync().value != nil, "\(player.told)")
        let five = try usd("5")
        await player.until { player.total == five && player.hasRead(.packCredited) }
        await packs.handedOver()
        #expect(try await unfinished() == 0)
        await player.shop.end()
    }

    @Test func whereNoStoreIsNamedThePlaceSaysSo() async throws {
        await player.enterShop()
        await packs.load().value
        #expect(packs.shelf == .noStore)
        let five = Pack(id: "balance_5", credit: try usd("5"), price: .text("$4.99"))
        #expect(await packs.buy(five).value == false)
        #expect(player.shop.noticeBoard.posted.isEmpty)
        await player.shop.end()
    }

    @Test func whatBelongsToAnotherPlayerIsToldOnce() async throws {
        let other = UUID().uuidString.lowercased()
        try await player.enterShopWithStore { StoreOfAnotherAccount(store: $0, account: other) }
        let shelf = try await open()
        #expect(await packs.buy(shelf[0]).value == false)
        await packs.load().value
        #expect(player.shop.noticeBoard.takeAll() == [Notice(.errorStorePurchaseTaken)])
        await player.shop.session.refreshed()
        #expect(packs.waiting == 0 && player.total?.isZero == true)
        await player.shop.end()
    }

    @Test func aPurchaseThatAParentHasToApproveIsPending() async throws {
        try await player.enterShopWithStore { StoreThatWaits(store: $0) }
        let shelf = try await open()
        #expect(await packs.buy(shelf[0]).value == false)
        #expect(player.shop.noticeBoard.takeAll() == [Notice(.packPending, .money(shelf[0].credit))])
        await player.shop.end()
    }

    @Test func settingsOfBeforeThereWereStoresAreRead() throws {
        let kept = #"{"gateway": "http://one", "publishableKey": "pk", "rootKey": "", "clockSkewHours": 0}"#
        let settings = try JSONDecoder().decode(ShopSettings.self, from: Data(kept.utf8))
        #expect(settings == ShopSettings(gateway: "http://one", publishableKey: "pk"))
        let named = ShopSettings(gateway: "http://one", publishableKey: "pk", stores: "http://two")
        #expect(try JSONDecoder().decode(ShopSettings.self, from: JSONEncoder().encode(named)) == named)
    }
}

/// Sells, and then says nothing until the app is killed.
private struct StoreThatKeepsItsAnswer: PackStore {
    let store: StandInStore
    let selling: AsyncStream<Void>.Continuation
    var isStandIn: Bool { true }

    func packs() async throws(PackStoreError) -> [Pack] { try await store.packs() }
    func unfinished(of account: String) async throws(PackStoreError) -> [BoughtPack] { [] }

    func buy(_ pack: Pack, for account: String) async throws(PackStoreError) -> PackSale {
        _ = try await store.buy(pack, for: account)
        selling.finish()
        for await _ in AsyncStream(Never.self, { _ in }) {}
        throw PackStoreError("killed")
    }
}

/// Sells, and its answer is lost.
private struct StoreThatLosesItsAnswer: PackStore {
    let store: StandInStore
    var isStandIn: Bool { true }

    func packs() async throws(PackStoreError) -> [Pack] { try await store.packs() }
    func unfinished(of account: String) async throws(PackStoreError) -> [BoughtPack] {
        try await store.unfinished(of: account)
    }
    func buy(_ pack: Pack, for account: String) async throws(PackStoreError) -> PackSale {
        _ = try await store.buy(pack, for: account)
        throw PackStoreError("lost")
    }
}

/// Sells to someone else.
private struct StoreOfAnotherAccount: PackStore {
    let store: StandInStore
    let account: String
    var isStandIn: Bool { true }

    func packs() async throws(PackStoreError) -> [Pack] { try await store.packs() }
    func unfinished(of _: String) async throws(PackStoreError) -> [BoughtPack] {
        try await store.unfinished(of: account)
    }
    func buy(_ pack: Pack, for _: String) async throws(PackStoreError) -> PackSale {
        try await store.buy(pack, for: account)
    }
}

/// Waits for a parent.
private struct StoreThatWaits: PackStore {
    let store: StandInStore
    var isStandIn: Bool { true }

    func packs() async throws(PackStoreError) -> [Pack] { try await store.packs() }
    func unfinished(of account: String) async throws(PackStoreError) -> [BoughtPack] { [] }
    func buy(_ pack: Pack, for account: String) async throws(PackStoreError) -> PackSale { .pending }
}

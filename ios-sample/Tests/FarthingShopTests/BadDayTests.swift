import Foundation
import Testing

import Farthing
@testable import FarthingShop

/// Kills, lost keys, damaged files, wrong addresses, and the testers' drawer.
@MainActor @Suite(.timeLimit(.minutes(1))) struct BadDayTests {
    let player: Player

    init() throws {
        player = try Player()
    }

    @Test func theFirstStartAsksForAGateway() async {
        await player.shop.start().value
        #expect(player.shop.session.state == .setupNeeded)
        #expect(player.shop.shop.screen == .loading)
        var settings = player.settings
        settings.publishableKey = "  \(settings.publishableKey)\n"
        await player.shop.tools.change(settings).value
        await player.until { player.shelves != nil }
        // It is asked for once.
        await player.startAgain()
        settings = player.settings
        settings.enrolledDevice = player.shop.tools.settings.enrolledDevice
        #expect(player.shop.session.settings == settings)
        await player.until { player.shelves != nil }
        await player.shop.end()
    }

    @Test func aGatewayThatWasNeverReachedIsTold() async {
        var settings = player.settings
        // Nobody listens there, and no other test's gateway ever does.
        settings.gateway = "http://127.0.0.1:1"
        await player.shop.start(with: settings).value
        await player.until { player.shop.shop.screen == .unreachable(Notice(.errorOffline)) }
        #expect(await player.shop.cards.add(TestCards.good).value == false)
        #expect(await player.shop.tools.order(.drop).value == false)
        #expect(player.shop.tools.deviceWords == Notice(.toolsDeviceNone))
        await player.shop.end()
    }

    @Test func anAddressThatCantBeUsedIsTold() async {
        await player.enterShop()
        var settings = player.settings
        settings.gateway = "http://pay.example"
        await player.shop.tools.change(settings).value
        guard case .failed(let why) = player.shop.session.state else {
            Issue.record("\(player.shop.session.state)")
            return
        }
        #expect(why.text == .errorInvalidArgument && why.arguments.first == .text("gateway"))
        #expect(player.shop.session.contents == nil)
        await player.shop.tools.change(player.settings).value
        await player.until { player.shelves != nil }
        await player.shop.end()
    }

    @Test func aKillInThePurchaseBuysOnce() async throws {
        try await player.enterWithMoney()
        player.shop.session.setOffline(true)
        for _ in 0..<5 {
            let before = player.owned("hint")
            let buying = player.shop.shop.buy("hint")
            await player.startAgain()
            _ = await buying.value
            player.shop.session.setOffline(true)
            await player.until { player.owned("hint") == before + 1 && player.purchases.count == before + 1 }
            await player.until { player.shelves?.items.first { $0.id == "hint" }?.isBuying == false }
            player.shop.shop.grantedShown("hint")
        }
        await player.shop.end()
    }

    @Test func aTapOfBeforeAKillIsFinishedAtTheNextStart() async throws {
        try await player.enterWithMoney()
        await player.shop.end()
        // As the kill left it: the key is on disk, and nobody knows whether the wallet heard of it.
        let file = KeptFile<[String: BegunTaps.Tap]>(file: player.root.appending(path: "shop/buying.json"))
        try file.save(["hint": BegunTaps.Tap(key: "tap-1", quantity: 2)])
        await player.startAgain()
        await player.until { player.owned("hint") == 2 }
        try file.save(["hint": BegunTaps.Tap(key: "tap-1", quantity: 2)])
        await player.startAgain()
        await player.until { player.shelves?.items.first { $0.id == "hint" }?.isGranted == true }
        #expect(player.owned("hint") == 2 && player.purchases.count == 1)
        #expect(file.load() == [:])
        await player.shop.end()
    }

    @Test func testersKillTheAppAndSetItsClock() async throws {
        try await player.enterWithMoney()
        player.shop.session.setOffline(true)
        await player.buy("hint")
        await player.shop.tools.kill().value
        #expect(player.shop.session.state == .open && !player.shop.session.isOffline)
        await player.until { player.owned("hint") == 1 }
        // While the gateway is there, its time is the better one.
        await player.gateway.stop()
        await player.shop.tools.skewClock(hours: 24).value
        #expect(player.shop.tools.clockWords == Notice(.toolsClock, .text("+24")))
        await player.until { player.shelves != nil }
        await player.buy("hint")
        let ahead = try #require(player.purchases.first?.purchasedAt)
        #expect(ahead.timeIntervalSinceNow > 23 * 3_600)
        await player.startAgain()
        #expect(player.shop.session.settings.clockSkewHours == 24)
        await player.shop.tools.skewClock(hours: -400 * 24).value
        #expect(player.shop.tools.clockWords == Notice(.toolsClock, .text("−9600")))
        await player.until { player.shelves != nil }
        await player.shop.end()
    }

    @Test func aClockFarAheadOutlivesThePrices() async throws {
        try await player.enterWithMoney()
        player.shop.session.setOffline(true)
        await player.gateway.stop()
        await player.shop.tools.skewClock(hours: 400 * 24).value
        await player.until { player.shelves != nil }
        #expect(await player.shop.shop.buy("hint").value == nil)
        let told = player.shop.noticeBoard.takeAll().map(\.text)
        #expect(told.contains(.errorAllowanceExpired) || told.contains(.errorCatalogExpired))
        await player.shop.end()
    }

    @Test func eachFaultIsOrderedAndLifted() async throws {
        try await player.enterWithMoney()
        for fault in Fault.allCases {
            await player.order(fault)
        }
        #expect(await player.shop.tools.sync().value == nil)
        #expect(player.hasRead(.errorDeviceFrozen))
        await player.order(.none)
        await player.until { player.shop.tools.fault == .none }
        #expect(await player.shop.tools.sync().value != nil)
        await player.buy("hint")
        await player.order(.decline)
        #expect(await player.shop.cards.topUp(CardsModel.firstAmounts[0]).value == false)
        await player.until { player.hasRead(.declinedInsufficientFunds) }
        await player.shop.end()
    }

    @Test func afterTheKeysWereLostTheShopSaysSoAndAResetBeginsANewWallet() async throws {
        try await player.enterWithMoney()
        await player.shop.end()
        try FileManager.default.removeItem(at: player.keys)
        await player.startAgain()
        #expect(player.shop.session.state == .failed(Notice(.errorKeyLost)))
        await player.shop.tools.erase().value
        #expect(player.shop.session.state == .open)
        await player.until { player.shelves != nil }
        #expect(player.total?.isZero == true)
        await player.shop.end()
    }

    @Test func aDamagedDatabaseIsSetAsideAndTheShopGoesOn() async throws {
        try await player.enterWithMoney()
        await player.shop.session.close()
        let folder = player.root.appending(path: "wallet")
        let database = folder.appending(path: "wallet.db")
        var bytes = try Data(contentsOf: database)
        bytes.replaceSubrange(0..<min(4_096, bytes.count), with: repeatElement(0x5A, count: min(4_096, bytes.count)))
        try bytes.write(to: database)
        await player.shop.session.reopen()
        await player.until { player.shelves != nil }
        #expect(try Data(contentsOf: folder.appending(path: "wallet.db.1")) == bytes)
        await player.shop.end()
    }

    @Test func aFolderThatIsAFileIsTold() async throws {
        try Data().write(to: player.root.appending(path: "wallet"))
        await player.shop.start(with: player.settings).value
        #expect(player.shop.session.state == .failed(Notice(.errorStorageUnavailable)))
        await player.shop.end()
    }

    @Test func aWalletThatIsOpenElsewhereIsTold() async throws {
        await player.enterShop()
        let place = WalletPlace(
            folder: player.root.appending(path: "wallet"),
            keyStore: SoftwareKeyStore(file: player.keys)
        )
        let other = EmberdeepShop(folder: player.root.appending(path: "shop")) { _ in place }
        await other.start().value
        #expect(other.session.state == .failed(Notice(.errorAlreadyOpen)))
        await other.end()
        await player.shop.end()
    }

    @Test func aResetDeletesAllAndBeginsAnew() async throws {
        try await player.enterWithMoney()
        player.shop.session.setOffline(true)
        await player.buy("hint")
        let device = player.shop.tools.device
        await player.shop.tools.erase().value
        await player.until { player.shelves != nil && player.shop.tools.device != nil }
        #expect(player.total?.isZero == true && player.owned("hint") == 0)
        #expect(player.shop.tools.device != device)
        await player.shop.end()
    }

    @Test func aShopThatEndedIsGoneAndDoesNothingAnyMore() async throws {
        try await player.enterWithMoney()
        await player.shop.end()
        #expect(await player.shop.shop.buy("hint").value == nil)
        #expect(await player.shop.tools.sync().value == nil)
        weak var session = player.shop.session
        weak var shelves = player.shop.shop
        await player.startAgain()
        #expect(session == nil && shelves == nil)
        await player.shop.end()
    }
}

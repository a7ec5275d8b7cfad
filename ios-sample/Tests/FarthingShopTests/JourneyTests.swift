import Foundation
import Testing

import Farthing
@testable import FarthingShop

/// What a player does, on the models of the screens, against a real gateway.
@MainActor @Suite(.timeLimit(.minutes(1))) struct JourneyTests {
    let player: Player

    init() throws {
        player = try Player()
    }

    @Test func aPlayerTopsUpBuysUsesAndHasAReceipt() async throws {
        try await player.enterWithMoney()
        await player.buy("extra_life")
        #expect(await player.shop.bag.use("extra_life").value == 0)
        await player.until { player.owned("extra_life") == 0 }
        #expect(player.hasRead(.used))
        await player.until { player.areAllSettled }
        let row = try #require(player.purchases.first)
        guard case .settled(let shares, _) = row.progress else { return }
        #expect(shares.map(\.party) == [.developer, .platform, .processor])
        #expect(shares.reduce(0) { $0 + $1.amount.micros } == row.total.micros)
        let receipt = try #require(await player.shop.purchases.signedReceipt(row.id).value)
        #expect(receipt.split(separator: ".").count == 3)
        await player.shop.end()
    }

    @Test func theMarkOfAPurchaseStaysUntilItWasSeenAndASecondTapBuysNothing() async throws {
        try await player.enterWithMoney()
        let first = player.shop.shop.buy("hint")
        let second = player.shop.shop.buy("hint")
        #expect(player.shelves?.items.first { $0.id == "hint" }?.isBuying == true)
        #expect(await first.value != nil)
        #expect(await second.value == nil)
        #expect(player.shelves?.items.first { $0.id == "hint" }?.isGranted == true)
        #expect(await player.shop.shop.buy("hint").value == nil)
        player.shop.shop.grantedShown("hint")
        #expect(player.shelves?.items.first { $0.id == "hint" }?.isGranted == false)
        await player.until { player.owned("hint") == 1 }
        await player.buy("hint")
        #expect(player.owned("hint") == 2)
        await player.shop.end()
    }

    @Test func whatIsBoughtInAirplaneModeIsThereAfterTheAppWasClosedAndSettles() async throws {
        try await player.enterWithMoney()
        player.shop.session.setOffline(true)
        await player.buy("hint")
        await player.buy("golden_key")
        #expect(player.purchases.allSatisfy { $0.progress == .waiting })
        await player.until { player.shelves?.purse.waiting == 2 }
        #expect(player.shelves?.purse.foot == Notice(.waiting, .number(2)))
        #expect(player.shelves?.purse.isOffline == true)
        await player.startAgain()
        #expect(!player.shop.session.isOffline)
        await player.until { player.purchases.count == 2 && player.areAllSettled }
        await player.until { player.owned("golden_key") == 1 }
        #expect(try player.total == usd("3.96"))
        await player.shop.end()
    }

    @Test func anEmptyPurseIsTold() async throws {
        await player.enterShop()
        #expect(await player.shop.shop.buy("hint").value == nil)
        let told = try Notice(.errorInsufficientFunds, .money(usd("0.05")), .money(usd("0")))
        #expect(player.shop.noticeBoard.takeAll() == [told])
        #expect(player.shelves?.items.allSatisfy { !$0.isBuying && !$0.isGranted } == true)
        await player.shop.end()
    }

    @Test func whatIsOwnedForEverCantBeBoughtAgain() async throws {
        try await player.enterWithMoney()
        await player.buy("lantern")
        let lantern = try #require(player.shelves?.items.first { $0.id == "lantern" })
        #expect(lantern.isOwnedForEver && !lantern.canBeBought)
        #expect(await player.shop.shop.buy("lantern").value == nil)
        #expect(player.hasRead(.errorAlreadyOwned))
        await player.buy("hint")
        #expect(player.shop.bag.items?.map(\.id) == ["hint", "lantern"])
        #expect(player.shop.bag.items?.last?.quantityWords == Notice(.yoursForEver))
        await player.shop.end()
    }

    @Test func aWrongDigitIsNamedAndADeclinedCardIsNotCharged() async throws {
        await player.enterShop()
        #expect(await player.shop.cards.add(TestCards.wrong).value == false)
        #expect(player.shop.cards.wrongField == .number)
        player.shop.cards.typing()
        #expect(player.shop.cards.wrongField == nil)
        #expect(player.shop.noticeBoard.posted.isEmpty)
        #expect(await player.shop.cards.add(TestCards.declined).value)
        await player.until { player.shop.cards.canTopUp }
        #expect(await player.shop.cards.topUp(CardsModel.firstAmounts[0]).value == false)
        await player.until { player.hasRead(.declinedInsufficientFunds) }
        // Once, though both the call and an event tell it.
        await player.shop.session.refreshed()
        #expect(player.shop.noticeBoard.takeAll().map(\.text) == [.cardAdded, .declinedInsufficientFunds])
        #expect(player.total?.isZero == true)
        await player.shop.end()
    }

    @Test func withThreeDSecureTheMoneyComesOnceThePlayerHasConfirmed() async throws {
        await player.enterShop()
        #expect(await player.shop.cards.add(TestCards.threeDSecure).value)
        await player.until { player.shop.cards.canTopUp }
        #expect(await player.shop.cards.topUp(CardsModel.firstAmounts[1]).value, "\(player.told)")
        let asked = Notice(.topUpAction, .money(CardsModel.firstAmounts[1]))
        await player.until { player.shelves?.openTopUp?.words == asked }
        #expect(!player.shop.cards.canTopUp)
        // Also after the app was closed in the middle.
        await player.startAgain()
        await player.until { player.shop.cards.openTopUp?.bankPage != nil }
        let page = try #require(player.shop.cards.openTopUp?.bankPage)
        try await player.gateway.confirm(page)
        await player.until { !player.shop.cards.isBusy }
        #expect(await player.shop.cards.confirmed().value)
        let ten = try usd("10")
        await player.until { player.total == ten && player.shop.cards.openTopUp == nil }
        await player.until { player.hasRead(.toppedUp) }
        await player.shop.end()
    }

    @Test func aCardIsChosenAndRemoved() async throws {
        await player.enterShop()
        #expect(await player.shop.cards.add(TestCards.good).value)
        #expect(await player.shop.cards.add(TestCards.threeDSecure).value)
        await player.until { player.shop.cards.cards.count == 2 }
        #expect(player.shop.cards.chosenCard?.lastFour == "3184")
        let good = try #require(player.shop.cards.cards.first { $0.lastFour == "4242" })
        player.shop.cards.choose(good.id)
        #expect(player.shop.cards.chosenCard == good)
        #expect(good.words == Notice(.cardEnding, .text("Visa"), .text("4242")))
        #expect(good.expiry == Notice(.cardExpiry, .text("12/2034")))
        #expect(await player.shop.cards.remove(good.id).value)
        await player.until { player.shop.cards.cards.count == 1 }
        #expect(player.shop.cards.chosenCard?.lastFour == "3184")
        await player.shop.end()
    }

    @Test func aRejectedPurchaseGivesTheMoneyBackAndSaysSo() async throws {
        try await player.enterWithMoney()
        await player.order(.reject)
        #expect(player.shop.tools.fault == .reject)
        #expect(await player.shop.shop.buy("golden_key").value != nil)
        await player.until { player.purchases.first?.progress == .takenBack(Notice(.rejectedPrice)) }
        let five = try usd("5")
        await player.until { player.total == five && player.owned("golden_key") == 0 }
        await player.until { player.hasRead(.moneyIsBack) }
        await player.shop.end()
    }

    @Test func lostAnswersDoubleNothing() async throws {
        try await player.enterWithMoney()
        await player.order(.lose)
        await player.buy("hint")
        #expect(await player.shop.tools.sync().value == nil)
        #expect(player.purchases.map(\.progress) == [.waiting])
        await player.order(.none)
        #expect(await player.shop.tools.sync().value?.waiting == 0)
        await player.until { player.areAllSettled }
        #expect(player.owned("hint") == 1 && player.purchases.count == 1)
        #expect(try player.total == usd("4.95"))
        await player.shop.end()
    }

    @Test func withoutItsGatewayTheShopGoesOnAndSettlesLater() async throws {
        try await player.enterWithMoney()
        await player.gateway.stop()
        await player.buy("hint")
        #expect(await player.shop.tools.sync().value == nil)
        #expect(player.hasRead(.errorOffline))
        await player.until { player.shop.tools.syncWords.text == .toolsSyncWaiting }
        await player.until { player.shop.tools.queueLength == 1 }
        try await player.gateway.restart()
        #expect(await player.shop.tools.sync().value?.waiting == 0)
        await player.until { player.areAllSettled && player.shop.tools.queueLength == 0 }
        await player.until { player.shop.tools.syncWords == Notice(.toolsSyncIdle) }
        await player.shop.end()
    }
}

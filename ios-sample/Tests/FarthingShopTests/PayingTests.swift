import Foundation
import Testing

import Farthing
@testable import FarthingShop

/// Tabs, automatic top-ups, limits and a guardian.
@MainActor @Suite(.timeLimit(.minutes(1))) struct PayingTests {
    let player: Player

    init() throws {
        player = try Player()
    }

    private var tab: TabRow? { player.shop.tab.current }
    private var consent: AutoTopUpRow? { player.shop.autoTopUp.consent }
    private var asked: ApprovalRow? { player.shop.limits.approvals.first }

    // MARK: - Tabs

    @Test func aTabIsSpentOfflineOwedAtAnyTimeAndChargedOnce() async throws {
        await player.enter(with: TestCards.good)
        #expect(player.shop.tab.canOpen)
        let (ten, owed) = (TabModel.limits[1], try usd("0.99"))
        #expect(await player.shop.tab.open(ten).value, "\(player.told)")
        await player.until { tab?.state == .open && player.total == ten && player.hasRead(.cardTabOpened) }
        #expect(!player.shop.tab.canOpen)
        player.shop.session.setOffline(true)
        await player.buy("golden_key")
        await player.until { tab?.owed == owed }
        #expect(player.shelves?.purse.tabs == player.shop.tab.rows)
        #expect(tab?.words == Notice(.cardTabOwed, .money(owed), .money(ten)))
        #expect(await player.shop.tab.close().value == false)
        #expect(player.hasRead(.errorOffline))
        await player.until { tab?.state == .open }
        // Also after the app was closed in the middle.
        await player.startAgain()
        await player.until { tab?.owed == owed }
        #expect(await player.shop.tab.close().value, "\(player.told)")
        await player.until { tab == nil && player.hasRead(.cardTabClosed) }
        #expect(player.shop.tab.rows.first?.state == .closed(charged: owed))
        await player.until { player.total?.isZero == true && player.shelves?.purse.tabs == [] }
        #expect(player.owned("golden_key") == 1)
        await player.shop.end()
    }

    @Test func withThreeDSecureTheTabIsOpenOnceThePlayerHasConfirmed() async throws {
        await player.enter(with: TestCards.threeDSecure)
        #expect(await player.shop.tab.open(TabModel.limits[0]).value, "\(player.told)")
        await player.until { tab?.bankPage != nil }
        #expect(tab?.canBeClosed == false && player.shelves?.purse.tabs.first?.words.text == .cardTabAction)
        await player.startAgain()
        await player.until { tab?.bankPage != nil }
        try await player.gateway.confirm(try #require(tab?.bankPage))
        #expect(await player.shop.tab.confirmed().value)
        await player.until { tab?.state == .open && player.hasRead(.cardTabOpened) }
        await player.shop.end()
    }

    @Test func aCardThatIsDeclinedOpensNoTabAndIsToldOnce() async throws {
        await player.enter(with: TestCards.declined)
        #expect(await player.shop.tab.open(TabModel.limits[0]).value == false)
        await player.until { player.hasRead(.declinedInsufficientFunds) }
        await player.shop.session.refreshed()
        #expect(player.shop.noticeBoard.takeAll().map(\.text) == [.cardAdded, .declinedInsufficientFunds])
        #expect(tab == nil && player.total?.isZero == true)
        await player.shop.end()
    }

    @Test func whatTheCardCouldNotBeChargedIsDueAndPaidOutOfThePurse() async throws {
        await player.enter(with: TestCards.unchargeable)
        #expect(await player.shop.tab.open(TabModel.limits[0]).value, "\(player.told)")
        await player.until { tab?.state == .open }
        await player.buy("extra_life")
        #expect(await player.shop.tab.close().value, "\(player.told)")
        await player.until { tab?.isDue == true && player.hasRead(.cardTabDue) }
        let due = try usd("0.25")
        #expect(player.shelves?.purse.tabs.first?.words == Notice(.cardTabDue, .money(due)))
        #expect(!player.shop.tab.canOpen)
        #expect(await player.shop.tab.close().value == false)
        #expect(player.hasRead(.errorInsufficientFunds))
        await player.add(TestCards.good)
        #expect(await player.shop.cards.topUp(CardsModel.firstAmounts[0]).value, "\(player.told)")
        await player.until { tab?.isDue == true }
        #expect(await player.shop.tab.close().value, "\(player.told)")
        let left = try usd("4.75")
        await player.until { tab == nil && player.total == left }
        await player.shop.end()
    }

    @Test func afterATabThatTheCardCouldNotPayTheNextCanOnlyBeSmallerAndThePlayerIsToldHowLarge() async throws {
        await player.enter(with: TestCards.unchargeable)
        #expect(await player.shop.tab.open(TabModel.limits[1]).value, "\(player.told)")
        await player.until { tab?.state == .open }
        await player.buy("extra_life")
        #expect(await player.shop.tab.close().value, "\(player.told)")
        await player.until { tab?.isDue == true }
        await player.add(TestCards.good)
        #expect(await player.shop.cards.topUp(CardsModel.firstAmounts[0]).value, "\(player.told)")
        #expect(await player.shop.tab.close().value, "\(player.told)")
        await player.until { player.shop.tab.canOpen }
        // Half of the last one.
        let five = TabModel.limits[0]
        #expect(await player.shop.tab.open(TabModel.limits[1]).value == false)
        #expect(player.shop.noticeBoard.posted.map(\.notice).last == Notice(.errorTabCap, .money(five)))
        await player.shop.session.refreshed()
        #expect(tab == nil)
        #expect(await player.shop.tab.open(five).value, "\(player.told)")
        await player.until { tab?.state == .open && tab?.limit == five }
        await player.shop.end()
    }

    // MARK: - What fees take

    @Test func theAmountsToTopUpAreTheWalletsAdviceAndThePlayerIsToldWhatFeesTakeOfThem() async throws {
        let (least, most) = (CardsModel.firstAmounts[0], CardsModel.firstAmounts[2])
        #expect(player.shop.cards.amounts == CardsModel.firstAmounts && player.shop.cards.feeWords == nil)
        await player.enter(with: TestCards.good)
        #expect(player.shop.cards.amounts == CardsModel.firstAmounts)
        let expected = Notice(
            .topUpFees,
            .share(perMillion: 90_000),
            .money(least),
            .share(perMillion: 44_000),
            .money(most)
        )
        #expect(player.shop.cards.feeWords == expected)
        await player.shop.end()
    }

    // MARK: - Automatic top-ups

    private func offer(_ below: String, _ amount: String, _ cap: String) throws -> AutoTopUpOffer {
        AutoTopUpOffer(below: try usd(below), amount: try usd(amount), monthlyCap: try usd(cap))
    }

    @Test func aCardIsChargedByItselfOnceThePlayerHasAgreedAndNotAfterTheyStop() async throws {
        await player.enterShop()
        #expect(await player.shop.autoTopUp.agree(AutoTopUpModel.firstOffer).value == false)
        await player.add(TestCards.good)
        #expect(consent == nil)
        let offer = try offer("5", "5", "9.99")
        #expect(await player.shop.autoTopUp.agree(offer).value, "\(player.told)")
        #expect(player.hasRead(.autoTopUpAgreed))
        #expect(await player.shop.tools.sync().value != nil)
        let five = try usd("5")
        await player.until { player.total == five && player.hasRead(.autoToppedUp) }
        #expect(!player.hasRead(.toppedUp))
        await player.buy("hint")
        await player.settle()
        // The month's cap has no room for a second one.
        await player.startAgain()
        await player.until { consent?.charged == five }
        #expect(consent?.offer == offer && consent?.card?.lastFour == "4242" && consent?.pause == nil)
        #expect(consent?.lines.contains(Notice(.autoTopUpCharged, .money(five), .money(offer.monthlyCap))) == true)
        #expect(try player.total == usd("4.95"))
        #expect(await player.shop.autoTopUp.stop().value)
        await player.until { consent == nil }
        await player.shop.end()
    }

    @Test func aDeclinedCardPausesItUntilThePlayerAgreesAgain() async throws {
        await player.enter(with: TestCards.declined)
        #expect(await player.shop.autoTopUp.agree(AutoTopUpModel.firstOffer).value, "\(player.told)")
        #expect(await player.shop.tools.sync().value != nil)
        await player.until { consent?.pause == Notice(.pausedDeclined) && player.hasRead(.pausedDeclined) }
        #expect(player.hasRead(.declinedInsufficientFunds) && consent?.lines.last?.isProblem == true)
        player.shop.session.setOffline(true)
        #expect(await player.shop.autoTopUp.agree(AutoTopUpModel.firstOffer).value)
        await player.until { consent != nil && consent?.pause == nil }
        await player.shop.end()
    }

    // MARK: - Limits

    @Test func whatIsStricterHoldsAtOnceAndWhatIsLooserLater() async throws {
        try await player.enterWithMoney()
        let (day, once, left) = (try usd("0.60"), try usd("0.50"), try usd("0.35"))
        #expect(await player.shop.limits.load().value, "\(player.told)")
        #expect(player.shop.limits.screen == LimitsScreen(rows: []))
        #expect(await player.shop.limits.set(.day, to: day).value, "\(player.told)")
        #expect(player.hasRead(.limitsSaved))
        player.shop.session.setOffline(true)
        await player.buy("extra_life")
        #expect(await player.shop.shop.buy("golden_key").value == nil)
        #expect(player.hasRead(.errorSpendingLimit))
        // Without a connection it is what was said last, and can't be changed.
        #expect(await player.shop.limits.load().value == false)
        #expect(player.shop.limits.screen?.rows.first?.player == day)
        #expect(await player.shop.limits.set(.day, to: nil).value == false)
        await player.startAgain()
        await player.until { player.areAllSettled }
        #expect(player.shop.limits.screen == nil)
        // Another limit leaves this one.
        #expect(await player.shop.limits.set(.purchase, to: once).value, "\(player.told)")
        let row = try #require(player.shop.limits.screen?.rows.first { $0.field == .day })
        #expect(row.player == day && row.left?.text == .limitLeft)
        #expect(row.left?.arguments.prefix(2) == [.money(left), .money(day)])
        #expect(await player.shop.limits.set(.day, to: nil).value, "\(player.told)")
        #expect(player.hasRead(.limitsPending) && player.shop.limits.screen?.pending.count == 1)
        #expect(player.shop.limits.screen?.rows.first { $0.field == .day }?.player == day)
        await player.shop.end()
    }

    @Test func aGuardianIsAskedAndApprovesOnceWithTheirPin() async throws {
        try await player.enterWithMoney()
        let (quarter, three) = (try usd("0.25"), try usd("0.30"))
        #expect(await player.shop.limits.set(.ask, to: quarter, pin: "4711").value, "\(player.told)")
        #expect(player.shop.limits.screen?.hasGuardian == true)
        #expect(await player.shop.shop.buy("health_potion", quantity: 3).value == nil)
        #expect(player.hasRead(.errorApprovalRequired))
        // The screen shows it without being asked to.
        await player.until { asked?.state == .pending && !player.shop.limits.isBusy }
        let request = try #require(asked)
        #expect(request.quantity == 3 && request.total == three)
        #expect(await player.shop.limits.answer(request.id, approve: true, pin: "0000").value == false)
        #expect(player.hasRead(.errorPin) && asked?.state == .pending)
        #expect(await player.shop.limits.answer(request.id, approve: true, pin: "4711").value, "\(player.told)")
        #expect(asked?.word == .approvalApproved)
        await player.startAgain()
        await player.until { player.shelves != nil }
        await player.take("health_potion", quantity: 3)
        await player.settle()
        #expect(await player.shop.limits.load().value, "\(player.told)")
        #expect(asked?.state == .used)
        await player.shop.end()
    }

    @Test func aGuardianDeclinesAndTheirPinIsNobodyElses() async throws {
        try await player.enterWithMoney()
        #expect(await player.shop.limits.set(.ask, to: .zero("USD"), pin: "4711").value, "\(player.told)")
        #expect(await player.shop.limits.set(.ask, to: nil, pin: "1234").value == false)
        #expect(player.hasRead(.errorPin))
        #expect(await player.shop.shop.buy("hint").value == nil)
        await player.until { asked?.state == .pending && !player.shop.limits.isBusy }
        let request = try #require(asked)
        #expect(await player.shop.limits.answer(request.id, approve: false, pin: "4711").value, "\(player.told)")
        #expect(asked?.word == .approvalDeclined && player.owned("hint") == 0)
        await player.shop.end()
    }
}

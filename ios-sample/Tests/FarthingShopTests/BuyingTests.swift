import Foundation
import Testing

import Farthing
@testable import FarthingShop

/// Passes, bundles, the game's own currency, tips, what is paid by use, and what is given back.
@MainActor @Suite(.timeLimit(.minutes(1))) struct BuyingTests {
    let player: Player
    private let english = Wording(locale: Locale(identifier: "en_US"), isolatesAmounts: false)

    init() throws {
        player = try Player()
    }

    private var pass: PassRow? { player.shop.passes.rows.first }

    @Test func aPassIsBoughtOfflineKeptOverAnEndRenewedByConsentAndGivenBack() async throws {
        try await player.enterWithMoney()
        let price = try usd("2.99")
        player.shop.session.setOffline(true)
        #expect(player.item("season_pass")?.detail == Notice(.passDays, .number(30)))
        await player.take("season_pass")
        await player.until { pass?.state == .active }
        #expect(pass?.renewalWords == Notice(.passRenewalOff) && pass?.mayRenew == true)
        #expect(player.item("season_pass")?.detail == pass?.words)
        #expect(await player.shop.passes.setRenewal("season_pass", agrees: true).value)
        await player.until { pass?.renewalWords == Notice(.passRenewalOn, .money(price)) }
        await player.startAgain()
        await player.until { pass?.renewal == price && player.areAllSettled }
        #expect(await player.shop.passes.setRenewal("season_pass", agrees: false).value)
        await player.until { pass?.renewal == nil }
        let row = try #require(player.purchases.first)
        #expect(row.canBeRefunded && row.refundHint == .refundText)
        #expect(await player.shop.purchases.refund(row.id).value, "\(player.told)")
        await player.until { pass?.state == .ended && player.hasRead(.receiptRefunded) }
        // Passes and purchases are read one after the other.
        await player.until { player.purchases.first?.canBeRefunded == false }
        #expect(pass?.renewalWords == nil && player.purchases.first?.canBeRefunded == false)
        #expect(await player.shop.passes.setRenewal("season_pass", agrees: true).value == false)
        #expect(player.hasRead(.errorInvalidArgument))
        await player.shop.end()
    }

    @Test func aPassEndsByTheWalletsTimeWithoutAGateway() async throws {
        try await player.enterWithMoney()
        await player.gateway.stop()
        await player.take("season_pass")
        await player.shop.tools.skewClock(hours: 31 * 24).value
        await player.until { pass?.state == .grace }
        #expect(pass?.words.text == .passGrace)
        await player.shop.tools.skewClock(hours: 40 * 24).value
        await player.until { pass?.state == .ended }
        #expect(pass?.words.text == .passEnded && pass?.mayRenew == false)
        // A clock that is set back revives nothing.
        await player.shop.tools.skewClock(hours: 0).value
        await player.until { pass != nil }
        #expect(pass?.state == .ended)
        await player.shop.end()
    }

    @Test func aBundleIsBoughtOfflineWholeAndGivenBackWhole() async throws {
        try await player.enterWithMoney()
        player.shop.session.setOffline(true)
        let detail = try #require(player.item("explorer_set")?.detail)
        #expect(english.text(detail) == "In it: 1 × Lantern, 5 × Hint, 3 × Health potion")
        await player.take("explorer_set")
        await player.until { player.owned("lantern") == 1 && player.owned("hint") == 5 }
        #expect(await player.shop.shop.buy("explorer_set").value == nil)
        #expect(player.hasRead(.errorAlreadyOwned))
        await player.startAgain()
        await player.until { player.owned("health_potion") == 3 && player.areAllSettled }
        let row = try #require(player.purchases.first)
        #expect(await player.shop.purchases.refund(row.id).value, "\(player.told)")
        let five = try usd("5")
        await player.until { player.owned("lantern") == 0 && player.owned("hint") == 0 && player.total == five }
        await player.shop.end()
    }

    @Test func whatWasUsedIsNotGivenBackAndNothingIsWithoutAConnection() async throws {
        try await player.enterWithMoney()
        await player.buy("hint")
        #expect(await player.shop.bag.use("hint").value == 0)
        await player.settle()
        let row = try #require(player.purchases.first)
        #expect(await player.shop.purchases.refund(row.id).value == false)
        #expect(player.hasRead(.errorAlreadyUsed))
        player.shop.session.setOffline(true)
        await player.buy("hint")
        await player.until { player.purchases.count == 2 }
        let waiting = try #require(player.purchases.first)
        #expect(!waiting.canBeRefunded)
        #expect(await player.shop.purchases.refund(waiting.id).value == false)
        #expect(player.hasRead(.errorOffline))
        await player.until { player.owned("hint") == 1 }
        await player.shop.end()
    }

    @Test func whatAnotherDeviceHasBoughtIsMarkedAndGivenBackThere() throws {
        let price = try Money("0.05", "USD")
        let split = Split(processor: .zero("USD"), platform: .zero("USD"), developer: price)
        func row(_ kind: PurchaseKind, isFromAnotherDevice: Bool) -> PurchaseRow {
            let purchase = Purchase(
                id: "1",
                sku: "hint",
                quantity: 1,
                total: price,
                purchasedAt: .distantPast,
                state: .settled(split: split, at: .distantPast),
                kind: kind,
                isFromAnotherDevice: isFromAnotherDevice
            )
            return PurchaseRow(purchase, in: WalletContents())
        }
        for kind in [PurchaseKind.item, .tip] {
            let (here, there) = (row(kind, isFromAnotherDevice: false), row(kind, isFromAnotherDevice: true))
            #expect(here.canBeRefunded && !here.isFromAnotherDevice)
            #expect(!there.canBeRefunded && there.isFromAnotherDevice)
        }
        #expect(english.text(.fromAnotherDevice) == "From another device")
    }

    @Test func gemsAreBoughtOfflineThereOnceSettledAndSpentOffline() async throws {
        try await player.gateway.configure(settings: "", files: ["catalog.toml": gemsCatalog])
        try await player.enterWithMoney()
        #expect(player.shelves?.purse.lines.map(\.id) == ["USD", "gems"])
        let pack = try #require(player.item("gems_15")?.detail)
        #expect(english.text(pack) == "15 gems in your purse, once it is settled")
        player.shop.session.setOffline(true)
        await player.take("gems_15")
        #expect(await player.shop.shop.buy("chest").value == nil)
        #expect(player.hasRead(.errorInsufficientFunds))
        await player.startAgain()
        let (fifteen, three) = (try Money("15", "gems"), try Money("3", "gems"))
        await player.until { player.total("gems") == fifteen && player.areAllSettled }
        #expect(player.purchases.first?.canBeRefunded == false)
        player.shop.session.setOffline(true)
        await player.buy("chest")
        await player.until { player.total("gems") == three }
        await player.shop.end()
    }

    @Test func aTipIsGivenOfflineOnceAndTakenBack() async throws {
        try await player.gateway.registerCreator("ana", name: "Ana")
        try await player.enterWithMoney()
        await player.until { player.shop.tips.creators == [CreatorRow(id: "ana", name: "Ana")] }
        player.shop.session.setOffline(true)
        let amount = TipsModel.amounts[1]
        let first = player.shop.tips.tip("ana", amount, message: " What a level!\n")
        #expect(player.shop.tips.creators.first?.isBeingTipped == true)
        let second = player.shop.tips.tip("ana", amount)
        #expect(await first.value?.tip?.message == "What a level!")
        #expect(await second.value == nil)
        #expect(player.hasRead(.tipGiven))
        await player.startAgain()
        await player.until { player.areAllSettled }
        let row = try #require(player.purchases.first)
        #expect(english.text(row.heading) == "Tip to Ana")
        #expect(row.tip?.words.map { english.text($0) } == "“What a level!”")
        guard case .settled(let shares, _) = row.progress else { return }
        #expect(shares.first?.party == .creator && row.refundHint == .tipRefundText)
        #expect(await player.shop.purchases.refund(row.id).value, "\(player.told)")
        let five = try usd("5")
        await player.until { player.total == five }
        await player.shop.end()
    }

    @Test func aTipThatCantBeGivenIsTold() async throws {
        try await player.gateway.registerCreator("ana", name: "Ana")
        try await player.enterWithMoney()
        await player.until { !player.shop.tips.creators.isEmpty }
        let long = String(repeating: "x", count: TipsModel.messageMax + 1)
        #expect(await player.shop.tips.tip("ana", TipsModel.amounts[0], message: long).value == nil)
        #expect(player.hasRead(.errorTipMessage))
        let six = try usd("6")
        #expect(await player.shop.tips.tip("ana", six).value == nil)
        #expect(player.hasRead(.errorInsufficientFunds))
        #expect(player.purchases.isEmpty && player.shop.tips.creators.first?.isBeingTipped == false)
        await player.shop.end()
    }

    @Test func aTipOfBeforeAKillIsGivenOnceAtTheNextStart() async throws {
        try await player.gateway.registerCreator("ana", name: "Ana")
        try await player.enterWithMoney()
        await player.until { !player.shop.tips.creators.isEmpty }
        await player.shop.end()
        // As the kill left it: the key is on disk, and nobody knows whether the wallet heard of it.
        let file = KeptFile<[String: BegunTaps.Tap]>(file: player.root.appending(path: "shop/tipping.json"))
        let gift = BegunTaps.Gift(micros: 500_000, currency: "USD", message: "What a level!")
        for _ in 0..<2 {
            try file.save(["ana": BegunTaps.Tap(key: "tap-1", gift: gift)])
            await player.startAgain()
            await player.until { player.hasRead(.tipGiven) && player.purchases.count == 1 }
        }
        #expect(file.load() == [:])
        #expect(player.purchases.first?.tip == PurchaseRow.GivenTip(message: "What a level!"))
        #expect(try player.total == usd("4.50"))
        await player.shop.end()
    }

    @Test func whatIsPaidByUseIsCountedOfflineSpentAtOnceAndWrittenAtTheEnd() async throws {
        try await player.enterWithMoney()
        player.shop.session.setOffline(true)
        #expect(player.item("api_calls") == nil)
        for _ in 0..<5 {
            #expect(await player.shop.meter.use("api_calls").value, "\(player.told)")
        }
        let row = try #require(player.shop.meter.rows.first)
        let (cost, left) = (try usd("0.0005"), try usd("4.9995"))
        #expect(row.counted == 5 && row.cost == cost && row.written == 0)
        #expect(player.total == left && player.purchases.isEmpty)
        await player.startAgain()
        await player.until { player.shop.meter.rows.first?.written == 5 && player.areAllSettled }
        #expect(player.shop.meter.rows.first?.counted == 0)
        #expect(player.shop.meter.rows.first?.writtenTotal == cost && player.total == left)
        #expect(player.purchases.first?.canBeRefunded == false)
        await player.shop.end()
    }

    @Test func aMeterIsWrittenDownForTheBackground() async throws {
        try await player.enterWithMoney()
        player.shop.session.setOffline(true)
        #expect(await player.shop.meter.use("api_calls", units: 7).value)
        await player.shop.meter.flush().value
        await player.until { player.shop.meter.rows.first?.written == 7 }
        #expect(player.shop.meter.rows.first?.counted == 7)
        await player.shop.end()
    }

    @Test func theCapOfADayIsWarnedOfAndKept() async throws {
        try await player.enterWithMoney()
        player.shop.session.setOffline(true)
        #expect(await player.shop.meter.use("api_calls", units: 16_000).value, "\(player.told)")
        await player.until { player.shop.meter.rows.first?.warning != nil && player.hasRead(.meterNear) }
        let warning = try #require(player.shop.meter.rows.first?.warning)
        #expect(english.text(warning) == "Words with the villagers: $1.60 of $2.00 is used up.")
        #expect(player.shop.meter.rows.first?.lines.last == warning)
        #expect(await player.shop.meter.use("api_calls", units: 4_001).value == false)
        #expect(player.hasRead(.errorUsageCap) && player.shop.meter.rows.first?.counted == 16_000)
        #expect(await player.shop.meter.use("api_calls", units: 4_000).value)
        let three = try usd("3")
        await player.until { player.total == three }
        await player.shop.end()
    }
}

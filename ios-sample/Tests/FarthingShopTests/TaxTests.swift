import Foundation
import SandboxGateway
import Testing

import Farthing
@testable import FarthingShop

/// What an operator takes for tax, as in `docs/guide/regulation.md`.
let taxRules = """
    [rules.tax]
    country = "DE"
    rates = { DE = "19", FR = "20" }
    """

/// The tax on a receipt, against a gateway whose operator has rates for some countries.
@MainActor @Suite(.timeLimit(.minutes(1))) struct TaxTests {
    let player: Player

    init() throws {
        player = try Player()
    }

    /// Enters as a player who lives somewhere, with $5.
    private func enter(country: String) async throws {
        try await player.gateway.configure(settings: taxRules, files: [:])
        player.enrolmentToken = try await player.gateway.enrolmentToken(player: "ada", country: country)
        try await player.enterWithMoney()
    }

    /// The tax of what was bought last, once its receipt was opened.
    private func tax() async throws -> IncludedTax? {
        let row = try #require(player.purchases.first)
        await player.shop.purchases.readTax(row.id).value
        return player.purchases.first?.tax
    }

    @Test func aReceiptSaysWhichTaxIsInThePriceOfWhatWasBoughtAndNoneOfATip() async throws {
        try await player.gateway.registerCreator("ana", name: "Ana")
        try await enter(country: "DE")
        player.shop.session.setOffline(true)
        await player.buy("extra_life")
        #expect(try await tax() == nil, "it has no receipt before it is settled")
        player.shop.session.setOffline(false)
        await player.settle()
        let expected = IncludedTax(country: "DE", perMillion: 190_000, amount: try usd("0.039915"))
        #expect(try await tax() == expected)

        await player.until { !player.shop.tips.creators.isEmpty }
        #expect(await player.shop.tips.tip("ana", TipsModel.amounts[0]).value != nil, "\(player.told)")
        await player.until { player.purchases.count == 2 }
        await player.settle()
        #expect(try await tax() == nil)
        await player.shop.end()
    }

    @Test func withoutARateForThePlayersCountryNothingIsSaid() async throws {
        try await enter(country: "US")
        await player.buy("extra_life")
        await player.settle()
        #expect(try await tax() == nil)
        await player.shop.end()
    }

    @Test func offlineTheReceiptIsShownWithoutItAndNothingIsTold() async throws {
        try await enter(country: "FR")
        await player.buy("extra_life")
        await player.settle()
        _ = player.shop.noticeBoard.takeAll()
        player.shop.session.setOffline(true)
        #expect(try await tax() == nil)
        #expect(player.shop.noticeBoard.posted.isEmpty)
        player.shop.session.setOffline(false)
        #expect(try await tax()?.country == "FR")
        player.shop.session.setOffline(true)
        #expect(player.purchases.first?.tax?.perMillion == 200_000)
        await player.shop.end()
    }

    @Test(arguments: ["", "a.b", "e30.e30.e30", "e30.!.e30", "e30.eyJ0YXgiOjF9.e30", "e30.eyJ0YXgiOm51bGx9.e30"])
    func whatIsNoReceiptWithTaxHasNone(receipt: String) {
        #expect(IncludedTax(receipt: receipt) == nil)
    }
}

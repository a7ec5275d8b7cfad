import Foundation
import SandboxGateway
import Testing

import Farthing
@testable import FarthingShop

/// A new phone of a player of the game, whose other phone has topped up and bought, against a real gateway.
@MainActor @Suite(.timeLimit(.minutes(1))) struct SeveralPhonesTests {
    let player: Player

    init() throws {
        player = try Player()
    }

    private func token() async throws -> String {
        try await player.gateway.enrolmentToken(player: "ada", country: "DE")
    }

    private func otherPhone(token: String? = nil) async throws -> OtherPhone {
        let token = if let token { token } else { try await self.token() }
        return try await OtherPhone(player.gateway, token: token, in: player.root.appending(path: "other"))
    }

    private func settings(token: String) -> ShopSettings {
        var settings = player.settings
        settings.enrolmentToken = token
        return settings
    }

    /// The money that the other phone has not kept for itself, and what it has bought.
    private func seeWhatTheOtherPhoneHas() async throws {
        let least = try usd("20")
        await player.until {
            (player.total?.micros ?? 0) >= least.micros && player.owned("lantern") == 1
                && player.purchases.contains { $0.name.sku == "lantern" && $0.isFromAnotherDevice }
        }
    }

    @Test func whatAnotherPhoneHasIsThereWithAPlayersTokenWithoutANetworkTooAndIsGivenBackThere() async throws {
        let other = try await otherPhone()
        try await other.buy("lantern", "hint")
        await player.shop.start(with: settings(token: "  \(try await token())\n")).value
        try await seeWhatTheOtherPhoneHas()
        await player.until { player.shop.cards.chosenCard?.lastFour == "4242" }
        await player.buy("extra_life")
        await player.settle()
        let total = player.total

        await player.gateway.stop()
        await player.startAgain()
        try await seeWhatTheOtherPhoneHas()
        #expect(player.total == total)
        #expect(player.shop.bag.items?.map(\.id) == ["extra_life", "lantern"])
        #expect(player.purchases.map(\.name.sku) == ["extra_life", "hint", "lantern"])
        #expect(player.purchases.map(\.isFromAnotherDevice) == [false, true, true])
        #expect(player.purchases.map(\.canBeRefunded) == [true, false, false])
        await player.shop.end()
        await other.close()
    }

    @Test func aTokenOutlivesAKillBeforeItWasUsedAndIsNotUsedAgainOnceTheWalletIsReset() async throws {
        let other = try await otherPhone()
        try await other.buy("lantern")
        let token = try await token()
        await player.gateway.stop()
        await player.shop.start(with: settings(token: token)).value
        await player.until { player.shop.shop.screen == .unreachable(Notice(.errorOffline)) }
        await player.startAgain()
        #expect(player.shop.session.settings.enrolmentToken == token)
        try await player.gateway.restart()
        #expect(await player.shop.tools.sync().value != nil, "\(player.told)")
        try await seeWhatTheOtherPhoneHas()
        await player.until { player.shop.session.settings.enrolmentToken.isEmpty }
        await player.shop.tools.erase().value
        await player.until { player.shelves != nil }
        #expect(player.total?.isZero == true && player.purchases.isEmpty && player.owned("lantern") == 0)
        await player.shop.end()
        await other.close()
    }

    @Test func aTokenThatIsNotTakenIsToldAndAnotherOneIsTypedInItsPlace() async throws {
        let used = try await token()
        let other = try await otherPhone(token: used)
        try await other.buy("lantern")
        let refusal = ShopScreen.unreachable(Notice(.errorEnrolmentRejected))
        await player.shop.start(with: settings(token: used)).value
        await player.until { player.shop.shop.screen == refusal }
        let stopped = Notice(.toolsSyncStopped, .notice(Notice(.errorEnrolmentRejected)))
        #expect(player.shop.tools.syncWords == stopped)
        await player.shop.tools.change(settings(token: "mistyped")).value
        await player.until { player.shop.shop.screen == refusal }
        await player.shop.tools.change(settings(token: try await token())).value
        try await seeWhatTheOtherPhoneHas()
        await player.shop.end()
        await other.close()
    }

    @Test func aTokenThatIsGivenToAPlayersWalletIsForTheNextWallet() async throws {
        let other = try await otherPhone()
        try await other.buy("lantern")
        await player.enterShop()
        await player.until { player.shop.tools.settings.hasEnrolled }
        #expect(player.shop.tools.settings.tokenWords == .setupTokenNext)
        await player.startAgain(with: settings(token: try await token()))
        await player.until { player.shelves != nil }
        await player.shop.session.refreshed()
        #expect(player.total?.isZero == true)
        await player.startAgain()
        await player.shop.tools.erase().value
        try await seeWhatTheOtherPhoneHas()
        await player.until { player.shop.tools.settings.enrolmentToken.isEmpty }
        await player.shop.end()
        await other.close()
    }

    @Test func onAPhoneThatHasTheSettingsFromABackupAndNotTheWalletATokenIsThisWallets() async throws {
        let other = try await otherPhone()
        try await other.buy("lantern")
        var restored = settings(token: try await token())
        restored.enrolledDevice = "another"
        try KeptFile(file: player.root.appending(path: "shop/settings.json")).save(restored)
        await player.startAgain()
        try await seeWhatTheOtherPhoneHas()
        await player.until {
            let settings = player.shop.session.settings
            return settings.enrolledDevice != "another" && settings.enrolmentToken.isEmpty
        }
        await player.shop.end()
        await other.close()
    }

    @Test func settingsOfBeforeThereWereTokensAreRead() throws {
        let kept = #"{"gateway": "http://one", "publishableKey": "pk_test_1", "rootKey": "root", "clockSkewHours": 3}"#
        let settings = try JSONDecoder().decode(ShopSettings.self, from: Data(kept.utf8))
        let expected = ShopSettings(
            gateway: "http://one",
            publishableKey: "pk_test_1",
            rootKey: "root",
            clockSkewHours: 3
        )
        #expect(settings == expected)
    }
}

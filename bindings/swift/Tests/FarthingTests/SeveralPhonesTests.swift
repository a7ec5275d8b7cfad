import Foundation
import Testing

import Farthing

@Suite(.timeLimit(.minutes(2))) struct SeveralPhonesTests {
    @Test func aPlayersMoneyIsThereOnEachOfThePlayersPhones() async throws {
        let phone = try Phone()
        func open(_ name: String, token: String) async throws -> Wallet {
            var config = phone.config
            config.folder = phone.root.appending(path: name)
            config.enrolmentToken = token
            let keys = SoftwareKeyStore(file: phone.root.appending(path: "\(name).json"))
            return try await Wallet.open(config, keyStore: keys)
        }
        let first = try await open("first", token: phone.gateway.enrolmentToken(player: "player-42"))
        try await first.sync()
        try await first.topUp(usd("50.00"), card: first.addCard(goodCard).id)
        let token = try await phone.gateway.enrolmentToken(player: "player-42")
        let second = try await open("second", token: token)
        try await second.sync()
        #expect(second.balance["USD"].total == usd("30.00"), "the first phone has reserved the rest")
        #expect(try await second.cards().count == 1)
        try await second.buy("hint")
        try await second.sync()
        #expect(second.balance["USD"].total == usd("29.95"))

        // A token is good for one phone.
        let third = try await open("third", token: token)
        let error = await failure { try await third.sync() }
        guard case .enrolmentRejected = error?.reason else { throw Unexpected("\(String(describing: error))") }
    }

    @Test func whatIsOwnedForEverIsThereOnANewPhoneAndIsPaidForOnce() async throws {
        let phone = try Phone()
        func open(_ name: String) async throws -> Wallet {
            var config = phone.config
            config.folder = phone.root.appending(path: name)
            config.enrolmentToken = try await phone.gateway.enrolmentToken(player: "player-42")
            let keys = SoftwareKeyStore(file: phone.root.appending(path: "\(name).json"))
            let wallet = try await Wallet.open(config, keyStore: keys)
            try await wallet.sync()
            return wallet
        }
        let first = try await open("first")
        try await first.topUp(usd("50.00"), card: first.addCard(goodCard).id)
        let second = try await open("second")
        // Neither has heard of the other.
        first.isOffline = true
        second.isOffline = true
        try await first.buy("lantern")
        let late = try await second.buy("lantern")
        try await second.buy("hint")
        for wallet in [first, second] {
            wallet.isOffline = false
            try await wallet.sync()
            #expect(try await wallet.inventory()["lantern"] == 1)
        }
        let refunded = try await second.purchases().first { $0.id == late.id }
        guard case .refunded(let amount, _, _, _, _) = refunded?.state else { throw Unexpected("not refunded") }
        #expect(amount == usd("1.49"))

        let third = try await open("third")
        #expect(try await third.inventory().items == ["lantern": 1])
        third.isOffline = true
        let error = await failure { try await third.buy("explorer_set") }
        #expect(error?.reason == .alreadyOwned(sku: "lantern"))
    }

    @Test func aGatewayThatKeepsCardsItselfTakesNoPaymentMethodOfAnotherProcessor() async throws {
        let phone = try Phone()
        let wallet = try await phone.openWithMoney()
        let error = await failure { try await wallet.addPaymentMethod("pm_card_visa") }
        #expect(error?.reason == .cardInvalid(field: "payment_method"))
        // The gateway ends with the phone.
        withExtendedLifetime(phone) {}
    }
}

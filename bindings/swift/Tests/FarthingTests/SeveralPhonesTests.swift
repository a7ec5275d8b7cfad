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
        let first = try await phone.ofPlayer("first")
        try await first.topUp(usd("50.00"), card: first.addCard(goodCard).id)
        let second = try await phone.ofPlayer("second")
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

        let third = try await phone.ofPlayer("third")
        #expect(try await third.inventory().items == ["lantern": 1])
        third.isOffline = true
        let error = await failure { try await third.buy("explorer_set") }
        #expect(error?.reason == .alreadyOwned(sku: "lantern"))
    }

    @Test func whatAnotherPhoneHasBoughtIsListedWithoutANetworkTooAndIsGivenBackThere() async throws {
        let phone = try Phone()
        let first = try await phone.ofPlayer("first")
        try await first.topUp(usd("50.00"), card: first.addCard(goodCard).id)
        let second = try await phone.ofPlayer("second")
        let events = second.events
        let arrived = Task {
            for await event in events {
                if case .purchasesArrived(let count) = event { return count }
            }
            return 0
        }
        first.isOffline = true
        let bought = [try await first.buy("hint").id, try await first.buy("health_potion").id]
        first.isOffline = false
        try await first.sync()
        let own = try await second.buy("hint").id
        try await second.sync()
        try await second.sync()
        #expect(await arrived.value == 2)

        second.isOffline = true
        let shown = try await second.purchases()
        #expect(shown.filter(\.isFromAnotherDevice).map(\.id) == bought.reversed())
        #expect(shown.filter { !$0.isFromAnotherDevice }.map(\.id) == [own])
        for purchase in shown {
            guard case .settled = purchase.state else { throw Unexpected("\(purchase)") }
        }
        #expect(try await second.inventory().items == ["hint": 1])
        let error = await failure { try await second.refund(bought[0]) }
        guard case .invalidArgument("purchase", _) = error?.reason else {
            throw Unexpected("\(String(describing: error))")
        }

        try await first.refund(bought[0])
        second.isOffline = false
        try await second.sync()
        let refunded = try await second.purchases().first { $0.id == bought[0] }
        guard case .refunded(let amount, _, _, _, _) = refunded?.state else { throw Unexpected("not refunded") }
        #expect(amount == usd("0.05"))
        #expect(try await second.refundReceipts(bought[0]).count == 1)
        #expect(try await second.receipt(bought[0]).split(separator: ".").count == 3)
        // The gateway ends with the phone.
        withExtendedLifetime(phone) {}
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

extension Phone {
    /// One of the player's phones, enrolled and synced.
    fileprivate func ofPlayer(_ name: String) async throws -> Wallet {
        var config = config
        config.folder = root.appending(path: name)
        config.enrolmentToken = try await gateway.enrolmentToken(player: "player-42")
        let keys = SoftwareKeyStore(file: root.appending(path: "\(name).json"))
        let wallet = try await Wallet.open(config, keyStore: keys)
        try await wallet.sync()
        return wallet
    }
}

import Foundation
import Testing

@testable import Farthing

/// Cancelled tasks, dropped wallets, readers that are too slow.
@Suite(.timeLimit(.minutes(2))) struct LifetimeTests {
    @Test func aCancelledTaskLosesNoPurchase() async throws {
        let phone = try Phone()
        let wallet = try await phone.openWithMoney()
        var told: [Purchase.ID] = []
        for number in 0..<40 {
            let buying = Task { try await wallet.buy("hint", idempotencyKey: "tap-\(number)").id }
            for _ in 0..<(number % 5) {
                await Task.yield()
            }
            buying.cancel()
            told.append(try await buying.value)
        }
        #expect(try await Set(wallet.purchases().map(\.id)) == Set(told))
        for number in 0..<40 {
            try await wallet.buy("hint", idempotencyKey: "tap-\(number)")
        }
        #expect(try await wallet.inventory()["hint"] == 40)
    }

    @Test func closingDuringPurchasesKeepsEachThatWasToldOf() async throws {
        let phone = try Phone()
        let wallet = try await phone.openWithMoney()
        let outcomes = await withTaskGroup(of: Result<Purchase.ID, WalletError>.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    do throws(WalletError) {
                        return .success(try await wallet.buy("hint").id)
                    } catch {
                        return .failure(error)
                    }
                }
            }
            _ = await group.next()
            await wallet.close()
            return await group.reduce(into: []) { $0.append($1) }
        }
        let told = outcomes.compactMap { try? $0.get() }
        for case .failure(let error) in outcomes {
            #expect(error.reason == .closed)
        }
        let reopened = try await phone.open()
        #expect(try await Set(reopened.purchases().map(\.id)).isSuperset(of: told))
        await reopened.close()
    }

    @Test func aDroppedWalletClosesItsDatabase() async throws {
        let phone = try Phone()
        var wallet: Wallet? = try await phone.openWithMoney()
        let events = try #require(wallet?.events)
        let purchase = try await wallet?.buy("hint").id
        weak var dropped = wallet
        wallet = nil
        #expect(dropped == nil)
        // Its streams end with it.
        for await _ in events {}
        let reopened = try await eventually { () async throws(WalletError) in try await phone.open() }
        #expect(try await reopened.purchases().map(\.id) == [purchase])
        await reopened.close()
    }

    @Test func aReaderThatIsTooSlowMissesTheOldestEvents() async throws {
        let phone = try Phone()
        let wallet = try await phone.openWithMoney()
        let (slow, quick) = (wallet.events, wallet.events)
        let counting = Task {
            await quick.reduce(into: 0) { count, event in if case .purchased = event { count += 1 } }
        }
        var last: Purchase.ID?
        for _ in 0..<900 {
            last = try await wallet.buy("arrow").id
        }
        await wallet.close()
        var kept: [WalletEvent] = []
        for await event in slow {
            kept.append(event)
        }
        #expect(kept.count <= 1_024)
        #expect(kept.contains(.purchased(purchase: try #require(last), sku: "arrow")))
        #expect(await counting.value > 0)
    }

    @Test func theNewestBalanceIsKeptForAReaderThatIsTooSlow() async throws {
        let phone = try Phone()
        let wallet = try await phone.openWithMoney()
        var updates = wallet.balanceUpdates.makeAsyncIterator()
        #expect(await updates.next()?["USD"].total == usd("5.00"))
        for _ in 0..<20 {
            try await wallet.buy("hint")
        }
        await wallet.close()
        #expect(await updates.next()?["USD"].total == usd("4.00"))
        #expect(await updates.next() == nil)
    }

    @Test func aStreamOfAClosedWalletEndsAtOnce() async throws {
        let phone = try Phone()
        let wallet = try await phone.open()
        await wallet.close()
        await wallet.close()
        for await event in wallet.events {
            Issue.record("\(event)")
        }
        #expect(await wallet.syncStateUpdates.reduce(into: 0) { count, _ in count += 1 } == 1)
    }

    @Test func aStreamThatIsNotReadAnyMoreIsForgotten() async throws {
        let updates = Updates<Int>(keeping: 1)
        let reading = Task {
            for await _ in updates.stream(now: { 1 }) {
                return
            }
        }
        await reading.value
        #expect(updates.readerCount == 0)
        updates.tell(2)
    }
}

/// Asks again until it works; a wallet that was dropped closes in the background.
private func eventually<Answer>(_ call: () async throws(WalletError) -> Answer) async throws -> Answer {
    let deadline = ContinuousClock.now + .seconds(30)
    while true {
        do throws(WalletError) {
            return try await call()
        } catch {
            guard error.reason == .alreadyOpen, ContinuousClock.now < deadline else { throw error }
            await Task.yield()
        }
    }
}

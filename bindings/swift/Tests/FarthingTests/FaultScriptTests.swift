import Foundation
import Testing

import Farthing

/// A fault script of `tests/fault-scripts`, which Rust and Kotlin live through too, with the same outcome.
@Suite(.timeLimit(.minutes(2))) struct FaultScriptTests {
    @Test func onTheSubwayTheSameSyncsGetLostAsInRustAndNothingElseDoes() async throws {
        let phone = try Phone()
        let wallet = try await phone.openWithMoney()
        let file = URL(fileURLWithPath: #filePath).appending(path: "../../../../../tests/fault-scripts/subway.json")
        try await phone.gateway.playFaultScript(Data(contentsOf: file.standardizedFileURL))
        let card = try #require(try await wallet.cards().first)
        let topUp = try await wallet.topUp(usd("5.00"), card: card.id)
        #expect(topUp.state == .created)
        var cameThrough: [Bool] = []
        for _ in 0..<8 {
            try await wallet.buy("hint")
            let error = await failure { try await wallet.sync() }
            if let error {
                guard case .offline = error.reason else { throw Unexpected("\(error)") }
            }
            cameThrough.append(error == nil)
        }
        #expect(cameThrough == [false, true, false, true, true, false, true, false])

        try await phone.gateway.playFaultScript(nil)
        try await wallet.sync()
        #expect(wallet.balance["USD"].total == usd("9.60"))
        #expect(try await wallet.inventory()["hint"] == 8)
        #expect(try await wallet.topUps().first { $0.id == topUp.id }?.state == .succeeded)
        await wallet.close()
    }
}

import Foundation
import SandboxGateway
import Testing

import Farthing

/// A game that is killed, and two games at once.
@Suite(.timeLimit(.minutes(2))) struct ProcessTests {
    @Test func whatIsBoughtWithoutANetworkSurvivesAKillAndSettlesLater() async throws {
        let phone = try Phone()
        await (try phone.openWithMoney()).close()
        await phone.gateway.stop()
        let game = try Game("buy", on: phone)
        let told = try game.say(10)
        game.kill()

        let wallet = try await phone.open()
        let kept = try await wallet.purchases().map(\.id)
        #expect(Set(kept).isSuperset(of: told))
        #expect(try await wallet.inventory()["hint"] == kept.count)
        try await phone.gateway.restart()
        #expect(try await wallet.sync().settled == kept.count)
        #expect(try wallet.balance["USD"].total == usd("5.00") - usd("0.05") * kept.count)
        await wallet.close()
    }

    @Test func aGameThatIsKilledWhileACardIsChargedChargesItOnce() async throws {
        let phone = try Phone()
        let wallet = try await phone.open()
        try await wallet.sync()
        _ = try await wallet.addCard(goodCard)
        let device = try #require(try await wallet.device())
        await wallet.close()
        try await phone.gateway.setFaults(device: device, Data(#"{"lose_response": {"resource": "top-ups"}}"#.utf8))
        let game = try Game("top-up", on: phone)
        let begun = try game.say(1)
        game.kill()

        try await phone.gateway.setFaults(device: device, Data("{}".utf8))
        let reopened = try await phone.open()
        try await reopened.sync()
        let topUps = try await reopened.topUps()
        #expect(topUps.map(\.id) == begun)
        #expect(topUps.map(\.state) == [.succeeded])
        #expect(reopened.balance["USD"].total == usd("5.00"))
        await reopened.close()
    }

    @Test func whileAnotherProcessHasTheWalletItCannotBeOpened() async throws {
        let phone = try Phone()
        await (try phone.openWithMoney()).close()
        let game = try Game("buy", on: phone)
        _ = try game.say(1)
        let error = await failure { try await phone.open() }
        #expect(error?.reason == .alreadyOpen)
        game.kill()
        await (try phone.open()).close()
    }
}

/// The program `OtherProcess`, playing something.
private final class Game {
    private let process = Process()
    private let output = Pipe()

    init(_ play: String, on phone: Phone) throws {
        let built = try #require(Bundle.main.executableURL).deletingLastPathComponent()
        process.executableURL = built.appending(path: "OtherProcess")
        process.arguments = [
            play, phone.gateway.address.absoluteString, phone.gateway.publishableKey, phone.gateway.rootKey,
            phone.folder.path, phone.root.appending(path: "keys.json").path,
        ]
        process.standardOutput = output
        try process.start()
    }

    deinit {
        kill()
    }

    /// The first lines that it says.
    func say(_ count: Int) throws -> [String] {
        var text = ""
        while text.count(where: \.isNewline) < count {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the game ended")
            text += String(decoding: more, as: UTF8.self)
        }
        return text.split(separator: "\n").prefix(count).map(String.init)
    }

    func kill() {
        guard process.isRunning else { return }
        process.end()
    }
}

import Farthing
import Foundation

/// A game in a process of its own, which says what it was told and can be killed.
@main struct OtherProcess {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count == 6, let gateway = URL(string: arguments[1]) else {
            fatalError("arguments: play, gateway, publishable key, root key, folder, file of the keys")
        }
        var config = WalletConfig(
            gateway: gateway,
            publishableKey: arguments[2],
            folder: URL(fileURLWithPath: arguments[4])
        )
        config.rootKey = arguments[3]
        config.syncsByItself = false
        let keys = SoftwareKeyStore(file: URL(fileURLWithPath: arguments[5]))
        let wallet = try await Wallet.open(config, keyStore: keys)
        switch arguments[0] {
        case "buy":
            while true {
                say(try await wallet.buy("hint").id)
            }
        case "top-up":
            let card = try await wallet.cards()[0].id
            async let charged = wallet.topUp(Money("5.00", "USD"), card: card)
            while try await wallet.topUps().isEmpty {
                await Task.yield()
            }
            say(try await wallet.topUps()[0].id)
            _ = try await charged
            while true {
                try await Task.sleep(for: .seconds(60))
            }
        default: fatalError("there is no play \(arguments[0])")
        }
    }

    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}

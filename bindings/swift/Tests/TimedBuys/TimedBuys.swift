import Farthing
import Foundation

/// For `cargo xtask bench`: on each line with a number it buys so often, and answers with the nanoseconds of each.
@main struct TimedBuys {
    // Not on the main actor, as little as Rust's: the way there and back is no matter of the wallet.
    nonisolated static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count == 5, let gateway = URL(string: arguments[0]) else {
            fatalError("arguments: gateway, publishable key, root key, folder, funds in USD")
        }
        let folder = arguments[3]
        var config = WalletConfig(
            gateway: gateway,
            publishableKey: arguments[1],
            folder: URL(fileURLWithPath: folder)
        )
        config.rootKey = arguments[2]
        config.syncsByItself = false
        let keys = SoftwareKeyStore(file: URL(fileURLWithPath: "\(folder)-keys.json"))
        let wallet = try await Wallet.open(config, keyStore: keys)
        try await wallet.sync()
        let details = CardDetails(number: "4242 4242 4242 4242", expiryMonth: 12, expiryYear: 2034, cvc: "123")
        try await wallet.topUp(Money(arguments[4], "USD"), card: wallet.addCard(details).id)
        try await wallet.sync()
        say("ready")
        while let count = readLine().flatMap({ Int($0) }) {
            var nanoseconds: [Int64] = []
            for _ in 0..<count {
                let (_, attoseconds) = try await ContinuousClock().measure { try await wallet.buy("arrow") }.components
                nanoseconds.append(attoseconds / 1_000_000_000)
            }
            say(nanoseconds.map(String.init).joined(separator: " "))
            try await wallet.sync()
        }
        await wallet.close()
    }

    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}

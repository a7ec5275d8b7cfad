import Farthing
import Foundation

/// For `cargo xtask bench`: on each line with a number it buys so often, and answers with the nanoseconds of each.
@main struct TimedBuys {
    static func main() async throws {
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
            // In a task, as Rust's. What is awaited in `main` comes back by way of the main actor, and the two switches of
            // threads that this takes are no matter of the wallet.
            let nanoseconds = try await Task.detached {
                var nanoseconds: [Int64] = []
                for _ in 0..<count {
                    let duration = try await ContinuousClock().measure { try await wallet.buy("arrow") }
                    nanoseconds.append(duration.components.attoseconds / 1_000_000_000)
                }
                return nanoseconds
            }.value
            say(nanoseconds.map(String.init).joined(separator: " "))
            try await wallet.sync()
        }
        await wallet.close()
    }

    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}

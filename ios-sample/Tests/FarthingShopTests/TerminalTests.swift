import Foundation
import SandboxGateway
import Testing

/// The shop in a terminal, as QA uses it: a process, with lines piped in, against a real gateway.
@Suite(.timeLimit(.minutes(1))) struct TerminalTests {
    let root: URL
    let gateway: SandboxGateway

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "terminal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        gateway = try SandboxGateway(data: root.appending(path: "gateway"))
    }

    private var arguments: [String] {
        [
            "--gateway", gateway.address.absoluteString, "--key", gateway.publishableKey,
            "--root-key=\(gateway.rootKey)", "--folder", root.appending(path: "shop").path,
        ]
    }

    private func play(_ lines: [String], _ more: [String] = []) async throws -> (said: String, status: Int32) {
        let shop = try ShopProcess(arguments + more)
        for line in lines {
            try shop.type(line)
        }
        return try await shop.end()
    }

    @Test func aDayOfTesting() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let (said, status) = try await play([
            "shop", "card 3ds", "topup 5", "confirm", "buy extra_life", "sync", "offline on", "buy Golden Key", "bag",
            "use extra life", "kill", "sync", "faults reject", "buy 3", "sync", "purchases", "receipt 2", "share 2",
            "clock +1d", "clock right", "status", "quit", "buy hint",
        ])
        #expect(status == 0)
        let expected = [
            "1 ♥ Extra life", "The card is in the vault.", "Your bank wants to know that it is you. Confirm $5.00",
            "$5.00 is in your purse.", "✓ Yours  ♥ Extra life  $0.25   1 in your bag", "Airplane mode, on",
            "✓ Yours  ⚷ Golden key  $0.99   1 in your bag", "$0.99 on its way", "Used.", "Ordered.",
            "A purchase was taken back.", "Taken back", "Who got what", "The studio", "Wallet’s clock: +24 h",
            "Wallet’s clock: +0 h", "Waiting for settlement: 0",
        ]
        var rest = said[...]
        for words in expected {
            let found = try #require(rest.range(of: words), "\(words) is not in:\n\(rest)")
            rest = rest[found.upperBound...]
        }
        let receipt = try #require(said.split(separator: "\n").first { $0.hasPrefix("eyJ") })
        #expect(receipt.split(separator: ".").count == 3)
        // Nothing after quit, no colours in a pipe.
        #expect(!said.contains("buy hint") && !said.contains("\u{1B}"))
    }

    @Test func whatIsNotUnderstoodSaysWhatToType() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let (said, status) = try await play([
            "byu hint", "buy", "buy hnit", "buy 99", "buy hint 0", "offline", "faults rejct", "clock tomorrow",
            "receipt",
            "topup 5", "topup five", "card 4242", "card god", "remove 1111", "confirm", "xyzzy",
        ])
        #expect(status == 1)
        for words in [
            "There is no command byu. Did you mean buy hint?", "buy needs more: buy ITEM",
            "There is no hnit. Did you mean hint?", "There is no number 99: shop has 1 to 10.",
            "1 to 1,000 can be bought at once.", "offline needs more: offline on or offline off",
            "Did you mean faults reject?", "tomorrow is no shift of the clock: clock +3d", "Nothing bought yet",
            "No card yet", "\"five\" is no decimal amount", "card needs more", "There is no test card god.",
            "No card ends in 1111.", "No bank asks.", "There is no command xyzzy. Type help to see all.",
        ] {
            #expect(said.contains(words), "\(words) is not in:\n\(said)")
        }
    }

    @Test func aKillInTheMiddleLosesNothing() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let shop = try ShopProcess(arguments)
        for line in ["card good", "topup 5", "offline on", "buy golden_key"] {
            try shop.type(line)
        }
        _ = try await shop.read(until: "✓ Yours")
        shop.kill()
        let (said, _) = try await play(["sync", "purchases", "shop"])
        #expect(said.contains("✓ Settled") && said.contains("golden_key         1 in your bag"), "\(said)")
        #expect(said.contains("$4.01"))
    }

    @Test func whatIsNotUnderstoodOfPayingSaysWhatToType() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        try await gateway.registerCreator("ana", name: "Ana")
        let (said, status) = try await play([
            "tip anna 1", "tip ana much", "tip ana 1", "tab shut", "tab open 10", "tab close", "limits dya 5",
            "limits day much", "approve 1 4711", "renew season_pass on", "use api_calls 0", "autotopup 1 5 20",
            "refund", "creatros",
        ])
        #expect(status == 1)
        for words in [
            "There is no creator anna. Did you mean ana?", "\"much\" is no decimal amount", "That costs $1.00",
            "shut is neither open nor close", "No card yet", "Buy now, and pay at the end", "Did you mean limits day?",
            "Nothing was asked", "No pass yet", "1 to 1,000,000 can be used at once.", "Nothing bought yet",
            "Did you mean creators?",
        ] {
            #expect(said.contains(words), "\(words) is not in:\n\(said)")
        }
    }

    @Test func aPackFromTheStoreIsBoughtOfflineAndCreditedAfterAKill() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let stores = try StandInStores(folder: root.appending(path: "stores"))
        try await stores.connect(to: gateway)
        let shop = try ShopProcess(arguments)
        for line in ["packs", "pack 5", "stores \(stores.address.absoluteString)", "offline on", "pack 7", "pack 5"] {
            try shop.type(line)
        }
        var said = try await shop.read(until: "Paid. It is credited once there is a connection.")
        shop.kill()
        for words in ["There is no store here", "There is no pack of $7.00. Type packs to see what there is."] {
            #expect(said.contains(words), "\(words) is not in:\n\(said)")
        }
        // The stores are among what is kept.
        (said, _) = try await play(["packs", "stores off", "packs"])
        for words in [
            "$5.00 from the store is in your purse.", "$5.00   $5.00 without", "$5.00 of balance", "There is no store",
        ] {
            #expect(said.contains(words), "\(words) is not in:\n\(said)")
        }
        stores.stop()
        (said, _) = try await play(["packs", "pack 5"], ["--stores", stores.address.absoluteString])
        #expect(said.contains("The store can’t be reached"), "\(said)")
    }

    @Test func aPlayersTokenIsGivenAtTheStartOrTypedAndIsNotRepeated() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let used = try await gateway.enrolmentToken(player: "ada")
        let other = try await OtherPhone(gateway, token: used, in: root.appending(path: "other"))
        try await other.buy("lantern")
        let (token, next) = try await (
            gateway.enrolmentToken(player: "ada"), gateway.enrolmentToken(player: "ada")
        )
        let (said, status) = try await play(
            ["token mistyped", "token \(token)", "purchases", "token \(next)", "reset", "yes", "token off"],
            ["--token", used]
        )
        let expected = [
            "A player’s token is good once", "token TOKEN opens it with another", "› token …",
            "A player’s token is good once", "› token …", "$28.51", "1 × Lantern", "From another device", "› token …",
            "the token is for the next one, after a reset", "› reset", "$8.51", "› token off",
        ]
        var rest = said[...]
        for words in expected {
            let found = try #require(rest.range(of: words), "\(words) is not in:\n\(rest)")
            rest = rest[found.upperBound...]
        }
        #expect(status == 0 && !said.contains(token) && !rest.contains("after a reset"))
        await other.close()
    }

    @Test func aKillInTheMiddleLosesNoWayToPay() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        try await gateway.registerCreator("ana", name: "Ana")
        let shop = try ShopProcess(arguments)
        for line in [
            "card good", "tab open 10", "autotopup 1 5 20", "yes", "offline on", "tip ana 0.50 Thanks",
            "buy season_pass", "renew season_pass on", "use api_calls 5",
        ] {
            try shop.type(line)
        }
        _ = try await shop.read(until: "5 since you came in")
        shop.kill()
        let (said, _) = try await play(["tab", "pass", "autotopup", "meter", "purchases", "tab close", "tab"])
        for words in [
            // What was in memory only is lost, in the player's favour.
            "You owe $3.49 of your tab of $10.00", "Renews by itself, for $2.99 at most", "$0.00 of $20.00 charged",
            "0 written down", "Tip to Ana", "1 × Season pass", "You have paid $3.49.",
        ] {
            #expect(said.contains(words), "\(words) is not in:\n\(said)")
        }
    }

    @Test func withoutAGatewayItSaysWhereItLooked() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let (said, status) = try await play(["buy hint", "sync"], ["--gateway", "http://127.0.0.1:1"])
        #expect(said.contains("The shop is closed") && said.contains("No connection."))
        #expect(said.contains("Is the gateway running at http://127.0.0.1:1?"))
        #expect(status == 0)
    }

    @Test func withoutAKeyItAsksForOneAndKeepsIt() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let folder = ["--folder", root.appending(path: "shop").path]
        let first = try ShopProcess(folder)
        try first.type("gateway \(gateway.address.absoluteString) \(gateway.publishableKey) \(gateway.rootKey)")
        let said = try await first.end().said
        #expect(said.contains("Where is the gateway?") && said.contains("For your journey"), "\(said)")
        let again = try await ShopProcess(folder).end()
        #expect(again.said.contains("For your journey") && again.status == 0)
    }

    @Test func anotherGatewayHasAWalletOfItsOwn() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        _ = try await play(["card good", "topup 5"])
        let other = try SandboxGateway(data: root.appending(path: "other"))
        let said = try await play([
            "gateway \(other.address.absoluteString) \(other.publishableKey) \(other.rootKey)", "status",
            "gateway \(gateway.address.absoluteString) \(gateway.publishableKey) \(gateway.rootKey)",
        ]).said
        let totals = said.matches(of: /\$[0-9.]+ without a connection/).map { String($0.output) }
        #expect(totals == ["$5.00", "$0.00", "$5.00"].map { "\($0) without a connection" })
        #expect(said.contains("Gateway: \(other.address.absoluteString)"))
    }

    @Test func germanIsSpoken() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let byOption = try await play(["bag"], ["--language", "de"]).said
        #expect(byOption.contains("Für deine Reise") && byOption.contains("0,25\u{A0}$"))
        let shop = try ShopProcess(arguments, environment: ["LANG": "de_DE.UTF-8"])
        #expect(try await shop.end().said.contains("Goldener Schlüssel"))
    }

    @Test func aWrongOptionEndsItWithTwo() async throws {
        let (said, status) = try await ShopProcess(["--gatway", "x"]).end()
        #expect(status == 2 && said.contains("There is no option --gatway. Did you mean --gateway?"))
        #expect(try await ShopProcess(["--key"]).end().said.contains("--key needs a value."))
        let help = try await ShopProcess(["--help"]).end()
        #expect(help.status == 0 && help.said.contains("Usage: farthing-shop"))
    }

    @Test func aCardThatIsPipedInIsNotRepeated() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let (said, _) = try await play(["card 4242 4242 4242 4242 12/34 123", "card 4242 4242 4242 4241 12/34 123"])
        #expect(said.contains("The card is in the vault.") && said.contains("Is a digit missing?"))
        #expect(!said.contains("4242 4242"))
    }
}

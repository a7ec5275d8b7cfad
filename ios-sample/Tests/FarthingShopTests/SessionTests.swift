import Foundation
import SandboxGateway
import Testing

/// Each way to pay, typed into the shop in a terminal. `cargo xtask sample ios-screens` takes pictures of them.
@Suite(.timeLimit(.minutes(1))) struct SessionTests {
    let root: URL
    let gateway: SandboxGateway

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "session-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        gateway = try SandboxGateway(data: root.appending(path: "gateway"))
    }

    /// Types lines, and expects words in their order. What is said from the second part on is a picture.
    private func play(
        _ name: String,
        before: [String],
        _ lines: [String],
        expecting expected: [String],
        language: String = "en",
        stores: StandInStores? = nil,
        token: String = "off"
    ) async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let arguments = [
            "--gateway", gateway.address.absoluteString, "--key", gateway.publishableKey,
            "--root-key=\(gateway.rootKey)", "--folder", root.appending(path: "shop").path, "--language", language,
            "--stores", stores?.address.absoluteString ?? "off", "--token", token,
        ]
        let shop = try ShopProcess(arguments, environment: ["FORCE_COLOR": "1", "NO_COLOR": ""])
        for line in before + lines {
            try shop.type(line)
        }
        let (said, status) = try await shop.end()
        #expect(status == 0, "\(said)")
        var rest = said.replacing(/\u{1B}\[[0-9;]+m/, with: "")[...]
        for words in expected {
            let found = try #require(rest.range(of: words), "\(words) is not in:\n\(rest)")
            rest = rest[found.upperBound...]
        }
        let parts = said.components(separatedBy: "\n› ").dropFirst(1 + before.count)
        let shown = parts.map { "› \($0)" }.joined(separator: "\n").trimmingCharacters(in: .newlines)
        try TerminalPage(shown).save(as: name)
    }

    @Test func theShop() async throws {
        try await play(
            "01-shop",
            before: ["card good", "topup 10"],
            ["shop", "offline on", "buy explorer_set", "bag", "use hint 2"],
            expecting: [
                "In it: 1 × Lantern, 5 × Hint, 3 × Health potion", "Lasts 30 days", "✓ Yours", "$1.79 on its way",
                "5 in your bag", "Hint: 3 in your bag",
            ]
        )
    }

    @Test func aPass() async throws {
        try await play(
            "02-pass",
            before: ["card good", "topup 5", "pass"],
            ["offline on", "buy season_pass", "renew season on", "kill", "pass", "offline off", "refund", "pass"],
            expecting: [
                "No pass yet", "✓ Yours", "Until ", "Renews by itself, for $2.99 at most", "› kill",
                "Renews by itself", "$2.99 is back in your purse.", "Over since",
            ]
        )
    }

    @Test func gems() async throws {
        try await gateway.configure(settings: "", files: ["catalog.toml": gemsCatalog])
        try await play(
            "03-gems",
            before: ["card good", "topup 5"],
            ["shop", "buy gems_15", "sync", "offline on", "buy chest", "bag"],
            expecting: [
                "15 gems in your purse, once it is settled", "✓ Yours", "15 gems without a connection",
                "✓ Yours  □ Chest  12 gems", "Your purse: 3 gems, 12 gems on its way",
            ]
        )
    }

    @Test func aTip() async throws {
        try await gateway.registerCreator("ana", name: "Ana")
        try await play(
            "04-tip",
            before: ["card good", "topup 5"],
            [
                "creators", "offline on", "tip ana 0.50 \"What a level!\"", "offline off", "receipt", "refund",
                "purchases",
            ],
            expecting: [
                "tip ana 0.50", "Ana gets $0.50 from you.", "$0.50 on its way", "Tip to Ana", "“What a level!”",
                "The creator", "$0.50 is back in your purse.", "↩ Refunded",
            ]
        )
    }

    @Test func aTab() async throws {
        try await play(
            "05-tab",
            before: ["card good", "tab", "tab close"],
            ["tab open 10", "offline on", "buy golden_key", "kill", "tab", "tab close"],
            expecting: [
                "tab open 10 opens one", "Buy now, and pay at the end", "Your tab is open: you can spend $10.00 now.",
                "✓ Yours",
                "› kill", "You owe $0.99 of your tab of $10.00", "Close the tab, pay $0.99",
                "Your tab is closed. You have paid $0.99.",
            ]
        )
    }

    @Test func aTabThatTheBankAsksFor() async throws {
        try await play(
            "06-tab-3ds",
            before: ["card 3ds"],
            ["tab open 20", "confirm", "buy sword_of_dawn", "tab close"],
            expecting: [
                "Confirm the tab of $20.00", "Your tab is open: you can spend $20.00 now.", "✓ Yours",
                "You have paid $4.99.",
            ]
        )
    }

    @Test func anAutomaticTopUp() async throws {
        try await play(
            "07-automatic-top-up",
            before: ["card good", "autotopup"],
            [
                "autotopup 5 5 20", "no", "autotopup 5 5 20", "yes", "sync", "buy hint", "sync", "autotopup",
                "autotopup off", "autotopup",
            ],
            expecting: [
                "It is off", "Whenever you have less than $5.00, Visa ending in 4242 is charged $5.00 by itself",
                "only yes does it", "Agreed.", "$5.00 is in your purse, charged by itself",
                "$10.00 of $20.00 charged this month", "Stopped.", "It is off",
            ]
        )
    }

    @Test func whatIsPaidByUse() async throws {
        try await play(
            "08-by-use",
            before: ["card good", "topup 5"],
            ["meter", "offline on", "use api_calls 5", "use words", "kill", "meter", "use api_calls 16000"],
            expecting: [
                "$1.00 for 10,000", "$2.00 a day at most", "5 since you came in, for $0.0005", "Your purse: $4.9995",
                "6 since you came in", "6 written down, for $0.0006", "is used up.",
            ]
        )
    }

    @Test func limitsAndAGuardian() async throws {
        try await play(
            "09-limits",
            before: ["card good", "topup 5"],
            [
                "limits day 2", "limits ask 0.25 4711", "buy golden_key", "approvals", "approve 1 0000",
                "approve 1 4711", "buy golden_key", "buy golden_key 2", "sync", "limits",
            ],
            expecting: [
                "The limit holds.", "you: $2.00", "› limits ask 0.25 …", "guardian: $0.25", "A guardian has set a PIN",
                "A guardian was asked.", "Waits for a guardian", "› approve 1 …", "That is not the guardian’s PIN.",
                "Approved: buy it again", "✓ Yours", "leaves too little for this", "$1.01 of $2.00 left until",
            ]
        )
    }

    @Test func aPackFromTheStore() async throws {
        let stores = try StandInStores(folder: root.appending(path: "stores"))
        try await stores.connect(to: gateway)
        try await play(
            "11-packs",
            before: ["card good"],
            ["cards", "packs", "pack 5", "offline on", "pack 10", "packs", "kill"],
            expecting: [
                "Fees take 9% of $5.00, and 4.4% of $20.00.", "nobody pays", "$5.00 of balance", "$4.99 at the store",
                "$5.00 from the store is in your purse.", "Paid. It is credited once there is a connection.",
                "1 pack is bought and not credited yet.", "› kill", "$10.00 from the store is in your purse.",
                "$15.00",
            ],
            stores: stores
        )
    }

    @Test func aNewPhoneOfAPlayer() async throws {
        let token = try await gateway.enrolmentToken(player: "ada")
        let other = try await OtherPhone(gateway, token: token, in: root.appending(path: "other"))
        try await other.buy("lantern", "hint", "golden_key")
        try await play(
            "12-phones",
            before: [],
            ["offline on", "buy extra_life", "purchases", "receipt 4", "refund 4", "bag"],
            expecting: [
                "$27.47", "✓ Yours", "1 × Extra life", "1 × Golden key", "From another device", "1 × Hint",
                "From another device", "1 × Lantern", "From another device", "› receipt", "From another device",
                "The studio", "is given back there", "Lantern", "Yours for ever",
            ],
            token: gateway.enrolmentToken(player: "ada")
        )
        await other.close()
    }

    @Test func tax() async throws {
        try await gateway.configure(settings: taxRules, files: [:])
        try await gateway.registerCreator("ana", name: "Ana")
        try await play(
            "13-tax",
            before: ["card good", "topup 5", "tip ana 0.50", "buy lantern", "sync"],
            ["receipt 1", "receipt 2"],
            expecting: [
                "1 × Lantern", "Paid $1.49", "Includes 19% tax (DE): $0.2379", "The studio", "Tip to Ana", "Paid $0.50",
                "The creator",
            ],
            token: gateway.enrolmentToken(player: "ada", country: "DE")
        )
    }

    @Test func inGerman() async throws {
        try await gateway.registerCreator("ana", name: "Ana")
        try await play(
            "10-deutsch",
            before: ["card good"],
            ["tab open 10", "tip ana 0.50 \"Was für ein Level!\"", "buy season_pass", "renew season_pass on", "tab"],
            expecting: [
                "Dein Deckel ist offen", "Ana bekommt 0,50\u{A0}$ von dir.", "Saisonpass", "Verlängert sich von selbst",
                "Du schuldest 3,49\u{A0}$ von deinem Deckel über 10,00\u{A0}$",
            ],
            language: "de"
        )
    }
}

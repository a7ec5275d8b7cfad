import FarthingShop
import Testing

@testable import farthing_shop

/// What a line at the prompt means.
@Suite struct CommandTests {
    @Test(arguments: [
        ("buy extra life", ShopCommand.buy(item: "extra life", quantity: 1)),
        ("BUY 4 10", .buy(item: "4", quantity: 10)), ("buy 4", .buy(item: "4", quantity: 1)),
        ("use hint", .use(item: "hint", quantity: 1)), ("use api_calls 5", .use(item: "api_calls", quantity: 5)),
        ("ls", .shop), ("q", .quit), ("receipt", .receipt(number: 1)),
        ("share 3", .share(number: 3)), ("topup $5", .topUp(amount: "5", currency: "USD")),
        ("top-up 5 eur", .topUp(amount: "5", currency: "eur")), ("confirm", .confirm(true)),
        ("confirm no", .confirm(false)), ("offline on", .offline(true)), ("faults", .faults),
        ("faults off", .fault(.none)), ("clock +3d", .clock(hours: 72)), ("clock -2h", .clock(hours: -2)),
        ("clock 1d", .clock(hours: 24)), ("clock right", .clockRight), ("cards 4242", .cards(chosen: "4242")),
        ("remove 4242 4242", .remove(lastFour: "4242")),
    ])
    func linesAreRead(line: String, command: ShopCommand) throws {
        #expect(try ShopCommand.read(line) == command)
    }

    private static let payments: [(line: String, command: ShopCommand)] = [
        ("passes", .passes),
        ("renew season pass on", .renew(item: "season pass", agrees: true)), ("meter", .meters),
        ("renew season_pass off", .renew(item: "season_pass", agrees: false)), ("creators", .creators),
        ("tip ana $0.50", .tip(creator: "ana", amount: "0.50", message: "")),
        ("tip ana 0.50 \"What a level!\"", .tip(creator: "ana", amount: "0.50", message: "What a level!")),
        ("tip ana 0.50 “What”", .tip(creator: "ana", amount: "0.50", message: "What")),
        ("tab", .tab), ("tab open $10", .openTab(limit: "10")), ("tab close", .closeTab), ("autotopup", .autoTopUp),
        ("auto-top-up $1 5 20", .agree(below: "1", amount: "5", monthlyCap: "20")),
        ("autotopup off", .stopAutoTopUp), ("limits", .limits), ("limits day 5", .limit(.day, amount: "5", pin: "")),
        ("limits ask $0.25 4711", .limit(.ask, amount: "0.25", pin: "4711")),
        ("limits week off", .limit(.week, amount: nil, pin: "")), ("approvals", .approvals),
        ("approve 2 4711", .answer(number: 2, approve: true, pin: "4711")),
        ("decline 1 4711", .answer(number: 1, approve: false, pin: "4711")), ("refund", .refund(number: 1)),
        ("refund 2", .refund(number: 2)), ("packs", .packs), ("pack $5", .pack(credit: "5")),
        ("stores http://127.0.0.1:8471", .stores(address: Options.demoStores)), ("stores off", .stores(address: "")),
        ("token eyJ.x.y", .token("eyJ.x.y")), ("token off", .token("")),
    ]

    @Test(arguments: payments)
    func waysToPayAreRead(line: String, command: ShopCommand) throws {
        #expect(try ShopCommand.read(line) == command)
    }

    @Test func aCardIsReadFromOneLine() throws {
        let words = ShopCommand.CardWords(number: "4242 4242 4242 4242", month: "1", year: "2034", cvc: "123")
        #expect(try ShopCommand.read("card 4242 4242 4242 4242 1/2034 123") == .card(words))
    }

    @Test(arguments: [
        "buy", "use", "topup", "offline", "clock", "gateway", "gateway x", "remove", "card 4242",
        "renew season_pass", "tip ana", "tab open", "autotopup 1", "limits day", "approve 1", "decline",
        "pack", "stores", "token",
    ])
    func whatMissesSomethingShowsHowItIsTyped(line: String) {
        do {
            _ = try ShopCommand.read(line)
            Issue.record("\(line) was understood")
        } catch {
            let name = line.prefix { $0 != " " }
            #expect(error.words.hasPrefix("\(name) needs more: \(name) "))
        }
    }

    @Test func blankLinesMeanNothing() throws {
        #expect(try ShopCommand.read("  \t") == nil)
    }

    @Test func theNearestWordIsFoundAndNoFarOne() {
        #expect(nearestWord(to: "puchases", in: ["purchases", "bag"]) == "purchases")
        #expect(nearestWord(to: "byu", in: ["buy", "bag"]) == "buy")
        #expect(nearestWord(to: "xyzzy", in: ["buy", "bag"]) == nil)
        #expect(nearestWord(to: "x", in: []) == nil)
    }

    @Test func anotherGatewayOrKeyForgetsTheRootKeyAndTheToken() throws {
        var kept = ShopSettings(gateway: "http://one", publishableKey: "pk_test_1", rootKey: "root")
        kept.enrolmentToken = "token"
        #expect(try Options([]).settings(over: kept) == kept)
        #expect(try Options(["--key", "pk_test_2"]).settings(over: kept).rootKey == "")
        #expect(try Options(["--key", "pk_test_2"]).settings(over: kept).enrolmentToken == "")
        #expect(try Options(["--gateway=http://two", "--token=t"]).settings(over: kept).enrolmentToken == "t")
        #expect(try Options(["--token", "off"]).settings(over: kept).enrolmentToken == "")
        #expect(try Options(["--stores", Options.demoStores]).settings(over: kept).stores == Options.demoStores)
        #expect(try Options(["--gateway=http://two", "--root-key=-r"]).settings(over: kept).rootKey == "-r")
    }
}

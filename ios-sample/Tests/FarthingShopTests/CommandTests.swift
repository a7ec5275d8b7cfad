import FarthingShop
import Testing

@testable import farthing_shop

/// What a line at the prompt means.
@Suite struct CommandTests {
    @Test(arguments: [
        ("buy extra life", ShopCommand.buy(item: "extra life", quantity: 1)),
        ("BUY 4 10", .buy(item: "4", quantity: 10)), ("buy 4", .buy(item: "4", quantity: 1)),
        ("use hint", .use(item: "hint")), ("ls", .shop), ("q", .quit), ("receipt", .receipt(number: 1)),
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

    @Test func aCardIsReadFromOneLine() throws {
        let words = ShopCommand.CardWords(number: "4242 4242 4242 4242", month: "1", year: "2034", cvc: "123")
        #expect(try ShopCommand.read("card 4242 4242 4242 4242 1/2034 123") == .card(words))
    }

    @Test(arguments: ["buy", "use", "topup", "offline", "clock", "gateway", "gateway x", "remove", "card 4242"])
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

    @Test func anotherGatewayOrKeyForgetsTheRootKey() throws {
        let kept = ShopSettings(gateway: "http://one", publishableKey: "pk_test_1", rootKey: "root")
        #expect(try Options([]).settings(over: kept) == kept)
        #expect(try Options(["--key", "pk_test_2"]).settings(over: kept).rootKey == "")
        #expect(try Options(["--gateway=http://two", "--root-key=-r"]).settings(over: kept).rootKey == "-r")
    }
}

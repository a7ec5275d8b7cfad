/// The first word of a line.
enum CommandName: String, CaseIterable {
    case shop
    case buy
    case bag
    case use
    case pass
    case renew
    case meter
    case card
    case cards
    case remove
    case topUp = "topup"
    case autoTopUp = "autotopup"
    case tab
    case packs
    case pack
    case confirm
    case creators
    case tip
    case limits
    case approvals
    case approve
    case decline
    case purchases
    case receipt
    case refund
    case share
    case offline
    case sync
    case status
    case faults
    case clock
    case kill
    case gateway
    case stores
    case token
    case reset
    case help
    case quit

    /// Other words for the same.
    private static let others: [String: CommandName] = [
        "ls": .shop, "list": .shop, "inventory": .bag, "top-up": .topUp, "fault": .faults, "purchase": .purchases,
        "passes": .pass, "meters": .meter, "auto-top-up": .autoTopUp, "tabs": .tab, "limit": .limits,
        "approval": .approvals,
        "exit": .quit, "q": .quit, "?": .help, "erase": .reset,
    ]

    /// What was typed, if it is a command.
    init?(typed: String) {
        guard let name = CommandName(rawValue: typed) ?? Self.others[typed] else { return nil }
        self = name
    }

    /// The command that may have been meant.
    static func nearest(to typed: String) -> String? {
        nearestWord(to: typed, in: allCases.map(\.rawValue) + others.keys.filter { $0.count > 2 }.sorted())
    }

    /// How it is typed.
    var usage: String {
        switch self {
        case .buy: "buy ITEM [HOW MANY], such as buy extra_life or buy 4 10"
        case .use: "use ITEM [HOW MANY], such as use extra_life or use api_calls 5"
        case .renew: "renew PASS on or renew PASS off, such as renew season_pass on"
        case .tip: "tip CREATOR AMOUNT [MESSAGE], such as tip ana 0.50 \"What a level!\""
        case .autoTopUp: "autotopup BELOW AMOUNT MOST-IN-A-MONTH, such as autotopup 1 5 20, or autotopup off"
        case .tab: "tab open AMOUNT, tab close, or tab alone, such as tab open 10"
        case .limits: "limits [WHICH AMOUNT [PIN]], such as limits day 5, limits day off or limits ask 0.25 4711"
        case .approve: "approve NUMBER PIN, such as approve 1 4711"
        case .decline: "decline NUMBER PIN, such as decline 1 4711"
        case .refund: "refund [NUMBER]"
        case .card: "card NUMBER MM/YY CVC, such as card 4242 4242 4242 4242 12/34 123"
        case .remove: "remove LAST FOUR DIGITS, such as remove 4242"
        case .topUp: "topup AMOUNT [CURRENCY], such as topup 5 or topup 5 EUR"
        case .pack: "pack AMOUNT, such as pack 5"
        case .confirm: "confirm [no]"
        case .cards: "cards [LAST FOUR DIGITS]"
        case .receipt: "receipt [NUMBER]"
        case .share: "share [NUMBER]"
        case .offline: "offline on or offline off"
        case .faults: "faults [NAME]"
        case .clock: "clock +3d, clock -2h or clock right"
        case .gateway: "gateway URL KEY [ROOT KEY]"
        case .stores: "stores URL, such as stores \(Options.demoStores), or stores off"
        case .token: "token TOKEN, from the game's back end, or token off"
        case .shop, .bag, .pass, .meter, .packs, .creators, .approvals, .purchases, .sync, .status, .kill, .reset,
            .help, .quit:
            rawValue
        }
    }

    /// The parts of the help, each with its commands.
    static let parts: [(heading: String, commands: [CommandName])] = [
        ("Play", [.shop, .buy, .bag, .use, .pass, .renew, .meter]),
        ("Pay", [.card, .cards, .remove, .topUp, .autoTopUp, .tab, .packs, .pack, .confirm]),
        ("Give", [.creators, .tip]),
        ("Limit", [.limits, .approvals, .approve, .decline]),
        ("Look back", [.purchases, .receipt, .refund, .share]),
        ("Test", [.offline, .sync, .status, .faults, .clock, .kill, .gateway, .stores, .token, .reset]),
        ("Leave", [.help, .quit]),
    ]

    /// How it is typed, and what it does, in the help.
    var help: (form: String, words: String) {
        switch self {
        case .shop: ("shop", "what is for sale, and your purse")
        case .buy: ("buy ITEM [N]", "by number, SKU or name; online or not")
        case .bag: ("bag", "what you own")
        case .use: ("use ITEM [N]", "use up one; or count what is paid by use")
        case .pass: ("pass", "what you have for a time, and whether it renews")
        case .renew: ("renew PASS on|off", "let the wallet renew it by itself")
        case .meter: ("meter", "what is paid by use, and what was counted")
        case .card: ("card", "add a card; at once: card good, card declined, card 3ds")
        case .cards: ("cards [4242]", "your cards in the vault; which one is charged")
        case .remove: ("remove 4242", "take a card out of the vault")
        case .topUp: ("topup 5", "charge the chosen card")
        case .autoTopUp: ("autotopup [1 5 20]", "charge the chosen card by itself: below $1, $5, at most $20 a month")
        case .tab: ("tab [open 10|close]", "buy now, and pay at the end by the chosen card")
        case .packs: ("packs", "packs of balance from the app store")
        case .pack: ("pack 5", "buy one there, and have it in your purse")
        case .creators: ("creators", "who can be tipped")
        case .tip: ("tip ana 0.50 [WORDS]", "thank a creator; online or not")
        case .limits: ("limits [day 5 [PIN]]", "purchase, day, week, month, ask; yours, or with a PIN a guardian's")
        case .approvals: ("approvals", "what a guardian was asked")
        case .approve: ("approve N PIN", "let it be bought, once")
        case .decline: ("decline N PIN", "don't")
        case .confirm: ("confirm [no]", "say on the bank's page that it is you (3-D Secure)")
        case .purchases: ("purchases", "what you bought, the newest first")
        case .receipt: ("receipt [N]", "who got what of a purchase")
        case .refund: ("refund [N]", "give back what is unused; take back a tip")
        case .share: ("share [N]", "the signed receipt, for the game's back end")
        case .offline: ("offline on|off", "airplane mode")
        case .sync: ("sync", "talk to the gateway now, and wait for it")
        case .status: ("status", "sync, queue, device, clock, gateway")
        case .faults: ("faults [NAME]", "order a bad day at the gateway, for this device")
        case .clock: ("clock +3d", "shift the wallet's clock; clock right sets it")
        case .kill: ("kill", "close the shop and open it again")
        case .gateway: ("gateway URL KEY", "open the shop at another gateway")
        case .stores: ("stores URL|off", "where the stand-in for the app store is")
        case .token: ("token TOKEN|off", "whose a new wallet is: a token of the game's back end")
        case .reset: ("reset", "delete this wallet and begin a new one")
        case .help: ("help", "this")
        case .quit: ("quit", "or Ctrl-D")
        }
    }
}

import Farthing
import FarthingShop
import Foundation

extension TerminalShop {
    /// Does what a command says.
    func perform(_ command: ShopCommand) async {
        switch command {
        case .help: show(pages.help())
        case .quit: break
        case .shop:
            await shop.session.refreshed()
            show(shopPage())
        case .status:
            await shop.session.refreshed()
            show(pages.status(shop.tools))
        case .kill:
            await shop.tools.kill().value
            await connect()
            flushNotices()
            showPurseOrWhy()
        case .clock(let hours): await skewClock(shop.tools.settings.clockSkewHours + hours)
        case .clockRight: await skewClock(0)
        case .gateway(let address, let publishableKey, let rootKey):
            await reopen { settings in
                (settings.gateway, settings.publishableKey, settings.rootKey) = (address, publishableKey, rootKey)
                settings.enrolmentToken = ""
            }
        case .stores(let address): await reopen { $0.stores = address }
        case .token(let token):
            await reopen { $0.enrolmentToken = token }
            show(keptToken())
        case .reset: await reset()
        default:
            guard shop.session.wallet != nil else {
                show(shopPage())
                return
            }
            await shop.session.refreshed()
            await performOpen(command)
        }
    }

    private func reopen(with change: (inout ShopSettings) -> Void) async {
        var settings = shop.tools.settings
        change(&settings)
        await shop.tools.change(settings).value
        await reopened()
    }

    /// Does what needs an open wallet.
    private func performOpen(_ command: ShopCommand) async {
        switch command {
        case .buy(let item, let quantity): await buy(item, quantity)
        case .use(let item, let quantity): await use(item, quantity)
        case .bag: show(pages.bag(shop.bag.items ?? []))
        case .purchases: show(pages.purchases(shop.purchases.rows ?? []))
        case .receipt(let number): await showReceipt(number)
        case .share(let number):
            guard let row = purchase(number), let receipt = await shop.purchases.signedReceipt(row.id).value else {
                return
            }
            terminal.line(receipt)
        case .cards(let chosen):
            if let chosen, let card = self.card(endingIn: chosen) { shop.cards.choose(card.id) }
            showCards()
        case .addCard: await addCard()
        case .card(let words): await add(CardEntry(words))
        case .remove(let lastFour): await remove(lastFour)
        case .topUp(let amount, let currency): await topUp(amount, currency)
        case .confirm(let confirms): await confirm(confirms)
        case .offline(let isOffline):
            shop.session.setOffline(isOffline)
            if !isOffline { await syncAndHandOver() }
            await shop.session.refreshed()
            showPurseOrWhy()
        case .sync: await sync()
        case .faults: show(pages.faults(shop.tools.fault))
        case .fault(let fault): _ = await shop.tools.order(fault).value
        default: await performPayment(command)
        }
    }

    // MARK: - Play

    private func buy(_ typed: String, _ quantity: Int) async {
        guard case .open(let shelves) = shop.shop.screen else { return show(shopPage()) }
        guard let item = find(typed, in: shelves.items.map(\.name), from: "shop") else { return }
        guard let purchase = await shop.shop.buy(item.sku, quantity: quantity).value else { return }
        shop.shop.grantedShown(item.sku)
        await shop.session.refreshed()
        guard case .open(let now) = shop.shop.screen else { return }
        let title = purchase.quantity == 1 ? wording.title(item) : "\(purchase.quantity) × \(wording.title(item))"
        let yours = terminal.styled("✓ \(wording.text(.granted))", .good)
        let owned = shop.bag.items?.first { $0.id == item.sku }.map { "   " + wording.text($0.quantityWords) } ?? ""
        terminal.line("\(yours)  \(pages.picture(item)) \(title)  \(wording.money(purchase.total))\(owned)")
        terminal.line(pages.hint(pages.shortPurse(now.purse, purchase.total.currency)))
    }

    private func use(_ typed: String, _ quantity: Int) async {
        let items = shop.bag.items ?? []
        // What is paid by use has no number: it is in no bag.
        let metered = Int(typed) == nil ? shop.meter.rows.map(\.name) : []
        guard !items.isEmpty || matching(typed, in: metered) != nil else { return show(pages.bag([])) }
        // One that is used up is in no list any more; the wallet says so best.
        let gone = matching(typed, in: shelf.filter { name in !items.contains { $0.id == name.sku } })
        guard let item = gone ?? find(typed, in: items.map(\.name) + metered, from: "bag") else { return }
        if metered.contains(item) { return await count(item, quantity) }
        if items.contains(where: { $0.id == item.sku && $0.isDurable }) {
            terminal.line(pages.hint("\(wording.title(item)): \(wording.text(.yoursForEver))"))
            return
        }
        guard let left = await shop.bag.use(item.sku, quantity: quantity).value else { return }
        flushNotices()
        terminal.line(pages.hint("\(wording.title(item)): \(wording.text(.ownedCount, .number(left)))"))
    }

    /// The item that was meant: by number, SKU, name, or how one of these begins.
    func find(_ typed: String, in items: [ItemName], from list: String) -> ItemName? {
        if let number = Int(typed) {
            if items.indices.contains(number - 1) { return items[number - 1] }
            tellMistake("There is no number \(number): \(list) has 1 to \(items.count).")
            return nil
        }
        if let item = matching(typed, in: items) { return item }
        // The first word alone is a name too, for typing errors.
        func words(_ item: ItemName) -> [String] {
            names(item) + names(item).compactMap { $0.split(separator: "_").first.map(String.init) }
        }
        if let nearest = nearestWord(to: plain(typed), in: items.flatMap { words($0) }),
            let item = items.first(where: { words($0).contains(nearest) })
        {
            tellMistake("There is no \(typed). Did you mean \(item.sku)?")
        } else {
            tellMistake("There is no \(typed). Type \(list) to see what there is.")
        }
        return nil
    }

    func matching(_ typed: String, in items: [ItemName]) -> ItemName? {
        let wanted = plain(typed)
        if let item = items.first(where: { names($0).contains(wanted) }) { return item }
        let begun = items.filter { names($0).contains { $0.hasPrefix(wanted) } }
        return begun.count == 1 ? begun[0] : nil
    }

    private func names(_ item: ItemName) -> [String] {
        [plain(item.sku), plain(wording.title(item))]
    }

    private func plain(_ name: String) -> String {
        name.lowercased().replacing(/[\s_-]+/, with: "_")
    }

    private var shelf: [ItemName] {
        if case .open(let shelves) = shop.shop.screen { shelves.items.map(\.name) } else { [] }
    }

    var purse: Purse? {
        if case .open(let shelves) = shop.shop.screen { shelves.purse } else { nil }
    }

    func purchase(_ number: Int) -> PurchaseRow? {
        let rows = shop.purchases.rows ?? []
        if rows.indices.contains(number - 1) { return rows[number - 1] }
        if rows.isEmpty {
            show(pages.purchases([]))
        } else {
            tellMistake("There is no purchase \(number): purchases has 1 to \(rows.count).")
        }
        return nil
    }

    private func showReceipt(_ number: Int) async {
        guard let row = purchase(number) else { return }
        // Nobody should wait for a gateway that can't be reached.
        if case .waiting = shop.session.syncState {} else { await shop.purchases.readTax(row.id).value }
        show(pages.receipt(shop.purchases[row.id] ?? row, number: number))
    }

    // MARK: - Pay

    func showCards() {
        show(pages.cards(shop.cards))
    }

    private func addCard() async {
        guard terminal.isInteractive else { return tellMistake(CommandMistake.missing(.card).words) }
        terminal.line(pages.hint("Test cards only: \(TestCard.numbers["good"] ?? "") pays. Nothing typed ends it."))
        var entry = CardEntry()
        for field in CardField.allCases {
            guard let typed = await ask("\(wording.text(field.label)):"), !typed.isEmpty else { return }
            entry[field] = typed
        }
        await add(entry)
    }

    private func add(_ entry: CardEntry) async {
        if await shop.cards.add(entry).value {
            await shop.session.refreshed()
            flushNotices()
            showCards()
        } else if let wrong = shop.cards.wrongField {
            terminal.line(pages.notice(Notice(.errorCardInvalid)))
            terminal.line(pages.hint("\(wording.text(wrong.label)): \(wording.text(wrong.wrong))"))
        }
    }

    private func remove(_ lastFour: String) async {
        guard let card = self.card(endingIn: lastFour) else { return }
        _ = await shop.cards.remove(card.id).value
    }

    private func card(endingIn lastFour: String) -> CardRow? {
        let card = shop.cards.cards.first { $0.lastFour == lastFour }
        if card == nil { tellMistake("No card ends in \(lastFour). Type cards to see them.") }
        return card
    }

    private func topUp(_ typed: String, _ typedCurrency: String) async {
        // `eur` is EUR here; the codes of virtual currencies are in small letters.
        let known = purse?.lines.map(\.id).first { $0.lowercased() == typedCurrency.lowercased() }
        let currency = known ?? typedCurrency
        guard let amount = money(typed, currency) else { return }
        if let open = shop.cards.openTopUp { return show(pages.topUp(open)) }
        guard shop.cards.canTopUp else { return showCards() }
        guard await shop.cards.topUp(amount).value else { return }
        await shop.session.refreshed()
        flushNotices()
        if let open = shop.cards.openTopUp { show(pages.topUp(open)) } else { showPurseOrWhy() }
    }

    /// The amount that was typed.
    func money(_ typed: String, _ currency: String = "USD") -> Money? {
        do throws(MoneyError) {
            return try Money(typed, currency)
        } catch {
            tellMistake("\(error.errorDescription ?? "\(error)").")
            return nil
        }
    }

    private func confirm(_ confirms: Bool) async {
        guard let page = shop.cards.openTopUp?.bankPage ?? shop.tab.current?.bankPage else {
            terminal.line(pages.hint("No bank asks. card 3ds adds a card whose bank does, then topup 5."))
            return
        }
        do {
            try await answerBank(page, confirms: confirms)
        } catch {
            terminal.line(pages.notice(Notice(.errorOffline)))
            return
        }
        _ = await shop.cards.confirmed().value
        await shop.session.refreshed()
        flushNotices()
        showPurseOrWhy()
    }

    // MARK: - Test

    private func sync() async {
        guard let report = await syncAndHandOver() else { return }
        await shop.session.refreshed()
        let taken = report.rejected > 0 ? ", \(report.rejected) taken back" : ""
        terminal.line(pages.hint("\(report.settled) settled\(taken), \(report.waiting) left"))
        showPurseOrWhy()
    }

    /// Once the gateway can be reached, what was bought at the store is credited, too.
    @discardableResult
    private func syncAndHandOver() async -> SyncReport? {
        let report = await shop.tools.sync().value
        if report != nil, shop.packs.waiting > 0 { await shop.packs.handOverAll().value }
        return report
    }

    private func skewClock(_ hours: Int) async {
        guard abs(hours) <= 87_600 else { return tellMistake("The clock can be off by ten years at most.") }
        await shop.tools.skewClock(hours: hours).value
        await connect()
        terminal.line(pages.hint(wording.text(shop.tools.clockWords)))
        showPurseOrWhy()
    }

    private func reset() async {
        let answer = await ask("\(wording.text(.toolsEraseQuestion)) [yes/no]")
        guard answer?.lowercased() == "yes" else {
            terminal.line(pages.hint("Nothing was deleted: only yes does it."))
            return
        }
        await shop.tools.erase().value
        await reopened()
    }

    private func reopened() async {
        await connect()
        show(shopPage())
    }

    func showPurseOrWhy() {
        show(purse.map { pages.purse($0) } ?? shopPage())
    }
}

extension CardEntry {
    init(_ words: ShopCommand.CardWords) {
        self.init(number: words.number, month: words.month, year: words.year, cvc: words.cvc)
    }
}

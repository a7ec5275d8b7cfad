import Farthing
import FarthingShop
import Foundation

/// What the screens of the app are in a terminal: lines of text.
@MainActor struct Pages {
    let terminal: Terminal
    let wording: Wording

    static let titleWidth = 22
    static let moneyWidth = 10

    // MARK: - The shop

    func shop(_ shelves: Shelves) -> [String] {
        var lines = purse(shelves.purse)
        lines += topUp(shelves.openTopUp)
        lines += ["", heading(.shelfHeading)]
        for (index, item) in shelves.items.enumerated() {
            lines.append(shelfLine(index + 1, item))
            if let detail = item.detail { lines.append(hint("     " + wording.text(detail))) }
        }
        return lines
    }

    func purse(_ purse: Purse) -> [String] {
        var lines = ["", heading(.purseHeading)]
        for line in purse.lines {
            let total = terminal.styled(wording.money(line.total).padded(toTrailing: Self.moneyWidth), .money)
            let pending = line.pendingWords.map { "   " + terminal.styled(wording.text($0), .warning) } ?? ""
            lines.append("  \(total)   \(terminal.styled(wording.text(line.offlineWords), .quiet))\(pending)")
        }
        lines += purse.tabs.map { tab in
            "  " + terminal.styled("▤ \(wording.text(tab.words))", tab.isDue ? .bad : .warning)
        }
        let sign = purse.waiting > 0 ? terminal.styled("◷", .warning) : terminal.styled("✓", .good)
        let airplane = purse.isOffline ? "   " + terminal.styled("✈ \(wording.text(.airplaneOn))", .warning) : ""
        lines.append("  \(sign) \(wording.text(purse.foot))\(airplane)")
        return lines
    }

    /// One line about what is left, after something was bought.
    func shortPurse(_ purse: Purse, _ currency: String) -> String {
        guard let line = purse.lines.first(where: { $0.id == currency }) else { return "" }
        let pending = line.pendingWords.map { ", " + wording.text($0) } ?? ""
        return "\(wording.text(.purseHeading)): \(wording.money(line.total))\(pending)"
    }

    private func shelfLine(_ number: Int, _ item: ShelfItem) -> String {
        let price = wording.money(item.price).padded(toTrailing: Self.moneyWidth)
        let owned =
            if item.isOwnedForEver {
                terminal.styled("✓ \(wording.text(.owned))", .good)
            } else if item.owned > 0 {
                terminal.styled(wording.text(.ownedCount, .number(item.owned)), .accent)
            } else {
                ""
            }
        let title = wording.title(item.name).padded(to: Self.titleWidth)
        let sku = terminal.styled(item.id, .quiet) + String(repeating: " ", count: max(0, 18 - item.id.count))
        return "\(numbered(number, item.name)) \(title)\(terminal.styled(price, .money))   \(sku) \(owned)"
    }

    // MARK: - The bag

    func bag(_ items: [BagItem]) -> [String] {
        guard !items.isEmpty else { return empty(.bagEmpty, .bagEmptyText) }
        return ["", heading(.bagHeading)]
            + items.enumerated().map { index, item in
                let title = wording.title(item.name).padded(to: Self.titleWidth)
                let use = item.isDurable ? "" : terminal.styled("   use \(item.id)", .quiet)
                let quantity = wording.text(item.quantityWords).padded(to: 18)
                return "\(numbered(index + 1, item.name)) \(title)\(quantity)\(use)"
            }
    }

    // MARK: - Purchases

    func purchases(_ rows: [PurchaseRow]) -> [String] {
        guard !rows.isEmpty else { return empty(.purchasesEmpty, .purchasesEmptyText) }
        return ["", heading(.purchasesHeading)]
            + rows.enumerated().flatMap { index, row in
                let title = wording.text(row.heading).padded(to: Self.titleWidth + 2)
                let price = wording.money(row.total).padded(toTrailing: Self.moneyWidth)
                let date = terminal.styled(wording.date(row.purchasedAt), .quiet)
                let line = "\(numbered(index + 1, row.name)) \(title)\(terminal.styled(price, .money))"
                return ["\(line)   \(state(row, 16)) \(date)"] + place(row, "     ")
            }
    }

    func receipt(_ row: PurchaseRow, number: Int) -> [String] {
        var lines = ["", heading(.receiptHeading)]
        lines.append("  \(picture(row.name)) \(wording.text(row.heading))   \(state(row, 0))")
        let paid = terminal.styled(wording.money(row.total), .money)
        lines.append("  \(wording.text(.receiptTotal)) \(paid)")
        if let tax = row.tax { lines.append("  " + terminal.styled(wording.text(tax.words), .quiet)) }
        if let said = row.tip?.words { lines.append("  \(wording.text(said))") }
        lines.append("  " + terminal.styled(wording.text(.receiptWhen, .text(wording.date(row.purchasedAt))), .quiet))
        lines += place(row)
        switch row.progress {
        case .waiting: lines.append("  \(wording.text(.receiptWaiting))")
        case .refunded(let what): lines.append("  \(wording.text(what))")
        case .takenBack(let why): lines.append("  \(wording.text(why))")
        case .settled(let shares, let date):
            lines.append("  " + terminal.styled(wording.text(.receiptSettledWhen, .text(wording.date(date))), .quiet))
            lines += ["", heading(.splitHeading), "  " + bar(shares, total: row.total)]
            for share in shares {
                let name = wording.text(share.party.word).padded(to: Self.titleWidth)
                let amount = wording.money(share.amount).padded(toTrailing: Self.moneyWidth)
                lines.append("  \(swatch(share.party)) \(name)\(amount)")
            }
        }
        if row.canBeRefunded { lines += ["", hint("\(wording.text(row.refundHint)) refund \(number) does it.")] }
        return lines
    }

    private func place(_ row: PurchaseRow, _ indent: String = "") -> [String] {
        row.isFromAnotherDevice ? [hint(indent + wording.text(.fromAnotherDevice))] : []
    }

    private func state(_ row: PurchaseRow, _ width: Int) -> String {
        let word = wording.text(row.progress.word).padded(to: width)
        return switch row.progress {
        case .waiting: terminal.styled("◷ \(word)", .warning)
        case .settled: terminal.styled("✓ \(word)", .good)
        case .refunded: terminal.styled("↩ \(word)", .good)
        case .takenBack: terminal.styled("↩ \(word)", .bad)
        }
    }

    /// Only the picture is a fraction; the amounts below it are exact.
    private func bar(_ shares: [PurchaseRow.Share], total: Money) -> String {
        let width = 48
        var drawn = 0
        var sum: Int64 = 0
        return shares.map { share in
            sum += share.amount.micros
            let end = total.micros == 0 ? 0 : Int(Double(sum) / Double(total.micros) * Double(width) + 0.5)
            defer { drawn = max(drawn, end) }
            let (sign, style) = look(share.party)
            return terminal.styled(String(repeating: sign, count: max(0, end - drawn)), style)
        }.joined()
    }

    private func swatch(_ party: PurchaseRow.Party) -> String {
        let (sign, style) = look(party)
        return terminal.styled(sign, style)
    }

    private func look(_ party: PurchaseRow.Party) -> (sign: String, style: Terminal.Style) {
        switch party {
        case .developer, .creator: ("█", .good)
        case .platform: ("▓", .purple)
        case .processor: ("░", .orange)
        }
    }

    // MARK: - Cards

    func cards(_ model: CardsModel) -> [String] {
        guard !model.cards.isEmpty else {
            return empty(.cardsEmpty, .cardsEmptyText) + [hint("card adds one; card good adds a test card.")]
        }
        var lines = ["", heading(.cardsHeading)]
        lines += model.cards.map { card in
            let mark = card == model.chosenCard ? terminal.styled("●", .accent) : "○"
            let expiry = terminal.styled(wording.text(card.expiry), .quiet)
            return "  \(mark) \(wording.text(card.words).padded(to: 30))\(expiry)"
        }
        let amounts = model.amounts.map { terminal.styled(wording.money($0), .money) }.joined(separator: "   ")
        lines += ["", heading(.topUpHeading), "  \(amounts)"]
        if let words = model.feeWords { lines.append(hint(wording.text(words))) }
        return lines + topUp(model.openTopUp)
    }

    func topUp(_ topUp: OpenTopUp?) -> [String] {
        guard let topUp else { return [] }
        var lines = ["", "  " + terminal.styled(wording.text(topUp.words), .warning)]
        if let page = topUp.bankPage {
            lines.append("  \(page.absoluteString)")
            lines.append(hint("Open it in a browser, then sync; or type confirm (or confirm no) to answer from here."))
        }
        return lines
    }

    // MARK: - The testers' drawer

    func status(_ tools: ToolsModel) -> [String] {
        let settings = tools.settings
        var lines = ["", heading(.toolsHeading)]
        lines.append("  \(wording.text(.toolsSync)): \(wording.text(tools.syncWords))")
        lines.append("  \(wording.text(.toolsQueue, .number(tools.queueLength)))")
        lines.append("  \(wording.text(tools.deviceWords))")
        lines.append("  \(wording.text(tools.clockWords))")
        lines.append("  \(wording.text(.toolsGateway)): \(settings.gateway)")
        lines.append("  \(wording.text(.toolsFaults)): \(wording.text(tools.fault.label))")
        return lines
    }

    func faults(_ ordered: Fault) -> [String] {
        ["", heading(.toolsFaults)]
            + Fault.allCases.map { fault in
                let mark = fault == ordered ? terminal.styled("●", .accent) : "○"
                return "  \(mark) \(fault.rawValue.padded(to: 10))\(terminal.styled(wording.text(fault.label), .quiet))"
            } + [hint("faults NAME orders one, in place of the one before.")]
    }

    // MARK: - Parts

    func notice(_ notice: Notice) -> String {
        terminal.styled("● ", notice.isProblem ? .bad : .good) + wording.text(notice)
    }

    func mistake(_ words: String) -> String {
        terminal.styled("? ", .warning) + words
    }

    func hint(_ words: String) -> String {
        "  " + terminal.styled(words, .quiet)
    }

    func help() -> [String] {
        CommandName.parts.flatMap { part in
            ["", terminal.styled(part.heading, .heading)]
                + part.commands.map { "  \($0.help.form.padded(to: 23))\(terminal.styled($0.help.words, .quiet))" }
        }
    }

    func numbered(_ number: Int, _ name: ItemName) -> String {
        "  \(String(number).padded(toTrailing: 2)) \(picture(name))"
    }

    func picture(_ name: ItemName) -> String {
        switch name.look {
        case .extraLife: terminal.styled("♥", .bad)
        case .goldenKey: terminal.styled("⚷", .warning)
        case .healthPotion: terminal.styled("⚱", .good)
        case .hint: terminal.styled("★", .purple)
        case .arrow: terminal.styled("➶", .quiet)
        case .swordOfDawn: terminal.styled("⚔", .warning)
        case .lantern: terminal.styled("☼", .orange)
        case .mapOfTheDepths: terminal.styled("⊕", .orange)
        case .apiCalls: terminal.styled("❝", .purple)
        case .seasonPass: terminal.styled("◈", .good)
        case .explorerSet: terminal.styled("▣", .orange)
        case .unknown: "□"
        }
    }

    func heading(_ text: ShopText) -> String {
        terminal.styled(wording.text(text), .heading)
    }

    func empty(_ title: ShopText, _ text: ShopText) -> [String] {
        ["", heading(title), hint(wording.text(text))]
    }
}

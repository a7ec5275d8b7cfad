import Farthing
import FarthingShop
import Foundation

/// Passes, tips, tabs, packs from the store, automatic top-ups, what is paid by use, and limits.
extension Pages {
    func passes(_ rows: [PassRow]) -> [String] {
        guard !rows.isEmpty else { return empty(.passesEmpty, .passesEmptyText) }
        var lines = ["", heading(.passesHeading)]
        for (index, row) in rows.enumerated() {
            let style: Terminal.Style = row.state == .active ? .good : row.state == .grace ? .warning : .quiet
            let title = wording.title(row.name).padded(to: Self.titleWidth)
            lines.append("\(numbered(index + 1, row.name)) \(title)\(terminal.styled(wording.text(row.words), style))")
            if let renewal = row.renewalWords { lines.append(hint("     " + wording.text(renewal))) }
        }
        return lines
    }

    func meters(_ rows: [MeterRow]) -> [String] {
        rows.flatMap { row in
            var lines = ["", heading(.meterHeading), "  \(picture(row.name)) \(wording.title(row.name))"]
            for words in row.lines {
                let isWarning = words == row.warning
                lines.append("    " + terminal.styled(wording.text(words), isWarning ? .warning : .quiet))
            }
            return lines + [hint("  use \(row.id) 5 counts five.")]
        }
    }

    func creators(_ rows: [CreatorRow]) -> [String] {
        guard !rows.isEmpty else { return empty(.tipsEmpty, .tipsEmptyText) }
        return ["", heading(.tipsHeading), hint(wording.text(.tipsText))]
            + rows.map { row in
                "  \(terminal.styled("✎", .accent)) \(row.name.padded(to: Self.titleWidth))"
                    + terminal.styled("tip \(row.id) 0.50", .quiet)
            }
    }

    func tab(_ tab: TabRow?) -> [String] {
        var lines = ["", heading(.cardTabHeading)]
        guard let tab else {
            return lines + [hint(wording.text(.cardTabText)), hint("tab open 10 opens one on the chosen card.")]
        }
        lines.append("  " + terminal.styled("▤ \(wording.text(tab.words))", tab.isDue ? .bad : .warning))
        if let page = tab.bankPage {
            lines.append("  \(page.absoluteString)")
            lines.append(hint("Open it in a browser, then sync; or type confirm (or confirm no) to answer from here."))
        }
        if tab.canBeClosed { lines.append(hint("tab close: \(wording.text(.cardTabClose, .money(tab.owed)))")) }
        return lines
    }

    func packs(_ model: PacksModel) -> [String] {
        let waiting = model.waiting == 0 ? [] : [Notice(.packsWaiting, .number(model.waiting))]
        var lines: [String]
        switch model.shelf {
        case .loading: lines = ["", wording.text(.loading)]
        case .noStore:
            lines = empty(.packsNone, .packsNoneText)
            lines.append(hint("stores \(Options.demoStores) is the one beside the demo's gateway."))
        case .unreachable: lines = empty(.packsUnreachableTitle, .packsUnreachableText)
        case .open(let packs, let isStandIn):
            lines = empty(.packsHeading, .packsText)
            if isStandIn { lines.append("  " + terminal.styled("⚑ \(wording.text(.packsStandIn))", .warning)) }
            lines += packs.map { pack in
                let credit = wording.text(pack.creditWords).padded(to: Self.titleWidth)
                let price = wording.text(pack.priceWords).padded(to: 24)
                let command = "pack \(pack.credit.amount)"
                return "  \(terminal.styled("◉", .warning)) \(credit)\(price)\(terminal.styled(command, .quiet))"
            }
        }
        return lines + waiting.map { "  " + terminal.styled("◷ \(wording.text($0))", .warning) }
    }

    func autoTopUp(_ consent: AutoTopUpRow?) -> [String] {
        var lines = ["", heading(.autoTopUpHeading)]
        guard let consent else {
            lines.append("  \(wording.text(.autoTopUpOff))")
            return lines + [hint("autotopup 1 5 20 asks you whether you agree: below $1, $5, at most $20 a month.")]
        }
        lines += consent.lines.map { words in
            words.isProblem ? "  " + terminal.styled(wording.text(words), .bad) : "  " + wording.text(words)
        }
        return lines + [hint("autotopup off: \(wording.text(.autoTopUpStop))")]
    }

    func limits(_ screen: LimitsScreen) -> [String] {
        var lines = ["", heading(.limitsHeading)]
        if screen.rows.isEmpty { lines.append("  \(wording.text(.limitsNone))") }
        for row in screen.rows {
            let words = row.lines.map { wording.text($0) }.joined(separator: ", ")
            lines.append("  \(wording.text(row.field.label).padded(to: Self.titleWidth))\(words)")
        }
        lines += screen.pending.map { "  " + terminal.styled("◷ \(wording.text($0))", .warning) }
        if screen.hasGuardian { lines.append("  " + terminal.styled("● \(wording.text(.limitsGuarded))", .purple)) }
        return lines
    }

    func approvals(_ rows: [ApprovalRow]) -> [String] {
        var lines = ["", heading(.approvalsHeading)]
        if rows.isEmpty { lines.append("  \(wording.text(.approvalsEmpty))") }
        for (index, row) in rows.enumerated() {
            let style: Terminal.Style =
                switch row.state {
                case .pending: .warning
                case .approved, .used: .good
                case .declined, .expired: .bad
                }
            let title = wording.text(row.heading).padded(to: Self.titleWidth)
            let price = wording.money(row.total).padded(toTrailing: Self.moneyWidth)
            let state = terminal.styled(wording.text(row.word), style)
            lines.append("\(numbered(index + 1, row.name)) \(title)\(terminal.styled(price, .money))   \(state)")
        }
        return lines
    }
}

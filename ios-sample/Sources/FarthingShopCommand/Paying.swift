import Farthing
import FarthingShop
import Foundation

/// Passes, tips, tabs, packs from the store, automatic top-ups, what is paid by use, limits and refunds.
extension TerminalShop {
    func performPayment(_ command: ShopCommand) async {
        switch command {
        case .passes: show(pages.passes(shop.passes.rows))
        case .renew(let item, let agrees): await renew(item, agrees)
        case .meters: show(pages.meters(shop.meter.rows))
        case .creators: show(pages.creators(shop.tips.creators))
        case .tip(let creator, let amount, let message): await tip(creator, amount, message)
        case .tab: showTab()
        case .openTab(let limit): await openTab(limit)
        case .closeTab: await closeTab()
        case .packs: await showPacks()
        case .pack(let credit): await buyPack(credit)
        case .autoTopUp: show(pages.autoTopUp(shop.autoTopUp.consent))
        case .agree(let below, let amount, let monthlyCap): await agree(below, amount, monthlyCap)
        case .stopAutoTopUp: _ = await shop.autoTopUp.stop().value
        case .limits: await showLimits()
        case .limit(let field, let amount, let pin): await limit(field, amount, pin)
        case .approvals:
            if await shop.limits.load().value { show(pages.approvals(shop.limits.approvals)) }
        case .answer(let number, let approve, let pin): await answer(number, approve, pin)
        case .refund(let number): await refund(number)
        default: break
        }
    }

    // MARK: - Play

    private func renew(_ typed: String, _ agrees: Bool) async {
        let rows = shop.passes.rows
        guard !rows.isEmpty else { return show(pages.passes([])) }
        guard let item = find(typed, in: rows.map(\.name), from: "pass") else { return }
        guard await shop.passes.setRenewal(item.sku, agrees: agrees).value else { return }
        await shop.session.refreshed()
        show(pages.passes(shop.passes.rows))
    }

    /// Counts what is paid by use.
    func count(_ item: ItemName, _ units: Int) async {
        guard await shop.meter.use(item.sku, units: units).value else { return }
        await shop.session.refreshed()
        show(pages.meters(shop.meter.rows.filter { $0.id == item.sku }))
        if let purse, let row = shop.meter.rows.first(where: { $0.id == item.sku }) {
            terminal.line(pages.hint(pages.shortPurse(purse, row.price.currency)))
        }
    }

    // MARK: - Give

    private func tip(_ typed: String, _ typedAmount: String, _ message: String) async {
        let creators = shop.tips.creators
        guard !creators.isEmpty else { return show(pages.creators([])) }
        func names(_ creator: CreatorRow) -> [String] { [creator.id.lowercased(), creator.name.lowercased()] }
        guard let creator = creators.first(where: { names($0).contains(typed.lowercased()) }) else {
            let nearest = nearestWord(to: typed, in: creators.flatMap { names($0) })
            let advice = nearest.map { "Did you mean \($0)?" } ?? "Type creators to see whom you can tip."
            return tellMistake("There is no creator \(typed). \(advice)")
        }
        guard let amount = money(typedAmount) else { return }
        guard await shop.tips.tip(creator.id, amount, message: message).value != nil else { return }
        await shop.session.refreshed()
        flushNotices()
        if let purse { terminal.line(pages.hint(pages.shortPurse(purse, amount.currency))) }
    }

    // MARK: - Tabs and automatic top-ups

    private func showTab() {
        show(pages.tab(shop.tab.current))
    }

    private func openTab(_ typed: String) async {
        guard let limit = money(typed) else { return }
        guard shop.tab.current == nil else { return showTab() }
        guard shop.tab.canOpen else { return showCards() }
        guard await shop.tab.open(limit).value else { return }
        await shop.session.refreshed()
        flushNotices()
        if shop.tab.current?.bankPage != nil { showTab() } else { showPurseOrWhy() }
    }

    private func closeTab() async {
        guard shop.tab.current?.canBeClosed == true else { return showTab() }
        guard await shop.tab.close().value else { return }
        await shop.session.refreshed()
        flushNotices()
        showPurseOrWhy()
    }

    /// Nothing is charged by itself before the player has read all that it means, and said yes.
    private func agree(_ below: String, _ amount: String, _ monthlyCap: String) async {
        guard let below = money(below), let amount = money(amount), let monthlyCap = money(monthlyCap) else { return }
        guard let card = shop.autoTopUp.card else { return showCards() }
        let offer = AutoTopUpOffer(below: below, amount: amount, monthlyCap: monthlyCap)
        terminal.line("  " + wording.text(offer.consentWords(card)))
        guard await ask("\(wording.text(.autoTopUpAgree)) [yes/no]")?.lowercased() == "yes" else {
            terminal.line(pages.hint("Nothing was changed: only yes does it."))
            return
        }
        _ = await shop.autoTopUp.agree(offer).value
    }

    // MARK: - Packs from the store

    private func showPacks() async {
        await shop.packs.load().value
        await shop.session.refreshed()
        flushNotices()
        show(pages.packs(shop.packs))
    }

    private func buyPack(_ typed: String) async {
        guard let credit = money(typed) else { return }
        if case .open = shop.packs.shelf {} else { await shop.packs.load().value }
        guard case .open(let packs, _) = shop.packs.shelf else { return show(pages.packs(shop.packs)) }
        guard let pack = packs.first(where: { $0.credit == credit }) else {
            return tellMistake("There is no pack of \(wording.money(credit)). Type packs to see what there is.")
        }
        let isCredited = await shop.packs.buy(pack).value
        await shop.session.refreshed()
        flushNotices()
        if isCredited { showPurseOrWhy() }
    }

    // MARK: - Limits

    private func showLimits() async {
        _ = await shop.limits.load().value
        guard let screen = shop.limits.screen else { return }
        show(pages.limits(screen) + [.limitsText, .limitsPinText].map { pages.hint(wording.text($0)) })
    }

    private func limit(_ field: LimitField, _ typed: String?, _ pin: String) async {
        var amount: Money?
        if let typed {
            amount = money(typed)
            guard amount != nil else { return }
        }
        guard await shop.limits.set(field, to: amount, pin: pin).value, let screen = shop.limits.screen else { return }
        flushNotices()
        show(pages.limits(screen))
    }

    private func answer(_ number: Int, _ approve: Bool, _ pin: String) async {
        guard await shop.limits.load().value else { return }
        let rows = shop.limits.approvals
        guard rows.indices.contains(number - 1) else {
            if rows.isEmpty { return show(pages.approvals([])) }
            return tellMistake("There is no request \(number): approvals has 1 to \(rows.count).")
        }
        guard await shop.limits.answer(rows[number - 1].id, approve: approve, pin: pin).value else { return }
        show(pages.approvals(shop.limits.approvals))
    }

    // MARK: - Look back

    private func refund(_ number: Int) async {
        guard let row = purchase(number) else { return }
        guard !row.isFromAnotherDevice else {
            return terminal.line(pages.hint("It was bought on another phone, and is given back there."))
        }
        guard await shop.purchases.refund(row.id).value else { return }
        await shop.session.refreshed()
        flushNotices()
        showPurseOrWhy()
    }
}

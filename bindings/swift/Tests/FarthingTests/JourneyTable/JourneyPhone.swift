import Foundation
import Testing

import Farthing

/// Where the steps of a journey happen: a phone with one wallet, and others of the player's.
final class JourneyPhone {
    /// A phone and what is open on it.
    private final class Held {
        let config: WalletConfig
        let keyFile: URL
        var wallet: Wallet?
        var device: String?
        var events: AsyncStream<WalletEvent>.Iterator?

        init(config: WalletConfig, keyFile: URL) {
            self.config = config
            self.keyFile = keyFile
        }

        /// The key store as an app has it that was started again: it remembers nothing.
        var freshKeys: SoftwareKeyStore { SoftwareKeyStore(file: keyFile) }
    }

    private let phone: Phone
    private var held: Held
    private var others: [String: Held] = [:]

    init() throws {
        phone = try Phone()
        held = Held(config: phone.config, keyFile: phone.root.appending(path: "keys.json"))
    }

    /// Goes on with another phone, a new one where none has the name; on this one all stays as it is.
    private func takePhone(_ name: String, player: String, country: String?) async throws {
        if let known = others[name] {
            held = known
            return
        }
        var config = phone.config
        config.folder = phone.root.appending(path: "\(name)-wallet")
        config.enrolmentToken = try await phone.gateway.enrolmentToken(player: player, country: country)
        held = Held(config: config, keyFile: phone.root.appending(path: "\(name)-keys.json"))
        others[name] = held
    }

    /// Makes the call of a name and gives its answer.
    func call(_ call: String, _ with: JSON, expecting expected: JSON?) async throws -> JSON {
        if let answer = try await callWorld(call, with) {
            return answer
        }
        let wallet = try #require(held.wallet, "no wallet is open")
        let quantity = with["quantity"].number ?? 1
        switch call {
        case "events": return try await tell(expected, of: wallet)
        case "buy":
            let key = with["idempotency_key"].text
            return JSON(try await wallet.buy(with.required("sku"), quantity: quantity, idempotencyKey: key))
        case "tip":
            let amount = try with.required("amount").split(separator: " ").map(String.init)
            let (message, key) = (with["message"].text, with["idempotency_key"].text)
            return JSON(
                try await wallet.tip(
                    with.required("creator"),
                    Money(amount[0], amount[1]),
                    message: message,
                    idempotencyKey: key
                )
            )
        case "creators":
            return .list(try await wallet.creators().map { ["id": .text($0.id), "name": .text($0.name)] })
        case "consume":
            let (sku, operation) = (try with.required("sku"), try with.required("operation"))
            return .number(try await wallet.consume(sku, quantity: quantity, operation: operation))
        case "meter":
            let meter = wallet.meter(try with.required("sku"))
            for _ in 0..<(with["times"].number ?? 1) {
                try await meter.record(with["units"].number ?? 1)
            }
            if with["flush"] == .boolean(true) {
                try await meter.flush()
            }
        case "passes": return .list(try await wallet.passes().map(JSON.init))
        case "pass": return try await wallet.pass(with.required("sku")).map(JSON.init) ?? .null
        case "set_pass_renewal":
            let agrees = with["agrees"] == .boolean(true)
            return JSON(try await wallet.setPassRenewal(with.required("sku"), agrees: agrees))
        case "inventory": return .object(try await wallet.inventory().items.mapValues(JSON.number))
        case "balance": return JSON(wallet.balance)
        case "account": return try await wallet.account().map(JSON.text) ?? .null
        case "device": return try await wallet.device().map(JSON.text) ?? .null
        case "support_bundle": return JSON(try await wallet.supportBundle())
        case "catalog": return JSON(try await wallet.catalog())
        case "purchases":
            let filter = PurchaseFilter(
                limit: with["limit"].number ?? 100,
                waitingOnly: with["waiting_only"] == .boolean(true)
            )
            return .list(try await wallet.purchases(filter).map(JSON.init))
        case "receipt": return .text(try await wallet.receipt(with.required("purchase")))
        case "refund": return JSON(try await wallet.refund(with.required("purchase")))
        case "refund_receipts":
            return .list(try await wallet.refundReceipts(with.required("purchase")).map(JSON.text))
        case "add_card":
            let details = CardDetails(
                number: try with.required("number"),
                expiryMonth: with["expiry_month"].number ?? 12,
                expiryYear: with["expiry_year"].number ?? 2034,
                cvc: with["cvc"].text ?? "123"
            )
            return JSON(try await wallet.addCard(details))
        case "cards": return .list(try await wallet.cards().map(JSON.init))
        case "remove_card": try await wallet.removeCard(with.required("card"))
        case "top_up":
            let amount = try with.required("amount").split(separator: " ").map(String.init)
            return JSON(try await wallet.topUp(Money(amount[0], amount[1]), card: with.required("card")))
        case "top_up_from_store":
            let purchase: StorePurchase =
                try with.required("store") == "app_store"
                ? .appStore(signedTransaction: with.required("signed_transaction"))
                : .googlePlay(product: with.required("product"), purchaseToken: with.required("purchase_token"))
            let topUp = try await wallet.topUpFromStore(purchase)
            return .object(["amount": JSON(topUp.amount), "is_credited": .boolean(topUp.isCredited)])
        case "top_ups": return .list(try await wallet.topUps().map(JSON.init))
        case "open_tab":
            let limit = try with.required("limit").split(separator: " ").map(String.init)
            return JSON(try await wallet.openTab(Money(limit[0], limit[1]), card: with.required("card")))
        case "close_tab": return JSON(try await wallet.closeTab(with.required("tab")))
        case "tabs": return .list(try await wallet.tabs().map(JSON.init))
        case "top_up_advice":
            return .list(try await wallet.topUpAdvice(with.required("currency")).map(JSON.init))
        case "auto_top_up": return try await wallet.autoTopUp().map(JSON.init) ?? .null
        case "set_auto_top_up":
            return try await wallet.setAutoTopUp(with.autoTopUp()).map(JSON.init) ?? .null
        case "limits": return JSON(try await wallet.limits())
        case "set_limits":
            let limits = try with.spendingLimits()
            let currency = try with.required("currency")
            return JSON(try await wallet.setLimits(limits, currency: currency, pin: with["pin"].text))
        case "approvals": return .list(try await wallet.approvals().map(JSON.init))
        case "answer_approval":
            let (approval, pin) = (try with.required("approval"), try with.required("pin"))
            let approve = with["approve"] == .boolean(true)
            return JSON(try await wallet.answerApproval(approval, approve: approve, pin: pin))
        case "sync": return JSON(try await wallet.sync())
        case "sync_state": return JSON(wallet.syncState)
        case "set_offline": wallet.isOffline = with["is_offline"] == .boolean(true)
        case "is_offline": return .boolean(wallet.isOffline)
        case "close": await wallet.close()
        case "erase": try await wallet.erase(force: with["force"] == .boolean(true))
        default: throw Unexpected("there is no call \(call)")
        }
        return .null
    }

    /// What needs no open wallet.
    private func callWorld(_ call: String, _ with: JSON) async throws -> JSON? {
        switch call {
        case "stop_gateway": await phone.gateway.stop()
        case "start_gateway": try await phone.gateway.restart()
        case "configure_gateway":
            let files = try JSONDecoder().decode([String: String].self, from: JSONEncoder().encode(with["files"]))
            try await phone.gateway.configure(settings: with.required("settings"), files: files)
        case "set_faults":
            // The device is remembered for faults that are ordered while the wallet is closed.
            held.device = (try? await held.wallet?.device()) ?? held.device
            try await phone.gateway.setFaults(device: try #require(held.device), JSONEncoder().encode(with["faults"]))
        case "register_creator":
            try await phone.gateway.registerCreator(with.required("creator"), name: with.required("name"))
        case "merchant_refund": try await phone.gateway.refund(JSONEncoder().encode(with))
        case "merchant_erasure": try await phone.gateway.erase(JSONEncoder().encode(with))
        case "personal_data":
            let data = try await phone.gateway.personalData(of: with.required("user"))
            return try JSONDecoder().decode(JSON.self, from: data)
        case "app_store_notification": try await phone.gateway.notifyAsAppStore(with.required("signed_payload"))
        case "dispute":
            try await phone.gateway.dispute(payment: with.required("payment"), state: with.required("state"))
        case "revoke_device": try await phone.gateway.revoke(device: with.required("device"))
        case "confirm": try await phone.gateway.confirm(#require(URL(string: with.required("url"))))
        case "read": return try JSON(payloadOf: with.required("document"))
        case "lose_keys": try FileManager.default.removeItem(at: held.keyFile)
        case "open":
            let wallet = try await Wallet.open(held.config, keyStore: held.freshKeys)
            held.events = wallet.events.makeAsyncIterator()
            held.wallet = wallet
        case "take_phone":
            let (name, player) = (try with.required("name"), try with.required("player"))
            try await takePhone(name, player: player, country: with["country"].text)
        case "start_over": try await Wallet.startOver(folder: held.config.folder, keyStore: held.freshKeys)
        default: return nil
        }
        return .null
    }

    /// Waits until the expected ones have come, in their order, and passes over others. With none expected it begins
    /// to listen.
    private func tell(_ expected: JSON?, of wallet: Wallet) async throws -> JSON {
        guard case .list(let expected) = expected, var events = held.events else {
            throw Unexpected("events are asked for without a list")
        }
        if expected.isEmpty {
            events = wallet.events.makeAsyncIterator()
        }
        var told: [JSON] = []
        for expected in expected {
            while let event = await events.next().map(JSON.init) {
                if expected.difference(to: event) == nil {
                    told.append(event)
                    break
                }
            }
        }
        held.events = events
        return .list(told)
    }
}

extension JSON {
    /// What a signed document says.
    fileprivate init(payloadOf document: String) throws {
        let parts = document.split(separator: ".")
        let payload = try #require(parts.count == 3 ? String(parts[1]) : nil, "it is no signed document")
        let padding = String(repeating: "=", count: (4 - payload.count % 4) % 4)
        let base64 = payload.replacing("-", with: "+").replacing("_", with: "/") + padding
        self = try JSONDecoder().decode(JSON.self, from: #require(Data(base64Encoded: base64)))
    }

    fileprivate func required(_ name: String) throws -> String {
        try #require(self[name].text, "the step has no \(name)")
    }

    private func amount(_ name: String) throws -> Money? {
        guard let text = self[name].text else { return nil }
        let parts = text.split(separator: " ").map(String.init)
        return try Money(parts[0], parts[1])
    }

    fileprivate func autoTopUp() throws -> AutoTopUp? {
        guard let below = try amount("below"), let each = try amount("amount"), let cap = try amount("monthly_cap")
        else { return nil }
        return AutoTopUp(below: below, amount: each, card: try required("card"), monthlyCap: cap)
    }

    fileprivate func spendingLimits() throws -> SpendingLimits {
        SpendingLimits(
            purchase: try amount("purchase"),
            day: try amount("day"),
            week: try amount("week"),
            month: try amount("month"),
            askAbove: try amount("ask_above")
        )
    }
}

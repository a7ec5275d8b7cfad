import Foundation
import Testing

import Farthing

@Suite(.timeLimit(.minutes(2))) struct BadDayTests {
    @Test func settingsThatCannotBeUsedAreNamed() async throws {
        let phone = try Phone()
        func refused(_ change: (inout WalletConfig) -> Void) async throws -> String {
            var config = phone.config
            change(&config)
            return try await invalidField { try await Wallet.open(config, keyStore: phone.keys) }
        }
        #expect(try await refused { $0.gateway = URL(string: "http://pay.example")! } == "gateway")
        #expect(try await refused { $0.gateway = URL(string: "nonsense")! } == "gateway")
        #expect(try await refused { $0.publishableKey = "" } == "publishable_key")
        #expect(try await refused { ($0.publishableKey, $0.rootKey) = ("pk_live_1", nil) } == "root_key")
    }

    @Test func anotherGatewaysAnswersAreNotBelieved() async throws {
        let phone = try Phone()
        var config = phone.config
        config.rootKey = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
        let wallet = try await Wallet.open(config, keyStore: phone.keys)
        let error = await failure { try await wallet.sync() }
        guard case .gatewayNotTrusted = error?.reason else { throw Unexpected("\(String(describing: error))") }
    }

    @Test func aKeyThatTheGatewayDoesNotKnowEnrolsNobody() async throws {
        let phone = try Phone()
        var config = phone.config
        config.publishableKey = "pk_test_of_another_game"
        let wallet = try await Wallet.open(config, keyStore: phone.keys)
        let error = await failure { try await wallet.sync() }
        guard case .enrolmentRejected = error?.reason else { throw Unexpected("\(String(describing: error))") }
        #expect(error?.isTransient == false)
    }

    @Test func anErrorSaysWhatHappenedAndWhatToDo() async throws {
        let phone = try Phone()
        let wallet = try await phone.openWithMoney()
        let error = try #require(await failure { try await wallet.buy("hint", quantity: 101) })
        #expect(error.reason == .insufficientFunds(available: usd("5.00"), needed: usd("5.05")))
        #expect(error.localizedDescription == error.message)
        #expect(error.message.contains("nothing was bought"))
        #expect(error.recoverySuggestion == "Add money, then try again.")
    }

    @Test func numbersThatAreNoneAreRefusedLikeOthers() async throws {
        let phone = try Phone()
        let wallet = try await phone.openWithMoney()
        for quantity in [-1, 0, 1_001, .max, .min] {
            #expect(try await invalidField { try await wallet.buy("hint", quantity: quantity) } == "quantity")
        }
        let wrap = CardDetails(number: "4242 4242 4242 4242", expiryMonth: 257, expiryYear: 2034, cvc: "123")
        let error = await failure { try await wallet.addCard(wrap) }
        #expect(error?.reason == .cardInvalid(field: "expiry_month"))
        #expect(!"\(wrap) \(String(reflecting: wrap))".contains("4242"))
        var dumped = ""
        dump(wrap, to: &dumped)
        #expect(!dumped.contains("4242"))
    }

    @Test func aClockSetAheadDoesNotOutliveTheAllowanceAndOneSetBackGainsNothing() async throws {
        let phone = try Phone()
        await (try phone.openWithMoney()).close()
        await phone.gateway.stop()
        func open(skewedBy days: Double) async throws -> Wallet {
            var config = phone.config
            config.clock = { Date().addingTimeInterval(days * 86_400) }
            return try await Wallet.open(config, keyStore: phone.keys)
        }
        let ahead = try await open(skewedBy: 400)
        #expect(await failure { try await ahead.buy("hint") } != nil)
        await ahead.close()
        let back = try await open(skewedBy: -3_650)
        #expect(try await back.buy("hint").purchasedAt > Date().addingTimeInterval(-86_400))
        await back.close()
    }

    @Test func aKeyStoreThatFailsIsToldAsUnavailable() async throws {
        let phone = try Phone()
        let locked = FailingKeyStore(.unavailable("the phone is locked"), over: phone.keys)
        let error = await failure { try await Wallet.open(phone.config, keyStore: locked) }
        guard case .keyStoreUnavailable(let reason) = error?.reason else { throw Unexpected("\(error as Any)") }
        #expect(reason.contains("the phone is locked"))
        #expect(error?.isTransient == true)
        // Nothing was changed by it.
        await (try phone.open()).close()
    }

    @Test func aKeyStoreOfTheAppIsAsGoodAsOurs() async throws {
        let phone = try Phone()
        let store = PassingKeyStore(phone.keys)
        let wallet = try await Wallet.open(phone.config, keyStore: store)
        try await wallet.sync()
        #expect(try await wallet.device() != nil)
        try await wallet.erase()
        #expect(try await phone.keys.loadSecret("database") == nil)
    }

    @Test func anAppThatWasDeletedAndInstalledAgainHasItsBalanceAgain() async throws {
        // As on iOS, where the Keychain outlives the app's files.
        let phone = try Phone()
        let wallet = try await phone.openWithMoney()
        try await wallet.buy("hint")
        try await wallet.sync()
        await wallet.close()
        try FileManager.default.removeItem(at: phone.folder)
        let again = try await phone.open()
        try await again.sync()
        #expect(again.balance["USD"].total == usd("4.95"))
        #expect(try await again.buy("hint").state == .granted)
        #expect(try await again.sync().settled == 1)
        await again.close()
    }

    @Test func aThousandPurchasesAtOnceAreAllThereOnce() async throws {
        let phone = try Phone()
        let wallet = try await phone.openWithMoney()
        let ids = try await withThrowingTaskGroup(of: Purchase.ID.self) { group in
            for _ in 0..<1_000 {
                group.addTask { try await wallet.buy("arrow").id }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ids.count == 1_000)
        #expect(try await wallet.inventory()["arrow"] == 1_000)
        try await wallet.sync()
        #expect(wallet.balance["USD"].total.isZero)
        let kept = try await wallet.purchases(PurchaseFilter(limit: 2_000)).map(\.id)
        #expect(Set(kept) == ids && kept.count == 1_000)
    }

    private func invalidField<Answer>(_ call: () async throws -> Answer) async throws -> String {
        let error = try #require(await failure { try await call() })
        guard case .invalidArgument(let field, _) = error.reason else { throw Unexpected("\(error)") }
        return field
    }
}

/// What a call throws; `nil` when it throws nothing.
func failure<Answer>(_ call: () async throws -> Answer) async -> WalletError? {
    do {
        _ = try await call()
        return nil
    } catch {
        return error as? WalletError
    }
}

/// A key store that passes all on to another one.
private final class PassingKeyStore: KeyStore {
    private let store: any KeyStore

    init(_ store: any KeyStore) {
        self.store = store
    }

    func publicKey() async throws(KeyStoreError) -> Data { try await store.publicKey() }
    func sign(_ message: Data) async throws(KeyStoreError) -> Data { try await store.sign(message) }
    func loadSecret(_ name: String) async throws(KeyStoreError) -> Data? { try await store.loadSecret(name) }
    func storeSecret(_ secret: Data, name: String) async throws(KeyStoreError) {
        try await store.storeSecret(secret, name: name)
    }
    func erase() async throws(KeyStoreError) { try await store.erase() }
}

/// A key store whose secrets can't be read.
private final class FailingKeyStore: KeyStore {
    private let failure: KeyStoreError
    private let store: any KeyStore

    init(_ failure: KeyStoreError, over store: any KeyStore) {
        (self.failure, self.store) = (failure, store)
    }

    func publicKey() async throws(KeyStoreError) -> Data { try await store.publicKey() }
    func sign(_ message: Data) async throws(KeyStoreError) -> Data { try await store.sign(message) }
    func loadSecret(_ name: String) async throws(KeyStoreError) -> Data? { throw failure }
    func storeSecret(_ secret: Data, name: String) async throws(KeyStoreError) { throw failure }
    func erase() async throws(KeyStoreError) { try await store.erase() }
}

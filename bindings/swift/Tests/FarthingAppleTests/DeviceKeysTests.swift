import Farthing
import Foundation
import Testing

@testable import FarthingApple

/// The rules of the key store, with a Keychain and a Secure Enclave made of memory.
@Suite(.timeLimit(.minutes(1))) struct DeviceKeysTests {
    private let items = MemoryItems()
    private let enclave = MemoryKeys()

    private func keys() -> DeviceKeys {
        DeviceKeys(items: items, keys: enclave)
    }

    @Test func theKeyIsMadeOnceAndSurvivesARestart() async throws {
        let first = try await keys().publicKey()
        #expect(first.count == 65)
        #expect(try await keys().publicKey() == first)
        #expect(try await keys().sign(Data("a batch".utf8)) == first.prefix(64))
        #expect(enclave.made == 1)
    }

    @Test func twoCallsAtOnceMakeOneKey() async throws {
        let keys = keys()
        async let one = keys.publicKey()
        async let other = keys.publicKey()
        #expect(try await one == other)
        #expect(enclave.made == 1)
    }

    @Test func aKeyThatComesBackAsAnotherOneWasLost() async throws {
        _ = try await keys().publicKey()
        enclave.hasForgotten = true
        await #expect(throws: KeyStoreError.keyLost) { try await keys().publicKey() }
        await #expect(throws: KeyStoreError.keyLost) { try await keys().sign(Data()) }
        #expect(enclave.made == 1)
    }

    @Test func whatCannotBeReadNowIsNotReplaced() async throws {
        let point = try await keys().publicKey()
        items.failure = KeychainStatus(code: -25_308).failure
        await #expect(throws: KeyStoreError.unavailable("the device was not unlocked since it started")) {
            try await keys().publicKey()
        }
        items.failure = nil
        #expect(try await keys().publicKey() == point)
    }

    @Test func aKeyThatCannotBeKeptIsNotUsed() async throws {
        items.storing = .unavailable("full")
        await #expect(throws: KeyStoreError.unavailable("full")) { try await keys().publicKey() }
        items.storing = nil
        _ = try await keys().publicKey()
        #expect(enclave.made == 2)
    }

    @Test func secretsAreKeptUnderTheirNamesAndErasedWithTheKey() async throws {
        let keys = keys()
        #expect(try await keys.loadSecret("signing-key") == nil)
        let point = try await keys.publicKey()
        try await keys.storeSecret(Data([1]), name: "signing-key")
        try await keys.storeSecret(Data([2]), name: "signing-key")
        #expect(try await keys.loadSecret("signing-key") == Data([2]))
        #expect(try await keys.publicKey() == point)
        try await keys.erase()
        #expect(items.isEmpty)
    }

    @Test func eachAnswerOfTheKeychainHasItsWords() {
        #expect(
            KeychainStatus(code: -34_018).failure
                == .unavailable("the app lacks the entitlement for its Keychain items")
        )
        #expect(KeychainStatus(code: -25_291).failure == .unavailable("the Keychain can't be used just now"))
        #expect(KeychainStatus(code: -50).failure == .unavailable("the Keychain failed (-50)"))
    }
}

/// Items in memory that can fail.
private final class MemoryItems: SecretItems, @unchecked Sendable {
    private var items: [String: Data] = [:]
    var failure: KeyStoreError?
    var storing: KeyStoreError?

    var isEmpty: Bool { items.isEmpty }

    func load(_ name: String) throws(KeyStoreError) -> Data? {
        if let failure { throw failure }
        return items[name]
    }

    func store(_ item: Data, name: String) throws(KeyStoreError) {
        if let storing { throw storing }
        items[name] = item
    }

    func deleteAll() throws(KeyStoreError) {
        items = [:]
    }
}

/// Keys of a made-up kind: the point is 65 times the byte that is kept.
private final class MemoryKeys: SigningKeys, @unchecked Sendable {
    private(set) var made: UInt8 = 0
    var hasForgotten = false

    func make() throws(KeyStoreError) -> any SigningKey {
        made += 1
        return Key(number: made)
    }

    func restore(_ representation: Data) throws(KeyStoreError) -> any SigningKey {
        guard let number = representation.first else { throw .unavailable("nothing is kept") }
        return Key(number: hasForgotten ? number + 1 : number)
    }

    private struct Key: SigningKey {
        let number: UInt8

        var representation: Data { Data([number]) }
        var point: Data { Data(repeating: number, count: 65) }

        func sign(_ message: Data) throws(KeyStoreError) -> Data {
            Data(repeating: number, count: 64)
        }
    }
}

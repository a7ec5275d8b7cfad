import Farthing

/// What a wallet held at one moment. The screens are pure functions of it.
public struct WalletContents: Hashable, Sendable {
    /// What is for sale; `nil` until the gateway was reached once.
    public var catalog: Catalog?

    /// What the player owns, with its quantity.
    public var inventory: [String: Int] = [:]

    /// The newest purchases, the newest first.
    public var purchases: [Purchase] = []

    /// How many purchases wait for settlement, in all.
    public var waiting = 0

    /// The player's cards.
    public var cards: [Card] = []

    /// The charges of those cards, the newest first.
    public var topUps: [TopUp] = []

    /// Which amounts to offer for topping up; empty before the gateway was reached once.
    public var topUpAdvice: [TopUpAdvice] = []

    /// What the player has for a time.
    public var passes: [Pass] = []

    /// Who can be tipped.
    public var creators: [Creator] = []

    /// The player's tabs, the newest first.
    public var tabs: [CardTab] = []

    /// What the player has agreed to of automatic top-ups; `nil` where that is nothing.
    public var autoTopUp: AutoTopUpConsent?

    /// This device's name at the gateway; `nil` before it is enrolled.
    public var device: String?

    /// Why a part of it can't be read, if so.
    public var problem: WalletError?

    /// The top-up that goes on: one that waits for the player, for the bank or for the network.
    public var openTopUp: TopUp? { topUps.first { $0.state.isOpen } }

    /// The currency that the shop tops up.
    public static let currency = "USD"

    /// Reads a wallet. It does not fail: what can't be read is empty, and ``problem`` says why.
    static func read(_ wallet: Wallet) async -> WalletContents {
        var contents = WalletContents()
        var problems: [WalletError] = []
        func part<Part>(_ read: () async throws(WalletError) -> Part) async -> Part? {
            do throws(WalletError) {
                return try await read()
            } catch {
                problems.append(error)
                return nil
            }
        }
        contents.catalog = await part { () async throws(WalletError) in try await wallet.catalog() }
        contents.inventory = await part { () async throws(WalletError) in try await wallet.inventory().items } ?? [:]
        contents.purchases = await part { () async throws(WalletError) in try await wallet.purchases() } ?? []
        contents.waiting =
            await part { () async throws(WalletError) in
                try await wallet.purchases(PurchaseFilter(limit: .max, waitingOnly: true)).count
            } ?? 0
        contents.cards = await part { () async throws(WalletError) in try await wallet.cards() } ?? []
        contents.topUps = await part { () async throws(WalletError) in try await wallet.topUps() } ?? []
        contents.topUpAdvice =
            await part { () async throws(WalletError) in try await wallet.topUpAdvice(Self.currency) } ?? []
        contents.passes = await part { () async throws(WalletError) in try await wallet.passes() } ?? []
        contents.creators = await part { () async throws(WalletError) in try await wallet.creators() } ?? []
        contents.tabs = await part { () async throws(WalletError) in try await wallet.tabs() } ?? []
        contents.autoTopUp = await part { () async throws(WalletError) in try await wallet.autoTopUp() } ?? nil
        contents.device = await part { () async throws(WalletError) in try await wallet.device() } ?? nil
        contents.problem = problems.first { $0.reason != .catalogMissing } ?? problems.first
        return contents
    }
}

extension TopUpState {
    /// Whether it has not come to its end.
    var isOpen: Bool {
        switch self {
        case .created, .processing, .requiresAction: true
        case .succeeded, .failed, .disputed, .chargedBack: false
        }
    }
}

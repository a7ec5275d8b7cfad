import Farthing
import FarthingApple
import FarthingShop
import Foundation
import StoreKit

/// Packs of balance by In-App Purchase: consumables in App Store Connect, under the same names as in the gateway's
/// `gateway.toml`. This is what to copy into a game.
struct AppStorePacks: PackStore {
    /// What each credits: the store knows names and prices only.
    static let credits = ["balance_5": 5, "balance_10": 10, "balance_20": 20].mapValues {
        Money(micros: $0 * 1_000_000, currency: WalletContents.currency)
    }

    var isStandIn: Bool { false }

    func packs() async throws(PackStoreError) -> [Pack] {
        try await products(Array(Self.credits.keys)).sorted { $0.price < $1.price }.compactMap { product in
            Self.credits[product.id].map { Pack(id: product.id, credit: $0, price: .text(product.displayPrice)) }
        }
    }

    func buy(_ pack: Pack, for account: String) async throws(PackStoreError) -> PackSale {
        guard let product = try await products([pack.id]).first, let account = UUID(uuidString: account) else {
            throw PackStoreError("the App Store does not sell \(pack.id)")
        }
        let result: Product.PurchaseResult
        do {
            // So nobody else can have what this player bought.
            result = try await product.purchase(options: [.appAccountToken(account)])
        } catch {
            throw PackStoreError(error.localizedDescription)
        }
        switch result {
        case .success(let transaction): return .bought(BoughtPack(transaction))
        case .pending: return .pending
        case .userCancelled: return .cancelled
        @unknown default: return .cancelled
        }
    }

    func unfinished(of account: String) async throws(PackStoreError) -> [BoughtPack] {
        var unfinished: [BoughtPack] = []
        for await transaction in StoreKit.Transaction.unfinished {
            let signed = transaction.unsafePayloadValue
            // Other players of this Apple Account have their own; without a token it was bought in the store itself.
            let isOurs = signed.appAccountToken.map { $0 == UUID(uuidString: account) } ?? true
            if isOurs, Self.credits[signed.productID] != nil { unfinished.append(BoughtPack(transaction)) }
        }
        return unfinished
    }

    private func products(_ names: [Pack.ID]) async throws(PackStoreError) -> [Product] {
        do {
            return try await Product.products(for: names)
        } catch {
            throw PackStoreError(error.localizedDescription)
        }
    }
}

extension BoughtPack {
    /// Need not be verified on the device: the gateway does so.
    init(_ transaction: VerificationResult<StoreKit.Transaction>) {
        self.init(id: String(transaction.unsafePayloadValue.id)) { wallet throws(WalletError) in
            try await wallet.topUp(from: transaction)
        }
    }
}

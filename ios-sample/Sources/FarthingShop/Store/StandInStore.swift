import Farthing
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The stand-in for the App Store that `cargo xtask demo --serve` runs beside its gateway. Nobody pays there; what it
/// signs is credited by that gateway alone. A shipped game has nothing like it.
public struct StandInStore: PackStore {
    private let address: String

    private static let seconds: TimeInterval = 5

    /// The stand-in at an address.
    public init(address: String) {
        self.address = address
    }

    /// The one that settings name; `nil` where they name none.
    public init?(_ settings: ShopSettings) {
        guard !settings.stores.isEmpty else { return nil }
        self.init(address: settings.stores)
    }

    public var isStandIn: Bool { true }

    public func packs() async throws(PackStoreError) -> [Pack] {
        let products: [Product] = try read(await ask("products"))
        return try products.map { product throws(PackStoreError) in
            do throws(MoneyError) {
                let price = try Money(product.price, product.currency)
                return Pack(
                    id: product.product,
                    credit: try Money(product.credit, product.currency),
                    price: .money(price)
                )
            } catch {
                throw PackStoreError("\(error)")
            }
        }
    }

    public func buy(_ pack: Pack, for account: String) async throws(PackStoreError) -> PackSale {
        let order = ["product": pack.id, "account": account]
        let sold: Sold = try read(await ask("app-store/purchases", order: order))
        return .bought(bought(sold.signedTransaction))
    }

    public func unfinished(of account: String) async throws(PackStoreError) -> [BoughtPack] {
        let whose = [URLQueryItem(name: "account", value: account)]
        let unfinished: Unfinished = try read(await ask("app-store/purchases", whose))
        return unfinished.signedTransactions.map(bought)
    }

    private func bought(_ signedTransaction: String) -> BoughtPack {
        BoughtPack(id: signedTransaction) { wallet throws(WalletError) in
            let topUp = try await wallet.topUpFromStore(.appStore(signedTransaction: signedTransaction))
            // What can't be finished now is handed over again, and finished then.
            if topUp.isCredited { try? await finish(signedTransaction) }
            return topUp
        }
    }

    private func finish(_ signedTransaction: String) async throws(PackStoreError) {
        _ = try await ask("app-store/finished", order: ["signed_transaction": signedTransaction])
    }

    private func ask(
        _ path: String,
        _ query: [URLQueryItem] = [],
        order: [String: String]? = nil
    ) async throws(PackStoreError) -> Data {
        guard var url = URL(string: address) else { throw PackStoreError("\(address) is no address") }
        url.append(path: path)
        if !query.isEmpty { url.append(queryItems: query) }
        var request = URLRequest(url: url, timeoutInterval: Self.seconds)
        do {
            if let order {
                request.httpMethod = "POST"
                request.setValue("application/json", forHTTPHeaderField: "Content-Type")
                request.httpBody = try JSONEncoder().encode(order)
            }
            let (answer, response) = try await URLSession.shared.data(for: request)
            let status = (response as? HTTPURLResponse)?.statusCode ?? 0
            guard (200..<300).contains(status) else {
                throw PackStoreError("HTTP \(status): \(String(decoding: answer, as: UTF8.self))")
            }
            return answer
        } catch {
            throw error as? PackStoreError ?? PackStoreError(error.localizedDescription)
        }
    }

    private func read<Answer: Decodable>(_ answer: Data) throws(PackStoreError) -> Answer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(Answer.self, from: answer)
        } catch {
            throw PackStoreError("\(error)")
        }
    }

    private struct Product: Decodable {
        let product: String
        let credit: String
        let price: String
        let currency: String
    }

    private struct Sold: Decodable {
        let signedTransaction: String
    }

    private struct Unfinished: Decodable {
        let signedTransactions: [String]
    }
}

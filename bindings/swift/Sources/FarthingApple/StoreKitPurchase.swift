#if canImport(StoreKit)
    import Farthing
    import Foundation
    import StoreKit

    extension Wallet {
        /// Credits a pack of balance that was bought by In-App Purchase, and finishes the transaction once it is in the
        /// balance. Until then StoreKit gives it to the app again at each start (`Transaction.unfinished`).
        ///
        /// ```swift
        /// let account = try await wallet.account().flatMap(UUID.init(uuidString:))
        /// let options: Set<Product.PurchaseOption> = account.map { [.appAccountToken($0)] } ?? []
        /// if case .success(let transaction) = try await product.purchase(options: options) {
        ///     try await wallet.topUp(from: transaction)
        /// }
        /// // At each start of the app, for what was bought and not credited:
        /// for await transaction in Transaction.unfinished { try await wallet.topUp(from: transaction) }
        /// ```
        ///
        /// - Parameter transaction: What StoreKit gave. It need not be verified on the device: the gateway does so.
        /// - Throws: As ``Wallet/topUpFromStore(_:)``. The transaction is not finished then.
        @discardableResult
        public func topUp(
            from transaction: VerificationResult<StoreKit.Transaction>
        ) async throws(WalletError) -> StoreTopUp {
            let bought = StorePurchase.appStore(signedTransaction: transaction.jwsRepresentation)
            let topUp = try await topUpFromStore(bought)
            if topUp.isCredited {
                await transaction.unsafePayloadValue.finish()
            }
            return topUp
        }
    }
#endif

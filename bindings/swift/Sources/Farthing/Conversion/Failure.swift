internal import FarthingFFI

/// Calls the core, and throws what it throws as a ``WalletError``.
func calling<Answer>(_ call: () async throws -> Answer) async throws(WalletError) -> Answer {
    do {
        return try await call()
    } catch FarthingFFI.WalletError.Failed(let failure) {
        throw WalletError(failure)
    } catch {
        throw WalletError(
            reason: .internal,
            message: "an internal error (\(error)); please report it",
            isTransient: false
        )
    }
}

extension WalletError {
    init(_ failure: WalletFailure) {
        self.init(reason: Reason(failure.reason), message: failure.message, isTransient: failure.isTransient)
    }
}

extension WalletError.Reason {
    fileprivate init(_ reason: FailureReason) {
        self =
            switch reason {
            case .notEnrolled: .notEnrolled
            case .insufficientFunds(let available, let needed):
                .insufficientFunds(available: Money(available), needed: Money(needed))
            case .offlineLimitReached(let limit, let remaining):
                .offlineLimitReached(limit: Money(limit), remaining: Money(remaining))
            case .allowanceExpired(let expiredAt): .allowanceExpired(at: expiredAt)
            case .spendingLimitReached(let period, let limit, let remainingMicros, let resets):
                .spendingLimitReached(
                    LimitPeriod(period),
                    limit: Money(limit),
                    remaining: Money(micros: remainingMicros, currency: limit.currency),
                    resets: resets
                )
            case .approvalRequired(let approval, let sku, let total):
                .approvalRequired(approval: approval, sku: sku, total: Money(total))
            case .usageCapReached(let sku, let cap, let resetsAt):
                .usageCapReached(sku: sku, cap: Money(cap), resetsAt: resetsAt)
            case .unknownItem(let sku): .unknownItem(sku: sku)
            case .alreadyOwned(let sku): .alreadyOwned(sku: sku)
            case .insufficientItems(let sku, let owned, let needed):
                .insufficientItems(sku: sku, owned: Int(owned), needed: Int(needed))
            case .catalogExpired(let expiredAt): .catalogExpired(at: expiredAt)
            case .catalogMissing: .catalogMissing
            case .queueFull(let limit): .queueFull(limit: Int(limit))
            case .cardInvalid(let field): .cardInvalid(field: field)
            case .cardDeclined(let code, let topUp): .cardDeclined(code: DeclineCode(code), topUp: topUp)
            case .topUpCapReached(let cap, let most, let roomMicros):
                .topUpCapReached(
                    TopUpCap(cap),
                    most: Money(most),
                    room: Money(micros: roomMicros, currency: most.currency)
                )
            case .ageRestricted(let needsGuardian): .ageRestricted(needsGuardian: needsGuardian)
            case .notSettled: .notSettled
            case .alreadyRefunded: .alreadyRefunded
            case .alreadyUsed: .alreadyUsed
            case .refundTooLate(let reason): .refundTooLate(reason)
            case .storePurchaseTaken: .storePurchaseTaken
            case .storePurchaseInvalid(let reason): .storePurchaseInvalid(reason)
            case .offline(let operation): .offline(operation: operation)
            case .gatewayUnavailable(let retryAfter): .gatewayUnavailable(retryAfter: retryAfter.map { .seconds($0) })
            case .gatewayNotTrusted(let reason): .gatewayNotTrusted(reason)
            case .refused(let reason): .refused(reason)
            case .deviceFrozen(let forkSeq): .deviceFrozen(forkSeq: Int(forkSeq))
            case .deviceRevoked: .deviceRevoked
            case .accountErased: .accountErased
            case .syncRequired: .syncRequired
            case .enrolmentRejected(let reason): .enrolmentRejected(reason)
            case .keyStoreUnavailable(let reason): .keyStoreUnavailable(reason)
            case .keyLost: .keyLost
            case .storageFull: .storageFull
            case .storageUnavailable(let reason): .storageUnavailable(reason)
            case .storageDamaged(let reason): .storageDamaged(reason)
            case .alreadyOpen: .alreadyOpen
            case .closed: .closed
            case .unsettledEntries(let count): .unsettledEntries(count: Int(count))
            case .invalidArgument(let field, let reason): .invalidArgument(field: field, reason: reason)
            case .upgradeRequired: .upgradeRequired
            case .internal: .internal
            }
    }
}

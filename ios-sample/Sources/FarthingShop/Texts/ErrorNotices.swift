import Farthing

extension WalletError {
    /// What a player is told of an error: what happened, what was kept, what to do.
    public var notice: Notice {
        switch reason {
        case .notEnrolled: Notice(.errorNotEnrolled)
        case .insufficientFunds(let available, let needed):
            Notice(.errorInsufficientFunds, .money(needed), .money(available))
        case .offlineLimitReached(_, let remaining): Notice(.errorOfflineLimit, .money(remaining))
        case .allowanceExpired: Notice(.errorAllowanceExpired)
        case .spendingLimitReached(_, let limit, _, _): Notice(.errorSpendingLimit, .money(limit))
        case .approvalRequired: Notice(.errorApprovalRequired)
        case .usageCapReached(_, let cap, _): Notice(.errorUsageCap, .money(cap))
        case .unknownItem: Notice(.errorUnknownItem)
        case .alreadyOwned: Notice(.errorAlreadyOwned)
        case .insufficientItems: Notice(.errorInsufficientItems)
        case .topUpCapReached(.tab, _, let room): Notice(.errorTabCap, .money(room))
        case .topUpCapReached(_, _, let room): Notice(.errorTopUpCap, .money(room))
        case .ageRestricted(needsGuardian: false): Notice(.errorAgeRestricted)
        case .ageRestricted(needsGuardian: true): Notice(.errorGuardianRequired)
        case .notSettled: Notice(.errorNotSettled)
        case .alreadyRefunded: Notice(.errorAlreadyRefunded)
        case .alreadyUsed: Notice(.errorAlreadyUsed)
        case .refundTooLate: Notice(.errorRefundTooLate)
        case .storePurchaseTaken: Notice(.errorStorePurchaseTaken)
        case .storePurchaseInvalid: Notice(.errorStorePurchaseInvalid)
        case .catalogExpired: Notice(.errorCatalogExpired)
        case .catalogMissing: Notice(.errorCatalogMissing)
        case .queueFull: Notice(.errorQueueFull)
        case .cardInvalid: Notice(.errorCardInvalid)
        case .cardDeclined(let code, _): code.notice
        case .offline: Notice(.errorOffline)
        case .gatewayUnavailable: Notice(.errorGatewayUnavailable)
        case .gatewayNotTrusted: Notice(.errorGatewayNotTrusted)
        case .refused(let reason): Notice(.errorRefused, .text(reason))
        case .deviceFrozen: Notice(.errorDeviceFrozen)
        case .deviceRevoked: Notice(.errorDeviceRevoked)
        case .accountErased: Notice(.errorAccountErased)
        case .syncRequired: Notice(.errorSyncRequired)
        case .enrolmentRejected: Notice(.errorEnrolmentRejected)
        case .keyStoreUnavailable: Notice(.errorKeyStoreUnavailable)
        case .keyLost: Notice(.errorKeyLost)
        case .storageFull: Notice(.errorStorageFull)
        case .storageUnavailable: Notice(.errorStorageUnavailable)
        case .storageDamaged: Notice(.errorStorageDamaged)
        case .alreadyOpen: Notice(.errorAlreadyOpen)
        case .closed: Notice(.errorClosed)
        case .unsettledEntries: Notice(.errorUnsettledEntries)
        case .invalidArgument(field: "pin", _): Notice(.errorPin)
        case .invalidArgument(field: "message", _): Notice(.errorTipMessage)
        case .invalidArgument(let field, let reason): Notice(.errorInvalidArgument, .text(field), .text(reason))
        case .upgradeRequired: Notice(.errorUpgradeRequired)
        case .internal: Notice(.errorInternal)
        }
    }
}

extension DeclineCode {
    /// What a player is told when the bank says no.
    public var notice: Notice {
        switch self {
        case .insufficientFunds: Notice(.declinedInsufficientFunds)
        case .expiredCard: Notice(.declinedExpired)
        case .incorrectCvc: Notice(.declinedCvc)
        case .lostCard, .stolenCard: Notice(.declinedBlocked)
        case .authenticationFailed: Notice(.declinedAuthentication)
        case .processingError: Notice(.declinedProcessing)
        case .genericDecline, .other: Notice(.declinedGeneric)
        }
    }
}

extension RejectionReason {
    /// Why a purchase was taken back, for players.
    public var notice: Notice {
        switch self {
        case .unknownItem, .unknownCatalog, .unknownCreator: Notice(.rejectedNotForSale)
        case .wrongPrice, .wrongQuantity: Notice(.rejectedPrice)
        case .allowanceExpired, .unknownAllowance: Notice(.rejectedTooLate)
        case .allowanceExceeded, .abovePurchaseMax, .spendingLimitReached, .approvalRequired: Notice(.rejectedLimit)
        case .malformed, .other: Notice(.rejectedOther)
        }
    }
}

package dev.farthing

import dev.farthing.ffi.FailureReason
import dev.farthing.ffi.InternalException
import dev.farthing.ffi.WalletFailure
import dev.farthing.ffi.WalletException as CoreException

/** Calls the core, and throws what it throws as a [WalletException]. */
internal suspend fun <T> callingCore(call: suspend () -> T): T =
    try {
        call()
    } catch (failed: CoreException.Failed) {
        throw failed.failure.toException()
    } catch (failed: InternalException) {
        val message = "an internal error (${failed.message}); please report it"
        throw WalletException.Internal(WalletFailure(message, isTransient = false, FailureReason.Internal))
    }

/** The exception that stands for a failure. */
internal fun WalletFailure.toException(): WalletException =
    when (val reason = reason) {
        is FailureReason.NotEnrolled -> {
            WalletException.NotEnrolled(this)
        }

        is FailureReason.InsufficientFunds -> {
            WalletException.InsufficientFunds(this, reason.available.toPublic(), reason.needed.toPublic())
        }

        is FailureReason.OfflineLimitReached -> {
            WalletException.OfflineLimitReached(this, reason.limit.toPublic(), reason.remaining.toPublic())
        }

        is FailureReason.AllowanceExpired -> {
            WalletException.AllowanceExpired(this, reason.expiredAt)
        }

        is FailureReason.SpendingLimitReached -> {
            WalletException.SpendingLimitReached(
                this,
                enumValueOf(reason.period.name),
                reason.limit.toPublic(),
                Money.ofMicros(reason.remainingMicros, reason.limit.currency),
                reason.resets,
            )
        }

        is FailureReason.ApprovalRequired -> {
            WalletException.ApprovalRequired(this, reason.approval, reason.sku, reason.total.toPublic())
        }

        is FailureReason.UsageCapReached -> {
            WalletException.UsageCapReached(this, reason.sku, reason.cap.toPublic(), reason.resetsAt)
        }

        is FailureReason.UnknownItem -> {
            WalletException.UnknownItem(this, reason.sku)
        }

        is FailureReason.AlreadyOwned -> {
            WalletException.AlreadyOwned(this, reason.sku)
        }

        is FailureReason.InsufficientItems -> {
            WalletException.InsufficientItems(this, reason.sku, reason.owned.toLong(), reason.needed.toLong())
        }

        is FailureReason.CatalogExpired -> {
            WalletException.CatalogExpired(this, reason.expiredAt)
        }

        is FailureReason.CatalogMissing -> {
            WalletException.CatalogMissing(this)
        }

        is FailureReason.QueueFull -> {
            WalletException.QueueFull(this, reason.limit.toLong())
        }

        is FailureReason.CardInvalid -> {
            WalletException.CardInvalid(this, reason.field)
        }

        is FailureReason.CardDeclined -> {
            WalletException.CardDeclined(this, enumValueOf(reason.code.name), reason.topUp)
        }

        is FailureReason.TopUpCapReached -> {
            WalletException.TopUpCapReached(
                this,
                enumValueOf(reason.cap.name),
                reason.most.toPublic(),
                Money.ofMicros(reason.roomMicros, reason.most.currency),
            )
        }

        is FailureReason.AgeRestricted -> {
            WalletException.AgeRestricted(this, reason.needsGuardian)
        }

        is FailureReason.NotSettled -> {
            WalletException.NotSettled(this)
        }

        is FailureReason.AlreadyRefunded -> {
            WalletException.AlreadyRefunded(this)
        }

        is FailureReason.AlreadyUsed -> {
            WalletException.AlreadyUsed(this)
        }

        is FailureReason.RefundTooLate -> {
            WalletException.RefundTooLate(this, reason.reason)
        }

        is FailureReason.StorePurchaseTaken -> {
            WalletException.StorePurchaseTaken(this)
        }

        is FailureReason.StorePurchaseInvalid -> {
            WalletException.StorePurchaseInvalid(this, reason.reason)
        }

        is FailureReason.Offline -> {
            WalletException.Offline(this, reason.operation)
        }

        is FailureReason.GatewayUnavailable -> {
            WalletException.GatewayUnavailable(this, reason.retryAfter)
        }

        is FailureReason.GatewayNotTrusted -> {
            WalletException.GatewayNotTrusted(this, reason.reason)
        }

        is FailureReason.Refused -> {
            WalletException.Refused(this, reason.reason)
        }

        is FailureReason.DeviceFrozen -> {
            WalletException.DeviceFrozen(this, reason.forkSeq.toLong())
        }

        is FailureReason.DeviceRevoked -> {
            WalletException.DeviceRevoked(this)
        }

        is FailureReason.AccountErased -> {
            WalletException.AccountErased(this)
        }

        is FailureReason.SyncRequired -> {
            WalletException.SyncRequired(this)
        }

        is FailureReason.EnrolmentRejected -> {
            WalletException.EnrolmentRejected(this, reason.reason)
        }

        is FailureReason.KeyStoreUnavailable -> {
            WalletException.KeyStoreUnavailable(this, reason.reason)
        }

        is FailureReason.KeyLost -> {
            WalletException.KeyLost(this)
        }

        is FailureReason.StorageFull -> {
            WalletException.StorageFull(this)
        }

        is FailureReason.StorageUnavailable -> {
            WalletException.StorageUnavailable(this, reason.reason)
        }

        is FailureReason.StorageDamaged -> {
            WalletException.StorageDamaged(this, reason.reason)
        }

        is FailureReason.AlreadyOpen -> {
            WalletException.AlreadyOpen(this)
        }

        is FailureReason.Closed -> {
            WalletException.Closed(this)
        }

        is FailureReason.UnsettledEntries -> {
            WalletException.UnsettledEntries(this, reason.count.toLong())
        }

        is FailureReason.InvalidArgument -> {
            WalletException.InvalidArgument(this, reason.field, reason.reason)
        }

        is FailureReason.UpgradeRequired -> {
            WalletException.UpgradeRequired(this)
        }

        is FailureReason.Internal -> {
            WalletException.Internal(this)
        }
    }

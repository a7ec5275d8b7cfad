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
        throw WalletException.Internal("an internal error (${failed.message}); please report it")
    }

/** The exception that stands for a failure. */
internal fun WalletFailure.toException(): WalletException =
    when (val reason = reason) {
        is FailureReason.NotEnrolled -> {
            WalletException.NotEnrolled(message)
        }

        is FailureReason.InsufficientFunds -> {
            WalletException.InsufficientFunds(message, reason.available.toPublic(), reason.needed.toPublic())
        }

        is FailureReason.OfflineLimitReached -> {
            WalletException.OfflineLimitReached(message, reason.limit.toPublic(), reason.remaining.toPublic())
        }

        is FailureReason.AllowanceExpired -> {
            WalletException.AllowanceExpired(message, reason.expiredAt)
        }

        is FailureReason.SpendingLimitReached -> {
            WalletException.SpendingLimitReached(message, reason.limit.toPublic())
        }

        is FailureReason.UnknownItem -> {
            WalletException.UnknownItem(message, reason.sku)
        }

        is FailureReason.AlreadyOwned -> {
            WalletException.AlreadyOwned(message, reason.sku)
        }

        is FailureReason.InsufficientItems -> {
            WalletException.InsufficientItems(message, reason.sku, reason.owned.toLong(), reason.needed.toLong())
        }

        is FailureReason.CatalogExpired -> {
            WalletException.CatalogExpired(message, reason.expiredAt)
        }

        is FailureReason.CatalogMissing -> {
            WalletException.CatalogMissing(message)
        }

        is FailureReason.QueueFull -> {
            WalletException.QueueFull(message, reason.limit.toLong())
        }

        is FailureReason.CardInvalid -> {
            WalletException.CardInvalid(message, reason.field)
        }

        is FailureReason.CardDeclined -> {
            WalletException.CardDeclined(message, enumValueOf(reason.code.name), reason.topUp)
        }

        is FailureReason.Offline -> {
            WalletException.Offline(message, reason.operation)
        }

        is FailureReason.GatewayUnavailable -> {
            WalletException.GatewayUnavailable(message, reason.retryAfter)
        }

        is FailureReason.GatewayNotTrusted -> {
            WalletException.GatewayNotTrusted(message, reason.reason)
        }

        is FailureReason.Refused -> {
            WalletException.Refused(message, reason.reason)
        }

        is FailureReason.DeviceFrozen -> {
            WalletException.DeviceFrozen(message, reason.forkSeq.toLong())
        }

        is FailureReason.DeviceRevoked -> {
            WalletException.DeviceRevoked(message)
        }

        is FailureReason.SyncRequired -> {
            WalletException.SyncRequired(message)
        }

        is FailureReason.EnrolmentRejected -> {
            WalletException.EnrolmentRejected(message, reason.reason)
        }

        is FailureReason.KeyStoreUnavailable -> {
            WalletException.KeyStoreUnavailable(message, reason.reason)
        }

        is FailureReason.KeyLost -> {
            WalletException.KeyLost(message)
        }

        is FailureReason.StorageFull -> {
            WalletException.StorageFull(message)
        }

        is FailureReason.StorageUnavailable -> {
            WalletException.StorageUnavailable(message, reason.reason)
        }

        is FailureReason.StorageDamaged -> {
            WalletException.StorageDamaged(message, reason.reason)
        }

        is FailureReason.AlreadyOpen -> {
            WalletException.AlreadyOpen(message)
        }

        is FailureReason.Closed -> {
            WalletException.Closed(message)
        }

        is FailureReason.UnsettledEntries -> {
            WalletException.UnsettledEntries(message, reason.count.toLong())
        }

        is FailureReason.InvalidArgument -> {
            WalletException.InvalidArgument(message, reason.field, reason.reason)
        }

        is FailureReason.UpgradeRequired -> {
            WalletException.UpgradeRequired(message)
        }

        is FailureReason.Internal -> {
            WalletException.Internal(message)
        }
    }

package dev.farthing.sample

import dev.farthing.AutoTopUpPause
import dev.farthing.DeclineCode
import dev.farthing.Money
import dev.farthing.RejectionReason
import dev.farthing.TopUpCap
import dev.farthing.WalletException

/** What a player is told of an error: what happened, what was kept, what to do. */
fun WalletException.notice(): Notice =
    when (this) {
        is WalletException.NotEnrolled -> Notice(R.string.error_not_enrolled)
        is WalletException.InsufficientFunds -> Notice(R.string.error_insufficient_funds, needed, available)
        is WalletException.OfflineLimitReached -> Notice(R.string.error_offline_limit, remaining)
        is WalletException.AllowanceExpired -> Notice(R.string.error_allowance_expired)
        is WalletException.SpendingLimitReached -> Notice(R.string.error_spending_limit, limit)
        is WalletException.ApprovalRequired -> Notice(R.string.error_approval_required)
        is WalletException.UsageCapReached -> Notice(R.string.error_usage_cap, cap)
        is WalletException.UnknownItem -> Notice(R.string.error_unknown_item)
        is WalletException.AlreadyOwned -> Notice(R.string.error_already_owned)
        is WalletException.InsufficientItems -> Notice(R.string.error_insufficient_items)
        is WalletException.TopUpCapReached -> capNotice(cap, room)
        is WalletException.AgeRestricted -> ageNotice(needsGuardian)
        is WalletException.NotSettled -> Notice(R.string.error_not_settled)
        is WalletException.AlreadyRefunded -> Notice(R.string.error_already_refunded)
        is WalletException.AlreadyUsed -> Notice(R.string.error_already_used)
        is WalletException.RefundTooLate -> Notice(R.string.error_refund_too_late)
        is WalletException.StorePurchaseTaken -> Notice(R.string.error_store_purchase_taken)
        is WalletException.StorePurchaseInvalid -> Notice(R.string.error_store_purchase_invalid)
        is WalletException.CatalogExpired -> Notice(R.string.error_catalog_expired)
        is WalletException.CatalogMissing -> Notice(R.string.error_catalog_missing)
        is WalletException.QueueFull -> Notice(R.string.error_queue_full)
        is WalletException.CardInvalid -> Notice(R.string.error_card_invalid)
        is WalletException.CardDeclined -> code.notice()
        is WalletException.Offline -> Notice(R.string.error_offline)
        is WalletException.GatewayUnavailable -> Notice(R.string.error_gateway_unavailable)
        is WalletException.GatewayNotTrusted -> Notice(R.string.error_gateway_not_trusted)
        is WalletException.Refused -> Notice(R.string.error_refused, reason)
        is WalletException.DeviceFrozen -> Notice(R.string.error_device_frozen)
        is WalletException.DeviceRevoked -> Notice(R.string.error_device_revoked)
        is WalletException.AccountErased -> Notice(R.string.error_account_erased)
        is WalletException.SyncRequired -> Notice(R.string.error_sync_required)
        is WalletException.EnrolmentRejected -> Notice(R.string.error_enrolment_rejected)
        is WalletException.KeyStoreUnavailable -> Notice(R.string.error_key_store_unavailable)
        is WalletException.KeyLost -> Notice(R.string.error_key_lost)
        is WalletException.StorageFull -> Notice(R.string.error_storage_full)
        is WalletException.StorageUnavailable -> Notice(R.string.error_storage_unavailable)
        is WalletException.StorageDamaged -> Notice(R.string.error_storage_damaged)
        is WalletException.AlreadyOpen -> Notice(R.string.error_already_open)
        is WalletException.Closed -> Notice(R.string.error_closed)
        is WalletException.UnsettledEntries -> Notice(R.string.error_unsettled_entries)
        is WalletException.InvalidArgument -> argumentNotice(field, reason)
        is WalletException.UpgradeRequired -> Notice(R.string.error_upgrade_required)
        is WalletException.Internal -> Notice(R.string.error_internal)
    }

private fun capNotice(
    cap: TopUpCap,
    room: Money,
): Notice =
    when (cap) {
        TopUpCap.TAB -> Notice(R.string.error_tab_cap, room)
        TopUpCap.BALANCE, TopUpCap.MONTHLY_LOAD -> Notice(R.string.error_top_up_cap, room)
    }

private fun ageNotice(needsGuardian: Boolean): Notice =
    Notice(if (needsGuardian) R.string.error_guardian_required else R.string.error_age_restricted)

/** A PIN is what a player can mistype; anything else that can't be used is a mistake of the app. */
private fun argumentNotice(
    field: String,
    reason: String,
): Notice = if (field == "pin") Notice(R.string.error_pin) else Notice(R.string.error_invalid_argument, field, reason)

/** What a player is told when the bank says no. */
fun DeclineCode.notice(): Notice =
    Notice(
        when (this) {
            DeclineCode.INSUFFICIENT_FUNDS -> R.string.declined_insufficient_funds
            DeclineCode.EXPIRED_CARD -> R.string.declined_expired
            DeclineCode.INCORRECT_CVC -> R.string.declined_cvc
            DeclineCode.LOST_CARD, DeclineCode.STOLEN_CARD -> R.string.declined_blocked
            DeclineCode.AUTHENTICATION_FAILED -> R.string.declined_authentication
            DeclineCode.PROCESSING_ERROR -> R.string.declined_processing
            DeclineCode.GENERIC_DECLINE, DeclineCode.OTHER -> R.string.declined_generic
        },
    )

/** Why nothing is charged by itself any more, for players. */
fun AutoTopUpPause.notice(): Notice =
    Notice(
        when (this) {
            AutoTopUpPause.DECLINED -> R.string.auto_paused_declined
            AutoTopUpPause.CARD_UNAVAILABLE -> R.string.auto_paused_card
            AutoTopUpPause.REFUSED -> R.string.auto_paused_refused
        },
    )

/** Why a purchase was taken back, for players. */
fun RejectionReason.notice(): Notice =
    Notice(
        when (this) {
            RejectionReason.UNKNOWN_ITEM, RejectionReason.UNKNOWN_CATALOG, RejectionReason.UNKNOWN_CREATOR,
            -> R.string.rejected_not_for_sale

            RejectionReason.WRONG_PRICE, RejectionReason.WRONG_QUANTITY -> R.string.rejected_price

            RejectionReason.ALLOWANCE_EXPIRED, RejectionReason.UNKNOWN_ALLOWANCE -> R.string.rejected_too_late

            RejectionReason.ALLOWANCE_EXCEEDED, RejectionReason.ABOVE_PURCHASE_MAX,
            RejectionReason.SPENDING_LIMIT_REACHED, RejectionReason.APPROVAL_REQUIRED,
            -> R.string.rejected_limit

            RejectionReason.MALFORMED, RejectionReason.OTHER -> R.string.rejected_other
        },
    )

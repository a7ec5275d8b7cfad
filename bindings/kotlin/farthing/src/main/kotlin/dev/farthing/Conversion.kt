package dev.farthing

import java.time.Duration
import java.time.Instant
import dev.farthing.ffi.Approval as CoreApproval
import dev.farthing.ffi.AutoTopUp as CoreAutoTopUp
import dev.farthing.ffi.AutoTopUpConsent as CoreAutoTopUpConsent
import dev.farthing.ffi.Balance as CoreBalance
import dev.farthing.ffi.Card as CoreCard
import dev.farthing.ffi.CardDetails as CoreCardDetails
import dev.farthing.ffi.Catalog as CoreCatalog
import dev.farthing.ffi.Clock as CoreClock
import dev.farthing.ffi.Creator as CoreCreator
import dev.farthing.ffi.CurrencyBalance as CoreCurrencyBalance
import dev.farthing.ffi.CurrencyLimits as CoreCurrencyLimits
import dev.farthing.ffi.Item as CoreItem
import dev.farthing.ffi.LimitUse as CoreLimitUse
import dev.farthing.ffi.Limits as CoreLimits
import dev.farthing.ffi.MeterTerms as CoreMeterTerms
import dev.farthing.ffi.Money as CoreMoney
import dev.farthing.ffi.Pass as CorePass
import dev.farthing.ffi.PassTerms as CorePassTerms
import dev.farthing.ffi.Purchase as CorePurchase
import dev.farthing.ffi.PurchaseState as CorePurchaseState
import dev.farthing.ffi.SpendingLimits as CoreSpendingLimits
import dev.farthing.ffi.Split as CoreSplit
import dev.farthing.ffi.StorePurchase as CoreStorePurchase
import dev.farthing.ffi.StoreTopUp as CoreStoreTopUp
import dev.farthing.ffi.SupportFile as CoreSupportFile
import dev.farthing.ffi.SyncReport as CoreSyncReport
import dev.farthing.ffi.SyncState as CoreSyncState
import dev.farthing.ffi.Tab as CoreTab
import dev.farthing.ffi.TabState as CoreTabState
import dev.farthing.ffi.Tip as CoreTip
import dev.farthing.ffi.TopUp as CoreTopUp
import dev.farthing.ffi.TopUpAdvice as CoreTopUpAdvice
import dev.farthing.ffi.TopUpState as CoreTopUpState
import dev.farthing.ffi.WalletConfig as CoreWalletConfig
import dev.farthing.ffi.WalletEvent as CoreWalletEvent

// From what UniFFI generates to what apps see, and back. Names are the same on both sides.

internal fun CoreMoney.toPublic() = Money.ofMicros(micros, currency)

internal fun Money.toCore() = CoreMoney(micros, currency)

internal fun CoreBalance.toPublic() = Balance(currencies.map { it.toPublic() }, asOf)

private fun CoreCurrencyBalance.toPublic() =
    CurrencyBalance(total.toPublic(), offlineSpendable.toPublic(), pending.toPublic())

internal fun CoreCatalog.toPublic() =
    Catalog(
        merchant,
        version.toLong(),
        expiresAt,
        currencies.map { VirtualCurrency(it.code, it.exponent.toInt(), it.title) },
        items.map { it.toPublic() },
    )

private fun CoreItem.toPublic() =
    Item(
        sku,
        title,
        description,
        price.toPublic(),
        enumValueOf<ItemKind>(kind.name),
        meter?.toPublic(),
        pass?.toPublic(),
        contents.map { BundledItem(it.sku, it.quantity.toInt()) },
        credits?.toPublic(),
        prices.map { ScheduledPrice(it.price.toPublic(), it.from, it.until) },
        texts.mapValues { (_, text) -> ItemText(text.title, text.description) },
        picture,
    )

private fun CoreMeterTerms.toPublic() =
    MeterTerms(
        perUnits.toInt(),
        flushAfterUnits.toInt(),
        Duration.ofSeconds(flushAfterSeconds.toLong()),
        dailyCap?.toPublic(),
    )

private fun CorePassTerms.toPublic() =
    PassTerms(
        Duration.ofSeconds(lengthSeconds.toLong()),
        Duration.ofSeconds(graceSeconds.toLong()),
        mayRenew,
        Duration.ofSeconds(reminderSeconds.toLong()),
    )

internal fun CorePass.toPublic() =
    Pass(sku, enumValueOf(state.name), startsAt, endsAt, graceEndsAt, renewal?.toPublic())

internal fun CorePurchase.toPublic() =
    Purchase(
        id,
        sku,
        quantity.toInt(),
        total.toPublic(),
        purchasedAt,
        state.toPublic(),
        enumValueOf(kind.name),
        tip?.toPublic(),
        isFromAnotherDevice,
    )

private fun CoreTip.toPublic() = Tip(creator, message)

internal fun CoreCreator.toPublic() = Creator(id, name)

private fun CorePurchaseState.toPublic(): PurchaseState =
    when (this) {
        is CorePurchaseState.Granted -> {
            PurchaseState.Granted
        }

        is CorePurchaseState.Settling -> {
            PurchaseState.Settling
        }

        is CorePurchaseState.Settled -> {
            PurchaseState.Settled(split.toPublic(), settledAt)
        }

        is CorePurchaseState.Refunded -> {
            PurchaseState.Refunded(split.toPublic(), settledAt, amount.toPublic(), quantity.toInt(), refundedAt)
        }

        is CorePurchaseState.Rejected -> {
            PurchaseState.Rejected(enumValueOf(reason.name))
        }
    }

private fun CoreSplit.toPublic() = Split(processor.toPublic(), platform.toPublic(), developer.toPublic())

internal fun CoreSupportFile.toPublic() = SupportFile(name, content)

internal fun CoreCard.toPublic() =
    Card(
        id,
        enumValueOf(brand.name),
        lastFour,
        expiryMonth.toInt(),
        expiryYear.toInt(),
        enumValueOf(state.name),
    )

/** A number that fits no field is as wrong as one that fits: the core names the field. */
internal fun CardDetails.toCore() =
    CoreCardDetails(
        number,
        expiryMonth.coerceIn(0, UByte.MAX_VALUE.toInt()).toUByte(),
        expiryYear.coerceIn(0, UShort.MAX_VALUE.toInt()).toUShort(),
        cvc,
    )

internal fun CoreTopUp.toPublic() = TopUp(id, amount.toPublic(), card, createdAt, state.toPublic(), isAutomatic)

internal fun AutoTopUp.toCore() = CoreAutoTopUp(below.toCore(), amount.toCore(), card, monthlyCap.toCore())

private fun CoreAutoTopUp.toPublic() = AutoTopUp(below.toPublic(), amount.toPublic(), card, monthlyCap.toPublic())

internal fun CoreAutoTopUpConsent.toPublic() =
    AutoTopUpConsent(
        setting.toPublic(),
        agreedAt,
        chargedThisMonth.toPublic(),
        pause?.let { enumValueOf<AutoTopUpPause>(it.name) },
        waitsUntil,
    )

internal fun CoreTab.toPublic() = Tab(id, limit.toPublic(), card, openedAt, owed.toPublic(), state.toPublic())

private fun CoreTabState.toPublic(): TabState =
    when (this) {
        is CoreTabState.Created -> TabState.Created
        is CoreTabState.RequiresAction -> TabState.RequiresAction(url)
        is CoreTabState.Processing -> TabState.Processing
        is CoreTabState.Open -> TabState.Open
        is CoreTabState.Closing -> TabState.Closing
        is CoreTabState.Closed -> TabState.Closed(charged.toPublic())
        is CoreTabState.Failed -> TabState.Failed(enumValueOf(code.name))
        is CoreTabState.Disputed -> TabState.Disputed(held.toPublic())
        is CoreTabState.ChargedBack -> TabState.ChargedBack(amount.toPublic())
    }

internal fun CoreTopUpAdvice.toPublic() = TopUpAdvice(amount.toPublic(), fee.toPublic(), feePerMillion.toInt())

private fun CoreTopUpState.toPublic(): TopUpState =
    when (this) {
        is CoreTopUpState.Created -> TopUpState.Created
        is CoreTopUpState.RequiresAction -> TopUpState.RequiresAction(url)
        is CoreTopUpState.Processing -> TopUpState.Processing
        is CoreTopUpState.Succeeded -> TopUpState.Succeeded
        is CoreTopUpState.Failed -> TopUpState.Failed(enumValueOf(code.name))
        is CoreTopUpState.Disputed -> TopUpState.Disputed(held.toPublic())
        is CoreTopUpState.ChargedBack -> TopUpState.ChargedBack(amount.toPublic())
    }

internal fun StorePurchase.toCore(): CoreStorePurchase =
    when (this) {
        is StorePurchase.AppStore -> CoreStorePurchase.AppStore(signedTransaction)
        is StorePurchase.GooglePlay -> CoreStorePurchase.GooglePlay(product, purchaseToken)
    }

internal fun CoreStoreTopUp.toPublic() = StoreTopUp(amount.toPublic(), isCredited)

internal fun SpendingLimits.toCore() =
    CoreSpendingLimits(
        purchase?.toCore(),
        day?.toCore(),
        week?.toCore(),
        month?.toCore(),
        askAbove?.toCore(),
    )

private fun CoreSpendingLimits.toPublic() =
    SpendingLimits(
        purchase?.toPublic(),
        day?.toPublic(),
        week?.toPublic(),
        month?.toPublic(),
        askAbove?.toPublic(),
    )

internal fun CoreLimits.toPublic() = Limits(limits.map { it.toPublic() }, hasGuardian, utcOffsetMinutes.toInt(), asOf)

private fun CoreCurrencyLimits.toPublic() =
    CurrencyLimits(
        currency,
        player.toPublic(),
        guardian.toPublic(),
        pending?.let { PendingLimits(it.limits.toPublic(), it.from) },
        used.map { it.toPublic() },
    )

private fun CoreLimitUse.toPublic() = LimitUse(enumValueOf(period.name), limit.toPublic(), used.toPublic(), resets)

internal fun CoreApproval.toPublic() =
    Approval(
        id,
        device,
        sku,
        quantity.toInt(),
        total.toPublic(),
        enumValueOf(state.name),
        askedAt,
        expiresAt,
    )

internal fun CoreSyncState.toPublic(): SyncState =
    when (this) {
        is CoreSyncState.Idle -> SyncState.Idle
        is CoreSyncState.Running -> SyncState.Running
        is CoreSyncState.Waiting -> SyncState.Waiting(delay, attempt.toInt(), failure.toException())
        is CoreSyncState.Stopped -> SyncState.Stopped(failure.toException())
    }

internal fun CoreSyncReport.toPublic() =
    SyncReport(settled.toLong(), rejected.toLong(), waiting.toLong(), balance.toPublic())

internal fun CoreWalletEvent.toPublic(): WalletEvent =
    when (this) {
        is CoreWalletEvent.Purchased -> {
            WalletEvent.Purchased(purchase, sku)
        }

        is CoreWalletEvent.Settled -> {
            WalletEvent.Settled(purchase)
        }

        is CoreWalletEvent.Rejected -> {
            WalletEvent.Rejected(purchase, sku, enumValueOf(reason.name), revoked.toLong())
        }

        is CoreWalletEvent.PurchaseRefunded -> {
            WalletEvent.PurchaseRefunded(purchase, sku, amount.toPublic(), quantity.toInt(), revoked.toLong())
        }

        is CoreWalletEvent.PurchasesArrived -> {
            WalletEvent.PurchasesArrived(count.toInt())
        }

        is CoreWalletEvent.UsageNearLimit -> {
            WalletEvent.UsageNearLimit(sku, spent.toPublic(), limit.toPublic())
        }

        is CoreWalletEvent.PassEnding -> {
            WalletEvent.PassEnding(sku, endsAt, renewal?.toPublic())
        }

        is CoreWalletEvent.PassNotRenewed -> {
            WalletEvent.PassNotRenewed(sku, endsAt, failure?.toException())
        }

        is CoreWalletEvent.PassEnded -> {
            WalletEvent.PassEnded(sku)
        }

        is CoreWalletEvent.BalanceChanged -> {
            WalletEvent.BalanceChanged(balance.toPublic())
        }

        is CoreWalletEvent.CatalogChanged -> {
            WalletEvent.CatalogChanged(version.toLong())
        }

        is CoreWalletEvent.TopUpChanged -> {
            WalletEvent.TopUpChanged(topUp.toPublic())
        }

        is CoreWalletEvent.AutoTopUpPaused -> {
            WalletEvent.AutoTopUpPaused(enumValueOf(reason.name))
        }

        is CoreWalletEvent.TabChanged -> {
            WalletEvent.TabChanged(tab.toPublic())
        }

        is CoreWalletEvent.Frozen -> {
            WalletEvent.Frozen(forkSeq.toLong())
        }

        is CoreWalletEvent.SyncChanged -> {
            WalletEvent.SyncChanged(state.toPublic())
        }
    }

internal fun WalletConfig.toCore() =
    CoreWalletConfig(
        gateway,
        publishableKey,
        folder.path,
        rootKey,
        enrolmentToken,
        keyPins,
        tlsRoots,
        syncsByItself,
        // The device's own clock is read in Rust: a purchase shouldn't wait for a call back into the JVM.
        clock.takeUnless { it == java.time.Clock.systemUTC() }?.let(::ClockOfApp),
    )

private class ClockOfApp(
    private val clock: java.time.Clock,
) : CoreClock {
    override fun wall(): Instant = clock.instant()
}

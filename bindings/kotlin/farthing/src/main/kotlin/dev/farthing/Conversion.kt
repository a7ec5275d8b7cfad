package dev.farthing

import java.time.Instant
import dev.farthing.ffi.Balance as CoreBalance
import dev.farthing.ffi.Card as CoreCard
import dev.farthing.ffi.CardDetails as CoreCardDetails
import dev.farthing.ffi.Catalog as CoreCatalog
import dev.farthing.ffi.Clock as CoreClock
import dev.farthing.ffi.CurrencyBalance as CoreCurrencyBalance
import dev.farthing.ffi.Item as CoreItem
import dev.farthing.ffi.Money as CoreMoney
import dev.farthing.ffi.Purchase as CorePurchase
import dev.farthing.ffi.PurchaseState as CorePurchaseState
import dev.farthing.ffi.Split as CoreSplit
import dev.farthing.ffi.SyncReport as CoreSyncReport
import dev.farthing.ffi.SyncState as CoreSyncState
import dev.farthing.ffi.TopUp as CoreTopUp
import dev.farthing.ffi.TopUpState as CoreTopUpState
import dev.farthing.ffi.WalletConfig as CoreWalletConfig
import dev.farthing.ffi.WalletEvent as CoreWalletEvent

// From what UniFFI generates to what apps see, and back. Names are the same on both sides.

internal fun CoreMoney.toPublic() = Money.ofMicros(micros, currency)

internal fun Money.toCore() = CoreMoney(micros, currency)

internal fun CoreBalance.toPublic() = Balance(currencies.map { it.toPublic() }, asOf)

private fun CoreCurrencyBalance.toPublic() =
    CurrencyBalance(total.toPublic(), offlineSpendable.toPublic(), pending.toPublic())

internal fun CoreCatalog.toPublic() = Catalog(merchant, version.toLong(), expiresAt, items.map { it.toPublic() })

private fun CoreItem.toPublic() = Item(sku, title, description, price.toPublic(), enumValueOf<ItemKind>(kind.name))

internal fun CorePurchase.toPublic() =
    Purchase(id, sku, quantity.toInt(), total.toPublic(), purchasedAt, state.toPublic())

private fun CorePurchaseState.toPublic(): PurchaseState =
    when (this) {
        is CorePurchaseState.Granted -> PurchaseState.Granted
        is CorePurchaseState.Settling -> PurchaseState.Settling
        is CorePurchaseState.Settled -> PurchaseState.Settled(split.toPublic(), settledAt)
        is CorePurchaseState.Rejected -> PurchaseState.Rejected(enumValueOf(reason.name))
    }

private fun CoreSplit.toPublic() = Split(processor.toPublic(), platform.toPublic(), developer.toPublic())

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

internal fun CoreTopUp.toPublic() = TopUp(id, amount.toPublic(), card, createdAt, state.toPublic())

private fun CoreTopUpState.toPublic(): TopUpState =
    when (this) {
        is CoreTopUpState.Created -> TopUpState.Created
        is CoreTopUpState.RequiresAction -> TopUpState.RequiresAction(url)
        is CoreTopUpState.Processing -> TopUpState.Processing
        is CoreTopUpState.Succeeded -> TopUpState.Succeeded
        is CoreTopUpState.Failed -> TopUpState.Failed(enumValueOf(code.name))
    }

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

        is CoreWalletEvent.BalanceChanged -> {
            WalletEvent.BalanceChanged(balance.toPublic())
        }

        is CoreWalletEvent.CatalogChanged -> {
            WalletEvent.CatalogChanged(version.toLong())
        }

        is CoreWalletEvent.TopUpChanged -> {
            WalletEvent.TopUpChanged(topUp.toPublic())
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

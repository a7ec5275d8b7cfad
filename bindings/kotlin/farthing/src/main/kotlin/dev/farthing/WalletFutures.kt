package dev.farthing

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.future.await
import kotlinx.coroutines.future.future
import kotlinx.coroutines.launch
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.function.Consumer

/**
 * A [Wallet] for Java: each call is a [CompletableFuture] that ends with the result, or
 * exceptionally with a [WalletException]. Nothing blocks but [close].
 *
 * ```java
 * WalletFutures wallet = WalletFutures.open(config, KeyStore.software(keys)).join();
 * Purchase purchase = wallet.buy("extra_life").join();
 * ```
 *
 * Cancelling a future stops waiting; the call may still take effect, as told at [Wallet].
 *
 * @property wallet The wallet itself.
 */
public class WalletFutures(
    public val wallet: Wallet,
) : AutoCloseable {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** The balance now. */
    public val balance: Balance get() = wallet.balance.value

    /** What sync is doing now. */
    public val syncState: SyncState get() = wallet.syncState.value

    /** See [Wallet.buy]. */
    @JvmOverloads
    public fun buy(
        sku: String,
        quantity: Int = 1,
        idempotencyKey: String? = null,
    ): CompletableFuture<Purchase> = scope.future { wallet.buy(sku, quantity, idempotencyKey) }

    /** See [Wallet.tip]. */
    @JvmOverloads
    public fun tip(
        creator: String,
        amount: Money,
        message: String? = null,
        idempotencyKey: String? = null,
    ): CompletableFuture<Purchase> = scope.future { wallet.tip(creator, amount, message, idempotencyKey) }

    /** See [Wallet.creators]. */
    public fun creators(): CompletableFuture<List<Creator>> = scope.future { wallet.creators() }

    /** See [Wallet.consume]. */
    public fun consume(
        sku: String,
        quantity: Int,
        operation: String,
    ): CompletableFuture<Long> = scope.future { wallet.consume(sku, quantity, operation) }

    /** See [Wallet.meter]. */
    public fun meter(sku: String): MeterFutures = MeterFutures(wallet.meter(sku), scope)

    /** See [Wallet.passes]. */
    public fun passes(): CompletableFuture<List<Pass>> = scope.future { wallet.passes() }

    /** See [Wallet.pass]; the future has `null` where the player never had it. */
    public fun pass(sku: String): CompletableFuture<Pass?> = scope.future { wallet.pass(sku) }

    /** See [Wallet.setPassRenewal]. */
    public fun setPassRenewal(
        sku: String,
        agrees: Boolean,
    ): CompletableFuture<Pass> = scope.future { wallet.setPassRenewal(sku, agrees) }

    /** See [Wallet.inventory]. */
    public fun inventory(): CompletableFuture<Inventory> = scope.future { wallet.inventory() }

    /** See [Wallet.catalog]. */
    public fun catalog(): CompletableFuture<Catalog> = scope.future { wallet.catalog() }

    /** See [Wallet.purchases]. */
    @JvmOverloads
    public fun purchases(filter: PurchaseFilter = PurchaseFilter()): CompletableFuture<List<Purchase>> =
        scope.future { wallet.purchases(filter) }

    /** See [Wallet.receipt]. */
    public fun receipt(purchase: String): CompletableFuture<String> = scope.future { wallet.receipt(purchase) }

    /** See [Wallet.refund]. */
    public fun refund(purchase: String): CompletableFuture<Purchase> = scope.future { wallet.refund(purchase) }

    /** See [Wallet.refundReceipts]. */
    public fun refundReceipts(purchase: String): CompletableFuture<List<String>> =
        scope.future { wallet.refundReceipts(purchase) }

    /** See [Wallet.addCard]. */
    public fun addCard(details: CardDetails): CompletableFuture<Card> = scope.future { wallet.addCard(details) }

    /** See [Wallet.addPaymentMethod]. */
    public fun addPaymentMethod(paymentMethod: String): CompletableFuture<Card> =
        scope.future {
            wallet.addPaymentMethod(paymentMethod)
        }

    /** See [Wallet.cards]. */
    public fun cards(): CompletableFuture<List<Card>> = scope.future { wallet.cards() }

    /** See [Wallet.removeCard]. */
    public fun removeCard(card: String): CompletableFuture<Unit> = scope.future { wallet.removeCard(card) }

    /** See [Wallet.topUp]. */
    public fun topUp(
        amount: Money,
        card: String,
    ): CompletableFuture<TopUp> = scope.future { wallet.topUp(amount, card) }

    /** See [Wallet.topUpFromStore]. */
    public fun topUpFromStore(purchase: StorePurchase): CompletableFuture<StoreTopUp> =
        scope.future { wallet.topUpFromStore(purchase) }

    /** See [Wallet.account]. */
    public fun account(): CompletableFuture<String?> = scope.future { wallet.account() }

    /** See [Wallet.topUps]. */
    public fun topUps(): CompletableFuture<List<TopUp>> = scope.future { wallet.topUps() }

    /** See [Wallet.topUpAdvice]. */
    public fun topUpAdvice(currency: String): CompletableFuture<List<TopUpAdvice>> =
        scope.future { wallet.topUpAdvice(currency) }

    /** See [Wallet.setAutoTopUp]; `null` forbids it. */
    public fun setAutoTopUp(setting: AutoTopUp?): CompletableFuture<AutoTopUpConsent?> =
        scope.future { wallet.setAutoTopUp(setting) }

    /** See [Wallet.autoTopUp]; the future has `null` where the player has not agreed. */
    public fun autoTopUp(): CompletableFuture<AutoTopUpConsent?> = scope.future { wallet.autoTopUp() }

    /** See [Wallet.openTab]. */
    public fun openTab(
        limit: Money,
        card: String,
    ): CompletableFuture<Tab> = scope.future { wallet.openTab(limit, card) }

    /** See [Wallet.closeTab]. */
    public fun closeTab(tab: String): CompletableFuture<Tab> = scope.future { wallet.closeTab(tab) }

    /** See [Wallet.tabs]. */
    public fun tabs(): CompletableFuture<List<Tab>> = scope.future { wallet.tabs() }

    /** See [Wallet.supportBundle]. */
    public fun supportBundle(): CompletableFuture<SupportFile> = scope.future { wallet.supportBundle() }

    /** See [Wallet.limits]. */
    public fun limits(): CompletableFuture<Limits> = scope.future { wallet.limits() }

    /** See [Wallet.setLimits]. */
    @JvmOverloads
    public fun setLimits(
        currency: String,
        limits: SpendingLimits,
        pin: String? = null,
        utcOffsetMinutes: Int? = null,
    ): CompletableFuture<Limits> = scope.future { wallet.setLimits(currency, limits, pin, utcOffsetMinutes) }

    /** See [Wallet.approvals]. */
    public fun approvals(): CompletableFuture<List<Approval>> = scope.future { wallet.approvals() }

    /** See [Wallet.answerApproval]. */
    public fun answerApproval(
        approval: String,
        approve: Boolean,
        pin: String,
    ): CompletableFuture<Approval> = scope.future { wallet.answerApproval(approval, approve, pin) }

    /** See [Wallet.sync]. */
    public fun sync(): CompletableFuture<SyncReport> = scope.future { wallet.sync() }

    /** See [Wallet.erase]. */
    public fun erase(force: Boolean): CompletableFuture<Unit> = scope.future { wallet.erase(force) }

    /**
     * Tells a listener of each event from now on, one after the other, on [executor], until what is
     * returned is closed. A listener that throws ends only itself: what it threw goes to the
     * thread's handler of uncaught exceptions.
     */
    public fun addListener(
        executor: Executor,
        listener: Consumer<WalletEvent>,
    ): AutoCloseable {
        val listening =
            scope.launch(start = CoroutineStart.UNDISPATCHED) {
                wallet.events.collect { event ->
                    CompletableFuture.runAsync({ listener.accept(event) }, executor).await()
                }
            }
        return AutoCloseable { listening.cancel() }
    }

    /** See [Wallet.close]. Futures that have not ended are cancelled. */
    override fun close() {
        wallet.close()
        scope.cancel()
    }

    /** Where wallets come from. */
    public companion object {
        /** See [Wallet.open]. */
        @JvmStatic
        public fun open(
            config: WalletConfig,
            keyStore: KeyStore,
        ): CompletableFuture<WalletFutures> =
            CoroutineScope(Dispatchers.Default).future { WalletFutures(Wallet.open(config, keyStore)) }

        /** See [Wallet.startOver]. */
        @JvmStatic
        public fun startOver(
            folder: File,
            keyStore: KeyStore,
        ): CompletableFuture<Unit> = CoroutineScope(Dispatchers.Default).future { Wallet.startOver(folder, keyStore) }
    }
}

/**
 * A [Meter] for Java.
 *
 * @property meter The meter itself.
 */
public class MeterFutures internal constructor(
    public val meter: Meter,
    private val scope: CoroutineScope,
) {
    /** See [Meter.record]. A unit that is counted at once costs no thread. */
    @JvmOverloads
    public fun record(units: Int = 1): CompletableFuture<Unit> =
        if (meter.tryRecord(units)) CompletableFuture.completedFuture(Unit) else scope.future { meter.record(units) }

    /** See [Meter.flush]. */
    public fun flush(): CompletableFuture<Unit> = scope.future { meter.flush() }
}

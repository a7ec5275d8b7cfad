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

    /** See [Wallet.consume]. */
    public fun consume(
        sku: String,
        quantity: Int,
        operation: String,
    ): CompletableFuture<Long> = scope.future { wallet.consume(sku, quantity, operation) }

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

    /** See [Wallet.addCard]. */
    public fun addCard(details: CardDetails): CompletableFuture<Card> = scope.future { wallet.addCard(details) }

    /** See [Wallet.cards]. */
    public fun cards(): CompletableFuture<List<Card>> = scope.future { wallet.cards() }

    /** See [Wallet.removeCard]. */
    public fun removeCard(card: String): CompletableFuture<Unit> = scope.future { wallet.removeCard(card) }

    /** See [Wallet.topUp]. */
    public fun topUp(
        amount: Money,
        card: String,
    ): CompletableFuture<TopUp> = scope.future { wallet.topUp(amount, card) }

    /** See [Wallet.topUps]. */
    public fun topUps(): CompletableFuture<List<TopUp>> = scope.future { wallet.topUps() }

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

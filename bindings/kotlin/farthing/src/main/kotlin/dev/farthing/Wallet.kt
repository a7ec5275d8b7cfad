package dev.farthing

import dev.farthing.ffi.NativeThreads
import dev.farthing.ffi.PurchaseRequest
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import java.io.File
import dev.farthing.ffi.PurchaseFilter as CorePurchaseFilter
import dev.farthing.ffi.Wallet as CoreWallet
import dev.farthing.ffi.startOver as coreStartOver

/**
 * A player's wallet on this device: balance, items, purchases, cards.
 *
 * Open it once and share it: all calls may be made from any thread at the same time, and none of
 * the `suspend` functions blocks the thread that calls it (the main thread is fine). What a call
 * returns is on disk. What can go wrong is a [WalletException].
 *
 * ```kotlin
 * val wallet = Wallet.open(WalletConfig("https://pay.example", "pk_test_…", folder), KeyStore.software(keys))
 * val purchase = wallet.buy("extra_life") // on disk and granted, online or not
 * wallet.consume("extra_life", operation = "level-7")
 * println("${purchase.total} spent, ${wallet.balance.value["USD"].total} left")
 * ```
 *
 * **Cancellation.** A coroutine that is cancelled during a call stops waiting; the call may still
 * take effect. A purchase is then made whole or not at all, is found in [purchases] and told by
 * [events]. Give [buy] an idempotency key to ask for the same purchase again safely.
 *
 * Java callers use [WalletFutures].
 */
public class Wallet private constructor(
    private val core: CoreWallet,
    private val news: WalletNews,
) : AutoCloseable {
    /** The balance now, and each change of it. It is right from the opening on, offline too. */
    public val balance: StateFlow<Balance> = LiveState(news.balance) { core.balance().toPublic() }

    /** What sync is doing now, and each change of it. */
    public val syncState: StateFlow<SyncState> = LiveState(news.syncState) { core.syncState().toPublic() }

    /**
     * What happens from now on. A collector that is slower than 1,024 events misses the oldest of
     * them; one that throws ends only itself. It ends when the wallet is closed. Events of before are not repeated: [purchases] and
     * [topUps] have what became of each.
     */
    public val events: Flow<WalletEvent> = news.events

    /**
     * Acts as if there were no network while it is true: a game's own airplane mode. It is not kept
     * over a restart. Back online, the wallet tries again by itself after a while; call [sync] for
     * at once.
     */
    public var isOffline: Boolean
        get() = core.isOffline()
        set(value) = core.setOffline(value)

    /**
     * Buys something: decides, writes, grants. When it returns, the purchase is on disk and the
     * items are in the [inventory]; it will settle by itself.
     *
     * It needs no network, as long as the allowance has room. Where it has none and the gateway was
     * reachable a moment ago, the gateway is asked for more, for at most five seconds.
     *
     * @param sku The item in the catalog.
     * @param quantity How many, 1 to 1,000.
     * @param idempotencyKey The app's name for this user action (1 to 64 printable characters). The
     * same key always means the same purchase, so a double tap or a retry buys once.
     * @throws WalletException Nothing is bought then: [WalletException.NotEnrolled],
     * [WalletException.UnknownItem], [WalletException.InsufficientFunds],
     * [WalletException.OfflineLimitReached], [WalletException.AllowanceExpired],
     * [WalletException.CatalogExpired], [WalletException.CatalogMissing],
     * [WalletException.SpendingLimitReached], [WalletException.AlreadyOwned],
     * [WalletException.QueueFull], [WalletException.SyncRequired], [WalletException.DeviceFrozen],
     * [WalletException.DeviceRevoked], [WalletException.InvalidArgument],
     * [WalletException.StorageFull], [WalletException.StorageUnavailable], [WalletException.Closed].
     */
    public suspend fun buy(
        sku: String,
        quantity: Int = 1,
        idempotencyKey: String? = null,
    ): Purchase = callingCore { core.buy(PurchaseRequest(sku, quantity.toUInt(), idempotencyKey)).toPublic() }

    /**
     * Uses up [quantity] of an item and returns how many are left. Each [operation] is done once:
     * asked for again, nothing more is used. Needs no network.
     *
     * @throws WalletException Nothing is used then: [WalletException.InsufficientItems],
     * [WalletException.InvalidArgument] (a quantity below 1, a durable item, an operation that is no
     * idempotency key or was used for something else), [WalletException.NotEnrolled],
     * [WalletException.QueueFull], [WalletException.StorageFull],
     * [WalletException.StorageUnavailable], [WalletException.Closed].
     */
    public suspend fun consume(
        sku: String,
        quantity: Int = 1,
        operation: String,
    ): Long = callingCore { core.consume(sku, quantity.toUInt(), operation).toLong() }

    /**
     * What the player owns.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun inventory(): Inventory =
        callingCore { Inventory(core.inventory().associate { it.sku to it.quantity.toLong() }) }

    /**
     * What is for sale, as it was last signed by the gateway. Needs no network.
     *
     * @throws WalletException [WalletException.CatalogMissing] before the first sync, [WalletException.Closed].
     */
    public suspend fun catalog(): Catalog = callingCore { core.catalog().toPublic() }

    /**
     * Purchases, newest first. Needs no network.
     *
     * @throws WalletException [WalletException.StorageDamaged] when one of them can't be read,
     * [WalletException.Closed].
     */
    public suspend fun purchases(filter: PurchaseFilter = PurchaseFilter()): List<Purchase> =
        callingCore {
            core.purchases(CorePurchaseFilter(filter.limit.toUInt(), filter.waitingOnly)).map { it.toPublic() }
        }

    /**
     * The signed receipt of a settled purchase: a compact JWS (RFC 7515) that the game's back end
     * verifies with the gateway's JWKS. It is fetched from the gateway; what it says is in
     * [purchases] without a network.
     *
     * @param purchase [Purchase.id].
     * @throws WalletException [WalletException.Offline], [WalletException.Refused] when the purchase
     * is not settled (yet), [WalletException.InvalidArgument], [WalletException.GatewayUnavailable],
     * [WalletException.GatewayNotTrusted], [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun receipt(purchase: String): String = callingCore { core.receipt(purchase) }

    /**
     * Puts a card into the gateway's vault and returns the token that stands for it. The number and
     * the verification code go nowhere else.
     *
     * @throws WalletException No card is added then: [WalletException.CardInvalid],
     * [WalletException.Offline], [WalletException.GatewayUnavailable],
     * [WalletException.GatewayNotTrusted], [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun addCard(details: CardDetails): Card = callingCore { core.addCard(details.toCore()).toPublic() }

    /**
     * The player's cards, the newest first, as of the last sync. Needs no network.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun cards(): List<Card> = callingCore { core.cards().map { it.toPublic() } }

    /**
     * Takes a card out of the vault, which erases its number there.
     *
     * @param card [Card.id].
     * @throws WalletException The card is still there then: [WalletException.Offline],
     * [WalletException.Refused] for one that is not the player's, [WalletException.InvalidArgument],
     * [WalletException.GatewayUnavailable], [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun removeCard(card: String): Unit = callingCore { core.removeCard(card) }

    /**
     * Charges a card, once, and raises the balance by [amount].
     *
     * [TopUp.state] says how far it is: [TopUpState.RequiresAction] has the bank's page for the
     * player to confirm on; open it, then [sync]. [TopUpState.Created] means that the answer was
     * lost: sync finds out what became of it, so do not begin another one. Each change is told by
     * [WalletEvent.TopUpChanged], also after a restart.
     *
     * @param card [Card.id].
     * @throws WalletException The card was not charged then: [WalletException.CardDeclined],
     * [WalletException.InvalidArgument] for an amount that can't be charged or a card that is not
     * the player's, [WalletException.Offline], [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun topUp(
        amount: Money,
        card: String,
    ): TopUp = callingCore { core.topUp(amount.toCore(), card).toPublic() }

    /**
     * Top-ups, the newest first, at most 100. Needs no network.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun topUps(): List<TopUp> = callingCore { core.topUps().map { it.toPublic() } }

    /**
     * Settles what waits and fetches what is new: balance, allowance, catalog, cards. The wallet
     * does so by itself after a purchase; call it when the app comes to the foreground, when the
     * network comes back, and in a background job.
     *
     * @throws WalletException What waits still waits then, and the wallet tries again by itself:
     * [WalletException.Offline], [WalletException.GatewayUnavailable],
     * [WalletException.GatewayNotTrusted], [WalletException.KeyStoreUnavailable]. Trying again does
     * not help: [WalletException.DeviceFrozen], [WalletException.DeviceRevoked],
     * [WalletException.EnrolmentRejected], [WalletException.Refused],
     * [WalletException.UpgradeRequired], [WalletException.KeyLost], [WalletException.Closed].
     */
    public suspend fun sync(): SyncReport = callingCore { core.sync().toPublic() }

    /**
     * This device's name at the gateway, for support and for testers; `null` before it is enrolled.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun device(): String? = callingCore { core.device() }

    /** Like [close], without blocking the thread. */
    public suspend fun shutDown(): Unit = callingCore { core.shutDown() }.also { news.end() }

    /**
     * Finishes what was begun and closes the database; calls after it end in
     * [WalletException.Closed], and what waits for settlement goes on at the next opening. Blocks
     * for some milliseconds; [shutDown] doesn't.
     */
    override fun close(): Unit = runBlocking { shutDown() }

    /**
     * Deletes the wallet from this device: database, keys, everything. It is closed then.
     *
     * What is left of the balance stays at the gateway, but this device can't reach it any more.
     *
     * @param force Deletes also what waits for settlement, of which the gateway would never hear.
     * @throws WalletException [WalletException.UnsettledEntries] unless [force];
     * [WalletException.StorageUnavailable] or [WalletException.KeyStoreUnavailable] when something
     * can't be deleted: call it again after opening the wallet anew.
     */
    public suspend fun erase(force: Boolean = false): Unit = callingCore { core.erase(force) }.also { news.end() }

    /** Where wallets come from. */
    public companion object {
        /**
         * Opens the wallet of a folder, or begins a new one. No network is needed: a wallet that was
         * enrolled before can buy at once. A new one enrols with the first sync, which begins now in
         * the background; call [sync] to wait for it.
         *
         * A damaged database is set aside, not deleted, and what is intact in it is taken over; the
         * wallet spends again after the next sync.
         *
         * @throws WalletException [WalletException.InvalidArgument] for a setting,
         * [WalletException.AlreadyOpen], [WalletException.KeyStoreUnavailable],
         * [WalletException.KeyLost], [WalletException.StorageFull],
         * [WalletException.StorageUnavailable], [WalletException.UpgradeRequired]. Everything on
         * disk is as it was then.
         */
        public suspend fun open(
            config: WalletConfig,
            keyStore: KeyStore,
        ): Wallet =
            withContext(Dispatchers.IO) {
                // The first call loads the library, which reads from disk.
                NativeThreads.stayAttached()
                val core = callingCore { CoreWallet.open(config.toCore(), keyStore.toCore()) }
                val news = WalletNews(core.balance().toPublic(), core.syncState().toPublic())
                core.listen(news)
                Wallet(core, news)
            }

        /**
         * Sets aside a wallet that can't be opened any more ([WalletException.KeyLost]), so that
         * the next [open] begins a new one. The old database is kept beside the new one, as `wallet.db.1` and so on; its keys are deleted.
         *
         * What was not settled is lost to the player, and the new wallet can't reach the old
         * balance: the operator finds both at the gateway.
         *
         * @throws WalletException [WalletException.AlreadyOpen],
         * [WalletException.StorageUnavailable], [WalletException.KeyStoreUnavailable]; call it again then.
         */
        public suspend fun startOver(
            folder: File,
            keyStore: KeyStore,
        ): Unit = withContext(Dispatchers.IO) { callingCore { coreStartOver(folder.path, keyStore.toCore()) } }
    }
}

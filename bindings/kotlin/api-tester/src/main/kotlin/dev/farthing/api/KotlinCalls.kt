package dev.farthing.api

import dev.farthing.CardDetails
import dev.farthing.KeyStore
import dev.farthing.KeyStoreException
import dev.farthing.Money
import dev.farthing.PurchaseFilter
import dev.farthing.PurchaseState
import dev.farthing.SyncState
import dev.farthing.TopUpState
import dev.farthing.Wallet
import dev.farthing.WalletConfig
import dev.farthing.WalletEvent
import dev.farthing.WalletException
import java.io.File
import java.math.BigDecimal
import java.time.Clock
import java.time.Duration
import java.time.Instant
import java.util.Locale

// Each public call as an app makes it. None of it is run: what no longer compiles would break apps.

/** Opens, uses and ends a wallet. */
suspend fun callWallet(
    folder: File,
    keyStore: KeyStore,
) {
    val config =
        WalletConfig("https://pay.example", "pk_live_1", folder) {
            rootKey = "thumbprint"
            keyPins = listOf("pin", "spare")
            tlsRoots = listOf(ByteArray(0))
            syncsByItself = false
            clock = Clock.systemUTC()
        }
    val read: List<Any?> =
        listOf(config.gateway, config.publishableKey, config.folder, config.rootKey, config.keyPins) +
            listOf(config.tlsRoots, config.syncsByItself, config.clock)
    println(read)
    Wallet.startOver(folder, keyStore)
    Wallet.open(config, keyStore).use { wallet ->
        val device: String? = wallet.device()
        wallet.isOffline = wallet.isOffline
        val bought = wallet.buy("a") to wallet.buy("a", 2) to wallet.buy(sku = "a", quantity = 1, idempotencyKey = "k")
        val left: Long = wallet.consume("a", operation = "o") + wallet.consume("a", 2, "o2")
        val owned: Map<String, Long> = wallet.inventory().items
        val count: Long = wallet.inventory()["a"]
        val receipt: String = wallet.receipt("purchase")
        wallet.sync().run { println("$settled $rejected $waiting $balance") }
        wallet.erase()
        wallet.erase(force = true)
        wallet.shutDown()
        println("$device $bought $left $owned $count $receipt")
    }
}

/** Reads what a wallet has. */
suspend fun readWallet(wallet: Wallet) {
    val balance = wallet.balance.value
    val asOf: Instant? = balance.asOf
    balance["USD"].run { println("$total $offlineSpendable $pending $asOf ${balance.currencies}") }
    val catalog = wallet.catalog()
    println("${catalog.merchant} ${catalog.version} ${catalog.expiresAt} ${catalog["a"]}")
    catalog.items.forEach { println("${it.sku} ${it.title} ${it.description} ${it.price} ${it.kind}") }
    for (purchase in wallet.purchases() + wallet.purchases(PurchaseFilter(limit = 1, waitingOnly = true))) {
        purchase.run { println("$id $sku $quantity $total $purchasedAt") }
        when (val state = purchase.state) {
            PurchaseState.Granted, PurchaseState.Settling -> {
                Unit
            }

            is PurchaseState.Settled -> {
                state.split.run {
                    println(
                        "$processor $platform $developer ${state.settledAt}",
                    )
                }
            }

            is PurchaseState.Rejected -> {
                println(state.reason)
            }
        }
    }
    for (card in wallet.cards() + wallet.addCard(CardDetails("number", 1, 2030, "cvc"))) {
        card.run { println("$id $brand $lastFour $expiryMonth $expiryYear $state") }
        wallet.removeCard(card.id)
    }
    for (topUp in wallet.topUps() + wallet.topUp(Money("1", "USD"), "card")) {
        topUp.run { println("$id $amount $card $createdAt") }
        when (val state = topUp.state) {
            TopUpState.Created, TopUpState.Processing, TopUpState.Succeeded -> Unit
            is TopUpState.RequiresAction -> println(state.url)
            is TopUpState.Failed -> println(state.code)
        }
    }
}

/** Hears what a wallet tells. */
suspend fun hearWallet(wallet: Wallet) {
    wallet.syncState.value.let(::readSyncState)
    wallet.events.collect { event ->
        when (event) {
            is WalletEvent.Purchased -> println("${event.purchase} ${event.sku}")
            is WalletEvent.Settled -> println(event.purchase)
            is WalletEvent.Rejected -> event.run { println("$purchase $sku $reason $revoked") }
            is WalletEvent.BalanceChanged -> println(event.balance)
            is WalletEvent.CatalogChanged -> println(event.version)
            is WalletEvent.TopUpChanged -> println(event.topUp)
            is WalletEvent.Frozen -> println(event.forkSeq)
            is WalletEvent.SyncChanged -> readSyncState(event.state)
        }
    }
}

private fun readSyncState(state: SyncState) =
    when (state) {
        SyncState.Idle, SyncState.Running -> Unit
        is SyncState.Waiting -> state.run { println("$delay $attempt ${readException(error)}") }
        is SyncState.Stopped -> println(readException(state.error))
    }

/** Reads each exception's data; a `when` without `else` fails when one is missing. */
fun readException(exception: WalletException): List<Any?> =
    when (exception) {
        is WalletException.NotEnrolled -> emptyList()
        is WalletException.InsufficientFunds -> listOf<Money>(exception.available, exception.needed)
        is WalletException.OfflineLimitReached -> listOf<Money>(exception.limit, exception.remaining)
        is WalletException.AllowanceExpired -> listOf<Instant>(exception.expiredAt)
        is WalletException.SpendingLimitReached -> listOf<Money>(exception.limit)
        is WalletException.UnknownItem -> listOf<String>(exception.sku)
        is WalletException.AlreadyOwned -> listOf<String>(exception.sku)
        is WalletException.InsufficientItems -> listOf(exception.sku, exception.owned, exception.needed)
        is WalletException.CatalogExpired -> listOf<Instant>(exception.expiredAt)
        is WalletException.CatalogMissing -> emptyList()
        is WalletException.QueueFull -> listOf<Long>(exception.limit)
        is WalletException.CardInvalid -> listOf<String>(exception.field)
        is WalletException.CardDeclined -> listOf(exception.code, exception.topUp)
        is WalletException.Offline -> listOf<String>(exception.operation)
        is WalletException.GatewayUnavailable -> listOf<Duration?>(exception.retryAfter)
        is WalletException.GatewayNotTrusted -> listOf<String>(exception.reason)
        is WalletException.Refused -> listOf<String>(exception.reason)
        is WalletException.DeviceFrozen -> listOf<Long>(exception.forkSeq)
        is WalletException.DeviceRevoked -> emptyList()
        is WalletException.SyncRequired -> emptyList()
        is WalletException.EnrolmentRejected -> listOf<String>(exception.reason)
        is WalletException.KeyStoreUnavailable -> listOf<String>(exception.reason)
        is WalletException.KeyLost -> emptyList()
        is WalletException.StorageFull -> emptyList()
        is WalletException.StorageUnavailable -> listOf<String>(exception.reason)
        is WalletException.StorageDamaged -> listOf<String>(exception.reason)
        is WalletException.AlreadyOpen -> emptyList()
        is WalletException.Closed -> emptyList()
        is WalletException.UnsettledEntries -> listOf<Long>(exception.count)
        is WalletException.InvalidArgument -> listOf<String>(exception.field, exception.reason)
        is WalletException.UpgradeRequired -> emptyList()
        is WalletException.Internal -> emptyList()
    } + exception.isTransient + exception.message

/** Counts money. */
fun countMoney(): List<Any> {
    val price = Money("0.25", "USD")
    val sum: Money = price + Money(BigDecimal.ONE, "USD") - Money.ofMicros(1, "USD") * 2
    val decimal: BigDecimal = sum.amount
    return listOf(
        sum.micros,
        sum.currency,
        decimal,
        sum.isZero,
        sum > Money.zero("USD"),
        sum.format(),
        sum.format(Locale.UK),
    )
}

/** A key store of an app's own. */
class OwnKeyStore : KeyStore {
    override suspend fun publicKey(): ByteArray = throw KeyStoreException.KeyLost()

    override suspend fun sign(message: ByteArray): ByteArray = throw KeyStoreException.Unavailable("locked", null)

    override suspend fun loadSecret(name: String): ByteArray? = null

    override suspend fun storeSecret(
        name: String,
        secret: ByteArray,
    ) = Unit

    override suspend fun erase() = Unit
}

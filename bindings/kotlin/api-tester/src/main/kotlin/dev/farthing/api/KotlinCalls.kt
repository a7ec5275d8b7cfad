package dev.farthing.api

import dev.farthing.AutoTopUp
import dev.farthing.AutoTopUpPause
import dev.farthing.CardDetails
import dev.farthing.Creator
import dev.farthing.ItemKind
import dev.farthing.KeyStore
import dev.farthing.KeyStoreException
import dev.farthing.Meter
import dev.farthing.Money
import dev.farthing.Pass
import dev.farthing.PassState
import dev.farthing.Purchase
import dev.farthing.PurchaseFilter
import dev.farthing.PurchaseState
import dev.farthing.SpendingLimits
import dev.farthing.StorePurchase
import dev.farthing.StoreTopUp
import dev.farthing.SyncState
import dev.farthing.TabState
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
            enrolmentToken = "token"
            keyPins = listOf("pin", "spare")
            tlsRoots = listOf(ByteArray(0))
            syncsByItself = false
            clock = Clock.systemUTC()
        }
    val read: List<Any?> =
        listOf(config.gateway, config.publishableKey, config.folder, config.rootKey, config.enrolmentToken) +
            listOf(config.keyPins) +
            listOf(config.tlsRoots, config.syncsByItself, config.clock)
    println(read)
    Wallet.startOver(folder, keyStore)
    Wallet.open(config, keyStore).use { wallet ->
        val device: String? = wallet.device()
        wallet.supportBundle().run { println("$name $content") }
        wallet.isOffline = wallet.isOffline
        val bought = wallet.buy("a") to wallet.buy("a", 2) to wallet.buy(sku = "a", quantity = 1, idempotencyKey = "k")
        val tips =
            wallet.tip("ana", Money("0.50", "USD")) to
                wallet.tip("ana", Money("1", "USD"), message = "m", idempotencyKey = "k")
        for (creator: Creator in wallet.creators()) {
            creator.run { println("$id $name $tips") }
        }
        val left: Long = wallet.consume("a", operation = "o") + wallet.consume("a", 2, "o2")
        val owned: Map<String, Long> = wallet.inventory().items
        val count: Long = wallet.inventory()["a"]
        val receipt: String = wallet.receipt("purchase")
        val refunded: Purchase = wallet.refund("purchase")
        val refunds: List<String> = wallet.refundReceipts("purchase")
        val pack: StoreTopUp = wallet.topUpFromStore(StorePurchase.GooglePlay("balance_5", "token"))
        val other: StorePurchase = StorePurchase.AppStore(signedTransaction = "jws")
        val account: String? = wallet.account()
        println("${pack.amount} ${pack.isCredited} $other $account")
        val meter: Meter = wallet.meter("calls")
        meter.record()
        meter.record(units = 2)
        val counted: Boolean = meter.tryRecord() && meter.tryRecord(2)
        meter.flush()
        val pass: Pass? = wallet.pass("season")
        for (each in wallet.passes() + wallet.setPassRenewal("season", agrees = true)) {
            each.run { println("$sku $state $startsAt $endsAt $graceEndsAt $renewal $pass") }
            println(each.state == PassState.ACTIVE || each.state == PassState.GRACE || each.state == PassState.ENDED)
        }
        wallet.sync().run { println("$settled $rejected $waiting $balance") }
        wallet.erase()
        wallet.erase(force = true)
        wallet.shutDown()
        println("$device $bought $left $owned $count $receipt $refunded $refunds $counted")
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
    catalog.currencies.forEach { println("${it.code} ${it.exponent} ${it.title}") }
    val packs = catalog.items.filter { it.kind == ItemKind.CURRENCY_PACK }
    packs.mapNotNull { it.credits }.forEach { println("${it.amount} ${it.currency}") }
    for (meter in catalog.items.mapNotNull { it.meter }) {
        meter.run { println("$perUnits $flushAfterUnits $flushAfter $dailyCap") }
    }
    for (item in catalog.items) {
        item.run { println("${priceAt(Instant.EPOCH)} ${text(Locale.UK)} $picture") }
        item.prices.forEach { println("${it.price} ${it.from} ${it.until}") }
        item.texts.forEach { (tag, text) -> println("$tag ${text.title} ${text.description}") }
    }
    catalog.items.flatMap { it.contents }.forEach { println("${it.sku} ${it.quantity}") }
    for (pass in catalog.items.mapNotNull { it.pass }) {
        pass.run { println("$length $grace $mayRenew $reminder") }
    }
    for (purchase in wallet.purchases() + wallet.purchases(PurchaseFilter(limit = 1, waitingOnly = true))) {
        purchase.run { println("$id $kind $sku $quantity $total $purchasedAt $isFromAnotherDevice") }
        purchase.tip?.run { println("$creator $message") }
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

            is PurchaseState.Refunded -> {
                state.run { println("$split $settledAt $amount $quantity $refundedAt") }
            }

            is PurchaseState.Rejected -> {
                println(state.reason)
            }
        }
    }
    val kept = wallet.addPaymentMethod("pm_1")
    for (card in wallet.cards() + wallet.addCard(CardDetails("number", 1, 2030, "cvc")) + kept) {
        card.run { println("$id $brand $lastFour $expiryMonth $expiryYear $state") }
        wallet.removeCard(card.id)
    }
    for (advice in wallet.topUpAdvice("USD")) {
        advice.run { println("$amount $fee $feePerMillion") }
    }
    for (tab in wallet.tabs() + wallet.openTab(Money("1", "USD"), "card") + wallet.closeTab("tab")) {
        tab.run { println("$id $limit $card $openedAt $owed") }
        when (val state = tab.state) {
            TabState.Created, TabState.Processing, TabState.Open, TabState.Closing -> Unit
            is TabState.RequiresAction -> println(state.url)
            is TabState.Closed -> println(state.charged)
            is TabState.Failed -> println(state.code)
            is TabState.Disputed -> println(state.held)
            is TabState.ChargedBack -> println(state.amount)
        }
    }
    for (topUp in wallet.topUps() + wallet.topUp(Money("1", "USD"), "card")) {
        topUp.run { println("$id $amount $card $createdAt $isAutomatic") }
        when (val state = topUp.state) {
            TopUpState.Created, TopUpState.Processing, TopUpState.Succeeded -> Unit
            is TopUpState.RequiresAction -> println(state.url)
            is TopUpState.Failed -> println(state.code)
            is TopUpState.Disputed -> println(state.held)
            is TopUpState.ChargedBack -> println(state.amount)
        }
    }
}

/** Lets a card be charged by itself, and forbids it again. */
suspend fun agreeToAutoTopUp(wallet: Wallet) {
    val setting = AutoTopUp(Money("1", "USD"), Money("5", "USD"), "card", monthlyCap = Money("20", "USD"))
    for (consent in listOfNotNull(wallet.setAutoTopUp(setting), wallet.autoTopUp(), wallet.setAutoTopUp(null))) {
        consent.run { println("$agreedAt $chargedThisMonth $waitsUntil") }
        consent.setting.run { println("$below $amount $card $monthlyCap") }
        when (consent.pause) {
            null, AutoTopUpPause.DECLINED, AutoTopUpPause.CARD_UNAVAILABLE, AutoTopUpPause.REFUSED -> Unit
        }
    }
}

/** Limits what a wallet spends, and answers what a guardian is asked for. */
suspend fun limitWallet(wallet: Wallet) {
    val some = SpendingLimits(day = Money("5", "USD"), askAbove = Money.zero("USD"))
    wallet.setLimits("USD", some)
    wallet.setLimits("USD", some, pin = "1234", utcOffsetMinutes = 60)
    val limits = wallet.limits()
    println("${limits.hasGuardian} ${limits.utcOffsetMinutes} ${limits.asOf}")
    for (line in limits.limits) {
        line.run { println("$currency ${player.purchase} ${player.week} ${guardian.month} ${pending?.limits}") }
        println(line.pending?.from)
        line.used.forEach { println("${it.period} ${it.limit} ${it.used} ${it.resets}") }
    }
    for (approval in wallet.approvals() + wallet.answerApproval("approval", approve = true, pin = "1234")) {
        approval.run { println("$id $device $sku $quantity $total $state $askedAt $expiresAt") }
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
            is WalletEvent.PurchaseRefunded -> event.run { println("$purchase $sku $amount $quantity $revoked") }
            is WalletEvent.PurchasesArrived -> println(event.count)
            is WalletEvent.UsageNearLimit -> event.run { println("$sku $spent $limit") }
            is WalletEvent.PassEnding -> event.run { println("$sku $endsAt $renewal") }
            is WalletEvent.PassNotRenewed -> event.run { println("$sku $endsAt ${error?.let(::readException)}") }
            is WalletEvent.PassEnded -> println(event.sku)
            is WalletEvent.BalanceChanged -> println(event.balance)
            is WalletEvent.CatalogChanged -> println(event.version)
            is WalletEvent.TopUpChanged -> println(event.topUp)
            is WalletEvent.AutoTopUpPaused -> println(event.reason)
            is WalletEvent.TabChanged -> println(event.tab)
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
        is WalletException.SpendingLimitReached -> exception.run { listOf(period, limit, remaining, resets) }
        is WalletException.ApprovalRequired -> exception.run { listOf(approval, sku, total) }
        is WalletException.UsageCapReached -> listOf(exception.sku, exception.cap, exception.resetsAt)
        is WalletException.UnknownItem -> listOf<String>(exception.sku)
        is WalletException.AlreadyOwned -> listOf<String>(exception.sku)
        is WalletException.InsufficientItems -> listOf(exception.sku, exception.owned, exception.needed)
        is WalletException.CatalogExpired -> listOf<Instant>(exception.expiredAt)
        is WalletException.CatalogMissing -> emptyList()
        is WalletException.QueueFull -> listOf<Long>(exception.limit)
        is WalletException.CardInvalid -> listOf<String>(exception.field)
        is WalletException.CardDeclined -> listOf(exception.code, exception.topUp)
        is WalletException.TopUpCapReached -> exception.run { listOf(cap, most, room) }
        is WalletException.AgeRestricted -> listOf<Boolean>(exception.needsGuardian)
        is WalletException.NotSettled -> emptyList()
        is WalletException.AlreadyRefunded -> emptyList()
        is WalletException.AlreadyUsed -> emptyList()
        is WalletException.RefundTooLate -> listOf<String>(exception.reason)
        is WalletException.StorePurchaseTaken -> emptyList()
        is WalletException.StorePurchaseInvalid -> listOf<String>(exception.reason)
        is WalletException.Offline -> listOf<String>(exception.operation)
        is WalletException.GatewayUnavailable -> listOf<Duration?>(exception.retryAfter)
        is WalletException.GatewayNotTrusted -> listOf<String>(exception.reason)
        is WalletException.Refused -> listOf<String>(exception.reason)
        is WalletException.DeviceFrozen -> listOf<Long>(exception.forkSeq)
        is WalletException.DeviceRevoked -> emptyList()
        is WalletException.AccountErased -> emptyList()
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

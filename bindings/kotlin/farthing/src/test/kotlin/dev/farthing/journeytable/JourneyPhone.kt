package dev.farthing.journeytable

import dev.farthing.AutoTopUp
import dev.farthing.CardDetails
import dev.farthing.KeyStore
import dev.farthing.Money
import dev.farthing.Phone
import dev.farthing.PurchaseFilter
import dev.farthing.SpendingLimits
import dev.farthing.StorePurchase
import dev.farthing.Wallet
import dev.farthing.WalletEvent
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.File
import java.util.Base64

/** Where the steps of a journey happen: a phone with one wallet, and others of the player's. */
internal class JourneyPhone(
    private val phone: Phone,
) : AutoCloseable {
    /** A phone and what is open on it. */
    private class Held(
        val folder: File,
        val keyFile: File,
        val token: String? = null,
    ) {
        var events = Channel<WalletEvent>(Channel.UNLIMITED)
        var listener: Job? = null
        var wallet: Wallet? = null
        var device: String? = null
    }

    private val listening = CoroutineScope(Dispatchers.Default)
    private var held = Held(phone.folder, phone.root.resolve("keys.json"))
    private val others = mutableMapOf<String, Held>()

    /** Makes the call of a name and gives its answer. */
    suspend fun call(
        call: String,
        with: JsonObject,
        expected: JsonElement?,
    ): JsonElement {
        callWorld(call, with)?.let { return it }
        val wallet = checkNotNull(held.wallet) { "no wallet is open" }

        fun required(name: String) = with.getValue(name).jsonPrimitive.content

        fun flag(name: String) = with[name]?.jsonPrimitive?.boolean ?: false

        fun number(
            name: String,
            default: Int,
        ) = with[name]?.jsonPrimitive?.int ?: default
        return when (call) {
            "events" -> {
                told(checkNotNull(expected).jsonArray, wallet)
            }

            "buy" -> {
                answerOf(wallet.buy(required("sku"), number("quantity", 1), with["idempotency_key"]?.text()))
            }

            "tip" -> {
                val (amount, currency) = required("amount").split(' ')
                val (message, key) = with["message"]?.text() to with["idempotency_key"]?.text()
                answerOf(wallet.tip(required("creator"), Money(amount, currency), message, key))
            }

            "creators" -> {
                answersOf(wallet.creators(), ::answerOf)
            }

            "consume" -> {
                JsonPrimitive(wallet.consume(required("sku"), number("quantity", 1), required("operation")))
            }

            "meter" -> {
                nothing {
                    val meter = wallet.meter(required("sku"))
                    repeat(number("times", 1)) { meter.record(number("units", 1)) }
                    if (flag("flush")) meter.flush()
                }
            }

            "passes" -> {
                answersOf(wallet.passes(), ::answerOf)
            }

            "pass" -> {
                wallet.pass(required("sku"))?.let(::answerOf) ?: JsonNull
            }

            "set_pass_renewal" -> {
                answerOf(wallet.setPassRenewal(required("sku"), flag("agrees")))
            }

            "inventory" -> {
                JsonObject(wallet.inventory().items.mapValues { JsonPrimitive(it.value) })
            }

            "balance" -> {
                answerOf(wallet.balance.value)
            }

            "account" -> {
                JsonPrimitive(wallet.account())
            }

            "device" -> {
                JsonPrimitive(wallet.device())
            }

            "support_bundle" -> {
                answerOf(wallet.supportBundle())
            }

            "catalog" -> {
                answerOf(wallet.catalog())
            }

            "purchases" -> {
                answersOf(wallet.purchases(PurchaseFilter(number("limit", 100), flag("waiting_only"))), ::answerOf)
            }

            "receipt" -> {
                JsonPrimitive(wallet.receipt(required("purchase")))
            }

            "refund" -> {
                answerOf(wallet.refund(required("purchase")))
            }

            "refund_receipts" -> {
                answersOf(wallet.refundReceipts(required("purchase"))) { JsonPrimitive(it) }
            }

            "add_card" -> {
                answerOf(wallet.addCard(cardDetails(with)))
            }

            "cards" -> {
                answersOf(wallet.cards(), ::answerOf)
            }

            "remove_card" -> {
                nothing { wallet.removeCard(required("card")) }
            }

            "top_up" -> {
                val (amount, currency) = required("amount").split(' ')
                answerOf(wallet.topUp(Money(amount, currency), required("card")))
            }

            "top_up_from_store" -> {
                val purchase =
                    when (required("store")) {
                        "app_store" -> StorePurchase.AppStore(required("signed_transaction"))
                        else -> StorePurchase.GooglePlay(required("product"), required("purchase_token"))
                    }
                answerOf(wallet.topUpFromStore(purchase))
            }

            "top_ups" -> {
                answersOf(wallet.topUps(), ::answerOf)
            }

            "open_tab" -> {
                val (amount, currency) = required("limit").split(" ")
                answerOf(wallet.openTab(Money(amount, currency), required("card")))
            }

            "close_tab" -> {
                answerOf(wallet.closeTab(required("tab")))
            }

            "tabs" -> {
                answersOf(wallet.tabs(), ::answerOf)
            }

            "top_up_advice" -> {
                answersOf(wallet.topUpAdvice(required("currency")), ::answerOf)
            }

            "auto_top_up" -> {
                wallet.autoTopUp()?.let(::answerOf) ?: JsonNull
            }

            "set_auto_top_up" -> {
                wallet.setAutoTopUp(autoTopUp(with))?.let(::answerOf) ?: JsonNull
            }

            "limits" -> {
                answerOf(wallet.limits())
            }

            "set_limits" -> {
                answerOf(wallet.setLimits(required("currency"), spendingLimits(with), with["pin"]?.text()))
            }

            "approvals" -> {
                answersOf(wallet.approvals(), ::answerOf)
            }

            "answer_approval" -> {
                answerOf(wallet.answerApproval(required("approval"), flag("approve"), required("pin")))
            }

            "sync" -> {
                answerOf(wallet.sync())
            }

            "sync_state" -> {
                answerOf(wallet.syncState.value)
            }

            "set_offline" -> {
                nothing { wallet.isOffline = flag("is_offline") }
            }

            "is_offline" -> {
                JsonPrimitive(wallet.isOffline)
            }

            "close" -> {
                nothing { wallet.shutDown() }
            }

            "erase" -> {
                nothing { wallet.erase(flag("force")) }
            }

            else -> {
                error("there is no call $call")
            }
        }
    }

    /** What needs no open wallet. */
    private suspend fun callWorld(
        call: String,
        with: JsonObject,
    ): JsonElement? =
        when (call) {
            "stop_gateway" -> {
                nothing { phone.gateway.stop() }
            }

            "start_gateway" -> {
                nothing { phone.gateway.restart() }
            }

            "configure_gateway" -> {
                val files = with.getValue("files").jsonObject.mapValues { it.value.jsonPrimitive.content }
                nothing { phone.gateway.configure(with.getValue("settings").jsonPrimitive.content, files) }
            }

            "set_faults" -> {
                // The device is remembered for faults that are ordered while the wallet is closed.
                held.device = runCatching { held.wallet?.device() }.getOrNull() ?: held.device
                nothing { phone.gateway.setFaults(checkNotNull(held.device), with.getValue("faults").toString()) }
            }

            "register_creator" -> {
                val (creator, name) = listOf("creator", "name").map { with.getValue(it).jsonPrimitive.content }
                nothing { phone.gateway.registerCreator(creator, name) }
            }

            "merchant_refund" -> {
                nothing { phone.gateway.refund(with.toString()) }
            }

            "merchant_erasure" -> {
                nothing { phone.gateway.erase(with.toString()) }
            }

            "personal_data" -> {
                Json.parseToJsonElement(phone.gateway.personalData(with.getValue("user").jsonPrimitive.content))
            }

            "app_store_notification" -> {
                nothing { phone.gateway.notifyAsAppStore(with.getValue("signed_payload").jsonPrimitive.content) }
            }

            "dispute" -> {
                val (payment, state) = listOf("payment", "state").map { with.getValue(it).jsonPrimitive.content }
                nothing { phone.gateway.dispute(payment, state) }
            }

            "revoke_device" -> {
                nothing { phone.gateway.revoke(with.getValue("device").jsonPrimitive.content) }
            }

            "confirm" -> {
                nothing { phone.gateway.confirm(with.getValue("url").jsonPrimitive.content) }
            }

            "read" -> {
                val payload = with.getValue("document").jsonPrimitive.content.split('.')[1]
                Json.parseToJsonElement(Base64.getUrlDecoder().decode(payload).decodeToString())
            }

            "lose_keys" -> {
                nothing { check(held.keyFile.delete()) }
            }

            "open" -> {
                val config =
                    phone.gateway.config(held.folder) {
                        syncsByItself = false
                        enrolmentToken = held.token
                    }
                nothing { held.wallet = Wallet.open(config, KeyStore.software(held.keyFile)).also(::listenTo) }
            }

            "take_phone" -> {
                val (name, player) = listOf("name", "player").map { with.getValue(it).jsonPrimitive.content }
                nothing { held = others.getOrPut(name) { newPhone(name, player, with["country"]?.text()) } }
            }

            "start_over" -> {
                nothing { Wallet.startOver(held.folder, KeyStore.software(held.keyFile)) }
            }

            else -> {
                null
            }
        }

    /**
     * Waits until the expected ones have come, in their order, and passes over others. With none expected it begins to
     * listen.
     */
    private suspend fun told(
        expected: JsonArray,
        wallet: Wallet,
    ): JsonElement {
        if (expected.isEmpty()) listenTo(wallet)
        return JsonArray(
            expected.map { awaited ->
                var event = answerOf(held.events.receive())
                while (awaited.differenceTo(event) != null) event = answerOf(held.events.receive())
                event
            },
        )
    }

    private fun listenTo(wallet: Wallet) {
        held.listener?.cancel()
        val events = Channel<WalletEvent>(Channel.UNLIMITED).also { held.events = it }
        held.listener =
            listening.launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
                wallet.events.collect(events::send)
            }
    }

    private fun cardDetails(with: JsonObject) =
        CardDetails(
            with.getValue("number").jsonPrimitive.content,
            with["expiry_month"]?.jsonPrimitive?.int ?: 12,
            with["expiry_year"]?.jsonPrimitive?.int ?: 2034,
            with["cvc"]?.text() ?: "123",
        )

    private fun spendingLimits(with: JsonObject) =
        SpendingLimits(
            purchase = amount(with, "purchase"),
            day = amount(with, "day"),
            week = amount(with, "week"),
            month = amount(with, "month"),
            askAbove = amount(with, "ask_above"),
        )

    private fun autoTopUp(with: JsonObject): AutoTopUp? {
        val below = amount(with, "below") ?: return null
        val (amount, monthlyCap) = listOf("amount", "monthly_cap").map { checkNotNull(amount(with, it)) }
        return AutoTopUp(below, amount, with.getValue("card").jsonPrimitive.content, monthlyCap)
    }

    private fun amount(
        with: JsonObject,
        name: String,
    ) = with[name]?.text()?.split(' ')?.let { (amount, currency) -> Money(amount, currency) }

    private fun newPhone(
        name: String,
        player: String,
        country: String?,
    ) = Held(
        phone.root.resolve("$name-wallet"),
        phone.root.resolve("$name-keys.json"),
        phone.gateway.enrolmentToken(player, country),
    )

    private inline fun nothing(call: () -> Unit): JsonElement {
        call()
        return JsonNull
    }

    override fun close() = listening.cancel()
}

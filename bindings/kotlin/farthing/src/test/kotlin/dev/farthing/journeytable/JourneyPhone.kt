package dev.farthing.journeytable

import dev.farthing.CardDetails
import dev.farthing.KeyStore
import dev.farthing.Money
import dev.farthing.Phone
import dev.farthing.PurchaseFilter
import dev.farthing.Wallet
import dev.farthing.WalletEvent
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import java.io.File

/** Where the steps of a journey happen: a phone with one wallet. */
internal class JourneyPhone(
    private val phone: Phone,
) : AutoCloseable {
    private val listening = CoroutineScope(Dispatchers.Default)
    private var events = Channel<WalletEvent>(Channel.UNLIMITED)
    private var listener: Job? = null
    private var wallet: Wallet? = null
    private var device: String? = null

    /** Makes the call of a name and gives its answer. */
    suspend fun call(
        call: String,
        with: JsonObject,
        expected: JsonElement?,
    ): JsonElement {
        callWorld(call, with)?.let { return it }
        val wallet = checkNotNull(wallet) { "no wallet is open" }

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

            "consume" -> {
                JsonPrimitive(wallet.consume(required("sku"), number("quantity", 1), required("operation")))
            }

            "inventory" -> {
                JsonObject(wallet.inventory().items.mapValues { JsonPrimitive(it.value) })
            }

            "balance" -> {
                answerOf(wallet.balance.value)
            }

            "device" -> {
                JsonPrimitive(wallet.device())
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

            "top_ups" -> {
                answersOf(wallet.topUps(), ::answerOf)
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

            "set_faults" -> {
                // The device is remembered for faults that are ordered while the wallet is closed.
                device = runCatching { wallet?.device() }.getOrNull() ?: device
                nothing { phone.gateway.setFaults(checkNotNull(device), with.getValue("faults").toString()) }
            }

            "confirm" -> {
                nothing { phone.gateway.confirm(with.getValue("url").jsonPrimitive.content) }
            }

            "lose_keys" -> {
                nothing { check(keyFile().delete()) }
            }

            "open" -> {
                nothing {
                    wallet =
                        Wallet
                            .open(
                                phone.gateway.config(phone.folder) { syncsByItself = false },
                                KeyStore.software(keyFile()),
                            ).also(::listenTo)
                }
            }

            "start_over" -> {
                nothing { Wallet.startOver(phone.folder, KeyStore.software(keyFile())) }
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
                var event = answerOf(events.receive())
                while (awaited.differenceTo(event) != null) event = answerOf(events.receive())
                event
            },
        )
    }

    private fun listenTo(wallet: Wallet) {
        listener?.cancel()
        val events = Channel<WalletEvent>(Channel.UNLIMITED).also { this.events = it }
        listener =
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

    private fun keyFile(): File = phone.root.resolve("keys.json")

    private inline fun nothing(call: () -> Unit): JsonElement {
        call()
        return JsonNull
    }

    override fun close() = listening.cancel()
}

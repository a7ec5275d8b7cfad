package dev.farthing

import dev.farthing.ffi.NumberedCalls
import dev.farthing.ffi.NumberedPurchaseListener
import dev.farthing.ffi.PurchaseEnd
import dev.farthing.ffi.PurchaseKind
import dev.farthing.ffi.PurchaseListener
import dev.farthing.ffi.PurchaseRequest
import dev.farthing.ffi.PurchaseState
import dev.farthing.ffi.TipRequest
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.suspendCancellableCoroutine
import java.time.Instant
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.resume
import dev.farthing.ffi.Money as CoreMoney
import dev.farthing.ffi.Purchase as CorePurchase
import dev.farthing.ffi.Wallet as CoreWallet

/**
 * Who waits for which purchase. The core calls [onEnd] and [onBought] from a thread of its own, which only wake who waits.
 */
internal class PendingPurchases :
    PurchaseListener,
    NumberedPurchaseListener {
    private class Buyer(
        val request: PurchaseRequest?,
        val waits: CancellableContinuation<PurchaseEnd>,
    )

    private val calls = AtomicLong()
    private val waiting = ConcurrentHashMap<Long, Buyer>()
    private val numbers = ConcurrentHashMap<String, Long>()

    /** Buys, and waits for how it ends. A coroutine that is cancelled stops waiting; the purchase goes on. */
    suspend fun buy(
        core: CoreWallet,
        request: PurchaseRequest,
    ): PurchaseEnd =
        end(request) { call ->
            // A purchase that has a key says so in a text.
            val number = if (request.idempotencyKey == null) number(core, request.sku) else null
            val isBegun = number != null && NumberedCalls.buy(number, call, request.quantity.toInt())
            if (!isBegun) core.buy(call.toULong(), request)
        }

    /** As [buy], for a tip. */
    suspend fun tip(
        core: CoreWallet,
        request: TipRequest,
    ): PurchaseEnd = end(null) { call -> core.tip(call.toULong(), request) }

    private fun number(
        core: CoreWallet,
        sku: String,
    ): Long? =
        // Two that ask at once are given two numbers, which is no harm.
        numbers[sku] ?: core.number(sku, this)?.toLong()?.also { numbers[sku] = it }

    private suspend fun end(
        request: PurchaseRequest?,
        begin: (Long) -> Unit,
    ): PurchaseEnd =
        suspendCancellableCoroutine { buyer ->
            val call = calls.incrementAndGet()
            waiting[call] = Buyer(request, buyer)
            buyer.invokeOnCancellation { waiting.remove(call) }
            begin(call)
        }

    override fun onEnd(
        call: ULong,
        end: PurchaseEnd,
    ) {
        waiting.remove(call.toLong())?.waits?.resume(end)
    }

    override fun onBought(
        call: ULong,
        idHigh: ULong,
        idLow: ULong,
        micros: Long,
        currency: ULong,
        nanoseconds: Long,
    ) {
        val buyer = waiting.remove(call.toLong()) ?: return
        val request = buyer.request ?: return
        val purchase =
            CorePurchase(
                id = UUID(idHigh.toLong(), idLow.toLong()).toString(),
                kind = PurchaseKind.ITEM,
                sku = request.sku,
                quantity = request.quantity,
                total = CoreMoney(micros, letters(currency)),
                tip = null,
                purchasedAt = Instant.ofEpochSecond(nanoseconds.floorDiv(SECOND), nanoseconds.mod(SECOND)),
                state = PurchaseState.Granted,
                isFromAnotherDevice = false,
            )
        buyer.waits.resume(PurchaseEnd.Made(purchase))
    }

    /** The letters of a currency, the first in the lowest byte. */
    private fun letters(currency: ULong): String =
        buildString {
            var rest = currency
            while (rest != 0UL) {
                append(rest.toUByte().toInt().toChar())
                rest = rest shr Byte.SIZE_BITS
            }
        }

    private companion object {
        const val SECOND = 1_000_000_000L
    }
}

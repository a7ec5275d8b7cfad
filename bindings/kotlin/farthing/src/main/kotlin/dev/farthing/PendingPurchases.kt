package dev.farthing

import dev.farthing.ffi.PurchaseEnd
import dev.farthing.ffi.PurchaseListener
import dev.farthing.ffi.PurchaseRequest
import dev.farthing.ffi.TipRequest
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.resume
import dev.farthing.ffi.Wallet as CoreWallet

/** Who waits for which purchase. The core calls [onEnd] from a thread of its own, which only wakes who waits. */
internal class PendingPurchases : PurchaseListener {
    private val calls = AtomicLong()
    private val waiting = ConcurrentHashMap<Long, CancellableContinuation<PurchaseEnd>>()

    /** Buys, and waits for how it ends. A coroutine that is cancelled stops waiting; the purchase goes on. */
    suspend fun buy(
        core: CoreWallet,
        request: PurchaseRequest,
    ): PurchaseEnd = end { call -> core.buy(call, request) }

    /** As [buy], for a tip. */
    suspend fun tip(
        core: CoreWallet,
        request: TipRequest,
    ): PurchaseEnd = end { call -> core.tip(call, request) }

    private suspend fun end(begin: (ULong) -> Unit): PurchaseEnd =
        suspendCancellableCoroutine { buyer ->
            val call = calls.incrementAndGet()
            waiting[call] = buyer
            buyer.invokeOnCancellation { waiting.remove(call) }
            begin(call.toULong())
        }

    override fun onEnd(
        call: ULong,
        end: PurchaseEnd,
    ) {
        waiting.remove(call.toLong())?.resume(end)
    }
}

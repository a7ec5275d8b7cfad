package dev.farthing.ffi

import com.sun.jna.Callback
import com.sun.jna.Memory
import com.sun.jna.Native
import com.sun.jna.Pointer
import com.sun.jna.Structure

/**
 * Buys and counts by number. It is compiled with UniFFI's code, whose callbacks are internal.
 *
 * UniFFI's own calls hand over the status of each call, and each text and record, in a structure. JNA makes a structure
 * anew by reflection, with memory that the garbage collector has to free: some 9 µs a call, where one of numbers and
 * pointers takes 0.2 µs. So these are functions of the library that UniFFI calls too, without the structures.
 */
@Suppress("ktlint:standard:function-naming") // JNA finds a function of the library by its name.
public object NumberedCalls {
    internal val onBought =
        OnBought { listener, call, idHigh, idLow, micros, currency, nanoseconds, _, _ ->
            FfiConverterTypeNumberedPurchaseListener.handleMap
                .get(listener)
                .onBought(call.toULong(), idHigh.toULong(), idLow.toULong(), micros, currency.toULong(), nanoseconds)
        }

    // The library keeps its address.
    private val table: Table

    init {
        // UniFFI registers its own table first.
        UniffiLib.ensureInitialized()
        Native.register(NumberedCalls::class.java, "farthing_ffi")
        val generated = uniffiCallbackInterfaceNumberedPurchaseListener.vtable
        table = Table(generated.uniffiFree, generated.uniffiClone, onBought)
        uniffi_farthing_ffi_fn_init_callback_vtable_numberedpurchaselistener(table)
    }

    /** Where the status of a call goes: a code in the first byte, then a buffer with what is to be said of an error. */
    private val status = ThreadLocal.withInitial { Memory(STATUS_BYTES) }

    /**
     * Buys the item of a number. `false` where there is none, or its wallet is gone: nothing is bought and nobody is told.
     *
     * @throws InternalException where the library can't say.
     */
    public fun buy(
        number: Long,
        call: Long,
        quantity: Int,
    ): Boolean = saying { status -> uniffi_farthing_ffi_fn_func_buy_numbered(number, call, quantity, status) }

    /**
     * Counts units in memory with the meter of a number. `false` where it can't be done at once: nothing is counted.
     *
     * @throws InternalException where the library can't say.
     */
    public fun record(
        number: Long,
        units: Int,
    ): Boolean = saying { status -> uniffi_farthing_ffi_fn_func_record_numbered(number, units, status) }

    private inline fun saying(call: (Pointer) -> Byte): Boolean {
        val status = status.get().apply { clear() }
        val answer = call(status)
        if (status.getByte(0) != UNIFFI_CALL_SUCCESS) throw InternalException("a call by number panicked")
        return answer.toInt() != 0
    }

    private external fun uniffi_farthing_ffi_fn_func_buy_numbered(
        number: Long,
        call: Long,
        quantity: Int,
        status: Pointer,
    ): Byte

    private external fun uniffi_farthing_ffi_fn_func_record_numbered(
        number: Long,
        units: Int,
        status: Pointer,
    ): Byte

    private external fun uniffi_farthing_ffi_fn_init_callback_vtable_numberedpurchaselistener(table: Table)

    private const val STATUS_BYTES = 64L

    /** A purchase that was made; [NumberedPurchaseListener.onBought] says what the numbers are. */
    internal fun interface OnBought : Callback {
        @Suppress("LongParameterList")
        fun callback(
            listener: Long,
            call: Long,
            idHigh: Long,
            idLow: Long,
            micros: Long,
            currency: Long,
            nanoseconds: Long,
            answer: Pointer?,
            status: Pointer?,
        )
    }

    /** What the library calls of a listener, in its order. */
    @Structure.FieldOrder("free", "clone", "onBought")
    internal class Table(
        @JvmField internal var free: UniffiCallbackInterfaceFree? = null,
        @JvmField internal var clone: UniffiCallbackInterfaceClone? = null,
        @JvmField internal var onBought: OnBought? = null,
    ) : Structure()
}

package dev.farthing.ffi

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native

/**
 * What the library's threads are to the JVM. It is compiled with UniFFI's code, whose callbacks are internal.
 *
 * A thread that was not made by the JVM is attached to it for a callback, and JNA lets it go again afterwards,
 * which costs more than a purchase. The library has two threads that live as long as a wallet, so they stay
 * attached: as daemons, so that a program can end without closing its wallet.
 */
public object NativeThreads {
    /** Keeps them attached. Call it before the first call of the library. */
    public fun stayAttached() {
        val attached = CallbackThreadInitializer(true, false, "farthing")
        Native.setCallbackThreadInitializer(uniffiRustFutureContinuationCallbackImpl, attached)
        Native.setCallbackThreadInitializer(uniffiCallbackInterfacePurchaseListener.onEnd, attached)
        Native.setCallbackThreadInitializer(NumberedCalls.onBought, attached)
    }
}

package dev.farthing

import java.io.File

/**
 * Keeps the device's signing key and some small secrets. On Android use `AndroidKeyStore` of
 * `farthing-android`; a desktop or a test uses [KeyStore.software].
 *
 * None of it is in the path of a purchase, so it may be slow. Secrets must survive an app's restart
 * and must **not** be part of backups: that is how a restored backup is known.
 *
 * The functions are called one after the other or at once, from a thread of the wallet; throw
 * [KeyStoreException], anything else counts as [KeyStoreException.Unavailable].
 */
public interface KeyStore {
    /**
     * The P-256 key's public half, as the 65 bytes of its uncompressed point (SEC 1, 2.3.3). Makes
     * the key when there is none.
     */
    public suspend fun publicKey(): ByteArray

    /** Signs a message with ES256 (SHA-256 inside); returns the 64 bytes `r || s` (RFC 7518, 3.4), not DER. */
    public suspend fun sign(message: ByteArray): ByteArray

    /** The secret of a name, or `null`. */
    public suspend fun loadSecret(name: String): ByteArray?

    /** Keeps a secret under a name, durably, in place of an older one. */
    public suspend fun storeSecret(
        name: String,
        secret: ByteArray,
    )

    /** Deletes the signing key and all secrets. */
    public suspend fun erase()

    /** The key store that comes with the library. */
    public companion object {
        /**
         * Keys in one file that only its owner can read: for desktops and tests, **not** for phones.
         * It protects against other users of the machine, not against someone who reads the owner's
         * files.
         *
         * @param file Made with the first key; keep it out of the wallet's folder and of backups.
         */
        @JvmStatic
        public fun software(file: File): KeyStore = SoftwareKeyStore(file)
    }
}

/** A key store that can't do what was asked. Its message holds no secret. */
public sealed class KeyStoreException(
    message: String,
    cause: Throwable?,
) : Exception(message, cause) {
    /** It can't be used now: the phone is locked, the hardware is busy, the file can't be read. */
    public class Unavailable
        @JvmOverloads
        constructor(
            message: String,
            cause: Throwable? = null,
        ) : KeyStoreException(message, cause)

    /** The signing key was there and is gone for good, such as after the screen lock was removed. */
    public class KeyLost
        @JvmOverloads
        constructor(
            cause: Throwable? = null,
        ) : KeyStoreException("the signing key was lost", cause)
}

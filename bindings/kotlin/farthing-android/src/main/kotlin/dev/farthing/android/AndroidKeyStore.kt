package dev.farthing.android

import android.content.Context
import android.os.UserManager
import dev.farthing.KeyStore
import dev.farthing.KeyStoreException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import java.io.File
import java.security.MessageDigest
import java.security.interfaces.ECPublicKey
import java.util.Base64
import javax.crypto.AEADBadTagException

/**
 * Keeps the device's signing key in the phone's hardware, by the Android Keystore.
 *
 * The P-256 key is made in StrongBox where there is one that can, or else in the processor's
 * trusted environment; [protection] says which. It never leaves it. Secrets are sealed with
 * AES-256-GCM by a second key of the Keystore, and kept in files of
 * [Context.getNoBackupFilesDir], which backups and device transfers leave out.
 *
 * The functions may be called from any thread. They block none: all work is done one call after
 * the other on [Dispatchers.IO], for all key stores of the process.
 *
 * **When a key is lost.** A phone may lose its keys: some do when the screen lock is removed or
 * after a repair. A lost key is never replaced in silence. It is noticed by the fingerprint that is
 * kept beside the secrets, and each call fails with [KeyStoreException.KeyLost]. The way back is to
 * start over with a new wallet ([AndroidWallet.startOver], or [erase] when you use the key store
 * alone) and enrol anew. Lost are the purchases that were not settled, the inventory on this
 * device, and its hold on the balance, which stays at the gateway, where the operator finds it.
 *
 * **When it can't be used now**, such as before the phone was unlocked for the first time since it
 * started, it is [KeyStoreException.Unavailable], and nothing was changed: try again later.
 *
 * @param context Any; only its application's is kept.
 * @param alias Names the keys in the Keystore and the folder of the secrets. One wallet has one alias.
 * @throws IllegalArgumentException when the alias is not made of 1 to 64 letters, digits, `-` and `_`.
 */
public class AndroidKeyStore
    @JvmOverloads
    constructor(
        context: Context,
        alias: String = DEFAULT_ALIAS,
    ) : KeyStore {
        private val application = context.applicationContext ?: context
        private val keys = PlatformKeys(application, alias)
        private val files by lazy { SealedFiles(File(application.noBackupFilesDir, "$FOLDER_PREFIX$alias")) }

        init {
            require(ALIAS.matches(alias)) { "the alias has 1 to 64 letters, digits, - and _; it was \"$alias\"" }
        }

        /** What keeps the signing key. Makes the key when there is none. */
        public suspend fun protection(): KeyProtection =
            inTurn {
                signingKey()
                keys.protection(madeInStrongBox = files.read(FINGERPRINT)?.first() == IN_STRONG_BOX)
            }

        override suspend fun publicKey(): ByteArray = inTurn { signingKey() }

        override suspend fun sign(message: ByteArray): ByteArray =
            inTurn {
                signingKey()
                joseSignature(keys.sign(message))
            }

        override suspend fun loadSecret(name: String): ByteArray? =
            inTurn {
                val sealed = files.read(fileName(name)) ?: return@inTurn null
                if (!keys.hasWrappingKey()) throw KeyStoreException.KeyLost()
                if (sealed.size < PlatformKeys.SEALED_LENGTH_MIN) throw AEADBadTagException("a secret is cut short")
                keys.unwrap(name, sealed)
            }

        override suspend fun storeSecret(
            name: String,
            secret: ByteArray,
        ): Unit =
            inTurn {
                if (!keys.hasWrappingKey()) {
                    if (files.hasAny(SECRET_PREFIX)) throw KeyStoreException.KeyLost()
                    keys.makeWrappingKey()
                }
                files.write(fileName(name), keys.wrap(name, secret))
            }

        // The keys go first: files without keys are a loss that is seen, keys without files would
        // be taken for new ones.
        override suspend fun erase(): Unit =
            inTurn {
                keys.erase()
                files.erase()
            }

        /**
         * The point of the signing key, which is made when there never was one. A key without a
         * fingerprint was made just before the process died, and is kept.
         */
        private fun signingKey(): ByteArray {
            val known = files.read(FINGERPRINT)
            val existing = keys.publicKey()
            if (known != null) {
                val point = existing?.let(::uncompressedPoint)
                if (point == null || !known.drop(1).toByteArray().contentEquals(sha256(point))) {
                    throw KeyStoreException.KeyLost()
                }
                return point
            }
            val inStrongBox = existing == null && keys.makeSigningKey()
            val made = existing ?: keys.publicKey() ?: throw KeyStoreException.Unavailable("the new key is not there")
            val point = uncompressedPoint(made)
            files.write(FINGERPRINT, byteArrayOf(if (inStrongBox) IN_STRONG_BOX else ELSEWHERE) + sha256(point))
            return point
        }

        private suspend fun <T> inTurn(action: () -> T): T =
            withContext(Dispatchers.IO) {
                turn.withLock {
                    if (!application.isUnlocked()) {
                        throw KeyStoreException.Unavailable("the phone was not unlocked since it started")
                    }
                    translatingFailures(action)
                }
            }

        internal companion object {
            const val DEFAULT_ALIAS = "farthing"

            /** The folder of an alias is named so and lies in the folder that backups leave out. */
            const val FOLDER_PREFIX = "farthing-keys-"

            private const val FINGERPRINT = "signing-key"
            private const val IN_STRONG_BOX: Byte = 1
            private const val ELSEWHERE: Byte = 0
            private const val SECRET_PREFIX = "secret-"
            private val ALIAS = Regex("[A-Za-z0-9_-]{1,64}")

            /** The Keystore and the files of an alias are changed together, also by two instances. */
            private val turn = Mutex()

            private fun fileName(name: String) =
                SECRET_PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(name.encodeToByteArray())
        }
    }

/** Whether the app's files can be read: the user has unlocked the phone since it started. */
internal fun Context.isUnlocked(): Boolean = getSystemService(UserManager::class.java)?.isUserUnlocked != false

/** SEC 1, 2.3.3: 4, x, y. */
internal fun uncompressedPoint(key: ECPublicKey): ByteArray =
    byteArrayOf(4) + coordinate(key.w.affineX.toByteArray()) + coordinate(key.w.affineY.toByteArray())

/** A positive number in two's complement, of exactly 32 bytes. */
private fun coordinate(number: ByteArray): ByteArray =
    ByteArray(COORDINATE_LENGTH).also { coordinate ->
        val digits = number.takeLast(COORDINATE_LENGTH).toByteArray()
        digits.copyInto(coordinate, COORDINATE_LENGTH - digits.size)
    }

private fun sha256(bytes: ByteArray): ByteArray = MessageDigest.getInstance("SHA-256").digest(bytes)

private const val COORDINATE_LENGTH = 32

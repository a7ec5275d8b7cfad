package dev.farthing

import dev.farthing.ffi.softwareKeyStore
import java.io.File
import dev.farthing.ffi.KeyStore as CoreKeyStore
import dev.farthing.ffi.KeyStoreException as CoreKeyStoreException

/** The key store as the core wants it. */
internal fun KeyStore.toCore(): CoreKeyStore = if (this is SoftwareKeyStore) core else KeyStoreOfApp(this)

/** An app's key store, called by the core. */
private class KeyStoreOfApp(
    private val keyStore: KeyStore,
) : CoreKeyStore {
    override suspend fun publicKey(): ByteArray = answering { keyStore.publicKey() }

    override suspend fun sign(message: ByteArray): ByteArray = answering { keyStore.sign(message) }

    override suspend fun loadSecret(name: String): ByteArray? = answering { keyStore.loadSecret(name) }

    override suspend fun storeSecret(
        name: String,
        secret: ByteArray,
    ) = answering { keyStore.storeSecret(name, secret) }

    override suspend fun erase() = answering { keyStore.erase() }

    private suspend fun <T> answering(call: suspend () -> T): T =
        try {
            call()
        } catch (unavailable: KeyStoreException.Unavailable) {
            throw CoreKeyStoreException.Unavailable(unavailable.message.orEmpty())
        } catch (_: KeyStoreException.KeyLost) {
            throw CoreKeyStoreException.KeyLost()
        }
}

/** The core's own key store, for desktops and tests. */
internal class SoftwareKeyStore(
    file: File,
) : KeyStore {
    val core: CoreKeyStore = softwareKeyStore(file.path)

    override suspend fun publicKey(): ByteArray = answering { core.publicKey() }

    override suspend fun sign(message: ByteArray): ByteArray = answering { core.sign(message) }

    override suspend fun loadSecret(name: String): ByteArray? = answering { core.loadSecret(name) }

    override suspend fun storeSecret(
        name: String,
        secret: ByteArray,
    ) = answering { core.storeSecret(name, secret) }

    override suspend fun erase() = answering { core.erase() }

    private suspend fun <T> answering(call: suspend () -> T): T =
        try {
            call()
        } catch (unavailable: CoreKeyStoreException.Unavailable) {
            throw KeyStoreException.Unavailable(unavailable.reason)
        } catch (lost: CoreKeyStoreException.KeyLost) {
            throw KeyStoreException.KeyLost(lost)
        }
}

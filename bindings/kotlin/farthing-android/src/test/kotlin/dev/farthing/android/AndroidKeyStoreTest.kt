package dev.farthing.android

import android.app.Application
import android.content.Context
import android.content.pm.PackageManager
import android.os.Build
import android.os.UserManager
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.security.keystore.StrongBoxUnavailableException
import android.security.keystore.UserNotAuthenticatedException
import dev.farthing.KeyStoreException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import org.junit.After
import org.junit.Before
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.util.ReflectionHelpers
import java.io.File
import java.math.BigInteger
import java.security.AlgorithmParameters
import java.security.InvalidKeyException
import java.security.KeyFactory
import java.security.ProviderException
import java.security.Signature
import java.security.UnrecoverableKeyException
import java.security.spec.ECGenParameterSpec
import java.security.spec.ECParameterSpec
import java.security.spec.ECPoint
import java.security.spec.ECPublicKeySpec
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], manifest = Config.NONE)
class AndroidKeyStoreTest {
    private val application: Application = RuntimeEnvironment.getApplication()
    private lateinit var keystore: FakeAndroidKeystore

    /** As after a restart of the app: nothing is remembered but what is on disk. */
    private val store get() = AndroidKeyStore(application)
    private val folder get() = File(application.noBackupFilesDir, "farthing-keys-farthing")

    @Before
    fun install() {
        keystore = FakeAndroidKeystore.install()
    }

    @After
    fun uninstall() = FakeAndroidKeystore.uninstall()

    @Test
    fun `the first call makes one key, which stays the same over a restart and signs`() =
        runTest {
            val point = store.publicKey()
            assertEquals(65, point.size)
            assertEquals(4, point[0])
            assertContentEquals(point, store.publicKey())
            val message = "a batch".encodeToByteArray()
            assertTrue(verifies(point, message, store.sign(message)))
            assertFalse(verifies(point, "another".encodeToByteArray(), store.sign(message)))
            assertEquals(1, keystore.generated)
        }

    @Test
    fun `the signing key may only sign with SHA-256, and the wrapping key is of 256 bits`() =
        runTest {
            store.publicKey()
            store.storeSecret("data-key", byteArrayOf(1))
            val signing = keystore.spec("farthing.signing")
            assertEquals(KeyProperties.PURPOSE_SIGN, signing.purposes)
            assertContentEquals(arrayOf(KeyProperties.DIGEST_SHA256), signing.digests)
            assertEquals("secp256r1", (signing.algorithmParameterSpec as ECGenParameterSpec).name)
            val wrapping = keystore.spec("farthing.wrapping")
            assertEquals(256, wrapping.keySize)
            assertContentEquals(arrayOf(KeyProperties.BLOCK_MODE_GCM), wrapping.blockModes)
            assertTrue(wrapping.isRandomizedEncryptionRequired)
        }

    @Test
    fun `calls that come at once make one key between them`() =
        runTest {
            val stores = List(20) { store }
            val points = stores.map { async { it.publicKey().toList() } }.awaitAll()
            assertEquals(1, points.toSet().size)
            assertEquals(1, keystore.generated)
        }

    @Test
    fun `StrongBox is used where it is, and said to be`() =
        runTest {
            offersStrongBox()
            keystore.strongBoxFailure = null
            assertEquals(KeyProtection.STRONG_BOX, store.protection())
            assertTrue(keystore.spec("farthing.signing").isStrongBoxBacked)
        }

    @Test
    fun `a StrongBox that can't make the key is replaced by the trusted environment, and it is said`() =
        runTest {
            offersStrongBox()
            for (failure in listOf(
                StrongBoxUnavailableException("none"),
                ProviderException("Keystore operation failed"),
            )) {
                keystore.strongBoxFailure = failure
                assertEquals(KeyProtection.TRUSTED_ENVIRONMENT, store.protection())
                store.sign(byteArrayOf(1))
                store.erase()
            }
        }

    @Test
    fun `a phone without StrongBox is not asked for it`() =
        runTest {
            keystore.strongBoxFailure = AssertionErrorInKeystore()
            assertEquals(KeyProtection.TRUSTED_ENVIRONMENT, store.protection())
        }

    @Test
    fun `keys that lie in software are said to`() =
        runTest {
            keystore.usesHardware = false
            assertEquals(KeyProtection.SOFTWARE, store.protection())
        }

    @Test
    fun `before Android 12 the key store remembers by itself that the key is in StrongBox`() =
        onAndroid(Build.VERSION_CODES.R) {
            assertEquals(KeyProtection.TRUSTED_ENVIRONMENT, store.protection())
            store.erase()
            offersStrongBox()
            keystore.strongBoxFailure = null
            assertEquals(KeyProtection.STRONG_BOX, store.protection())
            assertEquals(KeyProtection.STRONG_BOX, store.protection())
        }

    @Test
    fun `Android 8, which knows no StrongBox, has the same key store without it`() =
        onAndroid(Build.VERSION_CODES.O) {
            offersStrongBox()
            keystore.strongBoxFailure = AssertionErrorInKeystore()
            assertEquals(KeyProtection.TRUSTED_ENVIRONMENT, store.protection())
            store.storeSecret("a", byteArrayOf(1))
            assertContentEquals(byteArrayOf(1), store.loadSecret("a"))
        }

    @Test
    fun `no key can be made at all, nothing is kept, and the next call may succeed`() =
        runTest {
            keystore.onGenerate = ProviderException("busy")
            val failure = assertFailsWith<KeyStoreException.Unavailable> { store.publicKey() }
            assertIs<ProviderException>(failure.cause)
            assertTrue(keystore.aliases.isEmpty())
            keystore.onGenerate = null
            assertEquals(65, store.publicKey().size)
        }

    @Test
    fun `secrets survive a restart, are replaced, and are unknown before`() =
        runTest {
            assertNull(store.loadSecret("data-key"))
            store.storeSecret("data-key", ByteArray(32) { 7 })
            store.storeSecret("Ein Schlüssel/../mit Schrägstrich", byteArrayOf())
            store.storeSecret("data-key", ByteArray(32) { 8 })
            assertContentEquals(ByteArray(32) { 8 }, store.loadSecret("data-key"))
            assertContentEquals(byteArrayOf(), store.loadSecret("Ein Schlüssel/../mit Schrägstrich"))
            assertNull(store.loadSecret("data"))
        }

    @Test
    fun `no file shows a secret, and none lies where backups reach`() =
        runTest {
            val secret = "an-easily-found-secret-of-32-byte".encodeToByteArray()
            store.publicKey()
            store.storeSecret("data-key", secret)
            val written = application.dataDir.walk().filter(File::isFile).toList()
            assertEquals(2, written.size)
            for (file in written) {
                assertTrue(file.startsWith(application.noBackupFilesDir), "$file")
                assertFalse(String(file.readBytes(), Charsets.ISO_8859_1).contains("easily-found"))
            }
        }

    @Test
    fun `a signing key that vanished is not replaced in silence`() =
        runTest {
            store.publicKey()
            keystore.forget("farthing.signing")
            assertFailsWith<KeyStoreException.KeyLost> { store.publicKey() }
            assertFailsWith<KeyStoreException.KeyLost> { store.sign(byteArrayOf(1)) }
            assertFailsWith<KeyStoreException.KeyLost> { store.protection() }
            assertEquals(1, keystore.generated)
        }

    @Test
    fun `another key under the same alias is not taken for the lost one`() =
        runTest {
            store.publicKey()
            val fingerprint = File(folder, "signing-key").readBytes()
            store.erase()
            store.publicKey()
            File(folder, "signing-key").writeBytes(fingerprint)
            assertFailsWith<KeyStoreException.KeyLost> { store.publicKey() }
            assertFailsWith<KeyStoreException.KeyLost> { store.sign(byteArrayOf(1)) }
        }

    @Test
    fun `a damaged fingerprint is a lost key, not a crash`() =
        runTest {
            store.publicKey()
            File(folder, "signing-key").writeBytes(byteArrayOf())
            assertFailsWith<KeyStoreException.KeyLost> { store.protection() }
        }

    @Test
    fun `a key that was made just before the process died is kept`() =
        runTest {
            val point = store.publicKey()
            assertTrue(File(folder, "signing-key").delete())
            assertContentEquals(point, store.publicKey())
            keystore.forget("farthing.signing")
            assertFailsWith<KeyStoreException.KeyLost> { store.publicKey() }
        }

    @Test
    fun `an invalidated key is lost`() =
        runTest {
            store.publicKey()
            keystore.onUse = KeyPermanentlyInvalidatedException("the screen lock was removed")
            val failure = assertFailsWith<KeyStoreException.KeyLost> { store.sign(byteArrayOf(1)) }
            assertIs<KeyPermanentlyInvalidatedException>(failure.cause)
        }

    @Test
    fun `a key that can't be recovered is lost`() =
        runTest {
            store.publicKey()
            store.storeSecret("a", byteArrayOf(1))
            keystore.onGetKey = UnrecoverableKeyException("no such blob")
            assertFailsWith<KeyStoreException.KeyLost> { store.sign(byteArrayOf(1)) }
            assertFailsWith<KeyStoreException.KeyLost> { store.loadSecret("a") }
        }

    @Test
    fun `a Keystore that fails by itself does not make the key count as lost, one that lost it does`() =
        runTest {
            store.publicKey()
            store.storeSecret("a", byteArrayOf(1))
            val (systemError, locked, hardwareBusy) = listOf(4, 2, -48)
            for (code in listOf(systemError, locked, hardwareBusy)) {
                keystore.onGetKey = unrecoverable(code)
                assertFailsWith<KeyStoreException.Unavailable>("code $code") { store.sign(byteArrayOf(1)) }
                assertFailsWith<KeyStoreException.Unavailable>("code $code") { store.publicKey() }
                assertFailsWith<KeyStoreException.Unavailable>("code $code") { store.loadSecret("a") }
            }
            val (keyNotFound, valueCorrupted) = listOf(7, 8)
            for (code in listOf(keyNotFound, valueCorrupted)) {
                keystore.onGetKey = unrecoverable(code)
                assertFailsWith<KeyStoreException.KeyLost>("code $code") { store.sign(byteArrayOf(1)) }
            }
            keystore.onGetKey = null
            assertEquals(64, store.sign(byteArrayOf(1)).size)
            assertContentEquals(byteArrayOf(1), store.loadSecret("a"))
            assertEquals(2, keystore.generated)
        }

    @Test
    fun `a player who has to authenticate first, and other failures, leave the key as it is`() =
        runTest {
            val point = store.publicKey()
            for (failure in listOf(UserNotAuthenticatedException(), InvalidKeyException("?"), ProviderException("?"))) {
                keystore.onUse = failure
                assertFailsWith<KeyStoreException.Unavailable>("$failure") { store.sign(byteArrayOf(1)) }
            }
            keystore.onUse = null
            assertContentEquals(point, store.publicKey())
        }

    @Test
    fun `a wrapping key that vanished is seen, when reading and when writing`() =
        runTest {
            store.storeSecret("a", byteArrayOf(1))
            keystore.forget("farthing.wrapping")
            assertFailsWith<KeyStoreException.KeyLost> { store.loadSecret("a") }
            assertFailsWith<KeyStoreException.KeyLost> { store.storeSecret("b", byteArrayOf(2)) }
            assertNull(store.loadSecret("b"))
            assertEquals(1, keystore.generated)
        }

    @Test
    fun `a secret is not opened after any of its bytes was changed or cut off`() =
        runTest {
            store.storeSecret("a", byteArrayOf(1, 2, 3))
            val file = folder.listFiles().orEmpty().single()
            val sealed = file.readBytes()
            for (index in sealed.indices) {
                file.writeBytes(sealed.clone().also { it[index] = (it[index] + 1).toByte() })
                assertFailsWith<KeyStoreException.KeyLost>("byte $index") { store.loadSecret("a") }
                file.writeBytes(sealed.copyOf(index))
                assertFailsWith<KeyStoreException.KeyLost>("$index bytes") { store.loadSecret("a") }
            }
            file.writeBytes(sealed)
            assertContentEquals(byteArrayOf(1, 2, 3), store.loadSecret("a"))
        }

    @Test
    fun `a secret can't be passed off under another name`() =
        runTest {
            store.storeSecret("a", byteArrayOf(1))
            val first = folder.listFiles().orEmpty().single()
            store.storeSecret("b", byteArrayOf(2))
            val second = folder.listFiles().orEmpty().single { it != first }
            first.copyTo(second, overwrite = true)
            assertFailsWith<KeyStoreException.KeyLost> { store.loadSecret("b") }
            assertContentEquals(byteArrayOf(1), store.loadSecret("a"))
        }

    @Test
    fun `a write that was cut short leaves the old secret`() =
        runTest {
            store.storeSecret("a", byteArrayOf(1))
            val file = folder.listFiles().orEmpty().single()
            File(folder, "${file.name}.new").writeBytes(byteArrayOf(0))
            assertContentEquals(byteArrayOf(1), store.loadSecret("a"))
            store.storeSecret("a", byteArrayOf(2))
            assertContentEquals(byteArrayOf(2), store.loadSecret("a"))
            assertEquals(1, folder.list().orEmpty().size)
        }

    @Test
    fun `a folder that can't be written is said, and no key is given up for it`() =
        runTest {
            folder.writeText("a file in its place")
            assertFailsWith<KeyStoreException.Unavailable> { store.storeSecret("a", byteArrayOf(1)) }
            assertFailsWith<KeyStoreException.Unavailable> { store.publicKey() }
            assertTrue(folder.delete())
            store.publicKey()
            assertEquals(listOf("farthing.signing", "farthing.wrapping"), keystore.aliases.sorted())
        }

    @Test
    fun `before the first unlock nothing works and nothing is touched`() =
        runTest {
            val user = shadowOf(application.getSystemService(Context.USER_SERVICE) as UserManager)
            user.setUserUnlocked(false)
            assertFailsWith<KeyStoreException.Unavailable> { store.publicKey() }
            assertFailsWith<KeyStoreException.Unavailable> { store.loadSecret("a") }
            assertFailsWith<KeyStoreException.Unavailable> { store.storeSecret("a", byteArrayOf(1)) }
            assertFailsWith<KeyStoreException.Unavailable> { store.erase() }
            assertEquals(0, keystore.generated)
            assertFalse(folder.exists())
            user.setUserUnlocked(true)
            assertEquals(65, store.publicKey().size)
        }

    @Test
    fun `after erasing there is nothing left, and a new key begins, also when the old one was lost`() =
        runTest {
            val point = store.publicKey()
            store.storeSecret("a", byteArrayOf(1))
            keystore.forget("farthing.signing")
            store.erase()
            assertTrue(keystore.aliases.isEmpty())
            assertFalse(folder.exists())
            assertNull(store.loadSecret("a"))
            assertFalse(point.contentEquals(store.publicKey()))
            store.erase()
            store.erase()
        }

    @Test
    fun `two aliases have nothing in common`() =
        runTest {
            val other = AndroidKeyStore(application, "other")
            assertFalse(store.publicKey().contentEquals(other.publicKey()))
            store.storeSecret("a", byteArrayOf(1))
            assertNull(other.loadSecret("a"))
            other.erase()
            assertContentEquals(byteArrayOf(1), store.loadSecret("a"))
        }

    @Test
    fun `an alias that could leave its folder is refused`() {
        for (alias in listOf("", "../up", "a/b", "a b", "x".repeat(65))) {
            assertFailsWith<IllegalArgumentException>(alias) { AndroidKeyStore(application, alias) }
        }
    }

    @Test
    fun `coordinates of all sizes fill their 32 bytes`() =
        runTest {
            repeat(300) {
                val point = store.publicKey()
                val message = byteArrayOf(it.toByte())
                assertTrue(verifies(point, message, store.sign(message)))
                store.erase()
            }
        }

    /** As Android wraps an error of its Keystore daemon. */
    private fun unrecoverable(code: Int) =
        UnrecoverableKeyException("failed").apply { initCause(android.security.KeyStoreException(code, "error $code")) }

    private class AssertionErrorInKeystore : RuntimeException("StrongBox was asked")

    /** What the code asks of Android's version; the rest of the platform stays as it is. */
    private fun onAndroid(
        version: Int,
        test: suspend () -> Unit,
    ) {
        val real = Build.VERSION.SDK_INT
        ReflectionHelpers.setStaticField(Build.VERSION::class.java, "SDK_INT", version)
        try {
            runBlocking { test() }
        } finally {
            ReflectionHelpers.setStaticField(Build.VERSION::class.java, "SDK_INT", real)
        }
    }

    private fun offersStrongBox() =
        shadowOf(application.packageManager).setSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE, true)

    /** By the JVM's own cryptography. */
    private fun verifies(
        point: ByteArray,
        message: ByteArray,
        signature: ByteArray,
    ): Boolean {
        val curve =
            AlgorithmParameters
                .getInstance("EC", "SunEC")
                .apply { init(ECGenParameterSpec("secp256r1")) }
                .getParameterSpec(ECParameterSpec::class.java)
        val w = ECPoint(BigInteger(1, point.copyOfRange(1, 33)), BigInteger(1, point.copyOfRange(33, 65)))
        val key = KeyFactory.getInstance("EC", "SunEC").generatePublic(ECPublicKeySpec(w, curve))
        return Signature.getInstance("SHA256withECDSAinP1363Format", "SunEC").run {
            initVerify(key)
            update(message)
            verify(signature)
        }
    }
}

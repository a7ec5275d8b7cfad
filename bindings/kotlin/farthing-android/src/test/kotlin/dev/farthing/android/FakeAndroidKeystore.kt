package dev.farthing.android

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyInfo
import android.security.keystore.KeyProperties
import android.security.keystore.StrongBoxUnavailableException
import org.robolectric.shadow.api.Shadow
import org.robolectric.util.ReflectionHelpers
import java.io.InputStream
import java.io.OutputStream
import java.security.AlgorithmParameters
import java.security.InvalidKeyException
import java.security.Key
import java.security.KeyFactorySpi
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.KeyPairGeneratorSpi
import java.security.KeyStoreSpi
import java.security.PrivateKey
import java.security.Provider
import java.security.PublicKey
import java.security.SecureRandom
import java.security.Security
import java.security.Signature
import java.security.SignatureSpi
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.security.spec.ECGenParameterSpec
import java.security.spec.KeySpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import javax.crypto.Cipher
import javax.crypto.CipherSpi
import javax.crypto.KeyGenerator
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey

/**
 * The Android Keystore, without its hardware: it makes real keys, hands out only names of them, and
 * refuses what the real one refuses. A test sets what is to go wrong.
 */
class FakeAndroidKeystore : Provider(NAME, "1", "for tests") {
    private class Entry(
        val spec: KeyGenParameterSpec,
        val key: Key,
        val publicKey: PublicKey?,
    )

    private val held = mutableMapOf<String, Entry>()

    /** What StrongBox says to a new key; it makes it when there is nothing to say. */
    var strongBoxFailure: RuntimeException? = StrongBoxUnavailableException("none")

    /** Thrown when a key is taken out of the store. As in the real one, other calls then say that there is none. */
    var onGetKey: Exception? = null

    /** Thrown when a key is to be used. */
    var onUse: Exception? = null

    /** Thrown when a key is made, wherever. */
    var onGenerate: RuntimeException? = null

    var usesHardware = true

    /** How often a key was made. */
    var generated = 0
        private set

    val aliases: Set<String> get() = held.keys

    fun spec(alias: String): KeyGenParameterSpec = held.getValue(alias).spec

    fun forget(alias: String) {
        checkNotNull(held.remove(alias)) { "no key $alias" }
    }

    init {
        service("KeyStore", NAME) { Store() }
        service("KeyPairGenerator", "EC") { PairGenerator() }
        service("KeyGenerator", "AES") { AesGenerator() }
        service("KeyFactory", "EC") { Infos() }
        service("Signature", "SHA256withECDSA") { Signer() }
        service("Cipher", "AES/GCM/NoPadding") { Wrapper() }
    }

    private fun service(
        type: String,
        algorithm: String,
        make: () -> Any,
    ) = putService(
        object : Service(this, type, algorithm, "unused", null, null) {
            override fun newInstance(parameter: Any?) = make()
        },
    )

    private open class Handle(
        val alias: String,
        private val algorithmName: String,
    ) : Key {
        override fun getAlgorithm() = algorithmName

        override fun getFormat(): String? = null

        override fun getEncoded(): ByteArray? = null
    }

    private class PrivateHandle(
        alias: String,
    ) : Handle(alias, "EC"),
        PrivateKey

    private class SecretHandle(
        alias: String,
    ) : Handle(alias, "AES"),
        SecretKey

    private fun use(
        key: Key?,
        purpose: Int,
    ): Entry {
        val alias = (key as? Handle)?.alias ?: throw InvalidKeyException("no key of this store")
        onUse?.let { throw it }
        val entry = held[alias] ?: throw InvalidKeyException("key $alias is gone")
        if (entry.spec.purposes and purpose == 0) throw InvalidKeyException("incompatible purpose")
        return entry
    }

    private fun keep(
        spec: KeyGenParameterSpec,
        key: Key,
        publicKey: PublicKey?,
    ) {
        onGenerate?.let { throw it }
        if (spec.isStrongBoxBacked) strongBoxFailure?.let { throw it }
        held[spec.keystoreAlias] = Entry(spec, key, publicKey)
        generated++
    }

    private inner class Store : KeyStoreSpi() {
        override fun engineGetKey(
            alias: String,
            password: CharArray?,
        ): Key? {
            onGetKey?.let { throw it }
            val entry = held[alias] ?: return null
            return if (entry.publicKey == null) SecretHandle(alias) else PrivateHandle(alias)
        }

        override fun engineGetCertificate(alias: String): Certificate? =
            held[alias]?.publicKey?.takeIf { onGetKey == null }?.let(::BareCertificate)

        override fun engineDeleteEntry(alias: String) {
            held.remove(alias)
        }

        override fun engineContainsAlias(alias: String) = alias in held && onGetKey == null

        override fun engineLoad(
            stream: InputStream?,
            password: CharArray?,
        ) = Unit

        override fun engineAliases(): Enumeration<String> = Collections.enumeration(held.keys)

        override fun engineSize() = held.size

        override fun engineIsKeyEntry(alias: String) = alias in held

        override fun engineIsCertificateEntry(alias: String) = false

        override fun engineGetCertificateChain(alias: String): Array<Certificate>? = null

        override fun engineGetCreationDate(alias: String): Date? = null

        override fun engineGetCertificateAlias(certificate: Certificate): String? = null

        override fun engineSetKeyEntry(
            alias: String,
            key: Key,
            password: CharArray?,
            chain: Array<out Certificate>?,
        ): Unit = throw UnsupportedOperationException()

        override fun engineSetKeyEntry(
            alias: String,
            key: ByteArray,
            chain: Array<out Certificate>?,
        ): Unit = throw UnsupportedOperationException()

        override fun engineSetCertificateEntry(
            alias: String,
            certificate: Certificate,
        ): Unit = throw UnsupportedOperationException()

        override fun engineStore(
            stream: OutputStream?,
            password: CharArray?,
        ): Unit = throw UnsupportedOperationException()
    }

    private class BareCertificate(
        private val key: PublicKey,
    ) : Certificate("X.509") {
        override fun getPublicKey() = key

        override fun getEncoded() = ByteArray(0)

        override fun verify(key: PublicKey) = Unit

        override fun verify(
            key: PublicKey,
            provider: String,
        ) = Unit

        override fun toString() = "bare"
    }

    private inner class PairGenerator : KeyPairGeneratorSpi() {
        private lateinit var spec: KeyGenParameterSpec

        override fun initialize(
            spec: AlgorithmParameterSpec,
            random: SecureRandom?,
        ) {
            this.spec = spec as KeyGenParameterSpec
        }

        override fun initialize(
            size: Int,
            random: SecureRandom?,
        ): Unit = throw UnsupportedOperationException()

        override fun generateKeyPair(): KeyPair {
            val real = KeyPairGenerator.getInstance("EC", "BC")
            real.initialize(spec.algorithmParameterSpec as ECGenParameterSpec)
            val pair = real.generateKeyPair()
            keep(spec, pair.private, pair.public)
            return KeyPair(pair.public, PrivateHandle(spec.keystoreAlias))
        }
    }

    private inner class AesGenerator : KeyGeneratorSpi() {
        private lateinit var spec: KeyGenParameterSpec

        override fun engineInit(
            spec: AlgorithmParameterSpec,
            random: SecureRandom?,
        ) {
            this.spec = spec as KeyGenParameterSpec
        }

        override fun engineInit(random: SecureRandom?): Unit = throw UnsupportedOperationException()

        override fun engineInit(
            size: Int,
            random: SecureRandom?,
        ): Unit = throw UnsupportedOperationException()

        override fun engineGenerateKey(): SecretKey {
            val real = KeyGenerator.getInstance("AES", "SunJCE").apply { init(spec.keySize) }.generateKey()
            keep(spec, real, null)
            return SecretHandle(spec.keystoreAlias)
        }
    }

    private inner class Infos : KeyFactorySpi() {
        @Suppress("UNCHECKED_CAST")
        override fun <T : KeySpec> engineGetKeySpec(
            key: Key,
            kind: Class<T>,
        ): T {
            val spec = held.getValue((key as Handle).alias).spec
            val level =
                when {
                    !usesHardware -> KeyProperties.SECURITY_LEVEL_SOFTWARE
                    spec.isStrongBoxBacked -> KeyProperties.SECURITY_LEVEL_STRONGBOX
                    else -> KeyProperties.SECURITY_LEVEL_TRUSTED_ENVIRONMENT
                }
            val info = Shadow.newInstanceOf(KeyInfo::class.java)
            ReflectionHelpers.setField(info, "mInsideSecureHardware", usesHardware)
            if (android.os.Build.VERSION.SDK_INT >= 31) ReflectionHelpers.setField(info, "mSecurityLevel", level)
            return info as T
        }

        override fun engineGeneratePublic(spec: KeySpec): PublicKey = throw UnsupportedOperationException()

        override fun engineGeneratePrivate(spec: KeySpec): PrivateKey = throw UnsupportedOperationException()

        override fun engineTranslateKey(key: Key): Key = throw UnsupportedOperationException()
    }

    private inner class Signer : SignatureSpi() {
        private val real = Signature.getInstance("SHA256withECDSA", "BC")

        override fun engineInitSign(key: PrivateKey) {
            val entry = use(key, KeyProperties.PURPOSE_SIGN)
            if (KeyProperties.DIGEST_SHA256 !in entry.spec.digests) throw InvalidKeyException("incompatible digest")
            real.initSign(entry.key as PrivateKey)
        }

        override fun engineInitVerify(key: PublicKey): Unit = throw InvalidKeyException("it only signs")

        override fun engineUpdate(byte: Byte) = real.update(byte)

        override fun engineUpdate(
            bytes: ByteArray,
            offset: Int,
            length: Int,
        ) = real.update(bytes, offset, length)

        override fun engineSign(): ByteArray = real.sign()

        override fun engineVerify(signature: ByteArray) = throw UnsupportedOperationException()

        @Deprecated("the platform's")
        override fun engineSetParameter(
            name: String,
            value: Any,
        ): Unit = throw UnsupportedOperationException()

        @Deprecated("the platform's")
        override fun engineGetParameter(name: String): Any = throw UnsupportedOperationException()
    }

    private inner class Wrapper : CipherSpi() {
        private val real = Cipher.getInstance("AES/GCM/NoPadding", "SunJCE")

        override fun engineInit(
            mode: Int,
            key: Key,
            random: SecureRandom?,
        ) = real.init(mode, use(key, KeyProperties.PURPOSE_ENCRYPT).key)

        override fun engineInit(
            mode: Int,
            key: Key,
            spec: AlgorithmParameterSpec?,
            random: SecureRandom?,
        ) {
            // The real one takes no nonce of the caller's, either.
            if (mode == Cipher.ENCRYPT_MODE) throw InvalidKeyException("caller-provided IV not permitted")
            real.init(mode, use(key, KeyProperties.PURPOSE_DECRYPT).key, spec)
        }

        override fun engineInit(
            mode: Int,
            key: Key,
            parameters: AlgorithmParameters?,
            random: SecureRandom?,
        ): Unit = throw UnsupportedOperationException()

        override fun engineUpdateAAD(
            bytes: ByteArray,
            offset: Int,
            length: Int,
        ) = real.updateAAD(bytes, offset, length)

        override fun engineDoFinal(
            input: ByteArray?,
            offset: Int,
            length: Int,
        ): ByteArray = real.doFinal(input ?: ByteArray(0), offset, length)

        override fun engineDoFinal(
            input: ByteArray,
            offset: Int,
            length: Int,
            output: ByteArray,
            outputOffset: Int,
        ) = real.doFinal(input, offset, length, output, outputOffset)

        override fun engineUpdate(
            input: ByteArray,
            offset: Int,
            length: Int,
        ): ByteArray? = real.update(input, offset, length)

        override fun engineUpdate(
            input: ByteArray,
            offset: Int,
            length: Int,
            output: ByteArray,
            outputOffset: Int,
        ) = real.update(input, offset, length, output, outputOffset)

        override fun engineGetIV(): ByteArray? = real.iv

        override fun engineGetBlockSize() = real.blockSize

        override fun engineGetOutputSize(length: Int) = real.getOutputSize(length)

        override fun engineGetParameters(): AlgorithmParameters? = real.parameters

        override fun engineSetMode(mode: String) = Unit

        override fun engineSetPadding(padding: String) = Unit
    }

    companion object {
        private const val NAME = "AndroidKeyStore"

        /** Puts a new one in place of what the process has under this name. */
        fun install(): FakeAndroidKeystore {
            uninstall()
            return FakeAndroidKeystore().also { Security.insertProviderAt(it, 1) }
        }

        fun uninstall() = Security.removeProvider(NAME)
    }
}

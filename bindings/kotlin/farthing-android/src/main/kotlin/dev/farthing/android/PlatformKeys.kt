package dev.farthing.android

import android.content.Context
import android.content.pm.PackageManager
import android.os.Build
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyInfo
import android.security.keystore.KeyProperties
import java.security.InvalidKeyException
import java.security.KeyFactory
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.security.KeyStoreException
import java.security.PrivateKey
import java.security.ProviderException
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/** The two keys of one alias in the Android Keystore: one signs, one wraps secrets. Calls block. */
internal class PlatformKeys(
    private val context: Context,
    alias: String,
) {
    private val signing = "$alias.signing"
    private val wrapping = "$alias.wrapping"
    private val keys by lazy { KeyStore.getInstance(PROVIDER).apply { load(null) } }

    /** The public half of the signing key, or `null` when there is no such key. */
    fun publicKey(): ECPublicKey? {
        // Only this call tells a key that is not there from one that can't be read now.
        if (keys.getKey(signing, null) == null) return null
        val certificate = keys.getCertificate(signing) ?: throw KeyStoreException("the certificate can't be read")
        return certificate.publicKey as ECPublicKey
    }

    /** Makes the signing key, in StrongBox if there is one that can; says whether it is there. */
    fun makeSigningKey(): Boolean {
        if (hasStrongBox()) {
            try {
                generateSigningKey(inStrongBox = true)
                return true
            } catch (_: ProviderException) {
                // StrongBoxUnavailableException, or what some phones throw in its place: the next
                // best place has to do. If that fails too, its failure is told.
                keys.deleteEntry(signing)
            }
        }
        generateSigningKey(inStrongBox = false)
        return false
    }

    /** Signs with ES256; the result is DER. */
    fun sign(message: ByteArray): ByteArray =
        Signature.getInstance("SHA256withECDSA").run {
            initSign(privateKey())
            update(message)
            sign()
        }

    /** Where the signing key is, as far as this version of Android tells. */
    fun protection(madeInStrongBox: Boolean): KeyProtection {
        val key = privateKey()
        val info = KeyFactory.getInstance(key.algorithm, PROVIDER).getKeySpec(key, KeyInfo::class.java)
        return if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) {
            when (info.securityLevel) {
                KeyProperties.SECURITY_LEVEL_STRONGBOX -> KeyProtection.STRONG_BOX

                KeyProperties.SECURITY_LEVEL_TRUSTED_ENVIRONMENT,
                KeyProperties.SECURITY_LEVEL_UNKNOWN_SECURE,
                -> KeyProtection.TRUSTED_ENVIRONMENT

                else -> KeyProtection.SOFTWARE
            }
        } else {
            @Suppress("DEPRECATION")
            when {
                !info.isInsideSecureHardware -> KeyProtection.SOFTWARE
                madeInStrongBox -> KeyProtection.STRONG_BOX
                else -> KeyProtection.TRUSTED_ENVIRONMENT
            }
        }
    }

    fun hasWrappingKey(): Boolean = keys.getKey(wrapping, null) != null

    /** A 256-bit key that only ever encrypts and decrypts inside of the hardware. */
    fun makeWrappingKey() {
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val spec =
            KeyGenParameterSpec
                .Builder(wrapping, purposes)
                .setKeySize(WRAPPING_KEY_BITS)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .build()
        KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).apply { init(spec) }.generateKey()
    }

    /** Seals a secret: nonce, ciphertext, tag. The name is authenticated with it. */
    fun wrap(
        name: String,
        secret: ByteArray,
    ): ByteArray {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.ENCRYPT_MODE, wrappingKey())
        cipher.updateAAD(name.encodeToByteArray())
        check(cipher.iv.size == NONCE_LENGTH) { "the Keystore's nonce has ${cipher.iv.size} bytes" }
        return cipher.iv + cipher.doFinal(secret)
    }

    /** Opens what [wrap] has sealed for the same name. */
    fun unwrap(
        name: String,
        sealed: ByteArray,
    ): ByteArray {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.DECRYPT_MODE, wrappingKey(), GCMParameterSpec(TAG_BITS, sealed, 0, NONCE_LENGTH))
        cipher.updateAAD(name.encodeToByteArray())
        return cipher.doFinal(sealed, NONCE_LENGTH, sealed.size - NONCE_LENGTH)
    }

    /** Deletes both keys, wherever they are. */
    fun erase() {
        keys.deleteEntry(signing)
        keys.deleteEntry(wrapping)
    }

    private fun privateKey(): PrivateKey =
        keys.getKey(signing, null) as PrivateKey? ?: throw InvalidKeyException("the signing key is not there")

    private fun wrappingKey(): SecretKey =
        keys.getKey(wrapping, null) as SecretKey? ?: throw InvalidKeyException("the wrapping key is not there")

    private fun generateSigningKey(inStrongBox: Boolean) {
        val spec =
            KeyGenParameterSpec
                .Builder(signing, KeyProperties.PURPOSE_SIGN)
                .setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1"))
                .setDigests(KeyProperties.DIGEST_SHA256)
        if (inStrongBox && Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) spec.setIsStrongBoxBacked(true)
        KeyPairGenerator
            .getInstance(KeyProperties.KEY_ALGORITHM_EC, PROVIDER)
            .apply { initialize(spec.build()) }
            .generateKeyPair()
    }

    private fun hasStrongBox(): Boolean =
        Build.VERSION.SDK_INT >= Build.VERSION_CODES.P &&
            context.packageManager.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE)

    companion object {
        /** A sealed secret can't be shorter: nonce and tag. */
        const val SEALED_LENGTH_MIN = 28

        private const val PROVIDER = "AndroidKeyStore"
        private const val TRANSFORMATION = "AES/GCM/NoPadding"
        private const val WRAPPING_KEY_BITS = 256
        private const val NONCE_LENGTH = 12
        private const val TAG_BITS = 128
    }
}

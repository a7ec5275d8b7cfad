package dev.farthing.android

import android.os.Build
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.UserNotAuthenticatedException
import dev.farthing.KeyStoreException
import java.io.IOException
import java.security.GeneralSecurityException
import java.security.ProviderException
import java.security.UnrecoverableKeyException
import javax.crypto.AEADBadTagException
import android.security.KeyStoreException as PlatformKeyStoreException

/** Runs [action]; what the platform throws becomes the failure that the wallet understands. */
internal inline fun <T> translatingFailures(action: () -> T): T =
    try {
        action()
    } catch (cause: GeneralSecurityException) {
        throw keyStoreFailure(cause)
    } catch (cause: ProviderException) {
        throw keyStoreFailure(cause)
    } catch (cause: IOException) {
        throw KeyStoreException.Unavailable("the files of the keys can't be read or written", cause)
    }

/** Gone for good, or only not usable now? In doubt the latter: it makes nobody give up a wallet. */
internal fun keyStoreFailure(cause: Exception): KeyStoreException {
    val causes = generateSequence<Throwable>(cause) { it.cause }.take(CAUSES_MAX).toList()
    return when {
        causes.any { it is KeyPermanentlyInvalidatedException } -> {
            KeyStoreException.KeyLost(cause)
        }

        causes.any { it is UserNotAuthenticatedException } -> {
            KeyStoreException.Unavailable("the player has to unlock the phone first", cause)
        }

        causes.any(::isTransient) -> {
            KeyStoreException.Unavailable("the Android Keystore can't serve the key now", cause)
        }

        causes.any { it is UnrecoverableKeyException || it is AEADBadTagException } -> {
            KeyStoreException.KeyLost(cause)
        }

        else -> {
            KeyStoreException.Unavailable("the Android Keystore failed (${cause.javaClass.simpleName})", cause)
        }
    }
}

/** Whether the Keystore itself says that the key is not to blame. Before Android 13 it does not say. */
private fun isTransient(cause: Throwable): Boolean {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU || cause !is PlatformKeyStoreException) return false
    return when (cause.numericErrorCode) {
        PlatformKeyStoreException.ERROR_KEY_DOES_NOT_EXIST, PlatformKeyStoreException.ERROR_KEY_CORRUPTED -> false
        else -> cause.isTransientFailure || cause.isSystemError || cause.requiresUserAuthentication()
    }
}

/** A chain of causes may be a ring. */
private const val CAUSES_MAX = 16

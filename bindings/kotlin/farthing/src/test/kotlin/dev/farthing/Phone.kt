package dev.farthing

import kotlinx.coroutines.runBlocking
import java.io.File
import kotlin.io.path.createTempDirectory
import kotlin.time.Duration.Companion.seconds

val GOOD_CARD = card("4242 4242 4242 4242")

fun card(number: String) = CardDetails(number, expiryMonth = 12, expiryYear = 2034, cvc = "123")

fun usd(amount: String) = Money(amount, "USD")

/** A place where nothing of an earlier test is. */
class Phone : AutoCloseable {
    val root: File = createTempDirectory("farthing").toFile()
    val gateway = GatewayProcess()
    val folder: File = root.resolve("wallet")
    val keys: KeyStore = KeyStore.software(root.resolve("keys.json"))

    suspend fun open(configure: WalletConfig.Builder.() -> Unit = {}): Wallet =
        Wallet.open(gateway.config(folder, configure), keys)

    /** A wallet with $5 in it, synced. */
    suspend fun openWithMoney(configure: WalletConfig.Builder.() -> Unit = {}): Wallet {
        val wallet = open(configure)
        wallet.sync()
        wallet.topUp(usd("5.00"), wallet.addCard(GOOD_CARD).id)
        wallet.sync()
        return wallet
    }

    override fun close() {
        gateway.close()
        root.deleteRecursively()
    }
}

/** Plays on a phone of its own; whatever hangs fails rather than hanging the tests. */
fun onPhone(play: suspend Phone.() -> Unit) =
    runBlocking {
        Phone().use { phone -> kotlinx.coroutines.withTimeout(120.seconds) { phone.play() } }
    }

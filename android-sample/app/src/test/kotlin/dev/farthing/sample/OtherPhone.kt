package dev.farthing.sample

import dev.farthing.CardDetails
import dev.farthing.GatewayProcess
import dev.farthing.KeyStore
import dev.farthing.Money
import dev.farthing.Wallet
import kotlinx.coroutines.runBlocking
import java.io.File
import kotlin.io.path.createTempDirectory

/** Another phone of a player of the game, with $50, of which it keeps some for when it is offline. */
class OtherPhone(
    gateway: GatewayProcess,
    private val token: String,
) : AutoCloseable {
    private val folder: File = createTempDirectory("phone").toFile()
    private val wallet: Wallet

    init {
        val config = gateway.config(folder.resolve("wallet")) { enrolmentToken = token }
        wallet =
            runBlocking {
                Wallet.open(config, KeyStore.software(folder.resolve("keys.json"))).also {
                    it.sync()
                    it.topUp(Money("50", "USD"), it.addCard(CardDetails(GOOD, 12, 2034, "123")).id)
                }
            }
    }

    /** Buys one of each, and has them settled. */
    fun buy(vararg skus: String) =
        runBlocking {
            skus.forEach { wallet.buy(it) }
            wallet.sync()
        }

    override fun close() {
        runBlocking { wallet.shutDown() }
        folder.deleteRecursively()
    }
}

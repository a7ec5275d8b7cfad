package dev.farthing

import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.io.File
import kotlin.time.Duration.Companion.milliseconds

/** A game in a process of its own, which says what it was told and can be killed. */
fun main(arguments: Array<String>) =
    runBlocking {
        val (play, gateway, publishableKey, rootKey, folder) = arguments
        val config =
            WalletConfig(gateway, publishableKey, File(folder)) {
                this.rootKey = rootKey
                syncsByItself = false
            }
        val wallet = Wallet.open(config, KeyStore.software(File(arguments.last())))
        when (play) {
            "buy" -> {
                while (true) println(wallet.buy("hint").id)
            }

            "buy-until-full" -> {
                println(buyUntilFull(wallet))
            }

            "top-up" -> {
                launch { wallet.topUp(usd("5.00"), wallet.cards().first().id) }
                while (wallet.topUps().isEmpty()) delay(1.milliseconds)
                println(wallet.topUps().single().id)
                delay(Long.MAX_VALUE)
            }
        }
    }

/** Buys as long as there is room, and says what it was told, what it has, and why it ended. */
private suspend fun buyUntilFull(wallet: Wallet): String {
    val told = mutableListOf<String>()
    val error =
        try {
            while (true) told += wallet.buy("arrow").id
            null
        } catch (failure: WalletException) {
            failure
        }
    val kept = wallet.purchases(PurchaseFilter(limit = 100_000)).map { it.id }
    check(kept.containsAll(told)) { "lost" }
    return "${error?.javaClass?.simpleName} ${told.size} ${kept.size} ${wallet.inventory()["arrow"]}"
}

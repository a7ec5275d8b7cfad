package dev.farthing

import kotlinx.coroutines.runBlocking
import java.io.File

/** For `cargo xtask bench`: on each line with a number it buys so often, and answers with the nanoseconds of each. */
fun main(arguments: Array<String>) =
    runBlocking {
        val (gateway, publishableKey, rootKey, folder, funds) = arguments
        val config =
            WalletConfig(gateway, publishableKey, File(folder)) {
                this.rootKey = rootKey
                syncsByItself = false
            }
        Wallet.open(config, KeyStore.software(File("$folder-keys.json"))).use { wallet ->
            wallet.sync()
            wallet.topUp(usd(funds), wallet.addCard(GOOD_CARD).id)
            wallet.sync()
            println("ready")
            generateSequence(::readlnOrNull).forEach { line ->
                val times = LongArray(line.toInt())
                for (index in times.indices) {
                    val started = System.nanoTime()
                    wallet.buy("arrow")
                    times[index] = System.nanoTime() - started
                }
                println(times.joinToString(" "))
                wallet.sync()
            }
        }
    }

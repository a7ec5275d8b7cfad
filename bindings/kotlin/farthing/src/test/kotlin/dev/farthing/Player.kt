package dev.farthing

import kotlinx.coroutines.runBlocking
import java.io.File

/** Buys hints, says each that it was told of, and goes on until it is killed. */
fun main(arguments: Array<String>) =
    runBlocking {
        val (gateway, publishableKey, rootKey, folder, keys) = arguments
        val config = WalletConfig(gateway, publishableKey, File(folder)) { this.rootKey = rootKey }
        val wallet = Wallet.open(config, KeyStore.software(File(keys)))
        while (true) println(wallet.buy("hint").id)
    }

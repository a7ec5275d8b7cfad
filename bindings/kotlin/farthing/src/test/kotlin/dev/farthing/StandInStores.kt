package dev.farthing

import java.io.File
import java.net.HttpURLConnection
import java.net.URI
import kotlin.io.path.createTempDirectory

/** The stand-ins for the app stores in a process of their own, and what a gateway needs to credit what they sell. */
class StandInStores : AutoCloseable {
    private val folder: File = createTempDirectory("stores").toFile()
    private var process = start("127.0.0.1:0")

    lateinit var address: String
        private set

    init {
        readAddress()
    }

    /** The stores and their packs, for [GatewayProcess.configure]. */
    val settings: String get() = folder.resolve(SETTINGS).readText()

    /** What belongs into the gateway's data folder. */
    val files: Map<String, String>
        get() = checkNotNull(folder.listFiles()).filter { it.name != SETTINGS }.associate { it.name to it.readText() }

    /** An account buys a pack at Google Play, of which the app hears nothing; gives the purchase token. */
    fun sellAtGooglePlay(
        product: String,
        account: String,
    ): String {
        val order = """{"product":"$product","account":"$account"}"""
        val answer = ask("POST", "/google-play/purchases", order)
        return checkNotNull(Regex("\"purchase_token\":\\s*\"([^\"]+)\"").find(answer)) { answer }.groupValues[1]
    }

    /** How many packs an account has bought at Google Play that are not consumed. */
    fun unfinishedAtGooglePlay(account: String): Int =
        "purchase_token".toRegex().findAll(ask("GET", "/google-play/purchases?account=$account", null)).count()

    fun stop() {
        process.destroyForcibly().waitFor()
    }

    /** Starts them again, where they were; what they had sold is forgotten. */
    fun restart() {
        process = start(address.removePrefix("http://"))
        readAddress()
    }

    override fun close() {
        stop()
        folder.deleteRecursively()
    }

    private fun ask(
        method: String,
        path: String,
        body: String?,
    ): String {
        val connection = URI("$address$path").toURL().openConnection() as HttpURLConnection
        connection.requestMethod = method
        return connection.exchange(body)
    }

    private fun start(listen: String): Process =
        startProgram("farthing.stores", "--folder", folder.path, "--listen", listen)

    private fun readAddress() {
        val line = process.inputStream.bufferedReader().readLine()
        address = checkNotNull(line) { "the stores stopped at their start" }.substringAfter("stores at").trim()
    }

    private companion object {
        const val SETTINGS = "stores.toml"
    }
}

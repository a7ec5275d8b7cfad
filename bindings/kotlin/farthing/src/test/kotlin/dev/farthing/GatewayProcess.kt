package dev.farthing

import java.io.File
import java.net.HttpURLConnection
import java.net.URI
import kotlin.io.path.createTempDirectory

/** A real gateway in a process of its own, with a folder and a port of its own. */
class GatewayProcess : AutoCloseable {
    private val data: File = createTempDirectory("gateway").toFile()
    private var process = start("127.0.0.1:0")

    lateinit var address: String
        private set
    lateinit var publishableKey: String
        private set
    lateinit var rootKey: String
        private set

    init {
        readAddress()
    }

    fun config(
        folder: File,
        configure: WalletConfig.Builder.() -> Unit = {},
    ) = WalletConfig(address, publishableKey, folder) {
        rootKey = this@GatewayProcess.rootKey
        configure()
    }

    fun stop() {
        process.destroyForcibly().waitFor()
    }

    /** Starts it again, where it was. */
    fun restart() {
        process = start(address.removePrefix("http://"))
        readAddress()
    }

    /** Orders faults for a device; see `docs/guide/faults.md`. */
    fun setFaults(
        device: String,
        faults: String,
    ) {
        val connection = URI("$address/v1/sandbox/faults?device=$device").toURL().openConnection() as HttpURLConnection
        connection.requestMethod = "PUT"
        connection.doOutput = true
        connection.setRequestProperty("Authorization", "Bearer $publishableKey")
        connection.setRequestProperty("Content-Type", "application/json")
        connection.outputStream.use { it.write(faults.toByteArray()) }
        check(connection.responseCode == 200) { "${connection.responseCode} ${connection.responseMessage}" }
    }

    /** Confirms on the bank's page, as a player does. */
    fun confirm(page: String) {
        val connection = URI(page).toURL().openConnection() as HttpURLConnection
        connection.instanceFollowRedirects = false
        connection.requestMethod = "POST"
        connection.doOutput = true
        connection.setRequestProperty("Content-Type", "application/x-www-form-urlencoded")
        connection.outputStream.use { it.write("decision=confirm".toByteArray()) }
        check(connection.responseCode < 400) { "${connection.responseCode} ${connection.responseMessage}" }
    }

    override fun close() {
        stop()
        data.deleteRecursively()
    }

    private fun start(listen: String): Process {
        val program = checkNotNull(System.getProperty("farthing.gateway")) { "run it with `cargo xtask test`" }
        return ProcessBuilder(program, "serve", "--data", data.path, "--listen", listen)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
    }

    private fun readAddress() {
        val lines = process.inputStream.bufferedReader()
        val said = mutableMapOf<String, String>()
        while (said.size < WORDS.size) {
            val line = checkNotNull(lines.readLine()) { "the gateway stopped at its start" }
            WORDS.find { it in line }?.let { said[it] = line.substringAfter(it).trim() }
        }
        address = said.getValue("listening on")
        publishableKey = said.getValue("publishable key")
        rootKey = said.getValue("root key")
    }

    private companion object {
        val WORDS = listOf("listening on", "publishable key", "root key")
    }
}

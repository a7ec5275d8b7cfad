package dev.farthing

import java.io.File
import java.net.HttpURLConnection
import java.net.URI
import java.util.UUID
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

    /** Starts it again with more settings and with more files in its data folder. */
    fun configure(
        settings: String,
        files: Map<String, String>,
    ) {
        stop()
        data.resolve("gateway.toml").appendText("\n$settings")
        files.forEach { (name, content) -> data.resolve(name).writeText(content) }
        restart()
    }

    /** Orders faults for a device; see `docs/guide/faults.md`. */
    fun setFaults(
        device: String,
        faults: String,
    ) {
        val connection = URI("$address/v1/sandbox/faults?device=$device").toURL().openConnection() as HttpURLConnection
        connection.requestMethod = "PUT"
        connection.setRequestProperty("Authorization", "Bearer $publishableKey")
        connection.exchange(faults)
    }

    /** Plays a fault script from its start; without one, none is played. See `docs/guide/faults.md`. */
    fun playFaultScript(script: String?) {
        askAsMerchant(if (script == null) "DELETE" else "PUT", "/v1/sandbox/fault-script", script)
    }

    /** Asks for an enrolment token for a player, as the game's back end does, which may say where the player lives. */
    fun enrolmentToken(
        player: String,
        country: String? = null,
    ): String {
        val lives = if (country == null) "" else ",\"country\":\"$country\""
        val answer = askAsMerchant("POST", "/v1/enrolment-tokens", "{\"user\":\"$player\"$lives}")
        return checkNotNull(Regex("\"token\":\"([^\"]+)\"").find(answer)) { answer }.groupValues[1]
    }

    /** Lets players tip a creator, as the game's back end does. */
    fun registerCreator(
        creator: String,
        name: String,
    ) {
        askAsMerchant("PUT", "/v1/creators/$creator", "{\"name\":\"$name\"}")
    }

    /** Gives money back, as the merchant does; `refund` is the body of `POST /v1/refunds`. */
    fun refund(refund: String) {
        askAsMerchant("POST", "/v1/refunds", refund)
    }

    /** Forgets a player, as the merchant does; `erasure` is the body of `POST /v1/erasures`. */
    fun erase(erasure: String) {
        askAsMerchant("POST", "/v1/erasures", erasure)
    }

    /** All that is known of a player, as JSON, as the merchant asks for it. */
    fun personalData(player: String): String = askAsMerchant("GET", "/v1/personal-data?user=$player", null)

    /** Tells the gateway what the App Store has signed. */
    fun notifyAsAppStore(signedPayload: String) {
        askAsMerchant("POST", "/v1/processors/app-store/notifications", "{\"signedPayload\":\"$signedPayload\"}")
    }

    /** Takes a top-up's or tab's charge back, or decides on it, in a bank's place; see `docs/guide/faults.md`. */
    fun dispute(
        payment: String,
        state: String,
    ) {
        askAsMerchant("PUT", "/v1/sandbox/disputes/$payment", "{\"state\":\"$state\"}")
    }

    /** Revokes a device that is lost, as the merchant does. */
    fun revoke(device: String) {
        askAsMerchant("DELETE", "/v1/devices/$device", null)
    }

    private fun askAsMerchant(
        method: String,
        path: String,
        body: String?,
    ): String {
        val connection = URI("$address$path").toURL().openConnection() as HttpURLConnection
        connection.requestMethod = method
        connection.setRequestProperty("Authorization", "Bearer ${secretKey()}")
        connection.setRequestProperty("Idempotency-Key", UUID.randomUUID().toString())
        return connection.exchange(body)
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

    private fun secretKey(): String = data.resolve("secret.key").readText().trim()

    private fun start(listen: String): Process =
        startProgram("farthing.gateway", "serve", "--data", data.path, "--listen", listen)

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

package dev.farthing.sample

import java.io.File
import java.net.HttpURLConnection
import java.net.URL
import kotlin.io.path.createTempDirectory

/** A real gateway in a process of its own. */
class Gateway : AutoCloseable {
    private val data: File = createTempDirectory("gateway").toFile()
    private val process: Process
    val address: String
    val publishableKey: String
    val rootKey: String

    init {
        val program = checkNotNull(System.getProperty("farthing.gateway")) { "run it with `cargo xtask test android`" }
        process =
            ProcessBuilder(program, "serve", "--data", data.path, "--listen", "127.0.0.1:0")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
        val lines = process.inputStream.bufferedReader()

        fun read(name: String): String {
            while (true) {
                val line = checkNotNull(lines.readLine()) { "the gateway stopped at its start" }
                if (name in line) return line.substringAfter(name).trim()
            }
        }
        address = read("listening on")
        publishableKey = read("publishable key")
        rootKey = read("root key")
    }

    /** Confirms on the bank's page, as a player does in a browser. */
    fun confirm(page: String) {
        val connection = URL(page).openConnection() as HttpURLConnection
        connection.instanceFollowRedirects = false
        connection.requestMethod = "POST"
        connection.doOutput = true
        connection.setRequestProperty("Content-Type", "application/x-www-form-urlencoded")
        connection.outputStream.use { it.write("decision=confirm".toByteArray()) }
        check(connection.responseCode < 400) { "${connection.responseCode} ${connection.responseMessage}" }
    }

    override fun close() {
        process.destroyForcibly().waitFor()
        data.deleteRecursively()
    }
}

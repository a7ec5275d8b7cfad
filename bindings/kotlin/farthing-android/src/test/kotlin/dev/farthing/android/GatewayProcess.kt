package dev.farthing.android

import java.io.File
import java.nio.file.Files
import kotlin.test.assertNotNull
import kotlin.test.fail

/** A real gateway in a process of its own, with a folder of its own. */
class GatewayProcess : AutoCloseable {
    private val folder = Files.createTempDirectory("gateway").toFile()
    private val process: Process
    val address: String
    val publishableKey: String

    init {
        val binary =
            assertNotNull(System.getProperty("farthing.gateway"), "farthing.gateway names the gateway's binary")
        process =
            ProcessBuilder(binary, "serve", "--data", folder.path, "--listen", "127.0.0.1:0")
                .redirectError(File(folder, "log"))
                .start()
        val lines = process.inputStream.bufferedReader().lineSequence().map(String::trim).iterator()
        address = lines.valueOf("listening on")
        publishableKey = lines.valueOf("publishable key")
    }

    override fun close() {
        process.destroyForcibly().waitFor()
        folder.deleteRecursively()
    }

    private fun Iterator<String>.valueOf(name: String): String {
        for (line in this) if (line.startsWith(name)) return line.removePrefix(name).trim()
        fail("the gateway ended before it said \"$name\": ${File(folder, "log").readText()}")
    }
}

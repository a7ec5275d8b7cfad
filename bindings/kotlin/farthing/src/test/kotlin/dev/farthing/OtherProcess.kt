package dev.farthing

import java.io.File

/** The phone's wallet in another process: what [main] in `Player.kt` does there. */
fun Phone.otherProcess(
    play: String,
    prefix: List<String> = emptyList(),
): Process {
    val java = System.getProperty("java.home") + "/bin/java"
    val settings = listOf(play, gateway.address, gateway.publishableKey, gateway.rootKey, folder.path)
    val command = listOf(java, "-cp", System.getProperty("java.class.path"), "dev.farthing.PlayerKt")
    return ProcessBuilder(prefix + command + settings + File(root, "keys.json").path)
        .redirectError(root.resolve("other-process.log"))
        .start()
}

fun Process.say(lines: Int): List<String> =
    inputStream
        .bufferedReader()
        .lineSequence()
        .take(lines)
        .toList()

fun Process.kill() {
    destroyForcibly().waitFor()
}

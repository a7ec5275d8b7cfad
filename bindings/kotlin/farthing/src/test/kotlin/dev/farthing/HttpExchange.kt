package dev.farthing

import java.net.HttpURLConnection

/** Sends JSON, if there is any, and gives what is answered, which must be no refusal. */
internal fun HttpURLConnection.exchange(json: String?): String {
    if (json != null) {
        doOutput = true
        setRequestProperty("Content-Type", "application/json")
        outputStream.use { it.write(json.toByteArray()) }
    }
    check(responseCode < 400) { "$responseCode $responseMessage" }
    return inputStream.use { it.readBytes().decodeToString() }
}

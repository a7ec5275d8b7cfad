package dev.farthing.sample.tools

import androidx.annotation.StringRes
import dev.farthing.sample.R
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL

/**
 * A bad day that the sandbox gateway makes on order, for this device alone.
 *
 * @property label Its name for testers.
 * @property order What the gateway is asked, as in `docs/guide/faults.md`.
 */
enum class Fault(
    @param:StringRes val label: Int,
    val order: String,
) {
    NONE(R.string.fault_none, "{}"),
    LATENCY(R.string.fault_latency, """{"latency": {"milliseconds": 2000}}"""),
    DROP(R.string.fault_drop, """{"drop": {}}"""),
    LOSE_RESPONSE(R.string.fault_lose, """{"lose_response": {"resource": "journal"}}"""),
    ERROR(R.string.fault_error, """{"error": {"status": 503}}"""),
    DECLINE(R.string.fault_decline, """{"decline": {"code": "insufficient_funds", "count": 1}}"""),
    REJECT(R.string.fault_reject, """{"reject": {"reason": "wrong_price", "count": 1}}"""),
    FREEZE(R.string.fault_freeze, """{"freeze": true}"""),
}

/** Orders faults at a sandbox gateway. A shipped game has nothing like it. */
class GatewayFaults(
    private val gateway: String,
    private val publishableKey: String,
) {
    /**
     * Orders a fault in place of the one before.
     *
     * @throws IOException when the gateway can't be reached or does not take the order.
     */
    suspend fun order(
        device: String,
        fault: Fault,
    ): Unit =
        withContext(Dispatchers.IO) {
            val url = URL("${gateway.trimEnd('/')}/v1/sandbox/faults?device=$device")
            val connection = url.openConnection() as HttpURLConnection
            try {
                connection.requestMethod = "PUT"
                connection.connectTimeout = TIMEOUT_MILLIS
                connection.readTimeout = TIMEOUT_MILLIS
                connection.doOutput = true
                connection.setRequestProperty("Authorization", "Bearer $publishableKey")
                connection.setRequestProperty("Content-Type", "application/json")
                connection.outputStream.use { it.write(fault.order.toByteArray()) }
                if (connection.responseCode != HttpURLConnection.HTTP_OK) {
                    throw IOException("${connection.responseCode} ${connection.responseMessage}")
                }
            } finally {
                connection.disconnect()
            }
        }

    private companion object {
        const val TIMEOUT_MILLIS = 5_000
    }
}

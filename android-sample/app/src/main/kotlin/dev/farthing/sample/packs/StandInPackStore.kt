package dev.farthing.sample.packs

import dev.farthing.Money
import dev.farthing.StorePurchase
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.json.JSONArray
import org.json.JSONException
import org.json.JSONObject
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL
import java.net.URLEncoder

/**
 * A stand-in for Google Play, which `cargo xtask demo --serve` runs beside its gateway: nobody pays. A shipped game has
 * nothing like it.
 */
class StandInPackStore(
    private val address: String,
) : PackStore {
    override val isStandIn: Boolean get() = true

    override suspend fun packs(): List<Pack> =
        ask("/products") { answer ->
            JSONArray(answer).objects().map { pack ->
                val currency = pack.getString("currency")
                Pack(
                    product = pack.getString("product"),
                    credit = Money(pack.getString("credit"), currency),
                    price = Money(pack.getString("price"), currency),
                )
            }
        }

    override suspend fun buy(
        pack: Pack,
        account: String,
    ): StorePurchase {
        val order = JSONObject().put("product", pack.product).put("account", account)
        return ask("/google-play/purchases", order) { answer ->
            StorePurchase.GooglePlay(pack.product, JSONObject(answer).getString("purchase_token"))
        }
    }

    override suspend fun unfinished(account: String): List<StorePurchase> =
        ask("/google-play/purchases?account=${URLEncoder.encode(account, "UTF-8")}") { answer ->
            JSONObject(answer).getJSONArray("purchases").objects().map {
                StorePurchase.GooglePlay(it.getString("product"), it.getString("purchase_token"))
            }
        }

    private suspend fun <T> ask(
        path: String,
        order: JSONObject? = null,
        read: (String) -> T,
    ): T =
        withContext(Dispatchers.IO) {
            val opened = URL("${address.trimEnd('/')}$path").openConnection()
            val connection = opened as? HttpURLConnection ?: throw IOException("$address is no address for HTTP")
            try {
                connection.connectTimeout = TIMEOUT_MILLIS
                connection.readTimeout = TIMEOUT_MILLIS
                if (order != null) {
                    connection.requestMethod = "POST"
                    connection.doOutput = true
                    connection.setRequestProperty("Content-Type", "application/json")
                    connection.outputStream.use { it.write(order.toString().toByteArray()) }
                }
                // Throws what it is, where it is no success.
                read(connection.inputStream.use { it.readBytes().decodeToString() })
            } catch (error: JSONException) {
                throw IOException("$address is no stand-in for the store", error)
            } catch (error: IllegalArgumentException) {
                // An amount that is none, or a port that can't be.
                throw IOException("$address is no stand-in for the store", error)
            } finally {
                connection.disconnect()
            }
        }

    private fun JSONArray.objects(): List<JSONObject> = List(length(), ::getJSONObject)

    private companion object {
        const val TIMEOUT_MILLIS = 5_000
    }
}

package dev.farthing.sample.packs

import dev.farthing.Money
import dev.farthing.StorePurchase
import java.io.IOException

/**
 * A pack of balance that the store sells.
 *
 * @property product The product's name in the store.
 * @property credit What it adds to the balance.
 * @property price What the store takes for it.
 */
data class Pack(
    val product: String,
    val credit: Money,
    val price: Money,
)

/**
 * Where packs of balance are sold. A game implements it with Play's billing library; `README.md` says how. There is
 * nothing to finish: the gateway consumes what it has credited, and the app must not.
 */
interface PackStore {
    /** Whether nobody pays here. The player is told. */
    val isStandIn: Boolean get() = false

    /**
     * What is sold.
     *
     * @throws IOException when the store can't be reached.
     */
    suspend fun packs(): List<Pack>

    /**
     * Sells a pack to an account; `null` when the player turned back.
     *
     * @throws IOException when the store can't be reached. If it has sold the pack all the same, it is [unfinished].
     */
    suspend fun buy(
        pack: Pack,
        account: String,
    ): StorePurchase?

    /**
     * What was bought and is not consumed yet.
     *
     * @throws IOException when the store can't be reached.
     */
    suspend fun unfinished(account: String): List<StorePurchase>
}

package dev.farthing.sample

import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import androidx.compose.runtime.Composable
import androidx.compose.ui.res.stringResource
import dev.farthing.Item
import dev.farthing.Purchase
import dev.farthing.sample.wallet.WalletContents

/**
 * What the game itself knows of an item: its picture, and its words in the player's language. The
 * catalog has the price and the studio's own words, which stand in for an item that is newer than
 * the app.
 *
 * @property picture Its picture.
 * @property title Its name, if the app has one.
 * @property description A sentence about it, if the app has one.
 */
data class ItemLook(
    @param:DrawableRes val picture: Int,
    @param:StringRes val title: Int? = null,
    @param:StringRes val description: Int? = null,
) {
    companion object {
        private val known =
            mapOf(
                "extra_life" to
                    ItemLook(R.drawable.item_extra_life, R.string.extra_life, R.string.extra_life_description),
                "golden_key" to
                    ItemLook(R.drawable.item_golden_key, R.string.golden_key, R.string.golden_key_description),
                "health_potion" to
                    ItemLook(R.drawable.item_health_potion, R.string.health_potion, R.string.health_potion_description),
                "hint" to ItemLook(R.drawable.item_hint, R.string.hint, R.string.hint_description),
                "arrow" to ItemLook(R.drawable.item_arrow, R.string.arrow, R.string.arrow_description),
                "sword_of_dawn" to
                    ItemLook(R.drawable.item_sword_of_dawn, R.string.sword_of_dawn, R.string.sword_of_dawn_description),
                "lantern" to ItemLook(R.drawable.item_lantern, R.string.lantern, R.string.lantern_description),
                "map_of_the_depths" to
                    ItemLook(
                        R.drawable.item_map_of_the_depths,
                        R.string.map_of_the_depths,
                        R.string.map_of_the_depths_description,
                    ),
                "season_pass" to
                    ItemLook(R.drawable.item_season_pass, R.string.season_pass, R.string.season_pass_description),
                "explorer_set" to
                    ItemLook(R.drawable.item_explorer_set, R.string.explorer_set, R.string.explorer_set_description),
                "gems_15" to ItemLook(R.drawable.item_gems, R.string.gems_15, R.string.gems_15_description),
                "firework" to ItemLook(R.drawable.item_firework, R.string.firework, R.string.firework_description),
                "ember_cloak" to
                    ItemLook(R.drawable.item_ember_cloak, R.string.ember_cloak, R.string.ember_cloak_description),
                "api_calls" to
                    ItemLook(R.drawable.item_villager, R.string.villagers_words, R.string.villagers_words_description),
            )
        private val tip = ItemLook(R.drawable.item_tip)
        private val unknown = ItemLook(R.drawable.item_unknown)

        /** How a SKU looks; a closed chest for one that is newer than the app. */
        fun of(sku: String): ItemLook = known[sku] ?: if (sku.startsWith(TIP)) tip else unknown

        /** What the SKU of a tip begins with. */
        private const val TIP = "tip:"
    }
}

/** The name of a SKU for players. */
@Composable
fun itemTitle(
    sku: String,
    item: Item?,
): String = ItemLook.of(sku).title?.let { stringResource(it) } ?: item?.title ?: sku

/** A sentence about a SKU for players; may be empty. */
@Composable
fun itemDescription(
    sku: String,
    item: Item?,
): String = ItemLook.of(sku).description?.let { stringResource(it) } ?: item?.description.orEmpty()

/** What a purchase was, for players: an item, what was used of one, or a tip and whom it was for. */
@Composable
fun purchaseTitle(
    purchase: Purchase,
    contents: WalletContents,
): String {
    val creator = purchase.tip?.creator ?: return itemTitle(purchase.sku, contents.catalog?.get(purchase.sku))
    return stringResource(R.string.tip_for, contents.creators.find { it.id == creator }?.name ?: creator)
}

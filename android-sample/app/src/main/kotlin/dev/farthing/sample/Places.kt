package dev.farthing.sample

import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import androidx.compose.runtime.Composable
import androidx.compose.runtime.MutableState
import androidx.compose.runtime.Stable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue

/** The four rooms of the shop. */
enum class Room(
    @param:StringRes val title: Int,
    @param:DrawableRes val icon: Int,
) {
    SHOP(R.string.room_shop, R.drawable.icon_shop),
    BAG(R.string.room_bag, R.drawable.icon_bag),
    PURCHASES(R.string.room_purchases, R.drawable.icon_receipt),
    CARDS(R.string.room_cards, R.drawable.icon_card),
}

/**
 * What is reached from a room.
 *
 * @property parent Where "back" leads; `null` for the room itself.
 */
enum class Place(
    val parent: Place? = null,
) {
    TIPS,
    VILLAGERS,
    WAYS,
    PACKS(WAYS),
    AUTO_TOP_UP(WAYS),
    TAB(WAYS),
    LIMITS(WAYS),
}

/** Where the player is. It is kept over a rotation, and when the process ends in the background. */
@Stable
class Whereabouts(
    room: MutableState<Room>,
    place: MutableState<Place?>,
    receipt: MutableState<String?>,
) {
    /** The room. */
    var room: Room by room
        private set

    /** What they have opened from there; `null` where that is nothing. */
    var place: Place? by place
        private set

    /** The purchase whose receipt they look at; `null` where that is none. */
    var receipt: String? by receipt
        private set

    /** Whether "back" leads anywhere. */
    val canGoBack: Boolean get() = receipt != null || place != null

    /** Goes to a room, and leaves what was open. */
    fun goTo(room: Room) {
        this.room = room
        place = null
        receipt = null
    }

    /** Opens a place. */
    fun open(place: Place) {
        this.place = place
        receipt = null
    }

    /** Opens the receipt of a purchase. */
    fun openReceipt(purchase: String) {
        receipt = purchase
    }

    /** Goes back by one. */
    fun back() {
        if (receipt != null) receipt = null else place = place?.parent
    }
}

/** Where the player is; at first in the shop. */
@Composable
fun rememberWhereabouts(): Whereabouts {
    val room = rememberSaveable { mutableStateOf(Room.SHOP) }
    val place = rememberSaveable { mutableStateOf<Place?>(null) }
    val receipt = rememberSaveable { mutableStateOf<String?>(null) }
    return remember(room, place, receipt) { Whereabouts(room, place, receipt) }
}

package dev.farthing

/**
 * Who can be tipped.
 *
 * @property id What the merchant calls them.
 * @property name Their name for players.
 */
public data class Creator(
    val id: String,
    val name: String,
)

/**
 * Whom a tip was for, and what was said with it. The message is personal, so [toString] is without it.
 *
 * @property creator [Creator.id] of who got it.
 * @property message What the player said with it; `null` where that is nothing.
 */
public data class Tip(
    val creator: String,
    val message: String?,
) {
    override fun toString(): String = "Tip(creator=$creator)"
}

package dev.farthing.sample

import androidx.annotation.StringRes
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.receiveAsFlow

/**
 * A sentence for the player, from the resources.
 *
 * @property text Which.
 * @property arguments What is filled in. A `Money` is written the player's way.
 */
data class Notice(
    @param:StringRes val text: Int,
    val arguments: List<Any> = emptyList(),
) {
    constructor(
        @StringRes text: Int,
        vararg arguments: Any,
    ) : this(text, arguments.toList())
}

/** The sentences that wait to be shown, one after the other. They survive a rotation. */
class NoticeBoard {
    private val waiting = Channel<Notice>(Channel.UNLIMITED)

    /** Takes each one once. */
    val notices: Flow<Notice> = waiting.receiveAsFlow()

    /** Puts one up. */
    fun show(notice: Notice) {
        waiting.trySend(notice)
    }
}

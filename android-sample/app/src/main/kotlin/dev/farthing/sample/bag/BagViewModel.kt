package dev.farthing.sample.bag

import androidx.lifecycle.SavedStateHandle
import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.farthing.Item
import dev.farthing.ItemKind
import dev.farthing.WalletException
import dev.farthing.sample.Notice
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.R
import dev.farthing.sample.notice
import dev.farthing.sample.wallet.WalletContents
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch
import java.util.UUID

/**
 * A thing in the bag.
 *
 * @property sku Its name in code.
 * @property item What the catalog says of it; `null` once it is no longer for sale.
 * @property quantity How many there are.
 * @property canBeUsed Whether it is used up by using it, and is not being used right now.
 */
data class BagItem(
    val sku: String,
    val item: Item?,
    val quantity: Long,
    val canBeUsed: Boolean,
)

/** What the bag holds: things to use first, then things that stay. */
fun bagItems(
    contents: WalletContents,
    using: Set<String>,
): List<BagItem> =
    contents.inventory.items
        .map { (sku, quantity) ->
            val item = contents.catalog?.get(sku)
            BagItem(sku, item, quantity, canBeUsed = item?.kind != ItemKind.DURABLE && sku !in using)
        }.sortedBy { it.item?.kind == ItemKind.DURABLE }

/** The bag. Using an item has a name (operation) for each tap, which is used up exactly once. */
class BagViewModel(
    private val session: WalletSession,
    private val noticeBoard: NoticeBoard,
    private val savedState: SavedStateHandle,
) : ViewModel() {
    private val using = savedState.getStateFlow<Map<String, String>>(USING, emptyMap())

    /** What the bag holds; `null` while it is not known. */
    val items: StateFlow<List<BagItem>?> =
        combine(session.contents, using) { contents, using -> contents?.let { bagItems(it, using.keys) } }
            .stateIn(viewModelScope, SharingStarted.Eagerly, null)

    init {
        using.value.forEach { (sku, operation) -> finish(sku, operation) }
    }

    /** Uses one of an item. */
    fun use(sku: String) {
        if (sku in using.value) return
        val operation = UUID.randomUUID().toString()
        savedState[USING] = using.value + (sku to operation)
        finish(sku, operation)
    }

    private fun finish(
        sku: String,
        operation: String,
    ) {
        viewModelScope.launch {
            try {
                session.wallet().consume(sku, operation = operation)
                noticeBoard.show(Notice(R.string.used))
            } catch (error: WalletException) {
                noticeBoard.show(error.notice())
            }
            savedState[USING] = using.value - sku
            session.refresh()
        }
    }

    private companion object {
        const val USING = "using"
    }
}

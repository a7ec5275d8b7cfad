package dev.farthing.sample.packs

import dev.farthing.StorePurchase
import dev.farthing.StoreTopUp
import dev.farthing.Wallet
import dev.farthing.WalletException
import dev.farthing.sample.Notice
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.R
import dev.farthing.sample.notice
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.io.IOException

/**
 * Between a store and an open wallet: hands over each pack that was bought until the gateway has answered, and tells
 * the player once what became of it.
 */
class PackCounter(
    private val wallet: Wallet,
    private val store: PackStore?,
    private val noticeBoard: NoticeBoard,
) {
    private val handing = Mutex()
    private val answered = mutableSetOf<StorePurchase>()
    private val seen = MutableStateFlow(if (store == null) PackShelf.NoStore else PackShelf.Loading)
    private val unanswered = MutableStateFlow(emptySet<StorePurchase>())

    /** What was bought and is not credited yet, as far as is known. */
    val waiting: StateFlow<Set<StorePurchase>> = unanswered.asStateFlow()

    /** What is to be seen of the store. */
    val shelf: StateFlow<PackShelf> = seen.asStateFlow()

    /** Looks at the store's shelf, and hands over what waits. */
    suspend fun look() {
        if (store == null) return
        seen.value =
            try {
                PackShelf.Open(store.packs(), store.isStandIn)
            } catch (_: IOException) {
                PackShelf.Unreachable
            }
        handOverAll()
    }

    /** Buys a pack and hands it over. False if it was not bought, as far as is known. */
    suspend fun buy(pack: Pack): Boolean {
        val account = wallet.account()
        if (account == null) {
            // Without an account's name, the store would sell it to nobody in particular.
            noticeBoard.show(Notice(R.string.error_not_enrolled))
            return false
        }
        val bought =
            try {
                store?.buy(pack, account)
            } catch (_: IOException) {
                noticeBoard.show(Notice(R.string.packs_unreachable))
                // It may have sold the pack all the same, and its answer was lost.
                handOverAll()
                null
            }
        if (bought != null) handOver(bought, isNew = true)
        return bought != null
    }

    /** Hands over what the store calls unfinished, such as what was bought before a kill, and what waits since. */
    suspend fun handOverAll() {
        for (bought in waiting.value + unfinished()) handOver(bought, isNew = false)
    }

    private suspend fun unfinished(): List<StorePurchase> =
        try {
            wallet.account()?.let { store?.unfinished(it) }.orEmpty()
        } catch (_: IOException) {
            // What was handed over once, the wallet has; the rest is the store's until it can be reached.
            emptyList()
        } catch (_: WalletException.Closed) {
            emptyList()
        }

    /** As often as one likes: the gateway credits it once ever. */
    private suspend fun handOver(
        bought: StorePurchase,
        isNew: Boolean,
    ) = handing.withLock {
        if (bought in answered) return@withLock
        val notice =
            try {
                val topUp = wallet.topUpFromStore(bought)
                if (topUp.isCredited) answered += bought
                packNotice(topUp)
            } catch (error: WalletException) {
                if (error.isLastWord) answered += bought
                packNotice(error)
            }
        unanswered.update { it + bought - answered }
        // Of what still waits, the player was told when they bought it.
        if (isNew || bought in answered) noticeBoard.show(notice)
    }
}

/** Whether the gateway credits nothing of the purchase, however often it is handed over. */
private val WalletException.isLastWord: Boolean
    get() =
        this is WalletException.StorePurchaseTaken ||
            this is WalletException.StorePurchaseInvalid ||
            this is WalletException.Refused

/** What a player is told of a pack that the gateway has answered. */
fun packNotice(topUp: StoreTopUp): Notice =
    Notice(if (topUp.isCredited) R.string.pack_credited else R.string.pack_pending, topUp.amount)

/** What a player is told of a pack that is not credited: it was paid, so "nothing was charged" would be wrong. */
fun packNotice(error: WalletException): Notice =
    when (error) {
        is WalletException.Offline, is WalletException.GatewayUnavailable, is WalletException.NotEnrolled,
        -> Notice(R.string.pack_kept)

        else -> error.notice()
    }

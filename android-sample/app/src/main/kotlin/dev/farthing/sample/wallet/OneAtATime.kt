package dev.farthing.sample.wallet

import dev.farthing.Wallet
import dev.farthing.WalletException
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.notice
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/** Asks the wallet for one thing at a time: a second tap meanwhile does nothing. The player is told what goes wrong. */
class OneAtATime(
    private val scope: CoroutineScope,
    private val session: WalletSession,
    private val noticeBoard: NoticeBoard,
) {
    private val asking = MutableStateFlow(false)

    /** Whether something is being asked right now. */
    val isBusy: StateFlow<Boolean> = asking.asStateFlow()

    /** Asks, and has the screens read the wallet again. */
    fun ask(question: suspend (Wallet) -> Unit) {
        if (!asking.compareAndSet(expect = false, update = true)) return
        scope.launch {
            try {
                question(session.wallet())
            } catch (error: WalletException) {
                noticeBoard.show(error.notice())
            } finally {
                asking.value = false
                session.refresh()
            }
        }
    }
}

package dev.farthing.sample.packs

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import dev.farthing.SyncState
import dev.farthing.Wallet
import dev.farthing.sample.NoticeBoard
import dev.farthing.sample.wallet.OneAtATime
import dev.farthing.sample.wallet.SessionState
import dev.farthing.sample.wallet.ShopSettings
import dev.farthing.sample.wallet.WalletSession
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flatMapLatest
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch

/** What is to be seen of the store. */
sealed interface PackShelf {
    /** It is not known yet. */
    data object Loading : PackShelf

    /** No store was named. */
    data object NoStore : PackShelf

    /** The store can't be reached. */
    data object Unreachable : PackShelf

    /**
     * The store is open.
     *
     * @property packs What it sells.
     * @property isStandIn Whether nobody pays there.
     */
    data class Open(
        val packs: List<Pack>,
        val isStandIn: Boolean,
    ) : PackShelf
}

/**
 * What the screen of the packs shows.
 *
 * @property shelf What the store sells.
 * @property waiting How many were bought and are not credited yet.
 * @property isBusy Whether one is being bought right now.
 * @property bought The product that was bought a moment ago.
 */
data class PacksUiState(
    val shelf: PackShelf = PackShelf.Loading,
    val waiting: Int = 0,
    val isBusy: Boolean = false,
    val bought: String? = null,
)

/**
 * Packs of balance from the store. What was bought and is not credited is handed over again at each start, when the
 * place is opened, and when there is a connection again.
 */
@OptIn(ExperimentalCoroutinesApi::class)
class PacksViewModel(
    private val session: WalletSession,
    private val packStore: (ShopSettings) -> PackStore?,
    private val noticeBoard: NoticeBoard,
) : ViewModel() {
    private val oneAtATime = OneAtATime(viewModelScope, session, noticeBoard)
    private val counter = MutableStateFlow<PackCounter?>(null)
    private val bought = MutableStateFlow<String?>(null)
    private val shelf = counter.flatMapLatest { it?.shelf ?: flowOf(PackShelf.Loading) }
    private val waiting = counter.flatMapLatest { it?.waiting ?: flowOf(emptySet()) }

    /** What the screen shows. */
    val uiState: StateFlow<PacksUiState> =
        combine(shelf, waiting, oneAtATime.isBusy, bought) { shelf, waiting, isBusy, bought ->
            PacksUiState(shelf, waiting.size, isBusy, bought)
        }.stateIn(viewModelScope, SharingStarted.Eagerly, PacksUiState())

    init {
        viewModelScope.launch {
            session.state.collectLatest { state ->
                counter.value = null
                if (state is SessionState.Open) serve(state.wallet)
            }
        }
    }

    /** Looks at the store's shelf. */
    fun look() {
        viewModelScope.launch { counter.filterNotNull().first().look() }
    }

    /** Buys one. A second tap while that goes on, or while its success is shown, does nothing. */
    fun buy(pack: Pack) {
        val open = counter.value ?: return
        if (bought.value != null) return
        oneAtATime.ask { if (open.buy(pack)) bought.value = pack.product }
    }

    /** The mark on the pack was seen. */
    fun boughtShown() {
        bought.value = null
    }

    /** Hands over at once, and each time that there is a connection again. */
    private suspend fun serve(wallet: Wallet) {
        val open = PackCounter(wallet, packStore(session.settings.value), noticeBoard)
        counter.value = open
        combine(session.isOffline, wallet.syncState) { isOffline, sync -> !isOffline && sync !is SyncState.Waiting }
            .distinctUntilChanged()
            .filter { it }
            .conflate()
            .collect { open.handOverAll() }
    }
}

package dev.farthing.sample.shop

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.lazy.grid.GridCells
import androidx.compose.foundation.lazy.grid.GridItemSpan
import androidx.compose.foundation.lazy.grid.LazyVerticalGrid
import androidx.compose.foundation.lazy.grid.items
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading

/** The narrowest that a shelf item may be at the normal size of letters. */
private const val SHELF_WIDTH = 158

/** The shop: what the player has, and what it buys. */
@Composable
fun ShopScreen(
    state: ShopUiState.Open,
    onBuy: (sku: String) -> Unit,
    onGrantedShown: (sku: String) -> Unit,
    onRenewal: (sku: String, agrees: Boolean) -> Unit,
    onTopUp: () -> Unit,
    modifier: Modifier = Modifier,
    doors: @Composable () -> Unit = {},
    topUpBanner: @Composable () -> Unit = {},
) {
    val letters = LocalDensity.current.fontScale.coerceIn(1f, 1.6f)
    LazyVerticalGrid(
        columns = GridCells.Adaptive((SHELF_WIDTH * letters).dp),
        modifier = modifier.fillMaxSize().testTag("shop"),
        contentPadding = PaddingValues(16.dp),
        horizontalArrangement = Arrangement.spacedBy(12.dp),
        verticalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        item(key = "purse", span = { GridItemSpan(maxLineSpan) }) {
            Purse(state.balances, state.waiting, state.isOffline, onTopUp)
        }
        if (state.openTopUp != null) {
            item(key = "top-up", span = { GridItemSpan(maxLineSpan) }) { topUpBanner() }
        }
        item(key = "doors", span = { GridItemSpan(maxLineSpan) }) { doors() }
        state.shelves.forEach { (shelf, things) ->
            item(key = shelf, span = { GridItemSpan(maxLineSpan) }) { SectionHeading(stringResource(shelf.title)) }
            items(
                things,
                key = { it.item.sku },
                span = { if (shelf.isWide) GridItemSpan(maxLineSpan) else GridItemSpan(1) },
            ) { thing ->
                val sku = thing.item.sku
                if (shelf.isWide) {
                    SetCard(thing, onBuy = { onBuy(sku) }, onGrantedShown = { onGrantedShown(sku) }) {
                        onRenewal(sku, it)
                    }
                } else {
                    ShelfCard(thing, onBuy = { onBuy(sku) }, onGrantedShown = { onGrantedShown(sku) })
                }
            }
        }
    }
}

/** A moment of waiting. */
@Composable
fun LoadingScreen(modifier: Modifier = Modifier) {
    val words = stringResource(R.string.loading)
    Box(modifier.fillMaxSize(), contentAlignment = Alignment.Center) {
        CircularProgressIndicator(Modifier.semantics { contentDescription = words })
    }
}

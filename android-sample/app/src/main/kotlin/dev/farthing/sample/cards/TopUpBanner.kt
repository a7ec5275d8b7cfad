package dev.farthing.sample.cards

import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import dev.farthing.TopUp
import dev.farthing.TopUpState
import dev.farthing.sample.R
import dev.farthing.sample.text

/** A top-up that goes on: the bank asks the player (3-D Secure), or there is nothing to do but wait. */
@Composable
fun TopUpBanner(
    topUp: TopUp,
    onConfirmed: () -> Unit,
    modifier: Modifier = Modifier,
) {
    val action = topUp.state as? TopUpState.RequiresAction
    val amount = topUp.amount.text()
    BankBanner(
        text = stringResource(if (action == null) R.string.top_up_waiting else R.string.top_up_action, amount),
        page = action?.url,
        onConfirmed = onConfirmed,
        modifier = modifier.testTag("top_up_banner"),
    )
}

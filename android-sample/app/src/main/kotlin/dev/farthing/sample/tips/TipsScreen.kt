package dev.farthing.sample.tips

import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.material3.Button
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import dev.farthing.Creator
import dev.farthing.Money
import dev.farthing.Purchase
import dev.farthing.sample.AmountChoice
import dev.farthing.sample.EmptyState
import dev.farthing.sample.Page
import dev.farthing.sample.Quiet
import dev.farthing.sample.R
import dev.farthing.sample.SectionHeading
import dev.farthing.sample.text
import dev.farthing.sample.wallet.SHOP_CURRENCY
import kotlinx.coroutines.delay

private val AMOUNTS = listOf("0.25", "0.50", "1", "2").map { Money(it, SHOP_CURRENCY) }
private const val MESSAGE_MAX = 140

/** How long the thanks stay, and keep a second tap from giving a second tip. */
private const val THANKS_MILLISECONDS = 1_200L

/** Thanks to those who made the game: whom, how much, and a word with it. */
@Composable
fun TipsScreen(
    state: TipsUiState,
    givingBack: Set<String>,
    onGive: (Creator, Money, String) -> Unit,
    onThanksShown: () -> Unit,
    onTakeBack: (Purchase) -> Unit,
    modifier: Modifier = Modifier,
) {
    if (state.isThanked) {
        LaunchedEffect(state.given) {
            delay(THANKS_MILLISECONDS)
            onThanksShown()
        }
    }
    Page("tips", modifier) {
        if (state.creators.isEmpty()) {
            EmptyState("tip:", stringResource(R.string.tips_nobody), stringResource(R.string.tips_nobody_text))
        } else {
            NewTip(state, onGive)
        }
        GivenTips(state, givingBack, onTakeBack)
    }
}

@Composable
private fun NewTip(
    state: TipsUiState,
    onGive: (Creator, Money, String) -> Unit,
) {
    var chosen by rememberSaveable { mutableStateOf<String?>(null) }
    var amount by rememberSaveable { mutableIntStateOf(1) }
    var message by rememberSaveable(state.given) { mutableStateOf("") }
    val creator = state.creators.find { it.id == chosen } ?: state.creators.first()
    SectionHeading(stringResource(R.string.tips_heading))
    Quiet(stringResource(R.string.tips_text))
    CreatorChoice(state.creators, creator) { chosen = it.id }
    AmountChoice(stringResource(R.string.tip_amount), AMOUNTS, amount, "tip_amount") { amount = it }
    OutlinedTextField(
        message,
        { message = it.take(MESSAGE_MAX) },
        Modifier.fillMaxWidth().testTag("tip_message"),
        label = { Text(stringResource(R.string.tip_message)) },
        supportingText = { Text(stringResource(R.string.tip_message_left, MESSAGE_MAX - message.length)) },
        singleLine = true,
    )
    Button(
        { onGive(creator, AMOUNTS[amount], message) },
        Modifier.fillMaxWidth().testTag("give_tip"),
        enabled = !state.isGiving && !state.isThanked,
    ) {
        val words = stringResource(R.string.tip_give, AMOUNTS[amount].text(), creator.name)
        Text(if (state.isThanked) stringResource(R.string.tip_thanks) else words)
    }
}

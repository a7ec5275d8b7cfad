package dev.farthing.sample.cards

import androidx.compose.runtime.Composable
import androidx.compose.ui.res.stringResource
import dev.farthing.Card
import dev.farthing.CardBrand
import dev.farthing.sample.R

/** What a card is called: its network and its last digits. */
@Composable
fun Card.title(): String = stringResource(R.string.card_ending, brand.words, lastFour)

/** Names of networks are the same in every language. */
private val CardBrand.words: String
    get() =
        when (this) {
            CardBrand.VISA -> "Visa"
            CardBrand.MASTERCARD -> "Mastercard"
            CardBrand.AMERICAN_EXPRESS -> "American Express"
            CardBrand.DISCOVER -> "Discover"
            CardBrand.JCB -> "JCB"
            CardBrand.DINERS_CLUB -> "Diners Club"
            CardBrand.UNION_PAY -> "UnionPay"
            CardBrand.UNKNOWN -> "•"
        }

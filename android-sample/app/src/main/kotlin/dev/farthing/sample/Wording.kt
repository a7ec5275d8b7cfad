package dev.farthing.sample

import androidx.compose.runtime.Composable
import androidx.compose.runtime.ReadOnlyComposable
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.platform.LocalConfiguration
import androidx.compose.ui.platform.LocalContext
import dev.farthing.Money
import java.math.BigDecimal
import java.math.RoundingMode
import java.text.NumberFormat
import java.time.Instant
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle
import java.util.Locale

/** The time that is shown for a moment: itself, unless a test of the screens fixes it. */
val LocalShownTime = staticCompositionLocalOf<(Instant) -> Instant> { { it } }

/** The language that the screen is in. */
val screenLocale: Locale
    @Composable
    @ReadOnlyComposable
    get() = LocalConfiguration.current.locales[0]

/** An amount, exact, as this language writes it. */
@Composable
@ReadOnlyComposable
fun Money.text(): String = text(screenLocale)

/** An amount that keeps its order of signs inside of a sentence that is written the other way (Unicode's isolates). */
fun Money.text(locale: Locale): String = "\u2068${format(locale)}\u2069"

/** Millionths of an amount as a percentage with one decimal at most, as this language writes it. */
fun shareText(
    perMillion: Int,
    locale: Locale,
): String = percentText(perMillion, decimals = 1, locale)

/** A rate in millionths as a percentage, exact, as this language writes it. */
fun rateText(
    perMillion: Int,
    locale: Locale,
): String = percentText(perMillion, decimals = MILLIONTHS - HUNDREDTHS, locale)

private const val MILLIONTHS = 6
private const val HUNDREDTHS = 2

private fun percentText(
    perMillion: Int,
    decimals: Int,
    locale: Locale,
): String {
    val format = NumberFormat.getPercentInstance(locale)
    format.maximumFractionDigits = decimals
    format.roundingMode = RoundingMode.HALF_UP
    return "\u2068${format.format(BigDecimal.valueOf(perMillion.toLong(), MILLIONTHS))}\u2069"
}

/** A day and a time, as this language writes them. */
@Composable
@ReadOnlyComposable
fun Instant.text(): String =
    DateTimeFormatter
        .ofLocalizedDateTime(FormatStyle.MEDIUM, FormatStyle.SHORT)
        .withLocale(screenLocale)
        .withZone(ZoneId.systemDefault())
        .format(LocalShownTime.current(this))

/** The sentence of a notice. */
@Composable
@ReadOnlyComposable
fun Notice.text(): String = text(screenLocale, LocalContext.current.resources::getString)

/** The sentence of a notice, from where the texts are. */
fun Notice.text(
    locale: Locale,
    resource: (Int, Array<Any>) -> String,
): String = resource(text, arguments.map { if (it is Money) it.text(locale) else it }.toTypedArray())

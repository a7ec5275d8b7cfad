package dev.farthing.sample.theme

import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Shapes
import androidx.compose.material3.Typography
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.dp

/** The colours of the game that Material has no name for. */
val LocalGameColours = staticCompositionLocalOf { LightGameColours }

/** The look of Emberdeep: parchment by day, a lit cave by night. */
@Composable
fun EmberdeepTheme(
    dark: Boolean = isSystemInDarkTheme(),
    content: @Composable () -> Unit,
) {
    CompositionLocalProvider(LocalGameColours provides if (dark) DarkGameColours else LightGameColours) {
        MaterialTheme(
            colorScheme = if (dark) DarkScheme else LightScheme,
            shapes =
                Shapes(
                    small = RoundedCornerShape(10.dp),
                    medium = RoundedCornerShape(18.dp),
                    large = RoundedCornerShape(26.dp),
                ),
            typography = storybook(),
            content = content,
        )
    }
}

private fun storybook(): Typography {
    val plain = Typography()
    return plain.copy(
        displaySmall = plain.displaySmall.copy(fontFamily = FontFamily.Serif, fontWeight = FontWeight.Bold),
        headlineMedium = plain.headlineMedium.copy(fontFamily = FontFamily.Serif, fontWeight = FontWeight.Bold),
        headlineSmall = plain.headlineSmall.copy(fontFamily = FontFamily.Serif, fontWeight = FontWeight.Bold),
        titleLarge = plain.titleLarge.copy(fontFamily = FontFamily.Serif, fontWeight = FontWeight.Bold),
        titleMedium = plain.titleMedium.copy(fontWeight = FontWeight.SemiBold),
    )
}

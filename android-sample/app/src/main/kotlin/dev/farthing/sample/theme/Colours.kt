package dev.farthing.sample.theme

import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.ui.graphics.Color

/**
 * Colours of the game.
 *
 * @property purseTop The purse's cloth, where the light falls.
 * @property purseBottom The purse's cloth, below.
 * @property onPurse What is written on it.
 * @property ember The sparks on it.
 * @property itemGlow The plate that an item lies on, in its middle.
 * @property itemPlate The plate, at its edge.
 * @property good Something went well.
 * @property onGood What is written on that.
 */
data class GameColours(
    val purseTop: Color,
    val purseBottom: Color,
    val onPurse: Color,
    val ember: Color,
    val itemGlow: Color,
    val itemPlate: Color,
    val good: Color,
    val onGood: Color,
)

internal val LightGameColours =
    GameColours(
        purseTop = Color(0xFF5A3A99),
        purseBottom = Color(0xFF2B1B57),
        onPurse = Color(0xFFFFF6E3),
        ember = Color(0xFFFFB84D),
        itemGlow = Color(0xFFFFF3D6),
        itemPlate = Color(0xFFF0E2C4),
        good = Color(0xFF1B6E4F),
        onGood = Color(0xFFFFFFFF),
    )

internal val DarkGameColours =
    GameColours(
        purseTop = Color(0xFF4A3285),
        purseBottom = Color(0xFF1E1440),
        onPurse = Color(0xFFFFF1D6),
        ember = Color(0xFFFFB84D),
        itemGlow = Color(0xFF4A3D5E),
        itemPlate = Color(0xFF2A2338),
        good = Color(0xFF7FD8AE),
        onGood = Color(0xFF06281A),
    )

internal val LightScheme =
    lightColorScheme(
        primary = Color(0xFF51349A),
        onPrimary = Color(0xFFFFFFFF),
        primaryContainer = Color(0xFFE7DCFF),
        onPrimaryContainer = Color(0xFF22104F),
        secondary = Color(0xFF9A4A07),
        onSecondary = Color(0xFFFFFFFF),
        secondaryContainer = Color(0xFFFFDDB5),
        onSecondaryContainer = Color(0xFF3A1900),
        tertiary = Color(0xFF1D6A5A),
        onTertiary = Color(0xFFFFFFFF),
        tertiaryContainer = Color(0xFFC2EEDF),
        onTertiaryContainer = Color(0xFF00201A),
        error = Color(0xFFA92B2B),
        onError = Color(0xFFFFFFFF),
        errorContainer = Color(0xFFFFDBD5),
        onErrorContainer = Color(0xFF430608),
        background = Color(0xFFFAF4E8),
        onBackground = Color(0xFF201A14),
        surface = Color(0xFFFAF4E8),
        onSurface = Color(0xFF201A14),
        surfaceVariant = Color(0xFFEDE3D0),
        onSurfaceVariant = Color(0xFF5A4F42),
        surfaceContainerLowest = Color(0xFFFFFDF8),
        surfaceContainerLow = Color(0xFFFFFBF2),
        surfaceContainer = Color(0xFFF4ECDC),
        surfaceContainerHigh = Color(0xFFEFE5D3),
        surfaceContainerHighest = Color(0xFFE9DEC9),
        outline = Color(0xFF85786A),
        outlineVariant = Color(0xFFD8CBB6),
        inverseSurface = Color(0xFF2E2638),
        inverseOnSurface = Color(0xFFF8EFE0),
        inversePrimary = Color(0xFFFFC774),
    )

internal val DarkScheme =
    darkColorScheme(
        primary = Color(0xFFCDB9FF),
        onPrimary = Color(0xFF30166D),
        primaryContainer = Color(0xFF46308A),
        onPrimaryContainer = Color(0xFFE9DEFF),
        secondary = Color(0xFFFFB868),
        onSecondary = Color(0xFF4A2600),
        secondaryContainer = Color(0xFF6A3A08),
        onSecondaryContainer = Color(0xFFFFDDB8),
        tertiary = Color(0xFF8DD8C2),
        onTertiary = Color(0xFF00382D),
        tertiaryContainer = Color(0xFF105144),
        onTertiaryContainer = Color(0xFFB7F0DE),
        error = Color(0xFFFFB4A9),
        onError = Color(0xFF680A0C),
        errorContainer = Color(0xFF8A1E1E),
        onErrorContainer = Color(0xFFFFDAD4),
        background = Color(0xFF14101E),
        onBackground = Color(0xFFEDE4F2),
        surface = Color(0xFF14101E),
        onSurface = Color(0xFFEDE4F2),
        surfaceVariant = Color(0xFF3A334A),
        onSurfaceVariant = Color(0xFFCBC0D6),
        surfaceContainerLowest = Color(0xFF0F0B18),
        surfaceContainerLow = Color(0xFF1D1729),
        surfaceContainer = Color(0xFF211B2F),
        surfaceContainerHigh = Color(0xFF2B2439),
        surfaceContainerHighest = Color(0xFF362E45),
        outline = Color(0xFF978CA4),
        outlineVariant = Color(0xFF453D54),
        inverseSurface = Color(0xFFF0E6D8),
        inverseOnSurface = Color(0xFF2C2334),
        inversePrimary = Color(0xFF8A4A05),
    )

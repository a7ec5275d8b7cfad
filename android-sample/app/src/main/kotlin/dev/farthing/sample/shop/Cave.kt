package dev.farthing.sample.shop

import androidx.compose.foundation.layout.size
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.Path
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.unit.LayoutDirection
import androidx.compose.ui.unit.dp

/** Rocks at the far end of a cave, and sparks that rise from it. Mirrored with the language. */
internal fun DrawScope.cave(
    ember: Color,
    rock: Color,
) {
    fun x(part: Float) = size.width * if (layoutDirection == LayoutDirection.Rtl) 1 - part else part
    val rocks =
        Path().apply {
            moveTo(x(ROCKS.first().first), 0f)
            ROCKS.forEach { (across, down) -> lineTo(x(across), size.height * down) }
            close()
        }
    drawPath(rocks, rock.copy(alpha = SHADE))
    SPARKS.forEach { (across, down, radius) ->
        val centre = Offset(x(across), size.height * down)
        drawCircle(ember.copy(alpha = HALO), radius * 3.dp.toPx(), centre)
        drawCircle(ember, radius.dp.toPx(), centre)
    }
}

private const val SHADE = 0.55f
private const val HALO = 0.16f
private val ROCKS =
    listOf(
        0.46f to 0f,
        0.52f to 0.14f,
        0.57f to 0.05f,
        0.64f to 0.30f,
        0.69f to 0.12f,
        0.77f to 0.22f,
        0.83f to 0.46f,
        0.90f to 0.18f,
        1f to 0.34f,
        1f to 0f,
    )
private val SPARKS =
    listOf(
        Triple(0.70f, 0.52f, 1.6f),
        Triple(0.79f, 0.62f, 2.4f),
        Triple(0.86f, 0.56f, 1.2f),
        Triple(0.91f, 0.70f, 1.8f),
    )

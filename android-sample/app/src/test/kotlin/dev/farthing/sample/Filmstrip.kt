package dev.farthing.sample

import java.awt.Color
import java.awt.Font
import java.awt.RenderingHints
import java.awt.image.BufferedImage
import java.io.File
import javax.imageio.ImageIO

/** The pictures of a script, side by side, each with a line about it. */
class Filmstrip(
    private val pictures: Pictures,
) {
    private val frames = mutableListOf<Pair<String, BufferedImage>>()

    fun take(caption: String) {
        val number = "%02d".format(frames.size + 1)
        frames += caption to pictures.take("$number-${caption.replace(' ', '-')}")
    }

    fun save() {
        val (width, height) = frames.first().second.let { it.width to it.height }
        val rows = (frames.size + COLUMNS - 1) / COLUMNS
        val strip =
            BufferedImage(
                COLUMNS * (width + GAP) + GAP,
                rows * (height + CAPTION + GAP) + GAP,
                BufferedImage.TYPE_INT_RGB,
            )
        val pen = strip.createGraphics()
        pen.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON)
        pen.color = Color(0x1E1440)
        pen.fillRect(0, 0, strip.width, strip.height)
        pen.font = Font(Font.SERIF, Font.BOLD, FONT)
        pen.color = Color(0xFFF1D6)
        frames.forEachIndexed { index, (caption, picture) ->
            val left = GAP + index % COLUMNS * (width + GAP)
            val top = GAP + index / COLUMNS * (height + CAPTION + GAP)
            pen.drawString("${index + 1}  $caption", left, top + FONT)
            pen.drawImage(picture, left, top + CAPTION, null)
        }
        pen.dispose()
        ImageIO.write(strip, "png", File(System.getProperty("farthing.pictures"), "filmstrip.png"))
    }

    private companion object {
        const val COLUMNS = 4
        const val GAP = 24
        const val CAPTION = 44
        const val FONT = 26
    }
}

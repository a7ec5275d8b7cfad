package dev.farthing.sample

import android.graphics.Bitmap
import androidx.compose.ui.graphics.asAndroidBitmap
import androidx.compose.ui.test.captureToImage
import androidx.compose.ui.test.onRoot
import com.github.romankh3.image.comparison.ImageComparison
import com.github.romankh3.image.comparison.model.ImageComparisonState
import java.awt.image.BufferedImage
import java.io.File
import javax.imageio.ImageIO
import kotlin.test.assertEquals

/** Pictures of the screen, and those that were recorded before. */
class Pictures(
    private val compose: ShopRule,
) {
    private val folder = File(checkNotNull(System.getProperty("farthing.pictures"))).apply { mkdirs() }
    private val recorded = File("../screens")
    private val isRecording = System.getProperty("pictures.record") == "true"

    /** Takes one, and leaves it in the folder of pictures. */
    fun take(name: String): BufferedImage {
        compose.waitForIdle()
        val file = File(folder, "$name.png")
        val bitmap = compose.onRoot().captureToImage().asAndroidBitmap()
        file.outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
        return ImageIO.read(file)
    }

    /** Takes one, and fails when it looks other than the recorded one. */
    fun compare(name: String) {
        val taken = take(name)
        val expected = File(recorded, "$name.png")
        if (isRecording) {
            recorded.mkdirs()
            ImageIO.write(taken, "png", expected)
            return
        }
        val comparison = ImageComparison(ImageIO.read(expected), taken).setAllowingPercentOfDifferentPixels(TOLERANCE)
        val difference = comparison.compareImages()
        if (difference.imageComparisonState != ImageComparisonState.MATCH) {
            ImageIO.write(difference.result, "png", File(folder, "$name-difference.png"))
        }
        assertEquals(
            ImageComparisonState.MATCH,
            difference.imageComparisonState,
            "$name: ${difference.differencePercent} % differ; see $folder",
        )
    }

    private companion object {
        /** Letters are drawn a little differently on another machine. */
        const val TOLERANCE = 1.0
    }
}

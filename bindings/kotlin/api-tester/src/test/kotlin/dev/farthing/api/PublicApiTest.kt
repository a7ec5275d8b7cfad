package dev.farthing.api

import org.jetbrains.kotlin.abi.tools.AbiFilters
import org.jetbrains.kotlin.abi.tools.AbiTools
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.fail

/**
 * What is public is recorded in each library's `api` folder, so that a change of it is seen in a review.
 *
 * `mvn verify -Dapi.record=true` records it anew.
 */
class PublicApiTest {
    private val kotlin = File(System.getProperty("farthing.kotlin"))
    private val records = System.getProperty("api.record").toBoolean()

    @Test
    fun `the public API of farthing is as recorded`() = compare("farthing")

    @Test
    fun `the public API of farthing-android is as recorded`() = compare("farthing-android")

    @Test
    fun `what UniFFI wrote is not in the public API`() {
        for (library in listOf("farthing", "farthing-android")) {
            val leaks = listing(library).lines().filter { GENERATED in it }
            assertEquals(emptyList(), leaks, "types of $GENERATED can be seen from outside of $library")
        }
    }

    private fun compare(library: String) {
        val recorded = kotlin.resolve("$library/api/$library.api")
        val now = listing(library)
        if (records) {
            recorded.parentFile.mkdirs()
            recorded.writeText(now)
        }
        val before = if (recorded.exists()) recorded.readText() else ""
        if (before != now) {
            val lost = before.lines() - now.lines().toSet()
            val gained = now.lines() - before.lines().toSet()
            fail(
                "the public API of $library is not as recorded in $recorded.\n" +
                    "A caller loses:\n${lost.joinToString("\n")}\nA caller gains:\n${gained.joinToString("\n")}\n" +
                    "If that is meant, record it with -Dapi.record=true",
            )
        }
    }

    private fun listing(library: String): String {
        val folder = kotlin.resolve("$library/target/classes")
        val classes =
            folder
                .walk()
                .filter { it.extension == "class" && GENERATED !in it.invariantSeparatorsPath }
                .sortedBy { it.invariantSeparatorsPath }
                .toList()
        check(classes.isNotEmpty()) { "there are no classes in $folder" }
        return buildString { AbiTools.getInstance().printJvmDump(this, classes, AbiFilters.EMPTY) }
    }

    private companion object {
        const val GENERATED = "dev/farthing/ffi/"
    }
}

package dev.farthing.journeytable

import dev.farthing.WalletException
import dev.farthing.onPhone
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory
import java.io.File
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.fail

/** The journeys of `tests/journeys/journeys.json`, which Rust and Swift run too. */
class JourneyTableTest {
    @TestFactory
    fun `each journey goes as it is written`(): List<DynamicTest> {
        val table = Json.parseToJsonElement(File("../../../tests/journeys/journeys.json").readText()).jsonArray
        return table.map { journey ->
            val steps = journey.jsonObject.getValue("steps").jsonArray
            dynamicTest(journey.jsonObject.getValue("journey").jsonPrimitive.content) { play(steps) }
        }
    }

    private fun play(steps: List<JsonElement>) =
        onPhone {
            val kept = mutableMapOf<String, JsonElement>()
            JourneyPhone(this).use { phone ->
                steps.forEachIndexed { index, step ->
                    val call = step.jsonObject.getValue("call").jsonPrimitive.content
                    phone.take(step.jsonObject, call, kept, "step ${index + 1}, $call")
                }
            }
        }

    private suspend fun JourneyPhone.take(
        step: JsonObject,
        call: String,
        kept: MutableMap<String, JsonElement>,
        place: String,
    ) {
        val with = step["with"]?.filledFrom(kept)?.jsonObject ?: JsonObject(emptyMap())
        val gives = step["gives"]?.filledFrom(kept)
        val fails = step["fails"]?.filledFrom(kept)
        val answer =
            try {
                call(call, with, gives).also { assertNull(fails, "$place: it gave $it where it should fail") }
            } catch (error: WalletException) {
                assertNotNull(fails, "$place: $error")
                answerOf(error)
            }
        (gives ?: fails)?.differenceTo(answer)?.let { fail("$place: $it") }
        step["keep"]?.let { kept[it.jsonPrimitive.content] = answer }
    }
}

/** With each `$name.member` replaced by what was kept. In a list, a member is a place, from 0 on. */
private fun JsonElement.filledFrom(kept: Map<String, JsonElement>): JsonElement =
    when {
        this is JsonObject -> {
            JsonObject(mapValues { it.value.filledFrom(kept) })
        }

        this is List<*> -> {
            kotlinx.serialization.json.JsonArray(jsonArray.map { it.filledFrom(kept) })
        }

        text()?.startsWith('$') == true -> {
            val names = jsonPrimitive.content.drop(1).split('.')
            names.fold(JsonObject(kept) as JsonElement?) { value, name -> value?.member(name) }
                ?: error("$this was not kept")
        }

        else -> {
            this
        }
    }

private fun JsonElement.member(name: String): JsonElement? =
    if (this is List<*>) jsonArray.getOrNull(name.toInt()) else jsonObject[name]

/**
 * Where an answer is not as this expects, if it is not. `"*"` is anything but null; members that are not named may be
 * anything, but an empty object means that there is none; lists have equal lengths.
 */
internal fun JsonElement.differenceTo(answer: JsonElement): String? =
    when {
        text() == "*" && answer !is JsonNull -> {
            null
        }

        this is JsonObject && answer is JsonObject && isEmpty() == answer.isEmpty() -> {
            firstNotNullOfOrNull { (name, expected) ->
                expected.differenceTo(answer[name] ?: JsonNull)?.let { "$name: $it" }
            }
        }

        this is List<*> && answer is List<*> && size == answer.size -> {
            jsonArray.zip(answer.jsonArray).firstNotNullOfOrNull { (expected, value) -> expected.differenceTo(value) }
        }

        else -> {
            if (this == answer) null else "$answer and not $this"
        }
    }

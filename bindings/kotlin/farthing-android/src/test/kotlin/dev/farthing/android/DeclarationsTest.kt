package dev.farthing.android

import org.w3c.dom.Element
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import kotlin.test.Test
import kotlin.test.assertEquals

/** The manifest and the rules, as apps get them. */
class DeclarationsTest {
    private val main = File(System.getProperty("farthing.android.main") ?: "src/main")

    @Test
    fun `the manifest asks for three permissions and no more`() {
        val asked = parse("AndroidManifest.xml").all("uses-permission").map { it.android("name") }
        assertEquals(
            setOf(
                "android.permission.INTERNET",
                "android.permission.ACCESS_NETWORK_STATE",
                "android.permission.RECEIVE_BOOT_COMPLETED",
            ),
            asked.toSet(),
        )
        assertEquals(3, asked.size)
    }

    @Test
    fun `the only component is the job, which nobody but Android can start`() {
        val components = parse("AndroidManifest.xml").all("application").single().childElements()
        val job = components.single()
        assertEquals("service", job.tagName)
        assertEquals(WalletSyncJob::class.java.name, job.android("name"))
        assertEquals("false", job.android("exported"))
        assertEquals("android.permission.BIND_JOB_SERVICE", job.android("permission"))
        assertEquals("", job.android("process"))
    }

    @Test
    fun `the backup rules for old Android leave out all that the wallet writes`() {
        val rules = parse("res/xml/farthing_backup_rules.xml")
        assertEquals("full-backup-content", rules.tagName)
        assertEquals(listOf(NO_BACKUP), rules.exclusions())
        assertEquals(0, rules.all("include").size)
    }

    @Test
    fun `the rules for new Android leave it out of the cloud and out of a transfer`() {
        val rules = parse("res/xml/farthing_data_extraction_rules.xml")
        assertEquals("data-extraction-rules", rules.tagName)
        for (way in listOf("cloud-backup", "device-transfer")) {
            val section = rules.all(way).single()
            assertEquals(listOf(NO_BACKUP), section.exclusions(), way)
            // One inclusion would turn the rest of the app's data out.
            assertEquals(0, section.all("include").size)
        }
    }

    private fun parse(path: String): Element =
        DocumentBuilderFactory
            .newInstance()
            .apply { isNamespaceAware = true }
            .newDocumentBuilder()
            .parse(File(main, path))
            .documentElement

    private fun Element.all(tag: String): List<Element> =
        getElementsByTagName(tag).let { found -> List(found.length) { found.item(it) as Element } }

    private fun Element.childElements(): List<Element> =
        List(childNodes.length) { childNodes.item(it) }.filterIsInstance<Element>()

    private fun Element.exclusions() = all("exclude").map { it.getAttribute("domain") to it.getAttribute("path") }

    private fun Element.android(name: String): String =
        getAttributeNS("http://schemas.android.com/apk/res/android", name)

    private companion object {
        val NO_BACKUP = "root" to "no_backup/"
    }
}

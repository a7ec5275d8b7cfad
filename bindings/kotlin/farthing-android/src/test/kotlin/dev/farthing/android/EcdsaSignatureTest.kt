package dev.farthing.android

import java.math.BigInteger
import java.security.KeyPairGenerator
import java.security.Signature
import java.security.SignatureException
import java.security.spec.ECGenParameterSpec
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class EcdsaSignatureTest {
    @Test
    fun `numbers of every length come back as 32 bytes each`() {
        val random = Random(1)
        for (length in 1..32) {
            for (highBit in listOf(0x00, 0x80)) {
                val r = random.nextBytes(length).also { it[0] = (highBit or 1).toByte() }
                val s = random.nextBytes(33 - length).also { it[0] = 0x7f }
                assertContentEquals(fixed(r) + fixed(s), joseSignature(der(r, s)), "r of $length bytes")
            }
        }
    }

    @Test
    fun `any two numbers survive the way through DER`() {
        val random = Random(2)
        repeat(10_000) {
            val r = BigInteger(1, random.nextBytes(random.nextInt(1, 33))).max(BigInteger.ONE)
            val s = BigInteger(1, random.nextBytes(random.nextInt(1, 33))).max(BigInteger.ONE)
            val rewritten = joseSignature(sequence(integer(r.toByteArray()) + integer(s.toByteArray())))
            assertEquals(64, rewritten.size)
            assertEquals(r, BigInteger(1, rewritten.copyOf(32)))
            assertEquals(s, BigInteger(1, rewritten.copyOfRange(32, 64)))
        }
    }

    @Test
    fun `a signature of the platform verifies after it was rewritten`() {
        val generator = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }
        val keys = generator.generateKeyPair()
        repeat(500) { round ->
            val message = "message $round".encodeToByteArray()
            val signer = Signature.getInstance("SHA256withECDSA").apply { initSign(keys.private) }
            val signature = joseSignature(signer.apply { update(message) }.sign())
            val verifier = Signature.getInstance("SHA256withECDSAinP1363Format").apply { initVerify(keys.public) }
            assertTrue(verifier.apply { update(message) }.verify(signature))
        }
    }

    @Test
    fun `what is not strict DER is refused`() {
        val one = byteArrayOf(1)
        val whole = der(one, one)
        val wrong =
            mapOf(
                "nothing" to byteArrayOf(),
                "a byte" to byteArrayOf(0x30),
                "another type" to whole.clone().also { it[0] = 0x31 },
                "a number of another type" to sequence(byteArrayOf(3, 1, 1) + integer(one)),
                "a byte too many" to whole + 0,
                "a byte too many, counted" to sequence(integer(one) + integer(one) + 0),
                "a third number" to sequence(integer(one) + integer(one) + integer(one)),
                "one number" to sequence(integer(one)),
                "an empty number" to sequence(integer(byteArrayOf()) + integer(one)),
                "zero" to sequence(integer(byteArrayOf(0)) + integer(one)),
                "a second zero" to sequence(integer(one) + integer(byteArrayOf(0))),
                "a negative number" to sequence(integer(byteArrayOf(-1)) + integer(one)),
                "needless zeros" to sequence(integer(byteArrayOf(0, 1)) + integer(one)),
                "33 bytes" to sequence(integer(ByteArray(33) { 1 }) + integer(one)),
                "34 bytes with a zero" to sequence(integer(byteArrayOf(0) + ByteArray(33) { -1 }) + integer(one)),
                "a long length" to byteArrayOf(0x30, 0x81.toByte(), 6) + integer(one) + integer(one),
                "a number longer than the rest" to byteArrayOf(0x30, 6, 2, 1, 1, 2, 2, 1),
                "a negative length" to byteArrayOf(0x30, 6, 2, -1, 1, 2, 1, 1),
            )
        for ((what, der) in wrong) assertFailsWith<SignatureException>(what) { joseSignature(der) }
    }

    @Test
    fun `a signature that is cut short anywhere is refused`() {
        val whole = der(ByteArray(32) { -1 }, ByteArray(32) { 0x55 })
        assertEquals(64, joseSignature(whole).size)
        for (length in whole.indices) {
            assertFailsWith<SignatureException> { joseSignature(whole.copyOf(length)) }
            if (length < 2) continue
            val counted = whole.copyOf(length).also { it[1] = (length - 2).toByte() }
            assertFailsWith<SignatureException> { joseSignature(counted) }
        }
    }

    private fun fixed(number: ByteArray) = ByteArray(32 - number.size) + number

    /** Of numbers without needless zeros. */
    private fun der(
        r: ByteArray,
        s: ByteArray,
    ) = sequence(integer(positive(r)) + integer(positive(s)))

    private fun positive(number: ByteArray) = if (number[0] < 0) byteArrayOf(0) + number else number

    private fun sequence(content: ByteArray) = byteArrayOf(0x30, content.size.toByte()) + content

    private fun integer(content: ByteArray) = byteArrayOf(2, content.size.toByte()) + content
}

package dev.farthing.android

import java.security.SignatureException

private const val SEQUENCE: Byte = 0x30
private const val INTEGER: Byte = 0x02
private const val SCALAR_LENGTH = 32

/**
 * Rewrites a P-256 signature from DER (RFC 3279, 2.2.3), as the Keystore gives it, to the 64 bytes
 * `r || s` (RFC 7518, 3.4). It takes strict DER only (X.690, 8.3 and 10.1), so that one signature
 * has one form.
 *
 * @throws SignatureException when it is no such signature.
 */
internal fun joseSignature(der: ByteArray): ByteArray {
    if (der.size < 2 || der[0] != SEQUENCE || der[1].toInt() != der.size - 2) malformed("no sequence of its length")
    val (r, end) = scalar(der, 2)
    val (s, last) = scalar(der, end)
    if (last != der.size) malformed("bytes after the second number")
    return r + s
}

/** The number that begins at [start], as 32 bytes, and where it ends. */
private fun scalar(
    der: ByteArray,
    start: Int,
): Pair<ByteArray, Int> {
    val first = start + 2
    if (first >= der.size || der[start] != INTEGER) malformed("a number is missing")
    val length = der[start + 1].toInt()
    if (length < 1 || length > der.size - first) malformed("a number of a wrong length")
    if (der[first] < 0) malformed("a negative number")
    val padded = length > 1 && der[first].toInt() == 0
    if (padded && der[first + 1] >= 0) malformed("a number with needless zeros")
    val digits = der.copyOfRange(if (padded) first + 1 else first, first + length)
    if (digits.size > SCALAR_LENGTH) malformed("a number of more than 256 bits")
    if (digits.all { it.toInt() == 0 }) malformed("a number that is zero")
    return ByteArray(SCALAR_LENGTH - digits.size) + digits to first + length
}

private fun malformed(what: String): Nothing = throw SignatureException("not a P-256 signature in DER: $what")

package dev.farthing

/**
 * What a player sends to support, from [Wallet.supportBundle]: save it, or share it.
 *
 * @property name A name for the file.
 * @property content Its text, at most 2 MiB.
 */
public data class SupportFile(
    val name: String,
    val content: String,
)

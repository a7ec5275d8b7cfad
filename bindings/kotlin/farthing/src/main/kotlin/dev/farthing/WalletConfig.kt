package dev.farthing

import java.io.File
import java.time.Clock

/**
 * What a wallet is opened with. The three that each app needs come first; the rest has defaults
 * that are right for most.
 *
 * ```kotlin
 * val config = WalletConfig("https://pay.example", "pk_live_…", folder) {
 *     rootKey = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
 * }
 * ```
 *
 * In Java: `new WalletConfig.Builder("https://pay.example", "pk_live_…", folder).rootKey("…").build()`.
 * What is wrong with a setting is told by [Wallet.open].
 */
public class WalletConfig private constructor(
    builder: Builder,
) {
    /** The gateway's address: `https`, or `http` on this machine and on the emulator's host (`10.0.2.2`). */
    public val gateway: String = builder.gateway

    /** The app's `pk_…` key, from the gateway's operator. */
    public val publishableKey: String = builder.publishableKey

    /** Where the wallet keeps its database; made when it is not there. Exclude it from backups. */
    public val folder: File = builder.folder

    /** See [Builder.rootKey]. */
    public val rootKey: String? = builder.rootKey

    /** See [Builder.enrolmentToken]. */
    public val enrolmentToken: String? = builder.enrolmentToken

    /** See [Builder.keyPins]. */
    public val keyPins: List<String> = builder.keyPins.toList()

    /** See [Builder.tlsRoots]. */
    public val tlsRoots: List<ByteArray> = builder.tlsRoots.map(ByteArray::clone)

    /** See [Builder.syncsByItself]. */
    public val syncsByItself: Boolean = builder.syncsByItself

    /** See [Builder.clock]. */
    public val clock: Clock = builder.clock

    /** For logs; without the key and the token. */
    override fun toString(): String = "WalletConfig(gateway=$gateway, folder=$folder, rootKey=$rootKey)"

    /** Collects the settings. */
    public class Builder(
        internal val gateway: String,
        internal val publishableKey: String,
        internal val folder: File,
    ) {
        /**
         * The thumbprint of the gateway's root key (43 characters of base64url, as the gateway
         * prints it at its start). All trust in the gateway's answers comes from it. Without it, a
         * test key (`pk_test_…`) trusts the first gateway that answers; any other key is refused.
         */
        @set:JvmSynthetic
        public var rootKey: String? = null

        /**
         * Whose device this is: an enrolment token from the app's own back end, which asks the
         * gateway for one. It is used once, when a new wallet enrols; one that was enrolled before
         * needs none. With a live key it is needed; with a test key a wallet without one gets an
         * account of its own. A token that has expired or was used ends the sync in
         * [WalletException.EnrolmentRejected]: open the wallet again with a new one.
         */
        @set:JvmSynthetic
        public var enrolmentToken: String? = null

        /**
         * Talks only to servers with one of these TLS keys: the SHA-256 of the SubjectPublicKeyInfo
         * in base64url. At least two are needed, the second for the day on which the first is
         * replaced. Usually not needed: money does not depend on TLS, and a wrong pin locks out
         * every installed app.
         */
        @set:JvmSynthetic
        public var keyPins: List<String> = emptyList()

        /** Certificate authorities (DER) that are trusted beside the web's, for a gateway inside of a company. */
        @set:JvmSynthetic
        public var tlsRoots: List<ByteArray> = emptyList()

        /**
         * Whether the wallet syncs by itself, at the start and after each purchase (the default).
         * Without it, only [Wallet.sync] talks to the gateway about purchases.
         */
        @set:JvmSynthetic
        public var syncsByItself: Boolean = true

        /** The wall clock, for tests and QA; the device's own unless told. */
        @set:JvmSynthetic
        public var clock: Clock = Clock.systemUTC()

        /** Sets [rootKey], in Java. */
        @JvmName("rootKey")
        public fun withRootKey(rootKey: String?): Builder = apply { this.rootKey = rootKey }

        /** Sets [enrolmentToken], in Java. */
        @JvmName("enrolmentToken")
        public fun withEnrolmentToken(enrolmentToken: String?): Builder =
            apply {
                this.enrolmentToken = enrolmentToken
            }

        /** Sets [keyPins], in Java. */
        @JvmName("keyPins")
        public fun withKeyPins(keyPins: List<String>): Builder = apply { this.keyPins = keyPins }

        /** Sets [tlsRoots], in Java. */
        @JvmName("tlsRoots")
        public fun withTlsRoots(tlsRoots: List<ByteArray>): Builder = apply { this.tlsRoots = tlsRoots }

        /** Sets [syncsByItself], in Java. */
        @JvmName("syncsByItself")
        public fun withSyncsByItself(syncsByItself: Boolean): Builder = apply { this.syncsByItself = syncsByItself }

        /** Sets [clock], in Java. */
        @JvmName("clock")
        public fun withClock(clock: Clock): Builder = apply { this.clock = clock }

        /** The settings; they are checked when a wallet is opened with them. */
        public fun build(): WalletConfig = WalletConfig(this)
    }
}

/** A [WalletConfig], with what differs from the defaults in [configure]. */
@JvmSynthetic
public fun WalletConfig(
    gateway: String,
    publishableKey: String,
    folder: File,
    configure: WalletConfig.Builder.() -> Unit = {},
): WalletConfig = WalletConfig.Builder(gateway, publishableKey, folder).apply(configure).build()

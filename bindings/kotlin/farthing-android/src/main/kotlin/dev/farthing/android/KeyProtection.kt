package dev.farthing.android

/** What keeps the signing key of an [AndroidKeyStore]. */
public enum class KeyProtection {
    /** StrongBox: a separate security chip. */
    STRONG_BOX,

    /** The processor's trusted environment: Android itself can use the key there, but not read it. */
    TRUSTED_ENVIRONMENT,

    /** Software alone, as on emulators. Whoever controls the device can copy the key. */
    SOFTWARE,
}

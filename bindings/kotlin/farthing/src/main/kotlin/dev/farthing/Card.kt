package dev.farthing

/**
 * A card's details as the player typed them. They go to the gateway's vault and nowhere else, and
 * [toString] hides them. Keep no reference: a `String` can't be wiped on the JVM, so let it go.
 *
 * @property number The number (PAN); spaces and hyphens are allowed.
 * @property expiryMonth 1 to 12.
 * @property expiryYear With the century: 2030.
 * @property cvc The card verification code, 3 or 4 digits. It is never stored anywhere.
 */
public class CardDetails(
    public val number: String,
    public val expiryMonth: Int,
    public val expiryYear: Int,
    public val cvc: String,
) {
    override fun toString(): String = "card details (hidden)"
}

/**
 * A card of the player: the token that stands for it, and what a person knows it by.
 *
 * @property id The token.
 * @property brand Its network.
 * @property lastFour The last four digits.
 * @property expiryMonth 1 to 12.
 * @property expiryYear With the century.
 * @property state Whether it can still be charged.
 */
public data class Card(
    val id: String,
    val brand: CardBrand,
    val lastFour: String,
    val expiryMonth: Int,
    val expiryYear: Int,
    val state: CardState,
)

/** A card's network. */
public enum class CardBrand {
    /** Visa. */
    VISA,

    /** Mastercard. */
    MASTERCARD,

    /** American Express. */
    AMERICAN_EXPRESS,

    /** Discover. */
    DISCOVER,

    /** JCB. */
    JCB,

    /** Diners Club. */
    DINERS_CLUB,

    /** UnionPay. */
    UNION_PAY,

    /** One that this version of the library does not know. */
    UNKNOWN,
}

/** Whether a card can still be charged. */
public enum class CardState {
    /** It can be charged. */
    ACTIVE,

    /** It can be charged for less than 30 more days. */
    EXPIRING,

    /** It can't be charged any more. */
    EXPIRED,
}

package dev.farthing

import dev.farthing.ffi.AutoTopUpChange
import dev.farthing.ffi.LimitsChange
import dev.farthing.ffi.NativeThreads
import dev.farthing.ffi.NewCard
import dev.farthing.ffi.PassRenewal
import dev.farthing.ffi.PurchaseEnd
import dev.farthing.ffi.PurchaseRequest
import dev.farthing.ffi.TipRequest
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import java.io.File
import dev.farthing.ffi.PurchaseFilter as CorePurchaseFilter
import dev.farthing.ffi.Wallet as CoreWallet
import dev.farthing.ffi.startOver as coreStartOver

/**
 * A player's wallet on this device: balance, items, purchases, cards.
 *
 * Open it once and share it: all calls may be made from any thread at the same time, and none of
 * the `suspend` functions blocks the thread that calls it (the main thread is fine). What a call
 * returns is on disk. What can go wrong is a [WalletException].
 *
 * ```kotlin
 * val wallet = Wallet.open(WalletConfig("https://pay.example", "pk_test_…", folder), KeyStore.software(keys))
 * val purchase = wallet.buy("extra_life") // on disk and granted, online or not
 * wallet.consume("extra_life", operation = "level-7")
 * println("${purchase.total} spent, ${wallet.balance.value["USD"].total} left")
 * ```
 *
 * **Cancellation.** A coroutine that is cancelled during a call stops waiting; the call may still
 * take effect. A purchase is then made whole or not at all, is found in [purchases] and told by
 * [events]. Give [buy] an idempotency key to ask for the same purchase again safely.
 *
 * Java callers use [WalletFutures].
 */
public class Wallet private constructor(
    private val core: CoreWallet,
    private val pending: PendingPurchases,
    private val news: WalletNews,
) : AutoCloseable {
    /**
     * The balance now, and each change of it. It is right from the opening on, offline too. What meters
     * count shows at once when it is asked for, and to those who listen as it is written down.
     */
    public val balance: StateFlow<Balance> = LiveState(news.balance) { core.balance().toPublic() }

    /** What sync is doing now, and each change of it. */
    public val syncState: StateFlow<SyncState> = LiveState(news.syncState) { core.syncState().toPublic() }

    /**
     * What happens from now on. A collector that is slower than 1,024 events misses the oldest of
     * them; one that throws ends only itself. It ends when the wallet is closed. Events of before are not repeated: [purchases] and
     * [topUps] have what became of each.
     */
    public val events: Flow<WalletEvent> = news.events

    /**
     * Acts as if there were no network while it is true: a game's own airplane mode. It is not kept
     * over a restart. Back online, the wallet tries again by itself after a while; call [sync] for
     * at once.
     */
    public var isOffline: Boolean
        get() = core.isOffline()
        set(value) = core.setOffline(value)

    /**
     * Buys something: decides, writes, grants. When it returns, the purchase is on disk and the
     * items are in the [inventory]; it will settle by itself.
     *
     * It needs no network, as long as the allowance has room. Where it has none and the gateway was
     * reachable a moment ago, the gateway is asked for more, for at most five seconds. A purchase that
     * a guardian has to approve is asked for at the gateway, each time until it is approved.
     *
     * A durable item is the account's, so it is not sold where another of the player's phones has settled
     * one ([WalletException.AlreadyOwned]). Where both bought it without a network, the purchase that
     * settles second is given back at once, and the player goes on owning the item.
     *
     * @param sku The item in the catalog.
     * @param quantity How many, 1 to 1,000.
     * @param idempotencyKey The app's name for this user action (1 to 64 printable characters). The
     * same key always means the same purchase, so a double tap or a retry buys once.
     * @throws WalletException Nothing is bought then: [WalletException.NotEnrolled],
     * [WalletException.UnknownItem], [WalletException.InsufficientFunds],
     * [WalletException.OfflineLimitReached], [WalletException.AllowanceExpired],
     * [WalletException.CatalogExpired], [WalletException.CatalogMissing],
     * [WalletException.SpendingLimitReached], [WalletException.ApprovalRequired] once a guardian was
     * asked (where they can't be: [WalletException.Offline], [WalletException.GatewayUnavailable],
     * [WalletException.GatewayNotTrusted], [WalletException.Refused]), [WalletException.AlreadyOwned],
     * [WalletException.QueueFull], [WalletException.SyncRequired], [WalletException.DeviceFrozen],
     * [WalletException.DeviceRevoked], [WalletException.AccountErased], [WalletException.InvalidArgument],
     * [WalletException.StorageFull], [WalletException.StorageUnavailable], [WalletException.Closed].
     */
    public suspend fun buy(
        sku: String,
        quantity: Int = 1,
        idempotencyKey: String? = null,
    ): Purchase =
        callingCore {
            pending.buy(core, PurchaseRequest(sku, quantity.toUInt(), idempotencyKey)).purchase()
        }

    /**
     * Tips a creator: an amount of the player's choice, with a message or without. When it returns, the
     * tip is on disk; it will settle by itself, and the creator's share is theirs then. It needs no
     * network, as a purchase doesn't; all that limits purchases limits tips.
     *
     * A mistaken tip can be taken back with [refund] for as long after its settlement as the operator
     * allows.
     *
     * ```kotlin
     * wallet.tip(creator = "ana", amount = Money("0.50", "USD"), message = "What a level!")
     * ```
     *
     * @param creator [Creator.id] of one of [creators].
     * @param amount How much, above zero, of an ISO 4217 currency.
     * @param message What the player says with it: 1 to 140 characters in one line.
     * @param idempotencyKey As that of [buy]: the same key always means the same tip.
     * @throws WalletException Nothing is given then: [WalletException.InvalidArgument] for a creator who
     * is not listed, or an amount or a message that can't be; otherwise as [buy].
     */
    public suspend fun tip(
        creator: String,
        amount: Money,
        message: String? = null,
        idempotencyKey: String? = null,
    ): Purchase =
        callingCore {
            pending.tip(core, TipRequest(creator, amount.toCore(), message, idempotencyKey)).purchase()
        }

    /**
     * Who can be tipped, as of the last sync, sorted by [Creator.id]. Needs no network.
     *
     * @throws WalletException [WalletException.CatalogMissing] before the first sync, [WalletException.Closed].
     */
    public suspend fun creators(): List<Creator> = callingCore { core.catalog().creators.map { it.toPublic() } }

    private fun PurchaseEnd.purchase(): Purchase =
        when (this) {
            is PurchaseEnd.Made -> purchase.toPublic()
            is PurchaseEnd.Failed -> throw failure.toException()
        }

    /**
     * Uses up [quantity] of an item and returns how many are left. Each [operation] is done once:
     * asked for again, nothing more is used. Needs no network.
     *
     * @throws WalletException Nothing is used then: [WalletException.InsufficientItems],
     * [WalletException.InvalidArgument] (a quantity below 1, a durable item, an operation that is no
     * idempotency key or was used for something else), [WalletException.NotEnrolled],
     * [WalletException.QueueFull], [WalletException.StorageFull],
     * [WalletException.StorageUnavailable], [WalletException.Closed].
     */
    public suspend fun consume(
        sku: String,
        quantity: Int = 1,
        operation: String,
    ): Long = callingCore { core.consume(sku, quantity.toUInt(), operation).toLong() }

    /**
     * A meter that counts the use of a metered item. Units cost no disk and no network each.
     *
     * @param sku The item in the catalog.
     */
    public fun meter(sku: String): Meter = Meter(core.meter(sku))

    /**
     * The player's passes, sorted by SKU, also those that are over: judged by trusted time, so that a clock
     * that is set back revives none. Needs no network.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun passes(): List<Pass> = callingCore { core.passes(null).map { it.toPublic() } }

    /**
     * One of the player's passes; `null` where they never had it. Needs no network.
     *
     * ```kotlin
     * val isOpen = wallet.pass("season_pass")?.let { it.state != PassState.ENDED } ?: false
     * ```
     *
     * @param sku The item in the catalog.
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun pass(sku: String): Pass? = passes().find { it.sku == sku }

    /**
     * Lets the wallet renew a pass from the balance, at the price that the catalog has now or a lower one, or
     * forbids it again. It is forbidden until the player agrees, and once more where the pass has ended
     * without a renewal. What they said is on disk when it returns. Needs no network.
     *
     * A renewal is a purchase like any other, made once, shortly before the pass ends or in its grace period.
     * [WalletEvent.PassEnding] comes before it, [WalletEvent.PassNotRenewed] where it can't be made.
     *
     * @param sku The item in the catalog.
     * @param agrees Whether the player lets the wallet renew it.
     * @throws WalletException Nothing is changed then: [WalletException.InvalidArgument] for a pass that the
     * player does not have, that is over, or that the catalog does not let be renewed,
     * [WalletException.CatalogMissing], [WalletException.StorageFull],
     * [WalletException.StorageUnavailable], [WalletException.Closed].
     */
    public suspend fun setPassRenewal(
        sku: String,
        agrees: Boolean,
    ): Pass = callingCore { core.passes(PassRenewal(sku, agrees)).first { it.sku == sku }.toPublic() }

    /**
     * What the player owns: what this phone has bought and not used up, and the durable items that any of
     * the player's phones has settled, as of the last [sync]. So a new phone has these after its first one.
     * Needs no network.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun inventory(): Inventory =
        callingCore { Inventory(core.inventory().associate { it.sku to it.quantity.toLong() }) }

    /**
     * What is for sale, as it was last signed by the gateway. Needs no network.
     *
     * @throws WalletException [WalletException.CatalogMissing] before the first sync, [WalletException.Closed].
     */
    public suspend fun catalog(): Catalog = callingCore { core.catalog().toPublic() }

    /**
     * The account's purchases, newest first: this phone's own, and those that the player's other phones have
     * settled, as of the last [sync], of which [Purchase.isFromAnotherDevice] tells. Of those the newest 500 are kept.
     * They are there to be looked back on: what they brought is on the other phone, unless it is owned for ever.
     * Needs no network.
     *
     * ```kotlin
     * wallet.purchases().filterNot { it.isFromAnotherDevice }.forEach { println("${it.sku} can be given back here") }
     * ```
     *
     * @throws WalletException [WalletException.StorageDamaged] when one of them can't be read,
     * [WalletException.Closed].
     */
    public suspend fun purchases(filter: PurchaseFilter = PurchaseFilter()): List<Purchase> =
        callingCore {
            core.purchases(CorePurchaseFilter(filter.limit.toUInt(), filter.waitingOnly)).map { it.toPublic() }
        }

    /**
     * The signed receipt of a settled purchase: a compact JWS (RFC 7515) that the game's back end
     * verifies with the gateway's JWKS. It is fetched from the gateway; what it says is in
     * [purchases] without a network.
     *
     * @param purchase [Purchase.id].
     * @throws WalletException [WalletException.Offline], [WalletException.Refused] when the purchase
     * is not settled (yet), [WalletException.InvalidArgument], [WalletException.GatewayUnavailable],
     * [WalletException.GatewayNotTrusted], [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun receipt(purchase: String): String =
        callingCore { core.receipts(purchase, ofRefunds = false).first() }

    /**
     * Has an unused purchase refunded: its price is in the balance again, and its items are gone. It syncs first, so
     * that the gateway knows what was used.
     *
     * Where the gateway was asked and its answer is lost, the items stay out of use, and the wallet finds out by
     * itself what became of it: [WalletEvent.PurchaseRefunded] tells.
     *
     * @param purchase [Purchase.id].
     * @throws WalletException Nothing is refunded then, unless an answer was lost:
     * [WalletException.RefundTooLate] for one that only the merchant can give, [WalletException.AlreadyUsed],
     * [WalletException.AlreadyRefunded], [WalletException.NotSettled], [WalletException.InvalidArgument] for a
     * purchase that is not this device's, [WalletException.Offline], and those of [sync].
     */
    public suspend fun refund(purchase: String): Purchase = callingCore { core.refund(purchase).toPublic() }

    /**
     * The signed receipts of a purchase's refunds, the oldest first: compact JWS (RFC 7515) that the game's back
     * end verifies as those of purchases. Needs no network; there are none where nothing was refunded.
     *
     * @param purchase [Purchase.id].
     * @throws WalletException [WalletException.InvalidArgument], [WalletException.StorageDamaged],
     * [WalletException.Closed].
     */
    public suspend fun refundReceipts(purchase: String): List<String> =
        callingCore { core.receipts(purchase, ofRefunds = true) }

    /**
     * Puts a card into the gateway's vault and returns the token that stands for it. The number and
     * the verification code go nowhere else.
     *
     * @throws WalletException No card is added then: [WalletException.CardInvalid],
     * [WalletException.Offline], [WalletException.GatewayUnavailable],
     * [WalletException.GatewayNotTrusted], [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun addCard(details: CardDetails): Card =
        callingCore {
            core.addCard(NewCard.Number(details.toCore())).toPublic()
        }

    /**
     * Takes a card that the gateway's processor keeps, and returns the token that stands for it: for
     * a gateway that charges through Stripe. The app hands the number to Stripe, by Stripe's own
     * library and the publishable key, and gets [paymentMethod] from it (`pm_…`).
     *
     * @throws WalletException As [addCard]; [WalletException.CardInvalid] also where Stripe does not
     * know it.
     */
    public suspend fun addPaymentMethod(paymentMethod: String): Card =
        callingCore {
            core.addCard(NewCard.PaymentMethod(paymentMethod)).toPublic()
        }

    /**
     * The player's cards, the newest first, as of the last sync. Needs no network.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun cards(): List<Card> = callingCore { core.cards().map { it.toPublic() } }

    /**
     * Takes a card out of the vault, which erases its number there.
     *
     * @param card [Card.id].
     * @throws WalletException The card is still there then: [WalletException.Offline],
     * [WalletException.Refused] for one that is not the player's, [WalletException.InvalidArgument],
     * [WalletException.GatewayUnavailable], [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun removeCard(card: String): Unit = callingCore { core.removeCard(card) }

    /**
     * Charges a card, once, and raises the balance by [amount].
     *
     * [TopUp.state] says how far it is: [TopUpState.RequiresAction] has the bank's page for the
     * player to confirm on; open it, then [sync]. [TopUpState.Created] means that the answer was
     * lost: sync finds out what became of it, so do not begin another one. Each change is told by
     * [WalletEvent.TopUpChanged], also after a restart.
     *
     * @param card [Card.id].
     * @throws WalletException The card was not charged then: [WalletException.CardDeclined],
     * [WalletException.InvalidArgument] for an amount that can't be charged or a card that is not
     * the player's, [WalletException.TopUpCapReached] and [WalletException.AgeRestricted] where the operator
     * has such rules, [WalletException.AccountErased], [WalletException.Offline],
     * [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun topUp(
        amount: Money,
        card: String,
    ): TopUp = callingCore { core.topUp(amount.toCore(), card).toPublic() }

    /**
     * Credits a pack of balance that the player has bought through an app store's own billing, once ever. It is handed
     * over to the gateway, which verifies it with the store.
     *
     * It is on disk before the gateway is asked, and [sync] hands it over again until the gateway has answered, also after
     * a kill: call this with the same purchase at each start of the app, as often as you like. What was bought in Google
     * Play is consumed and acknowledged by the gateway; the app must do neither. Give [account] to the store with each
     * purchase, as `setObfuscatedAccountId`.
     *
     * @throws WalletException Nothing was credited, and it need not be handed over again:
     * [WalletException.StorePurchaseTaken], [WalletException.StorePurchaseInvalid], [WalletException.Refused] where the
     * gateway credits nothing of that store. It is kept, and goes on by itself: [WalletException.Offline],
     * [WalletException.GatewayUnavailable], [WalletException.GatewayNotTrusted], [WalletException.NotEnrolled],
     * [WalletException.DeviceFrozen]. It was not kept: [WalletException.QueueFull] where a hundred wait,
     * [WalletException.StorageFull], [WalletException.StorageUnavailable], [WalletException.Closed].
     */
    public suspend fun topUpFromStore(purchase: StorePurchase): StoreTopUp =
        callingCore { core.topUpFromStore(purchase.toCore()).toPublic() }

    /**
     * The account's name, a UUID; `null` before the wallet is enrolled. Given to the store with each purchase, as the
     * billing library's obfuscated account, it makes sure that nobody else can have what this player bought.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun account(): String? = callingCore { core.account() }

    /**
     * Top-ups, the newest first, at most 100. Needs no network.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun topUps(): List<TopUp> = callingCore { core.topUps().map { it.toPublic() } }

    /**
     * Amounts to offer a player who tops up, the least first: up to three round ones (1, 2, 5, 10, …) of which fees
     * take at most 9 %, or the smallest such where none is round. By the gateway's price list, as it came with the
     * catalog; needs no network.
     * Empty where a card can't be charged in that currency, or no item is priced in it.
     *
     * @param currency An ISO 4217 code, such as `USD`.
     * @throws WalletException [WalletException.CatalogMissing] before the first sync, [WalletException.Closed].
     */
    public suspend fun topUpAdvice(currency: String): List<TopUpAdvice> =
        callingCore {
            core.catalog().topUpAdvice.map { it.toPublic() }.filter { it.amount.currency == currency }
        }

    /**
     * Lets the wallet charge a card by itself when the balance is low, or forbids it again with `null`. It is forbidden
     * until the player agrees. There is one setting: another one takes its place, and the same one again ends a pause.
     * What they said is on disk when it returns. Needs no network.
     *
     * The wallet looks at the balance at the end of each sync, also the one after a purchase. Where it is below
     * [AutoTopUp.below], it tops up once as [topUp] does: one at a time, and never above [AutoTopUp.monthlyCap].
     * [WalletEvent.TopUpChanged] tells of it, and [TopUp.isAutomatic] says so among [topUps]. It may come back as
     * [TopUpState.RequiresAction]: nothing more is charged until the player has confirmed or declined it. After a declined
     * card nothing is, until they agree again ([WalletEvent.AutoTopUpPaused]). Once it is taken back, nothing is begun any
     * more, and what the gateway has not got is never asked for again.
     *
     * It is this device's alone: another one of the player's has a setting and a cap of its own. A database that was
     * restored from a backup, or salvaged, has none.
     *
     * ```kotlin
     * // Only once the player has agreed to just that.
     * val setting = AutoTopUp(Money("1.00", "USD"), Money("5.00", "USD"), card.id, monthlyCap = Money("20.00", "USD"))
     * wallet.setAutoTopUp(setting)
     * ```
     *
     * @return What they have agreed to now, and how it stands; `null` where that is nothing.
     * @throws WalletException Nothing is changed then: [WalletException.InvalidArgument] for an `amount` that a card can't
     * be charged, for `below` or a `monthly_cap` in another currency, below zero or not in whole minor units, for a
     * `monthly_cap` below the amount, and for a `card` that is not among [cards] or has expired;
     * [WalletException.StorageFull], [WalletException.StorageUnavailable], [WalletException.Closed].
     */
    public suspend fun setAutoTopUp(setting: AutoTopUp?): AutoTopUpConsent? =
        callingCore { core.autoTopUp(AutoTopUpChange(setting?.toCore()))?.toPublic() }

    /**
     * What the player has agreed to of automatic top-ups, how much of this month's cap is used, and whether it is paused;
     * `null` where they have not agreed. Needs no network.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun autoTopUp(): AutoTopUpConsent? = callingCore { core.autoTopUp(null)?.toPublic() }

    /**
     * Opens a tab: the card authorises [limit], which is in the balance from then on, is spent as any balance is, and is
     * charged once, when the tab is closed. What the player owes is in [Tab.owed], at any time, also offline. An account
     * has one tab in a currency.
     *
     * [Tab.state] says how far it is: [TabState.RequiresAction] has the bank's page for the player to confirm on; open
     * it, then [sync]. [TabState.Created] means that the answer was lost: sync finds out what became of it. Each change
     * is told by [WalletEvent.TabChanged], also after a restart.
     *
     * ```kotlin
     * val tab = wallet.openTab(Money("10.00", "USD"), card.id)
     * wallet.buy("extra_life")
     * show(wallet.tabs().first().owed)
     * wallet.closeTab(tab.id)
     * ```
     *
     * @param card [Card.id].
     * @throws WalletException No tab is opened then, and nothing is left behind: [WalletException.CardDeclined], which has
     * the tab's name, [WalletException.InvalidArgument] for a limit that can't be charged, a card that is not the player's,
     * or where this wallet has a tab in that currency; [WalletException.Refused] where another device of the player has
     * one; [WalletException.TopUpCapReached] where it may only be smaller, since a card could not be charged for the last
     * one; [WalletException.AgeRestricted], [WalletException.AccountErased], [WalletException.Offline],
     * [WalletException.GatewayUnavailable], [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun openTab(
        limit: Money,
        card: String,
    ): Tab = callingCore { core.openTab(limit.toCore(), card).toPublic() }

    /**
     * Closes a tab: what is reserved for this device goes back to the account, and the card is charged what was spent,
     * once. Where the card could not be charged, it pays what is due out of the balance: top up first, by any card. One
     * that is closed stays as it is.
     *
     * [TabState.Closing] means that the bank, or the gateway's answer, is waited for: sync goes on with it, also after a
     * restart, and [WalletEvent.TabChanged] tells. Until then this device has nothing reserved to buy with offline.
     *
     * @param tab [Tab.id].
     * @throws WalletException Nothing is changed then: [WalletException.InvalidArgument] for a tab that is not this
     * wallet's or not open yet, [WalletException.InsufficientFunds] where less is in the balance than is due,
     * [WalletException.Offline], [WalletException.GatewayUnavailable], [WalletException.GatewayNotTrusted],
     * [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun closeTab(tab: String): Tab = callingCore { core.closeTab(tab).toPublic() }

    /**
     * This wallet's tabs, the newest first, the last fifty: what is owed of each, and how far it is. Needs no network.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun tabs(): List<Tab> = callingCore { core.tabs().map { it.toPublic() } }

    /**
     * What limits the player's spending: their own limits and a guardian's, how much of them is used,
     * and what will change after the cooling-off. Without a connection it is what was said last.
     *
     * @throws WalletException [WalletException.Offline] where the gateway was never asked,
     * [WalletException.GatewayUnavailable], [WalletException.GatewayNotTrusted],
     * [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun limits(): Limits = callingCore { core.limits().toPublic() }

    /**
     * Limits the player's spending in one currency, in place of what was set before. It needs a
     * connection. Other devices hear of it with their next sync.
     *
     * Without a PIN these are the player's own: what is stricter holds at once, what is looser after a
     * cooling-off. With a PIN they are a guardian's, and hold at once. The stricter of the two counts.
     *
     * @param currency An ISO 4217 code, or a virtual currency of the catalog.
     * @param limits What is limited from now on.
     * @param pin The guardian's PIN, 4 to 12 digits; the first one that is given is the guardian's from
     * then on. The wallet does not keep it.
     * @param utcOffsetMinutes By how many minutes the player's days begin before those of UTC. Once it
     * is set, only a guardian may change it.
     * @throws WalletException Nothing was changed then: [WalletException.InvalidArgument] for an amount
     * or a PIN that is not accepted, [WalletException.Refused], [WalletException.Offline],
     * [WalletException.GatewayUnavailable] (also where the PIN was wrong too often),
     * [WalletException.GatewayNotTrusted], [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun setLimits(
        currency: String,
        limits: SpendingLimits,
        pin: String? = null,
        utcOffsetMinutes: Int? = null,
    ): Limits =
        callingCore {
            val range = Short.MIN_VALUE.toInt()..Short.MAX_VALUE.toInt()
            // An offset that fits no field is as wrong as one that fits: the gateway refuses both.
            val offset = utcOffsetMinutes?.coerceIn(range)?.toShort()
            core.setLimits(LimitsChange(currency, limits.toCore(), pin, offset)).toPublic()
        }

    /**
     * What a guardian was asked for on any device of the player, the newest first, at most a hundred.
     * It needs a connection.
     *
     * @throws WalletException [WalletException.Offline], [WalletException.GatewayUnavailable],
     * [WalletException.GatewayNotTrusted], [WalletException.NotEnrolled], [WalletException.Closed].
     */
    public suspend fun approvals(): List<Approval> = callingCore { core.approvals().map { it.toPublic() } }

    /**
     * Answers, with the guardian's PIN, what was asked for on any device of the player. What is
     * approved can be bought once, by the device that asked, within a day. The first answer stands;
     * what is returned says how it stands.
     *
     * @param approval [Approval.id].
     * @throws WalletException Nothing was changed then: [WalletException.InvalidArgument] for a PIN
     * that is not the guardian's, [WalletException.Refused] where there is no such request,
     * [WalletException.Offline], [WalletException.GatewayUnavailable] (also where the PIN was wrong too
     * often), [WalletException.GatewayNotTrusted], [WalletException.NotEnrolled],
     * [WalletException.Closed].
     */
    public suspend fun answerApproval(
        approval: String,
        approve: Boolean,
        pin: String,
    ): Approval = callingCore { core.answerApproval(approval, approve, pin).toPublic() }

    /**
     * Settles what waits and fetches what is new: balance, allowance, catalog, cards. The wallet
     * does so by itself after a purchase; call it when the app comes to the foreground, when the
     * network comes back, and in a background job.
     *
     * @throws WalletException What waits still waits then, and the wallet tries again by itself:
     * [WalletException.Offline], [WalletException.GatewayUnavailable],
     * [WalletException.GatewayNotTrusted], [WalletException.KeyStoreUnavailable]. Trying again does
     * not help: [WalletException.DeviceFrozen], [WalletException.DeviceRevoked], [WalletException.AccountErased],
     * [WalletException.EnrolmentRejected], [WalletException.Refused],
     * [WalletException.UpgradeRequired], [WalletException.KeyLost], [WalletException.Closed].
     */
    public suspend fun sync(): SyncReport = callingCore { core.sync().toPublic() }

    /**
     * This device's name at the gateway, for support and for testers; `null` before it is enrolled.
     *
     * @throws WalletException [WalletException.Closed].
     */
    public suspend fun device(): String? = callingCore { core.device() }

    /**
     * How the wallet stands, in one file that the player sends to support: the journal that is not
     * settled, states, versions, what happened lately. The device's key signs it, and it has no card
     * number, no key and no token. Support verifies it on the gateway's dashboard, and can settle
     * from it what did not arrive.
     *
     * Needs no network, and works where the device is frozen or revoked.
     *
     * @throws WalletException [WalletException.KeyStoreUnavailable], [WalletException.KeyLost],
     * [WalletException.StorageUnavailable], [WalletException.Closed].
     */
    public suspend fun supportBundle(): SupportFile = callingCore { core.supportBundle().toPublic() }

    /** Like [close], without blocking the thread. */
    public suspend fun shutDown(): Unit = callingCore { core.shutDown() }.also { news.end() }

    /**
     * Finishes what was begun and closes the database; calls after it end in
     * [WalletException.Closed], and what waits for settlement goes on at the next opening. Blocks
     * for some milliseconds; [shutDown] doesn't.
     */
    override fun close(): Unit = runBlocking { shutDown() }

    /**
     * Deletes the wallet from this device: database, keys, everything. It is closed then.
     *
     * What is left of the balance stays at the gateway, but this device can't reach it any more.
     *
     * @param force Deletes also what waits for settlement, of which the gateway would never hear.
     * @throws WalletException [WalletException.UnsettledEntries] unless [force];
     * [WalletException.StorageUnavailable] or [WalletException.KeyStoreUnavailable] when something
     * can't be deleted: call it again after opening the wallet anew.
     */
    public suspend fun erase(force: Boolean = false): Unit = callingCore { core.erase(force) }.also { news.end() }

    /** Where wallets come from. */
    public companion object {
        /**
         * Opens the wallet of a folder, or begins a new one. No network is needed: a wallet that was
         * enrolled before can buy at once. A new one enrols with the first sync, which begins now in
         * the background; call [sync] to wait for it.
         *
         * A damaged database is set aside, not deleted, and what is intact in it is taken over; the
         * wallet spends again after the next sync.
         *
         * @throws WalletException [WalletException.InvalidArgument] for a setting,
         * [WalletException.AlreadyOpen], [WalletException.KeyStoreUnavailable],
         * [WalletException.KeyLost], [WalletException.StorageFull],
         * [WalletException.StorageUnavailable], [WalletException.UpgradeRequired]. Everything on
         * disk is as it was then.
         */
        public suspend fun open(
            config: WalletConfig,
            keyStore: KeyStore,
        ): Wallet =
            withContext(Dispatchers.IO) {
                // The first call loads the library, which reads from disk.
                NativeThreads.stayAttached()
                val pending = PendingPurchases()
                val core = callingCore { CoreWallet.open(config.toCore(), keyStore.toCore(), pending) }
                val news = WalletNews(core.balance().toPublic(), core.syncState().toPublic())
                core.listen(news)
                Wallet(core, pending, news)
            }

        /**
         * Sets aside a wallet that can't be opened any more ([WalletException.KeyLost]), so that
         * the next [open] begins a new one. The old database is kept beside the new one, as `wallet.db.1` and so on; its keys are deleted.
         *
         * What was not settled is lost to the player, and the new wallet can't reach the old
         * balance: the operator finds both at the gateway.
         *
         * @throws WalletException [WalletException.AlreadyOpen],
         * [WalletException.StorageUnavailable], [WalletException.KeyStoreUnavailable]; call it again then.
         */
        public suspend fun startOver(
            folder: File,
            keyStore: KeyStore,
        ): Unit = withContext(Dispatchers.IO) { callingCore { coreStartOver(folder.path, keyStore.toCore()) } }
    }
}

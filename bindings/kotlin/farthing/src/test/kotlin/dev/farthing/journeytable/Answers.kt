package dev.farthing.journeytable

import dev.farthing.Approval
import dev.farthing.AutoTopUpConsent
import dev.farthing.Balance
import dev.farthing.Card
import dev.farthing.Catalog
import dev.farthing.Creator
import dev.farthing.Limits
import dev.farthing.Money
import dev.farthing.Pass
import dev.farthing.Purchase
import dev.farthing.PurchaseState
import dev.farthing.SpendingLimits
import dev.farthing.Split
import dev.farthing.StoreTopUp
import dev.farthing.SupportFile
import dev.farthing.SyncReport
import dev.farthing.SyncState
import dev.farthing.Tab
import dev.farthing.TabState
import dev.farthing.Tip
import dev.farthing.TopUp
import dev.farthing.TopUpAdvice
import dev.farthing.TopUpState
import dev.farthing.WalletEvent
import dev.farthing.WalletException
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.time.Duration

// What the wallet answers, as the table writes it.

internal fun JsonElement.text(): String? = (this as? JsonPrimitive)?.takeIf { it.isString }?.content

internal fun <T> answersOf(
    values: List<T>,
    answer: (T) -> JsonElement,
): JsonElement = JsonArray(values.map(answer))

internal fun answerOf(balance: Balance): JsonElement =
    JsonObject(
        balance.currencies.associate {
            it.total.currency to
                members("total" to it.total, "offline_spendable" to it.offlineSpendable, "pending" to it.pending)
        },
    )

internal fun answerOf(topUp: StoreTopUp): JsonElement =
    members("amount" to topUp.amount, "is_credited" to topUp.isCredited)

internal fun answerOf(limits: Limits): JsonElement =
    members(
        "has_guardian" to limits.hasGuardian,
        "limits" to
            answersOf(limits.limits) { line ->
                members(
                    "currency" to line.currency,
                    "player" to answerOf(line.player),
                    "guardian" to answerOf(line.guardian),
                    "used" to
                        answersOf(line.used) {
                            members("period" to it.period, "limit" to it.limit, "used" to it.used)
                        },
                )
            },
    )

private fun answerOf(limits: SpendingLimits): JsonElement {
    fun text(amount: Money?): Any = amount ?: JsonNull
    return members(
        "purchase" to text(limits.purchase),
        "day" to text(limits.day),
        "week" to text(limits.week),
        "month" to text(limits.month),
        "ask_above" to text(limits.askAbove),
    )
}

internal fun answerOf(pass: Pass): JsonElement =
    members(
        "sku" to pass.sku,
        "state" to pass.state,
        "seconds" to Duration.between(pass.startsAt, pass.endsAt).toSeconds(),
        "grace_seconds" to Duration.between(pass.endsAt, pass.graceEndsAt).toSeconds(),
        "renewal" to (pass.renewal ?: JsonNull),
    )

internal fun answerOf(approval: Approval): JsonElement =
    members(
        "id" to approval.id,
        "sku" to approval.sku,
        "quantity" to approval.quantity,
        "total" to approval.total,
        "state" to approval.state,
    )

internal fun answerOf(catalog: Catalog): JsonElement =
    members(
        "merchant" to catalog.merchant,
        "version" to catalog.version,
        "currencies" to
            answersOf(catalog.currencies) {
                members("code" to it.code, "exponent" to it.exponent, "title" to it.title)
            },
        "items" to
            answersOf(catalog.items) {
                members(
                    "sku" to it.sku,
                    "title" to it.title,
                    "description" to it.description,
                    "price" to it.price,
                    "prices" to answersOf(it.prices) { other -> JsonPrimitive(other.price.toString()) },
                    "kind" to it.kind,
                    "credits" to (it.credits ?: JsonNull),
                    "contents" to
                        answersOf(it.contents) { part ->
                            members("sku" to part.sku, "quantity" to part.quantity)
                        },
                )
            },
    )

internal fun answerOf(purchase: Purchase): JsonElement =
    members(
        "id" to purchase.id,
        "kind" to purchase.kind,
        "sku" to purchase.sku,
        "quantity" to purchase.quantity,
        "total" to purchase.total,
        "tip" to (purchase.tip?.let(::answerOf) ?: JsonNull),
        "is_from_another_device" to purchase.isFromAnotherDevice,
        "state" to
            when (val state = purchase.state) {
                PurchaseState.Granted, PurchaseState.Settling -> {
                    named(state)
                }

                is PurchaseState.Settled -> {
                    named(state, "split" to answerOf(state.split))
                }

                is PurchaseState.Refunded -> {
                    named(
                        state,
                        "split" to answerOf(state.split),
                        "amount" to state.amount,
                        "quantity" to state.quantity,
                    )
                }

                is PurchaseState.Rejected -> {
                    named(state, "reason" to state.reason)
                }
            },
    )

private fun answerOf(tip: Tip): JsonElement = members("creator" to tip.creator, "message" to (tip.message ?: JsonNull))

internal fun answerOf(creator: Creator): JsonElement = members("id" to creator.id, "name" to creator.name)

private fun answerOf(split: Split): JsonElement =
    members("processor" to split.processor, "platform" to split.platform, "developer" to split.developer)

internal fun answerOf(file: SupportFile): JsonElement = members("name" to file.name, "content" to file.content)

internal fun answerOf(card: Card): JsonElement =
    members(
        "id" to card.id,
        "brand" to card.brand,
        "last_four" to card.lastFour,
        "expiry_month" to card.expiryMonth,
        "expiry_year" to card.expiryYear,
        "state" to card.state,
    )

internal fun answerOf(topUp: TopUp): JsonElement =
    members(
        "id" to topUp.id,
        "amount" to topUp.amount,
        "card" to topUp.card,
        "state" to
            when (val state = topUp.state) {
                TopUpState.Created, TopUpState.Processing, TopUpState.Succeeded -> named(state)
                is TopUpState.RequiresAction -> named(state, "url" to state.url)
                is TopUpState.Failed -> named(state, "code" to state.code)
                is TopUpState.Disputed -> named(state, "held" to state.held)
                is TopUpState.ChargedBack -> named(state, "amount" to state.amount)
            },
        "is_automatic" to topUp.isAutomatic,
    )

internal fun answerOf(consent: AutoTopUpConsent): JsonElement =
    members(
        "below" to consent.setting.below,
        "amount" to consent.setting.amount,
        "card" to consent.setting.card,
        "monthly_cap" to consent.setting.monthlyCap,
        "charged_this_month" to consent.chargedThisMonth,
        "pause" to (consent.pause ?: JsonNull),
        "waits" to (consent.waitsUntil != null),
    )

internal fun answerOf(tab: Tab): JsonElement =
    members(
        "id" to tab.id,
        "limit" to tab.limit,
        "card" to tab.card,
        "owed" to tab.owed,
        "state" to
            when (val state = tab.state) {
                TabState.Created, TabState.Processing, TabState.Open, TabState.Closing -> named(state)
                is TabState.RequiresAction -> named(state, "url" to state.url)
                is TabState.Closed -> named(state, "charged" to state.charged)
                is TabState.Failed -> named(state, "code" to state.code)
                is TabState.Disputed -> named(state, "held" to state.held)
                is TabState.ChargedBack -> named(state, "amount" to state.amount)
            },
    )

internal fun answerOf(advice: TopUpAdvice): JsonElement =
    members("amount" to advice.amount, "fee" to advice.fee, "fee_per_million" to advice.feePerMillion)

internal fun answerOf(report: SyncReport): JsonElement =
    members(
        "settled" to report.settled,
        "rejected" to report.rejected,
        "waiting" to report.waiting,
        "balance" to answerOf(report.balance),
    )

internal fun answerOf(state: SyncState): JsonElement =
    when (state) {
        SyncState.Idle, SyncState.Running -> named(state)
        is SyncState.Waiting -> named(state, "attempt" to state.attempt, "error" to answerOf(state.error))
        is SyncState.Stopped -> named(state, "error" to answerOf(state.error))
    }

internal fun answerOf(event: WalletEvent): JsonElement =
    when (event) {
        is WalletEvent.Purchased -> {
            named(event, "purchase" to event.purchase, "sku" to event.sku)
        }

        is WalletEvent.Settled -> {
            named(event, "purchase" to event.purchase)
        }

        is WalletEvent.Rejected -> {
            named(
                event,
                "purchase" to event.purchase,
                "sku" to event.sku,
                "reason" to event.reason,
                "revoked" to event.revoked,
            )
        }

        is WalletEvent.PurchaseRefunded -> {
            named(
                event,
                "purchase" to event.purchase,
                "sku" to event.sku,
                "amount" to event.amount,
                "quantity" to event.quantity,
                "revoked" to event.revoked,
            )
        }

        is WalletEvent.PurchasesArrived -> {
            named(event, "count" to event.count)
        }

        is WalletEvent.UsageNearLimit -> {
            named(event, "sku" to event.sku, "spent" to event.spent, "limit" to event.limit)
        }

        is WalletEvent.PassEnding -> {
            named(event, "sku" to event.sku, "renewal" to (event.renewal ?: JsonNull))
        }

        is WalletEvent.PassNotRenewed -> {
            named(event, "sku" to event.sku, "error" to (event.error?.let(::answerOf) ?: JsonNull))
        }

        is WalletEvent.PassEnded -> {
            named(event, "sku" to event.sku)
        }

        is WalletEvent.BalanceChanged -> {
            named(event, "balance" to answerOf(event.balance))
        }

        is WalletEvent.CatalogChanged -> {
            named(event, "version" to event.version)
        }

        is WalletEvent.TopUpChanged -> {
            named(event, "top_up" to answerOf(event.topUp))
        }

        is WalletEvent.AutoTopUpPaused -> {
            named(event, "reason" to event.reason)
        }

        is WalletEvent.TabChanged -> {
            named(event, "tab" to answerOf(event.tab))
        }

        is WalletEvent.Frozen -> {
            named(event, "fork_seq" to event.forkSeq)
        }

        is WalletEvent.SyncChanged -> {
            named(event, "state" to answerOf(event.state))
        }
    }

internal fun answerOf(error: WalletException): JsonElement {
    val data =
        when (error) {
            is WalletException.InsufficientFunds -> {
                listOf("available" to error.available, "needed" to error.needed)
            }

            is WalletException.OfflineLimitReached -> {
                listOf("limit" to error.limit, "remaining" to error.remaining)
            }

            is WalletException.SpendingLimitReached -> {
                listOf("period" to error.period, "limit" to error.limit, "remaining" to error.remaining)
            }

            is WalletException.ApprovalRequired -> {
                listOf("approval" to error.approval, "sku" to error.sku, "total" to error.total)
            }

            is WalletException.UsageCapReached -> {
                listOf("sku" to error.sku, "cap" to error.cap)
            }

            is WalletException.UnknownItem -> {
                listOf("sku" to error.sku)
            }

            is WalletException.AlreadyOwned -> {
                listOf("sku" to error.sku)
            }

            is WalletException.InsufficientItems -> {
                listOf("sku" to error.sku, "owned" to error.owned, "needed" to error.needed)
            }

            is WalletException.QueueFull -> {
                listOf("limit" to error.limit)
            }

            is WalletException.CardInvalid -> {
                listOf("field" to error.field)
            }

            is WalletException.CardDeclined -> {
                listOf("code" to error.code, "top_up" to error.topUp)
            }

            is WalletException.TopUpCapReached -> {
                listOf("cap" to error.cap, "most" to error.most, "room" to error.room)
            }

            is WalletException.AgeRestricted -> {
                listOf("needs_guardian" to error.needsGuardian)
            }

            is WalletException.Offline -> {
                listOf("operation" to error.operation)
            }

            is WalletException.DeviceFrozen -> {
                listOf("fork_seq" to error.forkSeq)
            }

            is WalletException.UnsettledEntries -> {
                listOf("count" to error.count)
            }

            is WalletException.InvalidArgument -> {
                listOf("field" to error.field, "reason" to error.reason)
            }

            else -> {
                emptyList()
            }
        }
    val common = listOf("transient" to error.isTransient, "message" to error.message.orEmpty())
    return named(error, *(data + common).toTypedArray())
}

/** Data with the name of its class. */
private fun named(
    value: Any,
    vararg data: Pair<String, Any>,
): JsonElement = members("is" to snake(value.javaClass.simpleName), *data)

/** Amounts and other words become text. */
private fun members(vararg members: Pair<String, Any>): JsonElement =
    JsonObject(
        members.associate { (name, value) ->
            name to
                when (value) {
                    is JsonElement -> value
                    is Number -> JsonPrimitive(value)
                    is Boolean -> JsonPrimitive(value)
                    is Enum<*> -> JsonPrimitive(value.name.lowercase())
                    else -> JsonPrimitive(value.toString())
                }
        },
    )

/** `WrongPrice` is `wrong_price`. */
private fun snake(name: String): String = name.replace(Regex("(?<=.)(?=[A-Z])"), "_").lowercase()

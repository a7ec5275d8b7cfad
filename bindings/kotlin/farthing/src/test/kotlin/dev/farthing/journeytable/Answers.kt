package dev.farthing.journeytable

import dev.farthing.Balance
import dev.farthing.Card
import dev.farthing.Catalog
import dev.farthing.Purchase
import dev.farthing.PurchaseState
import dev.farthing.SyncReport
import dev.farthing.SyncState
import dev.farthing.TopUp
import dev.farthing.TopUpState
import dev.farthing.WalletEvent
import dev.farthing.WalletException
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

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

internal fun answerOf(catalog: Catalog): JsonElement =
    members(
        "merchant" to catalog.merchant,
        "version" to catalog.version,
        "items" to
            answersOf(catalog.items) {
                members(
                    "sku" to it.sku,
                    "title" to it.title,
                    "description" to it.description,
                    "price" to it.price,
                    "kind" to it.kind,
                )
            },
    )

internal fun answerOf(purchase: Purchase): JsonElement =
    members(
        "id" to purchase.id,
        "sku" to purchase.sku,
        "quantity" to purchase.quantity,
        "total" to purchase.total,
        "state" to
            when (val state = purchase.state) {
                PurchaseState.Granted, PurchaseState.Settling -> {
                    named(state)
                }

                is PurchaseState.Settled -> {
                    val (processor, platform, developer) = state.split
                    val split = members("processor" to processor, "platform" to platform, "developer" to developer)
                    named(state, "split" to split)
                }

                is PurchaseState.Rejected -> {
                    named(state, "reason" to state.reason)
                }
            },
    )

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
            },
    )

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

        is WalletEvent.BalanceChanged -> {
            named(event, "balance" to answerOf(event.balance))
        }

        is WalletEvent.CatalogChanged -> {
            named(event, "version" to event.version)
        }

        is WalletEvent.TopUpChanged -> {
            named(event, "top_up" to answerOf(event.topUp))
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
                listOf("limit" to error.limit)
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

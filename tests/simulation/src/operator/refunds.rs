//! The merchant gives money back.

use farthing_protocol::{EntryId, Money};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::Operator;
use crate::Violation;

/// What the merchant gives back of a purchase.
pub(crate) struct MerchantRefund {
    pub(crate) purchase: EntryId,
    /// All that is left where it is not said.
    pub(crate) amount: Option<Money>,
    pub(crate) quantity: Option<u32>,
}

/// What became of a merchant's refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refunded {
    /// So much went back, and so many items are to be taken.
    Yes {
        amount: Money,
        quantity: u32,
    },
    No,
    Unknown,
}

enum Answer {
    Given(Given),
    Refused,
}

#[derive(Deserialize)]
struct Given {
    id: String,
    amount: Money,
    quantity: u32,
}

impl Answer {
    fn refunded(self) -> Refunded {
        match self {
            Answer::Given(Given { amount, quantity, .. }) => Refunded::Yes { amount, quantity },
            Answer::Refused => Refunded::No,
        }
    }
}

impl Operator {
    /// The merchant gives money back; with `again`, asks for it once more under its key.
    pub(crate) async fn refund(&mut self, wish: &MerchantRefund, again: bool) -> Result<Refunded, Violation> {
        self.refunds += 1;
        let first = self.ask_for_refund(wish).await;
        if !again {
            return Ok(first.map_or(Refunded::Unknown, Answer::refunded));
        }
        let second = self.ask_for_refund(wish).await;
        if let (Some(Answer::Given(first)), Some(Answer::Given(second))) = (&first, &second)
            && first.id != second.id
        {
            return Err(Violation::new("a merchant who asks again for a refund gives another"));
        }
        Ok(match (first, second) {
            (Some(Answer::Given(given)), _) | (_, Some(Answer::Given(given))) => Answer::Given(given).refunded(),
            (Some(Answer::Refused), Some(Answer::Refused)) => Refunded::No,
            _ => Refunded::Unknown,
        })
    }

    /// One request; nothing where its answer leaves open what became of it.
    async fn ask_for_refund(&self, wish: &MerchantRefund) -> Option<Answer> {
        let MerchantRefund { purchase, amount, quantity } = wish;
        let mut body = json!({ "purchase": purchase, "reason": "as a courtesy" });
        if let Some(amount) = amount {
            body["amount"] = json!(amount);
        }
        if let Some(quantity) = quantity {
            body["quantity"] = json!(quantity);
        }
        let key = format!("merchant-{}", self.refunds);
        let answer = self.back_end().ask(Method::POST, "/v1/refunds", Some(&key), &body).await?;
        self.coverage.add(format!("merchant's refund: {}", answer.status().as_u16()));
        match answer.status() {
            StatusCode::CREATED => serde_json::from_slice(answer.body()).ok().map(Answer::Given),
            status if status.is_client_error() => Some(Answer::Refused),
            _ => None,
        }
    }
}

use farthing_protocol::api::AccountPurchasesResponse;
use farthing_protocol::limits::ACCOUNT_PURCHASES_MAX;
use farthing_protocol::{Bytes, Receipt, RefundReceipt, Verified};

use super::session::{Outgoing, read};
use super::{GatewayError, Session, Trust};
use crate::state::Enrolment;

/// Characters of a cursor: more is none, and does not fit into an address.
const CURSOR_LENGTH_MAX: usize = 4_096;

/// What other devices of the account have bought, its signatures checked.
pub(crate) struct PurchasesElsewhere {
    pub(crate) purchases: Vec<PurchaseElsewhere>,
    pub(crate) next: Option<String>,
    pub(crate) has_more: bool,
}

pub(crate) struct PurchaseElsewhere {
    pub(crate) receipt: Receipt,
    /// The receipt's payload.
    pub(crate) payload: Bytes,
    /// The signed receipts of its refunds, and what they say.
    pub(crate) refunds: Vec<(String, RefundReceipt)>,
}

impl Session {
    /// What the account's other devices have bought after a place, the first of it.
    pub(crate) async fn purchases_elsewhere(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        after: Option<&str>,
    ) -> Result<PurchasesElsewhere, GatewayError> {
        let request = Outgoing::get(format!("v1/account/purchases/{}", after.unwrap_or("0")));
        let answer: AccountPurchasesResponse = read(&self.authorised(enrolment.device, &request).await?)?;
        let AccountPurchasesResponse { purchases: signed, next, has_more } = answer;
        // The cursor goes into the address of the next request.
        let is_cursor = |next: &String| {
            let fits = (1..=CURSOR_LENGTH_MAX).contains(&next.len());
            fits && next.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let goes_on = next.as_ref().is_some_and(is_cursor) && (!has_more || !signed.is_empty());
        let is_nothing = next.is_none() && !has_more && signed.is_empty();
        if !(goes_on || is_nothing) || signed.len() > ACCOUNT_PURCHASES_MAX as usize {
            return Err(GatewayError::NotTrusted("its purchases of other devices lead nowhere".into()));
        }
        let mut purchases = Vec::with_capacity(signed.len());
        for purchase in signed {
            let Verified { document: receipt, payload } = trust.open::<Receipt>(self, &purchase.receipt).await?;
            let fits = receipt.sub == enrolment.account
                && receipt.device != enrolment.device
                && receipt.split.total() == Ok(receipt.total);
            if !fits {
                return Err(GatewayError::NotTrusted("a receipt is of no other device of the account".into()));
            }
            let mut refunds = Vec::with_capacity(purchase.refunds.len());
            for token in purchase.refunds {
                let refund = trust.open::<RefundReceipt>(self, &token).await?.document;
                if refund.sub != enrolment.account || refund.purchase != receipt.jti {
                    return Err(GatewayError::NotTrusted("a refund is of another purchase".into()));
                }
                refunds.push((token, refund));
            }
            purchases.push(PurchaseElsewhere { receipt, payload: Bytes(payload), refunds });
        }
        Ok(PurchasesElsewhere { purchases, next, has_more })
    }
}

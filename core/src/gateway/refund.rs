use farthing_protocol::api::{RefundReceiptResponse, RefundReceiptsResponse};
use farthing_protocol::{EntryId, RefundReceipt};

use super::session::{Outgoing, read};
use super::{GatewayError, Session, Trust};
use crate::state::Enrolment;

impl Session {
    /// Has an unused purchase refunded. Asked again, the gateway answers the same.
    pub(crate) async fn refund(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        purchase: EntryId,
    ) -> Result<RefundReceipt, GatewayError> {
        let request = Outgoing::post_nothing(format!("v1/purchases/{purchase}/refund"));
        let answer: RefundReceiptResponse = read(&self.authorised(enrolment.device, &request).await?)?;
        let receipt = trust.open::<RefundReceipt>(self, &answer.receipt).await;
        // To verify it may take another request, whose failure says nothing of the first.
        let receipt = receipt.map_err(|error| GatewayError::Again(Box::new(error)))?.document;
        if receipt.sub == enrolment.account && receipt.purchase == purchase {
            Ok(receipt)
        } else {
            Err(GatewayError::NotTrusted("it answered with another refund".into()))
        }
    }

    /// The account's refunds that follow a number: the signed receipts, and what they say.
    pub(crate) async fn refunds(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        after: u64,
    ) -> Result<Vec<(String, RefundReceipt)>, GatewayError> {
        let request = Outgoing::get(format!("v1/account/refunds/{after}"));
        let answer: RefundReceiptsResponse = read(&self.authorised(enrolment.device, &request).await?)?;
        let mut refunds = Vec::with_capacity(answer.receipts.len());
        for token in answer.receipts {
            let receipt = trust.open::<RefundReceipt>(self, &token).await?.document;
            if receipt.sub != enrolment.account {
                return Err(GatewayError::NotTrusted("the refund is another account's".into()));
            }
            refunds.push((token, receipt));
        }
        Ok(refunds)
    }
}

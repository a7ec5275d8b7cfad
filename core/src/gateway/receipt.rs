use farthing_protocol::api::ReceiptResponse;
use farthing_protocol::{EntryId, Receipt, Verified};

use super::session::{Outgoing, read};
use super::{GatewayError, Session, Trust};
use crate::state::Enrolment;

impl Session {
    /// The signed receipt of a purchase: the compact JWS, and what it says.
    pub(crate) async fn receipt(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        purchase: EntryId,
    ) -> Result<(String, Verified<Receipt>), GatewayError> {
        let request = Outgoing::get(format!("v1/receipts/{purchase}"));
        let answer: ReceiptResponse = read(&self.authorised(enrolment.device, &request).await?)?;
        let verified = trust.open::<Receipt>(self, &answer.receipt).await?;
        Ok((answer.receipt, verified))
    }
}

use farthing_protocol::api::{BatchRequest, BatchResponse};
use farthing_protocol::{Allowance, BatchClaims, Bytes, EncodedEntry, Settlement, Unsigned};

use super::session::{Outgoing, read};
use super::{GatewayError, Session, Trust};
use crate::WalletError;
use crate::state::Enrolment;

/// The gateway's answer to a batch, its signatures checked.
pub(crate) struct VerifiedBatchAnswer {
    pub(crate) settlement: Settlement,
    pub(crate) receipts: Vec<Bytes>,
    pub(crate) allowances: Vec<Allowance>,
}

impl Session {
    /// Sends consecutive entries under one signature.
    pub(crate) async fn upload(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        entries: &[EncodedEntry],
    ) -> Result<VerifiedBatchAnswer, GatewayError> {
        let (first, last) = match entries {
            [] => return Err(GatewayError::Wallet(WalletError::internal("an empty batch"))),
            [only] => (only, only),
            [first, .., last] => (first, last),
        };
        let claims = BatchClaims {
            device: enrolment.device,
            epoch: enrolment.epoch,
            first_seq: first.entry().seq,
            last_seq: last.entry().seq,
            head: last.hash(),
        };
        let unsigned = Unsigned::new(&claims, self.public_key().await?.thumbprint())?;
        let signature = self.sign(unsigned.signing_input()).await?;
        let batch = unsigned.with_signature(&signature);
        let entries = entries.iter().map(|entry| Bytes(entry.bytes().to_vec())).collect();
        let request = Outgoing::post("v1/journal", &BatchRequest { batch, entries })?;
        let answer: BatchResponse = read(&self.authorised(enrolment.device, &request).await?)?;
        let settlement = trust.open::<Settlement>(self, &answer.settlement).await?.document;
        self.check_statement(enrolment, &settlement.statement)?;
        let allowances = self.verify_allowances(trust, enrolment, &answer.allowances).await?;
        Ok(VerifiedBatchAnswer { settlement, receipts: answer.receipts, allowances })
    }
}

use farthing_protocol::api::{TopUpRequest, TopUpResponse, TopUpState};
use farthing_protocol::{TopUpId, TopUpStatement};

use super::session::{IDEMPOTENCY_KEY, Outgoing, header_value, read};
use super::{GatewayError, Session, Trust};
use crate::state::Enrolment;

impl Session {
    /// Charges a card, once for each idempotency key. Asked again, it says how far the charge is. What it says is signed.
    pub(crate) async fn create_top_up(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        idempotency_key: TopUpId,
        request: &TopUpRequest,
    ) -> Result<TopUpState, GatewayError> {
        let key = header_value(idempotency_key.to_string())?;
        let outgoing = Outgoing::post("v1/top-ups", request)?.header(IDEMPOTENCY_KEY, key);
        let answer: TopUpResponse = read(&self.authorised(enrolment.device, &outgoing).await?)?;
        let statement = trust.open::<TopUpStatement>(self, &answer.statement).await;
        // To verify it may take another request, whose failure says nothing of the first.
        let statement = statement.map_err(|error| GatewayError::Again(Box::new(error)))?.document;
        let fits = statement.account == enrolment.account
            && statement.idempotency_key.as_str() == idempotency_key.to_string()
            && statement.amount == request.amount;
        if !fits {
            return Err(GatewayError::NotTrusted("it answered with another top-up".into()));
        }
        Ok(statement.state)
    }
}

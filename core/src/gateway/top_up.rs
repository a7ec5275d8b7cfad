use farthing_protocol::TopUpId;
use farthing_protocol::api::{TopUpRequest, TopUpResponse};

use super::session::{IDEMPOTENCY_KEY, Outgoing, header_value, read};
use super::{GatewayError, Session};
use crate::state::Enrolment;

impl Session {
    /// Charges a card, once for each idempotency key. Asked again, it says how far the charge is.
    pub(crate) async fn create_top_up(
        &self,
        enrolment: &Enrolment,
        idempotency_key: TopUpId,
        request: &TopUpRequest,
    ) -> Result<TopUpResponse, GatewayError> {
        let key = header_value(idempotency_key.to_string())?;
        let request = Outgoing::post("v1/top-ups", request)?.header(IDEMPOTENCY_KEY, key);
        read(&self.authorised(enrolment.device, &request).await?)
    }
}

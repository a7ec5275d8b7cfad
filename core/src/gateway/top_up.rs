use farthing_protocol::api::{TopUpRequest, TopUpState};
use farthing_protocol::{Money, StorePurchase, TopUpId, TopUpStatement};

use super::session::{IDEMPOTENCY_KEY, Outgoing, SignedAnswer, header_value, read};
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
        let name = idempotency_key.to_string();
        let key = header_value(name.clone())?;
        let outgoing = Outgoing::post("v1/top-ups", request)?.header(IDEMPOTENCY_KEY, key);
        let statement = self.top_up_statement(trust, enrolment, &outgoing, &name).await?;
        if statement.amount == request.amount { Ok(statement.state) } else { Err(another_top_up()) }
    }

    /// Hands over what a store has sold. It credits once; asked again, the gateway says how far it is, signed.
    pub(crate) async fn top_up_from_store(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        purchase: &StorePurchase,
    ) -> Result<(Money, TopUpState), GatewayError> {
        let outgoing = Outgoing::post("v1/store-top-ups", purchase)?;
        let statement = self.top_up_statement(trust, enrolment, &outgoing, &purchase.key().to_string()).await?;
        Ok((statement.amount, statement.state))
    }

    /// What the gateway has signed of a top-up that was asked for under a name.
    async fn top_up_statement(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        outgoing: &Outgoing,
        name: &str,
    ) -> Result<TopUpStatement, GatewayError> {
        let answer: SignedAnswer = read(&self.authorised(enrolment.device, outgoing).await?)?;
        let statement = trust.open::<TopUpStatement>(self, &answer.statement).await;
        // To verify it may take another request, whose failure says nothing of the first.
        let statement = statement.map_err(|error| GatewayError::Again(Box::new(error)))?.document;
        let fits = statement.account == enrolment.account && statement.idempotency_key.as_str() == name;
        if fits { Ok(statement) } else { Err(another_top_up()) }
    }
}

fn another_top_up() -> GatewayError {
    GatewayError::NotTrusted("it answered with another top-up".into())
}

use farthing_protocol::api::TabRequest;
use farthing_protocol::{TabId, TabStatement};

use super::session::{IDEMPOTENCY_KEY, Outgoing, SignedAnswer, header_value, read};
use super::{GatewayError, Session, Trust};
use crate::state::Enrolment;
use crate::tab::{KeptTab, Question};

impl Session {
    /// Asks for a tab, or of it; asked again, the gateway answers how far it is. What it says is signed.
    pub(crate) async fn tab(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        tab: &KeptTab,
    ) -> Result<TabStatement, GatewayError> {
        let key = tab.id.to_string();
        let outgoing = match tab.question() {
            Question::Open => {
                let request = TabRequest { limit: tab.limit, card: tab.card };
                Outgoing::post("v1/tabs", &request)?.header(IDEMPOTENCY_KEY, header_value(key.clone())?)
            }
            Question::Show(name) => Outgoing::get(path(name)),
            Question::Close(name) => Outgoing::post_nothing(path(name) + "/close"),
        };
        let answer: SignedAnswer = read(&self.authorised(enrolment.device, &outgoing).await?)?;
        let statement = trust.open::<TabStatement>(self, &answer.statement).await;
        // To verify it may take another request, whose failure says nothing of the first.
        let statement = statement.map_err(|error| GatewayError::Again(Box::new(error)))?.document;
        let fits = statement.account == enrolment.account
            && statement.idempotency_key.as_str() == key
            && statement.limit == tab.limit;
        if fits { Ok(statement) } else { Err(GatewayError::NotTrusted("it answered with another tab".into())) }
    }
}

fn path(name: TabId) -> String {
    format!("v1/tabs/{name}")
}

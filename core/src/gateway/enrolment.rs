use std::sync::Arc;

use farthing_protocol::api::{EnrolmentRequest, EnrolmentResponse};
use farthing_protocol::{KeySet, Statement};

use super::session::{Outgoing, read};
use super::{GatewayError, Session, Trust};
use crate::state::Enrolment;

/// What a new device gets.
pub(crate) struct VerifiedEnrolment {
    pub(crate) enrolment: Enrolment,
    pub(crate) key_set: Arc<KeySet>,
    pub(crate) statement: Statement,
}

impl Session {
    /// Asks for an account. With a key that was enrolled before, this is the same device again.
    pub(crate) async fn enrol(
        &self,
        trust: &Trust,
        request: &EnrolmentRequest,
    ) -> Result<VerifiedEnrolment, GatewayError> {
        let answer = self.proven(&Outgoing::post("v1/enrolments", request)?).await?;
        let answer: EnrolmentResponse = read(&answer)?;
        let key_set = trust.accept(&answer.key_set)?;
        let statement = key_set.open::<Statement>(&answer.statement)?.document;
        let enrolment = Enrolment { device: answer.device, account: answer.account, epoch: answer.epoch };
        let fits = statement.device == enrolment.device
            && statement.account == enrolment.account
            && statement.key == Some(self.public_key().await?.thumbprint())
            && statement.journal.epoch == enrolment.epoch;
        if !fits {
            return Err(GatewayError::NotTrusted("it answered with the enrolment of another device".into()));
        }
        Ok(VerifiedEnrolment { enrolment, key_set, statement })
    }
}

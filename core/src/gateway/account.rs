use farthing_protocol::api::{AccountResponse, AllowanceRequest, HeldAllowance};
use farthing_protocol::{Allowance, Money, Statement};

use super::session::{Outgoing, read};
use super::{GatewayError, Session, Trust};
use crate::state::Enrolment;

/// How the account stands, and what this device may spend.
pub(crate) struct VerifiedAccount {
    pub(crate) statement: Statement,
    pub(crate) allowances: Vec<Allowance>,
    /// How far other devices have settled. It is not signed: what they bought is.
    pub(crate) purchases: Option<String>,
}

impl Session {
    /// How the account stands.
    pub(crate) async fn account(&self, trust: &Trust, enrolment: &Enrolment) -> Result<VerifiedAccount, GatewayError> {
        let answer = self.authorised(enrolment.device, &Outgoing::get("v1/account")).await?;
        self.verify_account(trust, enrolment, read(&answer)?).await
    }

    /// Asks for an allowance to be made up to the usual reserve, or so far that `needed` fits; says what it `holds`.
    pub(crate) async fn raise_allowance(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        needed: Option<Money>,
        holds: Vec<HeldAllowance>,
    ) -> Result<VerifiedAccount, GatewayError> {
        let request = Outgoing::post("v1/allowances", &AllowanceRequest { needed, holds })?;
        let answer = self.authorised(enrolment.device, &request).await?;
        self.verify_account(trust, enrolment, read(&answer)?).await
    }

    async fn verify_account(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        answer: AccountResponse,
    ) -> Result<VerifiedAccount, GatewayError> {
        let statement = trust.open::<Statement>(self, &answer.statement).await?.document;
        self.check_statement(enrolment, &statement)?;
        let allowances = self.verify_allowances(trust, enrolment, &answer.allowances).await?;
        Ok(VerifiedAccount { statement, allowances, purchases: answer.purchases })
    }

    pub(super) fn check_statement(&self, enrolment: &Enrolment, statement: &Statement) -> Result<(), GatewayError> {
        let fits = statement.account == enrolment.account
            && statement.device == enrolment.device
            && statement.journal.epoch == enrolment.epoch;
        if fits { Ok(()) } else { Err(GatewayError::NotTrusted("the statement is for another device".into())) }
    }

    pub(super) async fn verify_allowances(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        tokens: &[String],
    ) -> Result<Vec<Allowance>, GatewayError> {
        let key = self.public_key().await?.thumbprint();
        let mut allowances = Vec::with_capacity(tokens.len());
        for token in tokens {
            let allowance = trust.open::<Allowance>(self, token).await?.document;
            let fits = allowance.account == enrolment.account
                && allowance.device == enrolment.device
                && allowance.key == key
                && allowance.epoch == enrolment.epoch
                && allowance.purchase_max.currency() == allowance.limit.currency()
                && allowance.spending.as_ref().is_none_or(|spending| spending.is_in(allowance.limit.currency()));
            if !fits {
                return Err(GatewayError::NotTrusted("the allowance is for another device".into()));
            }
            allowances.push(allowance);
        }
        Ok(allowances)
    }
}

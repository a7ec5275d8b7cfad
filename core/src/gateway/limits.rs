use farthing_protocol::ApprovalId;
use farthing_protocol::api::{
    ApprovalAnswer, ApprovalRecord, ApprovalRequest, ApprovalsResponse, LimitsRequest, LimitsResponse,
};

use super::session::{Outgoing, read};
use super::{GatewayError, Session};
use crate::state::Enrolment;

impl Session {
    /// What limits the account's spending.
    pub(crate) async fn limits(&self, enrolment: &Enrolment) -> Result<LimitsResponse, GatewayError> {
        read(&self.authorised(enrolment.device, &Outgoing::get("v1/limits")).await?)
    }

    /// Limits the account's spending in one currency.
    pub(crate) async fn set_limits(
        &self,
        enrolment: &Enrolment,
        change: &LimitsRequest,
    ) -> Result<LimitsResponse, GatewayError> {
        read(&self.authorised(enrolment.device, &Outgoing::post("v1/limits", change)?).await?)
    }

    /// What a guardian was asked for.
    pub(crate) async fn approvals(&self, enrolment: &Enrolment) -> Result<Vec<ApprovalRecord>, GatewayError> {
        let answer = self.authorised(enrolment.device, &Outgoing::get("v1/approvals")).await?;
        read::<ApprovalsResponse>(&answer).map(|answer| answer.approvals)
    }

    /// Asks a guardian for a purchase.
    pub(crate) async fn ask_to_buy(
        &self,
        enrolment: &Enrolment,
        wish: &ApprovalRequest,
    ) -> Result<ApprovalRecord, GatewayError> {
        read(&self.authorised(enrolment.device, &Outgoing::post("v1/approvals", wish)?).await?)
    }

    /// Answers as a guardian.
    pub(crate) async fn answer_approval(
        &self,
        enrolment: &Enrolment,
        approval: ApprovalId,
        answer: &ApprovalAnswer,
    ) -> Result<ApprovalRecord, GatewayError> {
        let request = Outgoing::post(format!("v1/approvals/{approval}"), answer)?;
        read(&self.authorised(enrolment.device, &request).await?)
    }
}

//! What limits spending, and what a guardian is asked.

use farthing_protocol::ApprovalId;
use farthing_protocol::api::{ApprovalAnswer, ApprovalRecord, LimitsRequest, LimitsResponse};

use super::Wallet;
use crate::{WalletError, limits};

impl Wallet {
    /// What limits the player's spending: their own limits and a guardian's, how much of them is used, and what will
    /// change after the cooling-off. Without a connection it is what was said last.
    ///
    /// # Errors
    /// [`WalletError::Offline`] where the gateway was never asked, [`WalletError::GatewayUnavailable`],
    /// [`WalletError::GatewayNotTrusted`], [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn limits(&self) -> Result<LimitsResponse, WalletError> {
        let enrolment = self.parts.enrolment().await?;
        match self.parts.session.limits(&enrolment).await.map_err(|error| error.during("the limits")) {
            Ok(limits) => self.keep_limits(limits).await,
            Err(error @ WalletError::Offline { .. }) => self.parts.store.run(limits::known).await?.ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// Limits the player's spending in one currency, in place of what was set before. It needs a connection.
    ///
    /// Without a PIN these are the player's own: what is stricter holds at once, what is looser after a cooling-off. With
    /// a PIN they are a guardian's, and hold at once; the first PIN that is given is the guardian's from then on, and the
    /// wallet does not keep it. The stricter of the two counts. Other devices hear of it with their next sync.
    ///
    /// # Errors
    /// Nothing was changed then: [`WalletError::InvalidArgument`] for an amount or a PIN that is not accepted,
    /// [`WalletError::Offline`], [`WalletError::GatewayUnavailable`] (also where the PIN was wrong too often),
    /// [`WalletError::Refused`] where only a guardian may change when the days begin,
    /// [`WalletError::GatewayNotTrusted`], [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn set_limits(&self, change: LimitsRequest) -> Result<LimitsResponse, WalletError> {
        if !change.limits.is_in(change.currency) {
            return Err(WalletError::invalid("limits", "must be amounts of that currency, and none below zero"));
        }
        let enrolment = self.parts.enrolment().await?;
        let set = self.parts.session.set_limits(&enrolment, &change).await;
        let limits = set.map_err(|error| error.during("the limits"))?;
        if let Err(error) = self.parts.raise_allowance(None).await {
            // They hold at the gateway; the next sync brings them.
            tracing::info!(?error, "the allowance after new limits could not be fetched");
        }
        self.keep_limits(limits).await
    }

    async fn keep_limits(&self, limits: LimitsResponse) -> Result<LimitsResponse, WalletError> {
        self.parts.store.run(move |books| limits::keep(books, &limits).map(|()| limits)).await
    }

    /// What a guardian was asked for on any device of the player, the newest first, at most a hundred. It needs a
    /// connection.
    ///
    /// # Errors
    /// [`WalletError::Offline`], [`WalletError::GatewayUnavailable`], [`WalletError::GatewayNotTrusted`],
    /// [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn approvals(&self) -> Result<Vec<ApprovalRecord>, WalletError> {
        let enrolment = self.parts.enrolment().await?;
        self.parts.session.approvals(&enrolment).await.map_err(|error| error.during("the approvals"))
    }

    /// Answers, with the guardian's PIN, what was asked for on any device of the player. What is approved can be bought
    /// once, by the device that asked, within a day. The first answer stands; what is returned says how it stands.
    ///
    /// # Errors
    /// Nothing was changed then: [`WalletError::InvalidArgument`] for a PIN that is not the guardian's,
    /// [`WalletError::Refused`] where there is no such request, [`WalletError::Offline`],
    /// [`WalletError::GatewayUnavailable`] (also where the PIN was wrong too often),
    /// [`WalletError::GatewayNotTrusted`], [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn answer_approval(
        &self,
        approval: ApprovalId,
        approve: bool,
        pin: &str,
    ) -> Result<ApprovalRecord, WalletError> {
        let (enrolment, answer) = (self.parts.enrolment().await?, ApprovalAnswer { approve, pin: pin.to_owned() });
        let answered = self.parts.session.answer_approval(&enrolment, approval, &answer).await;
        answered.map_err(|error| error.during("the approval"))
    }
}

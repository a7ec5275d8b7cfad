use farthing_protocol::CardId;
use farthing_protocol::api::{Card, CardRequest, CardsResponse, PaymentMethodRequest};

use super::session::{Outgoing, read};
use super::{GatewayError, Session};
use crate::state::Enrolment;

/// A card that the vault does not have yet.
pub(crate) enum NewCard {
    Number(CardRequest),
    /// Its processor has the number.
    PaymentMethod(PaymentMethodRequest),
}

impl Session {
    /// Hands a card to the vault; gets the token that stands for it.
    pub(crate) async fn add_card(&self, enrolment: &Enrolment, card: NewCard) -> Result<Card, GatewayError> {
        let request = match card {
            NewCard::Number(card) => Outgoing::post("v1/cards", &card)?,
            NewCard::PaymentMethod(method) => Outgoing::post("v1/payment-methods", &method)?,
        };
        read(&self.authorised(enrolment.device, &request).await?)
    }

    /// The account's cards.
    pub(crate) async fn cards(&self, enrolment: &Enrolment) -> Result<Vec<Card>, GatewayError> {
        let answer: CardsResponse = read(&self.authorised(enrolment.device, &Outgoing::get("v1/cards")).await?)?;
        Ok(answer.cards)
    }

    /// Takes a card out of the vault.
    pub(crate) async fn remove_card(&self, enrolment: &Enrolment, card: CardId) -> Result<(), GatewayError> {
        let request = Outgoing::delete(format!("v1/cards/{card}"));
        self.authorised(enrolment.device, &request).await.map(|_| ())
    }
}

//! A player lets the wallet charge a card by itself, or no more, and what it does then is looked at.

use farthing_core::{AutoTopUp, Currency, Money};

use super::player::euro;
use super::{Phone, is_storage, name};
use crate::Violation;
use crate::plan::Consent;

impl Phone {
    /// Agrees to automatic top-ups from a card of a kind, or to none any more.
    pub(crate) async fn set_auto_top_up(&mut self, consent: Option<Consent>) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let setting = match consent {
            None => None,
            Some(Consent { card, below, amount, cap, euros }) => {
                let card = match self.card(&wallet, card).await {
                    Ok(card) => card.id,
                    Err(error) => {
                        self.check_failure(&error)?;
                        return Ok(format!("no card: {}", name(&error)));
                    }
                };
                let currency = if euros { euro()? } else { Currency::USD };
                let [below, amount, monthly_cap] =
                    [below, amount, cap].map(|cents| Money::from_micros(i64::from(cents) * 10_000, currency));
                Some(AutoTopUp { below, amount, card, monthly_cap })
            }
        };
        self.book.auto_top_ups.may_agree(setting);
        let set = wallet.set_auto_top_up(setting).await;
        let what = if setting.is_some() { "agree to top-ups" } else { "agree to top-ups no more" };
        let outcome = self.cover(what, set.as_ref().err());
        match set {
            Ok(consent) if consent.map(|consent| consent.setting) != setting => {
                return Err(Violation::new("something else was agreed to"));
            }
            Ok(_) => self.book.auto_top_ups.has_agreed(),
            Err(error) if is_storage(&error) => self.check_failure(&error)?,
            Err(error) => {
                self.check_failure(&error)?;
                self.book.auto_top_ups.has_not_agreed();
            }
        }
        Ok(outcome)
    }

    /// What the wallet has charged by itself is what the player agrees to.
    pub(crate) async fn look_at_auto_top_ups(&mut self) -> Result<(), Violation> {
        let Some(wallet) = self.wallet.clone().filter(|_| self.book.auto_top_ups.were_asked_for()) else {
            return Ok(());
        };
        if self.book.is_tampered {
            return Ok(());
        }
        let (shown, consent) = (wallet.top_ups().await, wallet.auto_top_up().await);
        match (shown, consent) {
            (Ok(shown), Ok(consent)) => {
                for news in self.book.auto_top_ups.check(&shown, consent.as_ref())? {
                    self.coverage.add(news);
                }
                Ok(())
            }
            (Err(error), _) | (_, Err(error)) if is_storage(&error) && self.is_faulty => Ok(()),
            (Err(error), _) | (_, Err(error)) => {
                Err(Violation::new(format!("automatic top-ups can't be read: {}", name(&error))))
            }
        }
    }
}

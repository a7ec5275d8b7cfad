//! Money that goes back: because the player asks for it, or as the merchant's courtesy.

use farthing_core::{Money, Purchase, PurchaseState};

use super::{Phone, own_purchases};
use crate::Violation;
use crate::operator::{MerchantRefund, Operator};
use crate::passes::is_pass;

impl Phone {
    /// Asks for the price of a purchase back.
    pub(crate) async fn refund(&mut self, which: usize) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let shown = own_purchases(&wallet).await.unwrap_or_default();
        let Some(purchase) = shown.get(which % shown.len().max(1)) else { return Ok("nothing was bought".into()) };
        self.book.passes.is_inexact |= is_pass(purchase);
        let refunded = wallet.refund(purchase.id).await;
        if refunded.as_ref().is_ok_and(is_pass) {
            self.coverage.add("a pass was given back");
        }
        if let Err(error) = &refunded {
            self.check_failure(error)?;
        }
        // It has synced, and may have heard of the gateway's time by that.
        self.heard = None;
        self.let_passes_be_tended().await;
        Ok(self.cover("refund", refunded.err().as_ref()))
    }

    /// Asks the merchant for a courtesy: so many quarters of the price of a settled purchase, or all that is left of it
    /// with none.
    pub(crate) async fn ask_merchant(
        &mut self,
        operator: &mut Operator,
        which: usize,
        (quarters, quantity): (u8, Option<u32>),
        again: bool,
    ) -> Result<String, Violation> {
        let Some(wallet) = self.open().await? else { return Ok("closed".into()) };
        let shown = own_purchases(&wallet).await.unwrap_or_default();
        let settled: Vec<&Purchase> = shown.iter().filter(|known| is_settled(known)).collect();
        let Some(purchase) = settled.get(which % settled.len().max(1)) else { return Ok("nothing is settled".into()) };
        let amount = (quarters > 0).then(|| part(purchase.total, quarters));
        let wish = MerchantRefund { purchase: purchase.id, amount, quantity };
        let became = operator.refund(&wish, again).await?;
        self.book.note_courtesy(purchase, &wish, became);
        Ok(format!("{became:?}"))
    }
}

fn is_settled(purchase: &Purchase) -> bool {
    matches!(purchase.state, PurchaseState::Settled { .. } | PurchaseState::Refunded { .. })
}

/// So many quarters of a price, at least a micro.
fn part(price: Money, quarters: u8) -> Money {
    Money::from_micros((price.micros() / 4 * i64::from(quarters)).max(1), price.currency())
}

//! What the player does, and what is noted of it.

use std::time::Duration;

use farthing_core::{
    Currency, Money, Purchase, PurchaseRequest, SyncReport, Timestamp, TipRequest, Wallet, WalletError,
};

use super::{Phone, UnderWay, first_word, is_storage, let_tasks_run};
use crate::Violation;
use crate::book::{Act, Known};
use crate::catalog::{CREATOR, SKUS};
use crate::passes::is_pass;
use crate::plan::CARDS;

/// As long as an allowance and a catalog of the sample policy are good.
const GOOD_FOR: Duration = Duration::from_secs(30 * 86_400);

impl Phone {
    /// Buys, once or again. `now` is the true time.
    pub(crate) async fn buy(
        &mut self,
        sku: usize,
        quantity: u32,
        again: bool,
        now: Timestamp,
    ) -> Result<String, Violation> {
        let Some(wallet) = self.open().await? else { return Ok("closed".into()) };
        let place = self.place(Act::Buy, sku, quantity, again);
        let (request, requests) = (self.request(place), self.link.requests());
        let bought = self.while_held(async move { wallet.buy(request).await }).await?;
        if self.link.requests() > requests {
            // It has asked for more, and heard of the gateway's time by that.
            self.heard = None;
        }
        let is_pass = bought.as_ref().is_ok_and(is_pass);
        let outcome = self.note_purchase(place, bought, again, now)?;
        if is_pass {
            if self.link.is_cut_off() {
                self.coverage.add("a pass was bought without a network");
            }
            self.let_passes_be_tended().await;
            self.look_back().await?;
        }
        Ok(outcome)
    }

    /// Tips, once or again.
    pub(crate) async fn tip(&mut self, cents: u32, again: bool, now: Timestamp) -> Result<String, Violation> {
        let Some(wallet) = self.open().await? else { return Ok("closed".into()) };
        let place = self.place(Act::Tip, cents as usize % SKUS.len(), cents, again);
        let (request, requests) = (self.tip_request(place)?, self.link.requests());
        let tipped = self.while_held(async move { wallet.tip(request).await }).await?;
        if self.link.requests() > requests {
            self.heard = None;
        }
        self.note_purchase(place, tipped, again, now)
    }

    pub(super) fn tip_request(&self, place: usize) -> Result<TipRequest, Violation> {
        let wish = &self.book.wishes[place];
        let amount = Money::from_micros(i64::from(wish.quantity) * 10_000 + 1, Currency::USD);
        let tip = TipRequest::new(CREATOR, amount).and_then(|tip| tip.message("bravo"));
        let tip = tip.map_err(|error| Violation::new(format!("no tip: {error}")))?;
        Ok(tip.idempotency_key(wish.key.clone()))
    }

    pub(super) fn request(&self, place: usize) -> PurchaseRequest {
        let wish = &self.book.wishes[place];
        PurchaseRequest::new(SKUS[wish.sku]).quantity(wish.quantity).idempotency_key(wish.key.clone())
    }

    /// The place of an action: of an earlier one when it is asked for again, or of a new one.
    fn place(&mut self, act: Act, sku: usize, quantity: u32, again: bool) -> usize {
        let wishes = self.book.wishes.iter().enumerate();
        let earlier: Vec<usize> = wishes.filter(|(_, wish)| wish.act == act).map(|(place, _)| place).collect();
        match earlier.len() {
            length if again && length > 0 => earlier[sku % length],
            _ => self.wish(act, sku, quantity),
        }
    }

    fn wish(&mut self, act: Act, sku: usize, quantity: u32) -> usize {
        let word = match act {
            Act::Buy => "tap",
            Act::Consume => "use",
            Act::Tip => "tip",
        };
        self.book.wish(&format!("{word}-{}-{}", self.number, self.generation), act, sku, quantity)
    }

    pub(super) fn note_purchase(
        &mut self,
        place: usize,
        bought: Result<Purchase, WalletError>,
        again: bool,
        now: Timestamp,
    ) -> Result<String, Violation> {
        let outcome = self.cover("buy", bought.as_ref().err());
        let (known, is_tampered) = (self.book.wishes[place].known, self.book.is_tampered);
        match bought {
            Ok(purchase) => {
                let made = Some((purchase.id, purchase.total));
                match known {
                    Known::Done(_) if known != Known::Done(made) && !is_tampered => {
                        return Err(Violation::new("a double tap made another purchase"));
                    }
                    // The first try may have bought it, in time.
                    Known::Unknown if again => {}
                    Known::Unknown | Known::NotDone => self.check_time(now)?,
                    Known::Done(_) => {}
                }
                self.book.done(place, made, again);
            }
            Err(WalletError::SyncRequired | WalletError::DeviceFrozen { .. } | WalletError::DeviceRevoked)
                if !is_tampered =>
            {
                return Err(Violation::new(format!("an honest wallet may not buy: {outcome}")));
            }
            Err(error) => self.note_refusal(place, &error, &outcome)?,
        }
        Ok(outcome)
    }

    /// What an error tells of an action: after one of the storage it may have been done or not, after any other it was
    /// not, and what was done must not end in one.
    fn note_refusal(&mut self, place: usize, error: &WalletError, outcome: &str) -> Result<(), Violation> {
        self.check_failure(error)?;
        let known = &mut self.book.wishes[place].known;
        match known {
            Known::NotDone if is_storage(error) => *known = Known::Unknown,
            _ if is_storage(error) => {}
            Known::Done(_) if !self.book.is_tampered => {
                return Err(Violation::new(format!("what was done ends in {outcome} when it is asked for again")));
            }
            Known::Unknown => *known = Known::NotDone,
            Known::Done(_) | Known::NotDone => {}
        }
        Ok(())
    }

    /// The storage fails only where a fault is in its way, and nothing ever ends in an internal error.
    pub(super) fn check_failure(&self, error: &WalletError) -> Result<(), Violation> {
        match error {
            WalletError::Internal { reason } => Err(Violation::new(format!("an internal error: {reason}"))),
            error if is_storage(error) && !self.is_faulty => {
                Err(Violation::new(format!("storage failed without a fault: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Nothing is sold by an allowance or a catalog that is too old, whatever the wall clock says.
    fn check_time(&self, now: Timestamp) -> Result<(), Violation> {
        let Some(heard) = self.heard else { return Ok(()) };
        let age = now.as_millisecond() - heard.as_millisecond();
        if age > GOOD_FOR.as_millis() as i64 + 1_000 {
            return Err(Violation::new("something was sold after the allowance and the prices had expired"));
        }
        Ok(())
    }

    /// Purchases at the same moment.
    pub(crate) async fn buy_together(&mut self, count: u32, now: Timestamp) -> Result<String, Violation> {
        let Some(wallet) = self.open().await? else { return Ok("closed".into()) };
        if self.under_way.is_some() {
            return Ok("busy".into());
        }
        // One comes first: purchases that need a sync would order several at once, whose turns no seed decides.
        let first = self.buy(2, 1, false, now).await?;
        let spendable = wallet.balance().of_currency(Currency::USD).offline_spendable;
        if first != "ok" || spendable.micros() < i64::from(count) * 100_000 {
            return Ok(first);
        }
        let places: Vec<usize> = (0..count).map(|_| self.wish(Act::Buy, 2, 1)).collect();
        self.clock.hold(true);
        let tasks: Vec<_> = places
            .iter()
            .map(|place| {
                let (wallet, request) = (wallet.clone(), self.request(*place));
                tokio::spawn(async move { wallet.buy(request).await })
            })
            .collect();
        let_tasks_run().await;
        self.clock.hold(false);
        let mut outcomes = Vec::new();
        for (place, task) in places.into_iter().zip(tasks) {
            let bought = task.await.map_err(|_| Violation::new("a purchase panicked"))?;
            outcomes.push(self.note_purchase(place, bought, false, now)?);
        }
        Ok(outcomes.join(", "))
    }

    pub(crate) async fn consume(&mut self, sku: usize, quantity: u32, again: bool) -> Result<String, Violation> {
        let Some(wallet) = self.open().await? else { return Ok("closed".into()) };
        let place = self.place(Act::Consume, sku, quantity, again);
        self.ask_to_consume(&wallet, place, again).await
    }

    pub(super) async fn ask_to_consume(
        &mut self,
        wallet: &Wallet,
        place: usize,
        again: bool,
    ) -> Result<String, Violation> {
        let wish = &self.book.wishes[place];
        let used = wallet.consume(SKUS[wish.sku], wish.quantity, &wish.key).await;
        let outcome = self.cover("consume", used.as_ref().err());
        match used {
            Ok(_) => self.book.done(place, None, again),
            Err(error) => self.note_refusal(place, &error, &outcome)?,
        }
        Ok(outcome)
    }

    pub(crate) async fn add_card(&mut self, card: usize) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let added = farthing_tests::add_card(&wallet, CARDS[card]).await;
        Ok(self.cover("add card", added.err().as_ref()))
    }

    pub(crate) async fn remove_card(&mut self) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let cards = wallet.cards().await.unwrap_or_default();
        let Some(card) = cards.last().filter(|_| cards.len() > 1) else { return Ok("no card to spare".into()) };
        let removed = wallet.remove_card(card.id).await;
        Ok(self.cover("remove card", removed.err().as_ref()))
    }

    pub(crate) async fn top_up(&mut self, cents: u32, euros: bool) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let cards = wallet.cards().await.unwrap_or_default();
        let Some(card) = cards.first() else { return Ok("no card".into()) };
        self.book.top_ups += 1;
        let currency = if euros { euro()? } else { Currency::USD };
        let amount = Money::from_micros(i64::from(cents) * 10_000, currency);
        let topped_up = wallet.top_up(amount, card.id).await;
        if let Ok(top_up) = &topped_up {
            self.coverage.add(format!("top-up: {}", first_word(&format!("{:?}", top_up.state))));
        }
        Ok(self.cover("top up", topped_up.err().as_ref()))
    }

    pub(crate) async fn sync(&mut self, now: Timestamp) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let synced = wallet.sync().await;
        let outcome = self.note_sync(&synced, now)?;
        if synced.is_ok() && !self.link.may_answer_of_old() {
            self.note_time(now);
        }
        self.let_passes_be_tended().await;
        Ok(outcome)
    }

    fn note_sync(&mut self, synced: &Result<SyncReport, WalletError>, now: Timestamp) -> Result<String, Violation> {
        let outcome = self.cover("sync", synced.as_ref().err());
        match synced {
            Ok(_) => self.heard = Some(now),
            Err(WalletError::DeviceFrozen { .. } | WalletError::DeviceRevoked) if !self.book.is_tampered => {
                return Err(Violation::new(format!("an honest wallet can't sync: {outcome}")));
            }
            Err(error) => self.check_failure(error)?,
        }
        Ok(outcome)
    }

    /// Begins a sync and stops the answer to its batch on the way.
    pub(crate) async fn hold_sync(&mut self, now: Timestamp) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let held = self.link.hold();
        let mut task = tokio::spawn(async move { wallet.sync().await });
        tokio::select! {
            biased;
            synced = &mut task => {
                self.link.hold_nothing();
                self.note_sync(&synced.map_err(|_| Violation::new("a sync panicked"))?, now)
            }
            answered = held.answered => {
                // Once time has passed, the answer tells an old one.
                self.book.passes.is_inexact = true;
                self.under_way = answered.is_ok().then_some(UnderWay { task, release: held.release });
                Ok("on its way".into())
            }
        }
    }

    pub(crate) async fn release(&mut self, now: Timestamp) -> Result<String, Violation> {
        let Some(UnderWay { task, release }) = self.under_way.take() else { return Ok("nothing on its way".into()) };
        let _ = release.send(());
        let synced = task.await.map_err(|_| Violation::new("a sync panicked"))?;
        self.coverage.add("an answer that was on its way came");
        self.note_sync(&synced, now)
    }
}

pub(super) fn euro() -> Result<Currency, Violation> {
    "EUR".parse().map_err(|_| Violation::new("there are no euros"))
}

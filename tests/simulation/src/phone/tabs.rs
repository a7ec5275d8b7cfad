//! A player's tabs: opened on cards of all kinds, closed, paid where they are due, and looked at.

use farthing_core::{Card, Currency, Money, Tab, TabState, TopUpState, Wallet, WalletError};
use farthing_tests::add_card;

use super::player::euro;
use super::{Phone, first_word, is_storage, name};
use crate::Violation;
use crate::plan::{CARDS, FAILING_CARD, GOOD_CARD};
use crate::tabs::is_unfinished;

/// The least that a card is charged, in micros.
const LEAST: i64 = 500_000;

impl Phone {
    /// Opens a tab on a card of a kind, which is added where the wallet has none.
    pub(crate) async fn open_tab(&mut self, card: usize, cents: u32, euros: bool) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let card = match self.card(&wallet, card).await {
            Ok(card) => card,
            Err(error) => {
                self.check_failure(&error)?;
                return Ok(format!("no card: {}", name(&error)));
            }
        };
        if CARDS[FAILING_CARD].ends_with(&card.last_four) {
            self.book.tabs.will_fail(card.id);
        }
        let currency = if euros { euro()? } else { Currency::USD };
        let limit = Money::from_micros(i64::from(cents) * 10_000, currency);
        self.book.tabs.may_open(limit);
        let opened = wallet.open_tab(limit, card.id).await;
        let outcome = self.cover("open tab", opened.as_ref().err());
        self.let_passes_be_tended().await;
        self.look_back().await?;
        match opened {
            Ok(tab) if (tab.limit, tab.card) != (limit, card.id) => {
                Err(Violation::new("another tab was opened than was asked for"))
            }
            Ok(tab) => Ok(state(&tab)),
            Err(error) => self.check_failure(&error).map(|()| outcome),
        }
    }

    /// Closes one of the tabs that are not at their end, or pays what is due of it; at times the wallet has just heard how the
    /// account stands, and then it costs what the wallet says.
    pub(crate) async fn close_tab(&mut self, which: usize) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let has_heard = which.is_multiple_of(2) && wallet.sync().await.is_ok() && !self.link.may_answer_of_old();
        self.let_passes_be_tended().await;
        let mut tabs = match wallet.tabs().await {
            Ok(tabs) => tabs,
            Err(error) => {
                self.check_failure(&error)?;
                return Ok(name(&error));
            }
        };
        if tabs.iter().any(is_unfinished) {
            tabs.retain(is_unfinished);
        }
        let Some(tab) = tabs.get(which % tabs.len().max(1)) else { return Ok("no tab".into()) };
        let is_open = tab.state == TabState::Open;
        self.book.tabs.may_have_released = true;
        let closed = wallet.close_tab(tab.id).await;
        let outcome = self.cover("close tab", closed.as_ref().err());
        self.let_passes_be_tended().await;
        self.look_back().await?;
        match closed {
            Ok(after) if has_heard && is_open && after.state != TabState::Closing => self.check_closed(tab, &after),
            Ok(after) => Ok(state(&after)),
            Err(error) => self.check_failure(&error).map(|()| outcome),
        }
    }

    /// The cardholder goes to each of the bank's pages that the wallet shows, and confirms or declines. It takes another
    /// way than the app's, and nobody tells the app.
    pub(crate) async fn answer_bank(&mut self, confirm: bool) -> Result<String, Violation> {
        let Some(wallet) = self.open().await? else { return Ok("closed".into()) };
        let (tabs, top_ups) = (wallet.tabs().await.unwrap_or_default(), wallet.top_ups().await.unwrap_or_default());
        let of_tabs = tabs.into_iter().filter_map(|tab| match tab.state {
            TabState::RequiresAction { url } => Some(url),
            _ => None,
        });
        let of_top_ups = top_ups.into_iter().filter_map(|top_up| match top_up.state {
            TopUpState::RequiresAction { url } => Some(url),
            _ => None,
        });
        let mut answered = 0;
        for url in of_tabs.chain(of_top_ups) {
            if self.back_end.answer_bank_page(&url, confirm).await {
                self.coverage.add(if confirm { "the bank's page: confirmed" } else { "the bank's page: declined" });
                answered += 1;
            }
        }
        Ok(format!("{answered} pages"))
    }

    /// The wallet's card of a kind.
    pub(super) async fn card(&self, wallet: &Wallet, kind: usize) -> Result<Card, WalletError> {
        let number = CARDS[kind];
        let known = wallet.cards().await?.into_iter().find(|card| number.ends_with(&card.last_four));
        match known {
            Some(card) => Ok(card),
            None => add_card(wallet, number).await,
        }
    }

    /// The tabs are as they must be.
    pub(super) async fn look_at_tabs(&mut self, wallet: &Wallet) -> Result<(), Violation> {
        if !self.book.tabs.were_asked_for() {
            return Ok(());
        }
        match wallet.tabs().await {
            Ok(shown) => {
                for step in self.book.tabs.check(&shown, self.book.is_tampered)? {
                    self.coverage.add(step);
                }
                Ok(())
            }
            Err(error) if is_storage(&error) && self.is_faulty => Ok(()),
            Err(error) => Err(Violation::new(format!("tabs can't be read: {}", name(&error)))),
        }
    }

    /// In fair weather each open tab is closed, at what the wallet said is owed, and each debt is paid, once.
    pub(crate) async fn close_all_tabs(&mut self) -> Result<(), Violation> {
        let is_asked_for = !self.book.is_tampered && self.book.tabs.were_asked_for();
        let Some(wallet) = self.wallet.clone().filter(|_| is_asked_for) else { return Ok(()) };
        let failed = |error: WalletError| Violation::new(format!("a tab can't be closed at the end: {}", name(&error)));
        wallet.sync().await.map_err(failed)?;
        self.let_passes_be_tended().await;
        for tab in wallet.tabs().await.map_err(failed)?.iter().filter(|tab| tab.state == TabState::Open) {
            let closed = wallet.close_tab(tab.id).await.map_err(failed)?;
            self.check_closed(tab, &closed)?;
        }
        for tab in wallet.tabs().await.map_err(failed)?.iter().filter(|tab| tab.owed.is_positive()) {
            let amount = Money::from_micros(tab.owed.micros().max(LEAST), tab.owed.currency());
            let card = self.card(&wallet, GOOD_CARD).await.map_err(failed)?;
            self.book.top_ups += 1;
            wallet.top_up(amount, card.id).await.map_err(failed)?;
            let paid = wallet.close_tab(tab.id).await.map_err(failed)?;
            if paid.state != (TabState::Closed { charged: tab.owed }) {
                let owed = tab.owed;
                return Err(Violation::new(format!("a debt of {owed} is not paid: {}", state(&paid))));
            }
            self.coverage.add("a debt of a tab was paid out of the balance");
        }
        self.look_at_tabs(&wallet).await
    }

    fn check_closed(&self, before: &Tab, after: &Tab) -> Result<String, Violation> {
        let owed = before.owed;
        let charged = match after.state {
            TabState::Closed { charged } => charged,
            TabState::Failed { .. } => after.owed,
            _ => return Err(Violation::new(format!("a tab that was closed is {}", state(after)))),
        };
        if charged != owed {
            return Err(Violation::new(format!(
                "a tab was charged {charged}, and its wallet said that {owed} is owed"
            )));
        }
        if owed.is_positive() {
            self.coverage.add("a tab was charged what its wallet said that is owed");
        }
        Ok(state(after))
    }
}

fn state(tab: &Tab) -> String {
    first_word(&format!("{:?}", tab.state))
}

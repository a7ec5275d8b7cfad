//! The end of a run: everything is well again, and the sums must come out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use farthing_core::{Currency, EntryId, Purchase, PurchaseState, Tab, Timestamp, Wallet, WalletError};

use super::player::euro;
use super::{EVERYTHING, Phone, name, own_purchases};
use crate::Violation;
use crate::auto_top_ups::Seen;
use crate::book::{Act, Known, is_usage};
use crate::catalog::{DURABLES, PASS, brings, gems};
use crate::disputes::brought;
use crate::limits::day_of;
use crate::operator::End;
use crate::passes::Validity;
use crate::plan::Mood;

impl Phone {
    /// Everything is well again: what was unknown is asked for, and the sums must come out.
    pub(crate) async fn conclude(&mut self, now: Timestamp) -> Result<(), Violation> {
        self.close(End::InGoodOrder).await;
        self.disk.mend();
        self.is_faulty = false;
        self.keys.set_mood(Mood::Well);
        let Some(wallet) = self.open().await? else { return Err(Violation::new("a wallet stays closed")) };
        let mut waiting = Err(WalletError::NotEnrolled);
        for _ in 0..3 {
            for place in self.book.unknown() {
                match self.book.wishes[place].act {
                    Act::Buy => {
                        let bought = wallet.buy(self.request(place)).await;
                        self.note_purchase(place, bought, true, now)?;
                    }
                    Act::Tip => {
                        let tipped = wallet.tip(self.tip_request(place)?).await;
                        self.note_purchase(place, tipped, true, now)?;
                    }
                    Act::Consume => {
                        self.ask_to_consume(&wallet, place, true).await?;
                    }
                }
            }
            waiting = wallet.sync().await.map(|report| report.waiting);
            self.let_passes_be_tended().await;
        }
        if self.book.is_tampered {
            let outcome = self.cover("last sync of a tampered wallet", waiting.as_ref().err());
            // It goes on from where the gateway is, or its fork was noticed.
            if !["ok", "DeviceFrozen"].contains(&outcome.as_str()) {
                return Err(Violation::new(format!("a tampered wallet neither syncs nor is frozen: {waiting:?}")));
            }
            self.look_back().await?;
            return Ok(());
        }
        match waiting {
            Ok(0) => {}
            Ok(waiting) => return Err(Violation::new(format!("{waiting} entries never settle"))),
            Err(error) => return Err(Violation::new(format!("an honest wallet can't sync at the end: {error:?}"))),
        }
        self.compare(&wallet).await
    }

    async fn compare(&mut self, wallet: &Wallet) -> Result<(), Violation> {
        let failed =
            |error: WalletError| Violation::new(format!("the wallet can't be read at the end: {}", name(&error)));
        let shown = own_purchases(wallet).await.map_err(failed)?;
        for step in self.book.compare(&shown, self.may_reject())? {
            self.coverage.add(step);
        }
        self.book.check_courtesies(&shown)?;
        self.look_at_pass(wallet, &shown).await?;
        self.look_at_tabs(wallet).await?;
        self.look_at_auto_top_ups().await?;
        let renewals = self.book.passes.check_renewals(&shown, &self.book.made(), self.has_true_clock)?;
        self.coverage.add_many("passes that were renewed".into(), renewals as u64);
        let made = self.book.wishes.iter().filter(|wish| matches!(wish.known, Known::Done(Some(_)))).count();
        let there = shown.iter().filter(|purchase| !is_usage(purchase)).count() - renewals;
        if made != there {
            return Err(Violation::new(format!("{made} purchases were made and {there} are there")));
        }
        let inventory = wallet.inventory().await.map_err(failed)?;
        let inventory: BTreeMap<String, u64> =
            inventory.into_iter().map(|item| (item.sku.as_str().to_owned(), item.quantity)).collect();
        self.book.check_owned(&inventory, &shown, self.player.is_some())?;
        Ok(())
    }

    /// What came in and what was spent by the wallet's own word, and what it shows. Where two phones are one player's,
    /// what one did shows on the other once both have synced.
    pub(crate) async fn statement(&mut self) -> Result<Option<Statement>, Violation> {
        let failed =
            |error: WalletError| Violation::new(format!("the wallet can't be read at the end: {}", name(&error)));
        let Some(wallet) = self.wallet.clone().filter(|_| !self.book.is_tampered) else { return Ok(None) };
        let Some(device) = wallet.device().await.map_err(failed)? else { return Ok(None) };
        wallet.sync().await.map_err(failed)?;
        self.look_at_auto_top_ups().await?;
        let (all, top_ups) =
            (wallet.purchases(EVERYTHING).await.map_err(failed)?, wallet.top_ups().await.map_err(failed)?);
        let (others, shown): (Vec<_>, Vec<_>) = all.into_iter().partition(|purchase| purchase.is_from_another_device);
        if !others.is_empty() {
            self.coverage.add("a purchase that another device has made");
        }
        self.book.disputes.check(&top_ups)?;
        let tabs = wallet.tabs().await.map_err(failed)?;
        let mut amounts = BTreeMap::new();
        for currency in [Currency::USD, euro()?, gems()?] {
            let of_currency = top_ups.iter().filter(|top_up| top_up.amount.currency() == currency);
            let charged: i64 = of_currency.map(brought).sum();
            let credited = if currency == gems()? { self.book.credited(&shown) } else { 0 };
            let kept = charged + credited + self.book.tabs.brought(&tabs, currency) - self.book.spent(&shown, currency);
            let seen = wallet.balance().of_currency(currency).total.micros();
            amounts.insert(currency.code().to_owned(), Amounts { kept, seen });
        }
        let kept = shown.iter().filter(|purchase| !matches!(purchase.state, PurchaseState::Rejected { .. }));
        let mut days: BTreeMap<i64, Day> = BTreeMap::new();
        for purchase in kept.filter(|purchase| purchase.total.currency() == Currency::USD) {
            let (day, micros) = (days.entry(day_of(purchase.purchased_at)).or_default(), purchase.total.micros());
            *day = Day { spent: day.spent + micros, dearest: day.dearest.max(micros) };
        }
        let (device, account) = (device.as_bytes().to_vec(), self.account());
        let durables = self.durables(&wallet, &shown).await.map_err(failed)?;
        let pass = wallet.pass(PASS).await.map_err(failed)?.as_ref().map(Validity::from);
        let unguarded = self.unguarded.clone();
        let elsewhere = others.iter().map(|purchase| (purchase.id, returned(purchase))).collect();
        let auto_top_ups: Vec<Seen> = self.book.auto_top_ups.seen().cloned().collect();
        let top_ups = self.book.top_ups + auto_top_ups.len() as u64;
        let may_be_confused = self.link.may_have_confused();
        Ok(Some(Statement {
            device,
            account,
            top_ups,
            auto_top_ups,
            may_be_confused,
            tabs,
            amounts,
            days,
            durables,
            pass,
            unguarded,
            elsewhere,
        }))
    }

    /// What is owned for ever by the wallet's own word.
    async fn durables(&self, wallet: &Wallet, shown: &[Purchase]) -> Result<BTreeSet<String>, WalletError> {
        let owned = wallet.inventory().await?;
        let durables = owned.iter().map(|item| item.sku.as_str()).filter(|sku| DURABLES.contains(sku));
        let durables: BTreeSet<String> = durables.map(str::to_owned).collect();
        let bought_here = |sku: &String| {
            let stands = |it: &Purchase| match it.state {
                PurchaseState::Settled { .. } => true,
                PurchaseState::Refunded { quantity, .. } => quantity == 0,
                _ => false,
            };
            shown.iter().any(|it| brings(it.sku.as_str(), sku) > 0 && stands(it))
        };
        if !durables.iter().all(bought_here) {
            self.coverage.add("a durable item that another device has bought");
        }
        Ok(durables)
    }
}

/// How much of a purchase went back, in micros.
fn returned(purchase: &Purchase) -> i64 {
    match &purchase.state {
        PurchaseState::Refunded { amount, .. } => amount.micros(),
        _ => 0,
    }
}

/// What a wallet says at the end.
pub(crate) struct Statement {
    pub(crate) device: Vec<u8>,
    /// Whose it is.
    pub(crate) account: String,
    /// How many top-ups were asked for.
    pub(crate) top_ups: u64,
    /// Those that the wallet began by itself.
    pub(crate) auto_top_ups: Vec<Seen>,
    /// It may have been told something else than the gateway said, where that is not signed.
    pub(crate) may_be_confused: bool,
    /// Its tabs.
    pub(crate) tabs: Vec<Tab>,
    /// By currency.
    pub(crate) amounts: BTreeMap<String, Amounts>,
    /// What was spent in dollars on each day, by the wallet's clock.
    pub(crate) days: BTreeMap<i64, Day>,
    /// What is owned for ever, on whichever device it was bought.
    pub(crate) durables: BTreeSet<String>,
    /// What other devices of the account have bought, and how much of it went back, in micros.
    pub(crate) elsewhere: BTreeMap<EntryId, i64>,
    /// How long the pass lasts.
    pub(crate) pass: Option<Validity>,
    /// What was bought before it went by what a guardian said, if it does.
    pub(crate) unguarded: Option<BTreeSet<EntryId>>,
}

impl Statement {
    /// What was spent in some days; nothing where nothing was bought in them.
    pub(crate) fn in_days(&self, days: &RangeInclusive<i64>) -> Option<Day> {
        let known = self.days.range(days.clone()).map(|(_, day)| *day);
        known.reduce(|one, another| Day { spent: one.spent + another.spent, dearest: one.dearest.max(another.dearest) })
    }
}

/// What a wallet spent on a day, in micros; what went back later counts all the same.
#[derive(Clone, Copy, Default)]
pub(crate) struct Day {
    pub(crate) spent: i64,
    /// The dearest purchase.
    pub(crate) dearest: i64,
}

/// Micros of one currency.
pub(crate) struct Amounts {
    /// What came in by this wallet less what it spent. It is below zero where another one paid.
    pub(crate) kept: i64,
    /// What the player sees.
    pub(crate) seen: i64,
}

//! The end of a run: everything is well again, and the sums must come out.

use std::collections::BTreeMap;

use farthing_core::{Currency, Timestamp, TopUpState, Wallet, WalletError};

use super::player::euro;
use super::{EVERYTHING, Phone, name};
use crate::Violation;
use crate::book::{Act, Known};
use crate::operator::End;
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
                    Act::Consume => {
                        self.ask_to_consume(&wallet, place, true).await?;
                    }
                }
            }
            waiting = wallet.sync().await.map(|report| report.waiting);
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
        let shown = wallet.purchases(EVERYTHING).await.map_err(failed)?;
        for step in self.book.compare(&shown, self.may_reject())? {
            self.coverage.add(step);
        }
        let made = self.book.wishes.iter().filter(|wish| matches!(wish.known, Known::Done(Some(_)))).count();
        if made != shown.len() {
            return Err(Violation::new(format!("{made} purchases were made and {} are there", shown.len())));
        }
        let inventory = wallet.inventory().await.map_err(failed)?;
        let inventory: BTreeMap<String, u64> =
            inventory.into_iter().map(|item| (item.sku.as_str().to_owned(), item.quantity)).collect();
        self.book.check_owned(&inventory, &shown)?;
        let top_ups = wallet.top_ups().await.map_err(failed)?;
        for currency in [Currency::USD, euro()?] {
            let succeeded = top_ups.iter().filter(|top_up| top_up.state == TopUpState::Succeeded);
            let charged: i64 = succeeded
                .map(|top_up| top_up.amount)
                .filter(|amount| amount.currency() == currency)
                .map(|amount| amount.micros())
                .sum();
            let (spent, total) =
                (self.book.spent(&shown, currency), wallet.balance().of_currency(currency).total.micros());
            if charged - spent != total {
                return Err(Violation::new(format!("{charged} were topped up, {spent} spent, and {total} are left")));
            }
        }
        Ok(())
    }

    /// What the audit of the gateway needs: the device, how many top-ups were asked for, and what the wallet shows.
    pub(crate) async fn statement(&self) -> Option<(Vec<u8>, u64, Vec<(String, i64)>)> {
        let wallet = self.wallet.as_ref()?;
        let device = wallet.device().await.ok().flatten()?;
        let balance = wallet.balance();
        let lines =
            balance.currencies.iter().map(|line| (line.total.currency().code().to_owned(), line.total.micros()));
        Some((device.as_bytes().to_vec(), self.book.top_ups, lines.filter(|(_, micros)| *micros != 0).collect()))
    }
}

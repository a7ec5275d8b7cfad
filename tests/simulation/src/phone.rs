//! A phone: the real wallet on a disk that fails, with its clock, its key store and its network, and a player.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use farthing_core::{
    CardDetails, Currency, Money, PurchaseFilter, PurchaseRequest, SyncReport, Timestamp, TopUpState, Wallet,
    WalletConfig, WalletError,
};
use farthing_machine::{Disk, Fault};
use farthing_tests::ADDRESS;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Violation;
use crate::book::{Act, Book, Known};
use crate::clock::SimulatedClock;
use crate::coverage::Coverage;
use crate::key_store::SimulatedKeyStore;
use crate::network::Link;
use crate::operator::End;
use crate::plan::{Mood, SKUS};

/// Cards that succeed, are declined, and ask for the bank's page.
const CARDS: [&str; 4] = ["4242424242424242", "5555555555554444", "4000000000000002", "4000000000003220"];
/// As long as an allowance and a catalog of the sample policy are good.
const GOOD_FOR: Duration = Duration::from_secs(30 * 86_400);
/// Longer than the wallet waits for anything.
const LONG: Duration = Duration::from_secs(6);
const EVERYTHING: PurchaseFilter = PurchaseFilter { limit: 100_000, waiting_only: false };

/// A phone and its player.
pub(crate) struct Phone {
    number: usize,
    generation: u32,
    folder: PathBuf,
    pub(crate) disk: Disk,
    pub(crate) keys: Arc<SimulatedKeyStore>,
    pub(crate) clock: Arc<SimulatedClock>,
    pub(crate) link: Arc<Link>,
    publishable_key: String,
    root_key: String,
    pub(crate) wallet: Option<Arc<Wallet>>,
    under_way: Option<UnderWay>,
    pub(crate) book: Book,
    /// Whether the power goes with the app when it dies.
    pub(crate) power: bool,
    /// A fault may be or have been in the way of this wallet.
    is_faulty: bool,
    backup: Option<PathBuf>,
    /// The gateway's time when it was last heard in this process.
    heard: Option<Timestamp>,
    coverage: Coverage,
}

/// A sync whose answer is on its way.
struct UnderWay {
    task: JoinHandle<Result<SyncReport, WalletError>>,
    release: oneshot::Sender<()>,
}

/// What a new phone needs to know.
pub(crate) struct Setting<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) seed: u64,
    pub(crate) now: Timestamp,
    pub(crate) publishable_key: &'a str,
    pub(crate) root_key: &'a str,
    pub(crate) coverage: Coverage,
}

impl Phone {
    pub(crate) fn new(number: usize, link: Arc<Link>, setting: &Setting<'_>) -> Self {
        let folder = setting.folder.join(format!("phone-{number}"));
        Phone {
            number,
            generation: 0,
            disk: Disk::new(&folder.join("wallet"), setting.seed.wrapping_add(number as u64)),
            folder,
            keys: SimulatedKeyStore::new(),
            clock: Arc::new(SimulatedClock::new(setting.now)),
            link,
            publishable_key: setting.publishable_key.to_owned(),
            root_key: setting.root_key.to_owned(),
            wallet: None,
            under_way: None,
            book: Book::default(),
            power: false,
            is_faulty: false,
            backup: None,
            heard: None,
            coverage: setting.coverage.clone(),
        }
    }

    fn database_folder(&self) -> PathBuf {
        self.folder.join("wallet")
    }

    fn config(&self) -> WalletConfig {
        WalletConfig::new(ADDRESS, &self.publishable_key, self.database_folder())
            .root_key(&self.root_key)
            .transport(self.link.clone())
            .clock(self.clock.clone())
            .syncs_by_itself(false)
    }

    fn cover(&self, what: &str, error: Option<&WalletError>) -> String {
        let outcome = error.map_or("ok".to_owned(), name);
        self.coverage.add(format!("{what}: {outcome}"));
        outcome
    }

    /// Opens the wallet, where it is not open; none when it can't be now.
    pub(crate) async fn open(&mut self) -> Result<Option<Arc<Wallet>>, Violation> {
        if let Some(wallet) = &self.wallet {
            return Ok(Some(wallet.clone()));
        }
        self.heard = None;
        let opened = Wallet::open(self.config(), self.keys.clone()).await;
        self.cover("open", opened.as_ref().err());
        match opened {
            Ok(wallet) => {
                self.wallet = Some(Arc::new(wallet));
                self.look_back().await?;
                Ok(self.wallet.clone())
            }
            Err(WalletError::KeyStoreUnavailable { .. }) if !self.keys.is_well() => Ok(None),
            Err(error) if is_storage(&error) && self.is_faulty => Ok(None),
            Err(error) => Err(Violation::new(format!("the wallet does not open: {}", name(&error)))),
        }
    }

    /// Compares what the wallet shows with what was promised.
    pub(crate) async fn look_back(&mut self) -> Result<String, Violation> {
        let Some(wallet) = self.wallet.clone() else { return Ok("closed".into()) };
        match wallet.purchases(EVERYTHING).await {
            Ok(shown) => {
                for step in self.book.compare(&shown, self.may_reject())? {
                    self.coverage.add(step);
                }
                Ok(format!("{} purchases", shown.len()))
            }
            Err(error) if self.is_faulty && is_storage(&error) => Ok(name(&error)),
            Err(error) => Err(Violation::new(format!("purchases can't be read: {}", name(&error)))),
        }
    }

    fn may_reject(&self) -> bool {
        self.coverage.counts().contains_key("rejection ordered: true")
    }

    /// Buys, once or again. `now` is the true time.
    pub(crate) async fn buy(
        &mut self,
        sku: usize,
        quantity: u32,
        again: bool,
        now: Timestamp,
    ) -> Result<String, Violation> {
        let Some(wallet) = self.open().await? else { return Ok("closed".into()) };
        let place = match self.earlier(Act::Buy, again, sku) {
            Some(place) => place,
            None => self.book.wish(&self.prefix("tap"), Act::Buy, sku, quantity),
        };
        let (request, requests) = (self.request(place), self.link.requests());
        let bought = self.while_held(async move { wallet.buy(request).await }).await?;
        if self.link.requests() > requests {
            // It has asked for more, and heard of the gateway's time by that.
            self.heard = None;
        }
        self.note_purchase(place, bought, again, now)
    }

    fn request(&self, place: usize) -> PurchaseRequest {
        let wish = &self.book.wishes[place];
        PurchaseRequest::new(SKUS[wish.sku]).quantity(wish.quantity).idempotency_key(wish.key.clone())
    }

    fn prefix(&self, word: &str) -> String {
        format!("{word}-{}-{}", self.number, self.generation)
    }

    fn earlier(&self, act: Act, again: bool, sku: usize) -> Option<usize> {
        let matching = |(_, wish): &(usize, &crate::book::Wish)| wish.act == act;
        let mut places: Vec<usize> =
            self.book.wishes.iter().enumerate().filter(matching).map(|(place, _)| place).collect();
        let length = places.len();
        (again && length > 0).then(|| places.swap_remove(sku % length))
    }

    fn note_purchase(
        &mut self,
        place: usize,
        bought: Result<farthing_core::Purchase, WalletError>,
        again: bool,
        now: Timestamp,
    ) -> Result<String, Violation> {
        let outcome = self.cover("buy", bought.as_ref().err());
        let (known, tampered) = (self.book.wishes[place].known, self.book.is_tampered);
        match bought {
            Ok(purchase) => {
                let made = Known::Done(Some((purchase.id, purchase.total)));
                match known {
                    Known::Done(_) if known != made && !tampered => {
                        return Err(Violation::new("a double tap made another purchase"));
                    }
                    Known::Unknown | Known::NotDone => self.check_time(now)?,
                    Known::Done(_) => {}
                }
                self.book.done(place, Some((purchase.id, purchase.total)), again);
            }
            Err(error) if is_storage(&error) => {
                if !self.is_faulty {
                    return Err(Violation::new(format!("storage failed without a fault: {error}")));
                }
                if known == Known::NotDone {
                    self.book.wishes[place].known = Known::Unknown;
                }
            }
            Err(WalletError::Internal { reason }) => {
                return Err(Violation::new(format!("an internal error: {reason}")));
            }
            Err(WalletError::SyncRequired | WalletError::DeviceFrozen { .. } | WalletError::DeviceRevoked)
                if !tampered =>
            {
                return Err(Violation::new(format!("an honest wallet may not buy: {outcome}")));
            }
            Err(_) if matches!(known, Known::Done(_)) && !tampered => {
                return Err(Violation::new(format!("a double tap of a purchase that was made ends in {outcome}")));
            }
            Err(_) if known == Known::Unknown => self.book.wishes[place].known = Known::NotDone,
            Err(_) => {}
        }
        Ok(outcome)
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
        let places: Vec<usize> = (0..count).map(|_| self.book.wish(&self.prefix("tap"), Act::Buy, 2, 1)).collect();
        self.clock.hold(true);
        let tasks: Vec<_> = places
            .iter()
            .map(|place| {
                let (wallet, request) = (wallet.clone(), self.request(*place));
                tokio::spawn(async move { wallet.buy(request).await })
            })
            .collect();
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
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
        let place = match self.earlier(Act::Consume, again, sku) {
            Some(place) => place,
            None => self.book.wish(&self.prefix("use"), Act::Consume, sku, quantity),
        };
        let wish = self.book.wishes[place].clone();
        let used = wallet.consume(SKUS[wish.sku], wish.quantity, &wish.key).await;
        let outcome = self.cover("consume", used.as_ref().err());
        match used {
            Ok(_) => self.book.done(place, None, again),
            Err(error) if is_storage(&error) => {
                if !self.is_faulty {
                    return Err(Violation::new(format!("storage failed without a fault: {error}")));
                }
                if wish.known == Known::NotDone {
                    self.book.wishes[place].known = Known::Unknown;
                }
            }
            Err(_) if matches!(wish.known, Known::Done(_)) && !self.book.is_tampered => {
                return Err(Violation::new(format!(
                    "a use that was done ends in {outcome} when it is asked for again"
                )));
            }
            Err(_) if wish.known == Known::Unknown => self.book.wishes[place].known = Known::NotDone,
            Err(_) => {}
        }
        Ok(outcome)
    }

    pub(crate) async fn add_card(&mut self, card: usize) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let (number, cvc) = (CARDS[card].to_owned(), "123".to_owned());
        let added = wallet.add_card(CardDetails { number, expiry_month: 12, expiry_year: 2034, cvc }).await;
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
        self.note_sync(&synced, now)
    }

    fn note_sync(&mut self, synced: &Result<SyncReport, WalletError>, now: Timestamp) -> Result<String, Violation> {
        let outcome = self.cover("sync", synced.as_ref().err());
        match synced {
            Ok(_) => self.heard = Some(now),
            Err(WalletError::Internal { reason }) => {
                return Err(Violation::new(format!("an internal error: {reason}")));
            }
            Err(WalletError::DeviceFrozen { .. } | WalletError::DeviceRevoked) if !self.book.is_tampered => {
                return Err(Violation::new(format!("an honest wallet can't sync: {outcome}")));
            }
            Err(error) if is_storage(error) && !self.is_faulty => {
                return Err(Violation::new(format!("storage failed without a fault: {error}")));
            }
            Err(_) => {}
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

    /// The wallet, once no answer is on its way.
    async fn free(&mut self) -> Result<Option<Arc<Wallet>>, Violation> {
        if let Some(UnderWay { task, release }) = self.under_way.take() {
            let _ = release.send(());
            let _ = task.await;
        }
        // What comes next may hear of the gateway's time, even when it fails halfway.
        self.heard = None;
        self.open().await
    }

    /// Does something while a sync may be held: what waits for that sync gives up after a while of the simulated time.
    async fn while_held<T: Send + 'static>(
        &self,
        act: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Violation> {
        let mut task = tokio::spawn(act);
        if self.under_way.is_some()
            && let Some(wallet) = &self.wallet
        {
            for _ in 0..4 {
                // The writer takes one job after the other: once this one has its answer, so has what came before.
                let _ = wallet.device().await;
                for _ in 0..8 {
                    tokio::task::yield_now().await;
                }
            }
            if !task.is_finished() {
                self.coverage.add("a purchase gave up waiting for a sync");
                tokio::time::advance(LONG).await;
            }
        }
        (&mut task).await.map_err(|_| Violation::new("a call panicked"))
    }

    /// The time passes that the key store is told of the journal's head in.
    pub(crate) async fn let_guard_write(&self) {
        if let Some(wallet) = &self.wallet {
            let _ = wallet.device().await;
        }
        for _ in 0..3 {
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
            tokio::time::advance(LONG).await;
        }
    }

    pub(crate) async fn reopen(&mut self, how: End) -> Result<String, Violation> {
        self.close(how).await;
        let opened = self.open().await?;
        self.coverage.add(format!("wallet: started after {how:?}"));
        Ok(if opened.is_some() { "open" } else { "closed" }.into())
    }

    /// Ends the app's process.
    pub(crate) async fn close(&mut self, how: End) {
        if how == End::InGoodOrder {
            let _ = self.free().await;
        } else {
            self.disk.die();
            self.keys.set_dead(true);
        }
        if let Some(UnderWay { task, .. }) = self.under_way.take() {
            self.coverage.add("the app was killed while an answer was on its way");
            task.abort();
            let _ = task.await;
        }
        if let Some(wallet) = self.wallet.take() {
            wallet.close().await;
        }
        if how == End::PowerCut {
            self.disk.cut_power();
        }
        if how != End::InGoodOrder {
            self.mend().await;
            self.keys.set_dead(false);
        }
    }

    /// The disk is well again. A wallet that met its fault goes on with it.
    pub(crate) async fn mend(&mut self) {
        self.disk.mend();
        if self.wallet.is_none() {
            self.is_faulty = false;
        }
    }

    pub(crate) fn break_disk(&mut self, calls: u64, fault: Fault) {
        self.is_faulty = true;
        self.disk.fail_after(calls, fault);
    }

    pub(crate) async fn second_process(&mut self) -> Result<String, Violation> {
        if self.open().await?.is_none() {
            return Ok("closed".into());
        }
        match Wallet::open(self.config(), self.keys.copy()).await {
            Err(WalletError::AlreadyOpen) => Ok(self.cover("second process", Some(&WalletError::AlreadyOpen))),
            Err(error) => Err(Violation::new(format!("a second process gets {}", name(&error)))),
            Ok(_) => Err(Violation::new("a second process opened the wallet")),
        }
    }

    pub(crate) async fn erase(&mut self, force: bool) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let erased = wallet.erase(force).await;
        let outcome = self.cover("erase", erased.as_ref().err());
        match erased {
            Ok(()) => self.begin_anew(false),
            Err(WalletError::UnsettledEntries { .. }) => {}
            // The wallet is as it was, or closed; then the database may be gone already, and the keys are not.
            Err(_) => {
                if matches!(wallet.device().await, Err(WalletError::Closed)) {
                    self.wallet = None;
                    if !self.database_folder().join("wallet.db").exists() {
                        self.begin_anew(true);
                    }
                }
            }
        }
        Ok(outcome)
    }

    fn begin_anew(&mut self, is_tampered: bool) {
        self.wallet = None;
        self.disk.forget();
        self.book = Book::default();
        self.book.is_tampered = is_tampered;
        self.generation += 1;
        self.backup = None;
    }

    pub(crate) async fn set_mood(&mut self, mood: Mood) {
        self.keys.set_mood(mood);
    }

    pub(crate) async fn back_up(&mut self) -> Result<String, Violation> {
        if self.disk.is_dead() || self.is_faulty {
            return Ok("not now".into());
        }
        self.close(End::InGoodOrder).await;
        let copy = self.folder.join("backup");
        copy_folder(&self.database_folder(), &copy)?;
        self.backup = Some(copy);
        Ok("copied".into())
    }

    pub(crate) async fn restore(&mut self) -> Result<String, Violation> {
        let Some(backup) = self.backup.clone() else { return Ok("no backup".into()) };
        self.close(End::Kill).await;
        let folder = self.database_folder();
        for file in ["wallet.db", "wallet.db-wal", "wallet.db-shm"] {
            let _ = fs::remove_file(folder.join(file));
        }
        copy_folder(&backup, &folder)?;
        self.disk.forget();
        self.coverage.add("a backup was restored");
        // How far a journal has come shows in what is on the phone only as long as it was honest.
        let was_honest = !std::mem::replace(&mut self.book.is_tampered, true);
        if was_honest { self.check_restored().await } else { Ok("restored".into()) }
    }

    /// A wallet that is behind what the key store remembers sells nothing until it has synced.
    async fn check_restored(&mut self) -> Result<String, Violation> {
        let Some(wallet) = self.open().await? else { return Ok("closed".into()) };
        let Ok(Some(_)) = wallet.device().await else { return Ok("not enrolled".into()) };
        let seq = wallet.purchases(EVERYTHING).await.map(|shown| shown.len() as u64).unwrap_or_default();
        let known =
            self.keys.peek("journal-head").and_then(|head| serde_json::from_slice::<serde_json::Value>(&head).ok());
        let remembered = known.and_then(|head| head["seq"].as_u64()).unwrap_or_default();
        if remembered <= seq + self.uses() {
            return Ok("no older".into());
        }
        self.coverage.add("a backup was restored that is older than the key store remembers");
        wallet.set_offline(true);
        let bought = wallet.buy("hint".into()).await;
        wallet.set_offline(false);
        match bought {
            Ok(_) => Err(Violation::new("a restored backup spent before it had asked the gateway")),
            Err(error) => Ok(self.cover("buy on a restored backup", Some(&error))),
        }
    }

    fn uses(&self) -> u64 {
        self.book.wishes.iter().filter(|wish| wish.act == Act::Consume).count() as u64
    }

    /// Another phone with a copy of all that is on this one, even of its keys.
    pub(crate) async fn clone_as(
        &mut self,
        number: usize,
        link: Arc<Link>,
        setting: &Setting<'_>,
    ) -> Result<Phone, Violation> {
        self.close(End::Kill).await;
        self.book.is_tampered = true;
        let mut clone = Phone::new(number, link, setting);
        copy_folder(&self.database_folder(), &clone.database_folder())?;
        clone.keys = self.keys.copy();
        clone.book.is_tampered = true;
        self.coverage.add("a phone was cloned");
        Ok(clone)
    }

    /// Exchanges two rows of a table, looks whether the wallet believes them, and puts them back.
    pub(crate) async fn move_rows(&mut self) -> Result<String, Violation> {
        if self.is_faulty || self.disk.is_dead() {
            return Ok("not now".into());
        }
        self.close(End::InGoodOrder).await;
        if !self.exchange_rows()? {
            return Ok("too few rows".into());
        }
        let mut outcome = "could not look".to_owned();
        if let Ok(wallet) = Wallet::open(self.config(), self.keys.clone()).await {
            outcome = "noticed".to_owned();
            for place in 0..self.book.wishes.len() {
                let Known::Done(Some((id, _))) = self.book.wishes[place].known else { continue };
                if let Ok(purchase) = wallet.buy(self.request(place)).await
                    && purchase.id != id
                    && self
                        .book
                        .wishes
                        .iter()
                        .any(|wish| matches!(wish.known, Known::Done(Some((other, _))) if other == purchase.id))
                {
                    return Err(Violation::new("a row that was moved is believed"));
                }
            }
            wallet.close().await;
        }
        self.coverage.add(format!("rows were moved: {outcome}"));
        self.exchange_rows()?;
        // Nothing is damaged any more, so nothing is to be salvaged.
        let _ = fs::remove_file(self.database_folder().join("wallet.damaged"));
        Ok(outcome)
    }

    fn exchange_rows(&self) -> Result<bool, Violation> {
        let failed = |error: rusqlite::Error| Violation::new(format!("rows can't be exchanged: {error}"));
        let path = self.database_folder().join("wallet.db");
        if !path.exists() {
            return Ok(false);
        }
        let connection = rusqlite::Connection::open(path).map_err(failed)?;
        let exists = connection.prepare("SELECT 1 FROM sqlite_master WHERE name = 'operations'");
        if !exists.and_then(|mut table| table.exists([])).map_err(failed)? {
            return Ok(false);
        }
        let mut rows = connection.prepare("SELECT key, sealed FROM operations ORDER BY key").map_err(failed)?;
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
        let rows = rows.collect::<Result<Vec<(Vec<u8>, Vec<u8>)>, _>>().map_err(failed)?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(false) };
        for (key, sealed) in [(&first.0, &last.1), (&last.0, &first.1)] {
            connection.execute("UPDATE operations SET sealed = ?2 WHERE key = ?1", (key, sealed)).map_err(failed)?;
        }
        Ok(rows.len() > 1)
    }

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
                        let wish = self.book.wishes[place].clone();
                        let used = wallet.consume(SKUS[wish.sku], wish.quantity, &wish.key).await;
                        match used {
                            Ok(_) => self.book.done(place, None, true),
                            Err(_) => self.book.wishes[place].known = Known::NotDone,
                        }
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
        let inventory: std::collections::BTreeMap<String, u64> =
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

fn euro() -> Result<Currency, Violation> {
    "EUR".parse().map_err(|_| Violation::new("there are no euros"))
}

fn is_storage(error: &WalletError) -> bool {
    matches!(
        error,
        WalletError::StorageFull | WalletError::StorageUnavailable { .. } | WalletError::StorageDamaged { .. }
    )
}

/// An error without what differs from run to run.
pub(crate) fn name(error: &WalletError) -> String {
    first_word(&format!("{error:?}"))
}

fn first_word(text: &str) -> String {
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Violation> {
    let copy = || {
        fs::create_dir_all(to)?;
        for file in ["wallet.db", "wallet.db-wal"] {
            let _ = fs::remove_file(to.join(file));
            if from.join(file).exists() {
                fs::copy(from.join(file), to.join(file))?;
            }
        }
        Ok(())
    };
    copy().map_err(|error: std::io::Error| Violation::new(format!("a folder can't be copied: {error}")))
}

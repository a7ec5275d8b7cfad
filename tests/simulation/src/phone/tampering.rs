//! What people do to a phone: backups, clones, rows exchanged in its database.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use farthing_core::Wallet;

use super::{Phone, Setting, own_purchases};
use crate::Violation;
use crate::book::{Act, Known};
use crate::network::Link;
use crate::operator::End;

impl Phone {
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
        let seq = own_purchases(&wallet).await.map(|shown| shown.len() as u64).unwrap_or_default();
        let known =
            self.keys.peek("journal-head").and_then(|head| serde_json::from_slice::<serde_json::Value>(&head).ok());
        let remembered = known.and_then(|head| head["seq"].as_u64()).unwrap_or_default();
        if remembered <= seq + self.uses() || self.book.tabs.may_have_released {
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
        clone.player = self.player.clone();
        clone.book.is_tampered = true;
        self.coverage.add("a phone was cloned");
        Ok(clone)
    }

    /// Exchanges two rows of a table, looks whether the wallet believes them, and puts them back.
    pub(crate) async fn move_rows(&mut self) -> Result<String, Violation> {
        // A renewal would be one row more.
        if self.is_faulty || self.disk.is_dead() || self.book.passes.may_renew() {
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
                let again = match self.book.wishes[place].act {
                    Act::Tip => wallet.tip(self.tip_request(place)?).await,
                    _ => wallet.buy(self.request(place)).await,
                };
                if let Ok(purchase) = again
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

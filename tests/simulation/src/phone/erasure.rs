//! A wallet is deleted from a phone, and begun anew.

use farthing_core::WalletError;

use super::Phone;
use crate::Violation;
use crate::book::Book;

impl Phone {
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
        self.was_tampered |= self.book.is_tampered || is_tampered;
        self.is_limited = false;
        (self.unguarded, self.told, self.floor) = (None, None, None);
        self.wallet = None;
        self.disk.forget();
        self.book = Book::default();
        self.book.is_tampered = is_tampered;
        self.generation += 1;
        self.backup = None;
    }
}

//! Administrators: who may sign in to the dashboard. An operator names the first ones on the command line.

use std::path::Path;
use std::sync::Arc;

use farthing_protocol::Timestamp;
use secrecy::SecretString;

use super::audit::{Action, COMMAND_LINE, Note};
use super::password;
use super::role::Role;
use crate::clock::Clock;
use crate::store::{Store, StoreError, StoredAdministrator, Tables};

/// Letters of a name, at most.
const NAME_LENGTH_MAX: usize = 64;

/// Why an administrator can't be added or changed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AdministratorError {
    /// The name can't be one.
    #[error("a name has 1 to 64 letters, digits, dots, dashes, underscores or @, such as ada@studio.example")]
    Name,
    /// The password is too short or too long.
    #[error("a password has at least {} characters, and at most {} bytes", password::LENGTH_MIN, password::BYTES_MAX)]
    Password,
    /// There is one of that name.
    #[error("there is an administrator {0} already; `password` changes the password")]
    Known(String),
    /// There is none of that name.
    #[error("there is no administrator {0}")]
    Unknown(String),
    /// The password can't be hashed.
    #[error("the password can't be hashed: the system has no randomness")]
    Hash,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Someone who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrator {
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
}

/// The administrators of a gateway's database. A gateway may be running on it.
#[derive(Clone)]
pub struct Administrators {
    store: Arc<Store>,
    clock: Clock,
}

impl Administrators {
    /// Those of a data folder with a database in a file.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of_folder(folder: &Path) -> Result<Self, StoreError> {
        Ok(Administrators { store: Arc::new(Store::open_beside(folder)?), clock: Clock::system() })
    }

    /// Those of a PostgreSQL database.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of_database(database: &SecretString) -> Result<Self, StoreError> {
        Ok(Administrators { store: Arc::new(Store::connect(database).await?), clock: Clock::system() })
    }

    pub(crate) fn of_gateway(store: Arc<Store>, clock: Clock) -> Self {
        Administrators { store, clock }
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self) -> Result<Vec<Administrator>, StoreError> {
        let all = self.store.read(|tables| tables.administrators()).await?;
        let shown = |StoredAdministrator { name, role, created_at, .. }| Administrator { name, role, created_at };
        Ok(all.into_iter().map(shown).collect())
    }

    /// Lets someone sign in.
    ///
    /// # Errors
    /// [`AdministratorError`].
    pub async fn add(&self, name: &str, role: Role, password: SecretString) -> Result<(), AdministratorError> {
        self.add_by(COMMAND_LINE, name, role, password).await
    }

    /// Changes the password of someone, who has to sign in again.
    ///
    /// # Errors
    /// [`AdministratorError`].
    pub async fn set_password(&self, name: &str, password: SecretString) -> Result<(), AdministratorError> {
        self.set_password_by(COMMAND_LINE, name, password).await
    }

    /// Takes someone's access away, at once.
    ///
    /// # Errors
    /// [`AdministratorError`].
    pub async fn remove(&self, name: &str) -> Result<(), AdministratorError> {
        self.remove_by(COMMAND_LINE, name).await
    }

    pub(super) async fn add_by(
        &self,
        who: &str,
        name: &str,
        role: Role,
        password: SecretString,
    ) -> Result<(), AdministratorError> {
        if !is_name(name) {
            return Err(AdministratorError::Name);
        }
        let (now, password_hash) = (self.clock.unskewed(), hashed(password).await?);
        let new = StoredAdministrator { name: name.to_owned(), role, password_hash, created_at: now };
        let who = who.to_owned();
        let add = move |tables: &dyn Tables| {
            if tables.administrator(&new.name)?.is_some() {
                return Ok(false);
            }
            tables.put_administrator(&new)?;
            let (subject, detail) = (Some(new.name.clone()), Some(format!("as {role}")));
            Note { who: Some(&who), action: Action::AddAdministrator, subject, detail }.done(tables, now)?;
            Ok(true)
        };
        let is_new = self.store.write(add).await?;
        if is_new { Ok(()) } else { Err(AdministratorError::Known(name.to_owned())) }
    }

    pub(super) async fn set_password_by(
        &self,
        who: &str,
        name: &str,
        password: SecretString,
    ) -> Result<(), AdministratorError> {
        let hash = hashed(password).await?;
        let change = move |known: &mut StoredAdministrator| known.password_hash.clone_from(&hash);
        self.change(who, name, Action::SetPassword, None, change).await
    }

    pub(super) async fn set_role_by(&self, who: &str, name: &str, role: Role) -> Result<(), AdministratorError> {
        let detail = Some(format!("to {role}"));
        self.change(who, name, Action::SetRole, detail, move |known| known.role = role).await
    }

    /// Changes someone, who has to sign in again.
    async fn change(
        &self,
        who: &str,
        name: &str,
        action: Action,
        detail: Option<String>,
        change: impl Fn(&mut StoredAdministrator) + Send + 'static,
    ) -> Result<(), AdministratorError> {
        if !is_name(name) {
            return Err(AdministratorError::Unknown(name.escape_debug().to_string()));
        }
        let (who, subject, now) = (who.to_owned(), name.to_owned(), self.clock.unskewed());
        let write = move |tables: &dyn Tables| {
            let Some(mut known) = tables.administrator(&subject)? else { return Ok(false) };
            change(&mut known);
            tables.put_administrator(&known)?;
            tables.end_sessions_of(&subject)?;
            let (subject, detail) = (Some(subject.clone()), detail.clone());
            Note { who: Some(&who), action, subject, detail }.done(tables, now)?;
            Ok(true)
        };
        let is_known = self.store.write(write).await?;
        if is_known { Ok(()) } else { Err(AdministratorError::Unknown(name.to_owned())) }
    }

    pub(super) async fn remove_by(&self, who: &str, name: &str) -> Result<(), AdministratorError> {
        if !is_name(name) {
            return Err(AdministratorError::Unknown(name.escape_debug().to_string()));
        }
        let (who, subject, now) = (who.to_owned(), name.to_owned(), self.clock.unskewed());
        let remove = move |tables: &dyn Tables| {
            if !tables.remove_administrator(&subject)? {
                return Ok(false);
            }
            let action = Action::RemoveAdministrator;
            Note { who: Some(&who), action, subject: Some(subject.clone()), detail: None }.done(tables, now)?;
            Ok(true)
        };
        let is_known = self.store.write(remove).await?;
        if is_known { Ok(()) } else { Err(AdministratorError::Unknown(name.to_owned())) }
    }

    /// Finishes what was begun.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

/// Whether an administrator may be called so. It can't be taken for the command line in the audit log.
pub(super) fn is_name(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || ".-_@+".contains(letter);
    (1..=NAME_LENGTH_MAX).contains(&name.len()) && name.chars().all(is_letter)
}

/// Hashes where it holds nobody up.
async fn hashed(password: SecretString) -> Result<String, AdministratorError> {
    if !password::is_long_enough(&password) {
        return Err(AdministratorError::Password);
    }
    let hash = tokio::task::spawn_blocking(move || password::hash(&password)).await;
    hash.map_err(|_| StoreError::Panicked)?.ok_or(AdministratorError::Hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_of_letters_and_never_the_command_line() {
        for good in ["ada", "ada.lovelace@studio.example", "A-1_b+c"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "ada lovelace", "<script>", COMMAND_LINE, "ä", &"a".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}

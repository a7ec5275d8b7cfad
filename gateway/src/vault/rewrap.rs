//! What becomes of the vault's old keys.
//!
//! 1. A key is **known** ([`Vault::recognise`]): each database keeps a value that it has sealed, so that a wrong file in
//!    its place is noticed at the start and not at the first card.
//! 2. What older keys have sealed is **sealed anew** by the one in use, a few rows in a transaction. A kill in between
//!    leaves each row under the one key or the other, and the row says which.
//! 3. A key that nothing is sealed by any more is **retired**, on order. Whoever still would seal by it can't.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use farthing_protocol::{AccountId, CardId, Timestamp};
use uuid::Uuid;

use super::{Vault, VaultKey, place, webhook_place};
use crate::gateway::Gateway;
use crate::keys::KeysError;
use crate::privacy::{NAME_KEY_PLACE, account_key_place};
use crate::store::{Room, SealedRow, StoreError, Tables};

/// Rows that are sealed anew in one transaction: a few milliseconds.
const TOGETHER_MAX: u32 = 100;
/// How often it is looked for more where there was nothing to do.
const PAUSE: Duration = Duration::from_secs(60);
/// What each key seals to be known by.
const PROOF: &[u8] = b"farthing";

fn proof_place(number: u32) -> Vec<u8> {
    format!("vault_keys/proof/{number}").into_bytes()
}

fn place_of(row: &SealedRow) -> Vec<u8> {
    match row.room {
        Room::Cards => place(CardId::from_bytes(row.id)),
        Room::WebhookEndpoints => webhook_place(Uuid::from_bytes(row.id)),
        Room::AccountKeys => account_key_place(AccountId::from_bytes(row.id)),
        Room::NameKeys => NAME_KEY_PLACE.to_vec(),
    }
}

impl Vault {
    /// Makes sure that this vault opens what is in the database; returns the keys that the database does not know yet.
    pub(crate) fn verify(&self, tables: &dyn Tables) -> Result<Vec<&VaultKey>, StoreError> {
        let known: BTreeMap<u32, _> = tables.vault_keys()?.into_iter().map(|known| (known.number, known)).collect();
        if let Some(unlisted) = known.keys().find(|number| self.keys.iter().all(|key| key.number != **number)) {
            return Err(StoreError::NoVaultKey(*unlisted));
        }
        let mut new = Vec::new();
        for listed in &self.keys {
            let another = |_| KeysError::Another { path: listed.path.clone() };
            match known.get(&listed.number) {
                Some(known) if known.is_retired && listed.key.is_none() => {}
                Some(known) => {
                    listed.key()?.open(&proof_place(listed.number), &known.proof).map_err(another)?;
                }
                None => {
                    // A database from before there were proofs has at least what is sealed.
                    for room in Room::ALL {
                        for row in tables.sealed_rows(room, listed.number, listed.number + 1, 1)? {
                            listed.key()?.open(&place_of(&row), &row.sealed.bytes).map_err(another)?;
                        }
                    }
                    new.push(listed);
                }
            }
        }
        Ok(new)
    }

    /// The same, and has the database know its keys.
    pub(crate) fn recognise(&self, tables: &dyn Tables, now: Timestamp) -> Result<(), StoreError> {
        for new in self.verify(tables)? {
            let proof = new.key()?.seal(&proof_place(new.number), PROOF)?;
            tables.add_vault_key(new.number, &proof, now)?;
        }
        Ok(())
    }

    /// How many keys there are, and the number of the one that seals now.
    pub(crate) fn summary(&self) -> Result<(usize, u32), StoreError> {
        Ok((self.keys.len(), self.current()?.number))
    }

    /// Seals some rows anew that older keys have sealed; says how many there were.
    fn rewrap(&self, tables: &dyn Tables, rows: &[SealedRow]) -> Result<(), StoreError> {
        for row in rows {
            let place = place_of(row);
            // Where the row has changed meanwhile, it is right already, or gone.
            tables.reseal(row, &self.seal(&place, &self.unseal(&place, &row.sealed)?)?)?;
        }
        Ok(())
    }

    /// Retires every key that came before the one in use; returns the files that are not needed by this database any
    /// more.
    fn retire(&self, tables: &dyn Tables, now: Timestamp) -> Result<Vec<PathBuf>, StoreError> {
        let current = self.current()?.number;
        let old = self.keys.iter().take_while(|key| key.number < current);
        let retired = old.map(|key| {
            let rows = Room::ALL.into_iter().map(|room| tables.count_sealed_rows(room, key.number));
            let rows = rows.sum::<Result<u64, _>>()?;
            if rows > 0 {
                return Err(KeysError::InUse { path: key.path.clone(), rows }.into());
            }
            tables.retire_vault_key(key.number, now)?;
            Ok(key.path.clone())
        });
        retired.collect()
    }
}

impl Gateway {
    /// Seals anew what older vault keys have sealed, until the gateway is closed. A gateway that is
    /// [served](crate::server::serve) does so by itself.
    pub async fn rewrap_vault(&self) {
        loop {
            match self.rewrap_some().await {
                Ok(0) => tokio::time::sleep(PAUSE).await,
                Ok(rows) => tracing::info!(rows, "rows were sealed anew by the vault key in use"),
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "rows could not be sealed anew; they stay as they are for now");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Seals a few rows anew; says how many were found.
    ///
    /// # Errors
    /// [`StoreError`]. None of them was sealed anew then.
    #[doc(hidden)]
    pub async fn rewrap_some(&self) -> Result<usize, StoreError> {
        let shared = &self.shared;
        let current = shared.vault.current()?.number;
        // They are looked for apart: a transaction that may write and looks over many rows gets in others' way.
        let look = move |tables: &dyn Tables| {
            let mut found = Vec::new();
            for room in Room::ALL {
                found.extend(tables.sealed_rows(room, 0, current, TOGETHER_MAX)?);
            }
            Ok(found)
        };
        let rows = shared.store.read(look).await?;
        let found = rows.len();
        if found > 0 {
            let vault = shared.vault.clone();
            shared.store.write(move |tables| vault.rewrap(tables, &rows)).await?;
        }
        Ok(found)
    }

    /// Retires every vault key that came before the one in use: nothing may be sealed by them in this database any
    /// more. Their files are returned; backups that were made before still need them.
    ///
    /// # Errors
    /// [`StoreError`] with [`KeysError::InUse`] while a row still needs one of them. Nothing is retired then.
    pub async fn retire_vault_keys(&self) -> Result<Vec<PathBuf>, StoreError> {
        let (vault, now) = (self.shared.vault.clone(), self.shared.clock.now());
        self.shared.store.write(move |tables| vault.retire(tables, now)).await
    }

    /// How many values of the database each vault key has sealed.
    #[doc(hidden)]
    pub async fn sealed_values(&self) -> Result<BTreeMap<u32, u64>, StoreError> {
        let keys: Vec<u32> = self.shared.vault.keys.iter().map(|key| key.number).collect();
        let count = move |tables: &dyn Tables| {
            let of = |key: &u32| {
                let rows = Room::ALL.into_iter().map(|room| tables.count_sealed_rows(room, *key));
                Ok((*key, rows.sum::<Result<u64, StoreError>>()?))
            };
            keys.iter().map(of).collect()
        };
        self.shared.store.read(count).await
    }
}

//! What the gateway knows of a person, and how it forgets.
//!
//! 1. **Know what there is** ([`data_map`]): every column of the database is classified in one place. What is not there
//!    fails a test.
//! 2. **Seal what says who** ([`Persons`]): a user's name, what a card looks like, and the processor's name for the user
//!    are never written but under a key of the account's own. That key is kept sealed by the vault. Users are found by a
//!    keyed digest of their name.
//! 3. **Tell all of it** ([`export`]): every row of every table that is a user's.
//! 4. **Forget** ([`erase`]): the account's key is destroyed, and with it what it has sealed. What the law asks to keep —
//!    the books, the receipts — stays under a name that says nothing any more.
//!
//! The rules are those of Regulation (EU) 2016/679 (GDPR): articles 15 and 20 (access, portability), 17 (erasure, with
//! the exceptions of paragraph 3), 4(5) and 32 (pseudonyms, encryption).

pub(crate) mod data_map;
pub(crate) mod erase;
pub(crate) mod export;
mod persons;

pub(crate) use persons::{Declared, NAME_KEY_PLACE, Persons, account_key_place};

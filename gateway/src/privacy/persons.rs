//! Seals and opens what says who a user is.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use farthing_protocol::api::Card;
use farthing_protocol::{AccountId, CardId, Timestamp};
use farthing_seal::{SealError, SealKey};
use ring::hmac;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::store::{AccountRecord, ListedDevice, SealedCard, StoreError, StoredCard, Tables};
use crate::vault::Vault;

/// Where the key is kept by which users are found.
pub(crate) const NAME_KEY_PLACE: &[u8] = b"name_keys/sealed";
/// How a customer's name begins that is sealed.
const SEALED: &str = "sealed:";

/// Where an account's key is kept.
pub(crate) fn account_key_place(account: AccountId) -> Vec<u8> {
    format!("account_keys/sealed/{account}").into_bytes()
}

fn user_place(account: AccountId) -> Vec<u8> {
    format!("accounts/user_sealed/{account}").into_bytes()
}

fn card_place(card: CardId) -> Vec<u8> {
    format!("cards/details/{card}").into_bytes()
}

fn customer_place(account: AccountId) -> Vec<u8> {
    format!("processor_customers/customer/{account}").into_bytes()
}

/// Who a user is.
#[derive(Serialize, Deserialize)]
struct Person {
    /// As the merchant calls them.
    user: String,
    /// How old they are at least, in years, where the merchant has declared it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    age: Option<u8>,
    /// Where they live, where the merchant has declared it: two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
}

/// What a merchant declares of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    /// How old they are at least, in years.
    pub(crate) age: Option<u8>,
    /// Where they live: two letters (ISO 3166-1).
    pub(crate) country: Option<String>,
}

/// Knows users by what is sealed.
pub(crate) struct Persons {
    vault: Arc<Vault>,
    names: hmac::Key,
}

impl Persons {
    /// Reads the key by which users are found; makes it where the database is new.
    pub(crate) fn open(tables: &dyn Tables, vault: Arc<Vault>) -> Result<Self, StoreError> {
        let secret = match tables.name_key()? {
            Some(sealed) => vault.unseal(NAME_KEY_PLACE, &sealed)?,
            None => {
                let (_, secret) = SealKey::generate()?;
                tables.add_name_key(&vault.seal(NAME_KEY_PLACE, &secret)?)?;
                secret
            }
        };
        Ok(Persons { names: hmac::Key::new(hmac::HMAC_SHA256, &secret), vault })
    }

    fn index(&self, user: &str) -> hmac::Tag {
        hmac::sign(&self.names, user.as_bytes())
    }

    /// The key of an account, unless it was destroyed or never needed.
    fn known_key(&self, tables: &dyn Tables, account: AccountId) -> Result<Option<SealKey>, StoreError> {
        let Some(sealed) = tables.account_key(account)? else { return Ok(None) };
        let secret = self.vault.unseal(&account_key_place(account), &sealed)?;
        Ok(Some(SealKey::from_bytes(&secret)?))
    }

    /// The key of an account, which gets one where it has none. An erased account gets none again.
    fn key(&self, tables: &dyn Tables, account: AccountId) -> Result<SealKey, StoreError> {
        if let Some(known) = self.known_key(tables, account)? {
            return Ok(known);
        }
        if tables.erased_at(account)?.is_some() {
            return Err(StoreError::Damaged("an erased account is to be somebody's again"));
        }
        let (key, secret) = SealKey::generate()?;
        let sealed = self.vault.seal(&account_key_place(account), &secret)?;
        Vault::require_in_use(tables, &sealed)?;
        tables.add_account_key(account, &sealed)?;
        Ok(key)
    }

    /// The account of a user, as the merchant calls them.
    pub(crate) fn account_of(&self, tables: &dyn Tables, user: &str) -> Result<Option<AccountId>, StoreError> {
        tables.account_by_index(self.index(user).as_ref())
    }

    /// Whose an account is, if it is somebody's in particular.
    pub(crate) fn user_of(&self, tables: &dyn Tables, account: AccountId) -> Result<Option<String>, StoreError> {
        Ok(self.person(tables, account)?.map(|person| person.user))
    }

    /// How old an account's user is at least, in years, where that was declared.
    pub(crate) fn age_of(&self, tables: &dyn Tables, account: AccountId) -> Result<Option<u8>, StoreError> {
        Ok(self.person(tables, account)?.and_then(|person| person.age))
    }

    /// Where an account's user lives, where that was declared.
    pub(crate) fn country_of(&self, tables: &dyn Tables, account: AccountId) -> Result<Option<String>, StoreError> {
        Ok(self.person(tables, account)?.and_then(|person| person.country))
    }

    /// What a merchant declares of a user takes the place of what was declared before; what is left out stays.
    pub(crate) fn declare(
        &self,
        tables: &dyn Tables,
        account: AccountId,
        declared: &Declared,
    ) -> Result<(), StoreError> {
        let Some(Person { user, age, country }) = self.person(tables, account)? else { return Ok(()) };
        let known = Declared { age, country };
        let Declared { age, country } = declared.clone();
        let now = Declared { age: age.or(known.age), country: country.or_else(|| known.country.clone()) };
        if now == known { Ok(()) } else { self.set_user(tables, account, &user, &now) }
    }

    fn person(&self, tables: &dyn Tables, account: AccountId) -> Result<Option<Person>, StoreError> {
        let Some(sealed) = tables.sealed_user(account)? else { return Ok(None) };
        self.open_json(tables, account, &user_place(account), &sealed).map(Some)
    }

    /// An account is somebody's from now on.
    pub(crate) fn set_user(
        &self,
        tables: &dyn Tables,
        account: AccountId,
        user: &str,
        declared: &Declared,
    ) -> Result<(), StoreError> {
        let Declared { age, country } = declared.clone();
        let person = json(&Person { user: user.to_owned(), age, country })?;
        let sealed = self.key(tables, account)?.seal(&user_place(account), &person)?;
        tables.set_sealed_user(account, self.index(user).as_ref(), &sealed)
    }

    /// Says whose the devices of a list are.
    pub(crate) fn name_devices(&self, tables: &dyn Tables, listed: &mut [ListedDevice]) -> Result<(), StoreError> {
        for one in listed {
            one.user = self.user_of(tables, one.device.account)?;
        }
        Ok(())
    }

    /// An account as it was opened, with whose it is.
    pub(crate) fn account_record(
        &self,
        tables: &dyn Tables,
        account: AccountId,
    ) -> Result<Option<AccountRecord>, StoreError> {
        let Some(mut record) = tables.account_record(account)? else { return Ok(None) };
        record.user = self.user_of(tables, account)?;
        Ok(Some(record))
    }

    /// The cards of an account that were not removed, the newest first.
    pub(crate) fn cards(&self, tables: &dyn Tables, account: AccountId) -> Result<Vec<StoredCard>, StoreError> {
        let cards = tables.sealed_cards(account)?;
        cards.into_iter().map(|card| self.open_card(tables, account, card)).collect()
    }

    /// A card of an account, unless it was removed.
    pub(crate) fn card(
        &self,
        tables: &dyn Tables,
        account: AccountId,
        id: CardId,
    ) -> Result<Option<StoredCard>, StoreError> {
        let card = tables.sealed_card(account, id)?;
        card.map(|card| self.open_card(tables, account, card)).transpose()
    }

    fn open_card(&self, tables: &dyn Tables, account: AccountId, found: SealedCard) -> Result<StoredCard, StoreError> {
        let SealedCard { card, details, sealed } = found;
        let card = match details {
            // An earlier version beside this one has just written it.
            None => card,
            Some(details) => self.open_json(tables, account, &card_place(card.id), &details)?,
        };
        Ok(StoredCard { card, sealed })
    }

    /// Keeps a card.
    pub(crate) fn add_card(
        &self,
        tables: &dyn Tables,
        account: AccountId,
        stored: &StoredCard,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let details = self.key(tables, account)?.seal(&card_place(stored.card.id), &json(&stored.card)?)?;
        tables.add_sealed_card(account, stored, &details, now)
    }

    /// What a card that an export shows looks like.
    pub(super) fn card_details(
        &self,
        tables: &dyn Tables,
        account: AccountId,
        (card, details): (CardId, &[u8]),
    ) -> Result<Card, StoreError> {
        self.open_json(tables, account, &card_place(card), details)
    }

    /// What the processor calls an account.
    pub(crate) fn customer(&self, tables: &dyn Tables, account: AccountId) -> Result<Option<String>, StoreError> {
        let Some(known) = tables.customer(account)? else { return Ok(None) };
        let Some(sealed) = known.strip_prefix(SEALED) else { return Ok(Some(known)) };
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealError::DoesNotOpen)?;
        let key = self.known_key(tables, account)?.ok_or(SealError::DoesNotOpen)?;
        let opened = key.open(&customer_place(account), &sealed)?;
        Ok(Some(String::from_utf8_lossy(&opened).into_owned()))
    }

    /// The processor calls an account so, unless it is called something already.
    pub(crate) fn add_customer(
        &self,
        tables: &dyn Tables,
        account: AccountId,
        customer: &str,
    ) -> Result<(), StoreError> {
        tables.add_customer(account, &self.seal_customer(tables, account, customer)?)
    }

    fn seal_customer(&self, tables: &dyn Tables, account: AccountId, customer: &str) -> Result<String, StoreError> {
        let sealed = self.key(tables, account)?.seal(&customer_place(account), customer.as_bytes())?;
        Ok(format!("{SEALED}{}", BASE64_URL_SAFE_NO_PAD.encode(sealed)))
    }

    fn open_json<T: DeserializeOwned>(
        &self,
        tables: &dyn Tables,
        account: AccountId,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<T, StoreError> {
        let key = self.known_key(tables, account)?.ok_or(SealError::DoesNotOpen)?;
        let opened = key.open(place, sealed)?;
        serde_json::from_slice(&opened).map_err(|_| SealError::DoesNotOpen.into())
    }

    /// Seals some of what an earlier version has written in the clear; says how much there was.
    pub(crate) fn seal_older(&self, tables: &dyn Tables, most: u32) -> Result<usize, StoreError> {
        let names = tables.names_in_the_clear(most)?;
        for (account, user) in &names {
            self.set_user(tables, *account, user, &Declared::default())?;
        }
        let cards = tables.cards_in_the_clear(most)?;
        for older in &cards {
            let details = if older.is_removed {
                None
            } else {
                let key = self.key(tables, older.account)?;
                Some(key.seal(&card_place(older.card.id), &json(&older.card)?)?)
            };
            tables.set_card_details(&older.card, details.as_deref())?;
        }
        let customers = tables.customers_in_the_clear(most)?;
        for (account, customer) in &customers {
            tables.set_customer(*account, &self.seal_customer(tables, *account, customer)?)?;
        }
        Ok(names.len() + cards.len() + customers.len())
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|_| SealError::DoesNotOpen.into())
}

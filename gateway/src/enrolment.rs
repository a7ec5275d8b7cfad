//! Whose a device is: a user of the merchant's, or, in the sandbox, nobody's in particular.
//!
//! The merchant's back end knows its users. It asks for an **enrolment token** for one of them and hands it to the app,
//! whose device then belongs to that user's account, as every other device of the same user does. A token enrols one
//! device, soon.

use farthing_protocol::{AccountId, DeviceState, Document, Thumbprint, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::privacy::{Declared, Persons};
use crate::store::{Device, StoreError, Tables};

/// Devices of one user that may spend: more than anyone carries.
const DEVICES_MAX: usize = 20;
/// Bytes of a user's name.
pub(crate) const USER_BYTES_MAX: usize = 128;

/// An enrolment token's claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EnrolmentToken {
    /// The gateway.
    pub(crate) iss: String,
    /// The user, as the merchant calls them.
    pub(crate) sub: String,
    /// The token's own name: it is good once.
    pub(crate) jti: Uuid,
    /// When it ends, in seconds since 1970.
    pub(crate) exp: i64,
    /// How old the user is at least, in years, where the merchant declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) age: Option<u8>,
    /// Where the user lives, where the merchant declares it: two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) country: Option<String>,
}

impl EnrolmentToken {
    fn declared(&self) -> Declared {
        Declared { age: self.age, country: self.country.clone() }
    }
}

impl Document for EnrolmentToken {
    const TYPE: &'static str = "farthing-enrolment+jwt";
}

/// What became of a wish to enrol.
pub(crate) enum Enrolled {
    Device(Device),
    /// It is not accepted, for this reason.
    Rejected(&'static str),
}

/// Enrols a key: for a token's user, or for nobody in particular. The same key again is the same device.
pub(crate) fn enrol(
    tables: &dyn Tables,
    persons: &Persons,
    key: Thumbprint,
    token: Option<&EnrolmentToken>,
    merchant: &str,
    now: Timestamp,
) -> Result<Enrolled, StoreError> {
    if let Some(known) = tables.device_by_key(key)? {
        return known_again(tables, persons, known, token);
    }
    let account = match token {
        None => None,
        Some(token) => {
            if tables.is_enrolment_token_used(token.jti)? {
                return Ok(Enrolled::Rejected("The enrolment token was used for another device: get a new one."));
            }
            persons.account_of(tables, &token.sub)?
        }
    };
    let device = Device::new(key, account.unwrap_or_else(AccountId::generate));
    match account {
        None => {
            tables.add_account(device.account, merchant, now)?;
            if let Some(token) = token {
                persons.set_user(tables, device.account, &token.sub, &token.declared())?;
            }
        }
        Some(account) if tables.count_devices(account)? >= DEVICES_MAX => {
            return Ok(Enrolled::Rejected("The user has too many devices: revoke those that are not used any more."));
        }
        Some(account) => {
            if let Some(token) = token {
                persons.declare(tables, account, &token.declared())?;
            }
            tables.raise_revision(account)?;
        }
    }
    tables.add_device(&device, token.map(|token| token.jti), now)?;
    Ok(Enrolled::Device(device))
}

/// A key that was enrolled before. A device that was nobody's in particular becomes the user's, with its money, unless
/// the user has an account already.
fn known_again(
    tables: &dyn Tables,
    persons: &Persons,
    known: Device,
    token: Option<&EnrolmentToken>,
) -> Result<Enrolled, StoreError> {
    let Some(token) = token else { return Ok(Enrolled::Device(known)) };
    match (persons.user_of(tables, known.account)?, persons.account_of(tables, &token.sub)?) {
        (Some(user), _) if user == token.sub => {
            persons.declare(tables, known.account, &token.declared())?;
            Ok(Enrolled::Device(known))
        }
        (None, None) if known.state == DeviceState::Active => {
            persons.set_user(tables, known.account, &token.sub, &token.declared())?;
            Ok(Enrolled::Device(known))
        }
        _ => Ok(Enrolled::Rejected("The device belongs to another account: start over with a new wallet.")),
    }
}

/// What is wrong with a user's name, if anything.
pub(crate) fn check_user(user: &str) -> Result<(), String> {
    let is_good = (1..=USER_BYTES_MAX).contains(&user.len()) && !user.chars().any(char::is_control);
    if is_good {
        Ok(())
    } else {
        Err(format!("`user` must have 1 to {USER_BYTES_MAX} bytes and no control characters."))
    }
}

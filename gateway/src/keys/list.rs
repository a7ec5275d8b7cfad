//! Which keys there are, and since when each is used: `keys.toml` of the data folder, once a key was rotated.
//!
//! A new key is listed before it is used. So every gateway, every wallet and every back end knows it by the time that
//! it signs or seals, and no two gateways need to change over at the same moment.

use std::fs;
use std::path::Path;

use farthing_protocol::limits::KEY_SET_KEYS_MAX;
use farthing_protocol::{SigningKey, Timestamp};
use farthing_seal::SealKey;
use serde::{Deserialize, Serialize};

use super::file::{self, Secret};
use super::{KeysError, RotatedKey};
use crate::clock::days_after;

/// Where a data folder says it.
pub(super) const FILE: &str = "keys.toml";
const HEAD: &str =
    "# Which keys this gateway has, and since when each is used. `farthing-gateway keys` writes this.\n\n";

/// The keys that were listed so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyList {
    /// Of the signed key set: counts up with each change of the keys that sign.
    pub(super) key_set_version: u64,
    /// The oldest first.
    pub(super) signing: Vec<ListedKey>,
    /// The oldest first.
    pub(super) vault: Vec<ListedKey>,
}

/// A key that is in a file of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListedKey {
    pub(super) number: u32,
    pub(super) file: String,
    pub(super) used_from: Timestamp,
}

/// What a new key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Signing,
    Vault,
}

impl Purpose {
    fn file(self, number: u32) -> String {
        let name = match self {
            Purpose::Signing => "signing",
            Purpose::Vault => "vault",
        };
        if number == 1 { format!("{name}.key") } else { format!("{name}-{number}.key") }
    }

    fn make(self) -> Result<Secret, KeysError> {
        match self {
            Purpose::Signing => Ok(SigningKey::generate()?.1),
            Purpose::Vault => Ok(SealKey::generate()?.1),
        }
    }
}

impl KeyList {
    /// What a gateway starts with.
    fn first() -> Self {
        let first = |purpose: Purpose| ListedKey { number: 1, file: purpose.file(1), used_from: Timestamp::UNIX_EPOCH };
        let (signing, vault) = (vec![first(Purpose::Signing)], vec![first(Purpose::Vault)]);
        KeyList { key_set_version: 1, signing, vault }
    }

    /// Reads the list of a data folder.
    pub(super) fn read(folder: &Path) -> Result<Self, KeysError> {
        let path = folder.join(FILE);
        let Some(text) = file::read(&path)? else {
            // With later keys and no list it would be as if nothing had been rotated.
            let is_rotated = [Purpose::Signing, Purpose::Vault].iter().any(|it| folder.join(it.file(2)).exists());
            return if is_rotated { Err(KeysError::Missing { path }) } else { Ok(KeyList::first()) };
        };
        let wrong = |reason: String| KeysError::List { path: path.clone(), reason };
        let text = std::str::from_utf8(&text).map_err(|error| wrong(error.to_string()))?;
        let list: KeyList = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        list.check().map_err(|reason| wrong(reason.into()))?;
        Ok(list)
    }

    fn check(&self) -> Result<(), &'static str> {
        for keys in [&self.signing, &self.vault] {
            if keys.is_empty() {
                return Err("there must be a key of each kind");
            }
            if !keys
                .is_sorted_by(|earlier, later| earlier.number < later.number && earlier.used_from <= later.used_from)
            {
                return Err("keys must be in the order in which they are used");
            }
            if keys.iter().any(|key| key.file.contains('/')) {
                return Err("a key's file must be in the same folder");
            }
        }
        if self.signing.len() > KEY_SET_KEYS_MAX {
            return Err("wallets take a set of at most 16 keys that sign");
        }
        Ok(())
    }

    /// Makes a signing key that is used from then on. Those that have signed nothing for so many days are listed no
    /// more: what they signed does not verify any more.
    pub(super) fn rotate_signing(
        folder: &Path,
        used_from: Timestamp,
        keep_days: u32,
        now: Timestamp,
    ) -> Result<RotatedKey, KeysError> {
        let mut list = KeyList::read(folder)?;
        KeyList::check_latest(folder, &list.signing, used_from)?;
        // A key has signed until the next one took over.
        let takes_over: Vec<Timestamp> =
            list.signing.iter().skip(1).map(|next| next.used_from).chain([used_from]).collect();
        let mut has_ended = takes_over.iter().map(|end| days_after(*end, keep_days) <= now);
        let kept: Vec<ListedKey> =
            list.signing.iter().filter(|_| !has_ended.next().unwrap_or(false)).cloned().collect();
        if kept.len() >= KEY_SET_KEYS_MAX {
            return Err(KeysError::TooMany { path: folder.join(FILE) });
        }
        let new = make(folder, Purpose::Signing, &list.signing, used_from)?;
        list.key_set_version += 1;
        list.signing = kept;
        list.signing.push(new.clone());
        list.write(folder)?;
        Ok(RotatedKey { file: folder.join(new.file), used_from, key_set_version: Some(list.key_set_version) })
    }

    /// Makes a vault key that is used from then on.
    pub(super) fn rotate_vault(folder: &Path, used_from: Timestamp) -> Result<RotatedKey, KeysError> {
        let mut list = KeyList::read(folder)?;
        KeyList::check_latest(folder, &list.vault, used_from)?;
        let new = make(folder, Purpose::Vault, &list.vault, used_from)?;
        list.vault.push(new.clone());
        list.write(folder)?;
        Ok(RotatedKey { file: folder.join(new.file), used_from, key_set_version: None })
    }

    /// Whether another key can follow the latest one of its kind.
    fn check_latest(folder: &Path, keys: &[ListedKey], used_from: Timestamp) -> Result<(), KeysError> {
        let Some(latest) = keys.last() else { return Ok(()) };
        let path = folder.join(&latest.file);
        if latest.used_from > used_from {
            return Err(KeysError::NotYet { path, used_from: latest.used_from });
        }
        if path.exists() { Ok(()) } else { Err(KeysError::Missing { path }) }
    }

    fn write(&self, folder: &Path) -> Result<(), KeysError> {
        let path = folder.join(FILE);
        let text =
            toml::to_string(self).map_err(|error| KeysError::List { path: path.clone(), reason: error.to_string() })?;
        file::write(&path, format!("{HEAD}{text}").as_bytes())
    }
}

/// Makes a key's file, under a number that no key has had.
fn make(folder: &Path, purpose: Purpose, keys: &[ListedKey], used_from: Timestamp) -> Result<ListedKey, KeysError> {
    let next = keys.last().map_or(1, |latest| latest.number + 1);
    // One that was cut short has left a file that is not listed.
    let number = (next..).find(|number| !folder.join(purpose.file(*number)).exists()).unwrap_or(u32::MAX);
    let file = purpose.file(number);
    file::write(&folder.join(&file), &purpose.make()?)?;
    Ok(ListedKey { number, file, used_from })
}

/// Whether a data folder has a gateway's keys.
pub(super) fn has_keys(folder: &Path) -> bool {
    fs::exists(folder.join(Purpose::Signing.file(1))).unwrap_or(false) || folder.join(FILE).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> Timestamp {
        days_after(Timestamp::UNIX_EPOCH, number)
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        super::super::Keys::open(folder.path(), false).unwrap();
        folder
    }

    fn signing(folder: &Path) -> (u64, Vec<u32>) {
        let list = KeyList::read(folder).unwrap();
        (list.key_set_version, list.signing.iter().map(|key| key.number).collect())
    }

    #[test]
    fn a_key_is_listed_beside_the_ones_before_it_until_they_have_been_out_of_use_for_long() {
        let folder = folder();
        let rotate = |now: u32| KeyList::rotate_signing(folder.path(), day(now + 1), 400, day(now));
        assert_eq!(signing(folder.path()), (1, vec![1]));
        assert_eq!(rotate(0).unwrap().key_set_version, Some(2));
        rotate(300).unwrap();
        assert_eq!(signing(folder.path()), (3, vec![1, 2, 3]));
        rotate(401).unwrap();
        assert_eq!(signing(folder.path()), (4, vec![2, 3, 4]), "the first has signed nothing since day 1");
        // A key that leaked is dropped at once.
        KeyList::rotate_signing(folder.path(), day(500), 0, day(500)).unwrap();
        assert_eq!(signing(folder.path()), (5, vec![5]));
    }

    #[test]
    fn a_rotation_that_was_cut_short_is_done_again() {
        let folder = folder();
        let before = KeyList::read(folder.path()).unwrap();
        KeyList::rotate_vault(folder.path(), day(1)).unwrap();
        // As a kill leaves it between the key and the list.
        before.write(folder.path()).unwrap();
        assert_eq!(KeyList::read(folder.path()).unwrap(), before);
        let rotated = KeyList::rotate_vault(folder.path(), day(1)).unwrap();
        assert!(rotated.file.ends_with("vault-3.key"), "{rotated:?}");
        let vault: Vec<u32> = KeyList::read(folder.path()).unwrap().vault.iter().map(|key| key.number).collect();
        assert_eq!(vault, [1, 3]);
    }

    #[test]
    fn a_list_that_is_gone_or_makes_no_sense_is_told() {
        let folder = folder();
        KeyList::rotate_signing(folder.path(), day(1), 400, day(0)).unwrap();
        let earlier = KeyList::rotate_signing(folder.path(), day(0), 400, day(0)).unwrap_err();
        assert!(matches!(earlier, KeysError::NotYet { .. }), "{earlier:?}");
        let path = folder.path().join(FILE);
        let good = fs::read_to_string(&path).unwrap();
        for (from, to) in [("signing-2.key", "../signing-2.key"), ("number = 2", "number = 1"), ("1970", "nineteen")] {
            assert!(good.contains(from), "{good}");
            fs::write(&path, good.replace(from, to)).unwrap();
            let error = KeyList::read(folder.path()).unwrap_err();
            assert!(matches!(error, KeysError::List { .. }) && error.to_string().contains(FILE), "{error}");
        }
        fs::remove_file(&path).unwrap();
        assert!(matches!(KeyList::read(folder.path()), Err(KeysError::Missing { path: missing }) if missing == path));
    }
}

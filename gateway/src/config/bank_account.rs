//! Bank accounts, checked as far as that goes without asking a bank.

use std::fmt;

use iban::Iban;
use serde::Deserialize;

/// Between which bank accounts payouts go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayoutPolicy {
    /// The operator's, from which they go.
    pub debtor: BankAccount,
    /// The merchant's, to which they go.
    pub creditor: BankAccount,
}

/// A bank account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankAccount {
    /// Whose it is.
    pub name: AccountHolder,
    /// Its number; the check digits are right.
    pub iban: Iban,
    /// Which bank has it.
    pub bic: Bic,
}

/// The name of an account's holder, in the letters that every bank takes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AccountHolder(String);

/// A bank's name by ISO 9362.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Bic(String);

impl TryFrom<String> for AccountHolder {
    type Error = &'static str;

    /// The letters are those of the European Payments Council's guidelines for SEPA.
    fn try_from(name: String) -> Result<Self, Self::Error> {
        let is_taken = |letter: char| letter.is_ascii_alphanumeric() || "/-?:().,'+ ".contains(letter);
        if (1..=70).contains(&name.len()) && name.chars().all(is_taken) && name.trim() == name {
            return Ok(AccountHolder(name));
        }
        Err("a name has 1 to 70 of the letters that banks take: A to Z, a to z, 0 to 9, space and / - ? : ( ) . , ' +")
    }
}

impl TryFrom<String> for Bic {
    type Error = &'static str;

    fn try_from(bic: String) -> Result<Self, Self::Error> {
        let is_right = |(place, letter): (usize, u8)| match place {
            4 | 5 => letter.is_ascii_uppercase(),
            _ => letter.is_ascii_uppercase() || letter.is_ascii_digit(),
        };
        if matches!(bic.len(), 8 | 11) && bic.bytes().enumerate().all(is_right) {
            return Ok(Bic(bic));
        }
        Err("a BIC has 8 or 11 upper-case letters and digits, such as COBADEFFXXX")
    }
}

impl fmt::Display for AccountHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Bic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_bank_would_take_is_an_account() {
        let account = |name: &str, iban: &str, bic: &str| {
            toml::from_str::<BankAccount>(&format!("name = \"{name}\"\niban = \"{iban}\"\nbic = \"{bic}\""))
        };
        let (name, iban, bic) = ("Sample Studio (UK) Ltd.", "DE89 3704 0044 0532 0130 00", "COBADEFFXXX");
        assert_eq!(account(name, iban, bic).unwrap().iban.to_string(), iban);
        assert!(account(name, "GB82WEST12345698765432", "WESTGB2L").is_ok());
        for (name, iban, bic) in [
            (name, "DE88 3704 0044 0532 0130 00", bic),
            (name, "DE89", bic),
            (name, iban, "COBADEFFXX"),
            (name, iban, "cobadeffxxx"),
            (name, iban, "COBA12FFXXX"),
            ("", iban, bic),
            ("Sample & Sons", iban, bic),
            (" Sample", iban, bic),
            (&"a".repeat(71), iban, bic),
        ] {
            assert!(account(name, iban, bic).is_err(), "{name} {iban} {bic}");
        }
    }
}

//! What a gateway would use if it started: read and checked, and nothing changed.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use toml::{Table, Value};

use crate::Clock;
use crate::catalog::CatalogContent;
use crate::config::{Config, Overrides, SAMPLE, check_url};
use crate::gateway::Gateway;
use crate::keys::{KeysError, Signer, read_keys};
use crate::start::{StartError, open_app_store, open_google_play};
use crate::store::{Look, Store, Tables};
use crate::vault::Vault;

/// What a gateway would use. Shown as text, it has no secrets.
#[derive(Clone, Debug)]
pub struct Inspection {
    folder: PathBuf,
    settings: Vec<Setting>,
    catalog: String,
    keys: Vec<String>,
    database: String,
}

#[derive(Clone, Debug)]
struct Setting {
    name: String,
    value: String,
    /// Where it is from.
    source: String,
}

impl Gateway {
    /// Reads and checks settings, catalog, keys and database, and changes nothing; also while a gateway runs.
    ///
    /// # Errors
    /// [`StartError`], what a start would fail on.
    pub async fn inspect(
        folder: &Path,
        database: Option<&SecretString>,
        overrides: &Overrides,
    ) -> Result<Inspection, StartError> {
        let (table, config) = Config::read_with(&folder.join("gateway.toml"), overrides)?;
        if let Some(url) = &config.public_url {
            check_url(url).map_err(|reason| StartError::Address { reason })?;
        }
        config.processors.app_store.as_ref().map(|policy| open_app_store(policy, folder)).transpose()?;
        let clock = Clock::system();
        config.processors.google_play.as_ref().map(|policy| open_google_play(policy, folder, &clock)).transpose()?;
        let catalog = CatalogContent::read(&folder.join("catalog.toml"))?;
        let mut keys = Vec::new();
        let mut at_work = None;
        match read_keys(folder)? {
            None => keys.push("none yet: the first start makes them".to_owned()),
            Some(read) => {
                let (root, clock) = (read.root.public_key().thumbprint(), Clock::system());
                let issuer = config.public_url.clone().unwrap_or_default();
                let signer = Signer::new(&read.root, read.signing, read.key_set_version, issuer, clock.clone())?;
                let vault = Vault::new(read.vault, clock);
                let (version, listed, signs) = signer.summary()?;
                let (sealing, number) = vault.summary()?;
                keys.push(format!("root {root}"));
                keys.push(format!("key set version {version}, {listed} listed, {signs} signs now"));
                keys.push(format!("vault: {sealing} listed, number {number} seals now"));
                at_work = Some((signer, vault));
            }
        }
        let look = move |tables: &dyn Tables| {
            match &at_work {
                Some((signer, vault)) => {
                    signer.verify(tables)?;
                    vault.verify(tables)?;
                }
                // A start would refuse to make new ones.
                None if tables.has_devices()? => {
                    return Err(KeysError::Missing { path: PathBuf::from("root.key") }.into());
                }
                None => {}
            }
            Ok(())
        };
        let kind = if database.is_some() { "PostgreSQL" } else { "SQLite, farthing.db" };
        let database = match (Store::look(folder, database, look).await?, database.is_some()) {
            (Look::Absent | Look::Other { .. }, true) => return Err(StartError::Store(crate::StoreError::NotMigrated)),
            (Look::Absent, false) => format!("{kind}: none yet, the first start makes it"),
            (Look::Other { version, wanted }, false) if version < wanted => {
                format!("{kind}: version {version}, the next start brings it to {wanted}")
            }
            (Look::Other { version, .. } | Look::Current { version }, _) => format!("{kind}: version {version}"),
        };
        let folder = folder.to_owned();
        let catalog = format!("{} items of {}", catalog.items.len(), catalog.merchant);
        Ok(Inspection { folder, settings: settings(&table, overrides), catalog, keys, database })
    }
}

/// Every setting that holds, and where it is from.
fn settings(table: &Table, overrides: &Overrides) -> Vec<Setting> {
    let mut settings = Vec::new();
    collect(table, &mut Vec::new(), &mut |path, value| {
        let source = overrides.variable_of(path).unwrap_or("gateway.toml").to_owned();
        settings.push(Setting { name: path.join("."), value: value.to_string(), source });
    });
    // Limits may be left out of the file, one by one or all of them.
    let sample: Table = toml::from_str(SAMPLE).unwrap_or_default();
    let limits = |table: &Table| table.get("limits").and_then(Value::as_table).cloned().unwrap_or_default();
    let known = limits(table);
    let left_out: Table = limits(&sample).into_iter().filter(|(name, _)| !known.contains_key(name)).collect();
    collect(&left_out, &mut vec!["limits"], &mut |path, value| {
        settings.push(Setting { name: path.join("."), value: value.to_string(), source: "default".to_owned() });
    });
    settings
}

fn collect<'a>(table: &'a Table, path: &mut Vec<&'a str>, found: &mut impl FnMut(&[&'a str], &Value)) {
    for (name, value) in table {
        path.push(name);
        match value {
            Value::Table(within) => collect(within, path, found),
            value => found(path, value),
        }
        path.pop();
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "data folder  {}", self.folder.display())?;
        writeln!(f, "catalog      {}", self.catalog)?;
        writeln!(f, "database     {}", self.database)?;
        for keys in &self.keys {
            writeln!(f, "keys         {keys}")?;
        }
        for Setting { name, value, source } in &self.settings {
            writeln!(f, "setting      {name} = {value} ({source})")?;
        }
        write!(f, "Nothing is wrong with these.")
    }
}

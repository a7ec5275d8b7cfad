//! How an account stands, seen from one of its devices.

use farthing_protocol::api::AccountResponse;
use farthing_protocol::limits::DURABLES_MAX;
use farthing_protocol::{Allowance, Statement, Timestamp};

use crate::dispute;
use crate::gateway::Shared;
use crate::keys::{KeysError, Signer};
use crate::ledger::{LedgerAccount, owed};
use crate::pricing;
use crate::purchases::Cursor;
use crate::store::{Device, StoreError, Tables};

/// A statement and the device's allowances, read from one snapshot and not signed yet.
#[derive(Clone, Debug)]
pub(crate) struct AccountView {
    pub(crate) statement: Statement,
    allowances: Vec<Allowance>,
}

impl AccountView {
    pub(crate) fn read(
        tables: &dyn Tables,
        shared: &Shared,
        device: &Device,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let (revision, refunds, disputes) = tables.revision_and_counts(device.account)?;
        let available = tables.balances(&LedgerAccount::user_available(device.account))?;
        let allowances: Vec<Allowance> = tables.latest_allowances(device)?.into_values().collect();
        // What wallets go by is in their allowances; the statement says it for those that have none yet.
        let pricing = match allowances.iter().max_by_key(|allowance| allowance.issued_at) {
            Some(latest) => latest.pricing.clone(),
            None => pricing::of(tables, shared, device.account)?,
        };
        let statement = Statement {
            account: device.account,
            device: device.id,
            key: Some(device.key),
            revision,
            issued_at: now,
            device_state: device.state.clone(),
            available: available.into_iter().map(owed).collect::<Result<_, _>>()?,
            journal: device.journal,
            drawn: tables.all_drawn(device.id)?,
            refunds,
            meters: tables.meters(device)?,
            passes: tables.passes(device.id)?,
            disputed: if disputes == 0 { Vec::new() } else { dispute::disputed(tables, device.account)? },
            pricing,
            durables: tables.durables(device.account, DURABLES_MAX)?,
        };
        Ok(AccountView { statement, allowances })
    }

    /// The signed answer, with the end of what the account's other devices have settled.
    pub(crate) fn sign(&self, signer: &Signer, elsewhere: Option<Cursor>) -> Result<AccountResponse, KeysError> {
        let (statement, allowances) = (signer.sign(&self.statement)?, self.sign_allowances(signer)?);
        Ok(AccountResponse { statement, allowances, purchases: elsewhere.map(|end| end.to_string()) })
    }

    pub(crate) fn sign_allowances(&self, signer: &Signer) -> Result<Vec<String>, KeysError> {
        self.allowances.iter().map(|allowance| signer.sign(allowance)).collect()
    }
}

//! Charges that a cardholder disputes at the bank.

use farthing_protocol::{AccountId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::column;
use crate::store::StoreError;
use crate::store::disputes::{Dispute, DisputeState, Disputes};

fn read(row: &Row<'_>) -> rusqlite::Result<(Dispute, String)> {
    let currency = column::currency(row, 5)?;
    let dispute = Dispute {
        id: Uuid::from_bytes(row.get(0)?),
        name: row.get(1)?,
        account: column::account(row, 2)?,
        payment: Uuid::from_bytes(row.get(3)?),
        amount: column::money(row, 4, currency)?,
        fee: column::money(row, 6, currency)?,
        held: column::money(row, 7, currency)?,
        held_fee: column::money(row, 8, currency)?,
        state: DisputeState::Open,
    };
    Ok((dispute, row.get(9)?))
}

fn stated((dispute, state): (Dispute, String)) -> Result<Dispute, StoreError> {
    Ok(Dispute { state: DisputeState::named(&state)?, ..dispute })
}

impl Disputes for Connection {
    fn dispute(&self, name: &str) -> Result<Option<Dispute>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT id, name, account, payment, amount, currency, fee, held, held_fee, state FROM disputes WHERE name = ?",
        )?;
        let row = statement.query_row([name], read).optional()?;
        row.map(stated).transpose()
    }

    fn is_disputed(&self, payment: Uuid) -> Result<bool, StoreError> {
        let mut statement = self.prepare_cached("SELECT 1 FROM disputes WHERE payment = ? AND state <> 'won'")?;
        Ok(statement.exists([payment.as_bytes()])?)
    }

    fn disputes_of(&self, account: AccountId) -> Result<Vec<Dispute>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT id, name, account, payment, amount, currency, fee, held, held_fee, state FROM disputes
             WHERE account = ? ORDER BY created_at, id",
        )?;
        let rows = statement.query_map([account.as_bytes()], read)?;
        rows.map(|row| row.map_err(StoreError::from).and_then(stated)).collect()
    }

    fn add_dispute(&self, dispute: &Dispute, now: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO disputes (id, name, account, payment, amount, currency, fee, held, held_fee, state, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            dispute.id.as_bytes(),
            dispute.name,
            dispute.account.as_bytes(),
            dispute.payment.as_bytes(),
            dispute.amount.micros(),
            dispute.amount.currency().code(),
            dispute.fee.micros(),
            dispute.held.micros(),
            dispute.held_fee.micros(),
            dispute.state.name(),
            now.as_millisecond(),
        ])?;
        Ok(())
    }

    fn set_dispute_state(&self, id: Uuid, state: DisputeState) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE disputes SET state = ? WHERE id = ?")?
            .execute(params![state.name(), id.as_bytes()])?;
        Ok(())
    }
}

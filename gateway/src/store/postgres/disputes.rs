//! Charges that a cardholder disputes at the bank.

use farthing_protocol::{AccountId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::disputes::{Dispute, DisputeState, Disputes};

fn read(row: &PgRow) -> Result<Dispute, StoreError> {
    let currency = column::currency(row, 5)?;
    Ok(Dispute {
        id: column::name(row, 0)?,
        name: row.try_get(1)?,
        account: column::account(row, 2)?,
        payment: column::name(row, 3)?,
        amount: column::money(row, 4, currency)?,
        fee: column::money(row, 6, currency)?,
        held: column::money(row, 7, currency)?,
        held_fee: column::money(row, 8, currency)?,
        state: DisputeState::named(row.try_get(9)?)?,
    })
}

impl Disputes for Transaction {
    fn dispute(&self, name: &str) -> Result<Option<Dispute>, StoreError> {
        let select = query(
            "SELECT id, name, account, payment, amount, currency, fee, held, held_fee, state FROM disputes
             WHERE name = $1",
        );
        self.one(select.bind(name))?.as_ref().map(read).transpose()
    }

    fn is_disputed(&self, payment: Uuid) -> Result<bool, StoreError> {
        let select = query("SELECT 1 FROM disputes WHERE payment = $1 AND state <> 'won' LIMIT 1");
        Ok(self.one(select.bind(uuid(payment.as_bytes())))?.is_some())
    }

    fn disputes_of(&self, account: AccountId) -> Result<Vec<Dispute>, StoreError> {
        let select = query(
            "SELECT id, name, account, payment, amount, currency, fee, held, held_fee, state FROM disputes
             WHERE account = $1 ORDER BY created_at, id",
        );
        self.all(select.bind(uuid(account.as_bytes())))?.iter().map(read).collect()
    }

    fn add_dispute(&self, dispute: &Dispute, now: Timestamp) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO disputes (id, name, account, payment, amount, currency, fee, held, held_fee, state, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        );
        let insert = insert
            .bind(uuid(dispute.id.as_bytes()))
            .bind(&dispute.name)
            .bind(uuid(dispute.account.as_bytes()))
            .bind(uuid(dispute.payment.as_bytes()))
            .bind(dispute.amount.micros())
            .bind(dispute.amount.currency().code().to_owned())
            .bind(dispute.fee.micros())
            .bind(dispute.held.micros())
            .bind(dispute.held_fee.micros())
            .bind(dispute.state.name())
            .bind(now.as_millisecond());
        self.execute(insert)?;
        Ok(())
    }

    fn set_dispute_state(&self, id: Uuid, state: DisputeState) -> Result<(), StoreError> {
        let update = query("UPDATE disputes SET state = $1 WHERE id = $2");
        self.execute(update.bind(state.name()).bind(uuid(id.as_bytes())))?;
        Ok(())
    }
}

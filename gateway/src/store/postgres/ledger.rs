//! The ledger's accounts and postings.

use farthing_protocol::api::LedgerBalance;
use farthing_protocol::{AccountId, Currency, Money, Timestamp};
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, number, signed, uuid};
use super::transaction::Transaction;
use crate::ledger::{self, AccountKind, DayFigures, LedgerAccount, day_of};
use crate::store::StoreError;
use crate::store::ledger::Ledger;

/// One statement: the transaction, its postings, and the balances that they change. A row must not be inserted where
/// one is, since its checks are made before the conflict is noticed.
const POST: &str = "
    WITH changed AS (SELECT * FROM unnest($5::text[], $6::text[], $7::text[], $8::bigint[], $9::boolean[])
                       AS changed (kind, owner, currency, amount, is_shared)),
    noted AS (INSERT INTO ledger_transactions (id, kind, reference, at) VALUES ($1, $2, $3, $4)),
    posted AS (INSERT INTO ledger_postings (ledger_transaction, kind, owner, currency, amount, at)
                 SELECT $1, kind, owner, currency, amount, $4 FROM changed),
    counted AS (INSERT INTO ledger_days_unfolded (id, day, kind, currency, count, volume, fees, fees_one_by_one)
                  SELECT gen_random_uuid(), $10, $2, $11, $12, $13, $14, $15 WHERE $12 > 0),
    updated AS (UPDATE ledger_accounts AS account SET balance = account.balance + changed.amount FROM changed
                  WHERE NOT is_shared AND account.kind = changed.kind AND account.owner = changed.owner
                    AND account.currency = changed.currency
                RETURNING account.kind, account.owner, account.currency),
    opened AS (INSERT INTO ledger_accounts (kind, owner, currency, balance)
                 SELECT kind, owner, currency, amount FROM changed WHERE NOT is_shared
                    AND (kind, owner, currency) NOT IN (SELECT kind, owner, currency FROM updated))
    INSERT INTO ledger_unfolded (id, kind, owner, currency, amount)
      SELECT gen_random_uuid(), kind, owner, currency, amount FROM changed WHERE is_shared";

const BALANCES: &str = "SELECT balance, currency FROM ledger_accounts WHERE kind = $1 AND owner = $2 ORDER BY currency";
/// What was not folded yet counts, too. That it is read from the smallest id on gives a plan by the index: a scan, where
/// scans are off, looks so dear that PostgreSQL compiles the query first, for some 100 ms.
const SHARED_BALANCES: &str = "
    SELECT sum(amount)::bigint, currency FROM (
      SELECT balance AS amount, currency FROM ledger_accounts WHERE kind = $1 AND owner = $2
      UNION ALL SELECT amount, currency FROM ledger_unfolded
        WHERE id >= '00000000-0000-0000-0000-000000000000' AND kind = $1 AND owner = $2) AS amounts
    GROUP BY currency ORDER BY currency";

/// Who owns an account, as text: an identifier, or the name of a merchant or processor.
pub(super) fn owner(account: &LedgerAccount) -> Result<String, StoreError> {
    let damaged = || StoreError::Damaged("an owner that can't be named");
    match account.kind {
        AccountKind::UserAvailable
        | AccountKind::UserReserved
        | AccountKind::ProcessorFeesPrepaid
        | AccountKind::CardAuthorised => {
            Uuid::from_slice(&account.owner).map(|id| id.to_string()).map_err(|_| damaged())
        }
        AccountKind::CardClearing
        | AccountKind::StoreReceivable
        | AccountKind::Refunds
        | AccountKind::Chargebacks
        | AccountKind::VirtualCurrency
        | AccountKind::MerchantPayable
        | AccountKind::CreatorPayable
        | AccountKind::PlatformRevenue
        | AccountKind::PayoutsInTransit
        | AccountKind::CreatorPayoutsInTransit
        | AccountKind::Bank => String::from_utf8(account.owner.clone()).map_err(|_| damaged()),
    }
}

/// Whether purchases of many users post to an account.
pub(super) fn is_shared(kind: AccountKind) -> bool {
    matches!(
        kind,
        AccountKind::CardClearing
            | AccountKind::StoreReceivable
            | AccountKind::Refunds
            | AccountKind::Chargebacks
            | AccountKind::VirtualCurrency
            | AccountKind::MerchantPayable
            | AccountKind::CreatorPayable
            | AccountKind::PlatformRevenue
    )
}

impl Ledger for Transaction {
    fn post(&self, transaction: &ledger::Transaction, now: Timestamp) -> Result<(), StoreError> {
        let postings = transaction.balanced()?;
        if postings.is_empty() {
            return Ok(());
        }
        let reference = transaction.reference.as_slice().try_into().map_err(|_| StoreError::Damaged("no reference"))?;
        let owners: Vec<String> = postings.iter().map(|(account, _)| owner(account)).collect::<Result<_, _>>()?;
        let post = query(POST)
            .bind(uuid(Uuid::new_v4().as_bytes()))
            .bind(transaction.kind)
            .bind(uuid(reference))
            .bind(now.as_millisecond())
            .bind(postings.iter().map(|(account, _)| account.kind.name()).collect::<Vec<_>>())
            .bind(owners)
            .bind(postings.iter().map(|(_, amount)| amount.currency().code().to_owned()).collect::<Vec<_>>())
            .bind(postings.iter().map(|(_, amount)| amount.micros()).collect::<Vec<_>>())
            .bind(postings.iter().map(|(account, _)| is_shared(account.kind)).collect::<Vec<_>>());
        let figures = transaction.figures().unwrap_or(DayFigures::nothing(Currency::USD));
        let post = post
            .bind(day_of(now))
            .bind(figures.volume.currency().code().to_owned())
            .bind(signed(figures.count)?)
            .bind(figures.volume.micros())
            .bind(figures.fees.micros())
            .bind(figures.fees_one_by_one.micros());
        self.execute(post)?;
        Ok(())
    }

    fn balance(&self, account: &LedgerAccount, currency: Currency) -> Result<Money, StoreError> {
        if is_shared(account.kind) {
            let balances = self.balances(account)?;
            let balance = balances.into_iter().find(|balance| balance.currency() == currency);
            return Ok(balance.unwrap_or(Money::zero(currency)));
        }
        let select = query("SELECT balance FROM ledger_accounts WHERE kind = $1 AND owner = $2 AND currency = $3");
        let select = select.bind(account.kind.name()).bind(owner(account)?).bind(currency.code().to_owned());
        let row = self.one(select)?;
        row.map_or_else(|| Ok(Money::zero(currency)), |row| column::money(&row, 0, currency))
    }

    fn balances(&self, account: &LedgerAccount) -> Result<Vec<Money>, StoreError> {
        let select = query(if is_shared(account.kind) { SHARED_BALANCES } else { BALANCES });
        let rows = self.all(select.bind(account.kind.name()).bind(owner(account)?))?;
        rows.iter().map(|row| column::money(row, 0, column::currency(row, 1)?)).collect()
    }

    fn all_reserves(&self, account: AccountId, currency: Currency) -> Result<Money, StoreError> {
        // One by one: as a join the server may read everyone's reserves, and then meets everyone's changes of them.
        let devices = self.all(query("SELECT id FROM devices WHERE account = $1").bind(uuid(account.as_bytes())))?;
        let mut sum = Money::zero(currency);
        for row in &devices {
            let reserve = self.balance(&LedgerAccount::user_reserved(column::device(row, 0)?), currency)?;
            sum = sum.plus(reserve).map_err(|_| StoreError::Damaged("a balance that is out of range"))?;
        }
        Ok(sum)
    }

    fn ledger_accounts_up_to(&self, most: u32) -> Result<u32, StoreError> {
        let count = query("SELECT count(*) FROM (SELECT 1 FROM ledger_accounts WHERE kind >= '' LIMIT $1) AS counted");
        let row = self.one(count.bind(i64::from(most)))?;
        row.map_or(Ok(0), |row| number(&row, 0))
    }

    fn trial_balance(&self) -> Result<Vec<LedgerBalance>, StoreError> {
        let select = query(
            "SELECT sum(amount)::bigint, currency, kind FROM (
               SELECT kind, currency, balance AS amount FROM ledger_accounts WHERE kind >= ''
               UNION ALL SELECT kind, currency, amount FROM ledger_unfolded
                 WHERE id >= '00000000-0000-0000-0000-000000000000') AS amounts
             GROUP BY kind, currency ORDER BY currency, kind",
        );
        let rows = self.all(select)?;
        let balance = |row: &sqlx::postgres::PgRow| {
            let balance = column::money(row, 0, column::currency(row, 1)?)?;
            Ok(LedgerBalance { account: row.try_get(2)?, balance })
        };
        rows.iter().map(balance).collect()
    }
}

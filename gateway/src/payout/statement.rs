//! What a payout covers, line by line, as CSV (RFC 4180).

use farthing_protocol::Money;
use uuid::Uuid;

use crate::store::{PayableLine, Payout, StoreError};

const HEADER: [&str; 6] = ["at", "transaction", "reference", "change", "balance", "currency"];

/// A payout's statement: what was payable before, each change of it since the payout before, the payout itself, and what
/// remains. The last balance is what the payout says that remains, to the micro.
pub(crate) fn statement(payout: &Payout, lines: &[PayableLine]) -> Result<String, StoreError> {
    let out_of_range = |_| StoreError::Damaged("a balance that is out of range");
    let unwritable = |_| StoreError::Damaged("a statement that can't be written");
    let currency = payout.amount.currency();
    let changes = lines.iter().try_fold(Money::zero(currency), |sum, line| sum.plus(line.change));
    let mut balance = payout.remaining.minus(changes.map_err(out_of_range)?).map_err(out_of_range)?;
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    csv.write_record(HEADER).map_err(unwritable)?;
    let opening = ["", "opening_balance", "", "", &balance.amount().to_string(), currency.code()];
    csv.write_record(opening).map_err(unwritable)?;
    for PayableLine { at, kind, reference, change } in lines {
        balance = balance.plus(*change).map_err(out_of_range)?;
        let (at, reference) = (at.to_string(), Uuid::to_string(reference));
        let (change, balance) = (change.amount().to_string(), balance.amount().to_string());
        csv.write_record([&at, kind, &reference, &change, &balance, currency.code()]).map_err(unwritable)?;
    }
    let bytes = csv.into_inner().map_err(|_| StoreError::Damaged("a statement that can't be written"))?;
    String::from_utf8(bytes).map_err(|_| StoreError::Damaged("a statement that is no text"))
}

//! What a payout covers, line by line, as CSV (RFC 4180), in as many parts as one likes.

use farthing_protocol::Money;

use crate::store::{PayableLine, Payout, StoreError};

const HEADER: [&str; 6] = ["at", "transaction", "reference", "change", "balance", "currency"];

/// A payout's statement: what was payable before, each change of it since the payout before, the payout itself, and what
/// remains. The last balance is what the payout says that remains, to the micro.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    payout: Payout,
    /// After the line that was written last.
    balance: Money,
}

impl Statement {
    /// Begins the statement of a payout whose lines come to a change; returns its head.
    pub(crate) fn begin(payout: Payout, change: Money) -> Result<(Self, String), StoreError> {
        // What was payable before is what remains, without the changes and the payout.
        let before = payout.remaining.plus(payout.amount).and_then(|sum| sum.minus(change));
        let balance = before.map_err(out_of_range)?;
        let currency = payout.amount.currency();
        let opening = ["", "opening_balance", "", "", &balance.amount().to_string(), currency.code()];
        let head = csv([HEADER.map(str::to_owned), opening.map(str::to_owned)])?;
        Ok((Statement { payout, balance }, head))
    }

    /// The payout whose statement it is.
    pub(crate) fn payout(&self) -> &Payout {
        &self.payout
    }

    /// The next lines.
    pub(crate) fn lines(&mut self, lines: &[PayableLine]) -> Result<String, StoreError> {
        let rows: Vec<_> = lines
            .iter()
            .map(|line| self.row(&line.at.to_string(), &line.kind, &line.reference.to_string(), line.change))
            .collect::<Result<_, _>>()?;
        csv(rows)
    }

    /// The payout itself.
    pub(crate) fn end(mut self) -> Result<String, StoreError> {
        let (at, id) = (self.payout.created_at.to_string(), self.payout.id.to_string());
        let paid = Money::zero(self.payout.amount.currency()).minus(self.payout.amount).map_err(out_of_range)?;
        let row = self.row(&at, "payout", &id, paid)?;
        if self.balance != self.payout.remaining {
            return Err(StoreError::Damaged("a payout whose lines don't come to what it covers"));
        }
        csv([row])
    }

    fn row(&mut self, at: &str, kind: &str, reference: &str, change: Money) -> Result<[String; 6], StoreError> {
        self.balance = self.balance.plus(change).map_err(out_of_range)?;
        let (change, balance) = (change.amount().to_string(), self.balance.amount().to_string());
        Ok([at.into(), kind.into(), reference.into(), change, balance, self.balance.currency().code().into()])
    }
}

fn out_of_range(_: farthing_protocol::MoneyError) -> StoreError {
    StoreError::Damaged("a balance that is out of range")
}

fn csv(rows: impl IntoIterator<Item = [String; 6]>) -> Result<String, StoreError> {
    const UNWRITABLE: StoreError = StoreError::Damaged("a statement that can't be written");
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        csv.write_record(row).map_err(|_| UNWRITABLE)?;
    }
    let bytes = csv.into_inner().map_err(|_| UNWRITABLE)?;
    String::from_utf8(bytes).map_err(|_| UNWRITABLE)
}

#[cfg(test)]
mod tests {
    use farthing_protocol::{Currency, IdempotencyKey, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::store::PayoutState;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    fn payout() -> Payout {
        Payout {
            id: Uuid::from_u128(7),
            merchant: "studio".into(),
            creator: None,
            key: IdempotencyKey::new("one").unwrap(),
            asked: None,
            amount: usd("1.25"),
            remaining: usd("0.0029"),
            state: PayoutState::InTransit,
            created_at: Timestamp::UNIX_EPOCH,
            concluded_at: None,
        }
    }

    fn line(number: u128, change: &str) -> PayableLine {
        PayableLine {
            at: Timestamp::UNIX_EPOCH,
            kind: "settlement".into(),
            reference: Uuid::from_u128(number),
            change: usd(change),
        }
    }

    #[test]
    fn it_is_the_same_in_however_many_parts_it_is_written() {
        let lines = [line(1, "1.00"), line(2, "0.3"), line(3, "-0.0471")];
        let expected = "at,transaction,reference,change,balance,currency\r\n\
            ,opening_balance,,,0,USD\r\n\
            1970-01-01T00:00:00Z,settlement,00000000-0000-0000-0000-000000000001,1,1,USD\r\n\
            1970-01-01T00:00:00Z,settlement,00000000-0000-0000-0000-000000000002,0.3,1.3,USD\r\n\
            1970-01-01T00:00:00Z,settlement,00000000-0000-0000-0000-000000000003,-0.0471,1.2529,USD\r\n\
            1970-01-01T00:00:00Z,payout,00000000-0000-0000-0000-000000000007,-1.25,0.0029,USD\r\n";
        for size in 1..=3 {
            let (mut statement, mut text) = Statement::begin(payout(), usd("1.2529")).unwrap();
            for part in lines.chunks(size) {
                text.push_str(&statement.lines(part).unwrap());
            }
            text.push_str(&statement.end().unwrap());
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn one_whose_lines_are_not_all_there_has_no_end() {
        let (mut statement, _) = Statement::begin(payout(), usd("1.2529")).unwrap();
        statement.lines(&[line(1, "1.00")]).unwrap();
        assert!(matches!(statement.end(), Err(StoreError::Damaged(_))));
    }
}

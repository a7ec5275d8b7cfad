//! Entries of a salvaged journal that do not continue what is known to be settled, until the
//! gateway has said where it stands.

use farthing_protocol::{EncodedEntry, JournalPosition, Statement};

use super::Recovery;
use crate::WalletError;
use crate::state::Sums;
use crate::store::{Books, DocumentName};

/// Lets the journal go on with the entries that touch the gateway's end of it. Those that the
/// gateway has are sent again: it answers as before, which brings what became of them. Says
/// whether there are any.
pub(crate) fn attach(books: &mut Books, statement: &Statement) -> Result<bool, WalletError> {
    let entries = books.entries()?;
    let Some(run) = run_at(&entries, statement.journal) else { return Ok(false) };
    let Some(first) = run.first().map(EncodedEntry::entry) else { return Ok(false) };
    let before = JournalPosition { seq: first.seq.saturating_sub(1), head: first.previous, ..statement.journal };
    let mut settled = Sums { position: Some(before), ..books.state.settled.clone() };
    // Too much where some are sent again, until they are answered: that is the safe side.
    settled.take_drawn(statement);
    books.settle_at(settled.clone())?;
    books.state.current = settled;
    for entry in run {
        books.state.add(entry)?;
    }
    Ok(true)
}

/// Consecutive entries that include the journal's last one, or that begin right after it.
fn run_at(entries: &[EncodedEntry], journal: JournalPosition) -> Option<&[EncodedEntry]> {
    let follows =
        |a: &EncodedEntry, b: &EncodedEntry| b.entry().seq == a.entry().seq + 1 && b.entry().previous == a.hash();
    let touches = |entry: &EncodedEntry| {
        let (seq, previous) = (entry.entry().seq, entry.entry().previous);
        (seq == journal.seq && entry.hash() == journal.head) || (seq == journal.seq + 1 && previous == journal.head)
    };
    entries.chunk_by(follows).find(|run| run.iter().any(touches))
}

/// The gateway has said where the journal stands: spending goes on, and what is lost is named.
pub(crate) fn conclude(books: &mut Books) -> Result<(), WalletError> {
    if !books.state.rolled_back {
        return Ok(());
    }
    let (head, expected) = (books.head(), books.state.expected);
    let lost = if head.epoch == expected.epoch { expected.seq.saturating_sub(head.seq) } else { 0 };
    let was_salvaged = books.state.has_strays();
    if was_salvaged {
        let waiting = books.state.settled.seq() + 1..=head.seq;
        for stray in books.entries()?.iter().filter(|entry| !waiting.contains(&entry.entry().seq)) {
            books.drop_stray(stray)?;
        }
    }
    if was_salvaged || lost > 0 {
        let known = books.state.recovery.take().filter(|_| was_salvaged);
        let recovery = Recovery { lost_entries: Some(lost), ..known.unwrap_or_else(|| missing(books)) };
        tracing::warn!(lost, "the gateway has said where the wallet's journal stands");
        books.put_document(DocumentName::Recovery, &recovery)?;
        books.state.recovery = Some(recovery);
    }
    books.state.rolled_back = false;
    books.state.expected = head;
    Ok(())
}

/// Nothing was damaged, but the end of the journal is not there.
fn missing(books: &Books) -> Recovery {
    Recovery {
        set_aside: None,
        reason: "the database is older than the key store remembers".into(),
        entries: books.state.queued(),
        purchases: 0,
        lost_entries: None,
        lost_items: false,
        items_are_back: true,
        expected: books.state.expected,
    }
}

#[cfg(test)]
mod tests {
    use farthing_protocol::{ConsumeBody, DeviceId, Entry, EntryBody, EntryId, IdempotencyKey, JOURNAL_VERSION, Sku};

    use super::*;

    fn chain(length: u64) -> (JournalPosition, Vec<EncodedEntry>) {
        let start = JournalPosition::genesis(DeviceId::from_bytes([1; 16]), 1);
        let mut position = start;
        let entries = (1..=length).map(|seq| {
            let operation = IdempotencyKey::new(format!("use-{seq}")).unwrap();
            let body = EntryBody::Consume(ConsumeBody { sku: Sku::new("hint").unwrap(), quantity: 1, operation });
            let (previous, id) = (position.head, EntryId::from_parts(seq, [0; 10]));
            let at = farthing_protocol::Timestamp::UNIX_EPOCH;
            let entry = EncodedEntry::new(Entry { version: JOURNAL_VERSION, seq, previous, id, at, body }).unwrap();
            position = position.after(entry.hash());
            entry
        });
        let entries = entries.collect();
        (start, entries)
    }

    #[test]
    fn the_run_that_touches_the_gateways_end_goes_on_and_no_other() {
        let (start, mut entries) = chain(9);
        let at = |entry: &EncodedEntry| JournalPosition { seq: entry.entry().seq, head: entry.hash(), ..start };
        let (third, fourth, sixth, ninth) = (at(&entries[2]), at(&entries[3]), at(&entries[5]), at(&entries[8]));
        let lost_fourth = entries.remove(3);
        let numbers = |journal| {
            run_at(&entries, journal).map(|run| run.iter().map(|entry| entry.entry().seq).collect::<Vec<_>>())
        };
        assert_eq!(numbers(start), Some(vec![1, 2, 3]));
        assert_eq!(numbers(third), Some(vec![1, 2, 3]));
        assert_eq!(numbers(fourth), Some(vec![5, 6, 7, 8, 9]));
        assert_eq!(numbers(sixth), Some(vec![5, 6, 7, 8, 9]));
        assert_eq!(numbers(ninth), Some(vec![5, 6, 7, 8, 9]));
        assert_eq!(numbers(JournalPosition { head: lost_fourth.hash(), ..sixth }), None, "another chain");
    }
}

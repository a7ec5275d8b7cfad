//! The wallet's memory: one database, one thread that writes it, one commit for all that
//! arrives together.
//!
//! A job runs on the writer's thread: it decides by [`Books::state`], then writes rows, then
//! changes the state. It must decide before it writes. Jobs that wait are run in one
//! transaction; their callers hear of it after the commit, so what they are told is on disk.
//! If the storage fails, none of them happened: the transaction is rolled back, the state is
//! read again, and each caller gets the error.

mod books;
mod open;
pub(crate) mod sealed;
mod writer;

pub(crate) use books::{Books, DocumentName, decode, operation_key};
pub(crate) use open::{has_broken_header, open, trust};
pub(crate) use writer::{Store, Subscribers, must_roll_back};

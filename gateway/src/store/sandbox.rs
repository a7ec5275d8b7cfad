//! What the sandbox processor remembers of the charges it was asked for.

use farthing_protocol::TopUpId;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StoreError, column};
use crate::processor::ChargeStatus;

/// A charge as the sandbox processor knows it.
pub(crate) struct SandboxCharge {
    pub(crate) top_up: TopUpId,
    /// Names its 3-D Secure page.
    pub(crate) authentication: [u8; 16],
    pub(crate) status: ChargeStatus,
    /// What the status becomes when it is asked again, or once the cardholder has confirmed.
    pub(crate) answer: ChargeStatus,
}

fn read(row: &Row<'_>) -> rusqlite::Result<(TopUpId, [u8; 16], String, String)> {
    Ok((column::top_up(row, 0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn charge(row: (TopUpId, [u8; 16], String, String)) -> Result<SandboxCharge, StoreError> {
    let status =
        |json: String| serde_json::from_str(&json).map_err(|_| StoreError::Damaged("an unknown charge status"));
    Ok(SandboxCharge { top_up: row.0, authentication: row.1, status: status(row.2)?, answer: status(row.3)? })
}

/// The charge for a top-up.
pub(crate) fn find(connection: &Connection, top_up: TopUpId) -> Result<Option<SandboxCharge>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT top_up, authentication, status, answer FROM sandbox_charges WHERE top_up = ?")?;
    statement.query_row([top_up.as_bytes()], read).optional()?.map(charge).transpose()
}

/// The charge that a 3-D Secure page is for.
pub(crate) fn find_by_page(
    connection: &Connection,
    authentication: &[u8; 16],
) -> Result<Option<SandboxCharge>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT top_up, authentication, status, answer FROM sandbox_charges WHERE authentication = ?",
    )?;
    statement.query_row([authentication], read).optional()?.map(charge).transpose()
}

/// Keeps a charge, new or changed.
pub(crate) fn put(connection: &Connection, charge: &SandboxCharge) -> Result<(), StoreError> {
    let json = |status: &ChargeStatus| {
        serde_json::to_string(status).map_err(|_| StoreError::Damaged("a charge status that is no JSON"))
    };
    connection
        .prepare_cached(
            "INSERT INTO sandbox_charges (top_up, authentication, status, answer) VALUES (?, ?, ?, ?)
             ON CONFLICT (top_up) DO UPDATE SET status = excluded.status, answer = excluded.answer",
        )?
        .execute(params![
            charge.top_up.as_bytes(),
            charge.authentication,
            json(&charge.status)?,
            json(&charge.answer)?
        ])?;
    Ok(())
}

//! What a payout covers, as a file that is sent while it is read: it may have a million lines.

use axum::body::{Body, Bytes};
use axum::extract;
use axum::response::Response;
use farthing_protocol::Problem;
use futures_util::{StreamExt, stream};
use uuid::Uuid;

use super::body::Named;
use super::ledger::Merchant;
use super::payout::{file, no_such_payout};
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::payout::Statement;
use crate::store::{StoreError, Stretch, Tables};

/// Lines that are in memory at once.
const LINES_AT_ONCE: u32 = 5_000;

/// Lists what a payout covers, as CSV.
///
/// It begins with what was payable after the payout before, has a line for each change since (a settled batch of
/// purchases is one), and ends with the payout itself and what remains. The figures agree to the last decimal.
#[utoipa::path(
    get,
    path = "/v1/payouts/{payout}/statement.csv",
    tag = "merchant",
    security(("merchant" = [])),
    params(("payout" = String, Path, format = "uuid", description = "The payout.")),
    responses(
        (status = 200, description = "The statement: `at`, `transaction`, `reference`, `change`, `balance`, `currency`.", body = String, content_type = "text/csv"),
        (status = 404, description = "`not-found`: there is no such payout.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show_statement(
    extract::State(gateway): extract::State<Gateway>,
    _merchant: Merchant,
    Named(payout): Named<Uuid>,
) -> Result<Response, Refusal> {
    let read = move |tables: &dyn Tables| {
        let Some(payout) = tables.payout(payout)? else { return Ok(None) };
        tables.payout_stretch(&payout).map(|stretch| Some((payout, stretch)))
    };
    let (found, stretch) = gateway.shared.store.read(read).await?.ok_or_else(no_such_payout)?;
    let (statement, head) = Statement::begin(found, stretch.change)?;
    let (lines, rest) = Rest { gateway, stretch, statement }.next().await?;
    // What can go wrong before the answer has begun is told; later on the connection breaks off.
    let rest = stream::try_unfold(rest, async |rest| match rest {
        Some(rest) => rest.next().await.map(Some),
        None => Ok::<_, StoreError>(None),
    });
    let text = stream::iter([Ok(head + &lines)]).chain(rest);
    let body = Body::from_stream(text.map(|part| part.map(Bytes::from)));
    Ok(file("text/csv; charset=utf-8; header=present", &format!("payout-{payout}.csv"), body))
}

/// What is still to be sent. Each part is read by itself, since who downloads it may take their time; that is as good as
/// one snapshot, since what a payout covers never changes.
struct Rest {
    gateway: Gateway,
    stretch: Stretch,
    statement: Statement,
}

impl Rest {
    /// The next lines, and what is to be sent after them.
    async fn next(mut self) -> Result<(String, Option<Self>), StoreError> {
        let (payout, stretch) = (self.statement.payout().clone(), self.stretch);
        let read = move |tables: &dyn Tables| tables.payout_lines(&payout, &stretch, LINES_AT_ONCE);
        let read = self.gateway.shared.store.read(read).await;
        let (lines, rest) = read.inspect_err(|error| tracing::error!(%error, "a statement can't be read"))?;
        let mut text = self.statement.lines(&lines)?;
        match rest {
            Some(stretch) => Ok((text, Some(Rest { stretch, ..self }))),
            None => {
                text.push_str(&self.statement.end()?);
                Ok((text, None))
            }
        }
    }
}

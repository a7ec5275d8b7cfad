//! Opens the wallet of a process that is gone, and compares what is there with what it said.

use farthing_core::{PurchaseFilter, TopUpState, Wallet, WalletError};

use crate::expected::{Expected, Seen, Violation, doubled, wrong};
use crate::ledger::Turnover;
use crate::line::{Action, Answer, Line};
use crate::report::Tally;
use crate::victim::{Place, act, dollars};

/// Receipts that are fetched and verified at the end of a wallet's lives.
const RECEIPTS: usize = 5;
/// A sync asks a bank that answers late once.
const SYNCS: usize = 3;

/// What an audit found, or why it could not be made.
pub(crate) type Audited<T> = Result<T, Vec<Violation>>;

fn failed(during: &str) -> impl Fn(WalletError) -> Vec<Violation> {
    move |error| vec![wrong(format!("{during} failed: {error}"))]
}

async fn look(wallet: &Wallet) -> Audited<Seen> {
    let everything = PurchaseFilter { limit: u32::MAX, waiting_only: false };
    Ok(Seen {
        purchases: wallet.purchases(everything).await.map_err(failed("listing purchases"))?,
        owned: wallet.inventory().await.map_err(failed("listing items"))?,
        top_ups: wallet.top_ups().await.map_err(failed("listing top-ups"))?,
        cards: wallet.cards().await.map_err(failed("listing cards"))?,
        dollars: dollars(wallet),
    })
}

fn none(violations: Vec<Violation>) -> Audited<()> {
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

/// Compares a wallet with what it promised, asks again for what it left unanswered, and compares once more.
pub(crate) async fn audit(place: &Place, expected: &mut Expected, tally: &mut Tally) -> Audited<()> {
    let wallet = place.open(false).await.map_err(failed("opening the wallet"))?;
    let before = look(&wallet).await?;
    none(expected.check(&before))?;
    ask_again(&wallet, &before, expected, tally).await?;
    let after = look(&wallet).await?;
    none(expected.check(&after))?;
    wallet.close().await;
    Ok(())
}

/// Asks again for each purchase and use that was not answered, twice, and takes note of what it is told.
async fn ask_again(wallet: &Wallet, seen: &Seen, expected: &mut Expected, tally: &mut Tally) -> Audited<()> {
    for (number, action) in expected.unanswered().clone() {
        match &action {
            Action::Buy { key, .. } => {
                let first = act(wallet, &action).await;
                let second = act(wallet, &action).await;
                if matches!(first, Answer::Bought { .. }) && first != second {
                    return Err(vec![doubled(format!("the key {key} bought {first:?}, then {second:?}"))]);
                }
                let was_known = expected.purchase_of(key).is_some();
                let was_there = matches!(&first, Answer::Bought { purchase, .. }
                    if seen.purchases.iter().any(|known| known.id == *purchase));
                if !was_known {
                    tally.unanswered_purchase(was_there);
                }
                expected.hear(Line::Answer { number, answer: first }).map_err(|violation| vec![violation])?;
            }
            Action::Consume { .. } => {
                let first = act(wallet, &action).await;
                let second = act(wallet, &action).await;
                if first == Answer::Done && second != Answer::Done {
                    return Err(vec![wrong(format!("{action:?} was done, then {second:?}"))]);
                }
                expected.hear(Line::Answer { number, answer: first }).map_err(|violation| vec![violation])?;
            }
            _ => {}
        }
    }
    tally.unanswered_top_ups_made += expected.unknown_top_ups(&seen.top_ups);
    expected.conclude(seen);
    Ok(())
}

/// Settles all that waits, and does the accounts. Nothing stands in the way of it now.
pub(crate) async fn settle(place: &Place, expected: &mut Expected) -> Audited<Turnover> {
    let wallet = place.open(false).await.map_err(failed("opening the wallet"))?;
    let mut seen = look(&wallet).await?;
    for _ in 0..SYNCS {
        wallet.sync().await.map_err(failed("a sync in fair weather"))?;
        seen = look(&wallet).await?;
        let open = |state: &TopUpState| !matches!(state, TopUpState::Succeeded | TopUpState::Failed { .. });
        if !seen.top_ups.iter().any(|top_up| open(&top_up.state)) {
            break;
        }
    }
    let turnover = expected.check_settled(&seen)?;
    expected.conclude(&seen);
    wallet.close().await;
    Ok(turnover)
}

/// Fetches and verifies the receipts of some settled purchases.
pub(crate) async fn receipts(place: &Place) -> Audited<u64> {
    let wallet = place.open(false).await.map_err(failed("opening the wallet"))?;
    let seen = look(&wallet).await?;
    let every = (seen.purchases.len() / RECEIPTS).max(1);
    let mut verified = 0;
    for bought in seen.purchases.iter().step_by(every) {
        wallet.receipt(bought.id).await.map_err(failed("fetching a receipt"))?;
        verified += 1;
    }
    wallet.close().await;
    Ok(verified)
}

//! The day, hour by hour. Each part shows what it claims by looking, not by saying so.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use farthing_core::{
    Card, CardDetails, Currency, EntryId, Money, Purchase, PurchaseFilter, PurchaseState, SoftwareKeyStore, Split,
    TopUpState, Wallet,
};
use farthing_protocol::{Receipt, Unverified};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::economics::{self, Fees};
use crate::gateway::{CREATORS, Gateway};
use crate::player::{Line, Player};
use crate::screen::{done, figure, heading, latencies, milliseconds, refused, remark, seconds, table, title};
use crate::search::files_with;
use crate::summary::{Summary, percentile};

/// Twenty lives at a quarter are what $5.00 buys.
const PURCHASES: u32 = 20;
/// After so many the app is killed.
const KILLED_AFTER: usize = 12;
const PAN: &str = "4242424242424242";
const PAN_AS_TYPED: &str = "4242 4242 4242 4242";

/// Where everything of the day is kept.
struct Places {
    root: TempDir,
}

impl Places {
    fn gateway(&self) -> PathBuf {
        self.root.path().join("gateway")
    }

    fn phone(&self) -> PathBuf {
        self.root.path().join("phone")
    }
}

/// What the app on the phone told before it ended.
#[derive(Default)]
struct Told {
    bought: Vec<EntryId>,
    microseconds: Vec<u64>,
    refusal: Option<String>,
}

/// Plays the day; true if it went as we promise.
pub(crate) async fn play(binary: &Path, summary_file: Option<&Path>, serve: bool) -> anyhow::Result<bool> {
    let begin = Instant::now();
    let places = Places { root: tempfile::tempdir()? };
    title("A player's day with Farthing", "a real gateway, a real wallet, no network when there is none");

    let mut gateway = Gateway::start(binary, &places.gateway(), serve).await?;
    let wallet = open(&gateway, &places).await?;
    enrol(&gateway, &wallet).await?;
    let card = add_card(&wallet).await?;
    let pan_found = search_for_pan(&gateway, &places)?;
    let charge = top_up(&wallet, &card).await?;
    wallet.close().await;

    go_offline(&mut gateway).await?;
    let told = buy_and_be_killed(&gateway, &places).await?;
    let (told, killed_and_recovered) = reopen_and_go_on(&gateway, &places, told).await?;

    gateway.run().await?;
    let wallet = open(&gateway, &places).await?;
    settle(&wallet).await?;
    let purchases = wallet.purchases(PurchaseFilter::default()).await?;
    let newest = purchases.first().context("there are no purchases")?.clone();
    show_receipts(&purchases)?;
    let fees = show_economics(&gateway, charge, newest.total)?;
    verify_receipt(&gateway, &wallet, &newest).await?;
    let trial_balance = show_trial_balance(&gateway).await?;
    let charges = wallet.top_ups().await?.iter().filter(|top_up| top_up.state == TopUpState::Succeeded).count();
    wallet.close().await;

    let kept: HashSet<EntryId> = purchases.iter().map(|purchase| purchase.id).collect();
    let settled = count(&purchases, |state| matches!(state, PurchaseState::Settled { .. }));
    let rejected = count(&purchases, |state| matches!(state, PurchaseState::Rejected { .. }));
    let summary = Summary {
        purchases: purchases.len(),
        settled,
        rejected,
        lost: told.bought.iter().filter(|purchase| !kept.contains(purchase)).count(),
        charges,
        fees: fees.one_charge,
        fees_if_charged_one_by_one: fees.one_by_one,
        trial_balance,
        buy_p50_us: percentile(&told.microseconds, 50),
        buy_p99_us: percentile(&told.microseconds, 99),
        killed_and_recovered,
        pan_found,
    };
    if let Some(file) = summary_file {
        summary.write(file)?;
    }
    end(&summary, begin);
    if serve {
        keep_serving(&gateway).await?;
    }
    Ok(summary.is_good())
}

async fn open(gateway: &Gateway, places: &Places) -> anyhow::Result<Wallet> {
    let keys = Arc::new(SoftwareKeyStore::new(places.phone().join("keys.json")));
    Ok(Wallet::open(gateway.wallet_config(&places.phone().join("wallet")), keys).await?)
}

async fn enrol(gateway: &Gateway, wallet: &Wallet) -> anyhow::Result<()> {
    heading(1, "Morning: the app is installed");
    wallet.sync().await?;
    done(format!("enrolled at {}", gateway.url()));
    remark("The phone made a P-256 key; every request is signed by it (DPoP, RFC 9449).");
    let catalog = wallet.catalog().await?;
    figure("catalog", format!("version {}, {} items, signed by the gateway", catalog.version, catalog.items.len()));
    Ok(())
}

async fn add_card(wallet: &Wallet) -> anyhow::Result<Card> {
    heading(2, "A card is added");
    let details = CardDetails { number: PAN_AS_TYPED.into(), expiry_month: 12, expiry_year: 2034, cvc: "123".into() };
    let card = wallet.add_card(details).await?;
    done(format!("{:?} ending in {}, known as {}", card.brand, card.last_four, card.id));
    Ok(card)
}

/// Whether the card's number is in any file; the same search must find what is there for sure.
fn search_for_pan(gateway: &Gateway, places: &Places) -> anyhow::Result<bool> {
    let folders = [places.gateway(), places.phone()];
    let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    if files_with(&folders, &[&gateway.publishable_key])?.is_empty() {
        bail!("the search for the card's number does not even find the publishable key");
    }
    let found = files_with(&folders, &[PAN, PAN_AS_TYPED])?;
    match found.as_slice() {
        [] => done("its number is in no file of the gateway or of the phone"),
        files => refused(format!("its number was found in {files:?}")),
    }
    Ok(!found.is_empty())
}

async fn top_up(wallet: &Wallet, card: &Card) -> anyhow::Result<Money> {
    heading(3, "The player tops up");
    let amount = Money::parse("5.00", Currency::USD)?;
    wallet.top_up(amount, card.id).await?;
    let balance = wallet.balance().of_currency(Currency::USD);
    done(format!("{amount} in one charge"));
    figure("balance", balance.total.to_string());
    figure("can be spent offline", format!("{}, signed over by the gateway", balance.offline_spendable));
    Ok(amount)
}

async fn go_offline(gateway: &mut Gateway) -> anyhow::Result<()> {
    heading(4, "The train enters the tunnel");
    gateway.stop().await?;
    let address = gateway.url();
    match tokio::net::TcpStream::connect(address.trim_start_matches("http://")).await {
        Ok(_) => bail!("the gateway was stopped and still answers"),
        Err(error) => refused(format!("the gateway can't be reached: {error}")),
    }
    Ok(())
}

/// Starts the app as a process that buys, and kills it in the middle.
async fn buy_and_be_killed(gateway: &Gateway, places: &Places) -> anyhow::Result<Told> {
    heading(5, "The player buys extra lives at 0.25 USD");
    let told = run_app(gateway, places, PURCHASES, Some(KILLED_AFTER)).await?;
    done(format!("{} granted, each on disk before the app was told", told.bought.len()));
    latencies(&told.microseconds);
    refused(format!("kill -9, in the middle of number {}", told.bought.len() + 1));
    Ok(told)
}

/// Opens the wallet again, looks what is there, and buys what the money is left for, and one more.
async fn reopen_and_go_on(gateway: &Gateway, places: &Places, before: Told) -> anyhow::Result<(Told, bool)> {
    heading(6, "The app is opened again, still in the tunnel");
    let wallet = open(gateway, places).await?;
    let there = wallet.purchases(PurchaseFilter::default()).await?;
    let items = wallet.inventory().await?.iter().map(|item| item.quantity).sum::<u64>();
    wallet.close().await;
    let ids: HashSet<EntryId> = there.iter().map(|purchase| purchase.id).collect();
    let all_there = before.bought.iter().all(|id| ids.contains(id)) && items == there.len() as u64;
    let verdict = format!("{} purchases and {items} extra lives are there", there.len());
    if all_there {
        done(verdict)
    } else {
        refused(verdict)
    }

    let left = PURCHASES.saturating_sub(u32::try_from(there.len())?);
    let mut after = run_app(gateway, places, left + 1, None).await?;
    done(format!("{} more granted", after.bought.len()));
    latencies(&after.microseconds);
    let refusal = after.refusal.take().context("one purchase too many was not refused")?;
    refused(format!("number {}: {refusal}", PURCHASES + 1));

    // The kill may have come after a purchase was on disk and before the app could say so.
    let mut told = before;
    told.bought.extend(after.bought);
    told.microseconds.extend(after.microseconds);
    figure("median of all", milliseconds(percentile(&told.microseconds, 50)));
    Ok((told, all_there))
}

async fn run_app(
    gateway: &Gateway,
    places: &Places,
    purchases: u32,
    killed_after: Option<usize>,
) -> anyhow::Result<Told> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(Player::of(gateway, &places.phone(), purchases).arguments());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut app = command.spawn()?;
    let output = app.stdout.take().context("the app's output was not captured")?;
    let mut lines = BufReader::new(output).lines();
    let mut told = Told::default();
    while let Some(line) = lines.next_line().await? {
        match serde_json::from_str(&line)? {
            Line::Bought { purchase, microseconds } => {
                told.bought.push(purchase);
                told.microseconds.push(microseconds);
            }
            Line::Refused { error } => told.refusal = Some(error),
        }
        if Some(told.bought.len()) == killed_after {
            app.start_kill()?;
        }
    }
    let status = app.wait().await?;
    if status.success() == killed_after.is_some() {
        bail!("the app ended in an unexpected way: {status}");
    }
    Ok(told)
}

async fn settle(wallet: &Wallet) -> anyhow::Result<()> {
    heading(7, "Daylight: the network is back");
    let begin = Instant::now();
    let report = wallet.sync().await?;
    let settled = wallet.purchases(PurchaseFilter::default()).await?.len();
    done(format!("{settled} purchases settled in {}, {} left to do", seconds(begin.elapsed()), report.waiting));
    remark("One signature covered the whole batch; one signed settlement answered it.");
    Ok(())
}

fn splits(purchases: &[Purchase]) -> impl Iterator<Item = Split> {
    purchases.iter().filter_map(|purchase| match purchase.state {
        PurchaseState::Settled { split, .. } => Some(split),
        _ => None,
    })
}

fn count(purchases: &[Purchase], wanted: fn(&PurchaseState) -> bool) -> usize {
    purchases.iter().filter(|purchase| wanted(&purchase.state)).count()
}

fn show_receipts(purchases: &[Purchase]) -> anyhow::Result<()> {
    heading(8, "The receipts: who got what");
    let row = |label: String, split: Split| -> anyhow::Result<Vec<String>> {
        let amounts = [split.developer, split.platform, split.processor, split.total()?];
        Ok([label].into_iter().chain(amounts.iter().map(Money::to_string)).collect())
    };
    let mut rows = Vec::new();
    for (purchase, split) in purchases.iter().zip(splits(purchases)).take(3) {
        let id = purchase.id.to_string();
        rows.push(row(format!("{} …{}", purchase.sku, &id[id.len() - 6..]), split)?);
    }
    let mut all = splits(purchases);
    let mut total = all.next().context("nothing is settled")?;
    for split in all {
        total = Split {
            processor: total.processor.plus(split.processor)?,
            platform: total.platform.plus(split.platform)?,
            developer: total.developer.plus(split.developer)?,
        };
    }
    rows.push(row(format!("all {}", purchases.len()), total)?);
    table(&["", "developer", "platform", "processor", "price"], &rows);
    Ok(())
}

fn show_economics(gateway: &Gateway, charge: Money, price: Money) -> anyhow::Result<Fees> {
    heading(9, "The economics, at list prices");
    let fees = economics::fees(&gateway.data, charge, price, PURCHASES)?;
    let rows = [
        ["one charge of ".to_owned() + &charge.to_string(), fees.one_charge.to_string(), fees.one_charge_share.clone()],
        [format!("{PURCHASES} charges of {price}"), fees.one_by_one.to_string(), fees.one_by_one_share.clone()],
    ];
    table(&["", "fees", "of the price"], &rows.map(Vec::from));
    remark(format!(
        "The second line is notional: Stripe, for one, refuses a card charge under {}.",
        economics::STRIPE_MINIMUM
    ));
    Ok(fees)
}

/// As a game's back end would: with the receipt and the gateway's public keys, nothing else.
async fn verify_receipt(gateway: &Gateway, wallet: &Wallet, purchase: &Purchase) -> anyhow::Result<()> {
    heading(10, "The game's back end checks a receipt");
    let token = wallet.receipt(purchase.id).await?;
    let jwks = gateway.jwks().await?;
    let jws = Unverified::parse(&token)?;
    let named = |key: &&farthing_protocol::api::JsonWebKey| Some(key.key.thumbprint()) == jws.key_id();
    let key = jwks.keys.iter().find(named).context("the receipt's key is not in the JWKS")?;
    let receipt = jws.verify::<Receipt>(&key.key)?.document;
    done(format!("ES256 by {}… holds: {} × {} for {}", &key.kid[..8], receipt.quantity, receipt.sku, receipt.total));

    let forged = format!("{}A{}", &token[..token.len() / 2], &token[token.len() / 2 + 1..]);
    let forged = Unverified::parse(&forged).and_then(|jws| jws.verify::<Receipt>(&key.key));
    match forged {
        Err(error) => refused(format!("with one character changed: {error}")),
        Ok(_) if token.as_bytes()[token.len() / 2] == b'A' => {}
        Ok(_) => bail!("a forged receipt was accepted"),
    }
    Ok(())
}

async fn show_trial_balance(gateway: &Gateway) -> anyhow::Result<Vec<Money>> {
    heading(11, "The gateway's books");
    let trial_balance = gateway.trial_balance().await?;
    let mut rows: Vec<Vec<String>> =
        trial_balance.balances.iter().map(|line| vec![line.account.clone(), line.balance.to_string()]).collect();
    rows.extend(trial_balance.totals.iter().map(|total| vec!["trial balance".to_owned(), total.to_string()]));
    table(&["account", "debit − credit"], &rows);
    Ok(trial_balance.totals)
}

fn end(summary: &Summary, begin: Instant) {
    let verdict = format!(
        "{} bought, {} settled, {} rejected, {} lost, {} charge",
        summary.purchases, summary.settled, summary.rejected, summary.lost, summary.charges
    );
    println!();
    if summary.is_good() {
        done(verdict)
    } else {
        refused(verdict)
    }
    remark(format!("The day took {}.", seconds(begin.elapsed())));
    println!();
}

async fn keep_serving(gateway: &Gateway) -> anyhow::Result<()> {
    title("The gateway goes on", "Ctrl-C ends it and deletes its data");
    figure("address", gateway.url());
    figure("publishable key", &gateway.publishable_key);
    figure("root key", &gateway.root_key);
    figure("catalog", format!("{}, with gems", gateway.data.join("catalog.toml").display()));
    if let Some(stores) = &gateway.stores {
        figure("app stores", format!("{}, stand-ins: nobody pays", stores.address));
    }
    figure("creators", CREATORS.map(|(id, name)| format!("{name} ({id})")).join(", "));
    println!("\n     Try next:");
    let (url, key) = (gateway.url(), &gateway.publishable_key);
    println!("       cargo run --package farthing-core --example first_purchase -- {url} {key}");
    println!("       adb shell am start -n dev.farthing.sample/.MainActivity --es publishable_key {key}");
    let stores = gateway.stores.as_ref().map(|stores| format!(" --stores {}", stores.address)).unwrap_or_default();
    println!("       cargo xtask sample ios -- --gateway {url} --key {key} --root-key {}{stores}", gateway.root_key);
    println!("       curl {url}/.well-known/jwks.json");
    println!("       curl {url}/openapi.json");
    let secret = format!("--header \"Authorization: Bearer $(cat {}/secret.key)\"", gateway.data.display());
    println!(
        "       curl {secret} --json '{{\"user\": \"ada\"}}' {url}/v1/enrolment-tokens  # for each of Ada's phones"
    );
    println!("       curl {secret} {url}/v1/ledger/trial-balance\n");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

//! A wallet's process that is given a card over its standard input, and then waits to be searched.
//!
//! Words on standard output say how far it is; a line on standard input lets it go on.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a victim that can't be set up has failed, and says so")]

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use farthing_core::{CardDetails, Currency, Money, SoftwareKeyStore, Wallet, WalletConfig};
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

/// A wallet that adds a card.
#[derive(Parser)]
struct CommandLine {
    #[arg(long)]
    gateway: String,
    #[arg(long)]
    key: String,
    #[arg(long)]
    root: String,
    #[arg(long)]
    folder: PathBuf,
    #[arg(long)]
    log: PathBuf,
    /// A certificate authority that is trusted (DER).
    #[arg(long)]
    authority: Option<PathBuf>,
    /// Keeps a copy of the card, so that the search has something to find.
    #[arg(long)]
    keep: bool,
}

#[tokio::main]
async fn main() {
    let arguments = CommandLine::parse();
    let log = File::create(&arguments.log).unwrap();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("trace"))
        .with_ansi(false)
        .with_writer(Arc::new(log))
        .init();
    let mut config = WalletConfig::new(&arguments.gateway, &arguments.key, arguments.folder.join("wallet"))
        .root_key(&arguments.root)
        .syncs_by_itself(false);
    if let Some(authority) = &arguments.authority {
        config = config.tls_roots(vec![std::fs::read(authority).unwrap()]);
    }
    let keys = Arc::new(SoftwareKeyStore::new(arguments.folder.join("keys.json")));
    let wallet = Wallet::open(config, keys).await.unwrap();
    wallet.sync().await.unwrap();
    // Standard input is read byte by byte: std's own buffer would keep what was in it.
    let mut input = File::open("/dev/stdin").unwrap();
    say("ready");
    let kept = {
        let number = word(&mut input);
        let cvc = word(&mut input);
        let kept = arguments.keep.then(|| Box::leak(Box::new([number.to_vec(), cvc.to_vec()])));
        let details =
            |year| CardDetails { number: text(&number), expiry_month: 11, expiry_year: year, cvc: text(&cvc) };
        say("holding");
        word(&mut input);
        // What fails must not tell, either: it is printed, and the search reads it.
        for year in [2001, 2999] {
            let shown = details(year);
            println!("debug {shown:?} {:?}", wallet.add_card(shown.clone()).await);
        }
        wallet.set_offline(true);
        println!("offline {:?}", wallet.add_card(details(2039)).await);
        wallet.set_offline(false);
        let last = details(2039);
        // Our own copies end here; from now on the wallet has the only one.
        drop((number, cvc));
        let card = wallet.add_card(last).await.unwrap();
        say("added");
        word(&mut input);
        println!("card {card:?} {:?} {wallet:?}", wallet.cards().await);
        println!("top-up {:?}", wallet.top_up(Money::parse("5.00", Currency::USD).unwrap(), card.id).await);
        kept
    };
    println!("kept {}", kept.map_or(0, |kept| kept.iter().map(Vec::len).sum::<usize>()));
    wallet.close().await;
    say("closed");
    word(&mut input);
}

fn say(word: &str) {
    println!("{word}");
    std::io::stdout().flush().unwrap();
}

/// The next word of a line, wiped when it is dropped.
fn word(input: &mut File) -> Zeroizing<Vec<u8>> {
    let mut word = Zeroizing::new(Vec::with_capacity(64));
    let mut byte = Zeroizing::new([0]);
    while input.read(&mut *byte).unwrap() == 1 && !byte[0].is_ascii_whitespace() {
        word.push(byte[0]);
    }
    word
}

/// A copy that whoever gets it wipes.
fn text(word: &Zeroizing<Vec<u8>>) -> String {
    std::str::from_utf8(word).unwrap().to_owned()
}

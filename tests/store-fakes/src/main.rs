//! Stand-ins for the App Store and Google Play as a process, for sample apps and testers: packs of balance are sold over
//! HTTP, and nobody pays. See `docs/guide/faults.md`.
#![allow(clippy::print_stdout, reason = "it says where it is")]

use std::io;
use std::path::PathBuf;

use clap::Parser;
use farthing_store_fakes::{Counter, machine_time};

/// Sells packs of balance as the App Store and Google Play do. Nobody pays.
#[derive(Parser)]
#[command(name = "farthing-stand-in-stores")]
struct Arguments {
    /// Where apps buy
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8471")]
    listen: String,
    /// Where the files go that a gateway needs in its data folder, and `stores.toml`, the lines for its `gateway.toml`
    #[arg(long)]
    folder: PathBuf,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let counter = Counter::open(&arguments.listen, machine_time).await?;
    std::fs::create_dir_all(&arguments.folder)?;
    for (name, content) in counter.files() {
        std::fs::write(arguments.folder.join(name), content)?;
    }
    std::fs::write(arguments.folder.join("stores.toml"), counter.settings())?;
    println!("stores at {}", counter.address);
    tokio::signal::ctrl_c().await
}

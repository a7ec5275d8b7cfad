//! Opens a test's gateway: on SQLite, or, where `FARTHING_TEST_DATABASE` names a PostgreSQL server, on a fresh database
//! of it. So the same tests run on both.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its world has failed")]

mod server;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use farthing_gateway::{Clock, Gateway, StartError};
use secrecy::SecretString;
use sqlx::{Connection, Executor, PgConnection};
use tokio::runtime::Runtime;

pub use server::{Durability, PREDICATE_LOCKS, Server, client};

/// Names the server, such as `postgres://farthing@127.0.0.1:5433`.
pub const SERVER: &str = "FARTHING_TEST_DATABASE";
/// Where a data folder says which database is its own, so that a restart finds it again.
pub const NAME_FILE: &str = "database-of-test";

/// Outlives each test's own runtime, as a server's connections must.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

/// The server that tests are to use in place of SQLite.
pub fn server() -> Option<String> {
    std::env::var(SERVER).ok().filter(|server| !server.is_empty())
}

/// Opens a data folder as [`Gateway::open`] does, on the database that tests are to use.
///
/// # Errors
/// [`StartError`].
///
/// # Panics
/// When a database can't be made.
pub fn open(folder: &Path, address: &str, clock: Clock) -> Result<Gateway, StartError> {
    match server() {
        None => Gateway::open(folder, address, clock),
        Some(server) => outside(async {
            let database = SecretString::from(database_of(folder, &server).await);
            Gateway::connect(folder, &database, address, clock).await
        }),
    }
}

/// Gives a copy of a data folder a copy of the database, too: a backup, or what is restored from one. The gateway must
/// not be running.
///
/// # Panics
/// When it can't be copied.
pub fn copied(folder: &Path) {
    let Some(server) = server() else { return };
    let original = fs::read_to_string(folder.join(NAME_FILE)).unwrap();
    let original = original.rsplit('/').next().unwrap();
    let copy = outside(async {
        let_go_of(&server, original).await;
        create(&server, &format!(" TEMPLATE {original}")).await
    });
    fs::write(folder.join(NAME_FILE), copy).unwrap();
}

/// Makes a fresh database that is at this version; returns its URL.
///
/// # Panics
/// When it can't be made.
pub fn fresh(server: &str) -> String {
    outside(make(server))
}

/// Makes a database that has nothing yet; returns its URL.
///
/// # Panics
/// When it can't be made.
pub fn empty(server: &str) -> String {
    outside(create(server, ""))
}

/// Runs on a thread of its own, since a runtime's threads must not wait for another.
fn outside<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| scope.spawn(|| RUNTIME.block_on(work)).join().unwrap())
}

async fn database_of(folder: &Path, server: &str) -> String {
    let file = folder.join(NAME_FILE);
    if let Ok(name) = fs::read_to_string(&file) {
        return name;
    }
    let url = make(server).await;
    fs::create_dir_all(folder).unwrap();
    fs::write(file, &url).unwrap();
    url
}

async fn make(server: &str) -> String {
    let url = create(server, "").await;
    Gateway::migrate(&SecretString::from(url.clone())).await.unwrap();
    url
}

/// Ends connections to a database. A gateway that was closed may leave one that was on its way back to its pool, and a
/// database that someone is connected to can't be copied.
async fn let_go_of(server: &str, database: &str) {
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
    sqlx::query(end).bind(database).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn create(server: &str, from: &str) -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    connection.execute(format!("CREATE DATABASE {name}{from}").as_str()).await.unwrap();
    connection.close().await.unwrap();
    format!("{server}/{name}")
}

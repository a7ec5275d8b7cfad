//! What an operator is promised by the program itself.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use farthing_gateway::{Clock, ConfigError, Gateway, StartError};

use crate::device;

fn command(data: &Path, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farthing-gateway"));
    command.arg("serve").arg("--data").arg(data).arg("--listen").arg(listen);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A gateway's process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a gateway; returns it with what it says, up to the address of its document.
fn start(data: &Path, listen: &str) -> (Running, Vec<String>) {
    let mut running = Running(command(data, listen).spawn().unwrap());
    let mut said = Vec::new();
    for line in BufReader::new(running.0.stdout.take().unwrap()).lines() {
        said.push(line.unwrap());
        if said.last().unwrap().contains("openapi.json") {
            break;
        }
    }
    (running, said)
}

fn value<'a>(said: &'a [String], label: &str) -> &'a str {
    let line = said.iter().find_map(|line| line.trim_start().strip_prefix(label));
    line.unwrap_or_else(|| panic!("{label} in {said:?}")).trim()
}

/// Runs a gateway that can't start; returns its exit code and its words.
fn fails(data: &Path, listen: &str) -> (i32, String) {
    let mut child = command(data, listen).spawn().unwrap();
    let mut words = String::new();
    child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "", "it says that it listens only when it does");
    (child.wait().unwrap().code().unwrap(), words)
}

fn terminate(running: &mut Running) -> ExitStatus {
    Command::new("kill").arg("-TERM").arg(running.0.id().to_string()).status().unwrap();
    running.0.wait().unwrap()
}

#[test]
fn it_says_where_everything_is_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new/data");
    let (mut running, said) = start(&data, "127.0.0.1:0");
    let address = value(&said, "listening on").to_owned();
    assert!(address.starts_with("http://127.0.0.1:") && !address.ends_with(":0"), "{address}");
    let key = value(&said, "publishable key").to_owned();
    assert!(key.starts_with("pk_test_"));
    let secret = fs::read_to_string(data.join("secret.key")).unwrap();
    assert!(!said.concat().contains(secret.trim()));
    assert!(value(&said, "secret key").ends_with("secret.key"));
    assert!(value(&said, "catalog").contains("catalog.toml"));
    assert_eq!(terminate(&mut running).code(), Some(0));
    let mode = fs::metadata(&data).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others may not look into it");
    assert!(!data.join("farthing.db-wal").exists(), "all is in the database");

    // The same gateway again, at the same place.
    let (_running, again) = start(&data, address.strip_prefix("http://").unwrap());
    assert_eq!(value(&again, "listening on"), address);
    assert_eq!(value(&again, "publishable key"), key);
    assert_eq!(value(&again, "root key"), value(&said, "root key"));
}

fn back_up(data: &Path, to: &Path) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farthing-gateway"));
    let output = command.arg("back-up").arg("--data").arg(data).arg("--to").arg(to).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn a_back_up_that_was_made_while_it_ran_starts_again_with_everything() {
    let mut world = device::World::new();
    let mut device = world.funded("5.00").await;
    let bought = [device.buy()];
    let settled = device.upload(&bought).await;
    let copy = tempfile::tempdir().unwrap();
    let to = copy.path().join("farthing.db");
    assert_eq!(back_up(world.folder.path(), &to), (0, String::new()));
    let (code, words) = back_up(world.folder.path(), &to);
    assert!(code == 8 && words.contains("exist"), "{code} {words}");

    // The drill: the machine is gone; the keys were kept apart, the database is the copy.
    world.gateway.close().await;
    for key in ["root.key", "signing.key", "vault.key", "publishable.key", "secret.key"] {
        fs::copy(world.folder.path().join(key), copy.path().join(key)).unwrap();
    }
    world.folder = copy;
    world.gateway = Gateway::open(world.folder.path(), device::ADDRESS, world.clock.clock()).unwrap();
    device.router = world.gateway.router();
    assert_eq!(device.upload(&bought).await.receipts, settled.receipts);
    let more = [device.buy()];
    device.upload(&more).await;
    assert_eq!(world.ledger("user_reserved").await, device::usd("-4.50"));
    world.assert_balanced().await;
}

#[test]
fn a_back_up_of_nothing_fails_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("copy.db");
    let (code, words) = back_up(&folder.path().join("nowhere"), &to);
    assert!(code == 8 && !words.is_empty(), "{code} {words}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Asks over plain HTTP; returns the status.
fn status(address: &str, path: &str) -> u16 {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn while_it_drains_it_serves_and_says_that_it_is_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    let mut draining = command(folder.path(), "127.0.0.1:0");
    let mut running = Running(draining.args(["--drain-seconds", "600"]).spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let address = lines.find_map(|line| line.unwrap().trim().strip_prefix("listening on ").map(str::to_owned)).unwrap();
    assert_eq!(status(&address, "/readyz"), 200);
    Command::new("kill").arg("-TERM").arg(running.0.id().to_string()).status().unwrap();
    while status(&address, "/readyz") == 200 {}
    assert_eq!((status(&address, "/readyz"), status(&address, "/healthz")), (503, 200));
}

#[test]
fn what_keeps_it_from_starting_is_told_with_an_exit_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, words) = fails(&folder.path().join("port"), &address);
    assert_eq!(code, 3);
    assert!(words.contains(&address) && words.contains("in use"), "{words}");

    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    let (code, words) = fails(&file, "127.0.0.1:0");
    assert_eq!(code, 4, "{words}");

    let data = folder.path().join("busy");
    let gateway = Gateway::open(&data, "http://gateway.test", Clock::system()).unwrap();
    let (code, words) = fails(&data, "127.0.0.1:0");
    assert_eq!(code, 5);
    assert!(words.contains("in use by another gateway"), "{words}");
    drop(gateway);

    fs::write(data.join("catalog.toml"), "merchant = \"studio\"\n[[items]]\nsku = \"extra life\"\n").unwrap();
    let (code, words) = fails(&data, "127.0.0.1:0");
    assert_eq!(code, 6);
    assert!(words.contains("catalog.toml") && words.contains("line 3"), "{words}");
}

#[test]
fn a_gateway_that_was_killed_while_it_made_its_files_starts_again() {
    // The system kills it when it writes beyond so many blocks of 512 bytes: at each file that it makes, sooner or later.
    for blocks in 0..=8 {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let gateway = command(&data, "127.0.0.1:0");
        let mut killed = Command::new("sh");
        killed.args(["-c", &format!("ulimit -c 0; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
        killed.arg(gateway.get_program()).args(gateway.get_args()).stdin(Stdio::null());
        let killed = killed.output().unwrap();
        assert_eq!(killed.status.code(), None, "{killed:?}");
        Gateway::open(&data, "http://127.0.0.1:8080", Clock::system()).unwrap();
    }
}

#[test]
fn settings_that_can_not_be_are_refused_with_the_file_and_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    drop(Gateway::open(folder.path(), "http://gateway.test", Clock::system()).unwrap());
    let refused = |file: &str, good: &str, bad: &str| {
        let path = folder.path().join(file);
        let before = fs::read_to_string(&path).unwrap();
        assert!(before.contains(good), "{good}");
        fs::write(&path, before.replacen(good, bad, 1)).unwrap();
        let refused = Gateway::open(folder.path(), "http://gateway.test", Clock::system()).err();
        fs::write(&path, before).unwrap();
        match refused {
            Some(StartError::Config(error @ (ConfigError::Malformed { .. } | ConfigError::Unusable { .. }))) => {
                let text = error.to_string();
                assert!(text.contains(file), "{text}");
                text
            }
            other => panic!("{bad}: {other:?}"),
        }
    };
    let fee = refused("gateway.toml", r#"default = "0.30""#, r#"default = "0.50""#);
    assert!(fee.contains("fee would eat up"), "{fee}");
    assert!(refused("gateway.toml", r#"percentage = "5""#, r#"percentage = "five""#).contains("line"));
    assert!(refused("gateway.toml", "[platform]", "[platform").contains("line"));
    let twice = refused("catalog.toml", r#"sku = "golden_key""#, r#"sku = "extra_life""#);
    assert!(twice.contains("extra_life is in the catalog twice"), "{twice}");
    assert!(refused("catalog.toml", r#"amount = "0.25""#, r#"amount = "0""#).contains("above zero"));
    assert!(refused("catalog.toml", r#"currency = "USD""#, r#"currency = "gems""#).contains("does not declare"));
    assert!(refused("catalog.toml", "sample-studio", " ").contains("merchant"));
    // What was refused has left no trace.
    assert!(Gateway::open(folder.path(), "http://gateway.test", Clock::system()).is_ok());
}

#[test]
fn an_address_that_clients_can_not_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["", "gateway", "ftp://gateway.test", "http://a@gateway.test", "http://gateway.test/?q"] {
        let refused = Gateway::open(folder.path(), address, Clock::system()).err();
        assert!(matches!(refused, Some(StartError::Address { .. })), "{address}: {refused:?}");
    }
}

fn keys(data: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farthing-gateway"));
    let output = command.arg("keys").args(arguments).arg("--data").arg(data).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// Cards that the gateway seals anew in several transactions.
const DEVICES: usize = 60;
const CARDS: [&str; 10] = [
    "5555555555554444",
    "6011111111111117",
    "3566002020360505",
    "30569309025904",
    "6200000000000005",
    "4000000000000002",
    "4000000000009995",
    "4000000000009987",
    "4000000000009979",
    "4000000000000069",
];

#[tokio::test]
async fn sealing_anew_that_is_killed_again_and_again_loses_nothing_and_comes_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(folder.path(), device::ADDRESS, Clock::system()).unwrap();
    let clock = farthing_gateway::ManualClock::new(Clock::system().now());
    let world = device::World { folder, clock, gateway };
    let mut device = world.enrolled().await;
    let card = device.add_card(device::GOOD_CARD).await;
    for _ in 0..DEVICES {
        let mut other = world.enrolled().await;
        for number in CARDS {
            other.add_card(number).await;
        }
    }
    world.gateway.close().await;
    let path = world.folder.path();
    let (code, said) = keys(path, &["rotate-vault", "--after-hours", "0"]);
    assert!(code == 0 && said.contains("vault-2.key"), "{said}");
    let (code, said) = keys(path, &["retire-vault"]);
    assert!(code == 9 && said.contains("rows are still sealed by"), "{code} {said}");

    let sealed_by = |key: u32| -> u64 {
        let database = rusqlite::Connection::open(path.join("farthing.db")).unwrap();
        let count = "SELECT count(*) FROM cards WHERE vault_key = ? AND sealed IS NOT NULL";
        database.query_row(count, [key], |row| row.get(0)).unwrap()
    };
    let all = (DEVICES * CARDS.len()) as u64 + 1;
    let mut kills = 0;
    while sealed_by(1) > 0 {
        let before = sealed_by(2);
        let (running, _) = start(path, "127.0.0.1:0");
        while sealed_by(2) == before {}
        drop(running);
        kills += 1;
        assert_eq!(sealed_by(1) + sealed_by(2), all, "after {kills} kills");
    }
    assert!(kills > 1, "none of the kills was in the middle of it");
    let (code, said) = keys(path, &["retire-vault"]);
    assert!(code == 0 && said.contains("vault.key is not needed"), "{code} {said}");
    fs::remove_file(path.join("vault.key")).unwrap();
    let gateway = Gateway::open(path, device::ADDRESS, Clock::system()).unwrap();
    device.router = gateway.router();
    let done = device.top_up("after-it-all", device::usd("1.00"), &card).await;
    assert_eq!(done.state, farthing_protocol::api::TopUpState::Succeeded);
}

//! What an operator is promised of settings: each can come from the environment, a mistake is told by the name of where
//! it was made, and what would be used can be seen before it is.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use farthing_gateway::{Clock, Gateway};

fn command(arguments: &[&str], data: &Path, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farthing-gateway"));
    command.args(arguments).arg("--data").arg(data).envs(environment.iter().copied());
    command
}

/// Runs a command to its end; returns its exit code and what it says.
fn run(arguments: &[&str], data: &Path, environment: &[(&str, &str)]) -> (i32, String) {
    let output = command(arguments, data, environment).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn new_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    drop(Gateway::open(folder.path(), "http://127.0.0.1:8080", Clock::system()).unwrap());
    folder
}

/// What is in a folder, to the byte.
fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| (file.display().to_string(), fs::read(file).unwrap())).collect()
}

#[test]
fn what_would_be_used_is_shown_with_where_it_is_from_and_no_secret() {
    let folder = new_folder();
    let before = content(folder.path());
    let environment = [("FARTHING__TOP_UP__MINIMUM__USD", "1.25"), ("FARTHING__ALLOWANCE__VALID_DAYS", "7")];
    let (code, said) = run(&["check"], folder.path(), &environment);
    assert_eq!(code, 0, "{said}");
    for line in [
        "setting      top_up.minimum.USD = \"1.25\" (FARTHING__TOP_UP__MINIMUM__USD)",
        "setting      allowance.valid_days = 7 (FARTHING__ALLOWANCE__VALID_DAYS)",
        "setting      platform.percentage = \"5\" (gateway.toml)",
        "setting      limits.device.burst = 5000 (gateway.toml)",
        "keys         key set version 1, 1 listed",
        "database     SQLite, farthing.db: version ",
        "Nothing is wrong",
    ] {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
    for key in ["secret.key", "publishable.key"] {
        let key = fs::read_to_string(folder.path().join(key)).unwrap();
        assert!(!said.contains(key.trim()), "{said}");
    }
    assert!(content(folder.path()) == before, "something was changed");

    // A file from before there were limits.
    let path = folder.path().join("gateway.toml");
    let settings = fs::read_to_string(&path).unwrap();
    fs::write(&path, settings.split_once("[limits]").unwrap().0).unwrap();
    let (code, said) = run(&["check"], folder.path(), &[("FARTHING__LIMITS__TRUSTED_PROXIES", "1")]);
    assert!(code == 0 && said.contains("limits.device.burst = 5000 (default)"), "{said}");
    assert!(said.contains("limits.trusted_proxies = 1 (FARTHING__LIMITS__TRUSTED_PROXIES)"), "{said}");
}

#[test]
fn what_is_wrong_is_told_by_the_variable_or_the_file_and_the_line() {
    let folder = new_folder();
    let (code, said) = run(&["check"], folder.path(), &[("FARTHING__PLATFORM__PRECENTAGE", "5")]);
    assert!(code == 6 && said.contains("FARTHING__PLATFORM__PRECENTAGE is not right: unknown field"), "{code} {said}");
    // Each is right by itself, and together they would lose money.
    let (code, said) = run(&["check"], folder.path(), &[("FARTHING__TOP_UP__MINIMUM__USD", "0.10")]);
    assert!(code == 6 && said.contains("FARTHING__TOP_UP__MINIMUM__USD") && said.contains("fee"), "{code} {said}");
    let (code, said) = run(&["serve"], folder.path(), &[("FARTHING__TOP_UP__MINIMUM__USD", "lots")]);
    assert!(code == 6 && said.contains("FARTHING__TOP_UP__MINIMUM__USD"), "{code} {said}");

    let path = folder.path().join("gateway.toml");
    let settings = fs::read_to_string(&path).unwrap();
    fs::write(&path, settings.replace("percentage = \"5\"", "percentage = \"five\"")).unwrap();
    let line = settings.lines().position(|line| line.starts_with("percentage = \"5\"")).unwrap() + 1;
    let (code, said) = run(&["check"], folder.path(), &[("FARTHING__ALLOWANCE__VALID_DAYS", "7")]);
    assert!(code == 6 && said.contains("gateway.toml") && said.contains(&format!("line {line}")), "{code} {said}");
    fs::write(&path, settings).unwrap();

    let key = folder.path().join("vault.key");
    let kept = fs::read(&key).unwrap();
    fs::write(&key, b"short").unwrap();
    let (code, said) = run(&["check"], folder.path(), &[]);
    assert!(code == 9 && said.contains("vault.key"), "{code} {said}");
    fs::write(&key, kept).unwrap();
    let (code, said) = run(&["check", "--tls-certificate", "/nowhere", "--tls-key", "/nowhere"], folder.path(), &[]);
    assert!(code == 7 && said.contains("/nowhere"), "{code} {said}");
    assert_eq!(run(&["check"], folder.path(), &[]).0, 0);
}

#[test]
fn a_database_is_named_by_a_file_whose_content_is_never_shown() {
    let folder = new_folder();
    let file = folder.path().join("database-url");
    let named = file.to_str().unwrap();
    fs::write(&file, "postgres://farthing:a-secret@127.0.0.1:1/farthing\n").unwrap();
    for arguments in [["check", "--database-file", named], ["serve", "--database-file", named]] {
        let (code, said) = run(&arguments, folder.path(), &[]);
        assert_eq!(code, 8, "{said}");
        assert!(said.contains("can't be reached") && !said.contains("a-secret"), "{said}");
    }
    let (code, said) = run(&["check"], folder.path(), &[("FARTHING_DATABASE_FILE", "/nowhere/url")]);
    assert!(code == 8 && said.contains("/nowhere/url"), "{code} {said}");
    let both = [("FARTHING_DATABASE_FILE", named), ("FARTHING_DATABASE", "postgres://farthing@127.0.0.1:1/x")];
    assert_eq!(run(&["check"], folder.path(), &both).0, 2);
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_gateway_serves_by_the_settings_of_its_environment_and_can_be_checked_meanwhile() {
    let folder = new_folder();
    let environment = [("FARTHING__LIMITS__ADDRESS__BURST", "1"), ("FARTHING__LIMITS__ADDRESS__PER_MINUTE", "1")];
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"], folder.path(), &environment);
    let mut running = Running(serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let address = lines.find_map(|line| line.unwrap().trim().strip_prefix("listening on http://").map(str::to_owned));
    let address = address.unwrap();
    assert_eq!(run(&["check"], folder.path(), &environment).0, 0);
    // The second of one address is one too many: over a socket the address is known.
    assert_eq!([status(&address), status(&address)], [401, 429]);
}

/// Asks for an enrolment without any proof; returns the status.
fn status(address: &str) -> u16 {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = "POST /v1/enrolments HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_postgresql_database_is_checked_without_a_change() {
    let Some(server) = farthing_database::server() else { return };
    let folder = new_folder();
    let url = farthing_database::empty(&server);
    let (code, said) = run(&["check", "--database", &url], folder.path(), &[]);
    assert!(code == 8 && said.contains("migrate"), "{code} {said}");
    assert_eq!(run_plain(&["migrate", "--database", &url]), 0);
    let (code, said) = run(&["check", "--database", &url], folder.path(), &[]);
    assert!(code == 0 && said.contains("PostgreSQL: version "), "{code} {said}");
}

fn run_plain(arguments: &[&str]) -> i32 {
    let status = Command::new(env!("CARGO_BIN_EXE_farthing-gateway")).args(arguments).stderr(Stdio::null()).status();
    status.unwrap().code().unwrap()
}

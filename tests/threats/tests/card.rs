//! A card is planted in a wallet's process, and everything is searched for it.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its world has failed")]
#![allow(clippy::print_stdout, reason = "what was searched is told")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use farthing_threats::process::GatewayProcess;
use farthing_threats::search::{Hit, PLANTED};
use tempfile::TempDir;

/// A wallet's process.
struct Victim {
    process: Child,
    input: ChildStdin,
    output: std::io::Lines<BufReader<std::process::ChildStdout>>,
    said: String,
}

impl Victim {
    fn start(gateway: &GatewayProcess, folder: &Path, authority: Option<&Path>, keep: bool) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_victim"));
        command.args(["--gateway", &gateway.url, "--key", &gateway.publishable_key, "--root", &gateway.root_key]);
        command.arg("--folder").arg(folder).arg("--log").arg(folder.join("wallet.log"));
        authority.map(|authority| command.arg("--authority").arg(authority));
        if keep {
            command.arg("--keep");
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Victim { process, input, output: BufReader::new(output).lines(), said: String::new() }
    }

    fn wait_for(&mut self, word: &str) {
        for line in self.output.by_ref() {
            let line = line.unwrap();
            if line == word {
                return;
            }
            self.said.push_str(&line);
            self.said.push('\n');
        }
        panic!("the wallet ended before it was {word}: {}", self.said);
    }

    fn tell(&mut self, words: &str) {
        self.input.write_all(format!("{words}\n").as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    fn memory(&self, when: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        let searched = PLANTED.in_memory(self.process.id(), &mut hits);
        println!("wallet's memory {when}: {} MB searched, {} hits", searched / 1_000_000, hits.len());
        hits
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A certificate of an authority of our own.
fn certificates(folder: &Path) -> [std::path::PathBuf; 3] {
    let [authority, certificate, key] = ["authority.der", "server.pem", "server-key.pem"].map(|name| folder.join(name));
    let mut parameters = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root_key = rcgen::KeyPair::generate().unwrap();
    let root = rcgen::CertifiedIssuer::self_signed(parameters, root_key).unwrap();
    let server_key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let server = server.signed_by(&server_key, &root).unwrap();
    std::fs::write(&authority, root.der()).unwrap();
    std::fs::write(&certificate, server.pem()).unwrap();
    std::fs::write(&key, server_key.serialize_pem()).unwrap();
    [authority, certificate, key]
}

struct Searched {
    _folder: TempDir,
    while_held: Vec<Hit>,
    after: Vec<Hit>,
    after_close: Vec<Hit>,
    elsewhere: Vec<Hit>,
}

fn plant(tls: bool, keep: bool) -> Searched {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("gateway");
    let log = folder.path().join("gateway.log");
    let [authority, certificate, key] = certificates(folder.path());
    let mut arguments = vec!["--log", log.to_str().unwrap()];
    if tls {
        arguments.extend(["--tls-certificate", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()]);
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_farthing-threats"));
    let gateway = GatewayProcess::start(binary, "gateway", &data, &arguments);
    let wallet = folder.path().join("device");
    std::fs::create_dir_all(&wallet).unwrap();
    let mut victim = Victim::start(&gateway, &wallet, tls.then_some(authority.as_path()), keep);
    victim.wait_for("ready");
    assert!(victim.memory("before").is_empty(), "the planted card is there before it was given");
    victim.tell(&format!("{} {}", PLANTED.number, PLANTED.cvc));
    victim.wait_for("holding");
    let while_held = victim.memory("while it is held");
    victim.tell("");
    victim.wait_for("added");
    let after = victim.memory("after cards.add");
    // Now the write-ahead logs are there, too; they are searched again with all else at the end.
    let mut elsewhere = Vec::new();
    PLANTED.in_folder(folder.path(), &mut elsewhere);
    let mut at_gateway = Vec::new();
    let searched = PLANTED.in_memory(gateway.id(), &mut at_gateway);
    // The test cards' own list is in its program.
    at_gateway.retain(|hit| !hit.place.contains("farthing-threats"));
    println!("gateway's memory: {} MB searched, {} hits (told, not promised)", searched / 1_000_000, at_gateway.len());
    for hit in at_gateway.iter().take(6) {
        println!("  gateway {} {}: {}", hit.needle, hit.place, hit.around);
    }
    victim.tell("");
    victim.wait_for("closed");
    let after_close = victim.memory("after the wallet was closed");

    let files = PLANTED.in_folder(folder.path(), &mut elsewhere);
    PLANTED.in_bytes("what the wallet said", victim.said.as_bytes(), &mut elsewhere);
    println!("{files} files and {} bytes of errors and Debug output: {} hits", victim.said.len(), elsewhere.len());
    assert!(victim.said.contains("CardInvalid") && victim.said.contains("Offline"), "{}", victim.said);
    let logged = std::fs::read_to_string(wallet.join("wallet.log")).unwrap();
    assert!(
        logged.contains("TRACE") && std::fs::metadata(&log).unwrap().len() > 0,
        "nothing was logged at trace level"
    );
    Searched { _folder: folder, while_held, after, after_close, elsewhere }
}

fn nowhere(hits: &[Hit], place: &str) {
    for hit in hits {
        println!("FOUND {place}: {} in {}: {}", hit.needle, hit.place, hit.around);
    }
    assert!(hits.is_empty(), "{} traces of the card {place}", hits.len());
}

fn check(searched: &Searched) {
    assert!(!searched.while_held.is_empty(), "the search does not find a card that is there");
    nowhere(&searched.elsewhere, "on disk or in words");
    nowhere(&searched.after, "in the wallet's memory");
    nowhere(&searched.after_close, "in the closed wallet's memory");
}

#[test]
fn a_planted_card_is_nowhere_after_it_was_added_over_http() {
    check(&plant(false, false));
}

#[test]
fn a_planted_card_is_nowhere_after_it_was_added_over_tls() {
    check(&plant(true, false));
}

#[test]
fn the_search_finds_a_card_that_was_kept() {
    let searched = plant(false, true);
    let found = |name: &str| searched.after.iter().any(|hit| hit.needle == name);
    assert!(found("first half") && found("second half"), "{:?}", searched.after);
    nowhere(&searched.elsewhere, "on disk or in words");
}

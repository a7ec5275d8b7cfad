//! A gateway's process, and what it says at its start.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A gateway's process on a free loopback port. It ends with this value.
pub struct GatewayProcess {
    process: Child,
    /// Where it listens.
    pub url: String,
    /// What apps enrol with.
    pub publishable_key: String,
    /// The root key's thumbprint.
    pub root_key: String,
}

impl GatewayProcess {
    /// Starts `binary gateway`, or `binary serve` where that is the gateway's own, with further arguments.
    pub fn start(binary: &Path, command: &str, data: &Path, arguments: &[&str]) -> Self {
        let mut run = Command::new(binary);
        run.arg(command).arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]).args(arguments);
        let mut process = run.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let [mut url, mut publishable_key, mut root_key] = [const { String::new() }; 3];
        while root_key.is_empty() {
            let line = lines.next().expect("the gateway stopped at its start").unwrap();
            for (label, value) in
                [("listening on", &mut url), ("publishable key", &mut publishable_key), ("root key", &mut root_key)]
            {
                if let Some((_, text)) = line.split_once(label) {
                    *value = text.trim().to_owned();
                }
            }
        }
        // It may say more; nobody reads that, and it must not wait for us.
        std::thread::spawn(move || lines.for_each(drop));
        GatewayProcess { process, url, publishable_key, root_key }
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for GatewayProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

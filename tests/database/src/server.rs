//! A PostgreSQL server of a test's own: on a free port, in a folder that goes away with it.

use std::fs;
use std::io::{self, Error};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Names the folder of PostgreSQL's programs, where they are not where Debian has them.
const BINARIES: &str = "FARTHING_POSTGRES";
/// The user that the server runs as where the test's is root, which it refuses: Debian's packages make it.
const SYSTEM_USER: &str = "postgres";

/// What the operator's guide asks of a server, for [`Server::start_with`]: that it tell the rows of a page apart.
pub const PREDICATE_LOCKS: &str = "-c max_pred_locks_per_page=100 -c max_pred_locks_per_transaction=256";

/// What a server promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// What was committed survives a power cut.
    Full,
    /// It survives the end of the server, not of the machine: for tests of what is kept and not how well.
    Relaxed,
}

/// A server. It ends with this value.
pub struct Server {
    binaries: PathBuf,
    folder: PathBuf,
    port: u16,
    settings: String,
}

impl Server {
    /// Starts a new server.
    ///
    /// # Errors
    /// When PostgreSQL is not on this machine, or doesn't start.
    pub fn start(durability: Durability) -> io::Result<Self> {
        Self::start_with(durability, "")
    }

    /// Starts a new server with more of its settings given, each as `-c name=value`.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_with(durability: Durability, settings: &str) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("farthing-postgres-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder)?;
        let settings = match durability {
            Durability::Full => settings.to_owned(),
            Durability::Relaxed => {
                format!("-c fsync=off -c synchronous_commit=off -c full_page_writes=off {settings}")
            }
        };
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let server = Server { binaries: binaries()?, folder, port, settings };
        if is_root() {
            run(Command::new("chown").arg(SYSTEM_USER).arg(&server.folder))?;
        }
        let mut initdb = server.program("initdb");
        initdb.args(["--username", "farthing", "--auth", "trust", "--encoding", "UTF8", "--no-sync", "--pgdata"]);
        run(initdb.arg(server.data()))?;
        server.begin()?;
        Ok(server)
    }

    /// Where it is, without the name of a database.
    pub fn url(&self) -> String {
        format!("postgres://farthing@127.0.0.1:{}", self.port)
    }

    /// Ends it as a crash would: nothing is finished, nothing is said.
    ///
    /// # Errors
    /// When it can't be ended.
    pub fn kill(&self) -> io::Result<()> {
        let pid = fs::read_to_string(self.data().join("postmaster.pid"))?;
        let pid = pid.lines().next().unwrap_or_default().to_owned();
        run(Command::new("kill").args(["-9", &pid]))
    }

    /// Starts it again after it was killed.
    ///
    /// # Errors
    /// When it doesn't start.
    pub fn begin(&self) -> io::Result<()> {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=400 {}",
            self.port,
            self.folder.display(),
            self.settings
        );
        // The processes of one that was killed take a moment to notice it.
        let mut tried = Ok(());
        for _ in 0..50 {
            let mut begin = self.program("pg_ctl");
            begin.arg("--pgdata").arg(self.data()).arg("--log").arg(self.folder.join("log"));
            tried = run(begin.args(["--wait", "--silent", "--options", &options, "start"]));
            if tried.is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        tried.map_err(|error| Error::other(format!("{error}: {}", self.log())))
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let program = self.binaries.join(name);
        let mut command = if is_root() {
            let mut other = Command::new("runuser");
            other.args(["-u", SYSTEM_USER, "--"]).arg(program);
            other
        } else {
            Command::new(program)
        };
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        // One that was killed has stopped already.
        let _ = run(stop.arg("--pgdata").arg(self.data()).args(["--mode", "immediate", "--silent", "stop"]));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// One of PostgreSQL's programs that connect to a server, such as `psql`.
///
/// # Errors
/// When PostgreSQL is not on this machine.
pub fn client(program: &str) -> io::Result<Command> {
    Ok(Command::new(binaries()?.join(program)))
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if output.success() { Ok(()) } else { Err(Error::other(format!("{command:?} failed"))) }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

/// The folder of the newest PostgreSQL on this machine.
fn binaries() -> io::Result<PathBuf> {
    if let Some(named) = std::env::var_os(BINARIES) {
        return Ok(named.into());
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let newest = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    newest.or_else(|| on_path("initdb")).ok_or_else(|| {
        Error::other(format!(
            "there is no PostgreSQL here; `cargo xtask test postgres` installs it, or {BINARIES} names it"
        ))
    })
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| Path::new(folder).join(program).exists())
}

//! Runs a command beside a PostgreSQL server of its own, which it finds in `FARTHING_TEST_DATABASE`.

use std::process::{Command, ExitCode};

use farthing_database::{Durability, SERVER, Server};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: farthing-database COMMAND [ARGUMENTS]");
        return ExitCode::from(2);
    };
    let server = match Server::start(Durability::Relaxed) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("farthing-database: {error}");
            return ExitCode::FAILURE;
        }
    };
    let status = Command::new(&program).args(arguments).env(SERVER, server.url()).status();
    match status {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("farthing-database: {} can't be started: {error}", program.display());
            ExitCode::FAILURE
        }
    }
}

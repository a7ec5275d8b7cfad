//! `farthing-gateway administrator`: who may sign in to the dashboard. Passwords are never arguments, which other users of
//! the machine can see.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use farthing_gateway::{AdministratorError, Administrators, Role, StartError, StoreError};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::command_line::DatabaseArguments;

/// Who may sign in to the dashboard. A gateway may be running meanwhile.
#[derive(Args)]
pub(crate) struct Administrator {
    #[command(subcommand)]
    action: Action,
    /// The data folder, where the database is a file in it.
    #[arg(long, global = true, env = "FARTHING_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArguments,
}

#[derive(Subcommand)]
enum Action {
    /// Lets someone sign in.
    Add {
        /// What they are called, such as ada or ada@studio.example.
        name: String,
        /// What they may do.
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Changes someone's password, and signs them out.
    Password {
        /// Whose.
        name: String,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Takes someone's access away, at once.
    Remove {
        /// Whose.
        name: String,
    },
    /// Says who may sign in.
    List,
}

/// Where a password comes from.
#[derive(Args)]
struct PasswordSource {
    /// A file whose first line is the password. Without it the password is asked for, or read from standard input.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("say where the administrators are kept: --data DIR, or --database URL")]
    Nowhere,
    #[error("the password can't be read: {0}")]
    Password(io::Error),
    #[error(transparent)]
    Administrator(#[from] AdministratorError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("nobody listens: {0}")]
    Output(io::Error),
}

impl Administrator {
    /// Does it.
    pub(crate) async fn run(self) -> Result<(), CommandError> {
        let administrators = match (self.database.url()?, self.data) {
            (Some(database), _) => Administrators::of_database(&database).await?,
            (None, Some(folder)) => Administrators::of_folder(&folder)?,
            (None, None) => return Err(CommandError::Nowhere),
        };
        let done = self.action.run(&administrators).await;
        administrators.close().await;
        done
    }
}

impl Action {
    async fn run(self, administrators: &Administrators) -> Result<(), CommandError> {
        match self {
            Action::Add { name, role, password } => administrators.add(&name, role, password.read()?).await?,
            Action::Password { name, password } => administrators.set_password(&name, password.read()?).await?,
            Action::Remove { name } => administrators.remove(&name).await?,
            Action::List => list(administrators).await?,
        }
        Ok(())
    }
}

async fn list(administrators: &Administrators) -> Result<(), CommandError> {
    let all = administrators.list().await?;
    let mut output = io::stdout().lock();
    all.iter()
        .try_for_each(|one| writeln!(output, "{}\t{}\t{}", one.name, one.role, one.created_at))
        .map_err(CommandError::Output)
}

impl PasswordSource {
    fn read(&self) -> Result<SecretString, CommandError> {
        let read = match &self.password_file {
            Some(file) => first_line_of(file),
            None if io::stdin().is_terminal() => rpassword::prompt_password("Password: ").map(Zeroizing::new),
            None => {
                let mut line = Zeroizing::new(String::new());
                io::stdin().lock().read_line(&mut line).map(|_| line)
            }
        };
        let line = read.map_err(CommandError::Password)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned().into())
    }
}

fn first_line_of(file: &Path) -> io::Result<Zeroizing<String>> {
    let text = Zeroizing::new(fs::read_to_string(file)?);
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

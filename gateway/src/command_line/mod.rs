//! What commands have in common.

pub(crate) mod check;
pub(crate) mod keys;
pub(crate) mod log;

use std::path::PathBuf;

use clap::Args;
use farthing_gateway::StartError;
use farthing_gateway::server::TlsFiles;
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Which database.
#[derive(Args)]
pub(crate) struct DatabaseArguments {
    /// A PostgreSQL database that other gateways may share, in place of a file of the data folder: such as
    /// postgres://user@host/farthing?sslmode=verify-full. Give the password by PGPASSWORD or PGPASSFILE, or all of it by
    /// --database-file, rather than here, where other users of this machine see it.
    #[arg(long, global = true, env = "FARTHING_DATABASE", hide_env_values = true, value_name = "URL")]
    database: Option<SecretString>,
    /// A file that has the database's URL, password and all.
    #[arg(long, global = true, env = "FARTHING_DATABASE_FILE", value_name = "FILE", conflicts_with = "database")]
    database_file: Option<PathBuf>,
}

impl DatabaseArguments {
    /// The database's address; none where it is a file of the data folder.
    pub(crate) fn url(self) -> Result<Option<SecretString>, StartError> {
        let Some(path) = self.database_file else { return Ok(self.database) };
        match std::fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(url) => Ok(Some(url.trim().into())),
            Err(source) => Err(StartError::DatabaseFile { path, source }),
        }
    }
}

/// A certificate.
#[derive(Args)]
pub(crate) struct TlsArguments {
    /// HTTPS by this certificate chain (PEM).
    #[arg(long, env = "FARTHING_TLS_CERTIFICATE", requires = "tls_key", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, env = "FARTHING_TLS_KEY", requires = "tls_certificate", value_name = "FILE")]
    tls_key: Option<PathBuf>,
}

impl TlsArguments {
    pub(crate) fn files(self) -> Option<TlsFiles> {
        self.tls_certificate.zip(self.tls_key).map(|(certificate, key)| TlsFiles { certificate, key })
    }
}

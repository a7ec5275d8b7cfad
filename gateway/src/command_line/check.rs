//! `farthing-gateway check`: what would be used, and what is wrong with it.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use farthing_gateway::config::Overrides;
use farthing_gateway::server::{ServeError, TlsFiles, check_tls};
use farthing_gateway::{Gateway, StartError};

use super::{DatabaseArguments, TlsArguments};

#[derive(Args)]
pub(crate) struct Check {
    /// The data folder.
    #[arg(long, env = "FARTHING_DATA", value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    tls: TlsArguments,
}

impl Check {
    pub(crate) async fn run(self) -> Result<(), ServeError> {
        let overrides = Overrides::from_environment().map_err(StartError::from)?;
        let database = self.database.url()?;
        let inspection = Gateway::inspect(&self.data, database.as_ref(), &overrides).await?;
        let tls = self.tls.files();
        tls.as_ref().map(check_tls).transpose()?;
        let mut output = io::stdout().lock();
        if let Some(TlsFiles { certificate, .. }) = tls {
            let _ = writeln!(output, "certificate  {}", certificate.display());
        }
        let _ = writeln!(output, "{inspection}");
        Ok(())
    }
}

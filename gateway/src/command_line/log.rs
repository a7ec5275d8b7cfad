//! What is said while a gateway runs: the log on standard error and, with the feature `opentelemetry`, traces.

use std::io::{self, IsTerminal};

use clap::{Args, ValueEnum};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

/// How to log.
#[derive(Args)]
pub(crate) struct Log {
    /// What to log on standard error: error, warn, info, debug, trace, or a filter such as `farthing_gateway=debug`.
    #[arg(long, env = "FARTHING_LOG", default_value = "info", value_name = "FILTER")]
    log: EnvFilter,
    /// How to log.
    #[arg(long, env = "FARTHING_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

impl Log {
    /// The log alone.
    pub(crate) fn begin(self) {
        tracing_subscriber::registry().with(self.layer()).init();
    }

    /// The log, and traces where the environment says where they go.
    #[cfg(feature = "opentelemetry")]
    pub(crate) fn begin_with_traces(self) -> Result<Option<farthing_gateway::traces::Traces>, io::Error> {
        let traces = farthing_gateway::traces::Traces::from_environment().map_err(io::Error::other)?;
        let layers = traces.iter().map(|traces| traces.layer().boxed()).chain([self.layer()]).collect::<Vec<_>>();
        tracing_subscriber::registry().with(layers).init();
        Ok(traces)
    }

    fn layer(self) -> BoxedLayer {
        let log = fmt::layer().with_writer(io::stderr);
        match self.log_format {
            LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).with_filter(self.log).boxed(),
            LogFormat::Json => log.json().with_filter(self.log).boxed(),
        }
    }
}

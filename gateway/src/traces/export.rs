//! Spans to a collector: OTLP over HTTP, with protobuf.

use std::time::Duration;

use axum::http::HeaderMap;
use bytes::Bytes;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::outgoing;

/// Where traces go, by OpenTelemetry's own names.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why traces can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The variables that say where to send them are not right.
    #[error("traces can't be sent; look at the variables OTEL_EXPORTER_OTLP_…: {0}")]
    Exporter(#[from] ExporterBuildError),
    /// There is no client to send them with.
    #[error("traces can't be sent: {0}")]
    Client(String),
}

/// Sends spans to a collector, in the background.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Sends to where `OTEL_EXPORTER_OTLP_ENDPOINT` says; nothing where it says nothing. The other variables of
    /// OpenTelemetry's hold, too: `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`, ….
    ///
    /// # Errors
    /// [`TracesError`] where it can't be sent there.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn from_environment() -> Result<Option<Self>, TracesError> {
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if !ENDPOINTS.iter().any(is_set) {
            return Ok(None);
        }
        Traces::new(None).map(Some)
    }

    /// Sends to an address.
    ///
    /// # Errors
    /// As [`Traces::from_environment`].
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn to(endpoint: &str) -> Result<Self, TracesError> {
        Traces::new(Some(endpoint))
    }

    fn new(endpoint: Option<&str>) -> Result<Self, TracesError> {
        let client = outgoing::client(PATIENCE).map_err(TracesError::Client)?;
        let client = Client { client, runtime: Handle::current() };
        let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_http_client(client);
        let exporter = match endpoint {
            Some(endpoint) => exporter.with_endpoint(endpoint),
            None => exporter,
        };
        let resource = Resource::builder();
        let resource = match std::env::var_os(SERVICE_NAME) {
            Some(_) => resource,
            None => resource.with_service_name(env!("CARGO_PKG_NAME")),
        };
        let provider =
            SdkTracerProvider::builder().with_resource(resource.build()).with_batch_exporter(exporter.build()?).build();
        Ok(Traces { provider })
    }

    /// What takes the gateway's spans. What is logged stays in the log: it may tell more than a trace should.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        let tracer = self.provider.tracer(env!("CARGO_PKG_NAME"));
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with(module_of_spans())))
    }

    /// Sends what is still to be sent.
    pub async fn finish(self) {
        let sent = tokio::task::spawn_blocking(move || self.provider.shutdown()).await;
        if let Ok(Err(error)) = sent {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Where every span of ours is made.
fn module_of_spans() -> &'static str {
    module_path!().trim_end_matches("::export")
}

/// Makes a request's span part of the trace that it names.
pub(super) fn follow(span: &Span, headers: &HeaderMap) {
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    if parent.span().span_context().is_valid() {
        // It fails where nobody takes spans.
        let _ = span.set_parent(parent);
    }
}

/// The exporter has a thread of its own, and this client needs the runtime.
#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move {
            let answer = client.execute(request.try_into()?).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut response = http::Response::new(answer.bytes().await?);
            (*response.status_mut(), *response.headers_mut()) = (status, headers);
            Ok::<_, reqwest::Error>(response)
        });
        Ok(sending.await??)
    }
}

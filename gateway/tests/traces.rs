//! What an operator is promised of traces: what a request does is one trace, which begins where the client says, and has
//! nothing in it that is secret.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod device;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::routing::post;
use device::{GOOD_CARD, World, usd};
use farthing_gateway::traces::Traces;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// A collector on a socket.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

impl Collector {
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let collector = Collector::default();
        let collect = async |State(collector): State<Collector>, headers: HeaderMap, body: Bytes| {
            assert_eq!(headers["content-type"], "application/x-protobuf");
            collector.0.lock().unwrap().push(ExportTraceServiceRequest::decode(body).unwrap());
        };
        let router = axum::Router::new().route("/v1/traces", post(collect)).with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (collector, address)
    }

    fn spans(&self) -> Vec<Span> {
        let requests = self.0.lock().unwrap();
        let resources = requests.iter().flat_map(|request| &request.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }

    /// Everything that was sent, as text.
    fn text(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

fn attributes(span: &Span) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let one = |pair: &opentelemetry_proto::tonic::common::v1::KeyValue| {
        (pair.key.clone(), pair.value.as_ref().and_then(|value| value.value.as_ref()).map_or_else(String::new, text))
    };
    span.attributes.iter().map(one).collect()
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_batch_does_is_one_trace_that_begins_where_the_client_says() {
    let (collector, address) = Collector::start().await;
    let traces = Traces::to(&format!("{address}/v1/traces")).unwrap();
    tracing_subscriber::registry().with(traces.layer()).init();
    let world = World::new();
    let mut device = world.enrolled().await;
    let back_end = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/path-with-a-secret", back_end.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(back_end, axum::Router::new().fallback(async || "taken")).await });
    register(&world, &url).await;
    let card = device.add_card(GOOD_CARD).await;
    device.top_up("first", usd("5.00"), &card).await;
    device.refresh().await;
    let bought = [device.buy(), device.buy()];
    let batch = device.batch(&device.claims(&bought), bought.iter().map(|entry| entry.bytes().to_vec()).collect());
    let traceparent = format!("00-{TRACE}-{PARENT}-01");
    let headers = [("traceparent", traceparent.as_str())];
    let body = serde_json::to_vec(&batch).unwrap();
    let answer = device.call_with(Method::POST, "/v1/journal", &headers, Some(body)).await;
    assert!(answer.status.is_success());
    assert_eq!(world.gateway.deliver_due_webhooks().await.unwrap(), 1);
    traces.finish().await;

    let spans = collector.spans();
    let of_batch: Vec<&Span> = spans.iter().filter(|span| hexadecimal(&span.trace_id) == TRACE).collect();
    let request = of_batch.iter().find(|span| span.name == "POST /v1/journal").unwrap();
    assert_eq!(hexadecimal(&request.parent_span_id), PARENT);
    let told = attributes(request);
    for (name, value) in
        [("http.route", "/v1/journal"), ("http.request.method", "POST"), ("http.response.status_code", "200")]
    {
        assert_eq!(told[name], value, "{told:?}");
    }
    let write = of_batch.iter().find(|span| span.name == "write").unwrap();
    assert_eq!(write.parent_span_id, request.span_id, "the settlement is a part of the request");
    let (system, told) = match farthing_database::server() {
        None => ("sqlite", attributes(write)),
        Some(_) => ("postgresql", attributes(write)),
    };
    assert_eq!(told["db.system.name"], system);
    assert_eq!(told.get("farthing.transaction.tries").map(String::as_str), (system == "postgresql").then_some("1"));

    // Others are traces of their own.
    let names: BTreeSet<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    for name in ["POST /v1/top-ups", "processor", "webhook", "POST /v1/cards"] {
        assert!(names.contains(name), "{name} in {names:?}");
    }
    let top_up = spans.iter().find(|span| span.name == "POST /v1/top-ups").unwrap();
    let processor = spans.iter().find(|span| span.name == "processor").unwrap();
    assert_eq!((&top_up.trace_id, processor.trace_id != request.trace_id), (&processor.trace_id, true));
    assert_eq!(attributes(processor)["farthing.operation"], "charge");
    let webhook = spans.iter().find(|span| span.name == "webhook").unwrap();
    assert_eq!(attributes(webhook)["http.response.status_code"], "200");

    let (text, enrolment) = (collector.text(), device.enrolment.as_ref().unwrap());
    let secret = world.gateway.secret_key().expose_secret().to_owned();
    let (account, name) = (enrolment.account.to_string(), enrolment.device.to_string());
    for hidden in [GOOD_CARD, "path-with-a-secret", &secret, &device.token.unwrap(), &account, &name] {
        assert!(!text.contains(hidden), "{hidden} was sent");
    }
}

async fn register(world: &World, url: &str) {
    let key = world.gateway.secret_key().expose_secret();
    let request = axum::http::Request::post(format!("{}/v1/webhook-endpoints", device::ADDRESS));
    let request = request.header("Authorization", format!("Bearer {key}")).header("Content-Type", "application/json");
    let body = serde_json::json!({"url": url}).to_string();
    let answer = device::send(&world.gateway.router(), request.body(body.into()).unwrap()).await;
    assert!(answer.status.is_success(), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_told_where_sends_its_traces_there_and_the_last_ones_when_it_stops() {
    let (collector, endpoint) = Collector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_farthing-gateway"));
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
    serve.env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint).env("OTEL_SERVICE_NAME", "the-gateway");
    let mut running = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let status = tokio::task::spawn_blocking(move || {
        use std::io::{BufRead, BufReader, Read, Write};
        let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
        let address =
            lines.find_map(|line| line.unwrap().trim().strip_prefix("listening on http://").map(str::to_owned));
        let mut stream = std::net::TcpStream::connect(address.unwrap()).unwrap();
        let head = format!(
            "GET /healthz HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\
                            traceparent: 00-{TRACE}-{PARENT}-01\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Command::new("kill").arg("-TERM").arg(running.id().to_string()).status().unwrap();
        running.wait().unwrap()
    });
    assert_eq!(status.await.unwrap().code(), Some(0));
    let spans = collector.spans();
    let request = spans.iter().find(|span| span.name == "GET /healthz").unwrap();
    assert_eq!(
        (hexadecimal(&request.trace_id).as_str(), hexadecimal(&request.parent_span_id).as_str()),
        (TRACE, PARENT)
    );
    assert!(spans.iter().any(|span| span.name == "write" && span.parent_span_id == request.span_id));
    assert!(collector.text().contains("the-gateway"));
}

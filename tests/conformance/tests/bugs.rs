//! Our gateway keeps the protocol, and a gateway with a bug does not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use farthing_conformance::{CASES, Target, run};
use farthing_core::{Transport, TransportError};
use farthing_gateway::{Clock, DeliberateBug, Gateway};

const ADDRESS: &str = "http://127.0.0.1:1";

/// Carries requests to a gateway in this process.
struct Straight(axum::Router);

#[async_trait]
impl Transport for Straight {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        use tower::ServiceExt;
        let Ok(answer) = self.0.clone().oneshot(request.map(axum::body::Body::from)).await;
        let (head, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Ok(http::Response::from_parts(head, body))
    }
}

/// The cases that a gateway does not pass.
async fn failures() -> Vec<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(folder.path(), ADDRESS, Clock::system()).unwrap();
    let target = Target {
        transport: Arc::new(Straight(gateway.router())),
        address: ADDRESS.into(),
        publishable_key: gateway.publishable_key().to_owned(),
        card: "4242424242424242".into(),
    };
    let verdicts = run(&target, |_| {}).await;
    verdicts.into_iter().filter(|verdict| verdict.failure.is_some()).map(|verdict| verdict.case.name).collect()
}

/// One test, since a bug is planted in the whole process.
#[tokio::test]
async fn our_gateway_keeps_the_protocol_and_each_bug_breaks_it() {
    assert_eq!(failures().await, [""; 0], "of {}", CASES.len());
    for (bug, case) in [
        (DeliberateBug::ChargeAgain, "an idempotency key charges once"),
        (DeliberateBug::ForgetOutcomes, "the same bytes get the same outcomes, for ever"),
        (DeliberateBug::ForkUnnoticed, "a fork freezes the device, and the first chain stands"),
        (DeliberateBug::PayTwice, "what is owned for ever is told, and paid for once"),
    ] {
        DeliberateBug::plant(Some(bug));
        let failures = failures().await;
        DeliberateBug::plant(None);
        assert!(failures.contains(&case), "{bug:?} breaks {failures:?}");
    }
}

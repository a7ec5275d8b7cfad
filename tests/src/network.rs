//! The network between wallets and the gateway, and its weather.

use std::sync::Mutex;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use farthing_core::{Transport, TransportError};
use tokio::sync::oneshot;
use tower::ServiceExt;

/// What becomes of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// They arrive, and so do the answers.
    Fair,
    /// They never leave.
    Cut,
    /// They arrive and take effect; the answers are lost.
    AnswersLost,
    /// They arrive twice; the second answer is the one that comes back.
    Doubled,
    /// A portal answers in place of the gateway.
    Portal,
    /// The gateway's words come back with one byte changed, in the middle.
    Garbled,
}

/// Carries requests to a gateway in the same process.
pub struct Network(Mutex<State>);

struct State {
    router: Router,
    weather: Weather,
    /// Paths of the requests that were sent.
    sent: Vec<String>,
    held: Option<(String, oneshot::Sender<()>, oneshot::Receiver<()>)>,
}

/// An answer that is on its way until it is let go.
pub struct HeldAnswer {
    /// Resolves when the gateway has answered.
    pub answered: oneshot::Receiver<()>,
    /// Lets the answer arrive.
    pub release: oneshot::Sender<()>,
}

impl Network {
    pub(crate) fn new(router: Router) -> Self {
        Network(Mutex::new(State { router, weather: Weather::Fair, sent: Vec::new(), held: None }))
    }

    /// Leads to another gateway from now on.
    pub(crate) fn connect(&self, router: Router) {
        self.0.lock().unwrap().router = router;
    }

    /// Changes the weather.
    pub fn set(&self, weather: Weather) {
        self.0.lock().unwrap().weather = weather;
    }

    /// Holds the answer to the next request for a path.
    pub fn hold(&self, path: &str) -> HeldAnswer {
        let ((answer, answered), (release, released)) = (oneshot::channel(), oneshot::channel());
        self.0.lock().unwrap().held = Some((path.to_owned(), answer, released));
        HeldAnswer { answered, release }
    }

    /// The paths of the requests that were sent since the last call.
    pub fn take_sent(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().sent)
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let (router, weather, held) = {
            let mut state = self.0.lock().unwrap();
            state.sent.push(request.uri().path().to_owned());
            let held = state.held.take_if(|(path, ..)| path == request.uri().path());
            (state.router.clone(), state.weather, held)
        };
        if let Some((_, answer, released)) = held {
            let arrived = deliver(router, request).await;
            let _ = answer.send(());
            let _ = released.await;
            return arrived;
        }
        let lost = || TransportError::Lost { reason: "the answer was lost".into() };
        match weather {
            Weather::Fair => deliver(router, request).await,
            Weather::Cut => Err(TransportError::NotSent { reason: "the network is cut".into() }),
            Weather::AnswersLost => deliver(router, request).await.and(Err(lost())),
            Weather::Doubled => {
                deliver(router.clone(), request.clone()).await?;
                deliver(router, request).await
            }
            Weather::Portal => {
                let mut page = http::Response::new(Bytes::from_static(b"<html>Please sign in to Train WiFi"));
                page.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/html"));
                Ok(page)
            }
            Weather::Garbled => deliver(router, request).await.map(|answer| answer.map(garble)),
        }
    }
}

async fn deliver(router: Router, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
    let broken = |reason: String| TransportError::Lost { reason };
    let Ok(answer) = router.oneshot(request.map(Body::from)).await;
    let (head, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.map_err(|error| broken(error.to_string()))?;
    Ok(http::Response::from_parts(head, body))
}

fn garble(body: Bytes) -> Bytes {
    let mut bytes = body.to_vec();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        // JSON may have it in a text; a header, a token or base64url may not.
        *byte = 0x7f;
    }
    bytes.into()
}

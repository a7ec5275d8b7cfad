//! Takes messages out of the outbox and sends them.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use farthing_protocol::Timestamp;
use futures_util::future::join_all;
use ring::rand::{SecureRandom, SystemRandom};
use standardwebhooks::Webhook;
use tracing::Instrument;
use uuid::Uuid;

use super::schedule::pause;
use crate::gateway::Gateway;
use crate::outgoing::client;
use crate::store::{Endpoint, Message, MessageState, StoreError};
use crate::traces;

/// How long a back end may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// As long nobody else sends what was taken to be sent. Then it is due again, in case this gateway is gone.
const HELD: Duration = Duration::from_secs(60);
/// Messages that are sent at once.
const TOGETHER_MAX: u32 = 32;
/// How often it is looked for more where there was nothing to do.
const PAUSE: Duration = Duration::from_secs(1);

/// Sends over HTTP. It is made with the first message.
#[derive(Default)]
pub(crate) struct Courier {
    client: OnceLock<Result<reqwest::Client, String>>,
}

/// What became of an attempt.
enum Answer {
    Taken,
    /// The back end says that there is nobody any more (410).
    Gone,
    Failed(String),
}

impl Answer {
    fn name(&self) -> &'static str {
        match self {
            Answer::Taken => "delivered",
            Answer::Gone => "gone",
            Answer::Failed(_) => "failed",
        }
    }
}

impl Gateway {
    /// Sends what the merchant's back ends are to be told, until the gateway is closed. A gateway that is
    /// [served](crate::server::serve) does so by itself.
    pub async fn deliver_webhooks(&self) {
        loop {
            match self.deliver_due_webhooks().await {
                Ok(0) => tokio::time::sleep(PAUSE).await,
                Ok(_) => {}
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "messages could not be sent; they stay for later");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Sends what is due now, at most one message for each account and endpoint; says how many were sent.
    ///
    /// # Errors
    /// [`StoreError`]. What was sent meanwhile is sent again then.
    #[doc(hidden)]
    pub async fn deliver_due_webhooks(&self) -> Result<usize, StoreError> {
        let store = &self.shared.store;
        let now = self.shared.clock.now();
        let due = store.write(move |tables| tables.take_webhook_messages(now, after(now, HELD), TOGETHER_MAX)).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let endpoints = store.read(|tables| tables.webhook_endpoints()).await?;
        let endpoints: HashMap<Uuid, Endpoint> = endpoints.into_iter().map(|one| (one.id, one)).collect();
        let sent = due.into_iter().filter_map(|message| Some((endpoints.get(&message.endpoint)?, message)));
        let sent = join_all(sent.map(async |(endpoint, message)| (self.send(endpoint, &message).await, message))).await;
        let (count, now) = (sent.len(), self.shared.clock.now());
        sent.iter().for_each(|(answer, _)| self.shared.metrics.sent(answer.name()));
        let concluded: Vec<_> = sent.into_iter().map(|(answer, message)| conclude(message, answer, now)).collect();
        let write = move |tables: &dyn crate::store::Tables| {
            for (message, is_gone) in &concluded {
                tables.set_webhook_message(message)?;
                if *is_gone {
                    tables.close_webhook_endpoint(message.endpoint, now)?;
                }
            }
            Ok(())
        };
        store.write(write).await?;
        Ok(count)
    }

    async fn send(&self, endpoint: &Endpoint, message: &Message) -> Answer {
        let span = traces::webhook(endpoint.id, &message_name(message.id));
        let sent = self.try_to_send(endpoint, message).instrument(span.clone()).await;
        traces::answered(&span, sent.as_ref().map_or(0, |status| status.as_u16()));
        match sent {
            Ok(StatusCode::GONE) => Answer::Gone,
            Ok(status) if status.is_success() => Answer::Taken,
            Ok(status) => Answer::Failed(format!("it answered with status {}", status.as_u16())),
            Err(problem) => Answer::Failed(problem),
        }
    }

    async fn try_to_send(&self, endpoint: &Endpoint, message: &Message) -> Result<StatusCode, String> {
        let secret = self.shared.vault.open_webhook_secret(endpoint).map_err(|error| error.to_string())?;
        let name = message_name(message.id);
        let at = self.shared.clock.now().as_second();
        let signature =
            Webhook::from_bytes(secret.to_vec()).and_then(|signer| signer.sign(&name, at, message.body.as_bytes()));
        let signature = signature.map_err(|error| error.to_string())?;
        let request = self.shared.courier.client()?.post(&endpoint.url).body(message.body.clone());
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", name)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signature);
        let answer = request.send().await.map_err(|error| {
            // The address may have a secret of the back end's in it.
            let reason = if error.is_timeout() { "it took too long" } else { "it could not be reached" };
            tracing::debug!(error = %error.without_url(), "a message was not delivered");
            reason.to_owned()
        })?;
        Ok(answer.status())
    }
}

/// How a message is called to the back end.
pub(crate) fn message_name(id: Uuid) -> String {
    format!("msg_{}", id.simple())
}

/// How far a message is after an attempt, and whether its endpoint is to be closed.
fn conclude(mut message: Message, answer: Answer, now: Timestamp) -> (Message, bool) {
    message.attempts += 1;
    let mut random = [0];
    // Without randomness nothing is spread.
    let _ = SystemRandom::new().fill(&mut random);
    let is_gone = matches!(answer, Answer::Gone);
    (message.state, message.problem) = match answer {
        Answer::Taken => (MessageState::Delivered, None),
        Answer::Gone => (MessageState::Failed, Some("it answered with status 410: the endpoint is closed".into())),
        Answer::Failed(problem) => match pause(message.attempts, random[0]) {
            Some(pause) => {
                message.next_at = after(now, pause);
                (MessageState::Pending, Some(problem))
            }
            None => (MessageState::Failed, Some(problem)),
        },
    };
    (message, is_gone)
}

fn after(now: Timestamp, pause: Duration) -> Timestamp {
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}

impl Courier {
    fn client(&self) -> Result<&reqwest::Client, String> {
        self.client.get_or_init(|| client(PATIENCE)).as_ref().map_err(String::clone)
    }
}

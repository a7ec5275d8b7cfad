//! The app's back end, and what else asks the gateway beside wallets.

use bytes::Bytes;
use farthing_protocol::{Money, TopUpId};
use farthing_tests::ADDRESS;
use http::{Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::country;
use crate::disputes::Answer;
use crate::network::Internet;
use crate::plan::Decision;

/// The app's back end: it knows who has signed in, and asks the gateway with the merchant's secret key.
#[derive(Clone)]
pub(crate) struct BackEnd {
    pub(super) internet: Internet,
    pub(super) secret_key: String,
}

impl BackEnd {
    /// The answer to a request, under an idempotency key where there is one; none while the gateway is down.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Option<Response<Bytes>> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{ADDRESS}{path}"))
            .header("authorization", format!("Bearer {}", self.secret_key))
            .header("content-type", "application/json");
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        self.internet.deliver(request.body(Bytes::from(body.to_string())).ok()?).await.ok()
    }

    /// Whether something was done.
    pub(super) async fn is_done(&self, method: Method, path: &str, body: &Value) -> bool {
        self.ask(method, path, None, body).await.is_some_and(|answer| answer.status().is_success())
    }

    /// A token for a player; none while the gateway is down.
    pub(crate) async fn enrolment_token(&self, player: &str) -> Option<String> {
        let body = json!({ "user": player, "valid_seconds": 86_400, "country": country(player) });
        let answer = self.ask(Method::POST, "/v1/enrolment-tokens", None, &body).await?;
        let answer: Value = serde_json::from_slice(answer.body()).ok()?;
        answer["token"].as_str().map(str::to_owned)
    }

    /// A cardholder's browser confirms or declines on a bank's page; says whether that was answered.
    pub(crate) async fn answer_bank_page(&self, url: &str, confirm: bool) -> bool {
        let decision: &[u8] = if confirm { b"decision=confirm" } else { b"decision=decline" };
        let form = http::Request::post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from_static(decision));
        let Ok(form) = form else { return false };
        self.internet.deliver(form).await.is_ok_and(|answer| answer.status().is_success())
    }

    /// A bank takes a charge back, or decides on it.
    pub(crate) async fn dispute(&self, top_up: TopUpId, decision: Decision) -> Answer {
        #[derive(Deserialize)]
        struct Disputed {
            held: Money,
        }
        let state = match decision {
            Decision::TakesBack => "open",
            Decision::LetsStand => "won",
            Decision::Keeps => "lost",
        };
        let path = format!("/v1/sandbox/disputes/{top_up}");
        let Some(answer) = self.ask(Method::PUT, &path, None, &json!({ "state": state })).await else {
            return Answer::Lost;
        };
        match serde_json::from_slice(answer.body()) {
            Ok(Disputed { held }) if answer.status().is_success() => Answer::Held(held),
            _ if answer.status().is_client_error() => Answer::Refused,
            _ => Answer::Lost,
        }
    }
}

//! Signing in and out.

use askama::Template;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use farthing_protocol::Timestamp;

use super::SIGN_IN;
use super::access::{Visitor, cookie_name, is_https, token_of};
use super::administrators::is_name;
use super::audit::{Action, Note};
use super::form::Form;
use super::page::{Failure, render, see};
use super::password;
use super::session::{IDLE, LONGEST, Token};
use crate::gateway::Gateway;
use crate::store::{StoreError, Tables};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    /// What went wrong.
    problem: Option<&'static str>,
    /// Whether nobody may sign in yet.
    is_first: bool,
}

pub(super) async fn show(State(gateway): State<Gateway>, headers: HeaderMap) -> Result<Response, Failure> {
    if token_of(&gateway, &headers).await?.is_some() {
        return Ok(see("/"));
    }
    page(&gateway, None).await
}

async fn page(gateway: &Gateway, problem: Option<&'static str>) -> Result<Response, Failure> {
    let is_first = gateway.shared.store.read(|tables| Ok(tables.administrators()?.is_empty())).await?;
    render(&SignInPage { problem, is_first })
}

pub(super) async fn sign_in(State(gateway): State<Gateway>, form: Form) -> Result<Response, Failure> {
    let (shared, name) = (&gateway.shared, form.get("name").to_owned());
    let now = shared.clock.unskewed();
    if let Err(wait) = shared.sign_ins.begin(&name, now) {
        return Err(Failure::too_often(wait.as_secs().max(1)));
    }
    let known = match is_name(&name) {
        false => None,
        true => {
            let name = name.clone();
            shared.store.read(move |tables| tables.administrator(&name)).await?
        }
    };
    let (presented, hash) = (form.secret("password"), known.map(|known| known.password_hash));
    let is_known = hash.is_some();
    let checked = {
        // A hash takes 19 MiB and a while: a few at a time, whoever asks, and the requests of devices don't wait behind.
        let Ok(_place) = shared.sign_in_places.try_acquire() else { return Err(Failure::too_often(1)) };
        let _permit = shared.hashing.acquire().await.map_err(|_| StoreError::Closed)?;
        tokio::task::spawn_blocking(move || password::verify(&presented, hash.as_deref())).await
    };
    if !checked.map_err(|_| StoreError::Panicked)? {
        if is_known || shared.sign_ins.may_note_stranger(now) {
            note_failure(&gateway, name, is_known, now).await?;
        }
        let mut answer = page(&gateway, Some("The name or the password is not right.")).await?;
        *answer.status_mut() = StatusCode::UNAUTHORIZED;
        return Ok(answer);
    }
    shared.sign_ins.succeeded(&name);
    let token = Token::generate().ok_or(StoreError::Damaged("the system has no randomness"))?;
    let digest = token.digest();
    let begin = move |tables: &dyn Tables| {
        tables.end_sessions_before(before(now))?;
        tables.add_session(digest, &name, now)?;
        Note { who: Some(&name), action: Action::SignIn, subject: None, detail: None }.done(tables, now)
    };
    shared.store.write(begin).await?;
    let mut answer = see("/");
    set_cookie(&gateway, &mut answer, token.text(), LONGEST.as_secs());
    Ok(answer)
}

/// What was typed as a name may be a password, so only a name that is known is written down.
async fn note_failure(gateway: &Gateway, name: String, is_known: bool, now: Timestamp) -> Result<(), StoreError> {
    let note = move |tables: &dyn Tables| {
        let (who, detail) = if is_known {
            (Some(name.as_str()), "the password was not right")
        } else {
            (None, "there is no administrator of that name")
        };
        Note { who, action: Action::SignIn, subject: None, detail: Some(detail.to_owned()) }.refused(tables, now)
    };
    gateway.shared.store.write(note).await
}

pub(super) async fn sign_out(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let now = gateway.shared.clock.unskewed();
    if let Some(token) = token_of(&gateway, &headers).await? {
        let digest = token.digest();
        let end = move |tables: &dyn Tables| {
            tables.end_session(digest)?;
            Note { who: Some(&visitor.name), action: Action::SignOut, subject: None, detail: None }.done(tables, now)
        };
        gateway.shared.store.write(end).await?;
    }
    let mut answer = see(SIGN_IN);
    set_cookie(&gateway, &mut answer, "", 0);
    Ok(answer.into_response())
}

/// Sessions in which nothing was asked for since then are over.
fn before(now: Timestamp) -> Timestamp {
    let idle = i64::try_from(IDLE.as_millis()).unwrap_or(i64::MAX);
    crate::clock::from_milliseconds(now.as_millisecond().saturating_sub(idle))
}

fn set_cookie(gateway: &Gateway, answer: &mut Response, value: &str, seconds: u64) {
    let (name, secure) = (cookie_name(gateway), if is_https(gateway) { "; Secure" } else { "" });
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
}

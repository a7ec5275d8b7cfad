//! Who may see and do what. Each path is registered with its [`Access`], and nothing but this guard lets a request in.

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::audit::{Action, Note};
use super::form::{FORM_BYTES_MAX, Form};
use super::page::{Failure, see};
use super::role::Role;
use super::session::{Standing, Token, standing};
use super::{SIGN_IN, origin};
use crate::gateway::Gateway;
use crate::store::{StoreError, StoredSession, Tables};

/// Who may use a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Anyone, also who is not signed in.
    Anyone,
    /// Administrators of that role, or one that may do more.
    From(Role),
}

/// The administrator who makes a request.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) name: String,
    pub(super) role: Role,
    /// What each form carries.
    pub(super) form_token: String,
}

impl Visitor {
    /// Whether they may do what takes that role: what they may not do is not offered either.
    pub(super) fn may(&self, role: Role) -> bool {
        self.role >= role
    }

    pub(super) fn is_support(&self) -> bool {
        self.may(Role::Support)
    }

    pub(super) fn is_admin(&self) -> bool {
        self.may(Role::Admin)
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        // Only a path that is open to anyone is reached without one.
        parts.extensions.get::<Visitor>().cloned().ok_or_else(forbidden)
    }
}

/// htmx says so of the requests that it makes by itself.
const BY_HTMX: HeaderName = HeaderName::from_static("hx-request");

/// Lets a request in, or not.
pub(super) async fn guard(
    State((gateway, access, form_bytes_max)): State<(Gateway, Access, usize)>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let (mut parts, mut body) = request.into_parts();
    let token = cookie(&parts.headers, cookie_name(&gateway)).map(Token::presented);
    if parts.method == Method::POST {
        if !origin::is_own(&parts.headers, &parts.uri, gateway.issuer()) {
            return Err(foreign());
        }
        // Nobody who is not signed in has a long form read.
        let is_long = form_bytes_max > FORM_BYTES_MAX;
        if is_long && token_of(&gateway, &parts.headers).await?.is_none() {
            return Err(foreign());
        }
        let form = Form::read(&parts.headers, std::mem::replace(&mut body, Body::empty()), form_bytes_max).await?;
        let is_ours = token.as_ref().is_some_and(|token| token.is_form_token(form.get("form_token")));
        if !is_ours && access != Access::Anyone {
            return Err(foreign());
        }
        parts.extensions.insert(form);
    }
    if let Access::From(least) = access {
        let Some((token, session)) = session(&gateway, token, &parts.headers).await? else {
            return Ok(to_sign_in(&parts.headers));
        };
        if session.role < least {
            note_forbidden(&gateway, session, &parts).await?;
            return Err(forbidden());
        }
        parts.extensions.insert(Visitor {
            name: session.administrator,
            role: session.role,
            form_token: token.form_token(),
        });
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// The session of a token, while it goes on. Requests that a page makes by itself don't prolong it.
async fn session(
    gateway: &Gateway,
    token: Option<Token>,
    headers: &HeaderMap,
) -> Result<Option<(Token, StoredSession)>, StoreError> {
    let Some(token) = token else { return Ok(None) };
    let (digest, store, now) = (token.digest(), &gateway.shared.store, gateway.shared.clock.unskewed());
    let Some(session) = store.read(move |tables| tables.session(digest)).await? else { return Ok(None) };
    match standing(&session, now) {
        Standing::Over => return Ok(None),
        Standing::ToBeNoted if !headers.contains_key(BY_HTMX) => {
            store.write(move |tables| tables.see_session(digest, now)).await?;
        }
        Standing::ToBeNoted | Standing::Live => {}
    }
    Ok(Some((token, session)))
}

/// Who is signed in, where it does not matter whether anyone is.
pub(super) async fn token_of(gateway: &Gateway, headers: &HeaderMap) -> Result<Option<Token>, StoreError> {
    let token = cookie(headers, cookie_name(gateway)).map(Token::presented);
    Ok(session(gateway, token, headers).await?.map(|(token, _)| token))
}

async fn note_forbidden(gateway: &Gateway, session: StoredSession, parts: &Parts) -> Result<(), StoreError> {
    let now = gateway.shared.clock.unskewed();
    let subject = format!("{} {}", parts.method, parts.uri.path());
    let note = move |tables: &dyn Tables| {
        let detail = Some(format!("the role is {}", session.role));
        let who = Some(session.administrator.as_str());
        Note { who, action: Action::Forbidden, subject: Some(subject.clone()), detail }.refused(tables, now)
    };
    gateway.shared.store.write(note).await
}

/// The sign-in page; a page's own request makes the whole page go there.
fn to_sign_in(headers: &HeaderMap) -> Response {
    if headers.contains_key(BY_HTMX) {
        let location = [(HeaderName::from_static("hx-redirect"), HeaderValue::from_static(SIGN_IN))];
        return (StatusCode::UNAUTHORIZED, location).into_response();
    }
    see(SIGN_IN)
}

fn forbidden() -> Failure {
    Failure::new(
        StatusCode::FORBIDDEN,
        "Your role does not allow that",
        "Nothing was changed, and the attempt is in the audit log. An administrator can give you another role.",
    )
}

fn foreign() -> Failure {
    Failure::new(
        StatusCode::FORBIDDEN,
        "The form is not from this session",
        "Nothing was changed. Go back, load the page again, and send the form from there.",
    )
}

/// The cookie of a session. Over HTTPS its name makes browsers keep other hosts from setting it (RFC 6265bis, 4.1.3).
pub(super) fn cookie_name(gateway: &Gateway) -> &'static str {
    if is_https(gateway) { "__Host-farthing-session" } else { "farthing-session" }
}

/// Whether browsers reach the gateway over HTTPS.
pub(super) fn is_https(gateway: &Gateway) -> bool {
    gateway.issuer().starts_with("https:")
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}

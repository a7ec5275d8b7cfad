//! The dashboard: what support and operators see of a gateway, and the little that they may do by hand.
//!
//! Pages are made here, on the server ([askama] templates in `gateway/templates`); htmx keeps the live ones fresh. There is
//! no build step, and nothing is fetched from anywhere else.
//!
//! 1. **Who**: administrators ([`administrators`]) with a [`role`], a [`password`] and a [`session`]; the [`attempts`] to
//!    sign in are limited.
//! 2. **May**: each path is registered with its [`access`]; a form must come from a page of the same session ([`origin`],
//!    [`session::Token::form_token`]).
//! 3. **Did**: what is done is in the [`audit`] log, in the transaction that does it.
//! 4. **Sees**: one file for each section. They read by keys, a page at a time, and never keep a settlement waiting.

mod access;
#[cfg(test)]
mod access_tests;
mod account;
mod address;
mod administrator_page;
pub(crate) mod administrators;
mod assets;
mod attempts;
pub(crate) mod audit;
mod audit_page;
mod device;
mod economics;
mod fault;
mod form;
mod format;
mod ledger;
mod multipart;
mod origin;
mod overview;
mod page;
pub(crate) mod password;
mod privacy;
mod purchase;
mod refund;
mod role;
mod search;
mod session;
mod sign_in;
mod spending;
mod support;
mod trial_balance;
mod webhook;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use farthing_protocol::limits::SUPPORT_BUNDLE_BYTES_MAX;

use self::access::{Access, guard};
use self::form::FORM_BYTES_MAX;
use crate::gateway::Gateway;

pub(crate) use self::attempts::Attempts;
pub use self::role::Role;
pub(crate) use self::trial_balance::TrialBalance;

/// Where it is signed in.
const SIGN_IN: &str = "/sign-in";
/// Passwords that are hashed at once.
pub(crate) const HASHES_MAX: usize = 2;
/// Requests to sign in that may wait for that; more of them are turned away.
pub(crate) const SIGN_INS_MAX: usize = 16;

/// Nothing but our own files, no script or style in a page, in no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The paths of the dashboard, each with who may use it.
pub(crate) struct Routes {
    gateway: Gateway,
    router: Router<Gateway>,
    #[cfg(test)]
    listed: Vec<(Method, &'static str, Access)>,
}

impl Routes {
    fn new(gateway: Gateway) -> Self {
        Routes {
            gateway,
            router: Router::new(),
            #[cfg(test)]
            listed: Vec::new(),
        }
    }

    fn get<H: Handler<T, Gateway>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.on(Method::GET, MethodFilter::GET, path, (access, FORM_BYTES_MAX), handler)
    }

    fn post<H: Handler<T, Gateway>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.on(Method::POST, MethodFilter::POST, path, (access, FORM_BYTES_MAX), handler)
    }

    /// As [`Routes::post`], of a form with a support bundle in it.
    fn post_bundle<H: Handler<T, Gateway>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        let most = SUPPORT_BUNDLE_BYTES_MAX + FORM_BYTES_MAX;
        self.on(Method::POST, MethodFilter::POST, path, (access, most), handler)
    }

    #[cfg_attr(not(test), expect(unused_variables, unused_mut, reason = "only a test asks what there is"))]
    fn on<H: Handler<T, Gateway>, T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        (access, form_bytes_max): (Access, usize),
        handler: H,
    ) -> Self {
        #[cfg(test)]
        self.listed.push((method, path, access));
        let state = (self.gateway.clone(), access, form_bytes_max);
        let guarded = on(filter, handler).route_layer(from_fn_with_state(state, guard));
        Routes { router: self.router.route(path, guarded), ..self }
    }
}

/// Everything that the dashboard answers.
fn routes(gateway: Gateway) -> Routes {
    use Access::{Anyone, From};
    use Role::{Admin, Support, Viewer};
    Routes::new(gateway)
        .get("/assets/style.css", Anyone, assets::style)
        .get("/assets/htmx.js", Anyone, assets::htmx)
        .get("/assets/icon.svg", Anyone, assets::icon)
        .get(SIGN_IN, Anyone, sign_in::show)
        .post(SIGN_IN, Anyone, sign_in::sign_in)
        .post("/sign-out", From(Viewer), sign_in::sign_out)
        .get("/", From(Viewer), overview::show)
        .get("/overview/live", From(Viewer), overview::live)
        .get("/purchases", From(Viewer), purchase::list)
        .get("/purchases/{purchase}", From(Viewer), purchase::show)
        .post("/purchases/{purchase}/refund", From(Support), refund::give)
        .get("/devices", From(Viewer), device::list)
        .get("/devices/{device}", From(Viewer), device::show)
        .post("/devices/{device}/unfreeze", From(Support), device::free)
        .post("/devices/{device}/revoke", From(Support), device::give_up)
        .get("/accounts/{account}", From(Viewer), account::show)
        .post("/accounts/{account}/approvals", From(Support), spending::answer)
        .post("/accounts/{account}/limits", From(Support), spending::set)
        .post("/accounts/{account}/pin/forget", From(Support), spending::forget_pin)
        .post("/accounts/{account}/personal-data", From(Admin), privacy::download)
        .post("/accounts/{account}/erase", From(Admin), privacy::erase)
        .get("/top-ups/{top_up}", From(Viewer), account::top_up)
        .get("/ledger", From(Viewer), ledger::kinds)
        .get("/ledger/kinds/{kind}", From(Viewer), ledger::accounts)
        .get("/ledger/account", From(Viewer), ledger::account)
        .get("/ledger/transactions/{transaction}", From(Viewer), ledger::transaction)
        .get("/economics", From(Viewer), economics::show)
        .get("/webhooks", From(Viewer), webhook::list)
        .get("/webhooks/{endpoint}", From(Viewer), webhook::show)
        .post("/webhooks/{endpoint}/replay", From(Support), webhook::replay)
        .get("/webhooks/messages/{message}", From(Viewer), webhook::message)
        .get("/faults", From(Viewer), fault::show)
        .post("/faults/order", From(Admin), fault::order)
        .post("/faults/lift", From(Admin), fault::lift)
        .get("/support", From(Support), support::ask)
        .post_bundle("/support", From(Support), support::show)
        .post_bundle("/support/re-grant", From(Support), support::re_grant)
        .get("/search", From(Viewer), search::show)
        .get("/audit", From(Viewer), audit_page::list)
        .get("/administrators", From(Admin), administrator_page::list)
        .post("/administrators", From(Admin), administrator_page::add)
        .post("/administrators/{name}/role", From(Admin), administrator_page::set_role)
        .post("/administrators/{name}/password", From(Admin), administrator_page::set_password)
        .post("/administrators/{name}/remove", From(Admin), administrator_page::remove)
}

/// The router of the dashboard.
pub(crate) fn router(gateway: Gateway) -> Router<Gateway> {
    routes(gateway).router.layer(from_fn(protect))
}

/// Part of each asset's address.
fn version() -> &'static str {
    &assets::VERSION
}

/// What browsers are told of each page.
async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    response
}

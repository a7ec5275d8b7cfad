//! The gateway's face: one file for each resource.

mod account;
mod authorization;
mod body;
mod card;
mod catalog;
mod device;
mod document;
pub(crate) mod dpop;
mod enrolment;
mod fault_injection;
mod faults;
mod health;
mod journal;
mod keys;
mod layers;
mod ledger;
mod metrics;
mod receipt;
mod refusal;
mod sandbox;
mod token;
mod top_up;
mod webhook;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use farthing_protocol::ProblemKind;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::refusal::Refusal;
use crate::gateway::Gateway;

pub(crate) use self::layers::REQUESTS_MAX;

/// Everything that the gateway answers.
pub(crate) fn router(gateway: Gateway) -> Router {
    let (router, api) = OpenApiRouter::with_openapi(document::start())
        .routes(routes!(enrolment::enrol))
        .routes(routes!(enrolment::make_token))
        .routes(routes!(token::token))
        .routes(routes!(account::account))
        .routes(routes!(account::raise_allowance))
        .routes(routes!(catalog::catalog))
        .routes(routes!(card::add, card::list))
        .routes(routes!(card::remove))
        .routes(routes!(top_up::create))
        .routes(routes!(top_up::show))
        .routes(routes!(sandbox::show, sandbox::answer))
        .routes(routes!(faults::list, faults::order, faults::lift))
        .routes(routes!(journal::upload))
        .routes(routes!(receipt::show))
        .routes(routes!(keys::key_set))
        .routes(routes!(keys::jwks))
        .routes(routes!(ledger::trial_balance))
        .routes(routes!(device::show, device::remove))
        .routes(routes!(webhook::add, webhook::list))
        .routes(routes!(webhook::close))
        .routes(routes!(webhook::messages))
        .routes(routes!(webhook::replay))
        .routes(routes!(health::health))
        .routes(routes!(health::readiness))
        .routes(routes!(metrics::metrics))
        .split_for_parts();
    let document = document::finish(api);
    router
        .route(document::PATH, get(move || document::answer(document.clone())))
        .fallback(async || Refusal::no_such_path())
        .method_not_allowed_fallback(async || {
            Refusal::new(ProblemKind::MethodNotAllowed, "The `Allow` header says which methods this path takes.")
        })
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(gateway.clone(), layers::guard))
        .layer(from_fn_with_state(gateway.clone(), fault_injection::inject))
        .with_state(gateway)
}

//! The gateway's face: one file for each resource.

mod account;
mod approval;
mod authorization;
mod balance;
mod body;
mod card;
mod catalog;
mod catalogs;
mod creator;
mod device;
mod dispute;
mod document;
pub(crate) mod dpop;
mod elsewhere;
mod enrolment;
mod fault_injection;
mod fault_script;
mod faults;
mod health;
mod journal;
mod keys;
mod layers;
mod ledger;
mod limit;
mod metrics;
mod payout;
mod player_refund;
mod privacy;
mod purchase;
mod receipt;
mod refund;
mod refusal;
mod sandbox;
mod spending_limit;
mod statement;
mod store_top_up;
mod stripe;
mod tab;
mod token;
mod top_up;
mod webhook;

use std::sync::LazyLock;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use farthing_protocol::ProblemKind;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::dashboard;
use crate::gateway::Gateway;

pub(crate) use self::body::read as read_body;
pub(crate) use self::layers::REQUESTS_MAX;
pub(crate) use self::refusal::Refusal;

/// What each gateway of this process answers, and the document that describes it. Made once: describing takes longer than
/// a gateway takes to open.
static API: LazyLock<Router<Gateway>> = LazyLock::new(|| {
    let (router, api) = OpenApiRouter::with_openapi(document::start())
        .routes(routes!(enrolment::enrol))
        .routes(routes!(enrolment::make_token))
        .routes(routes!(token::token))
        .routes(routes!(account::account))
        .routes(routes!(account::raise_allowance))
        .routes(routes!(spending_limit::show, spending_limit::set))
        .routes(routes!(approval::list, approval::ask))
        .routes(routes!(approval::answer))
        .routes(routes!(catalog::catalog))
        .routes(routes!(catalogs::publish, catalogs::list))
        .routes(routes!(catalogs::show))
        .routes(routes!(creator::list))
        .routes(routes!(creator::show, creator::register, creator::close))
        .routes(routes!(card::add, card::list))
        .routes(routes!(card::remove))
        .routes(routes!(card::add_payment_method))
        .routes(routes!(top_up::create))
        .routes(routes!(top_up::show))
        .routes(routes!(store_top_up::create))
        .routes(routes!(tab::open))
        .routes(routes!(tab::show))
        .routes(routes!(tab::close))
        .routes(routes!(player_refund::ask))
        .routes(routes!(player_refund::list))
        .routes(routes!(elsewhere::list))
        .routes(routes!(refund::create))
        .routes(routes!(refund::show))
        .routes(routes!(stripe::take))
        .routes(routes!(store_top_up::take_app_store_notification))
        .routes(routes!(sandbox::show, sandbox::answer))
        .routes(routes!(faults::list, faults::order, faults::lift))
        .routes(routes!(fault_script::show, fault_script::play, fault_script::end))
        .routes(routes!(fault_script::record, fault_script::recording))
        .routes(routes!(dispute::order))
        .routes(routes!(journal::upload))
        .routes(routes!(receipt::show))
        .routes(routes!(purchase::list))
        .routes(routes!(purchase::show))
        .routes(routes!(privacy::show))
        .routes(routes!(privacy::erase_account))
        .routes(routes!(keys::key_set))
        .routes(routes!(keys::jwks))
        .routes(routes!(ledger::trial_balance))
        .routes(routes!(balance::show))
        .routes(routes!(payout::create, payout::list))
        .routes(routes!(payout::show_credit_transfer))
        .routes(routes!(payout::show))
        .routes(routes!(statement::show_statement))
        .routes(routes!(payout::paid))
        .routes(routes!(payout::failed))
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
    router.route(document::PATH, get(move || document::answer(document.clone())))
});

/// Everything that the gateway answers.
pub(crate) fn router(gateway: Gateway) -> Router {
    // No fault happens to the dashboard, so that nobody locks themselves out.
    let dashboard = dashboard::router(gateway.clone())
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(gateway.clone(), layers::guard));
    API.clone()
        .fallback(async || Refusal::no_such_path())
        .method_not_allowed_fallback(async || {
            Refusal::new(ProblemKind::MethodNotAllowed, "The `Allow` header says which methods this path takes.")
        })
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(gateway.clone(), layers::guard))
        .layer(from_fn_with_state(gateway.clone(), fault_injection::inject))
        .merge(dashboard)
        .with_state(gateway)
}

//! The OpenAPI document: each operation says what is its own, and gets the problems that any
//! like it can answer with.

use std::sync::Arc;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use farthing_protocol::{IdempotencyKey, PROBLEM_MEDIA_TYPE, Problem, ProblemKind};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{OpenApi as _, ToSchema};

/// Where the document is.
pub(super) const PATH: &str = "/openapi.json";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Farthing gateway",
        description = "Enrols devices, tokenizes cards, charges them, issues allowances, settles purchases, signs \
                       receipts. Members such as `statement` and `settlement` are compact JWS (RFC 7515). Errors are \
                       problem details (RFC 9457). Requests of devices carry a DPoP proof (RFC 9449) with the \
                       gateway's nonce."
    ),
    paths(openapi),
    components(schemas(Problem, ProblemKind, IdempotencyKey))
)]
struct Start;

/// The document before its operations.
pub(super) fn start() -> OpenApi {
    let mut api = Start::openapi();
    let components = api.components.get_or_insert_default();
    // OpenAPI knows the scheme `DPoP` by IANA's register only, so it is told as a header.
    components.add_security_scheme(
        "dpop",
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            "Authorization",
            "`DPoP`, a space, and an access token from `POST /v1/token` (RFC 9449, section 7.1).",
        ))),
    );
    components.add_security_scheme(
        "proof",
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            "DPoP",
            "A proof by the device's key, made for this request (RFC 9449).",
        ))),
    );
    let secret = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    components.add_security_scheme(
        "merchant",
        SecurityScheme::Http(secret.description(Some("The merchant's secret key, `sk_test_…`.")).build()),
    );
    let publishable = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    components.add_security_scheme(
        "publishable",
        SecurityScheme::Http(publishable.description(Some("The app's publishable key, `pk_test_…`.")).build()),
    );
    api
}

/// The whole document as JSON.
pub(super) fn finish(mut api: OpenApi) -> Arc<str> {
    for item in api.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            complete(operation);
        }
    }
    api.to_json().unwrap_or_default().into()
}

/// Adds the problems that the operation can end in for what it takes.
fn complete(operation: &mut Operation) {
    use ProblemKind::{
        BodyTooLarge, DpopNonceRequired, Internal, InvalidRequest, TooManyRequests, Unauthorised, Unavailable,
        UnsupportedMediaType,
    };
    let mut kinds = vec![Internal, Unavailable];
    if operation.security.is_some() {
        kinds.extend([Unauthorised, DpopNonceRequired, TooManyRequests]);
    }
    if operation.request_body.is_some() {
        kinds.extend([InvalidRequest, BodyTooLarge, UnsupportedMediaType]);
    }
    if operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty()) {
        kinds.push(InvalidRequest);
    }
    for kind in kinds {
        let name = serde_json::to_value(kind).ok().and_then(|name| name.as_str().map(str::to_owned));
        let name = name.unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or_default();
        let status = kind.status().to_string();
        let problem = Ref::from_schema_name(Problem::name());
        let described = match operation.responses.responses.get(&status) {
            Some(RefOr::T(known)) if known.description.contains(name) => continue,
            Some(RefOr::T(known)) => format!("{} `{name}`: {}.", known.description, kind.title()),
            _ => format!("`{name}`: {}.", kind.title()),
        };
        let response = ResponseBuilder::new()
            .description(described)
            .content(PROBLEM_MEDIA_TYPE, Content::new(Some(RefOr::<utoipa::openapi::Schema>::Ref(problem))))
            .build();
        operation.responses.responses.insert(status, RefOr::T(response));
    }
}

/// Describes this API (OpenAPI 3.1).
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operation",
    responses((status = 200, description = "The document.", body = Object))
)]
#[expect(dead_code, reason = "it is only described here; the answer is the finished document")]
fn openapi() {}

pub(super) async fn answer(document: Arc<str>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], document.to_string())
}

//! The style and the script, compiled in.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use farthing_protocol::Digest;

const STYLE: &str = include_str!("assets/style.css");
const HTMX: &str = include_str!("assets/htmx.min.js");
const ICON: &str = include_str!("assets/icon.svg");

/// Part of each asset's address, so that a browser keeps it until it changes.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all = [STYLE, HTMX, ICON].concat();
    Digest::of(all.as_bytes()).to_string().chars().filter(char::is_ascii_alphanumeric).take(12).collect()
});

pub(super) async fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

pub(super) async fn htmx() -> Response {
    asset("text/javascript; charset=utf-8", HTMX)
}

pub(super) async fn icon() -> Response {
    asset("image/svg+xml", ICON)
}

fn asset(media_type: &'static str, content: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (StatusCode::OK, headers, content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn htmx_is_the_file_that_the_readme_names() {
        let digest = ring::digest::digest(&ring::digest::SHA256, HTMX.as_bytes());
        let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(include_str!("assets/README.md").contains(&digest), "{digest}");
    }

    #[test]
    fn an_asset_s_address_changes_with_it() {
        assert_eq!(VERSION.len(), 12);
        assert_ne!(*VERSION, Digest::of(STYLE.as_bytes()).to_string()[..12]);
    }
}

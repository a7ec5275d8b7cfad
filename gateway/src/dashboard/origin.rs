//! Whether a form was sent by a page of this gateway (OWASP, Cross-Site Request Forgery Prevention).

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};
use url::Url;

/// Whether a browser says that the request is from our own page. One that says nothing is not believed.
pub(super) fn is_own(headers: &HeaderMap, uri: &Uri, issuer: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        // Only the browser itself can set it.
        return site == "same-origin";
    }
    let Some(origin) = text(ORIGIN.as_str()).and_then(|origin| Url::parse(origin).ok()) else { return false };
    if Url::parse(issuer).is_ok_and(|issuer| issuer.origin() == origin.origin()) {
        return true;
    }
    // Also where it is reached by another name than it calls itself.
    let host = uri.authority().map(|authority| authority.as_str()).or(text(HOST.as_str()));
    host.is_some_and(|host| host == authority(&origin))
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(headers: &[(&'static str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        is_own(&map, &Uri::from_static("/sign-in"), "https://gateway.example")
    }

    #[test]
    fn only_our_own_pages_send_forms() {
        assert!(judge(&[("sec-fetch-site", "same-origin")]));
        assert!(judge(&[("origin", "https://gateway.example")]));
        assert!(judge(&[("origin", "http://10.0.0.7:8080"), ("host", "10.0.0.7:8080")]));
        for foreign in [
            &[][..],
            &[("host", "gateway.example")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://gateway.example")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "null"), ("host", "null")],
            &[("origin", "https://gateway.example.evil.example"), ("host", "gateway.example")],
            &[("origin", "http://gateway.example:81"), ("host", "gateway.example")],
        ] {
            assert!(!judge(foreign), "{foreign:?}");
        }
    }
}

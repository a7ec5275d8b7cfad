//! Requests that are one too many (429). Whoever has proven who it is is counted as that, the rest by where it asks from.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use farthing_protocol::DeviceId;

use super::refusal::Refusal;
use crate::gateway::Shared;

/// What each proxy adds the address to that it was asked from.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Counts a request of a device that has proven who it is.
pub(super) fn count_device(shared: &Shared, device: DeviceId) -> Result<(), Refusal> {
    judge(shared, "device", shared.limits.take_device(device))
}

/// Counts a request with the merchant's secret key.
pub(super) fn count_merchant(shared: &Shared) -> Result<(), Refusal> {
    judge(shared, "merchant", shared.limits.take_merchant())
}

/// Counts a request of a caller with no credential of its own, where it is known where it comes from.
pub(super) fn count_address(shared: &Shared, parts: &Parts) -> Result<(), Refusal> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    match peer.map(|peer| client(peer, &parts.headers, shared.config.limits.trusted_proxies)) {
        Some(address) => judge(shared, "address", shared.limits.take_address(address)),
        None => Ok(()),
    }
}

/// The address of the client: of the ones that were forwarded the one that the outermost of the operator's own proxies
/// saw. What is left of it anyone may have made up.
fn client(peer: IpAddr, headers: &HeaderMap, trusted_proxies: u8) -> IpAddr {
    let Some(hops_before) = usize::from(trusted_proxies).checked_sub(1) else { return peer };
    let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
    let forwarded: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    forwarded.iter().rev().nth(hops_before).and_then(|address| address.trim().parse().ok()).unwrap_or(peer)
}

fn judge(shared: &Shared, caller: &str, taken: Result<(), Duration>) -> Result<(), Refusal> {
    taken.map_err(|wait| {
        shared.metrics.limited(caller);
        Refusal::too_many_requests(wait)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_forwarded_address_is_believed_as_far_as_the_operators_proxies_go() {
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        let seen = |trusted, lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            lines.iter().for_each(|line| {
                headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
            });
            client(peer, &headers, trusted).to_string()
        };
        let forwarded = ["203.0.113.9, 198.51.100.7", "192.0.2.3"];
        assert_eq!(seen(0, &forwarded), "10.0.0.1");
        assert_eq!(seen(1, &forwarded), "192.0.2.3");
        assert_eq!(seen(2, &forwarded), "198.51.100.7");
        assert_eq!(seen(4, &forwarded), "10.0.0.1");
        assert_eq!((seen(1, &[]), seen(1, &["unknown"])), ("10.0.0.1".to_owned(), "10.0.0.1".to_owned()));
    }
}

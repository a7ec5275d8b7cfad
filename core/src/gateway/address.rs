//! Which addresses a gateway may have.

use url::{Host, Url};

use crate::WalletError;

/// The Android emulator's alias of its host's loopback.
const EMULATOR_HOST: std::net::Ipv4Addr = std::net::Ipv4Addr::new(10, 0, 2, 2);

/// Checks the address of a gateway: HTTPS, or plain HTTP to this machine. The flag says
/// whether it is this machine.
pub(crate) fn gateway_address(text: &str) -> Result<(Url, bool), WalletError> {
    let url =
        Url::parse(text.trim()).map_err(|error| WalletError::invalid("gateway", format!("is no URL: {error}")))?;
    let is_local = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback() || address == EMULATOR_HOST,
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        "http" => return Err(WalletError::invalid("gateway", "must be https; plain http is only for this machine")),
        _ => return Err(WalletError::invalid("gateway", "must start with https://")),
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(WalletError::invalid("gateway", "must be an address without user, query or fragment"));
    }
    Ok((url, is_local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in ["https://pay.example", "https://pay.example/farthing/", "http://127.0.0.1:8080", "http://[::1]:1"]
        {
            assert!(gateway_address(good).is_ok(), "{good}");
        }
        assert!(gateway_address("http://10.0.2.2:8080").unwrap().1);
        for bad in ["http://pay.example", "http://10.0.2.3", "ftp://pay.example", "pay.example", "", "https://a:b@c"] {
            assert!(matches!(gateway_address(bad), Err(WalletError::InvalidArgument { .. })), "{bad}");
        }
    }
}

//! Where a request goes: to the gateway, whatever host its URL names, unless that is an address or `--resolve` says
//! otherwise.

use std::net::{IpAddr, SocketAddr};

use reqwest::Url;
use reqwest::header::HOST;

use super::Call;
use crate::context::Listener;
use crate::error::{Error, Kind, Result};

/// The port of the gateway's TLS listener, where the gateway's URL is one in the clear.
const TLS_PORT: u16 = 9443;

/// The port of the gateway's plain listener.
const PLAIN_PORT: u16 = 9080;

/// `--resolve HOST:PORT:ADDRESS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolve {
    host: String,
    port: u16,
    address: IpAddr,
}

impl Resolve {
    /// # Errors
    /// Usage.
    pub(crate) fn read(text: &str) -> Result<Resolve> {
        let wrong = || Error::usage(format!("--resolve {text}: expected HOST:PORT:ADDRESS"));
        let mut parts = text.splitn(3, ':');
        let (host, port, address) = (parts.next(), parts.next(), parts.next());
        let host = host.filter(|host| !host.is_empty()).ok_or_else(wrong)?.to_ascii_lowercase();
        let port = port.and_then(|port| port.parse().ok()).ok_or_else(wrong)?;
        let address = address.map(|address| address.trim_start_matches('[').trim_end_matches(']'));
        let address = address.and_then(|address| address.parse().ok()).ok_or_else(wrong)?;
        Ok(Resolve { host, port, address })
    }
}

/// What is asked, and where.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) url: Url,
    /// The host of the URL, and the addresses it stands for.
    pub(crate) addresses: Option<(String, Vec<SocketAddr>)>,
}

impl Place {
    /// Finds it.
    ///
    /// # Errors
    /// Usage: no URL; unreachable: the gateway's name does not resolve.
    pub(crate) async fn of(call: &Call, listener: &Listener) -> Result<Place> {
        let gateway = &listener.url;
        let mut url = url(&call.target, gateway)?;
        // In the clear the Host field is what the URL's host would be; of TLS the URL says whom it is with.
        if let Some(host) = call.header(&HOST).filter(|_| url.scheme() == "http" && call.target.starts_with('/')) {
            let port = at_gateway(&url, listener);
            if let Ok(named) = Url::parse(&format!("http://{host}/")) {
                let _ = url.set_host(named.host_str());
                let _ = url.set_port(named.port());
                return Place::at(url, port, call, gateway).await;
            }
        }
        let port = at_gateway(&url, listener);
        Place::at(url, port, call, gateway).await
    }

    async fn at(url: Url, port: u16, call: &Call, gateway: &Url) -> Result<Place> {
        let Some(host) = url.host_str().map(str::to_ascii_lowercase) else {
            return Err(Error::usage(format!("\"{}\" has no host", call.target)));
        };
        let own = url.port_or_known_default().unwrap_or(80);
        let chosen = call.resolve.iter().find(|resolve| resolve.host == host && resolve.port == own);
        if let Some(resolve) = chosen {
            return Ok(Place { addresses: Some((host, vec![SocketAddr::new(resolve.address, own)])), url });
        }
        // A path alone has the gateway's own host; `localhost` and addresses are meant as they stand.
        if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() || host == "localhost" {
            return Ok(Place { url, addresses: None });
        }
        let name = gateway.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let found = tokio::net::lookup_host((name.as_str(), port)).await;
        let addresses: Vec<SocketAddr> =
            found.map_err(|error| Error::new(Kind::Unreachable, format!("cannot resolve {name}: {error}")))?.collect();
        Ok(Place { url, addresses: Some((host, addresses)) })
    }
}

/// The URL of a target; a path alone is the gateway's.
///
/// # Errors
/// Usage.
pub(crate) fn url(target: &str, gateway: &Url) -> Result<Url> {
    let wrong = |why: &dyn std::fmt::Display| Error::usage(format!("\"{target}\" is no URL: {why}"));
    if target.starts_with('/') {
        // `//x` would be a host.
        let base = gateway.as_str().trim_end_matches('/');
        return Url::parse(&format!("{base}{target}")).map_err(|error| wrong(&error));
    }
    whole(target)
}

/// Refuses a target that is neither a path nor a URL of a scheme that the gateway speaks.
///
/// # Errors
/// Usage.
pub(crate) fn checked(target: &str) -> Result<()> {
    if target.starts_with('/') { Ok(()) } else { whole(target).map(drop) }
}

/// The URL of a target with a host.
fn whole(target: &str) -> Result<Url> {
    let wrong = |why: &dyn std::fmt::Display| Error::usage(format!("\"{target}\" is no URL: {why}"));
    let full = if target.contains("://") { target.to_owned() } else { format!("http://{target}") };
    let full = full.replacen("ws://", "http://", usize::from(full.starts_with("ws://")));
    let full = full.replacen("wss://", "https://", usize::from(full.starts_with("wss://")));
    let url = Url::parse(&full).map_err(|error| wrong(&error))?;
    match url.scheme() {
        "http" | "https" if url.username().is_empty() && url.password().is_none() => Ok(url),
        "http" | "https" => Err(Error::usage("no user and password in a URL").hint("-H 'Authorization: Basic ...'")),
        scheme => Err(wrong(&format!("its scheme is http or https, not {scheme}"))),
    }
}

/// The gateway's port for a URL: the one it names, else the one of its scheme.
fn at_gateway(url: &Url, listener: &Listener) -> u16 {
    let gateway = &listener.url;
    let own = gateway.port_or_known_default().unwrap_or(PLAIN_PORT);
    match (url.port(), url.scheme()) {
        (Some(port), _) => port,
        (None, scheme) if scheme == gateway.scheme() => own,
        (None, "https") => listener.other_port.unwrap_or(TLS_PORT),
        (None, _) => listener.other_port.unwrap_or(PLAIN_PORT),
    }
}

/// Whether a call goes to the port of the scheme that the gateway's URL does not have.
pub(crate) fn is_of_other_scheme(call: &Call, gateway: &Url) -> bool {
    url(&call.target, gateway).is_ok_and(|url| url.port().is_none() && url.scheme() != gateway.scheme())
}

#[cfg(test)]
mod tests {
    use super::super::Typed;
    use super::*;

    #[tokio::test]
    async fn every_host_is_the_gateway() {
        let gateway = Url::parse("http://127.0.0.1:19080").unwrap();
        let listener = Listener { url: gateway.clone(), given: true, other_port: None };
        for (target, header, resolve, expected) in [
            ("/x?a=1", None, None, "http://127.0.0.1:19080/x?a=1 -"),
            ("//x", None, None, "http://127.0.0.1:19080//x -"),
            ("/x", Some("Host: shop.example"), None, "http://shop.example/x 127.0.0.1:19080"),
            ("/x", Some("Host: shop.example:81"), None, "http://shop.example:81/x 127.0.0.1:19080"),
            ("http://shop.example/x", None, None, "http://shop.example/x 127.0.0.1:19080"),
            ("shop.example/x", None, None, "http://shop.example/x 127.0.0.1:19080"),
            ("http://shop.example:88/x", None, None, "http://shop.example:88/x 127.0.0.1:88"),
            ("https://shop.example/x", None, None, "https://shop.example/x 127.0.0.1:9443"),
            ("wss://shop.example/x", None, None, "https://shop.example/x 127.0.0.1:9443"),
            ("http://10.0.0.1/x", None, None, "http://10.0.0.1/x -"),
            ("http://localhost:1/x", None, None, "http://localhost:1/x -"),
            ("https://Shop.example/x", None, Some("shop.example:443:::1"), "https://shop.example/x [::1]:443"),
            ("https://shop.example/x", None, Some("shop.example:80:::1"), "https://shop.example/x 127.0.0.1:9443"),
        ] {
            let typed = Typed {
                target: Some(target.to_owned()),
                headers: header.map(str::to_owned).into_iter().collect(),
                resolve: resolve.map(str::to_owned).into_iter().collect(),
                ..Typed::default()
            };
            let call = typed.call(&|_| Ok(Vec::new())).unwrap();
            let place = Place::of(&call, &listener).await.unwrap();
            let at = place.addresses.map_or("-".to_owned(), |(_, all)| all[0].to_string());
            assert_eq!(format!("{} {at}", place.url), expected, "{target} {header:?} {resolve:?}");
        }
        for bad in ["ftp://x/", "http://", "http://u:p@h/", "http://[/"] {
            assert!(url(bad, &gateway).is_err(), "{bad}");
        }
        for bad in ["h:80", "h:x:127.0.0.1", ":80:127.0.0.1", "h:80:name"] {
            assert!(Resolve::read(bad).is_err(), "{bad}");
        }
    }
}

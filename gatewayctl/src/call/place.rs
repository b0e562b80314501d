//! Where a request goes: to the gateway, whatever host and port its URL names, unless `--resolve` says otherwise. Of the port
//! the gateway learns by the field Host, where it is a request of HTTP/1.1.

use std::net::{IpAddr, SocketAddr};

use reqwest::Url;
use reqwest::header::{HOST, HeaderValue};

use super::{Call, Speaks};
use crate::client::shown_host;
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
    /// Whom to connect to and what to ask; the host is the one asked for, unless that is an address of somebody else.
    pub(crate) url: Url,
    /// The host of the URL, and the addresses it stands for.
    pub(crate) addresses: Option<(String, Vec<SocketAddr>)>,
    /// The host and port asked for, where the URL does not say them; they are said in HTTP/1.1 alone.
    pub(crate) host: Option<HeaderValue>,
}

impl Place {
    /// Finds it.
    ///
    /// # Errors
    /// Usage: no URL, an address in HTTP/2; unreachable: the gateway's name does not resolve.
    pub(crate) async fn of(call: &Call, listener: &Listener) -> Result<Place> {
        let gateway = &listener.url;
        let mut url = url(&call.target, gateway)?;
        let port = at_gateway(&url, listener);
        // In the clear the Host field is what the URL's host would be; of TLS the URL says whom it is with.
        if let Some(host) = call.header(&HOST).filter(|_| url.scheme() == "http" && call.target.starts_with('/'))
            && let Ok(named) = Url::parse(&format!("http://{host}/"))
        {
            let _ = url.set_host(named.host_str());
            let _ = url.set_port(named.port());
        }
        let Some(host) = url.host_str().map(str::to_ascii_lowercase) else {
            return Err(Error::usage(format!("\"{}\" has no host", call.target)));
        };
        let own = url.port_or_known_default().unwrap_or(80);
        let chosen = call.resolve.iter().find(|resolve| resolve.host == host && resolve.port == own);
        if let Some(resolve) = chosen {
            let addresses = Some((host, vec![SocketAddr::new(resolve.address, own)]));
            return Ok(Place { addresses, url, host: None });
        }
        let is_address = is_address(&host);
        let asked =
            (is_address || url.port().is_some()).then(|| HeaderValue::from_str(&shown_host(&url)).ok()).flatten();
        if is_address || gateway.host_str() == Some(&*host) {
            return Place::by_url(url, port, asked, call, gateway);
        }
        let name = gateway.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let found = tokio::net::lookup_host((name.as_str(), port)).await;
        let addresses: Vec<SocketAddr> =
            found.map_err(|error| Error::new(Kind::Unreachable, format!("cannot resolve {name}: {error}")))?.collect();
        // A port in the URL would be connected to.
        let _ = url.set_port(None);
        Ok(Place { url, addresses: Some((host, addresses)), host: asked })
    }

    /// Where the host asked for is the gateway's own or an address, which can only be said in a field.
    fn by_url(mut url: Url, port: u16, asked: Option<HeaderValue>, call: &Call, gateway: &Url) -> Result<Place> {
        let elsewhere = url.host_str() != gateway.host_str();
        if elsewhere && matches!(call.speaks, Speaks::Http2 | Speaks::PriorKnowledge) {
            let error = Error::usage(format!("{} is not the gateway's address", url.host_str().unwrap_or_default()));
            return Err(error.hint("in HTTP/2 a request names whom it is sent to; use a name, or --gateway"));
        }
        let _ = url.set_host(gateway.host_str());
        let _ = url.set_port(Some(port));
        let host = asked.filter(|asked| asked.to_str().ok() != Some(&*shown_host(&url)));
        Ok(Place { url, addresses: None, host })
    }

    /// Whether HTTP/1.1 is what has to be spoken, so that the host can be said.
    pub(crate) fn is_http1(&self) -> bool {
        self.host.is_some() && self.addresses.is_none()
    }

    /// The field Host of its requests, where the URL does not give it.
    pub(crate) fn host_field(&self, call: &Call) -> Option<HeaderValue> {
        let plain = self.url.scheme() == "http" && call.speaks == Speaks::Any;
        let http1 = plain || call.speaks == Speaks::Http1 || self.is_http1();
        self.host.clone().filter(|_| http1 && call.header(&HOST).is_none())
    }
}

fn is_address(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
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

/// The gateway's port for a URL: the one it names, where the gateway is there, else the one of its scheme.
fn at_gateway(url: &Url, listener: &Listener) -> u16 {
    let gateway = &listener.url;
    let own = gateway.port_or_known_default().unwrap_or(PLAIN_PORT);
    match (listener.named_port, url.scheme()) {
        (Some(port), _) if url.port() == Some(port) => port,
        (_, scheme) if scheme == gateway.scheme() => own,
        (_, "https") => listener.other_port.unwrap_or(TLS_PORT),
        (_, _) => listener.other_port.unwrap_or(PLAIN_PORT),
    }
}

/// The URL of a call that has another scheme than the gateway's, or another port.
pub(crate) fn names_another(call: &Call, gateway: &Url) -> Option<Url> {
    let url = url(&call.target, gateway).ok()?;
    let port = url.port().is_some_and(|port| Some(port) != gateway.port_or_known_default());
    (port || url.scheme() != gateway.scheme()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::super::Typed;
    use super::*;

    #[tokio::test]
    async fn every_host_is_the_gateway() {
        let gateway = Url::parse("http://127.0.0.1:19080").unwrap();
        let listener = Listener { url: gateway.clone(), given: true, other_port: None, named_port: Some(24001) };
        for (target, header, resolve, expected) in [
            ("/x?a=1", None, None, "http://127.0.0.1:19080/x?a=1 - -"),
            ("//x", None, None, "http://127.0.0.1:19080//x - -"),
            ("/x", Some("Host: shop.example"), None, "http://shop.example/x 127.0.0.1:19080 -"),
            ("/x", Some("Host: shop.example:81"), None, "http://shop.example/x 127.0.0.1:19080 -"),
            ("/x", Some("Host: 10.0.0.1:81"), None, "http://127.0.0.1:19080/x - -"),
            ("http://shop.example/x", None, None, "http://shop.example/x 127.0.0.1:19080 -"),
            ("shop.example/x", None, None, "http://shop.example/x 127.0.0.1:19080 -"),
            ("http://shop.example:88/x", None, None, "http://shop.example/x 127.0.0.1:19080 shop.example:88"),
            ("http://shop.example:24001/x", None, None, "http://shop.example/x 127.0.0.1:24001 shop.example:24001"),
            ("https://shop.example/x", None, None, "https://shop.example/x 127.0.0.1:9443 -"),
            ("https://shop.example:88/x", None, None, "https://shop.example/x 127.0.0.1:9443 -"),
            ("wss://shop.example/x", None, None, "https://shop.example/x 127.0.0.1:9443 -"),
            ("http://10.9.9.9/x", None, None, "http://127.0.0.1:19080/x - 10.9.9.9"),
            ("http://5/x", None, None, "http://127.0.0.1:19080/x - 0.0.0.5"),
            ("http://[::2]:7/x", None, None, "http://127.0.0.1:19080/x - [::2]:7"),
            ("http://127.0.0.1:19080/x", None, None, "http://127.0.0.1:19080/x - -"),
            ("http://127.0.0.1:5/x", None, None, "http://127.0.0.1:19080/x - 127.0.0.1:5"),
            ("https://10.9.9.9/x", None, None, "https://127.0.0.1:9443/x - 10.9.9.9"),
            ("http://localhost:1/x", None, None, "http://localhost/x 127.0.0.1:19080 localhost:1"),
            ("https://Shop.example/x", None, Some("shop.example:443:::1"), "https://shop.example/x [::1]:443 -"),
            ("https://shop.example/x", None, Some("shop.example:80:::1"), "https://shop.example/x 127.0.0.1:9443 -"),
        ] {
            let typed = Typed {
                target: Some(target.to_owned()),
                headers: header.map(str::to_owned).into_iter().collect(),
                resolve: resolve.map(str::to_owned).into_iter().collect(),
                ..Typed::default()
            };
            let call = typed.call(&|_| Ok(Vec::new())).unwrap();
            let place = Place::of(&call, &listener).await.unwrap();
            let said = place.host_field(&call).map_or("-".to_owned(), |host| host.to_str().unwrap().to_owned());
            let at = place.addresses.map_or("-".to_owned(), |(_, all)| all[0].to_string());
            assert_eq!(format!("{} {at} {said}", place.url), expected, "{target} {header:?} {resolve:?}");
        }
        let typed = Typed { target: Some("http://10.9.9.9/".to_owned()), ..Typed::default() };
        let call = Call { speaks: Speaks::PriorKnowledge, ..typed.call(&|_| Ok(Vec::new())).unwrap() };
        assert!(Place::of(&call, &listener).await.is_err());
        for bad in ["ftp://x/", "http://", "http://u:p@h/", "http://[/"] {
            assert!(url(bad, &gateway).is_err(), "{bad}");
        }
        for bad in ["h:80", "h:x:127.0.0.1", ":80:127.0.0.1", "h:80:name"] {
            assert!(Resolve::read(bad).is_err(), "{bad}");
        }
    }
}

//! Where the listeners beside the Admin API are: as somebody said, else as the gateway tells, else on their usual ports.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::Url;
use serde_json::Value;

use super::Admin;
use crate::call::{Call, place};
use crate::context::{Listener, is_loopback};
use crate::error::{Error, Kind, Result};

/// A listener beside the Admin API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Beside {
    /// The Control API.
    Control,
    /// The proxy, in the clear if it has such a listener.
    Proxy,
    /// The metrics.
    Metrics,
}

/// Longest wait for what the gateway tells: the usual ports may do as well.
const PATIENCE: Duration = Duration::from_secs(2);

impl Beside {
    /// The name that people and the gateway have for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Beside::Control => "control",
            Beside::Proxy => "proxy",
            Beside::Metrics => "metrics",
        }
    }

    /// What of the gateway's configuration turns it on.
    fn key(self) -> &'static str {
        match self {
            Beside::Control => "apisix.enable_control and apisix.control",
            Beside::Proxy => "apisix.node_listen; a control plane has none",
            Beside::Metrics => "plugin_attr.prometheus.enable_export_server and the plugin prometheus",
        }
    }
}

impl Admin<'_> {
    /// What the gateway tells of itself, asked for once. `None`: it does not tell, for whatever reason.
    pub(crate) async fn info_once(&self) -> Option<&Value> {
        let patience = self.settings.timeout.map_or(PATIENCE, |limit| limit.min(PATIENCE));
        let ask = async || self.live_within("info", Some(patience)).await.ok().flatten();
        self.info.get_or_init(ask).await.as_ref()
    }

    /// Where the proxy is for a call: with the port of the other scheme, where the call has that, and the one that it names, where
    /// the gateway has such a listener.
    ///
    /// # Errors
    /// As [`Admin::beside`].
    pub(crate) async fn proxy_for(&self, call: &Call) -> Result<Listener> {
        let mut proxy = self.beside(Beside::Proxy).await?;
        let Some(url) = place::names_another(call, &proxy.url) else { return Ok(proxy) };
        let told = self.info_once().await.and_then(|info| info.get("listeners")).and_then(Value::as_array);
        let told = told.map(Vec::as_slice).unwrap_or_default();
        if proxy.given {
            proxy.other_port = other_port(told, &proxy.url);
        }
        let own = told.iter().any(|of| speaks(of, proxy.url.scheme()) && port(of) == proxy.url.port_or_known_default());
        let named = told.iter().any(|of| speaks(of, url.scheme()) && port(of) == url.port());
        proxy.named_port = url.port().filter(|_| own && named);
        Ok(proxy)
    }

    /// Where a listener is.
    ///
    /// # Errors
    /// Unreachable: the gateway says that it has none.
    pub(crate) async fn beside(&self, which: Beside) -> Result<Listener> {
        let settings = self.settings;
        let usual = match which {
            Beside::Control => &settings.control,
            Beside::Proxy => &settings.gateway,
            Beside::Metrics => &settings.metrics,
        };
        if usual.given {
            return Ok(usual.clone());
        }
        let all = self.info_once().await.and_then(|info| info.get("listeners")).and_then(Value::as_array);
        let told: Vec<&Value> = all.into_iter().flatten().filter(|listener| listener.get("name").is_some()).collect();
        if told.is_empty() {
            // An older gateway, or another server.
            return Ok(usual.clone());
        }
        found(&told, which, &settings.admin).ok_or_else(|| {
            let message = format!("the gateway has no {} listener", which.name());
            Error::new(Kind::Unreachable, message).hint(format!("its configuration decides: {}", which.key()))
        })
    }
}

/// Whether a listener that a gateway tells of speaks so, in the clear or TLS.
fn speaks(of: &Value, scheme: &str) -> bool {
    of.get("name").and_then(Value::as_str) == Some(Beside::Proxy.name())
        && of.get("scheme").and_then(Value::as_str) == Some(scheme)
}

fn port(of: &Value) -> Option<u16> {
    of.get("addr").and_then(Value::as_str)?.parse::<SocketAddr>().ok().map(|addr| addr.port())
}

/// The port of the other scheme, of a gateway one of whose proxy listeners is at this URL.
fn other_port(told: &[Value], url: &Url) -> Option<u16> {
    let own = told.iter().filter(|of| speaks(of, url.scheme())).any(|of| port(of) == url.port_or_known_default());
    let other = if url.scheme() == "https" { "http" } else { "https" };
    told.iter().find(|of| own && speaks(of, other)).and_then(port)
}

/// The listener among those that a gateway tells of, as it can be reached from where its Admin API can.
fn found(told: &[&Value], which: Beside, admin: &Url) -> Option<Listener> {
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let own = |secure: bool| {
        let scheme = if secure { "https" } else { "http" };
        told.iter().copied().find(|of| text(of, "name") == which.name() && text(of, "scheme") == scheme)
    };
    let secure = own(true);
    let chosen = own(false).or(secure)?;
    let addr: SocketAddr = text(chosen, "addr").parse().ok()?;
    let mut url = admin.clone();
    // None of these can fail for an http(s) URL with a host.
    let _ = url.set_scheme(&text(chosen, "scheme"));
    let _ = url.set_port(Some(addr.port()));
    if let Some(ip) = elsewhere(addr.ip(), admin) {
        let _ = url.set_ip_host(ip);
    }
    let path = text(chosen, "path");
    url.set_path(if path.is_empty() { "/" } else { &path });
    // It is in the clear where there is such a one.
    Some(Listener {
        url,
        given: false,
        other_port: secure.filter(|secure| *secure != chosen).and_then(port),
        named_port: None,
    })
}

/// The address to ask, where it is not the one of the Admin API. Who listens on all addresses is behind that one too; who listens
/// on loopback is behind a name that leads to this machine, and cannot be reached from another one in any case.
fn elsewhere(ip: IpAddr, admin: &Url) -> Option<IpAddr> {
    let here = !ip.is_loopback() || is_loopback(admin);
    (!ip.is_unspecified() && here).then_some(ip)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn as_it_is_told() {
        let told = json!([
            {"name":"proxy","addr":"0.0.0.0:9443","scheme":"https"},
            {"name":"proxy","addr":"[::]:8080","scheme":"http"},
            {"name":"control","addr":"127.0.0.1:19090","scheme":"http","path":"/"},
            {"name":"metrics","addr":"10.0.0.9:19091","scheme":"http","path":"/m"},
            {"name":"status","addr":"nonsense","scheme":"http"},
        ]);
        let told: Vec<&Value> = told.as_array().unwrap().iter().collect();
        for (admin, which, expected) in [
            ("http://127.0.0.1:9180/apisix/admin", Beside::Proxy, "http://127.0.0.1:8080/"),
            ("https://gw.example/apisix/admin", Beside::Proxy, "http://gw.example:8080/"),
            ("http://127.0.0.1:9180/apisix/admin", Beside::Control, "http://127.0.0.1:19090/"),
            ("http://localhost:9180/", Beside::Control, "http://127.0.0.1:19090/"),
            ("http://gw.example:9180/", Beside::Control, "http://gw.example:19090/"),
            ("http://127.0.0.1:9180/", Beside::Metrics, "http://10.0.0.9:19091/m"),
        ] {
            let listener = found(&told, which, &Url::parse(admin).unwrap()).unwrap();
            assert_eq!((listener.url.as_str(), listener.given), (expected, false), "{admin}");
            let port = (which == Beside::Proxy).then_some(9443);
            assert_eq!(listener.other_port, port, "{admin}");
        }
        let secure = [told[0]];
        let admin = Url::parse("http://h:9180/").unwrap();
        assert_eq!(found(&secure, Beside::Proxy, &admin).unwrap().url.as_str(), "https://h:9443/");
        assert!(found(&secure, Beside::Metrics, &admin).is_none());
    }

    #[test]
    fn the_other_port_of_a_url_that_is_one_of_them() {
        let told = [
            json!({"name":"proxy","addr":"0.0.0.0:443","scheme":"https"}),
            json!({"name":"proxy","addr":"[::]:8080","scheme":"http"}),
            json!({"name":"proxy","addr":"[::]:8081","scheme":"http"}),
            json!({"name":"control","addr":"127.0.0.1:19090","scheme":"http"}),
        ];
        for (url, expected) in [
            ("http://gw:8080/", Some(443)),
            ("http://gw:8081/", Some(443)),
            ("https://gw/", Some(8080)),
            ("http://gw:19090/", None),
            ("http://balancer/", None),
            ("https://balancer:8443/", None),
        ] {
            assert_eq!(other_port(&told, &Url::parse(url).unwrap()), expected, "{url}");
        }
        assert_eq!(other_port(&told[1..], &Url::parse("http://gw:8080/").unwrap()), None);
    }
}

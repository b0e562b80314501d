//! URLs of providers, as they stand in a registry at interface level.

use gateway_engine::upstream::Metadata;
use percent_encoding::percent_decode_str;

use super::{ServiceName, made};
use crate::Instance;

/// Longest URL that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// A provider's URL, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    pub(crate) protocol: Box<str>,
    pub(crate) host: Box<str>,
    pub(crate) port: Option<u16>,
    pub(crate) parameters: Metadata,
}

impl Provider {
    /// Takes a URL apart: `protocol://[user@]host[:port][/path][?name=value&…]`. `None`: it is none.
    pub(crate) fn parse(url: &str) -> Option<Provider> {
        if url.len() > LONGEST {
            return None;
        }
        let (protocol, rest) = url.split_once("://")?;
        let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = before.split_once('/').unwrap_or((before, ""));
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port.parse().ok()?)),
            _ => (authority, None),
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned().into_boxed_str();
        let mut parameters: Metadata = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        if !path.is_empty() {
            parameters.entry("path".into()).or_insert_with(|| path.into());
        }
        (!protocol.is_empty() && !host.is_empty()).then(|| Provider {
            protocol: protocol.into(),
            host: host.into(),
            port,
            parameters,
        })
    }

    fn get(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", |text| text)
    }
}

/// The provider behind the percent-encoded name of a node below `providers`, if it is one that is looked for.
pub(crate) fn provider(encoded: &str, service: &ServiceName, protocol: &str) -> Option<Instance> {
    if encoded.len() > LONGEST {
        return None;
    }
    let url = percent_decode_str(encoded).decode_utf8().ok()?;
    let provider = Provider::parse(&url)?;
    let category = provider.get("category");
    let fits = *provider.protocol == *protocol
        && (category.is_empty() || category.split(',').any(|one| one == "providers"))
        && service.takes(provider.get("version"), provider.get("group"));
    let default = if protocol == "tri" { 50051 } else { 20880 };
    let port = provider.port.unwrap_or(default);
    if !fits {
        return None;
    }
    made(&provider.host, port, provider.parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded of a Dubbo 3.3.6 provider.
    const RECORDED: &str = "dubbo%3A%2F%2Fvm%3A23010%2Fpeer.dubbo.api.GreeterService%3Fapplication%3Dshop%26deprecated%3Dfalse%26dubbo%3D2.0.2%26dynamic%3Dtrue%26generic%3Dfalse%26group%3Dg1%26interface%3Dpeer.dubbo.api.GreeterService%26methods%3Dadd%2CaddLong%2Cattachments%2Cbig%26prefer.serialization%3Dhessian2%2Cfastjson2%26release%3D3.3.6%26revision%3D1%26service-name-mapping%3Dtrue%26side%3Dprovider%26timestamp%3D1795714221105%26version%3D1.2.0";

    #[test]
    fn a_recorded_provider() {
        let found = |name: &str, protocol: &str| provider(RECORDED, &ServiceName::parse(name), protocol);
        let instance = found("peer.dubbo.api.GreeterService:1.2.0:g1", "dubbo").unwrap();
        assert_eq!((&*instance.host, instance.port, instance.weight), ("vm", 23010, 100));
        assert_eq!(instance.ramp.unwrap().since_ms, 1_795_714_221_105);
        assert_eq!(&*instance.metadata["methods"], "add,addLong,attachments,big");
        assert_eq!(&*instance.metadata["path"], "peer.dubbo.api.GreeterService");
        assert!(found("peer.dubbo.api.GreeterService:1.2.0:g1", "tri").is_none());
        assert!(found("peer.dubbo.api.GreeterService", "dubbo").is_none(), "neither version nor group");
        assert!(found("peer.dubbo.api.GreeterService:*:*", "dubbo").is_some());
    }

    #[test]
    fn urls() {
        let parts = |url: &str| Provider::parse(url).map(|p| (p.protocol.into_string(), p.host.into_string(), p.port));
        let of = |protocol: &str, host: &str, port| Some((protocol.to_owned(), host.to_owned(), port));
        assert_eq!(parts("dubbo://10.0.0.1:20880/a.B?x=1"), of("dubbo", "10.0.0.1", Some(20880)));
        assert_eq!(parts("dubbo://10.0.0.1:20880?x=1"), of("dubbo", "10.0.0.1", Some(20880)));
        assert_eq!(parts("tri://u:p@h/a.B"), of("tri", "h", None));
        assert_eq!(parts("tri://[fd00::1]:5/a.B"), of("tri", "[fd00::1]", Some(5)));
        assert_eq!(parts("tri://[fd00::1]/a.B"), of("tri", "[fd00::1]", None));
        for bad in ["", "x", "://h", "dubbo://", "dubbo://:1", "dubbo://h:x", "dubbo://h:70000"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
        let double = Provider::parse("dubbo://h:1/a.B?dubbo.tag=gr%C3%A4y&b&c=1=2").unwrap();
        assert_eq!((double.get("dubbo.tag"), double.get("b"), double.get("c")), ("gräy", "", "1=2"));
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_there(text in ".{0,200}") {
            let _ = provider(&text, &ServiceName::parse("a.B"), "dubbo");
            let _ = Provider::parse(&format!("dubbo://{text}"));
        }
    }
}

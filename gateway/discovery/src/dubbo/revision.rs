//! What an application's revision provides: asked of any of its instances, or read from where applications report it. Equal
//! revisions mean equal content, so each is fetched once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_engine::upstream::Metadata;
use gateway_outbound::http::{self, Call, HeaderMap, HeaderName, HeaderValue, Method, Settings, Url};
use parking_lot::Mutex;
use prost::Message;
use serde_json::Value;

use super::instance::texts;
use super::{Application, ServiceName, endpoint, made};
use crate::{Instance, SourceError};

/// A revision's services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revision {
    services: Box<[Exported]>,
}

/// A service under one protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exported {
    name: Box<str>,
    group: Box<str>,
    version: Box<str>,
    protocol: Box<str>,
    port: Option<u16>,
    params: Metadata,
}

/// Most services of a revision that are read.
const SERVICES: usize = 20_000;

impl Revision {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`SourceError::Malformed`].
    pub(crate) fn of_json(text: &[u8]) -> Result<Revision, SourceError> {
        let value: Value = serde_json::from_slice(text).map_err(|error| SourceError::Malformed(error.to_string()))?;
        let Some(services) = value.get("services").and_then(Value::as_object) else {
            return Err(SourceError::Malformed("the metadata of a revision has no services".to_owned()));
        };
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().into();
        let exported = |of: &Value| Exported {
            name: text(of, "name"),
            group: text(of, "group"),
            version: text(of, "version"),
            protocol: text(of, "protocol"),
            port: of.get("port").and_then(Value::as_u64).and_then(|p| u16::try_from(p).ok()).filter(|p| *p > 0),
            params: of.get("params").map(texts).unwrap_or_default(),
        };
        Ok(Revision { services: services.values().take(SERVICES).map(exported).collect() })
    }

    /// Reads the answer of `MetadataServiceV2`: one message in gRPC's frame.
    ///
    /// # Errors
    /// [`SourceError::Malformed`].
    fn of_grpc(body: &[u8]) -> Result<Revision, SourceError> {
        let malformed = |why: &str| SourceError::Malformed(why.to_owned());
        let (head, message) = body.split_at_checked(5).ok_or_else(|| malformed("no message"))?;
        if head.first() != Some(&0) {
            return Err(malformed("a compressed message"));
        }
        let info = MetadataInfo::decode(message).map_err(|error| malformed(&error.to_string()))?;
        let exported = |of: ServiceInfo| Exported {
            name: of.name.into(),
            group: of.group.into(),
            version: of.version.into(),
            protocol: of.protocol.into(),
            port: u16::try_from(of.port).ok().filter(|port| *port > 0),
            params: of.params.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
        };
        Ok(Revision { services: info.services.into_values().take(SERVICES).map(exported).collect() })
    }

    /// Where an instance of this revision provides a service under a protocol.
    pub(crate) fn instances(&self, of: &Application, service: &ServiceName, protocol: &str) -> Vec<Instance> {
        let fits = |exported: &&Exported| {
            exported.name == service.interface
                && *exported.protocol == *protocol
                && service.takes(&exported.version, &exported.group)
        };
        let instance = |exported: &Exported| {
            let mut metadata = of.metadata.clone();
            // What is there to find the services is of no use to who has found them.
            for own in ["dubbo.endpoints", "dubbo.metadata-service.url-params", "dubbo.metadata.storage-type", "meta-v"]
            {
                metadata.remove(own);
            }
            metadata.extend(exported.params.clone());
            metadata.entry("application".into()).or_insert_with(|| of.name.clone());
            // As those of the interface's level have it.
            for (name, value) in [("version", &exported.version), ("group", &exported.group)] {
                if !value.is_empty() {
                    metadata.insert(name.into(), value.clone());
                }
            }
            made(&of.host, endpoint(of, protocol, exported.port)?, metadata)
        };
        self.services.iter().filter(fits).filter_map(instance).collect()
    }
}

/// `org.apache.dubbo.metadata.MetadataInfoV2`.
#[derive(Clone, PartialEq, Message)]
struct MetadataInfo {
    #[prost(string, tag = "1")]
    app: String,
    #[prost(string, tag = "2")]
    version: String,
    #[prost(map = "string, message", tag = "3")]
    services: HashMap<String, ServiceInfo>,
}

/// `org.apache.dubbo.metadata.ServiceInfoV2`.
#[derive(Clone, PartialEq, Message)]
struct ServiceInfo {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    group: String,
    #[prost(string, tag = "3")]
    version: String,
    #[prost(string, tag = "4")]
    protocol: String,
    #[prost(int32, tag = "5")]
    port: i32,
    #[prost(string, tag = "6")]
    path: String,
    #[prost(map = "string, string", tag = "7")]
    params: HashMap<String, String>,
}

/// `org.apache.dubbo.metadata.MetadataRequest`.
#[derive(Clone, PartialEq, Message)]
struct MetadataRequest {
    #[prost(string, tag = "1")]
    revision: String,
}

/// The revisions that are known.
#[derive(Debug, Default)]
pub(crate) struct Revisions {
    /// By application and revision.
    known: Mutex<HashMap<[Box<str>; 2], Arc<Revision>>>,
}

/// Where the content of a revision is kept.
pub(crate) type Storage<'a> = &'a (dyn Fn() -> Asked<'a> + Send + Sync);

/// The JSON of a revision, on its way.
pub(crate) type Asked<'a> =
    std::pin::Pin<Box<dyn std::future::Future<Output = Result<Bytes, SourceError>> + Send + 'a>>;

/// Most revisions that are kept; beyond, all are fetched anew.
const REVISIONS: usize = 4096;

/// Most bytes of a revision that are read.
const LARGEST: usize = 16 << 20;

/// How long an instance may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

impl Revisions {
    /// The revision of an instance; `reported` reads it from where `remote` storage keeps it.
    ///
    /// # Errors
    /// Why it is not to be had.
    pub(crate) async fn get(&self, of: &Application, reported: Storage<'_>) -> Result<Arc<Revision>, SourceError> {
        let revision = of.revision().ok_or(SourceError::Absent)?;
        let key = [of.name.clone(), revision.into()];
        if let Some(known) = self.known.lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(match of.get("dubbo.metadata.storage-type") {
            "remote" => Revision::of_json(&reported().await?)?,
            _ => match local(of, revision).await {
                Ok(made) => made,
                // Instances of both kinds report where they are told to.
                Err(error) => match reported().await {
                    Ok(json) => Revision::of_json(&json)?,
                    Err(_) => return Err(error),
                },
            },
        });
        let mut known = self.known.lock();
        if known.len() >= REVISIONS {
            known.clear();
        }
        known.insert(key, Arc::clone(&made));
        Ok(made)
    }
}

/// Asks an instance, at each port of Triple that it has, both ways: over HTTP, then over gRPC.
async fn local(of: &Application, revision: &str) -> Result<Revision, SourceError> {
    let mut last =
        SourceError::Malformed("the instance names no port of Triple where its metadata could be asked".to_owned());
    for port in of.metadata_ports() {
        for way in [Way::Http, Way::Grpc] {
            match ask(of, port, revision, way).await {
                Ok(made) => return Ok(made),
                Err(error) => last = error,
            }
        }
    }
    Err(last)
}

#[derive(Clone, Copy)]
enum Way {
    Http,
    Grpc,
}

async fn ask(of: &Application, port: u16, revision: &str, way: Way) -> Result<Revision, SourceError> {
    let host =
        if of.host.contains(':') && !of.host.starts_with('[') { format!("[{}]", of.host) } else { of.host.to_string() };
    let (path, fields, version, body): (_, [HeaderName; 2], _, _) = match way {
        Way::Http => (
            "org.apache.dubbo.metadata.MetadataService/getMetadataInfo",
            ["rest-service-group", "rest-service-version"].map(HeaderName::from_static),
            "1.0.0",
            Bytes::from(Value::from(vec![revision]).to_string()),
        ),
        Way::Grpc => (
            "org.apache.dubbo.metadata.MetadataServiceV2/GetMetadataInfo",
            ["tri-service-group", "tri-service-version"].map(HeaderName::from_static),
            "2.0.0",
            framed(&MetadataRequest { revision: revision.to_owned() }),
        ),
    };
    let url = format!("http://{host}:{port}/{path}");
    let url = Url::parse(&url).map_err(|error| SourceError::Malformed(format!("{url}: {error}")))?;
    let mut headers = HeaderMap::new();
    let group = HeaderValue::from_str(&of.name).map_err(|error| SourceError::Malformed(error.to_string()))?;
    let [group_field, version_field] = fields;
    headers.insert(group_field, group);
    headers.insert(version_field, HeaderValue::from_static(version));
    let kind = if matches!(way, Way::Grpc) { "application/grpc" } else { "application/json" };
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(http::header::TE, HeaderValue::from_static("trailers"));
    let settings =
        Settings { timeout: PATIENCE, http2: matches!(way, Way::Grpc), keepalive: None, ..Settings::default() };
    let call = Call { method: Method::POST, url, headers, body };
    let answer = http::call(&settings, call, LARGEST).await.map_err(|error| SourceError::Refused(error.to_string()))?;
    if answer.status != http::StatusCode::OK {
        return Err(SourceError::Refused(format!("{} of an instance's metadata service", answer.status)));
    }
    match way {
        Way::Http => Revision::of_json(&answer.body),
        Way::Grpc => Revision::of_grpc(&answer.body),
    }
}

/// A message in gRPC's frame.
fn framed(message: &impl Message) -> Bytes {
    let text = message.encode_to_vec();
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let mut body = Vec::with_capacity(5 + text.len());
    body.push(0);
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(&text);
    body.into()
}

#[cfg(test)]
mod tests {
    use super::super::instance::tests::RECORDED;
    use super::*;

    /// Recorded of a Dubbo 3.3.6 provider, less of its methods.
    const JSON: &str = r#"{"app":"shop","revision":"cd8011854de824ab3c7e1c9a40de5724","services":{"g1/peer.dubbo.api.OrderService:1.2.0:dubbo":{"group":"g1","name":"peer.dubbo.api.OrderService","params":{"side":"provider","release":"3.3.6","methods":"addMoney,byIds","dubbo":"2.0.2","interface":"peer.dubbo.api.OrderService","version":"1.2.0","application":"shop","group":"g1"},"path":"peer.dubbo.api.OrderService","port":23010,"protocol":"dubbo","version":"1.2.0"},"g1/peer.dubbo.api.OrderService:1.2.0:tri":{"group":"g1","name":"peer.dubbo.api.OrderService","params":{"weight":"30"},"path":"peer.dubbo.api.OrderService","port":23011,"protocol":"tri","version":"1.2.0"}}}"#;

    fn found(revision: &Revision, name: &str, protocol: &str) -> Vec<(String, u16, u32)> {
        let instance = Application::of_curator(RECORDED.as_bytes()).unwrap();
        let found = revision.instances(&instance, &ServiceName::parse(name), protocol);
        found.into_iter().map(|i| (i.host.into_string(), i.port, i.weight)).collect()
    }

    #[test]
    fn services_of_a_recorded_revision() {
        let revision = Revision::of_json(JSON.as_bytes()).unwrap();
        assert_eq!(found(&revision, "peer.dubbo.api.OrderService:1.2.0:g1", "dubbo"), [("vm".to_owned(), 23010, 100)]);
        assert_eq!(found(&revision, "peer.dubbo.api.OrderService:1.2.0:g1", "tri"), [("vm".to_owned(), 23011, 30)]);
        assert_eq!(found(&revision, "peer.dubbo.api.OrderService", "tri"), []);
        assert_eq!(found(&revision, "peer.dubbo.api.Other:*:*", "tri"), []);
        let instance = Application::of_curator(RECORDED.as_bytes()).unwrap();
        let one = &revision.instances(&instance, &ServiceName::parse("peer.dubbo.api.OrderService:*:*"), "dubbo")[0];
        assert_eq!(&*one.metadata["methods"], "addMoney,byIds");
        assert_eq!(one.ramp.unwrap().since_ms, 1_795_714_221_105, "it started then");
        assert!(!one.metadata.contains_key("dubbo.endpoints"));
    }

    #[test]
    fn both_forms_say_the_same() {
        let json = Revision::of_json(JSON.as_bytes()).unwrap();
        let info = |of: &Exported| ServiceInfo {
            name: of.name.to_string(),
            group: of.group.to_string(),
            version: of.version.to_string(),
            protocol: of.protocol.to_string(),
            port: of.port.map_or(0, i32::from),
            path: String::new(),
            params: of.params.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
        };
        let services = json.services.iter().map(|of| (of.protocol.to_string(), info(of))).collect();
        let grpc = framed(&MetadataInfo { app: "shop".to_owned(), version: "1".to_owned(), services });
        let mut of_grpc = Revision::of_grpc(&grpc).unwrap();
        of_grpc.services.sort_by(|a, b| a.protocol.cmp(&b.protocol));
        assert_eq!(of_grpc, json);
        for bad in [&b""[..], b"\0\0\0\0\x01", b"\x01\0\0\0\0", b"\0\0\0\0\x02\x0a\xff"] {
            assert!(bad == b"\0\0\0\0\x01" || Revision::of_grpc(bad).is_err());
        }
        for bad in ["", "{}", "[]", r#"{"services":[]}"#] {
            assert!(Revision::of_json(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

//! Instances of applications, and where in them a service is.

use gateway_engine::upstream::Metadata;
use serde_json::Value;

/// An instance of an application, as registries keep it at application level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Application {
    pub(crate) name: Box<str>,
    pub(crate) host: Box<str>,
    pub(crate) port: u16,
    pub(crate) metadata: Metadata,
}

/// A port of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) port: u16,
    pub(crate) protocol: Box<str>,
}

/// Most bytes of an instance that are read.
const LARGEST: usize = 1 << 20;

impl Application {
    /// Reads the form that Curator gives it in ZooKeeper.
    pub(crate) fn of_curator(data: &[u8]) -> Option<Application> {
        if data.len() > LARGEST {
            return None;
        }
        let value: Value = serde_json::from_slice(data).ok()?;
        let metadata = value.get("payload").and_then(|payload| payload.get("metadata"));
        Some(Application {
            name: value.get("name").and_then(Value::as_str).unwrap_or_default().into(),
            host: value.get("address")?.as_str().filter(|host| !host.is_empty())?.into(),
            port: port(value.get("port")?)?,
            metadata: metadata.map(texts).unwrap_or_default(),
        })
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.metadata.get(name).map_or("", |text| text)
    }

    /// Which revision of its application's services it provides; `None`: it says nothing of services.
    pub(crate) fn revision(&self) -> Option<&str> {
        // Dubbo writes 0 where nothing is exported.
        Some(self.get("dubbo.metadata.revision")).filter(|text| !text.is_empty() && *text != "0" && text.len() <= 256)
    }

    /// Where its metadata service may be asked: ports of Triple, the one it names first.
    pub(crate) fn metadata_ports(&self) -> Vec<u16> {
        let own: Value = serde_json::from_str(self.get("dubbo.metadata-service.url-params")).unwrap_or_default();
        // Older ones have a map of protocols to parameters.
        let of = |params: &Value, name: &str| params.get("protocol").and_then(Value::as_str) == Some(name);
        let told = if of(&own, "tri") { own.get("port") } else { own.get("tri").and_then(|tri| tri.get("port")) };
        let mut ports: Vec<u16> = told.and_then(port).into_iter().collect();
        let endpoints = endpoints(self.get("dubbo.endpoints"));
        for endpoint in endpoints.iter().filter(|endpoint| &*endpoint.protocol == "tri") {
            if !ports.contains(&endpoint.port) {
                ports.push(endpoint.port);
            }
        }
        ports.truncate(4);
        ports
    }
}

/// The port at which an instance speaks a protocol. `exported` is what the revision says of it. `None`: nowhere.
pub(crate) fn endpoint(application: &Application, protocol: &str, exported: Option<u16>) -> Option<u16> {
    let endpoints = endpoints(application.get("dubbo.endpoints"));
    let speaks = |endpoint: &&Endpoint| &*endpoint.protocol == protocol;
    match endpoints.is_empty() {
        true => exported.or(Some(application.port)),
        // A protocol may have several ports: that of the service, where it is told.
        false => endpoints
            .iter()
            .filter(speaks)
            .find(|endpoint| Some(endpoint.port) == exported)
            .or_else(|| endpoints.iter().find(speaks))
            .map(|endpoint| endpoint.port),
    }
}

/// Most ports of an instance that are looked at.
const ENDPOINTS: usize = 100;

fn endpoints(text: &str) -> Vec<Endpoint> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let endpoint = |value: &Value| {
        Some(Endpoint { port: port(value.get("port")?)?, protocol: value.get("protocol")?.as_str()?.into() })
    };
    value.as_array().into_iter().flatten().take(ENDPOINTS).filter_map(endpoint).collect()
}

/// A port, as a number or a text.
fn port(value: &Value) -> Option<u16> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u16::try_from(number).ok().filter(|port| *port > 0)
}

/// The texts of an object; numbers and booleans as they are written.
pub(crate) fn texts(value: &Value) -> Metadata {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.as_str().into()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string().into_boxed_str()),
        _ => None,
    };
    let fields = value.as_object().into_iter().flatten();
    fields.filter_map(|(name, value)| Some((name.as_str().into(), text(value)?))).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Recorded of a Dubbo 3.3.6 provider.
    pub(crate) const RECORDED: &str = r#"{"name":"shop","id":"vm:23010","address":"vm","port":23010,"sslPort":null,"payload":{"@class":"org.apache.dubbo.registry.zookeeper.ZookeeperInstance","id":"vm:23010","name":"shop","metadata":{"dubbo.endpoints":"[{\"port\":23010,\"protocol\":\"dubbo\"},{\"port\":23011,\"protocol\":\"tri\"}]","dubbo.metadata-service.url-params":"{\"prefer.serialization\":\"hessian2,fastjson2\",\"version\":\"2.0.0\",\"dubbo\":\"2.0.2\",\"release\":\"3.3.6\",\"side\":\"provider\",\"port\":\"23011\",\"protocol\":\"tri\"}","dubbo.metadata.revision":"cd8011854de824ab3c7e1c9a40de5724","dubbo.metadata.storage-type":"local","meta-v":"2.0.0","timestamp":"1795714221105"}},"registrationTimeUTC":1795714221407,"serviceType":"DYNAMIC","uriSpec":null}"#;

    #[test]
    fn a_recorded_instance() {
        let instance = Application::of_curator(RECORDED.as_bytes()).unwrap();
        assert_eq!((&*instance.name, &*instance.host, instance.port), ("shop", "vm", 23010));
        assert_eq!(instance.revision(), Some("cd8011854de824ab3c7e1c9a40de5724"));
        assert_eq!(instance.metadata_ports(), [23011]);
        assert_eq!(endpoint(&instance, "dubbo", None), Some(23010));
        assert_eq!(endpoint(&instance, "tri", Some(23011)), Some(23011));
        assert_eq!(endpoint(&instance, "rest", Some(8080)), None);
    }

    #[test]
    fn odd_instances() {
        for bad in ["", "{}", "[]", r#"{"address":"","port":1}"#, r#"{"address":"h","port":0}"#, r#"{"address":"h"}"#] {
            assert_eq!(Application::of_curator(bad.as_bytes()), None, "{bad}");
        }
        let bare = Application::of_curator(br#"{"address":"h","port":"9"}"#).unwrap();
        assert_eq!((bare.revision(), bare.metadata_ports().len()), (None, 0));
        assert_eq!(endpoint(&bare, "dubbo", Some(7)), Some(7));
        assert_eq!(endpoint(&bare, "dubbo", None), Some(9));
        let many = Application {
            metadata: [(
                "dubbo.endpoints".into(),
                r#"[{"port":1,"protocol":"tri"},{"port":2,"protocol":"tri"},{"port":-1,"protocol":"x"},7]"#.into(),
            )]
            .into(),
            ..bare
        };
        assert_eq!(endpoint(&many, "tri", Some(2)), Some(2));
        assert_eq!(endpoint(&many, "tri", Some(3)), Some(1));
        assert_eq!(many.metadata_ports(), [1, 2]);
    }
}

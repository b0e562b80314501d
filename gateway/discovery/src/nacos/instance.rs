//! Instances as Nacos has them.

use std::sync::Arc;

use gateway_engine::upstream::Metadata;
use serde_json::Value;

use crate::Instance;
use crate::dubbo::{self, Application, ServiceName};

/// An instance that may be used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NacosInstance {
    host: Box<str>,
    port: u16,
    /// 1 is the usual one.
    weight: Option<f64>,
    metadata: Metadata,
}

/// The instances of a service that may be used.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) instances: Arc<[NacosInstance]>,
    /// When the server made the list, in milliseconds since 1970 by its clock.
    made_ms: u64,
}

/// A list that is made so much earlier than another was made after the server's clock was put back, in milliseconds.
const PUT_BACK_MS: u64 = 60_000;

impl Listed {
    /// Reads a service as both APIs write it. Instances are left out that are disabled or not healthy.
    pub(super) fn parse(service: &Value) -> Listed {
        let hosts = service.get("hosts").and_then(Value::as_array).into_iter().flatten();
        let instances = hosts.take(crate::source::INSTANCES).filter_map(NacosInstance::parse).collect();
        Listed { instances, made_ms: service.get("lastRefTime").and_then(Value::as_u64).unwrap_or_default() }
    }

    /// Whether it was made no earlier than another.
    pub(super) fn is_later_than(&self, other: &Listed) -> bool {
        self.made_ms >= other.made_ms || other.made_ms - self.made_ms > PUT_BACK_MS
    }
}

/// When they were made does not make two lists different.
impl PartialEq for Listed {
    fn eq(&self, other: &Listed) -> bool {
        self.instances == other.instances
    }
}

impl NacosInstance {
    fn parse(value: &Value) -> Option<NacosInstance> {
        let is = |name: &str| value.get(name).and_then(Value::as_bool).unwrap_or(true);
        let host = value.get("ip")?.as_str().filter(|ip| !ip.is_empty())?;
        let port = u16::try_from(value.get("port")?.as_u64()?).ok().filter(|port| *port > 0)?;
        let weight = value.get("weight").and_then(Value::as_f64).filter(|weight| weight.is_finite() && *weight >= 0.0);
        let metadata = value.get("metadata").map(dubbo::texts).unwrap_or_default();
        let usable = is("enabled") && is("healthy");
        usable.then(|| NacosInstance { host: host.into(), port, weight, metadata })
    }

    /// About how many bytes it has.
    pub(super) fn size(&self) -> usize {
        let metadata = self.metadata.iter().map(|(name, value)| name.len() + value.len() + 32);
        64 + self.host.len() + metadata.sum::<usize>()
    }

    fn get(&self, name: &str) -> &str {
        self.metadata.get(name).map_or("", |text| text)
    }

    /// The provider of a service that this is, if it is one that is looked for.
    pub(super) fn provider(&self, service: &ServiceName, protocol: &str) -> Option<Instance> {
        let category = self.get("category");
        let fits = self.get("protocol") == protocol
            && (category.is_empty() || category.split(',').any(|one| one == "providers"))
            && (self.get("interface").is_empty() || self.get("interface") == &*service.interface)
            && service.takes(self.get("version"), self.get("group"));
        if !fits {
            return None;
        }
        Some(self.weighted(dubbo::made(&self.host, self.port, self.metadata.clone())?))
    }

    /// The instance of an application that this is.
    pub(super) fn application(&self, name: &str) -> Option<Application> {
        let Self { host, port, metadata, .. } = self.clone();
        Some(Application { name: name.into(), host, port, metadata })
    }

    /// Whose it is.
    pub(super) fn owner(&self) -> Option<String> {
        Some(self.get("application").to_owned()).filter(|name| !name.is_empty())
    }

    /// A provider whose weight is in its parameters, and what Nacos multiplies it by.
    pub(super) fn weighted(&self, instance: Instance) -> Instance {
        let weight = self.weight.map_or(instance.weight, |by| whole(f64::from(instance.weight) * by));
        Instance { weight, ..instance }
    }
}

/// Instances of a service of any kind. `grpc` asks for the port that they name for gRPC; `weight` is of those that have none.
pub(super) fn plain(all: &[NacosInstance], grpc: bool, weight: u32) -> Vec<Instance> {
    // Weights with fractions are made whole alike.
    let fractions = all.iter().filter_map(|of| of.weight).any(|weight| weight.fract() != 0.0);
    let scale = if fractions { 100.0 } else { 1.0 };
    let instance = |of: &NacosInstance| {
        let named = of.metadata.get("gRPC_port").filter(|_| grpc).and_then(|port| port.parse().ok());
        Instance {
            host: of.host.clone(),
            port: named.filter(|port| *port > 0).unwrap_or(of.port),
            weight: whole(of.weight.unwrap_or(f64::from(weight)) * scale),
            ramp: None,
            metadata: of.metadata.clone(),
        }
    };
    all.iter().map(instance).collect()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(weight: f64) -> u32 {
    // Numbers outside of the range become its ends. What is more than nothing stays so.
    if weight > 0.0 { (weight.round() as u32).max(1) } else { 0 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Recorded of Nacos 3.1.0 with a Dubbo 3.3.6 provider, less of its methods.
    fn recorded() -> Value {
        let metadata = json!({"side": "provider", "interface": "peer.dubbo.api.OrderService", "methods": "byIds,create",
            "protocol": "dubbo", "application": "shop", "category": "providers", "timestamp": "1795714330413"});
        let mut tri = metadata.clone();
        tri["protocol"] = "tri".into();
        json!({"name": "DEFAULT_GROUP@@providers:peer.dubbo.api.OrderService::", "lastRefTime": 1_795_714_332_912u64, "hosts": [
            {"ip": "vm", "port": 23110, "weight": 1.0, "healthy": true, "enabled": true, "ephemeral": true, "metadata": metadata},
            {"ip": "vm", "port": 23111, "weight": 0.5, "healthy": true, "enabled": true, "ephemeral": true, "metadata": tri},
            {"ip": "vm", "port": 1, "weight": 1.0, "healthy": false, "enabled": true, "metadata": metadata},
            {"ip": "vm", "port": 2, "weight": 1.0, "healthy": true, "enabled": false, "metadata": metadata},
            {"ip": "", "port": 3}, {"ip": "vm", "port": 0}, {"port": 3}, 7]})
    }

    #[test]
    fn of_two_lists_the_later_counts_unless_the_clock_was_put_back() {
        let of = |made_ms: u64| Listed::parse(&json!({ "lastRefTime": made_ms, "hosts": [] }));
        assert!(of(6).is_later_than(&of(5)) && of(5).is_later_than(&of(5)) && !of(5).is_later_than(&of(6)));
        assert!(of(5).is_later_than(&of(5 + PUT_BACK_MS + 1)));
        assert_eq!(of(5), of(6), "equal lists");
    }

    #[test]
    fn a_recorded_service() {
        let listed = Listed::parse(&recorded()).instances;
        assert_eq!(listed.len(), 2);
        let name = ServiceName::parse("peer.dubbo.api.OrderService");
        let of = |protocol: &str| -> Vec<(u16, u32)> {
            listed.iter().filter_map(|of| of.provider(&name, protocol)).map(|i| (i.port, i.weight)).collect()
        };
        assert_eq!(of("dubbo"), [(23110, 100)]);
        assert_eq!(of("tri"), [(23111, 50)]);
        assert_eq!(of("rest"), []);
        assert!(listed[0].provider(&ServiceName::parse("peer.dubbo.api.OrderService:1.0"), "dubbo").is_none());
        assert_eq!(listed[0].owner().as_deref(), Some("shop"));
        assert!(Listed::parse(&json!(7)).instances.is_empty());
    }

    #[test]
    fn services_of_any_kind() {
        let of = |hosts: Value, grpc| {
            let made = plain(&Listed::parse(&json!({ "hosts": hosts })).instances, grpc, 100);
            made.iter().map(|i| (i.port, i.weight)).collect::<Vec<_>>()
        };
        let one =
            json!([{"ip": "h", "port": 1, "weight": 3.0, "metadata": {"gRPC_port": "9"}}, {"ip": "h", "port": 2}]);
        assert_eq!(of(one.clone(), false), [(1, 3), (2, 100)]);
        assert_eq!(of(one, true), [(9, 3), (2, 100)]);
        let fractions = json!([{"ip": "h", "port": 1, "weight": 0.5}, {"ip": "h", "port": 2, "weight": 1.0},
            {"ip": "h", "port": 3, "weight": 0.0}, {"ip": "h", "port": 4, "weight": 0.001}]);
        assert_eq!(of(fractions, false), [(1, 50), (2, 100), (3, 0), (4, 1)]);
        let odd = json!([{"ip": "h", "port": 1, "weight": 1e300}, {"ip": "h", "port": 2, "weight": -1.0}]);
        assert_eq!(of(odd, false), [(1, u32::MAX), (2, 100)]);
    }
}

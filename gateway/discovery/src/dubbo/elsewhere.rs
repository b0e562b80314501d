//! A service that has no providers as it is asked for, and has some under another version, group or protocol.

use std::collections::BTreeSet;

use gateway_engine::upstream::{ServiceKey, Wanted};

use super::{ServiceName, protocol};
use crate::Instance;

/// Most ways that are told.
const MOST: usize = 10;

/// The service in every version and group, of each protocol of Dubbo; none where it is no service of Dubbo's.
pub(crate) fn everywhere(service: &ServiceKey) -> Vec<ServiceKey> {
    if protocol(service.protocol).is_none() {
        return Vec::new();
    }
    let name = format!("{}:*:*", ServiceName::parse(&service.name).interface);
    let of = |protocol| ServiceKey { name: name.as_str().into(), protocol, ..service.clone() };
    [Wanted::Dubbo, Wanted::Triple].map(of).into()
}

/// What the registry has instead, as a `service_name` says it; `of` is what was asked for, with the providers of each key of
/// [`everywhere`].
#[derive(Default)]
pub(crate) struct Elsewhere {
    ways: BTreeSet<String>,
    told: String,
}

impl Elsewhere {
    /// These are there as `found` asks for.
    pub(crate) fn add(&mut self, of: &ServiceKey, found: &ServiceKey, instances: &[Instance]) {
        let interface = ServiceName::parse(&of.name).interface;
        for instance in instances {
            let part = |name: &str| instance.metadata.get(name).map(|text| &**text).filter(|text| *text != "0.0.0");
            let name = match (part("version").unwrap_or_default(), part("group").unwrap_or_default()) {
                ("", "") => interface.to_string(),
                (version, "") => format!("{interface}:{version}"),
                (version, group) => format!("{interface}:{version}:{group}"),
            };
            self.ways.insert(match found.protocol == of.protocol {
                true => name,
                false => format!("{name} over {}", protocol(found.protocol).unwrap_or_default()),
            });
        }
    }

    /// Tells the log, unless this is what it was told last.
    pub(crate) fn tell(&mut self, of: &ServiceKey) {
        let ways = std::mem::take(&mut self.ways);
        let left_out = ways.len().saturating_sub(MOST);
        let has = ways.into_iter().take(MOST).collect::<Vec<_>>().join(", ");
        if !has.is_empty() && has != self.told {
            tracing::warn!(service = %of.name, has, left_out, "the registry has no provider of the service as it is asked for, and has it otherwise");
        }
        self.told = has;
    }
}

#[cfg(test)]
mod tests {
    use gateway_engine::upstream::Metadata;

    use super::*;

    #[test]
    fn ways_are_spelled_as_a_service_name_is() {
        let (name, protocol) = ("a.B:1.0".into(), Wanted::Dubbo);
        let of = ServiceKey { registry: "r".into(), name, namespace: None, group: None, protocol };
        let [dubbo, tri] = <[ServiceKey; 2]>::try_from(everywhere(&of)).unwrap();
        assert_eq!((&*dubbo.name, tri.protocol), ("a.B:*:*", Wanted::Triple));
        let instance = |pairs: &[(&str, &str)]| Instance {
            host: "h".into(),
            port: 1,
            weight: 1,
            ramp: None,
            metadata: pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect::<Metadata>(),
        };
        let mut elsewhere = Elsewhere::default();
        let two = instance(&[("version", "2.0"), ("group", "g")]);
        elsewhere.add(&of, &dubbo, &[instance(&[("version", "2.0")]), two, instance(&[("version", "0.0.0")])]);
        elsewhere.add(&of, &tri, &[instance(&[("version", "1.0")])]);
        elsewhere.tell(&of);
        assert_eq!(elsewhere.told, "a.B, a.B:1.0 over tri, a.B:2.0, a.B:2.0:g");
        elsewhere.tell(&of);
        assert_eq!(elsewhere.told, "", "gone again");
        let plain = ServiceKey { protocol: Wanted::Any, ..of };
        assert!(everywhere(&plain).is_empty());
    }
}

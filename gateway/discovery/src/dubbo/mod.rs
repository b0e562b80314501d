//! What Dubbo keeps in registries, alike in all of them: names of services, URLs of providers, instances of applications and the
//! metadata of their revisions.

mod description;
mod elsewhere;
mod instance;
mod name;
mod revision;
mod url;

pub(crate) use self::description::{Descriptions, described};
pub(crate) use self::elsewhere::{Elsewhere, everywhere};
pub(crate) use self::instance::{Application, endpoint, texts};
pub(crate) use self::name::ServiceName;
pub(crate) use self::name::mapped;
pub(crate) use self::revision::{Asked, Revisions};
pub(crate) use self::url::provider;

use gateway_engine::upstream::{Metadata, Wanted};

use crate::{Instance, Ramp};

/// The weight of providers that name none.
pub(crate) const WEIGHT: u32 = 100;

/// How long Dubbo lets a provider warm up that does not say, in milliseconds.
const WARMUP_MS: u64 = 600_000;

/// The protocol of providers, as Dubbo writes it.
pub(crate) const fn protocol(wanted: Wanted) -> Option<&'static str> {
    match wanted {
        Wanted::Dubbo => Some("dubbo"),
        Wanted::Triple => Some("tri"),
        Wanted::Any | Wanted::Grpc => None,
    }
}

/// A provider at `host:port` with these parameters; `None`: it is not to be used.
pub(crate) fn made(host: &str, port: u16, metadata: Metadata) -> Option<Instance> {
    let get = |name: &str| metadata.get(name).map(|text| &**text);
    if get("disabled") == Some("true") || get("enabled") == Some("false") || host.is_empty() || port == 0 {
        return None;
    }
    let weight = get("weight").and_then(|w| w.parse::<i64>().ok());
    let weight = weight.map_or(WEIGHT, |weight| u32::try_from(weight.max(0)).unwrap_or(u32::MAX));
    let since_ms = get("timestamp").and_then(|t| t.parse().ok()).filter(|t| *t > 0);
    let over_ms = get("warmup").and_then(|w| w.parse().ok()).unwrap_or(WARMUP_MS);
    let ramp = since_ms.map(|since_ms| Ramp { since_ms, over_ms }).filter(|ramp| ramp.over_ms > 0);
    Some(Instance { host: host.into(), port, weight, ramp, metadata })
}

/// Merges both levels: an address known at application level is taken from there.
pub(crate) fn merged(applications: Vec<Instance>, interfaces: Vec<Instance>) -> Vec<Instance> {
    // An address counts once, as its first mention says (`Found::set`).
    applications.into_iter().chain(interfaces).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_parameters_make_of_a_provider() {
        let made = |pairs: &[(&str, &str)]| {
            made("h", 1, pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect())
                .map(|i| (i.weight, i.ramp.map(|r| (r.since_ms, r.over_ms))))
        };
        assert_eq!(made(&[]), Some((100, None)));
        assert_eq!(made(&[("weight", "7"), ("timestamp", "5"), ("warmup", "60")]), Some((7, Some((5, 60)))));
        assert_eq!(made(&[("timestamp", "5")]), Some((100, Some((5, 600_000)))));
        assert_eq!(made(&[("timestamp", "5"), ("warmup", "0")]), Some((100, None)));
        assert_eq!(made(&[("weight", "-1")]), Some((0, None)));
        assert_eq!(made(&[("weight", "x"), ("timestamp", "0")]), Some((100, None)));
        assert_eq!(made(&[("disabled", "true")]), None);
        assert_eq!(made(&[("enabled", "false")]), None);
        assert_eq!(made(&[("disabled", "false"), ("enabled", "true")]), Some((100, None)));
    }
}

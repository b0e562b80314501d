//! The plugins of stream routes. Streams are not served yet; what is stored is checked all the same.

use gateway_engine::cidr::IpSet;
use gateway_model::plugin::PluginSpec;
use serde_json::Value;

use super::specs;

/// The names of APISIX's plugins for streams.
pub const STREAM_PLUGINS: &[&str] =
    &["ip-restriction", "limit-conn", "mqtt-proxy", "traffic-split", "prometheus", "syslog"];

/// The plugins of stream routes, by descending priority. `on` is `stream_plugins` of the configuration; absent: all.
pub fn stream_plugins(on: Option<&[String]>) -> Vec<PluginSpec> {
    let mut specs = specs(include_str!("stream.json"));
    specs.retain(|spec| on.is_none_or(|on| on.iter().any(|name| *name == spec.name)));
    for spec in &mut specs {
        if spec.name == "ip-restriction" {
            spec.check = Some(|conf, _, _| addresses(conf));
        }
    }
    specs.sort_by_key(|spec| std::cmp::Reverse(spec.priority));
    specs
}

/// What the schema's patterns let pass and is no address.
fn addresses(conf: &Value) -> Result<(), String> {
    let lists = ["whitelist", "blacklist"].iter().filter_map(|list| conf.get(list)?.as_array());
    let texts: Vec<String> = lists.flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect();
    IpSet::parse(texts).map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_or_those_that_are_on() {
        let names = |on: Option<&[String]>| stream_plugins(on).iter().map(|s| s.name.to_string()).collect::<Vec<_>>();
        let all = ["ip-restriction", "limit-conn", "mqtt-proxy", "traffic-split", "prometheus", "syslog"];
        assert_eq!(names(None), all);
        assert_eq!(names(Some(&["syslog".to_owned()])), ["syslog"]);
    }
}

//! Which plugins a request runs with, and which of a route's and its service's fields count.

use std::collections::HashMap;

use crate::{Route, Service, Timeout, Upstream};

/// Who configures a plugin, weakest first. For one name the whole configuration of the strongest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The route's service.
    Service,
    /// The route's plugin config.
    PluginConfig,
    /// The route itself.
    Route,
    /// The consumer's group.
    ConsumerGroup,
    /// The consumer.
    Consumer,
}

/// One plugin of the merged set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged<'a, T> {
    /// The plugin's name.
    pub name: &'a str,
    /// Whose configuration it is.
    pub level: Level,
    /// Brought by the consumer or its group alone: its `rewrite` runs in the second pass. Of a plugin that the route
    /// has too `rewrite` already ran, with the route's configuration.
    pub from_consumer: bool,
    /// The configuration, or whatever stands for it.
    pub value: T,
}

/// Merges the plugins of all levels by name. The result is in the order in which names first occur; sort it by
/// priority to run it.
pub fn plugins<'a, T>(entries: impl IntoIterator<Item = (Level, &'a str, T)>) -> Vec<Merged<'a, T>> {
    let mut merged: Vec<Merged<'a, T>> = Vec::new();
    let mut places: HashMap<&'a str, usize> = HashMap::new();
    for (level, name, value) in entries {
        let brought = level >= Level::ConsumerGroup;
        match places.get(name).and_then(|place| merged.get_mut(*place)) {
            Some(entry) => {
                entry.from_consumer &= brought;
                if level >= entry.level {
                    entry.level = level;
                    entry.value = value;
                }
            }
            None => {
                places.insert(name, merged.len());
                merged.push(Merged { name, level, from_consumer: brought, value });
            }
        }
    }
    merged
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target<'a> {
    /// The upstream of this id.
    Id(&'a str),
    /// An upstream written within the route or service.
    Inline(&'a Upstream),
    /// Nowhere, unless a plugin sets an upstream or answers itself.
    None,
}

/// The target of a route: its own `upstream` drops its service's `upstream_id`; of an `upstream_id` and an `upstream`
/// that are left the id wins.
pub fn target<'a>(route: &'a Route, service: Option<&'a Service>) -> Target<'a> {
    let service_id = service.and_then(|s| s.upstream_id.as_deref()).filter(|_| route.upstream.is_none());
    if let Some(id) = route.upstream_id.as_deref().or(service_id) {
        return Target::Id(id);
    }
    let inline = route.upstream.as_ref().or_else(|| service.and_then(|s| s.upstream.as_ref()));
    inline.map_or(Target::None, Target::Inline)
}

/// The hosts a route matches: its own, else its service's.
pub fn hosts<'a>(route: &'a Route, service: Option<&'a Service>) -> &'a [String] {
    if route.hosts.is_empty() { service.map_or(&[], |s| &s.hosts) } else { &route.hosts }
}

/// Whether requests may become WebSockets: the route's word, else the service's.
pub fn enable_websocket(route: &Route, service: Option<&Service>) -> bool {
    route.enable_websocket.or_else(|| service.and_then(|s| s.enable_websocket)).unwrap_or(false)
}

/// The timeouts towards the upstream: the route's, else the upstream's.
pub fn timeout<'a>(route: &'a Route, upstream: &'a Upstream) -> Option<&'a Timeout> {
    route.timeout.as_ref().or(upstream.timeout.as_ref())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_strongest_level_wins_whatever_the_order() {
        use Level::{Consumer, ConsumerGroup, PluginConfig, Route, Service};
        let mut entries = [
            (Service, "a", 1),
            (PluginConfig, "a", 2),
            (Route, "b", 3),
            (ConsumerGroup, "b", 4),
            (Consumer, "c", 5),
            (ConsumerGroup, "c", 6),
            (ConsumerGroup, "d", 7),
        ];
        for _ in 0..entries.len() {
            let mut merged = plugins(entries.iter().copied());
            merged.sort_by_key(|m| m.name);
            let seen: Vec<_> = merged.iter().map(|m| (m.name, m.level, m.from_consumer, m.value)).collect();
            assert_eq!(
                seen,
                [
                    ("a", PluginConfig, false, 2),
                    ("b", ConsumerGroup, false, 4),
                    ("c", Consumer, true, 5),
                    ("d", ConsumerGroup, true, 7)
                ]
            );
            entries.rotate_left(1);
        }
    }

    #[test]
    fn routes_and_services_share_their_fields() {
        let route = |value| Route::from_value(&value).unwrap();
        let service = |value| Service::from_value(&value).unwrap();
        let inline = json!({"nodes": {"a:1": 1}});
        let bare = route(json!({"id": "1", "uri": "/"}));
        let with_id = service(json!({"id": "s", "upstream_id": "u", "hosts": ["S.com"], "enable_websocket": true}));
        assert_eq!(target(&bare, Some(&with_id)), Target::Id("u"));
        assert_eq!(target(&bare, None), Target::None);
        assert_eq!(hosts(&bare, Some(&with_id)), ["s.com"]);
        assert!(enable_websocket(&bare, Some(&with_id)));
        let own = route(json!({"id": "1", "uri": "/", "upstream": inline, "host": "R.com", "enable_websocket": false}));
        assert!(matches!(target(&own, Some(&with_id)), Target::Inline(_)));
        assert_eq!(hosts(&own, Some(&with_id)), ["r.com"]);
        assert!(!enable_websocket(&own, Some(&with_id)));
        let both = route(json!({"id": "1", "uri": "/", "upstream": inline, "upstream_id": 7}));
        assert_eq!(target(&both, Some(&with_id)), Target::Id("7"));
    }
}

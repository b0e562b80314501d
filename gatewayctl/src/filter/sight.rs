//! Objects as conditions and orders see them: a field that is absent has the default of its schema, as the table shows it,
//! and the nodes of an upstream are a list, whichever form is stored.

use gateway_model::Kind;
use gateway_model::plugin::{PluginSpecs, SchemaType};
use serde_json::Value;

use crate::filter::Path;
use crate::filter::path::{Step, place};
use crate::lint::plugins::BUNDLED;
use crate::normal;
use crate::resources::Resource;

/// What has to be put into objects for these paths.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sight {
    defaults: Vec<(&'static Resource, Path, Value)>,
    /// Whether a path leads into nodes.
    nodes: bool,
}

impl Sight {
    pub(crate) fn of(paths: &[&Path], resources: &[&'static Resource]) -> Sight {
        let mut defaults = Vec::new();
        for resource in resources {
            let known = paths.iter().filter_map(|path| Some((*resource, (*path).clone(), default(path, resource)?)));
            defaults.extend(known);
        }
        let is_nodes = |step: &Step| matches!(step, Step::Field(name) if name == "nodes");
        // The whole of them is the same in both forms.
        let within = |path: &&Path| path.steps().split_last().is_some_and(|(_, way)| way.iter().any(is_nodes));
        Sight { defaults, nodes: paths.iter().any(within) }
    }

    /// An object of a resource with what it does not say; `None` where it says all that the paths lead to.
    pub(crate) fn see(&self, of: &Resource, value: &Value) -> Option<Value> {
        let own = self.defaults.iter().filter(|(resource, path, _)| {
            *resource == of && (path.steps().contains(&Step::Each) || path.first(value).is_none())
        });
        let mut own = own.peekable();
        let maps = self.nodes && ["/nodes", "/upstream/nodes"].iter().any(|at| is_map(value.pointer(at)));
        if own.peek().is_none() && !maps {
            return None;
        }
        let mut seen = value.clone();
        if maps {
            for at in ["/nodes", "/upstream/nodes"] {
                if let Some(nodes) = seen.pointer_mut(at).filter(|nodes| is_map(Some(nodes))) {
                    *nodes = normal::nodes(nodes);
                }
            }
        }
        for (_, path, default) in own {
            fill(&mut seen, path.steps(), default);
        }
        Some(seen)
    }
}

fn is_map(nodes: Option<&Value>) -> bool {
    nodes.and_then(Value::as_object).is_some_and(|map| !map.is_empty())
}

/// The default of the field that a path leads to, by the schema of the resource or of the plugin.
fn default(path: &Path, resource: &Resource) -> Option<Value> {
    let (schema, steps) = match path.steps() {
        [Step::Field(plugins), Step::Field(plugin), rest @ ..] if plugins == "plugins" => {
            let spec = if resource.kind == Kind::StreamRoute { BUNDLED.stream(plugin) } else { BUNDLED.get(plugin) };
            let place = match resource.kind {
                Kind::Consumer | Kind::Credential => SchemaType::Consumer,
                _ => SchemaType::Plugin,
            };
            (spec?.schema_for(place)?.value().ok()?, rest)
        }
        steps => (gateway_model::schemas::json(resource.schema())?, steps),
    };
    steps.iter().try_fold(&schema, below)?.get("default").cloned()
}

/// The schema of what a step leads to, where it holds whatever the other fields are.
fn below<'s>(schema: &'s Value, step: &Step) -> Option<&'s Value> {
    let own = match step {
        Step::Field(name) => schema.get("properties").and_then(|fields| fields.get(name)),
        Step::Index(_) | Step::Each => schema.get("items").filter(|items| items.is_object()),
    };
    let words = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|word| schema.get(word)?.as_array());
    own.or_else(|| words.flatten().find_map(|schema| below(schema, step)))
}

/// Puts a default wherever the path leads to nothing in something that is there.
fn fill(value: &mut Value, steps: &[Step], default: &Value) {
    let Some((step, rest)) = steps.split_first() else { return };
    match (step, value) {
        (Step::Field(name), Value::Object(map)) if rest.is_empty() => {
            map.entry(name).or_insert_with(|| default.clone());
        }
        (Step::Field(name), Value::Object(map)) => {
            if let Some(inner) = map.get_mut(name) {
                fill(inner, rest, default);
            }
        }
        (Step::Index(index), Value::Array(items)) => {
            if let Some(inner) = place(*index, items.len()).and_then(|place| items.get_mut(place)) {
                fill(inner, rest, default);
            }
        }
        (Step::Each, Value::Array(items)) => items.iter_mut().for_each(|inner| fill(inner, rest, default)),
        (Step::Each, Value::Object(map)) => map.values_mut().for_each(|inner| fill(inner, rest, default)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::filter::Filter;
    use crate::resources::{self, Item};

    fn item(resource: &'static Resource, value: Value) -> Item {
        Item::from_envelope(resource, json!({ "key": format!("/apisix/{}/1", resource.path()), "value": value }))
            .unwrap()
    }

    #[test]
    fn what_is_absent_is_what_the_table_shows() {
        let route = json!({"uri": "/a", "plugins": {"limit-count": {"count": 2}, "key-auth": {}}, "upstream": {"nodes": {"a:80": 1}}});
        for (name, value, text, expected) in [
            ("routes", &route, "priority == 0", true),
            ("routes", &route, "priority > 0", false),
            ("routes", &route, "status == 1 && status != 0", true),
            ("routes", &json!({"status": 0}), "status == 1", false),
            ("routes", &json!({"priority": 5}), "priority == 0", false),
            ("routes", &route, "has(priority) || status", false),
            ("routes", &route, "upstream.type == \"roundrobin\" && upstream.scheme == \"http\"", true),
            ("routes", &json!({"uri": "/a"}), "upstream.type == \"roundrobin\"", false),
            ("routes", &route, "plugins.key-auth.header == \"apikey\"", true),
            ("routes", &route, "plugins.cors.allow_origins == \"*\"", false),
            // What holds for other values of its neighbours is no default.
            ("routes", &route, "plugins.limit-count.redis_port == 6379", false),
            ("routes", &route, "upstream.nodes[*].weight == 1 && upstream.nodes[0].host == \"a\"", true),
            ("routes", &route, "upstream.nodes[\"a:80\"] == 1 && len(upstream.nodes) == 1", true),
            ("ssls", &json!({"sni": "a.example"}), "type == \"server\" && status == 1", true),
            (
                "upstreams",
                &json!({"nodes": {"a:80": 1, "b:80": 3}}),
                "nodes[*].weight > 2 && nodes[*].port == 80",
                true,
            ),
            ("upstreams", &json!({"nodes": {"a:80": 1}}), "nodes[*].weight == 0 || pass_host != \"pass\"", false),
            (
                "upstreams",
                &json!({"nodes": [{"host": "a", "port": 1, "weight": 1, "priority": 3}, {"host": "b", "port": 1, "weight": 1}]}),
                "nodes[*].priority == 0",
                true,
            ),
            ("services", &json!({"name": "a"}), "priority == 0", false),
        ] {
            let filter = Filter::parse(text).unwrap();
            let item = item(resources::find(name).unwrap(), value.clone());
            let sight = Sight::of(&filter.paths(), &[item.reference.resource]);
            assert_eq!(
                filter.holds(&item.value, sight.see(item.reference.resource, &item.value).as_ref()),
                expected,
                "{name} {text}"
            );
        }
    }

    #[test]
    fn nothing_is_made_of_what_says_all() {
        let filter = Filter::parse("priority > 1 && labels.team == \"x\"").unwrap();
        let routes = resources::find("routes").unwrap();
        let sight = Sight::of(&filter.paths(), &[routes]);
        assert!(sight.see(routes, &json!({"priority": 1})).is_none());
        assert!(sight.see(routes, &json!({})).is_some());
    }
}

//! The file of a standalone data plane: lists of objects, each with its place.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::diagnostic::{Diagnostic, Report};
use super::env::{self, Lookup, Retype};
use super::yaml::{self, Bounds, Node, Value};

/// Largest file, in bytes: it may hold many thousand routes.
pub const LARGEST: usize = 64 << 20;
const OF_A_FILE: Bounds = Bounds { bytes: LARGEST, nodes: 4_000_000 };
/// A body of the Admin API.
pub(super) const OF_A_REQUEST: Bounds = Bounds { bytes: 16 << 20, nodes: 1_000_000 };

/// The lists that may be in it.
const LISTS: [&str; 12] = [
    "routes",
    "services",
    "upstreams",
    "ssls",
    "plugin_configs",
    "consumers",
    "consumer_groups",
    "global_rules",
    "plugin_metadata",
    "stream_routes",
    "protos",
    "secrets",
];

/// What the file holds.
#[derive(Debug, Clone, Default)]
pub struct Bundle {
    /// The objects of each list, and where in the file each stands.
    pub lists: HashMap<String, Vec<(Json, String)>>,
    /// The list of plugins that are on, if there is one.
    pub plugins: Option<Json>,
    /// What is passed over, and why.
    pub problems: Vec<String>,
}

/// Reads the text of a file called `name`, YAML or JSON. Variables of the environment are replaced.
///
/// # Errors
/// The whole of it cannot be read: it is no YAML, a variable is missing, or what should be a list is none.
pub fn bundle(text: &str, name: &str, lookup: Lookup<'_>) -> Result<Bundle, Report> {
    let mut report = Report::new(name);
    let mut root = match yaml::parse_within(text, OF_A_FILE) {
        Ok(root) => root,
        Err(problem) => {
            report.push(*problem);
            return Err(report);
        }
    };
    if text.contains("${{") {
        env::substitute(&mut root, "", Retype::Plain, lookup, &mut report);
    }
    let mut bundle = Bundle::default();
    for entry in root.entries() {
        let at = place(name, &entry.node);
        match (entry.key.as_str(), &entry.node.value) {
            ("plugins", _) => bundle.plugins = Some(entry.node.to_json()),
            (list, Value::List(items)) if LISTS.contains(&list) => {
                let items = items.iter().map(|item| (item.to_json(), place(name, item)));
                bundle.lists.insert(list.to_owned(), items.collect());
            }
            // A list that was emptied, also by writers that cannot tell an empty list from an empty map.
            (list, value) if LISTS.contains(&list) && is_empty(value) => {
                drop(bundle.lists.insert(list.to_owned(), Vec::new()))
            }
            // Taken for an empty list it would delete all that was in it.
            (list, _) if LISTS.contains(&list) => report.push(
                Diagnostic::error(list, Some(entry.node.at), "wrong type: expected a list")
                    .remedy("write its objects as `- id: …`, or `[]`"),
            ),
            (key, _) => bundle.problems.push(format!("{at}: there is no list of the name `{key}`; it is passed over")),
        }
    }
    if report.has_errors() { Err(report) } else { Ok(bundle) }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

fn place(name: &str, node: &Node) -> String {
    format!("{name}:{}:{}", node.at.line, node.at.column)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Bundle, String> {
        let lookup = |name: &str| (name == "PORT").then(|| "1980".to_owned());
        bundle(text, "apisix.yaml", &lookup).map_err(|report| report.text())
    }

    #[test]
    fn lists_with_places() {
        let bundle = read("routes:\n  - uri: /a\n    upstream:\n      nodes:\n        \"127.0.0.1:${{PORT}}\": 1\n  - uri: /b\nssls:\nplugins:\n  - name: x\nnobody: 1\nupstreams: {}\nprotos: [a]\n#END\n").unwrap();
        let routes = &bundle.lists["routes"];
        assert_eq!(
            routes[0],
            (json!({"uri": "/a", "upstream": {"nodes": {"127.0.0.1:1980": 1}}}), "apisix.yaml:2:5".to_owned())
        );
        assert_eq!(routes[1].1, "apisix.yaml:6:5");
        assert_eq!(bundle.plugins, Some(json!([{"name": "x"}])));
        assert_eq!(bundle.problems, ["apisix.yaml:10:9: there is no list of the name `nobody`; it is passed over"]);
        assert!(bundle.lists["ssls"].is_empty() && bundle.lists["upstreams"].is_empty());
        assert_eq!(bundle.lists["protos"].len(), 1);
        assert!(read("").unwrap().lists.is_empty());
        let json = read(r#"{"routes": [{"uri": "/é\ud83d\ude00", "priority": 1}]}"#).unwrap();
        assert_eq!(json.lists["routes"][0].0, json!({"uri": "/é😀", "priority": 1}));
    }

    #[test]
    fn a_variable_in_quotes_is_a_text() {
        let bundle = read("routes:\n- a: ${{PORT}}\n  b: '${{PORT}}'\n  c: \"x${{PORT}}\"\n").unwrap();
        assert_eq!(bundle.lists["routes"][0].0, json!({"a": 1980, "b": "1980", "c": "x1980"}));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert!(read("routes: {a: 1}").unwrap_err().contains("wrong type: expected a list"));
        assert!(read("routes: [").is_err());
        assert!(read("- a").unwrap_err().contains("keys and values"));
        assert!(read("routes:\n - uri: ${{NOBODY}}").unwrap_err().contains("can't find environment variable NOBODY"));
    }
}

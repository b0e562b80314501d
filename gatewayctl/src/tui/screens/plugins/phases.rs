//! In which phase a plugin runs first. Of this gateway's own plugins it is known here; a server that tells is believed.

use serde_json::Value;

use crate::output::clean;
use crate::tui::data::items;

/// The phases in their order, and the plugins that begin there. What runs at other times than requests is in none.
const PHASES: [(&str, &[&str]); 6] = [
    (
        "rewrite",
        &[
            "basic-auth",
            "client-control",
            "cors",
            "fault-injection",
            "hmac-auth",
            "jwt-auth",
            "key-auth",
            "multi-auth",
            "opentelemetry",
            "proxy-mirror",
            "proxy-rewrite",
            "real-ip",
            "redirect",
            "request-id",
            "request-validation",
            "uri-blocker",
        ],
    ),
    (
        "access",
        &[
            "acl",
            "api-breaker",
            "consumer-restriction",
            "csrf",
            "dubbo-bridge",
            "dubbo-proxy",
            "dubbo-to-http",
            "example-plugin",
            "file-logger",
            "forward-auth",
            "grpc-decompress",
            "grpc-transcode",
            "grpc-web",
            "http-logger",
            "ip-restriction",
            "limit-conn",
            "limit-count",
            "limit-req",
            "mocking",
            "public-api",
            "referer-restriction",
            "traffic-label",
            "traffic-split",
            "ua-restriction",
            "workflow",
        ],
    ),
    ("before_proxy", &["attach-consumer-label", "http-dubbo", "proxy-buffering", "proxy-control"]),
    ("header_filter", &["echo", "response-rewrite"]),
    ("encode", &["brotli", "gzip"]),
    ("log", &["prometheus"]),
];

/// The place of a phase among all; behind them what is in none.
const NONE: u8 = u8::MAX;

/// All phases that the server tells, or the first one.
pub(super) fn all(name: &str, value: &Value) -> Vec<String> {
    let told: Vec<String> = items(value.get("phases").unwrap_or(&Value::Null))
        .filter_map(Value::as_str)
        .take(16)
        .map(clean::line)
        .collect();
    if !told.is_empty() {
        return told;
    }
    let own = PHASES.iter().find(|(_, names)| names.contains(&name)).map(|(phase, _)| (*phase).to_owned());
    own.into_iter().collect()
}

/// The phase in which it runs first; empty where that is not known.
pub(super) fn first(name: &str, value: &Value) -> String {
    all(name, value).into_iter().next().unwrap_or_default()
}

/// The place of that phase.
pub(super) fn rank(name: &str, value: &Value) -> u8 {
    let phase = first(name, value);
    let place = PHASES.iter().position(|(of, _)| *of == phase);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_told_goes_before_what_is_known() {
        assert_eq!(first("key-auth", &json!({})), "rewrite");
        assert_eq!(first("key-auth", &json!({"phases": ["log", 1]})), "log");
        assert_eq!((first("own", &json!({"phases": 7})), rank("own", &json!(null))), (String::new(), NONE));
        assert!(rank("key-auth", &json!({})) < rank("limit-count", &json!({})));
    }
}

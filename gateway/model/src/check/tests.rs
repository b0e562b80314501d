//! Whole objects: texts that clients match on, defaults, and everything random.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{NoReferences, PluginSpec, SchemaType};

/// Stored objects.
#[derive(Default)]
struct Stored(BTreeMap<(Kind, String), Value>);

impl Stored {
    fn with(objects: impl IntoIterator<Item = (Kind, &'static str, Value)>) -> Self {
        Stored(objects.into_iter().map(|(kind, id, value)| ((kind, id.to_owned()), value)).collect())
    }
}

impl References for Stored {
    fn exists(&self, kind: Kind, id: &str) -> bool {
        self.0.contains_key(&(kind, id.to_owned()))
    }

    fn get(&self, kind: Kind, id: &str) -> Option<Arc<Value>> {
        self.0.get(&(kind, id.to_owned())).cloned().map(Arc::new)
    }

    fn each(&self, kind: Kind, visit: &mut dyn FnMut(&str, &Value) -> bool) {
        let _ = self.0.iter().filter(|((k, _), _)| *k == kind).all(|((_, id), value)| visit(id, value));
    }
}

struct Plugins(Vec<PluginSpec>);

impl PluginSpecs for Plugins {
    fn get(&self, name: &str) -> Option<&PluginSpec> {
        self.0.get(name)
    }

    fn stream(&self, name: &str) -> Option<&PluginSpec> {
        self.0.get(name).filter(|spec| spec.name == "limit")
    }

    fn iter(&self) -> Box<dyn Iterator<Item = &PluginSpec> + '_> {
        Box::new(self.0.iter())
    }
}

fn plugins() -> Plugins {
    let counted = |conf: &Value, _: SchemaType, _: &Context<'_>| match conf.get("count").and_then(Value::as_i64) {
        Some(13) => Err("13 is unlucky".to_owned()),
        _ => Ok(()),
    };
    Plugins(vec![
        PluginSpec {
            check: Some(counted),
            metadata_schema: Some(LazySchema::plugin(
                r#"{"type": "object", "properties": {"ikey": {"type": "integer"}, "log": {"default": 1}},
                    "required": ["ikey"], "additionalProperties": false}"#,
            )),
            ..PluginSpec::new(
                "limit",
                1002,
                r#"{"type": "object", "properties": {"count": {"type": "integer", "minimum": 1},
                    "code": {"type": "integer", "default": 503}}, "required": ["count"], "additionalProperties": false}"#,
            )
        },
        PluginSpec {
            kind: Some("auth"),
            unique: Some("key"),
            consumer_schema: Some(LazySchema::plugin(
                r#"{"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]}"#,
            )),
            ..PluginSpec::new(
                "key-auth",
                2500,
                r#"{"type": "object", "properties": {"header": {"default": "apikey"}}}"#,
            )
        },
        PluginSpec::new("traffic-split", 966, "{}"),
        PluginSpec { lua: true, ..PluginSpec::new("scripted", 1, "{}") },
    ])
}

/// Refuses the operator `=`.
struct Operators;

impl Expressions for Operators {
    fn check_vars(&self, expression: &Value) -> Result<(), String> {
        if expression.to_string().contains("\"=\"") { Err("invalid operator '='".into()) } else { Ok(()) }
    }
}

fn check_in(stored: &dyn References, kind: Kind, id: &str, value: &Value) -> Result<Value, Invalid> {
    let plugins = plugins();
    let protocols =
        [StreamProtocol { name: "redis", schema: LazySchema::new(r#"{"properties": {"faults": {"type": "array"}}}"#) }];
    let cx = Context { protocols: &protocols, ..Context::new(&plugins, stored, &Operators) };
    object(kind, id, value, &cx)
}

fn message(stored: &dyn References, kind: Kind, id: &str, value: &Value) -> String {
    match check_in(stored, kind, id, value) {
        Ok(_) => panic!("{kind} {id} passes: {value}"),
        Err(invalid) => {
            let absent = ["consumer not found", "service not found"].contains(&&*invalid.message);
            assert_eq!(invalid.status, if absent { 404 } else { 400 });
            invalid.message
        }
    }
}

fn upstream(fields: Value) -> Value {
    let mut upstream = json!({"nodes": {"127.0.0.1:8080": 1}, "type": "roundrobin"});
    upstream.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    upstream
}

fn route(fields: Value) -> Value {
    let mut route = json!({"uri": "/index.html", "upstream": upstream(json!({}))});
    route.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    route
}

#[test]
fn attested_texts_of_schemas() {
    #[rustfmt::skip]
    let cases = [
        (Kind::Upstream, upstream(json!({"hash_on": "aabbcc"})), "property \"hash_on\" validation failed: matches none of the enum values"),
        (Kind::Upstream, upstream(json!({"id": "*invalid"})), "property \"id\" validation failed: object matches none of the required"),
        (Kind::Upstream, upstream(json!({"retries": -1})), "property \"retries\" validation failed: expected -1 to be at least 0"),
        (Kind::Upstream, upstream(json!({"retry_timeout": -1})), "property \"retry_timeout\" validation failed: expected -1 to be at least 0"),
        (Kind::Upstream, json!({"nodes": [{"host": "a", "port": 65536, "weight": 1}]}), "property \"nodes\" validation failed: object matches none of the required"),
        (Kind::Upstream, upstream(json!({"timeout": {"connect": 0, "send": 1, "read": 1}})), "property \"timeout\" validation failed: property \"connect\" validation failed: expected 0 to be greater than 0"),
        (Kind::Upstream, json!({}), "value should match only one schema, but matches none"),
        (Kind::Route, json!({"plugins": {}}), "allOf 1 failed: value should match only one schema, but matches none"),
        (Kind::Route, json!({"uri": "/", "plugins": {}, "script": "local a = 1"}), "value wasn't supposed to match schema"),
        (Kind::Route, route(json!({"methods": ["hello"]})), "property \"methods\" validation failed: failed to validate item 1: matches none of the enum values"),
        (Kind::Route, route(json!({"remote_addr": "127.0.0.1/1000"})), "property \"remote_addr\" validation failed: object matches none of the required"),
        (Kind::Route, route(json!({"service_id": "invalid*id"})), "property \"service_id\" validation failed: object matches none of the required"),
        (Kind::Route, route(json!({"name": "x".repeat(257)})), "property \"name\" validation failed: string too long, expected at most 256, got 257"),
        (Kind::Route, route(json!({"status": 2})), "property \"status\" validation failed: matches none of the enum values"),
        (Kind::Route, json!({"uri": "/", "upstream": upstream(json!({"checks": {"passive": {}}}))}), "property \"upstream\" validation failed: property \"checks\" validation failed: object matches none of the required: [\"active\"] or [\"active\",\"passive\"]"),
        (Kind::Route, json!({"uri": "/", "upstream": upstream(json!({"checks": {"active": {"unhealthy": {"http_failures": 3.1}}}}))}), "property \"upstream\" validation failed: property \"checks\" validation failed: property \"active\" validation failed: property \"unhealthy\" validation failed: property \"http_failures\" validation failed: wrong type: expected integer, got number"),
        (Kind::Route, json!({"uri": "/", "upstream": upstream(json!({"tls": {"client_cert": "x".repeat(128)}}))}), "property \"upstream\" validation failed: property \"tls\" validation failed: failed to validate dependent schema for \"client_cert\": property \"client_key\" is required"),
        (Kind::GlobalRule, json!({}), "property \"plugins\" is required"),
        (Kind::Consumer, json!({"id": "jack"}), "property \"username\" is required"),
        (Kind::Consumer, json!({"username": "jack", "labels": {"env": ["a"]}}), "property \"labels\" validation failed: failed to validate env (matching \".*\"): wrong type: expected string, got table"),
        (Kind::ConsumerGroup, json!({"plugins": {}, "labels": "a"}), "property \"labels\" validation failed: wrong type: expected object, got string"),
        (Kind::Ssl, json!({"cert": "x".repeat(128), "key": "x".repeat(64)}), "then clause did not match"),
        (Kind::Ssl, json!({"cert": "x".repeat(128), "key": "x".repeat(64), "snis": {}}), "property \"snis\" validation failed: expect array to have at least 1 items"),
        (Kind::Ssl, json!({"cert": "x".repeat(128), "key": "x".repeat(64), "sni": "a", "certs": ["-----BEGIN CERTIFICATE-----\n-"]}), "property \"certs\" validation failed: failed to validate item 1: string too short, expected at least 128, got 29"),
    ];
    for (kind, value, text) in cases {
        assert_eq!(message(&NoReferences, kind, "1", &value), format!("invalid configuration: {text}"));
        // The same without words in front, as the validating endpoint says it.
        let alone = schema(kind, &mut value.clone()).map_err(|invalid| invalid.message);
        if !text.contains("\"id\"")
            && !value.to_string().contains("\"id\"")
            && kind != Kind::GlobalRule
            && kind != Kind::ConsumerGroup
        {
            assert_eq!(alone, Err(text.to_owned()));
        }
    }
}

#[test]
fn texts_beyond_schemas() {
    #[rustfmt::skip]
    let cases = [
        (Kind::Route, route(json!({"host": "a.com", "hosts": ["b.com"]})), "only one of host or hosts is allowed"),
        (Kind::Route, route(json!({"remote_addr": "::1", "remote_addrs": ["::1"]})), "only one of remote_addr or remote_addrs is allowed"),
        (Kind::Route, route(json!({"remote_addr": ":/8"})), "invalid remote_addr: :/8"),
        (Kind::Route, route(json!({"vars": [["a", "=", 1]]})), "failed to validate the 'vars' expression: invalid operator '='"),
        (Kind::Route, route(json!({"filter_func": "function(vars) return true end"})), "failed to load 'filter_func' string: this gateway does not run Lua, use 'vars' instead"),
        (Kind::Service, json!({"script": "return {}  "}), "failed to load 'script' string: this gateway does not run Lua, use plugins such as proxy-rewrite and response-rewrite instead"),
        (Kind::Route, route(json!({"plugins": {"mqttt": {}}})), "unknown plugin [mqttt]"),
        (Kind::Route, route(json!({"plugins": {"limit": "x"}})), "invalid plugin conf \"x\" for plugin [limit]"),
        (Kind::Route, route(json!({"plugins": {"limit": {}}})), "failed to check the configuration of plugin limit err: property \"count\" is required"),
        (Kind::Route, route(json!({"plugins": {"limit": {"count": 13}}})), "failed to check the configuration of plugin limit err: 13 is unlucky"),
        (Kind::Route, route(json!({"plugins": {"limit": {"count": 1, "_meta": {"filter": [["a", "=", 1]]}}}})), "failed to validate the 'vars' expression: invalid operator '='"),
        (Kind::Route, route(json!({"plugins": {"limit": {"count": 1, "_meta": {"x": 1}}}})), "failed to check the configuration of plugin limit err: property \"_meta\" validation failed: additional properties forbidden, found x"),
        (Kind::Route, route(json!({"plugins": {"limit": {"count": 1, "_meta": {"pre_function": "return function() end"}}}})), "failed to load _meta.pre_function in plugin limit: this gateway does not run Lua, use '_meta.filter' instead"),
        (Kind::Route, route(json!({"plugins": {"serverless-pre-function": {}}})), "plugin [serverless-pre-function] runs Lua, which this gateway does not: use plugins such as proxy-rewrite and fault-injection, and 'vars', instead"),
        (Kind::Route, route(json!({"plugins": {"scripted": {}}})), "plugin [scripted] runs Lua, which this gateway does not: use plugins such as proxy-rewrite and fault-injection, and 'vars', instead"),
        (Kind::Upstream, upstream(json!({"type": "chash"})), "missing key"),
        (Kind::Upstream, upstream(json!({"type": "chash", "key": "not_support"})), "invalid configuration: failed to match pattern \"^((uri|server_name|server_addr|request_uri|remote_port|remote_addr|query_string|host|hostname|mqtt_client_id)|arg_[0-9a-zA-z_-]+)$\" with \"not_support\""),
        (Kind::Upstream, upstream(json!({"type": "chash", "hash_on": "header", "key": "$#^@"})), "invalid configuration: failed to match pattern \"^[a-zA-Z0-9-_]+$\" with \"$#^@\""),
        (Kind::Upstream, upstream(json!({"checks": {"active": {"http_path": "/ HTTP/1.1\r\nA: b"}}})), "invalid configuration: checks.active.http_path must not hold white space or control characters"),
        (Kind::Upstream, upstream(json!({"checks": {"active": {"req_headers": ["A: b", "C"]}}})), "invalid configuration: checks.active.req_headers[1] must be one header line, `Name: value`"),
        (Kind::Upstream, upstream(json!({"checks": {"active": {"req_headers": ["A: b\r\nC: d"]}}})), "invalid configuration: checks.active.req_headers[0] must be one header line, `Name: value`"),
        (Kind::Upstream, upstream(json!({"pass_host": "rewrite"})), "`upstream_host` can't be empty when `pass_host` is `rewrite`"),
        (Kind::Upstream, json!({"nodes": {"127.0.0.1:65536": 1}}), "invalid port 65536"),
        (Kind::Upstream, json!({"nodes": [{"host": "::1", "port": 80, "weight": 1}]}), "invalid configuration: IPv6 address must be enclosed with '[' and ']'"),
        (Kind::Upstream, upstream(json!({"tls": {"client_cert": include_str!("certificate/testdata/rsa.crt"), "client_key": "A".repeat(64)}})), "failed to decrypt previous encrypted key"),
        (Kind::Consumer, json!({"username": "a", "plugins": {"x": {}}}), "invalid plugins configuration: unknown plugin [x]"),
        (Kind::Consumer, json!({"username": "a", "plugins": {"key-auth": {}}}), "invalid plugins configuration: failed to check the configuration of plugin key-auth err: property \"key\" is required"),
        (Kind::Credential, json!({"plugins": {"limit": {"count": 1}}}), "only supports auth type plugins in consumer credential"),
        (Kind::Credential, json!({"plugins": {"limit": {"count": 1}, "key-auth": {"key": "a"}}}), "invalid configuration: property \"plugins\" validation failed: expect object to have at most 1 properties"),
        (Kind::PluginMetadata, json!({}), "invalid plugin name"),
        (Kind::Secret, json!({}), "invalid secret manager: 1"),
        (Kind::Proto, json!({"content": "hello"}), "invalid content: line 1: unexpected 'hello'"),
        (Kind::StreamRoute, json!({"plugins": {"limit": {}}}), "failed to check the configuration of stream plugin [limit]: property \"count\" is required"),
        (Kind::StreamRoute, json!({"plugins": {"key-auth": {}}}), "unknown plugin [key-auth]"),
        (Kind::StreamRoute, json!({"remote_addr": ":/8"}), "invalid remote_addr: :/8"),
        (Kind::StreamRoute, json!({"protocol": {"name": "xxx"}}), "unknown protocol [xxx]"),
        (Kind::StreamRoute, json!({"protocol": {"name": "redis", "conf": {"faults": "x"}}}), "property \"faults\" validation failed: wrong type: expected array, got string"),
        (Kind::StreamRoute, json!({"protocol": {"name": "redis", "superior_id": 1}}), "stream route can not set itself as superior_id"),
    ];
    for (kind, value, text) in cases {
        assert_eq!(message(&NoReferences, kind, "1", &value), text);
    }
    let metadata = message(&NoReferences, Kind::PluginMetadata, "limit", &json!({"skey": "v"}));
    assert_eq!(metadata, "invalid configuration: property \"ikey\" is required");
    let vault = message(&NoReferences, Kind::Secret, "vault/1", &json!({"prefix": "a", "token": "t"}));
    assert_eq!(vault, "invalid configuration: property \"uri\" is required");
    for (id, value, property) in [
        ("vault/1", json!({"uri": "http://a:8200/\r\nx", "prefix": "a", "token": "t"}), "uri"),
        ("vault/1", json!({"uri": "http://a:8200 ", "prefix": "a", "token": "t"}), "uri"),
        (
            "aws/1",
            json!({"access_key_id": "a", "secret_access_key": "b", "endpoint_url": "http://a\t"}),
            "endpoint_url",
        ),
        (
            "gcp/1",
            json!({"auth_config": {"client_email": "a", "private_key": "b", "project_id": "c", "token_uri": "http://a/\0"}}),
            "token_uri",
        ),
    ] {
        let said = message(&NoReferences, Kind::Secret, id, &value);
        assert!(said.contains(&format!("property \"{property}\" validation failed: it holds a space")), "{said}");
    }
}

#[test]
fn a_disabled_plugin_may_be_wrong() {
    let disabled =
        json!({"limit": {"_meta": {"disable": true}}, "serverless-pre-function": {"_meta": {"disable": true}}});
    let checked = check_in(&NoReferences, Kind::Route, "1", &route(json!({ "plugins": disabled }))).unwrap();
    assert_eq!(checked["plugins"], disabled);
    let unknown = route(json!({"plugins": {"x": {"_meta": {"disable": true}}}}));
    assert_eq!(message(&NoReferences, Kind::Route, "1", &unknown), "unknown plugin [x]");
}

#[test]
fn defaults_are_in_the_result_and_the_id_too() {
    let checked =
        check_in(&NoReferences, Kind::Route, "r1", &route(json!({"plugins": {"limit": {"count": 1}}}))).unwrap();
    assert_eq!((&checked["id"], &checked["status"], &checked["priority"]), (&json!("r1"), &json!(1), &json!(0)));
    assert_eq!(checked["upstream"]["scheme"], "http");
    assert_eq!(checked["plugins"]["limit"], json!({"count": 1, "code": 503}));
    let metadata = json!({"ikey": 1, "id": "limit", "create_time": 5});
    let checked = check_in(&NoReferences, Kind::PluginMetadata, "limit", &metadata).unwrap();
    assert_eq!(checked, json!({"ikey": 1, "log": 1, "id": "limit", "create_time": 5}));
    let credential = json!({"plugins": {"key-auth": {"key": "k"}}});
    let checked = check_in(&NoReferences, Kind::Credential, "bob/credentials/c1", &credential).unwrap();
    assert_eq!(checked["id"], "c1");
    let vault = json!({"uri": "http://127.0.0.1:8200", "prefix": "kv", "token": "t"});
    assert_eq!(check_in(&NoReferences, Kind::Secret, "vault/1", &vault).unwrap()["id"], "vault/1");
}

#[test]
fn what_is_wider_than_apisix_passes() {
    let wide = json!({"nodes": {"a": 1}, "scheme": "tri", "checks": {"active": {"type": "grpc"}}, "http_version": "2",
        "retry_policy": {"statuses": [503]}, "outlier_detection": {}, "slow_start_ms": 100, "limits": {"max_pending": 1}});
    let checked = check_in(&NoReferences, Kind::Upstream, "1", &wide).unwrap();
    let upstream = crate::Upstream::from_value(&checked).unwrap();
    assert_eq!(upstream.nodes.unwrap()[0].port, 50051);
    let resilience = upstream.resilience;
    assert_eq!(resilience.retry_policy.unwrap().budget_percent, 20);
    assert_eq!(resilience.outlier_detection.unwrap().consecutive_failures, 5);
    assert_eq!((resilience.slow_start.as_millis(), resilience.limits.max_pending), (100, Some(1)));
    for wrong in [
        json!({"retry_policy": {"methods": ["post"]}}),
        json!({"retry_policy": {"statuses": [200]}}),
        json!({"outlier_detection": {"max_ejected_percent": 101}}),
        json!({"limits": {"max_requests": 0}}),
        json!({"slow_start_ms": -1}),
    ] {
        let mut upstream = json!({"nodes": {"a": 1}});
        upstream.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        assert!(check_in(&NoReferences, Kind::Upstream, "1", &upstream).is_err(), "{wrong}");
    }
    for protocol in [json!("grpc"), json!(["http1", "triple"])] {
        assert!(check_in(&NoReferences, Kind::Route, "1", &route(json!({ "downstream_protocol": protocol }))).is_ok());
    }
    assert!(check_in(&NoReferences, Kind::Route, "1", &route(json!({"downstream_protocol": "http3"}))).is_err());
}

#[test]
fn what_is_named_must_exist() {
    let stored = Stored::with([
        (Kind::Ssl, "1", json!({"type": "server"})),
        (Kind::StreamRoute, "9", json!({"protocol": {"name": "dubbo"}})),
    ]);
    #[rustfmt::skip]
    let cases = [
        (Kind::Route, json!({"uri": "/", "upstream_id": "9999999999"}), "failed to fetch upstream info by upstream id [9999999999], response code: 404"),
        (Kind::Route, json!({"uri": "/", "service_id": 99999999999999u64}), "failed to fetch service info by service id [99999999999999], response code: 404"),
        (Kind::Route, route(json!({"plugin_config_id": "not_found"})), "failed to fetch plugin config info by plugin config id [not_found], response code: 404"),
        (Kind::Service, json!({"upstream_id": 1}), "failed to fetch upstream info by upstream id [1], response code: 404"),
        (Kind::Consumer, json!({"username": "a", "group_id": "g"}), "failed to fetch consumer group info by consumer group id [g], response code: 404"),
        (Kind::Upstream, upstream(json!({"tls": {"client_cert_id": 9999999}})), "failed to fetch ssl info by ssl id [9999999], response code: 404"),
        (Kind::Upstream, upstream(json!({"tls": {"client_cert_id": "1"}})), "failed to fetch ssl info by ssl id [1], wrong ssl type"),
        (Kind::Route, json!({"uri": "/", "upstream": upstream(json!({"tls": {"client_cert_id": 1}}))}), "failed to fetch ssl info by ssl id [1], wrong ssl type"),
        (Kind::StreamRoute, json!({"protocol": {"name": "redis", "superior_id": "8"}}), "failed to fetch stream routes[8], response code: 404"),
        (Kind::StreamRoute, json!({"protocol": {"name": "redis", "superior_id": "9"}}), "protocol mismatch: subordinate protocol [redis] does not match superior protocol [dubbo]"),
    ];
    for (kind, value, text) in cases {
        assert_eq!(message(&stored, kind, "1", &value), text);
    }
    let credential = json!({"plugins": {"key-auth": {"key": "k"}}});
    assert_eq!(message(&stored, Kind::Credential, "jack/credentials/a", &credential), "consumer not found");
}

#[test]
fn what_must_be_unique_is() {
    let key = |key: &str| json!({"username": "x", "plugins": {"key-auth": {"key": key}}});
    let credential = |key: &str| json!({"plugins": {"key-auth": {"key": key}}});
    let stored = Stored::with([
        (Kind::Consumer, "bob", key("bobs")),
        (Kind::Consumer, "alex", json!({"username": "alex"})),
        (Kind::Credential, "alex/credentials/c-a", credential("alexs")),
        (Kind::GlobalRule, "1", json!({"plugins": {"limit": {"count": 1}}})),
    ]);
    let with_name = |name: &str, value: &str| {
        let mut consumer = key(value);
        consumer["username"] = json!(name);
        consumer
    };
    #[rustfmt::skip]
    let cases = [
        (Kind::Consumer, "eve", with_name("eve", "bobs"), "duplicate key of plugin key-auth found with consumer: bob"),
        (Kind::Consumer, "eve", with_name("eve", "alexs"), "duplicate key of plugin key-auth found with credential: c-a of consumer: alex"),
        (Kind::Credential, "alex/credentials/c-b", credential("alexs"), "duplicate key of plugin key-auth found with credential: c-a of consumer: alex"),
        (Kind::GlobalRule, "2", json!({"plugins": {"limit": {"count": 2}}}), "plugin 'limit' already exists in global rule with id '1'"),
    ];
    for (kind, id, value, text) in cases {
        assert_eq!(message(&stored, kind, id, &value), text);
    }
    #[rustfmt::skip]
    let same = [
        (Kind::Consumer, "bob", with_name("bob", "bobs")),
        (Kind::Consumer, "eve", with_name("eve", "$env://KEY")),
        (Kind::Credential, "alex/credentials/c-a", credential("alexs")),
        (Kind::GlobalRule, "1", json!({"plugins": {"limit": {"count": 2}}})),
    ];
    for (kind, id, value) in same {
        assert!(check_in(&stored, kind, id, &value).is_ok(), "{kind} {id}");
    }
}

#[test]
fn what_is_used_may_not_go() {
    let split = json!({"traffic-split": {"rules": [{"weighted_upstreams": [{"weight": 1}, {"upstream_id": 2}]}]}});
    #[rustfmt::skip]
    let cases = [
        (Kind::Service, Kind::Route, json!({"service_id": "2"}), "can not delete this service directly, route [1] is still using it now"),
        (Kind::Service, Kind::StreamRoute, json!({"service_id": "2"}), "can not delete this service directly, stream_route [1] is still using it now"),
        (Kind::Upstream, Kind::Route, json!({"upstream_id": 2}), "can not delete this upstream, route [1] is still using it now"),
        (Kind::Upstream, Kind::Service, json!({"upstream_id": 2}), "can not delete this upstream, service [1] is still using it now"),
        (Kind::Upstream, Kind::Route, json!({"plugins": split}), "can not delete this upstream, plugin in route [1] is still using it now"),
        (Kind::Upstream, Kind::PluginConfig, json!({"plugins": split}), "can not delete this upstream, plugin in plugin_config [1] is still using it now"),
        (Kind::Upstream, Kind::ConsumerGroup, json!({"plugins": split}), "can not delete this upstream, plugin in consumer_group [1] is still using it now"),
        (Kind::Upstream, Kind::GlobalRule, json!({"plugins": split}), "can not delete this upstream, plugin in global_rules [1] is still using it now"),
        (Kind::PluginConfig, Kind::Route, json!({"plugin_config_id": 2}), "can not delete this plugin config, route [1] is still using it now"),
        (Kind::ConsumerGroup, Kind::Consumer, json!({"group_id": "2"}), "can not delete this consumer group, consumer [1] is still using it now"),
        (Kind::Proto, Kind::Route, json!({"plugins": {"grpc-transcode": {"proto_id": "2"}}}), "can not delete this proto, route [1] is still using it now"),
        (Kind::StreamRoute, Kind::StreamRoute, json!({"protocol": {"superior_id": "2"}}), "can not delete this stream route directly, stream route [1] is still using it as superior_id"),
    ];
    for (kind, by, value, text) in cases {
        let stored = Stored::with([(by, "1", value)]);
        let unused = crate::references::check_unused(kind, "2", &stored).unwrap_err();
        assert_eq!(unused.message, text);
        assert_eq!(crate::references::check_unused(kind, "3", &stored), Ok(()));
    }
}

#[test]
fn deep_values_are_refused_before_anything_looks_at_them() {
    let mut deep = json!(1);
    for _ in 0..10_000 {
        deep = Value::Array(vec![deep]); // `json!` would recurse
    }
    let text = message(&NoReferences, Kind::Route, "1", &deep);
    assert_eq!(text, "invalid configuration: nesting deeper than 64");
    // serde_json drops values recursively; this one is taken apart by hand.
    while let Value::Array(mut items) = deep {
        deep = items.pop().unwrap_or_default();
    }
}

#[test]
fn all_faults_are_told_with_their_places() {
    let plugins = plugins();
    let cx = Context::new(&plugins, &NoReferences, &AnyExpression);
    let bad = json!({
        "uris": ["/a", 1],
        "priority": "high",
        "retries": -1,
        "status": 7,
        "upstream": {"type": "roundrobin", "nodes": {"127.0.0.1:1": -1}, "pass_host": "never"},
        "plugins": {"limit": {"count": "x"}, "no/such": {}, "key-auth": {"header": 1}},
    });
    let found: Vec<(String, String)> = faults(Kind::Route, "1", &bad, &cx)
        .iter()
        .map(|invalid| (invalid.path.clone(), invalid.reason().to_owned()))
        .collect();
    for (path, reason) in [
        ("/uris/1", "wrong type: expected string, got number"),
        ("/priority", "wrong type: expected integer, got string"),
        ("/status", "expected one of 1, 0"),
        ("/retries", "additional properties forbidden, found retries"),
        ("/plugins/no~1such", "unknown plugin [no/such]"),
    ] {
        assert!(found.contains(&(path.to_owned(), reason.to_owned())), "{path} {reason}: {found:#?}");
    }
    assert!(found.iter().any(|(path, _)| path.starts_with("/upstream/")), "{found:#?}");
    assert!(found.iter().any(|(path, _)| path.starts_with("/plugins/limit/count")), "{found:#?}");
    // What a schema only says in riddles is said for people beside it.
    let no_uri = faults(Kind::Route, "1", &json!({"upstream_id": "1"}), &cx);
    assert_eq!(
        (no_uri[0].message.as_str(), no_uri[0].reason()),
        (
            "invalid configuration: allOf 1 failed: value should match only one schema, but matches none",
            "exactly one of these must be there: uri, uris"
        )
    );
    let both = json!({"uri": "/a", "script": "return true", "plugins": {}});
    let reason = faults(Kind::Route, "1", &both, &cx)[0].reason().to_owned();
    assert_eq!(reason, "these must not be there together: script and plugins, or script and plugin_config_id");
    let many: serde_json::Map<String, Value> = (0..1000).map(|i| (format!("x{i}"), json!(1))).collect();
    assert_eq!(faults(Kind::Upstream, "1", &Value::Object(many), &cx).len(), crate::schema::MOST_VIOLATIONS);
}

#[test]
fn a_plugin_of_apisix_that_is_missing_is_told_from_a_typing_error() {
    struct Some_;
    impl PluginSpecs for Some_ {
        fn get(&self, _: &str) -> Option<&PluginSpec> {
            None
        }
        fn iter(&self) -> Box<dyn Iterator<Item = &PluginSpec> + '_> {
            Box::new(std::iter::empty())
        }
        fn absence(&self, name: &str) -> Option<crate::plugin::Absence> {
            use crate::plugin::Absence::{NotBuilt, SwitchedOff};
            [("zipkin", NotBuilt), ("cors", SwitchedOff)].into_iter().find(|(n, _)| *n == name).map(|(_, why)| why)
        }
    }
    let cx = Context::new(&Some_, &NoReferences, &AnyExpression);
    for (name, code, reason) in [
        ("zipkin", "plugin_not_built", "zipkin is a plugin of APISIX that is not built in this version"),
        ("cors", "plugin_off", "the plugin cors is switched off: `plugins` of the configuration does not name it"),
        ("x", "unknown_plugin", "unknown plugin [x]"),
    ] {
        let invalid = object(Kind::GlobalRule, "1", &json!({"plugins": {name: {}}}), &cx).unwrap_err();
        assert_eq!(invalid.message, format!("unknown plugin [{name}]"));
        assert_eq!((invalid.code, invalid.reason()), (code, reason));
        let invalid = object(Kind::PluginMetadata, name, &json!({}), &cx).unwrap_err();
        assert_eq!((invalid.message.as_str(), invalid.code), ("invalid plugin name", code));
    }
}

#[test]
fn costs_of_graphql_fields_belong_to_a_service() {
    let id = "shop/graphql_cost_decorations/d1";
    let cost = |field: &str| json!({"field_path": field});
    let stored = Stored::with([
        (Kind::Service, "shop", json!({})),
        (Kind::Service, "blog", json!({})),
        (Kind::GraphqlCostDecoration, "blog/graphql_cost_decorations/a", cost("Query.a")),
        (Kind::GraphqlCostDecoration, id, cost("Query.a")),
    ]);
    let kind = Kind::GraphqlCostDecoration;
    let checked = check_in(&stored, kind, id, &cost("Query.a")).unwrap();
    assert_eq!(
        (&checked["id"], &checked["service_id"], &checked["mul_value"]),
        (&json!("d1"), &json!("shop"), &json!(1))
    );
    let other = "shop/graphql_cost_decorations/d2";
    assert_eq!(
        message(&stored, kind, other, &cost("Query.a")),
        "field_path Query.a is already decorated on this service by [d1]"
    );
    assert_eq!(message(&stored, kind, "none/graphql_cost_decorations/d", &cost("Query.a")), "service not found");
    let stray = json!({"field_path": "Query.b", "service_id": "blog"});
    assert_eq!(message(&stored, kind, other, &stray), "wrong service_id, it is taken from the path");
}

proptest! {
    #[test]
    fn checking_never_panics(value in arbitrary::json()) {
        for kind in Kind::ALL {
            let plugins = plugins();
            let cx = Context::new(&plugins, &NoReferences, &AnyExpression);
            let first = object(kind, "limit", &value, &cx).err();
            let all = faults(kind, "limit", &value, &cx);
            prop_assert_eq!(all.first(), first.as_ref());
            if let Ok(checked) = check_in(&NoReferences, kind, "limit", &value) {
                // What passes once passes again, unchanged, and can be made a type.
                let again = check_in(&NoReferences, kind, "limit", &checked);
                prop_assert_eq!(again.as_ref(), Ok(&checked));
                prop_assert!(crate::fuzz::made(kind, &checked).is_ok(), "{} {}", kind, checked);
            }
        }
    }

    #[test]
    fn routes_with_random_fields_never_panic(fields in arbitrary::json()) {
        let mut object = route(json!({}));
        object.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap_or_default());
        if let Ok(checked) = check_in(&NoReferences, Kind::Route, "1", &object) {
            prop_assert!(crate::Route::from_value(&checked).is_ok(), "{}", checked);
        }
        let mut object = upstream(json!({}));
        object.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap_or_default());
        if let Ok(checked) = check_in(&NoReferences, Kind::Upstream, "1", &object) {
            prop_assert!(crate::Upstream::from_value(&checked).is_ok(), "{}", checked);
        }
    }
}

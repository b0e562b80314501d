//! `consumer-restriction`: lets consumers, consumer groups, services or routes in by name, or keeps them out.

use std::collections::HashSet;
use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::plugin::{Build, Definition, Exit, Fields, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use crate::conf::{final_status, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| ConsumerRestriction::compile(conf).map(drop)),
            ..PluginSpec::new("consumer-restriction", 2400, include_str!("../schemas/consumer-restriction.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(ConsumerRestriction::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Lets consumers in by name, or keeps them out; by `type` also consumer groups, services or routes. It needs an auth \
            plugin beside it where consumers count: a request that has no such name gets 401.\n\n\
            Who is in `blacklist` is refused. Where there is a `whitelist`, who is not in it is refused, whatever \
            `allowed_by_methods` says; who is in it may use every method. All others may use the methods that the first entry of \
            `allowed_by_methods` with their name lists, or every method where none has it. Refusals have the status `rejected_code` \
            and the body `{\"message\": …}`.",
    fields: &[
        ("type", "What the names in the lists are."),
        ("whitelist", "Names that are let in; all others are kept out."),
        ("blacklist", "Names that are kept out."),
        ("allowed_by_methods", "Methods by name."),
        ("allowed_by_methods[].user", "The name."),
        ("allowed_by_methods[].methods", "The methods that it may use."),
        ("rejected_code", "Status of refusals, 200 to 999."),
        ("rejected_msg", "Text of refusals; absent: `The <type> is forbidden.`"),
    ],
    example: Example {
        about: "",
        objects: &[
            ("consumers/jane", r#"{"username": "jane", "plugins": {"key-auth": {"key": "janes-key"}}}"#),
            ("consumers/joe", r#"{"username": "joe", "plugins": {"key-auth": {"key": "joes-key"}}}"#),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "key-auth": {},
    "consumer-restriction": {"whitelist": ["jane"], "rejected_msg": "only Jane may do this"}
  }
}"#,
            ),
        ],
        requests: r#"$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders -H 'apikey: janes-key'
200
$ curl -i http://127.0.0.1:9080/orders -H 'apikey: joes-key'
HTTP/1.1 403 Forbidden
Server: gateway
Content-Type: text/plain; charset=utf-8
Date: …
Content-Length: 36

{"message":"only Jane may do this"}"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    r#type: Kind,
    #[serde(default)]
    whitelist: HashSet<Box<str>>,
    #[serde(default)]
    blacklist: HashSet<Box<str>>,
    #[serde(default)]
    allowed_by_methods: Vec<Methods>,
    #[serde(deserialize_with = "final_status")]
    rejected_code: u16,
    rejected_msg: Option<String>,
}

/// What the names are.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    ConsumerName,
    ServiceId,
    RouteId,
    ConsumerGroupId,
}

#[derive(Deserialize)]
struct Methods {
    /// Without one the entry is nobody's.
    user: Option<Box<str>>,
    #[serde(default)]
    methods: Vec<Box<str>>,
}

struct ConsumerRestriction {
    kind: Kind,
    whitelist: HashSet<Box<str>>,
    blacklist: HashSet<Box<str>>,
    methods: Vec<Methods>,
    refusal: Exit,
    nameless: Exit,
}

impl ConsumerRestriction {
    fn compile(conf: &Value) -> Result<ConsumerRestriction, String> {
        let conf: Conf = parse(conf)?;
        let kind = conf.r#type.text();
        let message = conf.rejected_msg.unwrap_or_else(|| format!("The {kind} is forbidden."));
        let nameless = format!("The request is rejected, please check the {kind} for this request");
        Ok(ConsumerRestriction {
            kind: conf.r#type,
            whitelist: conf.whitelist,
            blacklist: conf.blacklist,
            methods: conf.allowed_by_methods,
            refusal: Exit::message(conf.rejected_code, &message),
            nameless: Exit::message(401, &nameless),
        })
    }

    fn admits(&self, name: &str, method: &[u8]) -> bool {
        if self.blacklist.contains(name) {
            return false;
        }
        if !self.whitelist.is_empty() {
            return self.whitelist.contains(name);
        }
        let own = self.methods.iter().find(|entry| entry.user.as_deref() == Some(name));
        own.is_none_or(|entry| entry.methods.iter().any(|m| m.as_bytes() == method))
    }
}

impl Kind {
    fn text(self) -> &'static str {
        match self {
            Kind::ConsumerName => "consumer_name",
            Kind::ServiceId => "service_id",
            Kind::RouteId => "route_id",
            Kind::ConsumerGroupId => "consumer_group_id",
        }
    }

    fn of(self, x: &Exchange) -> Option<&str> {
        let route = x.route.as_deref();
        match self {
            Kind::ConsumerName => x.consumer.as_ref().map(|c| c.username()),
            Kind::ConsumerGroupId => x.consumer.as_ref()?.group_id(),
            Kind::RouteId => route.map(|r| &*r.route.id),
            Kind::ServiceId => Some(&*route?.service.as_ref()?.id),
        }
    }
}

impl Plugin for ConsumerRestriction {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn fields(&self) -> Fields {
        Fields::ByName
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let refusal = match self.kind.of(x) {
            Some(name) if self.admits(name, x.method()) => return Step::Next,
            Some(_) => &self.refusal,
            None => &self.nameless,
        };
        Step::Exit(Box::new(refusal.clone()))
    }
}

#[cfg(test)]
mod tests {
    use crate::testkit::{Kit, Outcome};
    use gateway_model::Kind;
    use serde_json::{Value, json};

    const NAME: &str = "consumer-restriction";

    fn kit() -> Kit {
        let kit = Kit::new();
        kit.put(Kind::ConsumerGroup, "group1", &json!({"plugins": {}}));
        for (name, group) in [("jack1", json!("group1")), ("jack2", Value::Null)] {
            let mut consumer = json!({"username": name, "plugins": {"key-auth": {"key": name}}});
            if !group.is_null() {
                consumer["group_id"] = group;
            }
            kit.consumer(consumer);
        }
        kit
    }

    /// Status and text of the refusal, as a consumer (`-`: nobody) with a method gets it.
    fn refusal(kit: &Kit, conf: &Value, who: &str, method: &str) -> Option<(u16, String)> {
        let plugin = kit.plugin(NAME, conf.clone());
        let mut x = kit.exchange(&format!("{method} / HTTP/1.1\napikey: {who}"));
        if who != "-" {
            assert!(matches!(kit.rewrite(&kit.plugin("key-auth", json!({})), &mut x), Outcome::Next));
        }
        match kit.access(&plugin, &mut x) {
            Outcome::Next => None,
            Outcome::Exit(exit) => Some((exit.status, Kit::text(&exit))),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_are_let_in_or_kept_out() {
        let kit = kit();
        let only = |user: &str, methods: Value| json!([{"user": user, "methods": methods}]);
        let cases = [
            (json!({"whitelist": ["jack1"]}), "jack1", "GET", true),
            (json!({"whitelist": ["jack1"]}), "jack2", "GET", false),
            (json!({"blacklist": ["jack1"]}), "jack1", "GET", false),
            (json!({"blacklist": ["jack1"]}), "jack2", "GET", true),
            (json!({"blacklist": ["jack1"], "whitelist": ["jack1"]}), "jack1", "GET", false),
            (json!({"allowed_by_methods": only("jack1", json!(["POST"]))}), "jack1", "GET", false),
            (json!({"allowed_by_methods": only("jack1", json!(["POST"]))}), "jack1", "POST", true),
            (json!({"allowed_by_methods": only("jack1", json!(["POST"]))}), "jack2", "GET", true),
            (json!({"allowed_by_methods": [{"user": "jack1"}]}), "jack1", "GET", false),
            (json!({"allowed_by_methods": [{"methods": ["GET"]}]}), "jack1", "GET", true),
            (
                json!({"whitelist": ["jack1"], "allowed_by_methods": only("jack1", json!(["POST"]))}),
                "jack1",
                "GET",
                true,
            ),
            (
                json!({"whitelist": ["jack1"], "allowed_by_methods": only("jack2", json!(["GET"]))}),
                "jack2",
                "GET",
                false,
            ),
            (json!({"type": "consumer_group_id", "whitelist": ["group1"]}), "jack1", "GET", true),
            (json!({"type": "consumer_group_id", "blacklist": ["group1"]}), "jack1", "GET", false),
        ];
        for (conf, who, method, admitted) in cases {
            let refused = refusal(&kit, &conf, who, method);
            assert_eq!(refused.is_none(), admitted, "{conf} {who} {method}: {refused:?}");
        }
    }

    #[test]
    fn refusals_name_what_was_asked_for() {
        let kit = kit();
        let said = |conf: Value, who: &str| refusal(&kit, &conf, who, "GET").unwrap();
        let message = |status: u16, text: &str| (status, format!("{{\"message\":\"{text}\"}}\n"));
        assert_eq!(said(json!({"whitelist": ["x"]}), "jack1"), message(403, "The consumer_name is forbidden."));
        let own = json!({"whitelist": ["x"], "rejected_code": 401, "rejected_msg": "no"});
        assert_eq!(said(own, "jack1"), message(401, "no"));
        for kind in ["consumer_name", "service_id", "route_id", "consumer_group_id"] {
            let text = format!("The request is rejected, please check the {kind} for this request");
            assert_eq!(said(json!({"type": kind, "blacklist": ["x"]}), "-"), message(401, &text));
        }
    }

    #[test]
    fn routes_and_services_have_names() {
        let kit = kit();
        kit.put(Kind::Service, "s", &json!({"upstream": {"nodes": {"127.0.0.1:1": 1}}}));
        kit.put(Kind::Route, "r", &json!({"uri": "/*", "service_id": "s"}));
        for (kind, name, admitted) in [("route_id", "r", true), ("service_id", "s", true), ("service_id", "r", false)] {
            let plugin = kit.plugin(NAME, json!({"type": kind, "whitelist": [name]}));
            let mut x = kit.exchange("GET / HTTP/1.1");
            kit.route(&mut x);
            assert_eq!(matches!(kit.access(&plugin, &mut x), Outcome::Next), admitted, "{kind} {name}");
        }
    }

    #[test]
    fn configurations() {
        let kit = kit();
        kit.refuses(NAME, json!({}), "object matches none of the required");
        kit.refuses(NAME, json!({"whitelist": []}), "expect array to have at least 1 items");
        kit.refuses(NAME, json!({"whitelist": ["a"], "rejected_code": 1000}), "expected 200 to 999");
        kit.refuses(NAME, json!({"blacklist": ["a"], "type": "name"}), "matches none of the enum values");
    }
}

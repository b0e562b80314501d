//! `dubbo-bridge`: JSON over HTTP becomes a call of a Dubbo service, its result JSON again.

mod answer;
mod conf;
mod overload;
mod request;

use std::sync::Arc;

use gateway_dubbo_codec::generic::{Argument, GenericCall, Mode};
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::plugin::{Build, Definition, Exit, Flow, Phases, Plugin, Step};
use gateway_engine::upstream::{ServiceKey, Services};
use gateway_engine::worker::now_ms;
use gateway_model::plugin::PluginSpec;
use serde_json::Value;

use self::answer::Told;
use self::conf::{Attachments, Parameter};
use self::overload::Meant;
use super::dubbo::described::Described;
use super::dubbo::{self, Named, Target, refusal};
use crate::docs::{Doc, Example};

const NAME: &str = "dubbo-bridge";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| conf::compile(conf).map(drop)),
            ..PluginSpec::new(NAME, 503, include_str!("../schemas/dubbo-bridge.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| {
            let services = Some(build.states.get::<Services>());
            Ok(Arc::new(DubboBridge { services, ..conf::compile(build.conf)? }))
        },
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Calls Dubbo services with JSON over HTTP. The nodes of the route's upstream are Dubbo providers (protocol Dubbo2); its scheme \
            is `dubbo`. The call is a generic one in hessian2, which needs no types of parameters: the provider finds the method by its \
            name, and converts the arguments. Only where a method has several forms it has to be told their types: where the upstream's nodes \
            come from a registry that describes the service (ZooKeeper, Nacos), the form is chosen that the arguments fit; elsewhere, and \
            where several fit, `parameters` tell. Where the registry describes the service, a number that a parameter, or a field or item within it, \
            does not hold (`3000000000` or `1.5` for an `int`) is refused: the provider would cut it and say nothing. So is a number of arguments that no method of the \
            name takes, and what no provider makes a value of the type of (an object for a text).\n\n\
            Without configuration, a request for `/<interface>/<method>` (the last two segments of its path) calls that method; a JSON \
            array in the body is the list of arguments, any other JSON the one argument, no body none. `parameters` takes them from \
            elsewhere. What `type` says is checked here, and converted: texts to numbers and the reverse, ISO 8601 to `java.util.Date`, \
            base64 to `[B`, numbers to `java.math.BigDecimal` and `java.math.BigInteger` by their digits, however many (up to 1024) and however large (`1e400`).\n\n\
            A result answers with 200 and its JSON: numbers with all their digits, dates and the types of `java.time` in ISO 8601, bytes in \
            base64, enums by name; nothing and null are `null`. An exception answers with `{\"exception\", \"message\"}`, never with \
            the trace of its stack, and the status that `exceptions` gives its class, else 500 (an `RpcException` one by its code). A \
            call that has not come to its method answers with 5xx (an unknown method with 404) and Dubbo's own status as \
            `dubbo_status`; what the provider says of it is written to the error log, and the answer has a line of its own where the reason is known (the provider does not \
            have the service, cannot convert an argument), which names no more of the service than the client has. A request that is no call answers with 400 and what is wrong with which \
            argument.\n\n\
            No client chooses where a call goes beyond what the route leaves open: a path that names a second interface in front is answered with 404, and so is one \
            that names another than the registry's service whose nodes the upstream has; fields of a request become attachments only as \
            configured, and never `path`, `interface`, `generic` or, by a prefix, any other name that providers act upon.",
    fields: &[
        ("service", "Full name of the interface. Without it, the last segment but one of the path."),
        ("method", "The method. Without it, the last segment of the path."),
        ("version", "Version of the service."),
        ("group", "Group of the service."),
        ("parameters", "Where the arguments come from, in the order of the method's parameters."),
        (
            "parameters[].from",
            "`path` (a segment), `query`, `header`, `cookie`, or `body`: all of it, or the member that `name` names.",
        ),
        (
            "parameters[].name",
            "Its name there. In the path the number of the segment, from 1, or the name of a part where the router takes such \
             (`radixtree_uri_with_parameter`); in the body with dots: `customer.address.0.city`.",
        ),
        (
            "parameters[].type",
            "Java type of the parameter, as in source (`int`, `java.util.Date`, `org.acme.Order`, `java.util.List`) or as `Class.getName` \
             has it (`[B`). Where all parameters have one, the provider chooses among methods of the same name by them.",
        ),
        ("parameters[].required", "A request without it is refused with 400; else it is `default`, or null."),
        ("parameters[].default", "What it is in a request that does not have it."),
        ("attachments", "Attachments of the call."),
        ("attachments.headers", "Fields of the request, and the names of the attachments that they become."),
        (
            "attachments.prefix",
            "Fields whose names begin so become attachments of the rest of their name, in lower case.",
        ),
        ("attachments.values", "Attachments and their values, which may hold variables: `$consumer_name`."),
        (
            "generic",
            "How the provider shows the result: `raw.return` as it is; `true` as maps, for old providers; `gson`: arguments and result \
             are JSON that the provider reads and writes itself.",
        ),
        ("dates", "How points in time are shown: `iso` (in UTC) or `epoch_ms`."),
        ("long_as_string", "Integers beyond ±2^53, which JavaScript cannot hold, are texts."),
        (
            "beans",
            "Classes with one field `name` that are no enums: with `raw.return` nothing else tells the two apart, and an enum is \
             shown as its name.",
        ),
        (
            "class_keys",
            "Objects of a request may have a member `class`, by which the provider chooses a class to make. Leave it off for clients \
             that are not trusted.",
        ),
        (
            "exceptions",
            "Statuses by class of exception; `*` stands for any part of a name. An exact name goes first, then the longer.",
        ),
        ("include_exception_class", "Whether an answer names the class of its exception."),
        (
            "timeout_ms",
            "How long the call may take, also told to the provider; 0: as long as the route's timeouts allow.",
        ),
        ("max_req_body_size", "Longest body of a request, in bytes; a longer one is answered with 413."),
        ("max_resp_body_size", "Longest JSON of an answer, in bytes; a longer one is answered with 502."),
    ],
    example: Example {
        about: "It needs a Dubbo provider on port 20880 that serves `org.acme.Greeter`, with the methods `sayHello(String name)` and \
                `greet(String name, int times)`.",
        objects: &[
            (
                "routes/example",
                r#"{
  "uri": "/org.acme.Greeter/*",
  "upstream": {"scheme": "dubbo", "nodes": {"127.0.0.1:20880": 1}},
  "plugins": {"dubbo-bridge": {}}
}"#,
            ),
            (
                "routes/greet",
                r#"{
  "uri": "/greetings/*",
  "upstream": {"scheme": "dubbo", "nodes": {"127.0.0.1:20880": 1}},
  "plugins": {
    "dubbo-bridge": {
      "service": "org.acme.Greeter",
      "method": "greet",
      "parameters": [
        {"from": "path", "name": "2", "type": "java.lang.String"},
        {"from": "query", "name": "times", "type": "int", "default": 1}
      ]
    }
  }
}"#,
            ),
        ],
        requests: r#"$ curl -s http://127.0.0.1:9080/org.acme.Greeter/sayHello -d '["world"]'; echo
"hello world"
$ curl -s 'http://127.0.0.1:9080/greetings/Ada?times=2'; echo
"greet Ada;greet Ada;"
$ curl -s 'http://127.0.0.1:9080/greetings/Ada?times=often'
{"error_msg":"query argument \"times\": expected a whole number of 32 bits for int, found another text"}"#,
    },
};

pub(super) struct DubboBridge {
    service: Option<Box<str>>,
    method: Option<Box<str>>,
    version: Box<str>,
    group: Box<str>,
    parameters: Option<Vec<Parameter>>,
    needs_body: bool,
    attachments: Attachments,
    mode: Mode,
    class_keys: bool,
    timeout_ms: u64,
    timeout_text: Box<str>,
    limit: usize,
    told: Arc<Told>,
    /// Who knows the methods of services; `None`: nobody.
    services: Option<Arc<Services>>,
}

impl DubboBridge {
    fn call(&self, x: &mut Exchange) -> Result<(), Box<Exit>> {
        let path = String::from_utf8_lossy(x.path()).into_owned();
        let (interface, method) =
            self.names(&path).ok_or_else(|| refusal(404, "the path does not end in /<interface>/<method>"))?;
        if self.service.is_none() && overload::is_other(x, interface) {
            return Err(refusal(404, "the nodes of the route's upstream are of another service"));
        }
        let attached = self.attachments.of(x)?;
        let (version, group) = (attached.version.as_deref(), attached.group.as_deref());
        let named = Named { interface: self.service.is_none(), version: version.is_some(), group: group.is_some() };
        let (version, group) = (version.unwrap_or(&self.version), group.unwrap_or(&self.group));
        let body = match self.needs_body {
            true => dubbo::body(x, self.limit)?,
            false => None,
        };
        let values = match &self.parameters {
            Some(parameters) => request::arguments(x, parameters, body.as_ref())?,
            None => request::by_default(body),
        };
        let described = overload::key(x, interface).and_then(overload::known).flatten();
        let meant = described.as_deref().map(|of| self.meant(of, method, &values)).transpose()?.unwrap_or_default();
        let configured = |n: usize| self.parameters.as_ref().and_then(|all| all.get(n)?.kind.as_deref());
        let kind = |n: usize| match &meant.told {
            Some(types) => types.get(n).map(|kind| &**kind),
            None => configured(n),
        };
        let of = |n: usize| Some((meant.of?.get(n)?, described.as_deref()?.types()));
        let argument = |(n, value)| Argument { value, kind: kind(n), of: of(n) };
        let arguments: Vec<_> = values.iter().enumerate().map(argument).collect();
        let call = GenericCall { interface, version, group, method, mode: self.mode, class_keys: self.class_keys };
        let timeout = (self.timeout_ms > 0).then_some(("timeout", &*self.timeout_text));
        let all = attached.all.iter().map(|(key, value)| (&**key, &**value)).chain(timeout);
        let body = call.body(&arguments, all).map_err(|bad| {
            let label = self.parameters.as_ref().and_then(|all| all.get(bad.number)).map(|p| p.label.to_string());
            let label = label.unwrap_or_else(|| format!("argument {}", bad.number + 1));
            refusal(400, &format!("{label}: {}", bad.why))
        })?;
        dubbo::send(x, &Target { interface, method, version, group }, body, Arc::clone(&self.told) as _)?;
        dubbo::named(x, named);
        if self.timeout_ms > 0 {
            let until = now_ms().saturating_add(self.timeout_ms);
            x.req.until_ms = if x.req.until_ms == 0 { until } else { until.min(x.req.until_ms) };
        }
        Ok(())
    }

    /// The method of a service that its registry describes: with `parameters` the only one that they fit, else the one that the
    /// arguments do.
    fn meant<'d>(&self, of: &'d Described, method: &str, values: &[Value]) -> Result<Meant<'d>, Box<Exit>> {
        let Some(parameters) = &self.parameters else {
            return overload::meant(of, method, values).map_err(|why| refusal(400, &why));
        };
        let types: Option<Vec<&str>> = parameters.iter().map(|parameter| parameter.kind.as_deref()).collect();
        Ok(Meant { told: None, of: of.only(method, values.len(), types.as_deref()) })
    }

    /// The service that its registry is to describe before it is called.
    fn undescribed(&self, x: &Exchange) -> Option<ServiceKey> {
        let path = String::from_utf8_lossy(x.path());
        let (interface, _) = self.names(&path)?;
        overload::key(x, interface).filter(|key| overload::known(key).is_none()).cloned()
    }

    /// Interface and method: those of the configuration, else the last two segments of the path.
    fn names<'a>(&'a self, path: &'a str) -> Option<(&'a str, &'a str)> {
        let mut segments = path.rsplit('/');
        let method = match &self.method {
            Some(method) => method,
            None => segments.next().filter(|method| dubbo::is_method(method))?,
        };
        let interface = match &self.service {
            Some(service) => service,
            None => {
                let interface = segments.next().filter(|interface| dubbo::is_interface(interface))?;
                // A route for one interface is not to be a way to another behind it.
                if segments.any(|before| before.contains('.') && dubbo::is_interface(before)) {
                    return None;
                }
                interface
            }
        };
        Some((interface, method))
    }
}

impl Plugin for DubboBridge {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if x.req.call.is_some() {
            // From a consumer: it is a call already.
            return Step::Next;
        }
        if x.req.grpc {
            // Of a consumer of Triple, which names its service itself; not where the configuration does.
            return match (&self.service, &self.method) {
                (None, None) => Step::Next,
                _ => Step::Exit(refusal(415, "this route takes JSON, and no calls of gRPC or Triple")),
            };
        }
        if x.req.collected.is_none() && x.req.framing != Framing::None {
            return Step::Body(self.limit);
        }
        if let Some(services) = &self.services
            && let Some(key) = self.undescribed(x)
        {
            return Step::wait(async move {
                overload::ask(services, key).await;
                match self.call(x) {
                    Ok(()) => Flow::Next,
                    Err(exit) => Flow::Exit(exit),
                }
            });
        }
        match self.call(x) {
            Ok(()) => Step::Next,
            Err(exit) => Step::Exit(exit),
        }
    }
}

#[cfg(test)]
mod tests;

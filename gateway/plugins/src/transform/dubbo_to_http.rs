//! `dubbo-to-http`: calls of Dubbo consumers become requests of an HTTP service with JSON, its answers results.

mod answer;
mod call;
mod conf;
mod request;
mod template;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use gateway_dubbo_codec::frame::Status;
use gateway_dubbo_codec::json::Types;
use gateway_dubbo_codec::result::Form;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{self, Exchange, Origin, Reply, Version};
use gateway_engine::headers::name;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_engine::upstream::Scheme;
use gateway_model::plugin::PluginSpec;

use self::answer::Head;
use self::call::{Call, Refused, Shown};
use self::conf::Method;
use super::dubbo::refusal;
use crate::docs::{Doc, Example};

const NAME: &str = "dubbo-to-http";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| conf::compile(conf).map(drop)),
            ..PluginSpec::new(NAME, 502, include_str!("../schemas/dubbo-to-http.json"))
        },
        phases: Phases::ACCESS | Phases::BEFORE_PROXY | Phases::HEADER_FILTER | Phases::BODY_FILTER,
        build: |build: &Build<'_>| Ok(Arc::new(conf::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Calls an HTTP service with JSON for consumers of Dubbo2, who know nothing of HTTP. The nodes of the route's upstream are \
            HTTP servers; its scheme is `http` or `https`. Calls come from a Dubbo listener (`gateway.dubbo.listen`) in hessian2, \
            generic ones too (`true`, `raw.return`, `gson`). Whatever else comes to the route, and a call whose upstream speaks Dubbo, \
            passes as it is.\n\n\
            Without configuration, a call is a `POST` to `/<interface>/<method>`. Of its arguments, none is no body, one is the body \
            itself, and several are an array, or an object where `parameters` names them. A `GET` or `DELETE` has no body: named \
            arguments go into its query. In `path`, `query`, `headers` and `body`, `{0}` is the first argument, `{id}` the one that is \
            named so, `{order.items.0.sku}` what stands in it, `{@tenant}` an attachment, `{interface}` and `{method}` what they say. In a \
            path a value is percent-encoded, so that it stays one segment, and must not be empty. Attachments are fields of the \
            request, but for those that say how the call is made.\n\n\
            Dates become ISO 8601 in UTC, enums their names, beans objects, bytes base64. The answer's JSON becomes what `returns` says: \
            the exact type, in which numbers keep all their digits. Nothing is made to fit: an answer that is no value of it is an \
            exception, and says where. Without `returns` it is what JSON says: int, long, double, `BigInteger`, `BigDecimal`, text, \
            `ArrayList`, `HashMap`. An empty answer (204) is null. An answer that is no JSON is a text, where that is what the method \
            returns (`text/…`), or bytes (any other type, `byte[]`).\n\n\
            A status from 300 on is an exception: the one of `exceptions`, or an `RpcException` with a code: 400, 413, 414, 415 and 422 \
            validation (12), 401 and 407 authorization (13), 403 forbidden (4), 405 and 501 method not found (11), 408 and 504 timeout \
            (2), 429 limit exceeded (7), 502 network (1), 503 no invoker available (6), all others business (3). Its message is \
            that of the answer's JSON, else the status. A consumer's timeout holds for the request, too. Requests are \
            tried again as others are by their HTTP method; what one-way calls bring back is dropped.",
    fields: &[
        ("methods", "Methods that are called in another way than all others."),
        ("methods[].name", "Its name."),
        (
            "methods[].types",
            "Types of its parameters as `Class.getName` has them, where there are several of this name.",
        ),
        ("methods[].http_method", "As `http_method`, for this one."),
        ("methods[].path", "As `path`, for this one."),
        ("methods[].parameters", "Names of its arguments, in their order."),
        ("methods[].query", "Query arguments and what is in them. What is null is left out; a list is repeated."),
        ("methods[].headers", "Fields and what is in them. What is null is left out."),
        ("methods[].body", "As `body`; or one argument, or what stands in it, in braces: `{order}`, `{0.items}`."),
        (
            "methods[].returns",
            "Java type of its result: as in source with full names (`int`, `String`, `java.math.BigDecimal`, \
             `java.util.List<org.acme.Order>`, `java.util.Map<java.lang.Integer, String>`, `long[]`), `void` where nothing is returned. \
             There are the types of `java.lang`, `BigDecimal`, `BigInteger`, `Date`, `UUID`, `java.sql`, of `java.time` `Instant`, \
             `Duration`, `LocalDate`, `LocalTime`, `LocalDateTime`, `OffsetDateTime` and `ZonedDateTime`, lists, sets, queues, maps, and classes of one's \
             own.",
        ),
        ("methods[].exceptions", "As `exceptions`, for this one; what it says goes first."),
        (
            "classes",
            "Classes that results and exceptions have: by full name, either `\"enum\"` or an object of field names and types. Fields \
             that are not told are what JSON says.",
        ),
        ("http_method", "HTTP method of the requests."),
        ("path", "Path of the requests. Without it, `/<interface>/<method>`, or what `proxy-rewrite` has made of it."),
        (
            "body",
            "What is in the body: `auto` as said above, `array` all arguments, `object` those without another place by their names, `none` \
             nothing.",
        ),
        (
            "exceptions",
            "Classes of exceptions by status: `404`, `4xx`, `*`. The class must be known to consumers; members of the answer's JSON that \
             `classes` declares for it become its fields.",
        ),
        ("exception_member", "Member of an error's JSON that names the class of the exception."),
        (
            "exception_classes",
            "Classes that it may name, or packages: `org.acme.*`. Any other is what `exceptions` says.",
        ),
        (
            "message_member",
            "Member of an error's JSON that is the exception's message. Without it, the first of `message`, `error_msg`, `detail`, \
             `error_description`, `error` and `title` that is there.",
        ),
        ("dates", "How points in time are shown in requests: `iso` (in UTC) or `epoch_ms`."),
        ("bytes", "How arrays of bytes are shown in requests: `base64`, or an `array` of numbers from -128 to 127."),
        ("long_as_string", "Integers beyond ±2^53, which JavaScript cannot hold, are texts in requests."),
        (
            "beans",
            "Classes with one field `name` that are no enums: nothing else tells the two apart, and an enum is shown as its name.",
        ),
        ("max_req_body_size", "Longest JSON of a call's arguments, in bytes; a longer one is refused."),
        ("max_resp_body_size", "Longest body of an answer, in bytes; a longer one is an exception."),
    ],
    example: Example {
        about: "The gateway listens for Dubbo on port 20881 (`gateway.dubbo.listen`). A route stands for the HTTP service, and another one, with \
                [`dubbo-bridge`](dubbo-bridge.md), for a consumer.",
        objects: &[
            (
                "routes/orders",
                r#"{
  "uri": "/orders/7",
  "plugins": {
    "mocking": {"content_type": "application/json", "response_example": "{\"id\": 7, \"total\": 39.90, \"status\": \"PAID\"}"}
  }
}"#,
            ),
            (
                "routes/no-order",
                r#"{
  "uri": "/orders/8",
  "plugins": {
    "mocking": {"response_status": 404, "content_type": "application/json", "response_example": "{\"message\": \"no order 8\"}"}
  }
}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/org.acme.Orders/*",
  "upstream": {"scheme": "http", "nodes": {"127.0.0.1:9080": 1}},
  "plugins": {
    "dubbo-to-http": {
      "methods": [
        {"name": "find", "http_method": "GET", "path": "/orders/{0}", "returns": "org.acme.Order"}
      ],
      "classes": {
        "org.acme.Order": {"id": "long", "total": "java.math.BigDecimal", "status": "org.acme.Status"},
        "org.acme.Status": "enum"
      },
      "exceptions": {"404": "org.acme.NoSuchOrder"}
    }
  }
}"#,
            ),
            (
                "routes/consumer",
                r#"{
  "uri": "/call/*",
  "upstream": {"scheme": "dubbo", "nodes": {"127.0.0.1:20881": 1}},
  "plugins": {"dubbo-bridge": {}}
}"#,
            ),
        ],
        requests: r#"$ curl -s http://127.0.0.1:9080/call/org.acme.Orders/find -d '[7]'; echo
{"id":7,"total":39.90,"status":"PAID"}
$ curl -s http://127.0.0.1:9080/call/org.acme.Orders/find -d '[8]'; echo
{"exception":"org.acme.NoSuchOrder","message":"no order 8"}"#,
    },
};

pub(super) struct DubboToHttp {
    /// By name, or by name and types: `greet(java.lang.String,int)`.
    methods: HashMap<Box<str>, Arc<Method>>,
    /// Some are by their types, too.
    overloaded: bool,
    /// What holds for all others.
    other: Arc<Method>,
    types: Arc<Types>,
    shown: Shown,
    exception_member: Option<Box<str>>,
    exception_classes: Box<[Box<str>]>,
    message_member: Option<Box<str>>,
    limit: usize,
}

/// A call that this plugin has made a request of.
#[derive(Default)]
struct Pending(Option<Box<Asked>>);

struct Asked {
    method: Arc<Method>,
    form: Form,
    /// What has come of the answer, once its head has.
    answer: Option<(Head, Vec<u8>)>,
    too_long: bool,
}

impl DubboToHttp {
    /// The consumer's call that has to become a request; `None`: there is none, or its upstream speaks Dubbo.
    fn due(x: &Exchange) -> Option<exchange::Call> {
        let call = x.req.call.filter(|call| call.replies.is_none() && x.req.version == Version::Dubbo2)?;
        let scheme = x.upstream.upstream.as_ref()?.upstream().scheme;
        matches!(scheme, Scheme::Http | Scheme::Https).then_some(call)
    }

    fn method(&self, call: &Call) -> &Arc<Method> {
        let exact = || {
            let typed = format!("{}({})", call.method, call.types.join(","));
            self.methods.get(&*typed)
        };
        let found = self.overloaded.then(exact).flatten().or_else(|| self.methods.get(&*call.method));
        found.unwrap_or(&self.other)
    }

    fn send(&self, x: &mut Exchange, of: &exchange::Call) -> Result<(), Refused> {
        let call = call::read(x, of, &self.shown)?;
        let method = self.method(&call);
        request::fill(x, &call, method)?;
        if let Some(call) = &mut x.req.call {
            call.asked = true;
        }
        let asked = Asked { method: Arc::clone(method), form: call.form, answer: None, too_long: false };
        x.state::<Pending>().0 = Some(Box::new(asked));
        Ok(())
    }
}

impl Plugin for DubboToHttp {
    fn phases(&self) -> Phases {
        Phases::ACCESS | Phases::BEFORE_PROXY | Phases::HEADER_FILTER | Phases::BODY_FILTER
    }

    /// Says of which HTTP method the request is going to be: whether it may be tried again is judged before it is made.
    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let Some(call) = x.req.call.filter(|call| call.replies.is_none() && x.req.version == Version::Dubbo2) else {
            return Step::Next;
        };
        let name = String::from_utf8_lossy(x.req.head.text(call.method));
        let by_name = |key: &str| key.split('(').next().is_some_and(|key| *key == *name);
        let mut found = self.methods.iter().filter(|(key, _)| by_name(key)).map(|(_, method)| &method.http_method);
        let first = found.next().unwrap_or(&self.other.http_method);
        if found.all(|other| other == first) {
            x.set_upstream_method(first.as_bytes());
        }
        Step::Next
    }

    /// The request is made when its upstream is known, which another plugin may have chosen, and after a balancer has looked at the
    /// call's arguments.
    fn before_proxy<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if x.peek_state::<Pending>().is_some_and(|pending| pending.0.is_some()) {
            return Step::Next;
        }
        let Some(call) = DubboToHttp::due(x) else { return Step::Next };
        match self.send(x, &call) {
            Ok(()) => Step::Next,
            Err((status, why)) => Step::Exit(refusal(status, &why)),
        }
    }

    fn header_filter(&self, x: &mut Exchange) {
        if x.peek_state::<Pending>().is_none_or(|pending| pending.0.is_none()) {
            return;
        }
        let head = (x.resp.origin == Origin::Upstream).then(|| Head::of(&x.resp.head));
        if let Some(asked) = &mut x.state::<Pending>().0 {
            // An answer that broke off is none: the gateway's own follows it.
            (asked.answer, asked.too_long) = (head.map(|head| (head, Vec::new())), false);
        }
        if head.is_none() {
            return;
        }
        x.resp.body_will_change();
        x.resp.head_waits = true;
        x.resp.head.remove(name::CONTENT_TYPE);
        x.resp.head.remove(name::CONTENT_ENCODING);
    }

    fn body_filter(&self, x: &mut Exchange, piece: &mut Chunk, last: bool) {
        if x.peek_state::<Pending>().is_none() {
            return;
        }
        let Some(mut asked) = x.state::<Pending>().0.take() else { return };
        let Some((head, mut body)) = asked.answer.take() else {
            x.state::<Pending>().0 = Some(asked);
            return;
        };
        let arrived = std::mem::take(piece);
        asked.too_long |= body.len().saturating_add(arrived.len()) > self.limit;
        if asked.too_long {
            body = Vec::new();
        } else {
            body.extend_from_slice(arrived.as_slice());
        }
        if !last {
            asked.answer = Some((head, body));
            x.state::<Pending>().0 = Some(asked);
            return;
        }
        let told = match asked.too_long {
            true => self.too_long(x, asked.form),
            false => self.told(x, &asked.method, head, &body, asked.form),
        };
        x.resp.reply = Some(Reply { status: Status::Ok.code(), serialization: 2, threw: told.threw, declined: false });
        *piece = Chunk::from(Bytes::from(told));
    }
}

#[cfg(test)]
mod tests;

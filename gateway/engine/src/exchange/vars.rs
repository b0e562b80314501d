//! Variables of an exchange: computed when asked, borrowed from the block where they lie in it.

use std::borrow::Cow;
use std::net::SocketAddr;

use crate::exchange::{Exchange, Version};
use crate::expr::body::BodyDoc;
use crate::expr::graphql::{self, Operation};
use crate::expr::{HeaderVar, Lookup, Value, Var, args};
use crate::grpc;
use crate::headers::{Headers, Name, name};
use crate::worker::now_ms;

/// Fields by which Triple says what service a call is for, and who calls.
const TRI_VERSION: Name<'static> = Name::from_parts(0, b"tri-service-version");
const TRI_GROUP: Name<'static> = Name::from_parts(0, b"tri-service-group");
const TRI_APPLICATION: Name<'static> = Name::from_parts(0, b"tri-consumer-appname");

impl Lookup for Exchange {
    fn var(&self, var: &Var) -> Option<Value<'_>> {
        match var {
            Var::Arg(name) => self.arg(name).map(Value::from),
            Var::Http(name) => header(&self.req.head, name)
                .or_else(|| self.latent_field(name).map(Value::from))
                .or_else(|| self.forwarding_var(name)),
            Var::Cookie(name) => {
                self.req.head.get_all(name::COOKIE).find_map(|line| args::cookie(line, name)).map(Value::from)
            }
            Var::PostArg(name) => self.body_doc()?.form_field(name),
            Var::PostArgPath(path) => self.body_doc()?.path(path),
            Var::UriParam(name) => self.captures.get(name).map(Value::from),
            Var::SentHttp(name) | Var::UpstreamHttp(name) => header(&self.resp.head, name),
            Var::Custom(name) => self.custom_var(name).map(Value::from),
            Var::DubboAttachment(name) => match self.req.call {
                Some(_) => self.attachment(name).map(Value::from),
                // Triple's fields are its attachments, whose names are in lower case there.
                None => self.triple_field(Name::new(name)?).map(Value::from),
            },
            Var::DubboArg(number) => self.argument(*number).map(Value::from),
            Var::GraphqlName | Var::GraphqlOperation | Var::GraphqlRootFields => self.graphql_var(var),
            _ => self
                .request_var(var)
                .or_else(|| self.connection_var(var))
                .or_else(|| self.matched_var(var))
                .or_else(|| self.upstream_var(var))
                .or_else(|| self.answer_var(var))
                .or_else(|| self.custom_var(&var.name()).map(Value::from)),
        }
    }
}

impl Exchange {
    /// What is in the request itself.
    fn request_var(&self, var: &Var) -> Option<Value<'_>> {
        let head = &self.req.head;
        Some(match var {
            Var::Method | Var::RequestMethod => self.told(self.method())?,
            Var::Uri | Var::DocumentUri => self.told(self.path())?,
            Var::RequestUri if self.req.refused.is_some() => self.told(head.text(self.req.target))?,
            Var::RequestUri => self.normal_target(),
            Var::RealRequestUri => self.told(head.text(self.req.target))?,
            Var::QueryString | Var::Args => {
                if !self.req.has_query {
                    return None;
                }
                self.query().into()
            }
            Var::IsArgs => if self.req.has_query { "?" } else { "" }.into(),
            Var::Host => self.told(self.host())?,
            Var::ServerName => "_".into(),
            Var::ServerProtocol => self.version_text().into(),
            Var::Request | Var::RequestLine => match self.req.refused {
                Some(line) => self.told(head.text(line))?,
                None => self.request_line().into(),
            },
            Var::RequestLength => Value::Int(self.req.received),
            Var::RequestBody => {
                let body = self.req.collected.as_ref()?;
                Value::from(&body[..])
            }
            Var::ContentLength => match self.req.framing {
                super::Framing::Length(n) => Value::Int(n),
                _ => return head.get(name::CONTENT_LENGTH).map(Value::from),
            },
            Var::ContentType => head.get(name::CONTENT_TYPE)?.into(),
            Var::HttpCookieLine => head.get(name::COOKIE)?.into(),
            Var::RemoteUser => basic_user(head.get(name::AUTHORIZATION)?)?.into(),
            Var::OriginalXForwardedFor => head.get(name::X_FORWARDED_FOR)?.into(),
            Var::ProxyAddXForwardedFor => self.forwarded_for().into(),
            Var::GrpcService => self.grpc_names()?.0.into(),
            Var::GrpcMethod => self.grpc_names()?.1.into(),
            Var::DubboInterface | Var::DubboMethod | Var::DubboVersion | Var::DubboGroup | Var::DubboApp => {
                return self.dubbo_var(var);
            }
            _ => return None,
        })
    }

    /// What service a call is for, of Dubbo2 or of Triple.
    fn dubbo_var(&self, var: &Var) -> Option<Value<'_>> {
        if self.req.call.is_none() {
            return self.triple_var(var);
        }
        Some(match var {
            Var::DubboInterface => self.call_text(|call| call.interface)?.into(),
            Var::DubboMethod => self.call_text(|call| call.method)?.into(),
            Var::DubboVersion => self.call_text(|call| call.version)?.into(),
            Var::DubboGroup => self.call_text(|call| call.group)?.into(),
            Var::DubboApp => self.attachment(b"remote.application")?.into(),
            _ => return None,
        })
    }

    /// The same of Triple, which is gRPC with fields of its own.
    fn triple_var(&self, var: &Var) -> Option<Value<'_>> {
        Some(match var {
            Var::DubboInterface => self.grpc_names()?.0.into(),
            Var::DubboMethod => self.grpc_names()?.1.into(),
            // Providers take it for none.
            Var::DubboVersion => self.triple_field(TRI_VERSION).filter(|version| *version != b"0.0.0")?.into(),
            Var::DubboGroup => self.triple_field(TRI_GROUP)?.into(),
            Var::DubboApp => self.triple_field(TRI_APPLICATION)?.into(),
            _ => return None,
        })
    }

    /// A field of a call of Triple's: any gRPC call may be one. No field of another request counts: its upstream takes it for nothing.
    fn triple_field(&self, name: Name<'_>) -> Option<&[u8]> {
        self.grpc_names()?;
        self.req.head.get(name).filter(|value| !value.is_empty())
    }

    /// The service and method of a call, gRPC-Web's too.
    fn grpc_names(&self) -> Option<(&[u8], &[u8])> {
        let kind = self.req.head.get(name::CONTENT_TYPE)?;
        let calls = self.req.grpc || kind.starts_with(b"application/grpc");
        if calls { grpc::names(self.path()) } else { None }
    }

    /// A part of the request; of a refused one there may be none.
    fn told<'a>(&self, text: &'a [u8]) -> Option<Value<'a>> {
        (!text.is_empty() || self.req.refused.is_none()).then(|| text.into())
    }

    /// What the connection tells.
    fn connection_var(&self, var: &Var) -> Option<Value<'_>> {
        let conn = &self.conn;
        Some(match var {
            Var::RemoteAddr => self.client_text(),
            Var::RemotePort => Value::Int(self.client_addr.unwrap_or(conn.peer).port().into()),
            Var::BinaryRemoteAddr => match self.remote_addr() {
                std::net::IpAddr::V4(ip) => ip.octets().to_vec().into(),
                std::net::IpAddr::V6(ip) => ip.octets().to_vec().into(),
            },
            Var::RealipRemoteAddr => conn.peer_text().into(),
            Var::RealipRemotePort => Value::Int(conn.peer.port().into()),
            Var::ServerAddr => conn.local.ip().to_string().into(),
            Var::ServerPort => Value::Int(conn.local.port().into()),
            Var::Scheme => conn.scheme().into(),
            Var::Https => if conn.tls { "on" } else { "" }.into(),
            Var::Connection => Value::Int(conn.id),
            Var::ConnectionRequests => Value::Int(conn.requests.get()),
            Var::Http2 => match (self.req.version, conn.tls) {
                (Version::Http2, true) => "h2",
                (Version::Http2, false) => "h2c",
                _ => "",
            }
            .into(),
            Var::ProxyProtocolAddr => {
                conn.proxy_peer?;
                conn.peer_text().into()
            }
            Var::ProxyProtocolPort => {
                conn.proxy_peer?;
                Value::Int(conn.peer.port().into())
            }
            Var::Hostname => hostname().into(),
            Var::Pid => Value::Int(std::process::id().into()),
            other => return conn.session.as_ref()?.var(other),
        })
    }

    /// What routing and authentication found.
    fn matched_var(&self, var: &Var) -> Option<Value<'_>> {
        let local = self.route.as_ref();
        Some(match var {
            Var::RouteId => (&*local?.route.id).into(),
            Var::RouteName => local?.route.name.as_deref()?.into(),
            Var::ServiceId => (&*local?.service.as_ref()?.id).into(),
            Var::ServiceName => local?.service.as_ref()?.name.as_deref()?.into(),
            Var::ConsumerName => self.consumer.as_ref()?.username().into(),
            Var::ConsumerGroupId => self.consumer.as_ref()?.group_id()?.into(),
            _ => return None,
        })
    }

    /// What is known of the upstream.
    fn upstream_var(&self, var: &Var) -> Option<Value<'_>> {
        let node = self.upstream.node.as_ref();
        Some(match var {
            Var::BalancerIp => node?.addr.ip().to_string().into(),
            Var::BalancerPort => Value::Int(node?.addr.port().into()),
            Var::UpstreamUnresolvedHost => crate::upstream::without_port(node?.host_header()).into(),
            Var::UpstreamAddr => self.each_try(|x, node, _| (x.addr_text(node), ()))?.into(),
            Var::UpstreamStatus => self.each_try(|_, _, status| (status.to_string(), ()))?.into(),
            Var::UpstreamScheme => {
                let upstream = self.upstream.upstream.as_ref()?;
                upstream.upstream().scheme.as_str().into()
            }
            Var::UpstreamHost => self.told(self.upstream_host())?,
            Var::UpstreamUri => self.told(self.upstream_target())?,
            Var::UpstreamResponseTime => seconds(self.times.upstream_ms(self.times.upstream_end_us)?).into(),
            Var::UpstreamHeaderTime => seconds(self.times.upstream_ms(self.times.headers_us)?).into(),
            Var::UpstreamConnectTime => seconds(self.times.upstream_ms(self.times.connected_us)?).into(),
            Var::ApisixUpstreamResponseTime => seconds(self.times.upstream_ms(self.times.upstream_end_us)?).into(),
            _ => return None,
        })
    }

    /// What is known of the answer, and the time.
    fn answer_var(&self, var: &Var) -> Option<Value<'_>> {
        Some(match var {
            Var::Status => Value::Int(match self.resp.status {
                0 => return None,
                status => status.into(),
            }),
            Var::GrpcStatus => Value::Int(self.resp.grpc_status?.into()),
            Var::DubboStatus => Value::Int(self.resp.reply?.status.into()),
            Var::DubboThrew => if self.resp.reply?.threw { "true" } else { "false" }.into(),
            Var::BytesSent => Value::Int(self.resp.sent),
            Var::BodyBytesSent => Value::Int(self.resp.body_sent),
            Var::RequestTime => {
                let end = if self.times.end_ms > 0 { self.times.end_ms } else { now_ms() };
                seconds(end.saturating_sub(self.times.start_ms)).into()
            }
            Var::RequestCompletion => if self.resp.finished { "OK" } else { "" }.into(),
            Var::RateLimitingInfo => self.rate_limit_json()?.into(),
            Var::RequestType => return Some(self.custom_var("request_type").unwrap_or(b"traditional_http").into()),
            Var::Msec => {
                let now = unix_ms();
                format!("{}.{:03}", now / 1000, now % 1000).into()
            }
            Var::TimeIso8601 => crate::exchange::time::iso8601(unix_ms() / 1000).into(),
            Var::TimeLocal => crate::exchange::time::common_log(unix_ms() / 1000).into(),
            _ => return None,
        })
    }

    fn rate_limit_json(&self) -> Option<Vec<u8>> {
        let said = self.rate_limit?;
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(b"{\"rate_limiting_key\":");
        crate::expr::json::write_string(self.req.head.text(said.key), &mut out);
        let reset = said.reset_cs;
        let numbers = format!(
            ",\"rate_limiting_limit\":{},\"rate_limiting_remaining\":{},\"rate_limiting_reset\":{}.{:02}}}",
            said.limit,
            said.remaining,
            reset / 100,
            reset % 100
        );
        out.extend_from_slice(numbers.as_bytes());
        Some(out)
    }

    /// The client's address as text.
    pub fn client_text(&self) -> Value<'_> {
        match self.client_addr {
            None => self.conn.peer_text().into(),
            Some(addr) => addr.ip().to_string().into(),
        }
    }

    /// `X-Forwarded-For` as the upstream gets it: the received list with the client's address appended.
    pub fn forwarded_for(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for line in self.req.head.get_all(name::X_FORWARDED_FOR) {
            all.extend_from_slice(line);
            all.extend_from_slice(b", ");
        }
        self.client_text().write_to(&mut all);
        all
    }

    /// The header fields that the gateway sets for the upstream are there for plugins already.
    fn forwarding_var(&self, name: &HeaderVar) -> Option<Value<'_>> {
        Some(match name.name() {
            "x-real-ip" => self.client_text(),
            "x-forwarded-proto" => self.conn.scheme().into(),
            "x-forwarded-host" => self.authority().into(),
            "x-forwarded-port" => Value::Int(self.conn.local.port().into()),
            "x-forwarded-for" => self.client_text(),
            _ => return None,
        })
    }

    /// The normal path, escaped again, with the query as it came.
    fn normal_target(&self) -> Value<'_> {
        if self.req.path == self.req.target.slice(0, self.req.path.len()) {
            return self.req.head.text(self.req.target).into();
        }
        let mut out = Vec::with_capacity(self.req.target.len() + 8);
        crate::path::escape(self.path(), &mut out);
        if self.req.has_query {
            out.push(b'?');
            out.extend_from_slice(self.query());
        }
        out.into()
    }

    fn request_line(&self) -> Vec<u8> {
        let mut line = self.method().to_vec();
        line.push(b' ');
        line.extend_from_slice(self.req.head.text(self.req.target));
        line.push(b' ');
        line.extend_from_slice(self.version_text().as_bytes());
        line
    }

    fn version_text(&self) -> &'static str {
        match self.req.version {
            Version::Http10 => "HTTP/1.0",
            Version::Http11 => "HTTP/1.1",
            Version::Http2 => "HTTP/2.0",
            Version::Dubbo2 => "DUBBO/2.0",
        }
    }

    fn addr_text(&self, addr: SocketAddr) -> String {
        addr.to_string()
    }

    /// One text a try, joined as nginx joins them; `None` where nothing was tried.
    fn each_try(&self, text: impl Fn(&Exchange, SocketAddr, u16) -> (String, ())) -> Option<String> {
        let mut all = String::new();
        let mut push = |one: String| {
            if !all.is_empty() {
                all.push_str(", ");
            }
            all.push_str(&one);
        };
        for (node, status) in &self.upstream.failed {
            push(text(self, node.addr, *status).0);
        }
        if let Some(node) = &self.upstream.node
            && self.upstream.status != 0
        {
            push(text(self, node.addr, self.upstream.status).0);
        }
        (!all.is_empty()).then_some(all)
    }

    fn body_doc(&self) -> Option<&BodyDoc> {
        self.body_doc
            .get_or_init(|| {
                let body = self.req.collected.clone()?;
                let kind = self.req.head.get(name::CONTENT_TYPE)?;
                BodyDoc::parse(kind, body).map(Box::new)
            })
            .as_deref()
    }

    fn graphql_var(&self, var: &Var) -> Option<Value<'_>> {
        let operation = self.graphql.get_or_init(|| self.parse_graphql().map(Box::new)).as_deref()?;
        Some(match var {
            Var::GraphqlName => operation.name.as_str().into(),
            Var::GraphqlOperation => operation.kind.into(),
            _ => Value::List(operation.root_fields.iter().map(|f| f.as_str().into()).collect()),
        })
    }

    /// The document of a GraphQL request (`core/routing.md` §6).
    fn parse_graphql(&self) -> Option<Operation> {
        let limit = self.worker().with_settings(|s| s.graphql_bytes);
        let body = self.req.collected.as_deref().unwrap_or_default();
        if body.len() > limit {
            return None;
        }
        let kind = self.req.head.get(name::CONTENT_TYPE).unwrap_or_default();
        let document = graphql::document(self.method(), || self.arg(b"query"), kind, body)?;
        Operation::parse(&document, limit)
    }
}

/// A header by its name in a variable; several lines are joined by `, `.
fn header<'a>(head: &'a Headers, wanted: &HeaderVar) -> Option<Value<'a>> {
    let mut found: Option<Cow<'a, [u8]>> = None;
    let mut add = |value: &'a [u8]| {
        found = Some(match found.take() {
            None => Cow::Borrowed(value),
            Some(before) => {
                let mut all = before.into_owned();
                all.extend_from_slice(b", ");
                all.extend_from_slice(value);
                Cow::Owned(all)
            }
        });
    };
    match Name::new(wanted.name().as_bytes()) {
        Some(name) if name.id() != 0 && head.contains(name) => {}
        _ if !head.has_unknown() => return None,
        _ => {}
    }
    for (name, value) in head.iter() {
        if wanted.matches(name.text()) {
            add(value);
        }
    }
    found.map(Value::from)
}

/// The user of a `Basic` authorization.
fn basic_user(authorization: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine;
    let (scheme, rest) = authorization.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(rest.trim_ascii()).ok()?;
    let colon = memchr::memchr(b':', &decoded)?;
    Some(decoded.get(..colon)?.to_vec())
}

/// Milliseconds as seconds with three decimals.
fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// The wall clock, in milliseconds since 1970.
pub(crate) fn unix_ms() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}

fn hostname() -> &'static str {
    static NAME: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| String::new(), |s| s.trim().to_owned())
    });
    &NAME
}

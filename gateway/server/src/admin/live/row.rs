//! A finished request as `live/tap` shows it: one line of JSON, credentials masked, every part bounded.

use std::borrow::Cow;

use gateway_engine::exchange::{Exchange, Origin};
use gateway_engine::expr::json::write_string;
use gateway_engine::expr::{Value, Var};
use gateway_engine::headers::Headers;
use gateway_engine::pipeline::protocol_name;
use gateway_engine::watch::upstream_id;
use gateway_engine::worker::{clock_us, now_us};

use super::hidden;

/// Longest texts, in bytes, and most fields of a head.
const TARGET: usize = 2048;
const TEXT: usize = 1024;
const FIELDS: usize = 64;

/// What of a request is shown.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shown {
    pub(super) headers: bool,
    /// Bytes of each body.
    pub(super) body: usize,
}

/// A name as it stands in an object: behind a comma, with quotes and a colon. The first one loses the comma.
#[derive(Clone, Copy)]
struct Key(&'static [u8]);

macro_rules! key {
    ($name:literal) => {
        Key(concat!(",\"", $name, "\":").as_bytes())
    };
}

/// The line of a request that is over, at a time in milliseconds since 1970.
pub(super) fn of(x: &Exchange, shown: Shown, number: u64, unix_ms: u64) -> String {
    let mut row = Row { out: Vec::with_capacity(1024) };
    row.out.push(b'{');
    id(&mut row, x, number);
    row.name(key!("ts"));
    row.thousandths(unix_ms);
    row.text(key!("protocol"), protocol_name(x).as_bytes());
    client(&mut row, x);
    tls(&mut row, x);
    row.text(key!("method"), x.method());
    host(&mut row, x);
    row.text(key!("path"), &target(x));
    row.number(key!("status"), if x.resp.started { x.resp.status } else { 0 });
    row.maybe(key!("grpc_status"), x.resp.grpc_status);
    dubbo(&mut row, x);
    matched(&mut row, x);
    upstream(&mut row, x);
    times(&mut row, x);
    row.number(key!("rx"), x.req.received);
    row.number(key!("tx"), x.resp.sent);
    plugins(&mut row, x);
    row.or_null(key!("error"), error(x));
    if shown.headers {
        fields(&mut row, key!("req_headers"), x, &x.req.head);
        fields(&mut row, key!("resp_headers"), x, &x.resp.head);
    }
    if shown.body > 0 {
        bodies(&mut row, x, shown.body);
    }
    row.out.push(b'}');
    String::from_utf8(row.out).unwrap_or_default()
}

/// A JSON object that is being written.
struct Row {
    out: Vec<u8>,
}

impl Row {
    fn name(&mut self, key: Key) {
        let Key(key) = key;
        let first = matches!(self.out.last(), Some(b'{' | b'['));
        self.out.extend_from_slice(if first { key.get(1..).unwrap_or(key) } else { key });
    }

    fn string(&mut self, text: &[u8]) {
        match std::str::from_utf8(text) {
            Ok(text) => write_string(text.as_bytes(), &mut self.out),
            Err(_) => write_string(String::from_utf8_lossy(text).as_bytes(), &mut self.out),
        }
    }

    fn text(&mut self, name: Key, text: &[u8]) {
        self.name(name);
        self.string(text);
    }

    fn word(&mut self, name: Key, word: &str) {
        self.name(name);
        self.out.extend_from_slice(word.as_bytes());
    }

    fn null(&mut self, name: Key) {
        self.word(name, "null");
    }

    fn or_null(&mut self, name: Key, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text.as_bytes()),
            None => self.null(name),
        }
    }

    fn number(&mut self, name: Key, number: impl itoa::Integer) {
        self.name(name);
        self.digits(number);
    }

    fn digits(&mut self, number: impl itoa::Integer) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// A number with three decimals.
    fn thousandths(&mut self, number: u64) {
        self.digits(number / 1000);
        let [a, b, c] = [100, 10, 1].map(|unit| b"0123456789"[(number / unit % 10) as usize]);
        self.out.extend_from_slice(&[b'.', a, b, c]);
    }

    fn maybe(&mut self, name: Key, number: Option<u16>) {
        match number {
            Some(number) => self.number(name, number),
            None => self.null(name),
        }
    }

    fn ms(&mut self, name: Key, us: Option<u64>) {
        match us {
            Some(us) => {
                self.name(name);
                self.thousandths(us);
            }
            None => self.null(name),
        }
    }

    fn open(&mut self, name: Key, bracket: u8) {
        self.name(name);
        self.out.push(bracket);
    }

    fn close(&mut self, bracket: u8) {
        self.out.push(bracket);
    }
}

fn cut(text: &[u8], most: usize) -> &[u8] {
    text.get(..most).unwrap_or(text)
}

/// The id that the request goes by, else a number of its own.
fn id(row: &mut Row, x: &Exchange, number: u64) {
    match x.custom_var("apisix_request_id") {
        Some(id) => row.text(key!("id"), cut(id, TEXT)),
        None => {
            row.name(key!("id"));
            row.out.push(b'"');
            hexadecimal(x.conn.id, &mut row.out);
            row.out.push(b'-');
            hexadecimal(number, &mut row.out);
            row.out.push(b'"');
        }
    }
}

fn hexadecimal(number: u64, out: &mut Vec<u8>) {
    let digits = (u64::BITS - number.leading_zeros()).div_ceil(4).max(1);
    out.extend((0..digits).rev().map(|at| b"0123456789abcdef"[(number >> (4 * at) & 15) as usize]));
}

/// The client's address and port.
fn client(row: &mut Row, x: &Exchange) {
    match x.client_addr {
        Some(addr) => row.text(key!("client"), addr.to_string().as_bytes()),
        None => {
            let (ip, v6) = (x.conn.peer_text(), x.conn.peer.is_ipv6());
            row.name(key!("client"));
            row.out.extend_from_slice(if v6 { b"\"[" } else { b"\"" });
            row.out.extend_from_slice(ip);
            row.out.extend_from_slice(if v6 { b"]:" } else { b":" });
            row.digits(x.conn.peer.port());
            row.out.push(b'"');
        }
    }
}

/// The host in lower case, with the port where the request names one.
fn host(row: &mut Row, x: &Exchange) {
    row.text(key!("host"), cut(x.host(), TEXT));
    let port = x.authority().rsplit(|b| *b == b':').next().unwrap_or_default();
    if port.len() < x.authority().len() && (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit) {
        row.out.pop();
        row.out.push(b':');
        row.out.extend_from_slice(port);
        row.out.push(b'"');
    }
}

fn tls(row: &mut Row, x: &Exchange) {
    let Some(session) = x.conn.session.as_ref().filter(|_| x.conn.tls) else {
        return row.word(key!("tls"), if x.conn.tls { "{}" } else { "null" });
    };
    row.open(key!("tls"), b'{');
    if let Some(Value::Bytes(version)) = session.var(&Var::parse("ssl_protocol")) {
        row.text(key!("version"), version.strip_prefix(b"TLSv").unwrap_or(&version));
    }
    row.or_null(key!("sni"), session.server_name.as_deref());
    row.close(b'}');
}

/// Path and query as they came, but for their secrets.
fn target(x: &Exchange) -> Cow<'_, [u8]> {
    hidden::url(x, cut(x.req.head.text(x.req.target), TARGET))
}

fn dubbo(row: &mut Row, x: &Exchange) {
    let Some(call) = &x.req.call else { return row.null(key!("dubbo")) };
    row.open(key!("dubbo"), b'{');
    for (name, span) in [
        (key!("interface"), call.interface),
        (key!("method"), call.method),
        (key!("version"), call.version),
        (key!("group"), call.group),
    ] {
        row.text(name, cut(x.req.head.text(span), TEXT));
    }
    let reply = x.resp.reply;
    row.maybe(key!("status"), reply.map(|reply| reply.status.into()));
    row.word(key!("exception"), if reply.is_some_and(|reply| reply.threw) { "true" } else { "false" });
    row.close(b'}');
}

/// What routing and authentication found.
fn matched(row: &mut Row, x: &Exchange) {
    let local = x.route.as_ref();
    match local {
        None => row.null(key!("route")),
        Some(local) => {
            row.open(key!("route"), b'{');
            row.text(key!("id"), local.route.id.as_bytes());
            row.or_null(key!("name"), local.route.name.as_deref());
            row.close(b'}');
        }
    }
    row.or_null(key!("service"), local.and_then(|local| local.service.as_ref()).map(|service| &*service.id));
    row.or_null(key!("consumer"), x.consumer.as_ref().map(|found| found.username()));
}

fn upstream(row: &mut Row, x: &Exchange) {
    let Some(id) = upstream_id(x) else { return row.null(key!("upstream")) };
    let (connect, first) = x.times.waits_us();
    row.open(key!("upstream"), b'{');
    row.text(key!("id"), id.as_bytes());
    row.or_null(key!("node"), x.upstream.node.as_ref().map(|node| node.addr_text()));
    row.maybe(key!("status"), Some(x.upstream.status).filter(|status| *status != 0));
    row.number(key!("tries"), x.upstream.tries);
    row.ms(key!("connect_ms"), connect);
    row.ms(key!("first_byte_ms"), first);
    if !x.upstream.failed.is_empty() {
        row.open(key!("failed"), b'[');
        for (at, (node, status)) in x.upstream.failed.iter().take(FIELDS).enumerate() {
            if at > 0 {
                row.out.push(b',');
            }
            row.out.push(b'{');
            row.text(key!("node"), node.addr_text().as_bytes());
            row.maybe(key!("status"), Some(*status));
            row.out.push(b'}');
        }
        row.close(b']');
    }
    row.close(b'}');
}

fn times(row: &mut Row, x: &Exchange) {
    let total = clock_us().saturating_sub(x.times.start_us);
    let upstream = x.times.upstream_took_us(now_us()).map(|us| us.min(total));
    row.open(key!("ms"), b'{');
    row.ms(key!("total"), Some(total));
    row.ms(key!("upstream"), upstream);
    row.ms(key!("gateway"), Some(total - upstream.unwrap_or_default()));
    row.close(b'}');
}

fn plugins(row: &mut Row, x: &Exchange) {
    row.open(key!("plugins"), b'[');
    for (at, ran) in x.watched.ran(&x.chain, &x.globals).enumerate() {
        if at > 0 {
            row.out.push(b',');
        }
        row.out.push(b'{');
        row.text(key!("name"), ran.name.as_bytes());
        row.text(key!("phase"), ran.phase.as_bytes());
        row.ms(key!("ms"), Some(u64::try_from(ran.took.as_micros()).unwrap_or(u64::MAX)));
        match ran.exit {
            None => row.text(key!("verdict"), b"pass"),
            Some(status) => row.text(key!("verdict"), format!("exit {status}").as_bytes()),
        }
        row.out.push(b'}');
    }
    row.close(b']');
}

/// What went wrong between the two sides, in a few words.
fn error(x: &Exchange) -> Option<&'static str> {
    match (x.resp.origin, x.resp.status) {
        (_, 499) => Some("the client went away"),
        (Origin::Proxy, 504) => Some("the upstream did not answer in time"),
        (Origin::Proxy, _) => Some("no answer of the upstream"),
        _ if !x.resp.finished && x.upstream.status != 0 && !x.req.websocket => Some("the answer broke off"),
        _ => None,
    }
}

/// The fields of a head: a text, or a list where a name occurs more than once.
fn fields(row: &mut Row, name: Key, x: &Exchange, head: &Headers) {
    row.open(name, b'{');
    let mut told: Vec<(String, Vec<Cow<'_, [u8]>>)> = Vec::new();
    for (name, value) in head.iter().take(FIELDS) {
        let name = String::from_utf8_lossy(name.text()).to_ascii_lowercase();
        let value = hidden::field(x, &name, cut(value, TEXT));
        match told.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => told.push((name, vec![value])),
        }
    }
    for (at, (name, values)) in told.iter().enumerate() {
        if at > 0 {
            row.out.push(b',');
        }
        row.string(name.as_bytes());
        row.out.push(b':');
        match values.as_slice() {
            [one] => row.string(one),
            many => {
                row.out.push(b'[');
                for (at, value) in many.iter().enumerate() {
                    if at > 0 {
                        row.out.push(b',');
                    }
                    row.string(value);
                }
                row.out.push(b']');
            }
        }
    }
    row.close(b'}');
}

/// The beginnings of both bodies; null where they are not known.
fn bodies(row: &mut Row, x: &Exchange, most: usize) {
    let asked = x.watched.asked().filter(|body| !body.is_empty());
    let asked = asked.or_else(|| x.req.collected.as_ref().map(|body| cut(body, most).to_vec()));
    for (name, body) in [(key!("req_body"), asked.as_deref()), (key!("resp_body"), x.watched.answered())] {
        match body {
            Some(body) => row.text(name, cut(body, most)),
            None => row.null(name),
        }
    }
}

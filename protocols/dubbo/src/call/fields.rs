//! From a body to an exchange.
//!
//! Where attachments name another service than the strings in front, the attachments count, as they do with providers: whoever is
//! kept from a service by its path shall not get to it by an attachment.

use super::{Unfit, limits, lookup};
use bytes::Bytes;
use gateway_dubbo_codec::fastjson2;
use gateway_dubbo_codec::frame::{Flags, Serialization};
use gateway_dubbo_codec::hessian::walk::Item;
use gateway_dubbo_codec::invocation::Invocation;
use gateway_engine::exchange::{Call, Exchange, Framing, Version};
use gateway_engine::headers::{Field, Headers, Name, Span, check_value, name};
use gateway_engine::pipeline::is_identity;
use gateway_engine::router::method_bit;
use gateway_engine::worker::now_ms;

/// Most attachments of a call, and most bytes of them.
#[derive(Debug, Clone, Copy)]
struct Room {
    count: usize,
    bytes: usize,
}

/// Reads a call into `x`, whose body it becomes.
///
/// # Errors
/// It cannot be read, or is none that anything could be done with.
pub(crate) fn open(x: &mut Exchange, flags: Flags, body: Bytes) -> Result<(), Unfit> {
    let (depth, room) = x.worker().with_settings(|s| {
        let l = &s.limits;
        (l.dubbo.depth, Room { count: l.header_count, bytes: l.header_bytes })
    });
    let mut reading = Reading { head: &mut x.req.head, room, seen: 0, found: Found::default() };
    let read = match flags.serialization() {
        Serialization::HESSIAN2 => hessian2(&mut reading, &body, depth),
        Serialization::FASTJSON2 => fastjson2(&mut reading, &body),
        _ => Err(Unfit::Other("the call is in a serialization that is not served; hessian2 and fastjson2 are")),
    };
    let found = reading.found;
    read?;
    let head = &mut x.req.head;
    let (path, method) = (found.path, found.method);
    if !fit(head.text(path)) || !fit(head.text(method)) || head.text(method).contains(&b'/') {
        return Err(Unfit::Other("the name of the service or method cannot be that of one"));
    }
    let target = [b"/", head.text(path), b"/", head.text(method)].concat();
    let req = &mut x.req;
    req.version = Version::Dubbo2;
    req.method = req.head.store(b"POST");
    req.method_bit = method_bit(b"POST");
    req.target = req.head.store(&target);
    req.authority = path;
    req.host = path;
    if req.head.text(path).iter().any(u8::is_ascii_uppercase) {
        let lower = req.head.text(path).to_ascii_lowercase();
        req.host = req.head.store(&lower);
    }
    req.framing = if body.is_empty() { Framing::None } else { Framing::Length(body.len() as u64) };
    req.received = body.len() as u64 + 16;
    if found.timeout_ms > 0 {
        req.until_ms = now_ms().saturating_add(found.timeout_ms);
    }
    req.call = Some(Call {
        reader: Some(lookup::READER),
        interface: path,
        method,
        version: found.version,
        group: found.group,
        serialization: flags.serialization().0,
        one_way: !flags.is_two_way(),
        reads_attachments: found.reads_attachments,
    });
    req.collected = Some(body);
    Ok(())
}

/// What is found in a body.
#[derive(Default)]
struct Found {
    path: Span,
    method: Span,
    version: Span,
    group: Span,
    timeout_ms: u64,
    reads_attachments: bool,
}

struct Reading<'a> {
    head: &'a mut Headers,
    room: Room,
    /// Bits of the names so far, to know most that did not come twice without looking.
    seen: u64,
    found: Found,
}

fn hessian2(reading: &mut Reading<'_>, body: &[u8], depth: u32) -> Result<(), Unfit> {
    let limits = limits(depth);
    let call = Invocation::parse(body)?;
    let path = call.path(body).to_str();
    reading.found.path = reading.head.store(path.as_bytes());
    if let Some(version) = call.version(body) {
        reading.found.version = reading.head.store(version.to_str().as_bytes());
    }
    let method = call.method(body).to_str();
    reading.found.method = reading.head.store(method.as_bytes());
    if generic(&method, call.argument_count())
        && let Some(Item::Text(named)) = call.argument(body, 0, limits)?
    {
        reading.found.method = reading.head.store(named.to_str().as_bytes());
    }
    let dubbo = call.dubbo_version(body).to_str();
    reading.found.reads_attachments = gateway_dubbo_codec::invocation::reads_attachments(&dubbo);
    reading.head.received(DUBBO_VERSION, dubbo.as_bytes(), 0);
    for attachment in call.attachments(body, limits)? {
        let attachment = attachment?;
        let key = attachment.key.to_str();
        let value = attachment.text().map(|text| text.to_str());
        reading.attachment(&key, value.as_deref())?;
    }
    reading.end();
    Ok(())
}

fn fastjson2(reading: &mut Reading<'_>, body: &[u8]) -> Result<(), Unfit> {
    let call = fastjson2::Invocation::parse(body)?;
    reading.found.path = reading.head.store(call.path(body).as_bytes());
    if let Some(version) = call.version(body) {
        reading.found.version = reading.head.store(version.as_bytes());
    }
    let method = call.method(body);
    reading.found.method = reading.head.store(method.as_bytes());
    if generic(&method, call.argument_count())
        && let Some(named) = call.argument(body, 0)?.and_then(fastjson2::text)
    {
        reading.found.method = reading.head.store(named.as_bytes());
    }
    let dubbo = call.dubbo_version(body);
    reading.found.reads_attachments = call.reads_attachments(body);
    reading.head.received(DUBBO_VERSION, dubbo.as_bytes(), 0);
    for attachment in call.attachments(body)? {
        let (key, value) = attachment?;
        reading.attachment(&key, value.as_deref())?;
    }
    reading.end();
    Ok(())
}

/// The call asks for a method by an argument.
fn generic(method: &str, arguments: u32) -> bool {
    arguments == 3 && matches!(method, "$invoke" | "$invokeAsync")
}

const DUBBO_VERSION: Name<'static> = Name::from_parts(0, b"dubbo-version");
const SERVICE_VERSION: Name<'static> = Name::from_parts(0, b"tri-service-version");
const SERVICE_GROUP: Name<'static> = Name::from_parts(0, b"tri-service-group");

/// Fields that mean something to HTTP: an attachment called like one is none of them.
const FOREIGN: u64 = name::HOST.bit() | name::CONTENT_LENGTH.bit() | name::CONTENT_TYPE.bit() | name::EXPECT.bit();

impl Reading<'_> {
    fn attachment(&mut self, key: &str, value: Option<&str>) -> Result<(), Unfit> {
        let room = &mut self.room;
        room.count = room.count.checked_sub(1).ok_or(Unfit::Other("the call has more attachments than are allowed"))?;
        let size = key.len() + value.map_or(0, str::len);
        room.bytes =
            room.bytes.checked_sub(size).ok_or(Unfit::Other("the call's attachments are longer than is allowed"))?;
        match (key, value) {
            ("path", Some(path)) => self.found.path = self.head.store(path.as_bytes()),
            ("version", Some("" | "0.0.0")) => self.found.version = Span::EMPTY,
            ("version", Some(version)) => self.found.version = self.head.store(version.as_bytes()),
            ("group", Some(group)) => self.found.group = self.head.store(group.as_bytes()),
            // 0: there is no limit.
            ("timeout", Some(ms)) => self.found.timeout_ms = ms.parse().unwrap_or(0),
            // What providers look at has to be what is looked at here.
            ("path" | "version" | "group", None) => {
                return Err(Unfit::Other("an attachment that names the service is no text"));
            }
            _ => {}
        }
        self.field(key.as_bytes(), value.map(str::as_bytes))
    }

    /// Makes a field of an attachment, where it can be one.
    fn field(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Unfit> {
        let bit =
            1 << (key.iter().fold(key.len() as u64, |sum, b| sum.wrapping_mul(31).wrapping_add((*b).into())) & 63);
        if self.seen & bit != 0 && self.head.fields().iter().any(|f| self.head.name(f).text() == key) {
            // Consumers have maps: who sends a name twice hopes that others look at another one than the provider.
            return Err(Unfit::Other("the call has an attachment twice"));
        }
        self.seen |= bit;
        let Some(field) = Name::new(key) else { return Ok(()) };
        let value = value.filter(|value| check_value(value).is_ok() && *value == value.trim_ascii());
        let Some(value) = value else {
            // It could not be taken away either.
            let identity = is_identity(key);
            return if identity { Err(Unfit::Other("an attachment that only the gateway may set")) } else { Ok(()) };
        };
        if FOREIGN & field.bit() != 0
            || key.len() > 4 && key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"tri-"))
        {
            return Ok(());
        }
        let hop = if name::HOP_BY_HOP & field.bit() != 0 { Field::HOP } else { 0 };
        match self.head.received(field, value, hop) {
            true => Ok(()),
            false => Err(Unfit::Other("the call's attachments are longer than is allowed")),
        }
    }

    /// What routes know version and group by.
    fn end(&mut self) {
        for (field, span) in [(SERVICE_VERSION, self.found.version), (SERVICE_GROUP, self.found.group)] {
            let text = self.head.text(span).to_vec();
            if !text.is_empty() && check_value(&text).is_ok() {
                self.head.received(field, &text, 0);
            }
        }
    }
}

/// Whether a name can stand in a path as it is: what Java and Dubbo allow in names, and the `/` of a context path.
fn fit(text: &[u8]) -> bool {
    let plain =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'$' | b'_' | b'-' | b'~' | b':' | b'/') || *b >= 0x80;
    !text.is_empty()
        && text.iter().all(plain)
        && text.split(|b| *b == b'/').all(|segment| !matches!(segment, b"" | b"." | b".."))
}

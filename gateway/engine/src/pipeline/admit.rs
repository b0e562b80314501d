//! Before routing: one normal form of the path, no header of the client that only the gateway may set; then the route.

use std::borrow::Cow;
use std::sync::Arc;

use super::real_ip;
use crate::exchange::Exchange;
use crate::expr::Lookup;
use crate::headers::{Headers, Name, name};
use crate::path::{self, Normal};
use crate::plugin::Exit;
use crate::router::{Cand, Captures, Mode, Probe, Variable};
use crate::scan;
use crate::snapshot::{Route, Snapshot};

/// What routing found.
pub(super) enum Match<'a> {
    /// A route and its slot.
    Found((u32, &'a Arc<Route>)),
    /// None.
    None,
    /// A candidate's conditions look at the body, which has not been collected.
    NeedsBody,
}

/// Makes the request fit for routing.
///
/// # Errors
/// The exit for a path that has no normal form (400).
pub(super) fn admit(x: &mut Exchange) -> Result<(), Box<Exit>> {
    if let Some(call) = &x.req.call {
        // Its path is made of names, which have one form.
        x.req.path = x.req.target;
        if !call.latent {
            strip(x);
        }
        return Ok(());
    }
    crate::grpc::look(x);
    normalize(x)?;
    if x.conn.names_client {
        real_ip::apply(x);
    }
    strip(x);
    Ok(())
}

/// Fills in `req.path`, `req.query` and, where the received target is not normal, `req.upstream_target`.
fn normalize(x: &mut Exchange) -> Result<(), Box<Exit>> {
    let options = x.worker().with_settings(|s| s.path);
    let req = &mut x.req;
    let target = req.target;
    let text = req.head.text(target);
    let path_len = match scan::find(b'?', text) {
        Some(at) => {
            req.has_query = true;
            req.query = target.slice(at + 1, target.len());
            at
        }
        None => text.len(),
    };
    req.path = target.slice(0, path_len);
    if text == b"*" {
        return Ok(());
    }
    let mut out = Vec::new();
    let raw = req.head.text(req.path);
    let normal = path::normalize(raw, options, &mut out).map_err(|_| Box::new(Exit::page(400)))?;
    if normal == Normal::Unchanged {
        return Ok(());
    }
    let mut upstream = Vec::with_capacity(out.len() + text.len());
    path::escape(normal.upstream(raw, &out), &mut upstream);
    if req.has_query {
        upstream.push(b'?');
        upstream.extend_from_slice(req.head.text(req.query));
    }
    let matching = match normal {
        Normal::Unchanged => &[][..],
        Normal::Changed => &out[..],
        Normal::Split { matching } => out.get(..matching).unwrap_or_default(),
    };
    req.path = req.head.store(matching);
    req.upstream_target = Some(req.head.store(&upstream));
    Ok(())
}

/// What an untrusted client may not say about where it comes from.
const FORWARDING: [Name<'static>; 5] =
    [name::X_REAL_IP, name::X_FORWARDED_PROTO, name::X_FORWARDED_HOST, name::X_FORWARDED_PORT, name::FORWARDED];

/// What no client may say about who it is.
const IDENTITY: [Name<'static>; 3] =
    [name::X_CONSUMER_USERNAME, name::X_CREDENTIAL_IDENTIFIER, name::X_CONSUMER_CUSTOM_ID];

/// The bits of all these names: most requests have none of them, which one test tells.
const WATCHED: u64 = {
    let mut bits = name::X_FORWARDED_FOR.bit();
    let mut i = 0;
    while i < FORWARDING.len() {
        bits |= FORWARDING[i].bit();
        i += 1;
    }
    i = 0;
    while i < IDENTITY.len() {
        bits |= IDENTITY[i].bit();
        i += 1;
    }
    bits
};

/// Removes what a client may not say: identity headers always, forwarding headers unless its address is trusted.
fn strip(x: &mut Exchange) {
    let trusted = x.conn.trusted;
    if x.req.head.present() & WATCHED != 0 {
        let drop_forwarded_for = !trusted && x.worker().with_settings(|s| s.trusted_addresses.is_some());
        let head = &mut x.req.head;
        for field in IDENTITY {
            head.remove(field);
        }
        if trusted {
            head.remove(name::FORWARDED);
        } else {
            for field in FORWARDING {
                head.remove(field);
            }
            if drop_forwarded_for {
                head.remove(name::X_FORWARDED_FOR);
            }
        }
    }
    strip_spelled(&mut x.req.head, trusted);
}

/// The rest of the identity headers, and all of them spelled with `_` where upstreams would read `-` (CGI, WSGI).
fn strip_spelled(head: &mut Headers, trusted: bool) {
    if !head.has_unknown() {
        return;
    }
    head.remove_where(|id, text| {
        // Names with an id are handled by bit; the others start with one of these when they are of interest.
        if id != 0 || !matches!(text.first(), Some(b'x' | b'X' | b'f' | b'F' | b'c' | b'C' | b't' | b'T')) {
            return false;
        }
        is_identity(text) || is_framing(text) || (!trusted && is_forwarding(text))
    });
}

/// Whether a field of this name says who a client is, which only the gateway may say; with `_` for `-` as well (`hardening` path.13).
pub fn is_identity(text: &[u8]) -> bool {
    const EXACT: [&[u8]; 10] = [
        b"x-consumer-username",
        b"x-credential-identifier",
        b"x-consumer-custom-id",
        b"x-userinfo",
        b"x-id-token",
        b"x-access-token",
        b"x-refresh-token",
        b"x-userid",
        b"x-username",
        b"x-nickname",
    ];
    EXACT.iter().any(|known| same_spelling(known, text))
        || starts_spelling(b"x-user-", text)
        || starts_spelling(b"x-wolf-", text)
}

/// What would tell an upstream another length of the body, with `_` for `-` as well; with `-` they are not passed on as they came anyway.
pub fn is_framing(text: &[u8]) -> bool {
    same_spelling(b"content-length", text) || same_spelling(b"transfer-encoding", text)
}

fn is_forwarding(text: &[u8]) -> bool {
    const EXACT: [&[u8]; 5] =
        [b"x-real-ip", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port"];
    EXACT.iter().any(|known| text.len() == known.len() && text.contains(&b'_') && same_spelling(known, text))
}

fn same_spelling(known: &[u8], text: &[u8]) -> bool {
    known.len() == text.len() && starts_spelling(known, text)
}

fn starts_spelling(known: &[u8], text: &[u8]) -> bool {
    text.len() >= known.len()
        && known.iter().zip(text).all(|(k, t)| *k == t.to_ascii_lowercase() || (*k == b'-' && *t == b'_'))
}

/// The first route whose conditions hold.
pub(super) fn match_route<'a>(x: &mut Exchange, snapshot: &'a Snapshot) -> Match<'a> {
    find(x, snapshot, x.req.collected.is_some())
}

/// The same once the body has been collected, or cannot be had.
pub(super) fn match_route_collected<'a>(x: &mut Exchange, snapshot: &'a Snapshot) -> Option<(u32, &'a Arc<Route>)> {
    match find(x, snapshot, true) {
        Match::Found(found) => Some(found),
        Match::None | Match::NeedsBody => None,
    }
}

fn find<'a>(x: &mut Exchange, snapshot: &'a Snapshot, body_known: bool) -> Match<'a> {
    let mut captures = Captures::default();
    if x.captures.has_room() {
        std::mem::swap(&mut captures, &mut x.captures);
    }
    let body_known = body_known || x.req.framing == crate::exchange::Framing::None;
    let mut probe = Conditions { x, body_known, needs_body: false };
    let host = host(x, snapshot.router.mode());
    let found = snapshot.router.find_with(&host, x.path(), x.req.method_bit, &mut probe, &mut captures);
    let outcome = match found {
        Some(_) if probe.needs_body => Match::NeedsBody,
        Some(cand) => Match::Found((cand.slot, &cand.route)),
        None => Match::None,
    };
    if captures.has_room() {
        x.captures = captures;
    }
    outcome
}

/// The host as the router compares it. Patterns with a port compare with the authority in the modes where hosts are conditions;
/// elsewhere the port is cut.
#[inline]
pub(super) fn host(x: &Exchange, mode: Mode) -> Cow<'_, [u8]> {
    match x.authority() {
        _ if mode == Mode::HostUri => x.host().into(),
        mixed if mixed.iter().any(u8::is_ascii_uppercase) => mixed.to_ascii_lowercase().into(),
        lower => lower.into(),
    }
}

/// Asks the exchange about the conditions of candidates.
struct Conditions<'x> {
    x: &'x Exchange,
    body_known: bool,
    needs_body: bool,
}

impl<'a> Probe<'a, Route> for Conditions<'_> {
    fn check(&mut self, cand: &'a Cand<Route>) -> bool {
        if cand.route.needs_body && !self.body_known {
            self.needs_body = true;
            return true;
        }
        conditions_hold(self.x, &cand.route)
    }

    fn variable(&mut self, _: &'a str, sample: &'a Cand<Route>) -> Variable<'_> {
        let Some((name, _)) = sample.route.vars.as_ref().and_then(|v| v.first_equality()) else {
            return Variable::Unknown;
        };
        if name.needs_body() && !self.body_known {
            return Variable::Unknown;
        }
        match self.x.var(name) {
            None => Variable::Absent,
            Some(crate::expr::Value::Bytes(text)) => Variable::Text(text),
            Some(_) => Variable::Unknown,
        }
    }
}

#[inline]
fn conditions_hold(x: &Exchange, route: &Route) -> bool {
    unmet(x, route).is_none()
}

/// A condition of a route that is no part of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// `downstream_protocol`.
    Protocol,
    /// `remote_addrs`.
    RemoteAddr,
    /// `vars`.
    Vars,
}

/// The first of these conditions that does not hold, in APISIX's order.
#[inline]
pub(super) fn unmet(x: &Exchange, route: &Route) -> Option<Condition> {
    if route.protocols != 0 && route.protocols & protocol_bit(x) == 0 {
        return Some(Condition::Protocol);
    }
    if let Some(set) = &route.remote_addrs
        && !set.contains(x.remote_addr())
    {
        return Some(Condition::RemoteAddr);
    }
    let vars = route.vars.as_ref()?;
    (!vars.eval(x)).then_some(Condition::Vars)
}

/// What the request is, as a bit of `downstream_protocol`.
fn protocol_bit(x: &Exchange) -> u8 {
    use crate::exchange::Protocol;
    let protocol = match x.conn.protocol {
        _ if x.req.websocket => Protocol::WebSocket,
        Protocol::Http2 if x.req.grpc => Protocol::Grpc,
        other => other,
    };
    Route::protocol_bit(protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_13_identity_headers_are_known_in_either_spelling() {
        let identity: &[&[u8]] = &[
            b"X-Consumer-Username",
            b"x_consumer_username",
            b"X-User-Anything",
            b"X_User_Id",
            b"X-Wolf-Token",
            b"x-userinfo",
            b"X_ID_Token",
        ];
        for name in identity {
            assert!(is_identity(name), "{}", String::from_utf8_lossy(name));
        }
        let others: &[&[u8]] = &[b"X-Consumer", b"X-Usernames", b"User", b"X-Request-Id", b""];
        for name in others {
            assert!(!is_identity(name), "{}", String::from_utf8_lossy(name));
        }
        assert!(is_forwarding(b"X_Forwarded_For"));
        assert!(!is_forwarding(b"X-Forwarded-For"));
    }
}

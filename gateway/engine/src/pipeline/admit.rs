//! Before routing: one normal form of the path, no header of the client that only the gateway may set; then the route.

use std::net::IpAddr;
use std::sync::Arc;

use crate::exchange::Exchange;
use crate::headers::{Headers, name};
use crate::path::{self, Normal};
use crate::plugin::Exit;
use crate::snapshot::{Route, Snapshot};

/// What routing found.
pub(super) enum Match {
    /// A route and its slot.
    Found((u32, Arc<Route>)),
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
    normalize(x)?;
    strip(x);
    Ok(())
}

/// Fills in `req.path`, `req.query` and, where the received target is not normal, `req.upstream_target`.
fn normalize(x: &mut Exchange) -> Result<(), Box<Exit>> {
    let settings = x.worker().settings();
    let req = &mut x.req;
    let target = req.target;
    let text = req.head.text(target);
    let (path_len, query) = match memchr::memchr(b'?', text) {
        Some(at) => (at, Some(at + 1)),
        None => (text.len(), None),
    };
    if let Some(from) = query {
        req.has_query = true;
        req.query = target.slice(from, target.len());
    }
    let raw = target.slice(0, path_len);
    req.path = raw;
    let bytes = req.head.text(raw);
    if bytes == b"*" {
        return Ok(());
    }
    let mut out = Vec::new();
    match path::normalize(bytes, &settings.path, &mut out) {
        Ok(Normal::Unchanged) => Ok(()),
        Ok(Normal::Changed) => {
            req.path = req.head.store(&out);
            let mut upstream = Vec::with_capacity(out.len() + 16);
            path::escape(&out, &mut upstream);
            if req.has_query {
                upstream.push(b'?');
                upstream.extend_from_slice(req.head.text(req.query));
            }
            req.upstream_target = Some(req.head.store(&upstream));
            Ok(())
        }
        Err(_) => Err(Box::new(Exit::page(400))),
    }
}

/// Removes what a client may not say: identity headers always, forwarding headers unless its address is trusted.
fn strip(x: &mut Exchange) {
    let trusted = x.conn.trusted;
    let drop_forwarded_for = !trusted && x.worker().settings().trusted_addresses.is_some();
    let head = &mut x.req.head;
    if !trusted {
        for field in [
            name::X_REAL_IP,
            name::X_FORWARDED_PROTO,
            name::X_FORWARDED_HOST,
            name::X_FORWARDED_PORT,
            name::FORWARDED,
        ] {
            head.remove(field);
        }
        if drop_forwarded_for {
            head.remove(name::X_FORWARDED_FOR);
        }
    } else {
        head.remove(name::FORWARDED);
    }
    for field in [name::X_CONSUMER_USERNAME, name::X_CREDENTIAL_IDENTIFIER, name::X_CONSUMER_CUSTOM_ID] {
        head.remove(field);
    }
    strip_spelled(head, trusted);
}

/// The rest of the identity headers, and all of them spelled with `_` where upstreams would read `-` (CGI, WSGI).
fn strip_spelled(head: &mut Headers, trusted: bool) {
    head.remove_where(|id, text| {
        // Names with an id are handled by bit; the others start with x or f when they are of interest.
        if id != 0 || !matches!(text.first(), Some(b'x' | b'X' | b'f' | b'F')) {
            return false;
        }
        is_identity(text) || (!trusted && is_forwarding(text))
    });
}

/// `hardening` path.13, in either spelling.
pub(crate) fn is_identity(text: &[u8]) -> bool {
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
pub(super) fn match_route(x: &mut Exchange, snapshot: &Snapshot) -> Match {
    find(x, snapshot, x.req.collected.is_some())
}

/// The same once the body has been collected, or cannot be had.
pub(super) fn match_route_collected(x: &mut Exchange, snapshot: &Snapshot) -> Option<(u32, Arc<Route>)> {
    match find(x, snapshot, true) {
        Match::Found(found) => Some(found),
        Match::None | Match::NeedsBody => None,
    }
}

fn find(x: &mut Exchange, snapshot: &Snapshot, body_known: bool) -> Match {
    let mut captures = std::mem::take(&mut x.captures);
    let address = x.remote_addr();
    let body_known = body_known || x.req.framing == crate::exchange::Framing::None;
    let mut needs_body = false;
    let exchange = &*x;
    let found = snapshot.router.find(
        &crate::router::Request {
            host: exchange.host(),
            authority: exchange.authority(),
            path: exchange.path(),
            method: exchange.req.method_bit,
        },
        |cand| {
            if cand.plain {
                return true;
            }
            if cand.route.needs_body && !body_known {
                needs_body = true;
                return true;
            }
            conditions_hold(exchange, &cand.route, address)
        },
        &mut captures,
    );
    let outcome = match found {
        Some(_) if needs_body => Match::NeedsBody,
        Some(cand) => Match::Found((cand.slot, Arc::clone(&cand.route))),
        None => Match::None,
    };
    x.captures = captures;
    outcome
}

/// The conditions that are no part of the tree, in APISIX's order.
fn conditions_hold(x: &Exchange, route: &Route, address: IpAddr) -> bool {
    if route.protocols != 0 && route.protocols & protocol_bit(x) == 0 {
        return false;
    }
    if let Some(set) = &route.remote_addrs
        && !set.contains(address)
    {
        return false;
    }
    route.vars.as_ref().is_none_or(|vars| vars.eval(x))
}

/// What the request is, as a bit of `downstream_protocol`.
fn protocol_bit(x: &Exchange) -> u8 {
    let protocol = if x.req.websocket { crate::exchange::Protocol::WebSocket } else { x.conn.protocol };
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

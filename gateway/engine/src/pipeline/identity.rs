//! Over TLS: whether the request may ask for the host it names, and whether its client has shown what that takes.

use super::complain;
use crate::exchange::Exchange;
use crate::plugin::Exit;
use crate::snapshot::Snapshot;
use crate::tls::{ClientAuth, ClientCheck, TlsSession};

/// The exit for a request that its connection gives no right to.
///
/// A client certificate opens the host whose handshake asked for it, and no other: who goes round it by a name that asks for
/// nothing, or for another certificate, is told to open a connection of its own for that host (421). A client that has shown
/// none, or a bad one, where requests are judged by their path, gets what APISIX says (400).
#[inline]
pub(super) fn check(x: &Exchange, snapshot: &Snapshot) -> Option<Box<Exit>> {
    let session = x.conn.session.as_ref()?;
    if !snapshot.certificates.any_asks() && session.identity.client.is_none() {
        return None;
    }
    refused(x, session, snapshot)
}

#[inline(never)]
fn refused(x: &Exchange, session: &TlsSession, snapshot: &Snapshot) -> Option<Box<Exit>> {
    let asked = session.identity.client.as_deref();
    if let Some(asked) = asked
        && !lets_in(x, session, asked)
    {
        return Some(bad_request(x, session));
    }
    let host = std::str::from_utf8(x.host()).ok().filter(|host| !host.is_empty())?;
    let wanted = snapshot.certificates.find(host)?;
    if wanted.is_shut() {
        let asks = "the host asks for a client certificate, and cannot be served at present";
        return wanted.asks.then(|| misdirected_request(asks));
    }
    let wanted = wanted.client.as_deref()?;
    let misdirected = if session.server_name.as_deref() != Some(host) {
        "the TLS server name is another host's"
    } else if !asked.is_some_and(|asked| asked.same_door(wanted)) {
        "the host asks for another client certificate by now"
    } else if lets_in(x, session, wanted) {
        return None;
    } else {
        return Some(bad_request(x, session));
    };
    let name = session.server_name.as_deref().unwrap_or("none");
    complain::of_request(x, &format!("misdirected request: {misdirected} (TLS server name: {name})"));
    Some(misdirected_request(misdirected))
}

fn misdirected_request(why: &str) -> Box<Exit> {
    // What APISIX answers is said too: who looks for its text finds it.
    Box::new(Exit::error_msg(421, &format!("421 Misdirected Request: {why} (400 Bad Request in APISIX)")))
}

fn lets_in(x: &Exchange, session: &TlsSession, door: &ClientAuth) -> bool {
    session.check == ClientCheck::Verified || door.skips(x.path())
}

fn bad_request(x: &Exchange, session: &TlsSession) -> Box<Exit> {
    match &session.check {
        ClientCheck::Failed(why) => {
            complain::of_request(x, &format!("client certificate verification is not passed: {why}"))
        }
        _ => complain::of_request(x, "client certificate was not present"),
    }
    Box::new(Exit::page(400))
}

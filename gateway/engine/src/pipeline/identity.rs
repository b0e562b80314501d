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
    let refused = refused(x, session, snapshot)?;
    if let Some(why) = &refused.why {
        complain::of_request(x, why);
    }
    Some(refused.exit)
}

/// The same without a complaint: the exit, and why.
pub(super) fn judge(x: &Exchange, snapshot: &Snapshot) -> Option<Refused> {
    refused(x, x.conn.session.as_ref()?, snapshot)
}

/// A request that its connection gives no right to.
pub(super) struct Refused {
    /// What it is told.
    pub(super) exit: Box<Exit>,
    /// What there is to complain about, if anything.
    pub(super) why: Option<String>,
}

#[inline(never)]
fn refused(x: &Exchange, session: &TlsSession, snapshot: &Snapshot) -> Option<Refused> {
    let asked = session.identity.client.as_deref();
    if let Some(asked) = asked
        && !lets_in(x, session, asked)
    {
        return Some(bad_request(session));
    }
    let host = std::str::from_utf8(x.host()).ok().filter(|host| !host.is_empty())?;
    let wanted = snapshot.certificates.find(host)?;
    if wanted.is_shut() {
        let asks = "the host asks for a client certificate, and cannot be served at present";
        return wanted.asks.then(|| Refused { exit: misdirected_request(asks), why: None });
    }
    let wanted = wanted.client.as_deref()?;
    let misdirected = if session.server_name.as_deref() != Some(host) {
        "the TLS server name is another host's"
    } else if !asked.is_some_and(|asked| asked.same_door(wanted)) {
        "the host asks for another client certificate by now"
    } else if lets_in(x, session, wanted) {
        return None;
    } else {
        return Some(bad_request(session));
    };
    let name = session.server_name.as_deref().unwrap_or("none");
    let why = Some(format!("misdirected request: {misdirected} (TLS server name: {name})"));
    Some(Refused { exit: misdirected_request(misdirected), why })
}

fn misdirected_request(why: &str) -> Box<Exit> {
    // What APISIX answers is said too: who looks for its text finds it.
    Box::new(Exit::error_msg(421, &format!("421 Misdirected Request: {why} (400 Bad Request in APISIX)")))
}

fn lets_in(x: &Exchange, session: &TlsSession, door: &ClientAuth) -> bool {
    session.check == ClientCheck::Verified || door.skips(x.path())
}

fn bad_request(session: &TlsSession) -> Refused {
    let why = match &session.check {
        ClientCheck::Failed(why) => format!("client certificate verification is not passed: {why}"),
        _ => "client certificate was not present".to_owned(),
    };
    Refused { exit: Box::new(Exit::page(400)), why: Some(why) }
}

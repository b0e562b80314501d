//! Who somebody is: admin keys, roles, and what too many wrong keys lead to.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{self, Digest, SHA256};
use gateway_store::Origin;
use hyper::Method;
use hyper::header::{COOKIE, HOST, ORIGIN};
use hyper::http::request::Parts;
use parking_lot::Mutex;

use super::answers::Refusal;
use super::query::Query;
use crate::config::{Admin, AdminKey, AdminRole};

/// Somebody who may be here.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The name of the key.
    pub(super) name: String,
    /// The address of the peer.
    pub(super) from: IpAddr,
    /// What the key allows.
    pub(super) role: AdminRole,
}

impl Caller {
    /// Who a write is by, for the audit log.
    pub(super) fn origin(&self) -> Origin {
        Origin::new(self.name.as_str(), self.from.to_string())
    }

    /// Whether secrets may be shown.
    pub(super) fn sees_secrets(&self) -> bool {
        self.role == AdminRole::Admin
    }
}

/// The keys that open the Admin API.
pub(super) struct Keys {
    required: bool,
    keys: Vec<Key>,
    wrong: Arc<Mutex<HashMap<IpAddr, Wrong>>>,
    most_wrong: usize,
    lockout: Duration,
}

/// Keys are kept and compared as digests, so that neither length nor content shows in the time it takes.
struct Key {
    digest: Digest,
    name: String,
    role: AdminRole,
}

/// The wrong keys of an address.
struct Wrong {
    since: Instant,
    count: usize,
    locked_until: Option<Instant>,
}

/// Over which time wrong keys are counted.
const WINDOW: Duration = Duration::from_secs(60);

/// Addresses that are remembered at most.
const ADDRESSES: usize = 4096;

impl Keys {
    pub(super) fn new(admin: &Admin, most_wrong: usize, lockout: Duration) -> Keys {
        Keys { required: admin.key_required, keys: digests(admin), wrong: Arc::default(), most_wrong, lockout }
    }

    /// The keys of a new configuration; who is locked out stays so.
    pub(super) fn replaced(&self, admin: &Admin) -> Keys {
        let Keys { most_wrong, lockout, .. } = *self;
        Keys { required: admin.key_required, keys: digests(admin), wrong: Arc::clone(&self.wrong), most_wrong, lockout }
    }

    /// Whether nobody is let in without a key.
    pub(super) fn are_required(&self) -> bool {
        self.required
    }

    /// Who sends this request; `only_reads`: whatever its method, it asks for nothing that a viewer may not see.
    ///
    /// # Errors
    /// 401 with why, 429 after too many wrong keys.
    pub(super) fn identify(
        &self,
        head: &Parts,
        query: &Query,
        peer: IpAddr,
        only_reads: bool,
    ) -> Result<Caller, Refusal> {
        if !self.required {
            return Ok(Caller { name: "anyone".to_owned(), from: peer, role: AdminRole::Admin });
        }
        let token = token(head, query).ok_or_else(|| Refusal::token("missing apikey"))?;
        // A right key opens whatever others at this address have tried.
        let Some(key) = self.find(&token) else {
            self.check_lockout(peer)?;
            self.note_wrong(peer);
            return Err(Refusal::token("wrong apikey"));
        };
        if key.role == AdminRole::Viewer && head.method != Method::GET && !only_reads {
            return Err(Refusal::token("invalid method for role viewer"));
        }
        Ok(Caller { name: key.name.clone(), from: peer, role: key.role })
    }

    fn find(&self, token: &str) -> Option<&Key> {
        let given = sha256(token);
        let mut found = None;
        // All of them, always: which one it was does not show.
        for key in &self.keys {
            if verify_slices_are_equal(key.digest.as_ref(), given.as_ref()).is_ok() {
                found = found.or(Some(key));
            }
        }
        found
    }

    fn check_lockout(&self, peer: IpAddr) -> Result<(), Refusal> {
        let wrong = self.wrong.lock();
        let until = wrong.get(&peer).and_then(|w| w.locked_until);
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(left) if !left.is_zero() => Err(Refusal::later(left.as_secs() + 1)),
            _ => Ok(()),
        }
    }

    fn note_wrong(&self, peer: IpAddr) {
        if self.lockout.is_zero() {
            return;
        }
        let now = Instant::now();
        let mut wrong = self.wrong.lock();
        if wrong.len() >= ADDRESSES && !wrong.contains_key(&peer) {
            wrong.retain(|_, w| !w.over(now));
            // Everybody who is remembered is at it right now: the one who began first is forgotten.
            if wrong.len() >= ADDRESSES
                && let Some(oldest) = wrong.iter().min_by_key(|(_, w)| w.since).map(|(ip, _)| *ip)
            {
                wrong.remove(&oldest);
            }
        }
        let entry = wrong.entry(peer).or_insert(Wrong { since: now, count: 0, locked_until: None });
        if entry.over(now) {
            *entry = Wrong { since: now, count: 0, locked_until: None };
        }
        entry.count += 1;
        if entry.count >= self.most_wrong && entry.locked_until.is_none() {
            entry.locked_until = Some(now + self.lockout);
            tracing::warn!(target: "audit", from = %peer, "too many wrong admin keys: wrong keys from this address are refused for a while");
        }
    }
}

impl Wrong {
    fn over(&self, now: Instant) -> bool {
        match self.locked_until {
            Some(until) => until <= now,
            None => now.duration_since(self.since) >= WINDOW,
        }
    }
}

fn digests(admin: &Admin) -> Vec<Key> {
    let key = |k: &AdminKey| Key { digest: sha256(k.key.reveal()), name: k.name.clone(), role: k.role };
    admin.keys.iter().map(key).collect()
}

fn sha256(text: &str) -> Digest {
    digest::digest(&SHA256, text.as_bytes())
}

/// The key of a request: query argument, header field, cookie, in this order.
fn token(head: &Parts, query: &Query) -> Option<String> {
    if let Some(key) = query.get("api_key").filter(|key| !key.is_empty()) {
        return Some(key.to_owned());
    }
    if let Some(key) = head.headers.get("x-api-key") {
        return Some(String::from_utf8_lossy(key.as_bytes()).into_owned()).filter(|key| !key.is_empty());
    }
    // A browser adds the cookie whoever wrote the page.
    if foreign_origin(head) {
        return None;
    }
    head.headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|cookie| cookie.trim().strip_prefix("x_api_key="))
        .map(str::to_owned)
        .filter(|key| !key.is_empty())
}

/// Whether a page of another origin sends this.
fn foreign_origin(head: &Parts) -> bool {
    let Some(origin) = head.headers.get(ORIGIN) else { return false };
    let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap_or_default().to_ascii_lowercase();
    let origin = text(origin);
    let host = head.headers.get(HOST).map(text).unwrap_or_default();
    let own = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    host.is_empty() || own != Some(host.as_str())
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use hyper::body::Bytes;

    use super::*;

    fn head(fields: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri("/apisix/admin/routes");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(Bytes::new()).unwrap().into_parts().0
    }

    #[test]
    fn where_the_key_is_looked_for() {
        let none = Query::parse("");
        type Fields<'a> = &'a [(&'a str, &'a str)];
        let cases: &[(Fields<'_>, Option<&str>)] = &[
            (&[], None),
            (&[("x-api-key", "a")], Some("a")),
            (&[("cookie", "x=1; x_api_key=c; y=2")], Some("c")),
            (&[("x-api-key", "a"), ("cookie", "x_api_key=c")], Some("a")),
            (&[("cookie", "x_api_key=c"), ("origin", "https://evil.example"), ("host", "localhost:9180")], None),
            (&[("cookie", "x_api_key=c"), ("origin", "null"), ("host", "localhost:9180")], None),
            (&[("cookie", "x_api_key=c"), ("origin", "http://localhost:9180"), ("host", "localhost:9180")], Some("c")),
            (&[("x-api-key", "a"), ("origin", "https://evil.example")], Some("a")),
        ];
        for (fields, expected) in cases {
            assert_eq!(token(&head(fields), &none).as_deref(), *expected, "{fields:?}");
        }
        let query = Query::parse("api_key=q&api_key=r");
        assert_eq!(token(&head(&[("x-api-key", "a")]), &query).as_deref(), Some("q"));
    }
}

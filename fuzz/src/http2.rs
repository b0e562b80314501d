//! What the targets of HTTP/2 share: heads as its codec gives them, read from lines, and exchanges to read them into.

use bytes::Bytes;
use gateway_engine::exchange::{Conn, Exchange, Protocol};
use gateway_engine::plugin::Registry;
use gateway_engine::router::Mode;
use gateway_engine::settings::Settings;
use gateway_engine::snapshot::Shared;
use gateway_engine::worker::Worker;
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// The address of every client.
pub const CLIENT: &str = "192.0.2.1";

/// Calls `work` with a fresh exchange of a worker that has no routes.
pub fn with_exchange(work: impl FnOnce(&mut Exchange)) {
    thread_local! {
        static CONN: Rc<Conn> = Rc::new(Conn::new(
            worker(),
            format!("{CLIENT}:1000").parse().expect("an address"),
            "192.0.2.2:80".parse().expect("an address"),
            Protocol::Http2,
            false,
        ));
    }
    CONN.with(|conn| {
        let mut x = conn.worker.exchange(conn);
        work(&mut x);
        conn.worker.recycle(x);
    });
}

/// A worker that has no routes.
pub fn worker() -> Rc<Worker> {
    let registry = Arc::new(Registry::new(Vec::new(), Default::default()));
    Worker::new(0, Shared::new(Settings::default(), registry, Mode::HostUri))
}

/// A request as the codec gives it: a line of method, authority (`-`: none) and path, then lines of fields. `None` where the
/// codec would give none.
pub fn request(text: &[u8]) -> Option<Parts> {
    let (first, rest) = text.split_at(text.iter().position(|b| *b == b'\n')?);
    let [method, authority, path] = first.splitn(3, |b| *b == b' ').collect::<Vec<_>>()[..] else { return None };
    let mut uri = http::uri::Parts::default();
    uri.path_and_query = Some(PathAndQuery::from_maybe_shared(Bytes::copy_from_slice(path)).ok()?);
    if authority != b"-" {
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(Authority::from_maybe_shared(Bytes::copy_from_slice(authority)).ok()?);
    }
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(method).ok()?;
    *request.uri_mut() = Uri::from_parts(uri).ok()?;
    *request.headers_mut() = fields(&rest[1..])?;
    Some(request.into_parts().0)
}

/// Lines of fields: a name, a colon, and the value as it is.
pub fn fields(text: &[u8]) -> Option<HeaderMap> {
    let mut map = HeaderMap::new();
    for line in text.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        let (name, value) = line.split_at(line.iter().position(|b| *b == b':')?);
        map.append(HeaderName::from_lowercase(name).ok()?, HeaderValue::from_bytes(&value[1..]).ok()?);
    }
    Some(map)
}

/// The values of fields by their names.
pub type Grouped = BTreeMap<Vec<u8>, Vec<Vec<u8>>>;

/// Puts the values of each name together, in their order.
pub fn grouped<'a>(fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Grouped {
    let mut all = Grouped::new();
    for (name, value) in fields {
        all.entry(name.to_ascii_lowercase()).or_default().push(value.to_vec());
    }
    all
}

/// A map's names and values.
pub fn pairs(map: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    map.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()))
}

/// What an upstream gets of a client's fields: those of the connection are gone, crumbs of cookies are one, and the addresses
/// have grown. The host and the length stand elsewhere.
pub fn passed(fields: &HeaderMap) -> Grouped {
    let mut all = grouped(pairs(fields));
    all.retain(|name, _| !crate::HOP.iter().any(|hop| hop.as_bytes() == name) && name != b"host");
    if let Some(crumbs) = all.get_mut(&b"cookie"[..]) {
        crumbs.retain(|crumb| !crumb.is_empty());
        *crumbs = vec![crumbs.join(&b"; "[..])];
    }
    let mut addresses = all.remove(&b"x-forwarded-for"[..]).unwrap_or_default();
    addresses.retain(|list| !list.is_empty());
    addresses.push(CLIENT.into());
    all.insert(b"x-forwarded-for".to_vec(), vec![addresses.join(&b", "[..])]);
    for (name, value) in [("x-real-ip", CLIENT), ("x-forwarded-proto", "http"), ("x-forwarded-port", "80")] {
        all.entry(name.into()).or_insert_with(|| vec![value.into()]);
    }
    all
}

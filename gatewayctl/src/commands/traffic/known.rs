//! What was named and is not there: ids, protocols, fields of a request. Traffic that can never come looks like none.

use serde_json::{Value, json};

use crate::commands::App;
use crate::commands::get::fields::Stranger;
use crate::error::{Error, Kind, Result};
use crate::filter::Filter;
use crate::resources::{self, Item};
use crate::suggest;

/// What the gateway calls the protocols of requests.
pub(crate) const PROTOCOLS: [&str; 6] = ["http1", "http2", "grpc", "websocket", "triple", "dubbo"];

/// Which words name an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Its id alone.
    Id,
    /// Its id, or its name.
    IdOrName,
}

/// Refuses ids of a dimension that no object of the server has, and protocols that there are not. A server that does not
/// tell may have them.
///
/// # Errors
/// Not found; usage for a protocol; both with what was probably meant.
pub(super) async fn check(what: &str, dimension: &str, ids: &[&str], by: By, app: &App<'_>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    if dimension == "protocol" {
        return ids.iter().try_for_each(|id| protocol(what, id));
    }
    let Some(list) = list_of(dimension) else { return Ok(()) };
    let resource = resources::find(list)?;
    let Ok(known) = app.admin.list(resource, None).await else { return Ok(()) };
    match known.is_empty() {
        true => Ok(()),
        false => ids.iter().try_for_each(|id| named(what, resource, id, by, &known)),
    }
}

/// The list that holds what ids of a dimension name.
pub(super) fn list_of(dimension: &str) -> Option<&'static str> {
    match dimension {
        "route" => Some("routes"),
        "service" => Some("services"),
        "upstream" => Some("upstreams"),
        "consumer" => Some("consumers"),
        _ => None,
    }
}

fn named(what: &str, resource: &resources::Resource, id: &str, by: By, known: &[Item]) -> Result<()> {
    let name = |item: &Item| item.value.get("name").and_then(Value::as_str).map(str::to_owned);
    let is_there = known.iter().any(|item| item.reference.id == id)
        || by == By::IdOrName && known.iter().any(|item| name(item).as_deref() == Some(id))
        // An upstream that stands in a route or service goes by the place.
        || resource.name == "upstreams" && id.contains('/');
    if is_there {
        return Ok(());
    }
    let error = Error::new(Kind::NotFound, format!("{what}: there is no {} \"{id}\"", resource.singular));
    if let Some(item) = known.iter().find(|item| name(item).as_deref() == Some(id)) {
        return Err(
            error.hint(format!("the id of the {} of this name is \"{}\"", resource.singular, item.reference.id))
        );
    }
    let hint = suggest::hint(id, known.iter().map(|item| item.reference.id.as_str()));
    Err(error.hint(hint.unwrap_or_else(|| format!("gatewayctl get {}", resource.name))))
}

fn protocol(what: &str, word: &str) -> Result<()> {
    if PROTOCOLS.iter().any(|name| name.eq_ignore_ascii_case(word)) {
        return Ok(());
    }
    let hint = suggest::hint(word, PROTOCOLS).unwrap_or_else(|| format!("protocols are {}", PROTOCOLS.join(", ")));
    Err(Error::usage(format!("{what}: there is no protocol \"{word}\"")).hint(hint))
}

/// The fields of a condition that no request has.
pub(super) fn strangers(condition: &Filter) -> Vec<(String, Stranger)> {
    let schema = schema();
    let found = condition
        .paths()
        .into_iter()
        .filter_map(|path| Some((path.to_string(), crate::commands::get::fields::within(path.steps(), &schema, &[])?)));
    found.collect()
}

/// The document of a request. What may be of any form names no fields.
fn schema() -> Value {
    let any = || json!({});
    let object = |fields: &[&str]| {
        let fields: serde_json::Map<String, Value> = fields.iter().map(|name| ((*name).to_owned(), any())).collect();
        json!({ "properties": fields })
    };
    let mut request = object(&[
        "id",
        "ts",
        "protocol",
        "client",
        "method",
        "host",
        "path",
        "status",
        "grpc_status",
        "service",
        "consumer",
        "rx",
        "tx",
        "error",
        "req_headers",
        "resp_headers",
        "req_body",
        "resp_body",
    ]);
    let mut upstream = object(&["id", "node", "status", "tries", "connect_ms", "first_byte_ms"]);
    for (parent, name, below) in [
        (&mut upstream, "failed", json!({ "items": object(&["node", "status"]) })),
        (&mut request, "tls", object(&["version", "sni"])),
    ] {
        parent["properties"][name] = below;
    }
    for (name, below) in [
        ("upstream", upstream),
        ("dubbo", object(&["interface", "method", "version", "group", "status", "exception"])),
        ("route", object(&["id", "name"])),
        ("ms", object(&["total", "upstream", "gateway"])),
        ("plugins", json!({ "items": object(&["name", "phase", "ms", "verdict"]) })),
    ] {
        request["properties"][name] = below;
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_no_request_has() {
        let of = |text: &str| {
            let found = strangers(&Filter::parse(text).unwrap());
            found
                .into_iter()
                .map(|(path, stranger)| format!("{path} {}", stranger.meant.unwrap_or_default()))
                .collect::<Vec<_>>()
        };
        assert_eq!(of("upstrem.tries > 1"), ["upstrem.tries upstream"]);
        assert_eq!(of("upstream.tires > 1 && staus == 200"), ["upstream.tires tries", "staus status"]);
        assert_eq!(of("plugins[0].verdit == 'x'"), ["plugins[0].verdit verdict"]);
        for text in [
            "upstream.tries > 1",
            "ms.total > 10 && route.id == 'a'",
            "plugins[0].name == 'x'",
            "plugins[*].ms > 1",
            "req_headers[\"x-color\"] == 'blue'",
            "tls.sni == 'a' || dubbo.exception",
            "upstream.failed[0].node == 'x'",
        ] {
            assert_eq!(of(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn protocols() {
        assert!(protocol("--protocol", "HTTP2").is_ok());
        let error = protocol("--protocol", "htt").unwrap_err();
        assert_eq!((error.kind(), error.helps()), (Kind::Usage, &["did you mean \"http1\"?".to_owned()][..]));
        assert!(protocol("--protocol", "quic").unwrap_err().helps()[0].contains("websocket, triple"));
    }
}

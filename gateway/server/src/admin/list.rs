//! Lists: order, filters, pages.

use gateway_engine::regex::Regex;
use gateway_model::{Kind, json};
use hyper::StatusCode;
use serde_json::Value;

use super::answers::{self, Refusal};
use super::query::Query;
use super::read::View;
use super::target::Place;
use super::{Api, Call, v2};
use crate::control_http::{self, Answer};
use crate::state::Stored;

impl Api {
    /// All objects of a resource, or those that pass the filters, or a page of them.
    pub(super) async fn list(&self, call: Call<'_>, place: Place) -> Result<Answer, Refusal> {
        let page = Page::of(call.query)?;
        let filters = Filters::of(call.query, place.kind)?;
        let (kind, prefix) = (place.kind, place.prefix());
        // Under the lock only pointers are copied; what takes long for many objects happens outside of it.
        let stored = self
            .look(move |tables| {
                let all = tables.below(kind, &prefix);
                all.map(|(id, stored)| (id.to_owned(), stored.clone())).collect::<Vec<_>>()
            })
            .await?;
        if stored.is_empty() && kind.parent().is_some() {
            return Err(Refusal::key_not_found());
        }
        let view = View::of(self, call.caller);
        let v3 = self.version == "v3";
        let render = move || {
            let chosen = choose(stored, &filters, page);
            let nodes = chosen.list.iter().map(|(id, stored)| view.node(&place, id, stored));
            match v3 {
                true => answers::list(nodes, chosen.total),
                false => {
                    let body = v2::list(&place.directory(), nodes.collect(), chosen.total);
                    control_http::json(StatusCode::OK, &body)
                }
            }
        };
        tokio::task::spawn_blocking(render).await.map_err(|_| Refusal::internal())
    }
}

/// What a list shows.
struct Chosen {
    list: Vec<(String, Stored)>,
    /// How many passed the filters.
    total: usize,
}

fn choose(mut list: Vec<(String, Stored)>, filters: &Filters, page: Option<Page>) -> Chosen {
    if !filters.is_empty() {
        list.retain(|(_, stored)| json::parse(&stored.bytes).is_ok_and(|value| filters.pass(&value)));
    }
    let total = list.len();
    if let Some(page) = page {
        list.sort_by_key(|(_, stored)| stored.created);
        list = list.into_iter().skip((page.number - 1).saturating_mul(page.size)).take(page.size).collect();
    }
    Chosen { list, total }
}

/// A page of a list; numbers begin at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Page {
    number: usize,
    size: usize,
}

impl Page {
    /// There are pages only where both arguments are given.
    fn of(query: &Query) -> Result<Option<Page>, Refusal> {
        let number = |name: &str| query.get(name).and_then(|text| text.trim().parse::<f64>().ok());
        let (Some(page), Some(size)) = (number("page"), number("page_size")) else { return Ok(None) };
        if !(10.0..=500.0).contains(&size) {
            return Err(Refusal::text("page_size must be between 10 and 500"));
        }
        // Casts of floats saturate.
        Ok(Some(Page { number: (page as usize).max(1), size: size as usize }))
    }
}

/// The conditions of a list; all must hold.
#[derive(Default)]
struct Filters {
    name: Option<Regex>,
    label: Option<String>,
    uri: Option<Regex>,
    /// Fields of the object and the text they must hold.
    fields: Vec<(String, String)>,
}

impl Filters {
    fn of(query: &Query, kind: Kind) -> Result<Filters, Refusal> {
        let pattern = |argument: &str| match query.get(argument) {
            None => Ok(None),
            Some(text) => Regex::new(text, "")
                .map(Some)
                .map_err(|error| Refusal::bad(format!("invalid argument {argument}: {error}"))),
        };
        let mut filters = Filters {
            name: pattern("name")?,
            label: query.get("label").map(str::to_owned),
            uri: pattern("uri")?,
            fields: Vec::new(),
        };
        if let (Kind::Route | Kind::StreamRoute, Some(filter)) = (kind, query.get("filter")) {
            for (field, value) in Query::parse(filter).iter() {
                match field {
                    "service_id" | "upstream_id" => filters.fields.push((field.to_owned(), value.to_owned())),
                    _ => tracing::debug!(field, "a list is not filtered by this field"),
                }
            }
        }
        Ok(filters)
    }

    fn is_empty(&self) -> bool {
        self.name.is_none() && self.label.is_none() && self.uri.is_none() && self.fields.is_empty()
    }

    fn pass(&self, value: &Value) -> bool {
        let matches = |pattern: &Regex, value: Option<&Value>| {
            value.and_then(Value::as_str).is_some_and(|text| pattern.is_match(text.as_bytes()))
        };
        self.name.as_ref().is_none_or(|name| matches(name, value.get("name")))
            && self.label.as_ref().is_none_or(|label| value.get("labels").and_then(|l| l.get(label)).is_some())
            && self.uri.as_ref().is_none_or(|uri| {
                let more = value.get("uris").and_then(Value::as_array);
                matches(uri, value.get("uri")) || more.into_iter().flatten().any(|item| matches(uri, Some(item)))
            })
            && self.fields.iter().all(|(field, wanted)| value.get(field).and_then(Value::as_str) == Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages() {
        let page = |text: &str| Page::of(&Query::parse(text));
        assert_eq!(page("page=2").unwrap(), None);
        assert_eq!(page("page=2&page_size=10").unwrap(), Some(Page { number: 2, size: 10 }));
        assert_eq!(page("page=-3&page_size=500").unwrap(), Some(Page { number: 1, size: 500 }));
        assert!(page("page=1&page_size=9").is_err() && page("page=1&page_size=501").is_err());
        assert!(page("page=1&page_size=nan").is_err());
    }

    #[test]
    fn filters() {
        let route = json!({"name": "foo-1", "uri": "/a", "uris": ["/b/c"], "labels": {"env": "x"}, "service_id": "1"});
        for (query, passes) in [
            ("name=foo", true),
            ("name=^oo", false),
            ("label=env", true),
            ("label=x", false),
            ("uri=/a", true),
            ("uri=b/c$", true),
            ("uri=/d", false),
            ("filter=service_id%3D1", true),
            ("filter=service_id%3D2", false),
            ("filter=upstream_id%3D1", false),
            ("filter=other%3D1", true),
            ("name=foo&label=x", false),
        ] {
            assert_eq!(Filters::of(&Query::parse(query), Kind::Route).unwrap().pass(&route), passes, "{query}");
        }
        assert!(Filters::of(&Query::parse("name=("), Kind::Route).is_err());
        assert!(Filters::of(&Query::parse("filter=service_id%3D2"), Kind::Service).unwrap().is_empty());
        assert!(!Filters::of(&Query::parse("name=nil"), Kind::Route).unwrap().pass(&json!({})));
    }
}

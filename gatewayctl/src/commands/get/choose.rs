//! Which of the listed objects are shown, and in which order.

use std::cmp::Ordering;

use clap::ValueEnum;
use serde_json::Value;

use super::fields::{self, Doubts};
use crate::commands::App;
use crate::error::{Error, Result};
use crate::filter::{Filter, Path, Selector, Sight};
use crate::resources::{self, IdForm, Item, Resource};
use crate::suggest;

/// What narrows a list down.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Choice {
    /// Labels: k=v, k!=v, k, !k, k in (a,b), k notin (a,b), with commas between them
    #[arg(long = "selector", short = 'l', value_name = "SELECTOR")]
    selector: Option<String>,
    /// A condition on any field, such as 'priority > 0 && uri =~ "^/api"'
    #[arg(long = "where", value_name = "EXPR")]
    condition: Option<String>,
    /// Those whose name contains this
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Routes whose uri contains this
    #[arg(long, value_name = "TEXT")]
    uri: Option<String>,
    /// Those for this host; *.example.com takes in its subdomains
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Those of this service
    #[arg(long, value_name = "ID")]
    pub(super) service: Option<String>,
    /// Those of this upstream
    #[arg(long, value_name = "ID")]
    upstream: Option<String>,
    /// Those that use this plugin
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// Enabled ones or disabled ones
    #[arg(long, value_name = "STATUS")]
    status: Option<Status>,
    /// Order by a field, FIELD or FIELD:desc; without it by id, as the server has them
    #[arg(long, value_name = "FIELD[:desc]")]
    sort_by: Option<String>,
    /// At most this many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Ask the server for pages of 10 to 500; they come in the order in which the objects were made, unless --sort-by says another
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(10..=500))]
    page_size: Option<u16>,
}

/// Whether objects take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Status {
    /// Status 1, or none.
    Enabled,
    /// Status 0.
    Disabled,
}

/// A [`Choice`] that was read.
#[derive(Debug, Default)]
pub(crate) struct Chooser {
    selector: Option<Selector>,
    condition: Option<Filter>,
    name: Option<String>,
    uri: Option<String>,
    host: Option<String>,
    service: Option<String>,
    upstream: Option<String>,
    plugin: Option<String>,
    status: Option<Status>,
    order: Option<(Path, bool)>,
    limit: Option<usize>,
    page_size: Option<u16>,
    /// Fields of the condition that no schema has.
    doubts: Doubts,
    /// What the condition sees, and what the order does.
    sights: (Sight, Sight),
}

impl Choice {
    /// Reads the expressions.
    ///
    /// # Errors
    /// Usage, with the place in the expression.
    pub(crate) fn read(&self) -> Result<Chooser> {
        let order = self.sort_by.as_deref().map(order).transpose()?;
        Ok(Chooser {
            selector: self.selector.as_deref().map(Selector::parse).transpose()?,
            condition: self.condition.as_deref().map(Filter::parse).transpose()?,
            name: self.name.clone(),
            uri: self.uri.clone(),
            host: self.host.as_ref().map(|host| host.to_ascii_lowercase()),
            service: self.service.clone(),
            upstream: self.upstream.clone(),
            plugin: self.plugin.clone(),
            status: self.status,
            order,
            limit: self.limit,
            page_size: self.page_size,
            doubts: Doubts::default(),
            sights: Default::default(),
        })
    }
}

fn order(text: &str) -> Result<(Path, bool)> {
    let (path, descending) = match text.rsplit_once(':') {
        Some((path, "desc")) => (path, true),
        Some((path, "asc")) => (path, false),
        Some((_, direction)) => {
            let error = Error::usage(format!("--sort-by: \"{direction}\" is no direction"));
            return Err(error.hint(suggest::hint(direction, ["asc", "desc"]).unwrap_or_else(|| "asc or desc".into())));
        }
        None => (text, false),
    };
    Ok((Path::parse(path).map_err(|problem| problem.in_text("--sort-by", path))?, descending))
}

impl Chooser {
    /// Looks whether there is what was named: the field to sort by, the plugin, the fields of the condition.
    ///
    /// # Errors
    /// Usage, with what was probably meant. A field of the condition that is not known is only told of by
    /// [`Chooser::tell`].
    pub(crate) async fn check(&mut self, resources: &[&'static Resource], app: &App<'_>) -> Result<()> {
        if let (Some((path, _)), Some(first)) = (&self.order, resources.first())
            && let Some(stranger) = fields::stranger(path, resources).filter(|stranger| !stranger.is_plugin)
        {
            return Err(stranger.error("--sort-by", first));
        }
        if let Some(condition) = &self.condition {
            self.doubts = Doubts::of(&condition.paths(), resources);
            self.sights.0 = Sight::of(&condition.paths(), resources);
        }
        if let Some((path, _)) = &self.order {
            self.sights.1 = Sight::of(&[path], resources);
        }
        match &self.plugin {
            Some(plugin) => fields::plugin("--plugin", plugin, app).await,
            None => Ok(()),
        }
    }

    /// Says which fields of the condition neither a schema nor an object has.
    pub(crate) fn tell(&self, app: &App<'_>) {
        self.doubts.tell(app);
    }

    /// After nothing was found: says which of the named objects does not exist.
    pub(crate) async fn missing(&self, app: &App<'_>) {
        for (name, id) in [("services", &self.service), ("upstreams", &self.upstream)] {
            let (Some(id), Ok(resource)) = (id, resources::find(name)) else { continue };
            let known = app.admin.list(resource, None).await.unwrap_or_default();
            if known.is_empty() || known.iter().any(|item| item.reference.id == *id) {
                continue;
            }
            let meant = suggest::hint(id, known.iter().map(|item| item.reference.id.as_str()));
            let meant = meant.map(|hint| format!("; {hint}")).unwrap_or_default();
            app.out.warn(&format!("there is no {} \"{id}\"{meant}", resource.singular));
        }
    }

    /// Whether an object is one of those wanted.
    pub(crate) fn takes(&self, item: &Item) -> bool {
        self.doubts.see(item);
        let value = &item.value;
        let contains = |fields: &[&str], wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| texts(value, fields).any(|text| text.contains(wanted.as_str())))
        };
        let is = |field: &str, wanted: &Option<String>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| value.get(field).is_some_and(|id| *wanted == crate::filter::text_of(id)))
        };
        contains(&["name"], &self.name)
            && contains(&["uri", "uris"], &self.uri)
            && (is_below(item, self.service.as_deref()) || is("service_id", &self.service))
            && is("upstream_id", &self.upstream)
            && self
                .host
                .as_deref()
                .is_none_or(|host| texts(value, &["host", "hosts", "sni", "snis"]).any(|p| covers(p, host)))
            && self
                .plugin
                .as_ref()
                .is_none_or(|plugin| value.get("plugins").is_some_and(|all| all.get(plugin).is_some()))
            && self.status.is_none_or(|status| {
                let disabled = value.get("status").and_then(Value::as_i64) == Some(0);
                disabled == (status == Status::Disabled)
            })
            && self.selector.as_ref().is_none_or(|selector| selector.matches(value))
            && self.condition.as_ref().is_none_or(|condition| {
                condition.holds(value, self.sights.0.see(item.reference.resource, &item.value).as_ref())
            })
    }

    /// Whether all objects have to be there before the first one can be shown.
    pub(crate) fn sorts(&self) -> bool {
        self.order.is_some()
    }

    /// How many objects are enough, where the first ones will do.
    pub(crate) fn enough(&self) -> Option<usize> {
        self.limit.filter(|_| self.order.is_none())
    }

    /// Puts objects in the wanted order and cuts them to the wanted number.
    pub(crate) fn arrange(&self, items: &mut Vec<Item>) {
        if self.sorts() {
            let mut keyed: Vec<(Option<Value>, Item)> = items.drain(..).map(|item| (self.key(&item), item)).collect();
            keyed.sort_by(|(a, _), (b, _)| self.compare(a.as_ref(), b.as_ref()));
            items.extend(keyed.into_iter().map(|(_, item)| item));
        }
        items.truncate(self.limit());
    }

    /// What an object is put in order by.
    pub(crate) fn key(&self, item: &Item) -> Option<Value> {
        let (path, _) = self.order.as_ref()?;
        let seen = || path.first(&self.sights.1.see(item.reference.resource, &item.value)?).cloned();
        path.first(&item.value).cloned().or_else(seen)
    }

    /// The order of two objects by what they have in the field, or its default. What has neither comes last, whichever the direction.
    pub(crate) fn compare(&self, a: Option<&Value>, b: Option<&Value>) -> Ordering {
        let descending = self.order.as_ref().is_some_and(|(_, descending)| *descending);
        match (a, b) {
            (Some(a), Some(b)) if descending => total(b, a),
            (Some(a), Some(b)) => total(a, b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }

    /// How many objects are shown.
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(usize::MAX)
    }

    /// What the server can leave out itself, as the pairs of a query: it knows the keys of labels, not their values. (What
    /// it takes for names and paths are patterns, and differ between servers.)
    pub(crate) fn query(&self) -> Vec<(&'static str, String)> {
        let key = self.selector.as_ref().and_then(Selector::key);
        key.map(|key| ("label", key.to_owned())).into_iter().collect()
    }

    /// How large the pages are that the server is asked for.
    pub(crate) fn page_size(&self) -> Option<u16> {
        self.page_size
    }
}

/// Whether an object lives below this service.
fn is_below(item: &Item, service: Option<&str>) -> bool {
    item.reference.resource.id == IdForm::Cost && item.reference.id.split_once('/').map(|(above, _)| above) == service
}

/// An order of all values: those of one kind beside each other, numbers first.
fn total(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        _ => 3,
    };
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => {
            let size = |number: &serde_json::Number| number.as_f64().unwrap_or_default();
            // Beyond what a float can tell apart, digits do.
            size(a).total_cmp(&size(b)).then_with(|| a.to_string().cmp(&b.to_string()))
        }
        _ => a.to_string().cmp(&b.to_string()),
    })
}

fn texts<'v>(value: &'v Value, fields: &[&str]) -> impl Iterator<Item = &'v str> {
    let found: Vec<&Value> = fields.iter().filter_map(|field| value.get(field)).collect();
    found.into_iter().flat_map(|value| match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>(),
        other => other.as_str().into_iter().collect(),
    })
}

/// Whether a host or `*.example.com` stands for a host.
fn covers(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => host == pattern || (host.len() > end.len() && host.ends_with(&end.to_ascii_lowercase())),
        None => pattern.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// What is no order of all values makes sorting panic.
        #[test]
        fn the_order_is_total(numbers in proptest::collection::vec(proptest::prelude::any::<(i64, f64, u64, bool)>(), 0..40)) {
            let mut values: Vec<Value> = numbers.iter().flat_map(|(a, b, c, d)| {
                [(*a).into(), (*b).into(), (*c).into(), (*d).into(), a.to_string().into(), Value::Null, ((*a >> 10) as f64).into(), serde_json::json!([a])]
            }).collect();
            values.sort_by(total);
            for pair in values.windows(2) {
                proptest::prop_assert!(total(&pair[0], &pair[1]) != Ordering::Greater);
            }
        }
    }

    #[test]
    fn hosts() {
        for (pattern, host, expected) in [
            ("a.example", "a.example", true),
            ("A.example", "a.example", true),
            ("*.example", "a.example", true),
            ("*.example", "a.b.example", true),
            ("*.example", "example", false),
            ("*.example", "*.example", true),
            ("a.example", "b.example", false),
        ] {
            assert_eq!(covers(pattern, host), expected, "{pattern} {host}");
        }
    }
}

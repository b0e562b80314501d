//! What tables show of objects that is not in them: routes of services, healthy nodes of upstreams, credentials of consumers.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::admin::lacks_resource;
use crate::commands::App;
use crate::commands::live::{is_bad, text};
use crate::error::Result;
use crate::filter::text_of;
use crate::output::columns::{self, Beside};
use crate::resources::{self, Item, Resource};

/// What is known of the objects of one resource.
#[derive(Default)]
pub(super) struct Known {
    routes: HashMap<String, usize>,
    /// The hosts of services.
    hosts: HashMap<String, String>,
    healthy: HashMap<String, Nodes>,
    /// `None`: the server does not tell.
    credentials: Option<HashMap<String, String>>,
}

/// The nodes of an upstream.
#[derive(Debug, Default, Clone, Copy)]
struct Nodes {
    all: usize,
    good: usize,
    unchecked: usize,
}

impl Known {
    /// Asks what the columns of a resource need, each thing once, and nothing where no column is shown. `groups` are the
    /// objects that were fetched for the same output.
    ///
    /// # Errors
    /// Those of a list; what a live endpoint refuses is not known, and no more.
    pub(super) async fn of(
        app: &App<'_>,
        resource: &'static Resource,
        groups: &[(&'static Resource, Vec<Item>)],
    ) -> Result<Known> {
        let mut known = Known::default();
        let shown = |name: &str| is_shown(app, name);
        let of = |name: &str| groups.iter().find(|(resource, _)| resource.name == name).map(|(_, items)| items);
        match resource.name {
            _ if !app.format().is_tabular() => {}
            "routes" if of("routes").into_iter().flatten().any(|item| asks_service(app, item)) => {
                known.ask_hosts(app).await?;
            }
            "services" if shown("routes") => known.routes = routes(app, groups).await?,
            "upstreams" if shown("healthy") => known.healthy = healthy(app).await,
            "consumers" if shown("credentials") => known.credentials = credentials(app).await,
            _ => {}
        }
        Ok(known)
    }

    /// Asks for the hosts of services, which are those of routes without any.
    ///
    /// # Errors
    /// Those of the list.
    pub(super) async fn ask_hosts(&mut self, app: &App<'_>) -> Result<()> {
        let services = match app.admin.list(resources::find("services")?, None).await {
            Err(error) if lacks_resource(&error) => Vec::new(),
            listed => listed?,
        };
        let named = services.into_iter().filter_map(|item| Some((item.reference.id, columns::hosts_of(&item.value)?)));
        self.hosts = named.collect();
        Ok(())
    }

    /// What is known of one of them.
    pub(super) fn of_item(&self, item: &Item) -> Beside {
        let id = &item.reference.id;
        match item.reference.resource.name {
            "routes" => {
                let hosts = service_of(item).and_then(|service| self.hosts.get(&service)).cloned();
                Beside { hosts, ..Beside::default() }
            }
            "services" => Beside { routes: self.routes.get(id).copied(), ..Beside::default() },
            "upstreams" => Beside { healthy: self.healthy.get(id).map(Nodes::told), ..Beside::default() },
            "consumers" => {
                let known = self.credentials.as_ref();
                let credentials = known.map(|known| known.get(id).cloned().unwrap_or_else(|| "0".to_owned()));
                Beside { credentials, ..Beside::default() }
            }
            _ => Beside::default(),
        }
    }
}

/// Whether a column is shown.
fn is_shown(app: &App<'_>, name: &str) -> bool {
    let wanted = app.settings.printing.columns.as_deref();
    wanted.is_none_or(|all| all.iter().any(|one| one.eq_ignore_ascii_case(name)))
}

/// Whether it takes the service of an object to say which hosts a route is for, where that is to be shown.
pub(super) fn asks_service(app: &App<'_>, item: &Item) -> bool {
    item.reference.resource.name == "routes"
        && app.format().is_tabular()
        && service_of(item).is_some()
        && !columns::has_hosts(&item.value)
        && is_shown(app, "host")
}

/// The service that a route names.
fn service_of(item: &Item) -> Option<String> {
    item.value.get("service_id").map(|id| text_of(id).into_owned())
}

impl Nodes {
    /// `2/3`. Of what nobody checks nothing is claimed.
    fn told(&self) -> String {
        if self.all > 0 && self.unchecked == self.all {
            return "unchecked".to_owned();
        }
        format!("{}/{}", self.good, self.all)
    }
}

/// How many routes name each of the services that were fetched.
async fn routes(app: &App<'_>, groups: &[(&'static Resource, Vec<Item>)]) -> Result<HashMap<String, usize>> {
    let of = |name: &str| groups.iter().find(|(resource, _)| resource.name == name).map(|(_, items)| items);
    let services = of("services").into_iter().flatten();
    let mut counts: HashMap<String, usize> = services.map(|item| (item.reference.id.clone(), 0)).collect();
    let listed = app.admin.list(resources::find("routes")?, None).await?;
    for route in &listed {
        let Some(service) = service_of(route) else { continue };
        if let Some(count) = counts.get_mut(&service) {
            *count += 1;
        }
    }
    Ok(counts)
}

/// The nodes of each upstream object.
async fn healthy(app: &App<'_>) -> HashMap<String, Nodes> {
    let mut found: HashMap<String, Nodes> = HashMap::new();
    let Ok(Some(Value::Array(rows))) = app.admin.live("nodes").await else { return found };
    for row in &rows {
        let Some(id) = text(row, "owner").strip_prefix("upstreams/") else { continue };
        let (state, nodes) = (text(row, "state"), found.entry(id.to_owned()).or_default());
        nodes.all += 1;
        nodes.good += usize::from(!is_bad(state));
        nodes.unchecked += usize::from(state == "unchecked");
    }
    found
}

/// The credentials of each consumer that has any, by kind.
async fn credentials(app: &App<'_>) -> Option<HashMap<String, String>> {
    let Ok(Some(Value::Array(rows))) = app.admin.live("credentials").await else { return None };
    let told = rows.iter().map(|row| {
        let kinds: BTreeMap<&String, &Value> =
            row.get("kinds").and_then(Value::as_object).into_iter().flatten().collect();
        let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{kind}:{count}")).collect();
        let total = row.get("total").map(Value::to_string).unwrap_or_default();
        let said = if kinds.is_empty() { total } else { kinds.join(",") };
        (text(row, "consumer").to_owned(), said)
    });
    Some(told.collect())
}

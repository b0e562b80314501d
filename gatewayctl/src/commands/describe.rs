//! `gatewayctl describe`: one object and what belongs to it, on one page.

use std::fmt::Write as _;

use gateway_model::Kind as Model;
use gateway_model::merge::{self, Level};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::App;
use super::change;
use super::get::document;
use super::live;
use super::plugins::{described_phases, first_phase};
use crate::error::Result;
use crate::filter::text_of;
use crate::links::{self, Users};
use crate::output::clean;
use crate::output::columns::{Beside, Row, hosts_of};
use crate::output::mask;
use crate::resources::nested::Above;
use crate::resources::{self, Item, Reference};

/// Show one object with its plugins, its nodes, and what it names and is named by
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Show one object with its plugins, its nodes, and what it names and is named by

Of a route the plugins are those that run, in their order, with the place that each one comes from: global rule, service, \
plugin config or the route itself. What a consumer adds depends on the request, and stands on the consumer's own page.",
    before_help = "Examples:
  gatewayctl describe route hello
  gatewayctl describe upstream/u1
  gatewayctl describe consumer bob -o json",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// RESOURCE ID, or RESOURCE/ID
    #[arg(required = true, value_name = "RESOURCE ID")]
    target: Vec<String>,
    #[command(flatten)]
    above: Above,
    /// Show secrets as they are
    #[arg(long)]
    show_secrets: bool,
}

/// Gathers the page and prints it.
///
/// # Errors
/// Not found; those of the calls.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    app.printer().no_list("describe")?;
    let reference = change::one(&args.target, args.above.of(&args.target))?;
    let item = change::stored(app, &reference).await?;
    let page = Page::gather(app, &item).await?;
    if args.show_secrets && mask::is_hidden(&item.value) {
        app.out.warn(mask::NOT_TOLD);
    }
    app.printer().one("describe", || page.document(args.show_secrets), || app.out.page(&page.text(app)))
}

/// Everything on the page.
struct Page<'i> {
    item: &'i Item,
    plugins: Vec<Plugin>,
    nodes: Vec<Value>,
    uses: Vec<(Reference, bool)>,
    users: Vec<Reference>,
    rate: Option<Value>,
    /// The hosts of the service, where the object has none of its own.
    hosts: Option<String>,
}

/// A plugin that runs.
struct Plugin {
    name: String,
    /// The place of the first phase that it runs in.
    phase: usize,
    priority: Option<i64>,
    origin: String,
    config: Value,
}

impl<'i> Page<'i> {
    async fn gather(app: &App<'_>, item: &'i Item) -> Result<Page<'i>> {
        let kind = item.reference.resource.kind;
        let mut named: Vec<Item> = Vec::new();
        let mut uses = Vec::new();
        for (kind, id) in links::named(kind, &item.value) {
            let Some(reference) = resources::of_kind(kind, &id) else { continue };
            let found = app.admin.get(&reference).await?;
            uses.push((reference, found.is_some()));
            named.extend(found);
        }
        let plugins = plugins(app, item, &named).await?;
        let users = Users::default().of(&app.admin, &item.reference).await;
        let service = named.iter().find(|item| item.reference.resource.kind == Model::Service);
        let owner = owner_of_nodes(item).or_else(|| service.and_then(owner_of_nodes));
        let mut nodes = Vec::new();
        if let Some(owner) = owner
            && let Ok(Some(Value::Array(told))) =
                app.admin.live(&live::path("nodes", &[("upstream", Some(owner))])).await
        {
            nodes = told;
        }
        let rate = rate(app, item).await;
        let hosts = service.and_then(|service| hosts_of(&service.value));
        Ok(Page { item, plugins, nodes, uses, users, rate, hosts })
    }

    fn document(&self, show_secrets: bool) -> Value {
        let plugins = self.plugins.iter().map(|plugin| {
            let mut named = Map::new();
            named.insert(plugin.name.clone(), plugin.config.clone());
            let shown = mask::masked(&json!({ "plugins": named }), show_secrets);
            let config = shown.pointer("/plugins").and_then(|all| all.get(&plugin.name)).cloned().unwrap_or_default();
            json!({ "name": plugin.name, "priority": plugin.priority, "origin": plugin.origin, "config": config })
        });
        json!({
            "object": document(self.item, show_secrets),
            "revision": self.item.revision(),
            "plugins": plugins.collect::<Vec<_>>(),
            "nodes": self.nodes,
            "uses": self.uses.iter().map(|(used, there)| json!({ "object": used.to_string(), "exists": there })).collect::<Vec<_>>(),
            "used_by": self.users.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "traffic": self.rate,
        })
    }

    fn text(&self, app: &App<'_>) -> String {
        let mut page = format!("{}\n", app.out.paint("1", &clean::line(&self.item.reference.to_string())));
        if let (Some(above), Some((id, _))) =
            (self.item.reference.resource.parent(), self.item.reference.id.split_once('/'))
        {
            let _ = writeln!(page, "  {:<10} {}", above.singular, clean::line(id));
        }
        let beside = Beside { hosts: self.hosts.clone(), ..Beside::default() };
        let row = Row { item: self.item, now: app.now, beside };
        for column in self.item.reference.resource.columns {
            let cell = (column.cell)(&row);
            if column.head.name != "ID" && column.head.name != "PLUGINS" && column.head.name != "ROUTES" && cell != "-"
            {
                let _ = writeln!(page, "  {:<10} {}", column.head.name.to_lowercase(), clean::line(&cell));
            }
        }
        if let Some(desc) = self.item.value.get("desc").and_then(Value::as_str) {
            let _ = writeln!(page, "  {:<10} {}", "desc", clean::line(&mask::text(desc)));
        }
        self.plugins_text(&mut page);
        if !self.nodes.is_empty() {
            page.push_str("nodes\n");
            for node in &self.nodes {
                let part = |name: &str| node.get(name).map(|value| text_of(value).into_owned()).unwrap_or_default();
                let line = clean::line(&format!("  {}  weight {}", part("addr"), part("weight")));
                let _ = writeln!(page, "{}", format!("{line}  {}", app.out.state(&part("state"))).trim_end());
            }
        }
        if !self.uses.is_empty() {
            page.push_str("uses\n");
            for (used, there) in &self.uses {
                let _ =
                    writeln!(page, "  {}{}", clean::line(&used.to_string()), if *there { "" } else { "  (missing)" });
            }
        }
        if !self.users.is_empty() {
            page.push_str("used by\n");
            for user in &self.users {
                let _ = writeln!(page, "  {}", clean::line(&user.to_string()));
            }
        }
        if let Some(rate) = &self.rate {
            let part = |name: &str| rate.get(name).map(|value| text_of(value).into_owned()).unwrap_or_default();
            let _ =
                writeln!(page, "traffic\n  {} requests/s, p50 {} ms, p99 {} ms", part("rps"), part("p50"), part("p99"));
        }
        page
    }

    fn plugins_text(&self, page: &mut String) {
        if self.plugins.is_empty() {
            return;
        }
        page.push_str("plugins, in the order in which they run\n");
        let width = self.plugins.iter().map(|plugin| plugin.name.chars().count()).max().unwrap_or_default();
        for plugin in &self.plugins {
            let priority = plugin.priority.map_or_else(|| "-".to_owned(), |priority| priority.to_string());
            let line = format!("  {:<width$}  {priority:>6}  {}", plugin.name, plugin.origin);
            let _ = writeln!(page, "{}", clean::line(&line));
        }
    }
}

/// Whose nodes an object's requests go to, as `live/nodes` calls it: an upstream by its id, else where it stands.
fn owner_of_nodes(item: &Item) -> Option<String> {
    let (reference, value) = (&item.reference, &item.value);
    if reference.resource.kind == Model::Upstream {
        return Some(reference.id.clone());
    }
    let by_id = value.get("upstream_id").map(|id| text_of(id).into_owned());
    let within = || value.get("upstream").map(|_| format!("{}/{}", reference.resource.path(), reference.id));
    by_id.or_else(within)
}

/// The plugins that run for an object, in their order: by phase, within one the global rules first, then by priority.
async fn plugins(app: &App<'_>, item: &Item, named: &[Item]) -> Result<Vec<Plugin>> {
    let kind = item.reference.resource.kind;
    let of = |item: &Item| item.value.get("plugins").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut levels = vec![(own_level(kind), item.reference.to_string(), of(item))];
    for other in named {
        let level = match other.reference.resource.kind {
            Model::Service => Level::Service,
            Model::PluginConfig => Level::PluginConfig,
            Model::ConsumerGroup => Level::ConsumerGroup,
            _ => continue,
        };
        levels.push((level, other.reference.to_string(), of(other)));
    }
    let mut global = Vec::new();
    if kind == Model::Route {
        let rules = app.admin.list(resources::find("global-rules")?, None).await.unwrap_or_default();
        for rule in rules {
            let origin = rule.reference.to_string();
            global.extend(of(&rule).into_iter().map(|(name, config)| (name, origin.clone(), config)));
        }
    }
    if levels.iter().all(|(_, _, plugins)| plugins.is_empty()) && global.is_empty() {
        return Ok(Vec::new());
    }
    let told = told_plugins(app).await;
    let with_priority = |name: &str, origin: String, config: &Value| {
        let of = |field: &str| told.get(name).and_then(|plugin| plugin.get(field));
        let own = config.pointer("/_meta/priority").and_then(Value::as_i64);
        Plugin {
            name: name.to_owned(),
            phase: of("phases").map_or_else(|| first_phase(&described_phases(name)), first_phase),
            priority: own.or_else(|| of("priority").and_then(Value::as_i64)),
            origin,
            config: config.clone(),
        }
    };
    let mut first: Vec<Plugin> =
        global.iter().map(|(name, origin, config)| with_priority(name, origin.clone(), config)).collect();
    let entries = levels.iter().flat_map(|(level, origin, plugins)| {
        plugins.iter().map(move |(name, config)| (*level, name.as_str(), (origin, config)))
    });
    let merged = merge::plugins(entries);
    let mut then: Vec<Plugin> =
        merged.into_iter().map(|plugin| with_priority(plugin.name, plugin.value.0.clone(), plugin.value.1)).collect();
    for part in [&mut first, &mut then] {
        part.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.name.cmp(&b.name)));
    }
    first.append(&mut then);
    // Those of one phase stay as they are.
    first.sort_by_key(|plugin| plugin.phase);
    Ok(first)
}

fn own_level(kind: Model) -> Level {
    match kind {
        Model::Service => Level::Service,
        Model::PluginConfig => Level::PluginConfig,
        Model::Consumer | Model::Credential => Level::Consumer,
        Model::ConsumerGroup => Level::ConsumerGroup,
        _ => Level::Route,
    }
}

/// The server's plugins, by name; none from a server that does not tell.
async fn told_plugins(app: &App<'_>) -> Map<String, Value> {
    let Ok(answer) = app.admin.call(Method::GET, "/plugins?all=true", None).await else { return Map::new() };
    match answer.is_success().then(|| answer.json()) {
        Some(Ok(Value::Object(told))) => told,
        _ => Map::new(),
    }
}

/// What goes through an object now, from a server that tells.
async fn rate(app: &App<'_>, item: &Item) -> Option<Value> {
    let by = match item.reference.resource.kind {
        Model::Route => "route",
        Model::Service => "service",
        Model::Upstream => "upstream",
        Model::Consumer => "consumer",
        _ => return None,
    };
    let told = app.admin.live(&format!("stats?by={by}&top=500")).await.ok()??;
    let rows = told.pointer(&format!("/by/{by}"))?.as_array()?;
    rows.iter().find(|row| row.get("id").is_some_and(|id| text_of(id) == item.reference.id)).cloned()
}

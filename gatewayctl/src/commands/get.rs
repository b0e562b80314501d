//! `gatewayctl get`: shows objects.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::App;
use crate::error::{Error, Kind, Result};
use crate::output::Format;
use crate::output::columns::Row;
use crate::output::mask;
use crate::output::table::Table;
use crate::resources::{self, Item, Reference, Resource, Target};

/// Show one or many objects
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl get routes
  gatewayctl get route hello -o yaml
  gatewayctl get routes,services -o wide
  gatewayctl get credentials --consumer bob
  gatewayctl get all -o name
  gatewayctl get all -o yaml --show-secrets > all.yaml",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// RESOURCE, RESOURCE,RESOURCE or all; then ids; or RESOURCE/ID
    #[arg(required = true, value_name = "RESOURCE [ID]")]
    targets: Vec<String>,
    /// Whose credentials; without it those of all consumers
    #[arg(long, value_name = "NAME")]
    consumer: Option<String>,
    /// Leave the header row out
    #[arg(long)]
    no_headers: bool,
    /// Show secrets as they are
    #[arg(long)]
    show_secrets: bool,
    /// With -o json or yaml: the answers of the server, with key and revisions
    #[arg(long)]
    raw: bool,
}

/// Fetches what is asked for and prints it.
///
/// # Errors
/// Not found: the first id that does not exist, after the others were printed.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let targets = resources::targets(&args.targets, args.consumer.as_deref())?;
    let mut found = Found::default();
    for target in &targets {
        found.fetch(target, app, targets.len() > 1).await?;
    }
    match app.settings.format {
        Format::Json | Format::Yaml => documents(args, app, &targets, &found)?,
        Format::Name => found
            .groups
            .iter()
            .flat_map(|(_, items)| items)
            .try_for_each(|item| app.out.line(&item.reference.to_string()))?,
        Format::Table | Format::Wide => tables(args, app, &found).await?,
    }
    match found.missing.first() {
        None => Ok(()),
        Some(reference) => Err(not_found(reference)),
    }
}

/// The error for an object that does not exist.
pub(crate) fn not_found(reference: &Reference) -> Error {
    Error::new(Kind::NotFound, "does not exist")
        .about(reference.resource.singular, &reference.id)
        .hint(format!("gatewayctl get {}", reference.resource.name))
}

/// Objects by resource, in the order in which they were asked for.
#[derive(Default)]
struct Found {
    groups: Vec<(&'static Resource, Vec<Item>)>,
    missing: Vec<Reference>,
}

impl Found {
    async fn fetch(&mut self, target: &Target, app: &App<'_>, one_of_many: bool) -> Result<()> {
        match target {
            Target::One(reference) => match app.admin.get(reference).await? {
                Some(item) => self.group(reference.resource).push(item),
                None => self.missing.push(reference.clone()),
            },
            Target::All(resource, consumer) => match app.admin.list(resource, consumer.as_deref()).await {
                Ok(items) => self.group(resource).extend(items),
                // One of "all" that this server does not have, or has off.
                Err(error) if one_of_many && matches!(error.kind(), Kind::NotFound | Kind::Rejected) => {
                    app.out.trace(1, error.message());
                }
                Err(error) => return Err(error),
            },
        }
        Ok(())
    }

    fn group(&mut self, resource: &'static Resource) -> &mut Vec<Item> {
        let place = match self.groups.iter().position(|(other, _)| *other == resource) {
            Some(place) => place,
            None => {
                self.groups.push((resource, Vec::new()));
                self.groups.len() - 1
            }
        };
        // `place` is the index of a group that was found or just pushed.
        &mut self.groups[place].1
    }
}

fn documents(args: &Args, app: &App<'_>, targets: &[Target], found: &Found) -> Result<()> {
    let shown = |item: &Item| {
        if args.raw { mask::masked(&item.envelope, args.show_secrets) } else { document(item, args.show_secrets) }
    };
    let mut items: Vec<Value> = found.groups.iter().flat_map(|(_, items)| items).map(shown).collect();
    let one = matches!(targets, [Target::One(_)]);
    match (one, items.pop()) {
        (true, Some(item)) => app.out.document(app.settings.format, &item),
        (true, None) => Ok(()),
        (false, last) => {
            items.extend(last);
            app.out.document(app.settings.format, &json!({ "total": items.len(), "items": items }))
        }
    }
}

/// The object as `apply` reads it: its fields, `kind`, and whose it is.
fn document(item: &Item, show_secrets: bool) -> Value {
    let mut value = mask::masked(&item.value, show_secrets);
    if let Value::Object(fields) = &mut value {
        fields.insert("kind".to_owned(), item.reference.resource.singular.into());
        match (item.reference.resource.id, item.reference.id.split_once('/')) {
            (resources::IdForm::Credential, Some((consumer, id))) => {
                fields.insert("consumer".to_owned(), consumer.into());
                fields.insert("id".to_owned(), id.into());
            }
            (resources::IdForm::Username, _) => {}
            _ => {
                fields.insert("id".to_owned(), item.reference.id.as_str().into());
            }
        }
    }
    value
}

async fn tables(args: &Args, app: &App<'_>, found: &Found) -> Result<()> {
    let several = found.groups.iter().filter(|(_, items)| !items.is_empty()).count() > 1;
    let mut first = true;
    for (resource, items) in &found.groups {
        if items.is_empty() {
            continue;
        }
        if several {
            let gap = if first { "" } else { "\n" };
            app.out.bytes(format!("{gap}{}\n", app.out.paint("1", resource.name)).as_bytes())?;
            first = false;
        }
        let routes = if resource.name == "services" { routes_of_services(app, found).await? } else { HashMap::new() };
        let table = table(app, resource, items, &routes);
        let width = app.tty.width.filter(|_| app.tty.stdout);
        for line in table.render(!args.no_headers, width) {
            app.out.line(&line)?;
        }
    }
    if found.groups.iter().all(|(_, items)| items.is_empty()) && found.missing.is_empty() {
        let names: Vec<&str> = found.groups.iter().map(|(resource, _)| resource.name).collect();
        app.out.note(&format!("no {}", if names.len() > 3 { "objects".to_owned() } else { names.join(", ") }));
    }
    Ok(())
}

fn table(app: &App<'_>, resource: &Resource, items: &[Item], routes: &HashMap<String, usize>) -> Table {
    let wide = app.settings.format == Format::Wide;
    let columns: Vec<_> = resource.columns.iter().filter(|column| wide || !column.wide).collect();
    let row = |item| {
        let row = Row { item, now: app.now, routes: routes.get(&item.reference.id).copied() };
        columns.iter().map(|column| (column.cell)(&row)).collect()
    };
    Table {
        header: columns.iter().map(|column| column.name).collect(),
        give: columns.iter().map(|column| column.give).collect(),
        rows: items.iter().map(row).collect(),
    }
}

/// How many routes name each service.
async fn routes_of_services(app: &App<'_>, found: &Found) -> Result<HashMap<String, usize>> {
    let mut counts = HashMap::new();
    let services = found.groups.iter().find(|(resource, _)| resource.name == "services");
    for item in services.into_iter().flat_map(|(_, items)| items) {
        counts.insert(item.reference.id.clone(), 0);
    }
    let routes = app.admin.list(resources::find("routes")?, None).await?;
    for route in &routes {
        let service = match route.value.get("service_id") {
            Some(Value::String(id)) => id.clone(),
            Some(id) => id.to_string(),
            None => continue,
        };
        if let Some(count) = counts.get_mut(&service) {
            *count += 1;
        }
    }
    Ok(counts)
}

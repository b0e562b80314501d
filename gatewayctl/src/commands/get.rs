//! `gatewayctl get`: shows objects.

mod beside;
mod choose;
pub(crate) mod fields;
mod tables;
mod watch;

use serde_json::Value;

use super::App;
use crate::admin::{Page, lacks_resource};
use crate::error::{Error, Kind, Result};
use crate::output::Format;
use crate::output::columns::{Beside, Row};
use crate::output::list::Entry;
use crate::output::mask;
use crate::resources::{self, Item, Reference, Resource, Target, nested};
use beside::Known;
pub(crate) use choose::{Choice, Chooser};

/// Show one or many objects
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl get routes
  gatewayctl get route hello -o yaml
  gatewayctl get routes -l team=blue --where 'priority > 0' --sort-by priority:desc
  gatewayctl get routes,services -o wide
  gatewayctl get routes -o custom-columns=ID:.id,URI:.uri
  gatewayctl get credentials --consumer bob
  gatewayctl get routes --watch
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
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    view: View,
    /// Keep looking, and show what is added, modified and deleted; with -o ndjson an event a line
    #[arg(long, short = 'w')]
    watch: bool,
    /// As --watch, without what is there already
    #[arg(long)]
    watch_only: bool,
    /// How often --watch looks
    #[arg(long, value_name = "DUR", default_value = "2s")]
    interval: String,
}

/// How much of an object is shown.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct View {
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
    let parent = nested::chosen(&args.targets, args.consumer.as_deref(), args.choice.service.as_deref());
    let targets = resources::targets(&args.targets, parent)?;
    let mut chooser = args.choice.read()?;
    let resources: Vec<&'static Resource> = targets.iter().map(Target::resource).collect();
    chooser.check(&resources, app).await?;
    if args.watch || args.watch_only {
        return watch::run(args, app, &targets, &chooser).await;
    }
    if let [Target::All(resource, consumer)] = targets.as_slice()
        && resource.name != "services"
    {
        let shown = straight(args.view, app, resource, consumer.as_deref(), &chooser).await;
        chooser.tell(app);
        return shown;
    }
    let mut found = Found::default();
    for target in &targets {
        found.fetch(target, &chooser, app, targets.len() > 1).await?;
    }
    for (_, items) in &mut found.groups {
        chooser.arrange(items);
    }
    if app.format().is_tabular() {
        tables::print(args.view, app, &resources, &found).await?;
    } else {
        documents(args.view, app, &targets, &found)?;
    }
    if found.groups.iter().flat_map(|(_, items)| items).any(|item| args.view.misses(item)) {
        app.out.warn(mask::NOT_TOLD);
    }
    chooser.tell(app);
    match found.missing.first() {
        None => Ok(()),
        Some(reference) => Err(not_found(reference)),
    }
}

/// One list, printed while it is read, so that none of it is kept longer than it takes.
async fn straight(
    view: View,
    app: &App<'_>,
    resource: &'static Resource,
    consumer: Option<&str>,
    chooser: &Chooser,
) -> Result<()> {
    let mut list = app.printer().list(resource.columns.iter().map(|column| column.head).collect())?;
    let page = Page { filters: chooser.query(), size: chooser.page_size() };
    let enough = chooser.enough().unwrap_or(usize::MAX);
    let (mut count, mut failed) = (0, None);
    let mut kept = Kept::default();
    let mut known = Known::of(app, resource, &[]).await?;
    let (mut asks, mut hidden) = (false, false);
    let mut visit = |item: Item| {
        if count < enough && chooser.takes(&item) {
            count += 1;
            hidden = hidden || view.misses(&item);
            asks |= beside::asks_service(app, &item);
            // Those behind one that waits for its service wait too.
            if chooser.sorts() || asks {
                kept.push(chooser, &item);
                return count < enough;
            }
            let row = Row { item: &item, now: app.now, beside: known.of_item(&item) };
            if let Err(error) = list.push(&Shown { view, row }) {
                failed = Some(error);
            }
        }
        count < enough && failed.is_none()
    };
    app.admin.each(resource, consumer, &page, &mut visit).await?;
    if asks {
        known.ask_hosts(app).await?;
    }
    for item in kept.arranged(chooser, resource) {
        list.push(&Shown { view, row: Row { item: &item, now: app.now, beside: known.of_item(&item) } })?;
    }
    if let Some(error) = failed {
        return Err(error);
    }
    if hidden {
        app.out.warn(mask::NOT_TOLD);
    }
    // Headers of nothing are no table, but they are a file of comma-separated values.
    if list.finish()? == 0 {
        if app.format().is_tabular() {
            app.out.note(&format!("no {}", resource.name));
        }
        chooser.missing(app).await;
    }
    Ok(())
}

/// Objects that wait for all others to come before them: as text, which takes a small part of the room of a tree.
#[derive(Default)]
struct Kept(Vec<(Option<Value>, String)>);

impl Kept {
    fn push(&mut self, chooser: &Chooser, item: &Item) {
        self.0.push((chooser.key(item), item.envelope().to_string()));
    }

    /// In the wanted order, as many as are wanted.
    fn arranged(mut self, chooser: &Chooser, resource: &'static Resource) -> impl Iterator<Item = Item> + use<> {
        self.0.sort_by(|(a, _), (b, _)| chooser.compare(a.as_ref(), b.as_ref()));
        self.0.truncate(chooser.limit());
        self.0.into_iter().filter_map(move |(_, text)| Item::from_envelope(resource, serde_json::from_str(&text).ok()?))
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
    async fn fetch(&mut self, target: &Target, chooser: &Chooser, app: &App<'_>, one_of_many: bool) -> Result<()> {
        match target {
            Target::One(reference) => match app.admin.get(reference).await? {
                Some(item) if chooser.takes(&item) => self.group(reference.resource).push(item),
                Some(_) => {}
                None => self.missing.push(reference.clone()),
            },
            Target::All(resource, consumer) => {
                let page = Page { filters: chooser.query(), size: chooser.page_size() };
                let items = self.group(resource);
                let enough = chooser.enough().unwrap_or(usize::MAX);
                let mut visit = |item| {
                    if chooser.takes(&item) {
                        items.push(item);
                    }
                    items.len() < enough
                };
                match app.admin.each(resource, consumer.as_deref(), &page, &mut visit).await {
                    // One of "all" that this server does not have, or has off.
                    Err(error) if one_of_many && lacks_resource(&error) => {
                        app.out.trace(1, error.message());
                    }
                    done => done?,
                }
            }
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

/// One object is a document, anything else a list of all.
fn documents(view: View, app: &App<'_>, targets: &[Target], found: &Found) -> Result<()> {
    let all = || found.groups.iter().flat_map(|(_, items)| items);
    if matches!(targets, [Target::One(_)]) && !matches!(app.format(), Format::Name | Format::CustomColumns) {
        return all().try_for_each(|item| app.printer().document(view.of(item)));
    }
    let mut list = app.printer().list(Vec::new())?;
    for item in all() {
        list.push(&Shown { view, row: Row { item, now: app.now, beside: Beside::default() } })?;
    }
    list.finish().map(drop)
}

/// An object as it is printed.
struct Shown<'a> {
    view: View,
    row: Row<'a>,
}

impl Entry for Shown<'_> {
    fn name(&self) -> String {
        self.row.item.reference.to_string()
    }

    fn cell(&self, column: usize) -> String {
        let column = self.row.item.reference.resource.columns.get(column);
        column.map(|column| (column.cell)(&self.row)).unwrap_or_default()
    }

    fn document(&self) -> Value {
        self.view.of(self.row.item)
    }
}

impl View {
    /// Whether secrets are to be shown, and the server does not tell those of an object.
    fn misses(self, item: &Item) -> bool {
        self.show_secrets && mask::is_hidden(&item.value)
    }

    fn of(self, item: &Item) -> Value {
        if self.raw { mask::masked(&item.envelope(), self.show_secrets) } else { document(item, self.show_secrets) }
    }
}

/// The object as `apply` reads it: its fields, `kind`, and whose it is.
pub(crate) fn document(item: &Item, show_secrets: bool) -> Value {
    let mut value = mask::masked(&item.value, show_secrets);
    if let Value::Object(fields) = &mut value {
        fields.insert("kind".to_owned(), item.reference.resource.singular.into());
        match (item.reference.resource.id, item.reference.resource.id.nested()) {
            (resources::IdForm::Username, _) => {}
            (_, Some(nested)) => nested.name(fields, &item.reference.id),
            _ => {
                fields.insert("id".to_owned(), item.reference.id.as_str().into());
            }
        }
    }
    value
}

//! `gatewayctl import apisix`: the configuration of an APISIX, from its Admin API or its standalone file, into this gateway.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::App;
use super::apply::DryRun;
use super::config::plan::Plan;
use super::config::scope::{self, Scope};
use super::config::sync;
use crate::admin::Admin;
use crate::cli::Global;
use crate::client::Client;
use crate::context::Settings;
use crate::error::{Error, Kind, Result};
use crate::files::write::{self, Entry, Language};
use crate::files::{self, Files, Object, Shape, parse};
use crate::lint::{self, Rules};
use crate::resources;
use crate::world::Env;

/// Bring the configuration of another gateway into this one
#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  gatewayctl import apisix apisix.yaml --dry-run
  GATEWAYCTL_FROM_KEY=edd1... gatewayctl import apisix --from http://apisix:9180",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Apisix(Apisix),
}

/// From APISIX: a running one's Admin API, or its standalone file
#[derive(Debug, clap::Args)]
#[command(
    long_about = "From APISIX: a running one's Admin API, or its standalone file

Everything that this gateway understands is created or changed, what there is beyond that stays. What it does not understand \
is listed with the reason and left out, whole objects and not parts of them: a route without its plugin for authentication \
would be open to everybody. Exits with 8 where something was left out.

An Admin API never tells the private keys of certificates. Objects of ssls come from the standalone file, or keep a key that \
this gateway has already.",
    before_help = "Examples:
  gatewayctl import apisix apisix.yaml --dry-run=server
  gatewayctl import apisix --from http://apisix:9180 --from-key-file apisix.key
  gatewayctl import apisix --from http://apisix:9180 --only routes,upstreams",
    help_template = crate::cli::HELP
)]
struct Apisix {
    /// Standalone file, folder, glob or - for standard input
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Admin API of the APISIX
    #[arg(long, value_name = "URL", conflicts_with = "files")]
    from: Option<String>,
    /// Its admin key, from the first line of a file [env: GATEWAYCTL_FROM_KEY]
    #[arg(long, value_name = "FILE", requires = "from")]
    from_key_file: Option<PathBuf>,
    /// Certificates to trust for it, PEM
    #[arg(long, value_name = "FILE", requires = "from")]
    from_ca: Option<PathBuf>,
    #[command(flatten)]
    scope: scope::Flags,
    /// Say what would be done: client compares only, server also has it checked
    #[arg(long, value_name = "WHERE", default_value = "none", num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    dry_run: DryRun,
}

/// Runs the import.
///
/// # Errors
/// Those of the calls; usage for the files; partial where something was left out.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let Command::Apisix(args) = &args.command;
    if args.dry_run == DryRun::None {
        app.writable()?;
    }
    if args.from.is_none() && args.files.is_empty() {
        return Err(Error::usage("what is to be imported?")
            .hint("gatewayctl import apisix apisix.yaml, a standalone file")
            .hint("gatewayctl import apisix --from http://apisix:9180 --from-key-file FILE, a running one"));
    }
    let scope = args.scope.scope()?;
    let (files, faults) = match &args.from {
        Some(from) => (from_server(args, from, app).await?, Vec::new()),
        None => files::read_sound(&args.files, &mut **app.stdin.borrow_mut())?,
    };
    for note in &files.notes {
        app.out.warn(note);
    }
    // What is named by what is wanted need not be wanted itself.
    let mut objects = files.objects;
    let mut left_out = BTreeMap::new();
    keyless(app, &mut objects, &mut left_out).await?;
    // What a server holds is text.
    for object in objects.iter().filter(|_| args.from.is_none()) {
        if let Some((_, name)) = files::placeholders::first(&object.value) {
            left_out
                .insert(object.reference.to_string(), format!("{name} has no value yet: config render puts them in"));
        }
    }
    keep(&mut objects, &mut left_out);
    not_understood(&mut objects, &mut left_out, app.now.seconds());
    because(&mut left_out);
    objects.retain(|object| scope.has(object.reference.resource) && scope.takes(&object.value));
    let wanted = |name: &String| resources::find(name.split('/').next().unwrap_or_default());
    left_out.retain(|name, _| wanted(name).is_ok_and(|of| scope.has(of)));
    let faults: Vec<(String, String)> =
        faults.iter().filter(|fault| is_of(fault, &scope)).map(place_and_reason).collect();
    let total = objects.len() + left_out.len() + faults.len();
    let plan = settle(app, objects, &scope, &mut left_out).await?;
    app.out.note(&plan.summary());
    sync::bring(app, &plan, args.dry_run).await?;
    if left_out.is_empty() && faults.is_empty() {
        return Ok(());
    }
    for (name, reason) in faults.iter().map(|(place, reason)| (place, reason)).chain(&left_out) {
        app.out.error(&format!(
            "{} {name}: {}\n",
            app.out.paint_stderr("33", "left out:"),
            crate::output::clean::line(reason)
        ));
    }
    let error =
        Error::new(Kind::Partial, format!("{} of {total} objects were left out", left_out.len() + faults.len()));
    Err(error.hint("docs/migrate-from-apisix.md says what to do instead"))
}

/// Whether what is no object would be one of those that are wanted, as far as its resource is told.
fn is_of(fault: &Error, scope: &Scope) -> bool {
    let of = resources::every().find(|resource| fault.message().starts_with(&format!("{} ", resource.one())));
    of.is_none_or(|resource| scope.has(resource))
}

/// Where something in a file is no object, and why.
fn place_and_reason(fault: &Error) -> (String, String) {
    let place = fault.source().map(|source| {
        let numbers = [source.line, source.column].into_iter().flatten();
        numbers.fold(source.file.clone(), |place, number| format!("{place}:{number}"))
    });
    (place.unwrap_or_else(|| "-".to_owned()), fault.message().to_owned())
}

/// Everything that a running APISIX holds.
async fn from_server(args: &Apisix, from: &str, app: &App<'_>) -> Result<Files> {
    let global = Global {
        server: Some(from.to_owned()),
        key: args.from_key_file.is_none().then(|| app.env.get("GATEWAYCTL_FROM_KEY")).flatten(),
        key_file: args.from_key_file.clone(),
        ca: args.from_ca.clone(),
        ..Global::default()
    };
    // An environment of its own: the key of this gateway is not for that one.
    let settings = Settings::resolve(&global, &Env::of(std::iter::empty::<(String, String)>()))?;
    let client = Client::new(&settings, app.out, app.stdin);
    let source = App {
        settings: &settings,
        out: app.out,
        client: &client,
        admin: Admin::new(&client, &settings),
        stdin: app.stdin,
        tty: app.tty,
        now: app.now,
        env: app.env,
    };
    let items = Scope::whole().fetch(&source).await.map_err(|error| of_source(error, from))?;
    let entries: Vec<Entry> =
        items.into_iter().map(|item| Entry { reference: item.reference, value: item.value }).collect();
    let text = write::text(&entries, Shape::Envelope, Language::Json)?;
    let mut files = Files::default();
    if !entries.is_empty() {
        files::take(&mut files, parse::parse(from, &text)?, None)?;
    }
    Ok(files)
}

/// An error of the other side, with hints that are about that one.
fn of_source(error: Error, from: &str) -> Error {
    match error.kind() {
        Kind::Auth => {
            error.instead(format!("the admin key of {from} goes into --from-key-file FILE, or GATEWAYCTL_FROM_KEY"))
        }
        Kind::Unreachable => error.instead(format!("is the APISIX at {from} running? --from is its Admin API")),
        Kind::Server => error.instead("--from is the Admin API of the APISIX".to_owned()),
        _ => error,
    }
}

/// Certificates whose key nobody tells, and that this gateway does not hold yet.
async fn keyless(app: &App<'_>, objects: &mut Vec<Object>, left_out: &mut BTreeMap<String, String>) -> Result<()> {
    for object in std::mem::take(objects) {
        let bare = object.reference.resource.name == "ssls" && object.value.get("key").is_none();
        if bare && app.admin.get(&object.reference).await?.is_none() {
            let reason = "an Admin API never tells private keys: take it from the standalone file, or put it by hand";
            left_out.insert(object.reference.to_string(), reason.to_owned());
        } else {
            objects.push(object);
        }
    }
    Ok(())
}

/// Takes away what this gateway does not understand, and what names that.
fn not_understood(objects: &mut Vec<Object>, left_out: &mut BTreeMap<String, String>, now: i64) {
    loop {
        let found = lint::lint(objects, &[], &Rules::of_validation(), now);
        if found.is_empty() {
            return;
        }
        for finding in found {
            left_out.entry(finding.object).or_insert(finding.message);
        }
        let before = objects.len();
        keep(objects, left_out);
        // Each round takes at least one away, so this ends.
        if objects.len() == before {
            return;
        }
    }
}

/// What names something that is left out itself is left out for that, though it is in these files.
fn because(left_out: &mut BTreeMap<String, String>) {
    let gone: BTreeSet<String> = left_out.keys().cloned().collect();
    for reason in left_out.values_mut() {
        let named = reason.strip_prefix("names ").and_then(|rest| rest.split_once(", which is not "));
        if let Some((name, _)) = named.filter(|(name, _)| gone.contains(*name)) {
            *reason = format!("names {name}, which is left out");
        }
    }
}

/// Takes away what is left out, and what lives below it.
fn keep(objects: &mut Vec<Object>, left_out: &mut BTreeMap<String, String>) {
    objects.retain(|object| {
        if let Some(above) = object.reference.above().filter(|above| left_out.contains_key(&above.to_string())) {
            let said = format!("its {} is left out", above.resource.singular);
            left_out.entry(object.reference.to_string()).or_insert(said);
        }
        !left_out.contains_key(&object.reference.to_string())
    });
}

/// Plans, and takes away what the server says it would refuse, until it takes the rest.
async fn settle(
    app: &App<'_>,
    mut objects: Vec<Object>,
    scope: &Scope,
    left_out: &mut BTreeMap<String, String>,
) -> Result<Plan> {
    let whole = app.admin.can("apply").await?;
    loop {
        let plan = Plan::make(app, objects.clone(), scope, false).await?;
        if !whole {
            return Ok(plan);
        }
        let refused = sync::refused(app, &plan.steps).await?;
        if refused.is_empty() {
            return Ok(plan);
        }
        left_out.extend(refused);
        keep(&mut objects, left_out);
    }
}

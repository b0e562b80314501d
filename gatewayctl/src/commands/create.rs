//! `gatewayctl create`: makes an object that is not there yet.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::App;
use super::apply::DryRun;
use super::batch::Batch;
use super::change::{self, Flags};
use super::edit::Draft;
use super::patch::{read_text, set_fields};
use crate::admin::{self, Write};
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::refusal;
use crate::resources::{self, IdForm, Reference, Resource, nested};

/// Create an object that is not there yet
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Create an object that is not there yet

Its fields come from flags, from a file or standard input (-f), or from an editor (--edit). Without an id the server makes \
one; where it does not, it is made of the name. What exists already is not changed: `apply` and `edit` do that. Of two who \
create the same object at once only one does; an APISIX takes both, and the second replaces what the first has made.",
    before_help = "Examples:
  gatewayctl create route hello --uri '/hello/*' --upstream-nodes 127.0.0.1:8080=1
  gatewayctl create consumer bob --set plugins.key-auth.key=secret
  gatewayctl create upstream u1 --upstream-nodes 10.0.0.5:80=1,10.0.0.6:80=2
  gatewayctl create -f route.yaml --dry-run=server
  gatewayctl create route --edit",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// RESOURCE and an id, or RESOURCE/ID
    #[arg(value_name = "RESOURCE [ID]", required_unless_present = "files")]
    target: Vec<String>,
    /// The objects of a file, - is standard input; with RESOURCE its fields alone
    #[arg(long = "file", short = 'f', value_name = "FILE")]
    files: Vec<String>,
    /// Take ${{ … }} as text, which config render else puts values in the place of
    #[arg(long)]
    literal: bool,
    /// Whose credential
    #[arg(long, value_name = "NAME")]
    consumer: Option<String>,
    /// Write it in $VISUAL or $EDITOR
    #[arg(long)]
    edit: bool,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    flags: Flags,
}

/// The fields that are set most often.
#[derive(Debug, clap::Args)]
struct Fields {
    /// Name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Description
    #[arg(long, value_name = "TEXT")]
    desc: Option<String>,
    /// Paths of a route
    #[arg(long, value_name = "PATH,…", value_delimiter = ',')]
    uri: Vec<String>,
    /// Hosts of a route or service
    #[arg(long, value_name = "HOST,…", value_delimiter = ',')]
    host: Vec<String>,
    /// Methods of a route
    #[arg(long, value_name = "METHOD,…", value_delimiter = ',')]
    methods: Vec<String>,
    /// Nodes and their weights, of an upstream or within another object
    #[arg(long, value_name = "HOST:PORT=WEIGHT,…", value_delimiter = ',', conflicts_with = "upstream")]
    upstream_nodes: Vec<String>,
    /// Id of the upstream
    #[arg(long, value_name = "ID")]
    upstream: Option<String>,
    /// Id of the service
    #[arg(long, value_name = "ID")]
    service: Option<String>,
    /// A plugin, with its configuration as JSON; may be repeated
    #[arg(long, value_name = "NAME[=JSON]")]
    plugin: Vec<String>,
    /// Labels
    #[arg(long, value_name = "KEY=VALUE,…", value_delimiter = ',')]
    label: Vec<String>,
    /// Any other field; may be repeated
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
}

/// Makes the objects.
///
/// # Errors
/// Rejected: it exists already, or the server refuses it; those of the files.
pub(crate) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    args.flags.writable(app)?;
    if args.target.is_empty() {
        return from_files(args, app).await;
    }
    let (resource, id) = target(args)?;
    let mut value = match args.files.as_slice() {
        [] => json!({}),
        [file] => whole(file, &read_text(app, file)?, resource, id.as_deref())?,
        _ => return Err(Error::usage("one file for one object")),
    };
    if !args.literal {
        files::placeholders::refuse_value(&value)?;
    }
    named(resource, &value)?;
    args.fields.put_into(resource, &mut value)?;
    let probe = Reference { resource, id: id.clone().unwrap_or_default() };
    set_fields(app, &probe, &mut value, &args.fields.set).await?;
    let id = id.or_else(|| resources::id_of_value(resource, &value));
    if !args.edit {
        return make(args, app, resource, id, value).await;
    }
    let mut draft = Draft::template(app, resource, id.as_deref(), &value).await?;
    loop {
        let Some(value) = draft.edit(app, resource, id.as_deref())? else {
            return Err(Error::new(Kind::Aborted, "nothing was created: the text is empty or as it was").answer());
        };
        let id = id.clone().or_else(|| resources::id_of_value(resource, &value));
        match make(args, app, resource, id, value).await {
            Err(error) if error.kind() == Kind::Rejected => draft.refused(app, error)?,
            done => return done,
        }
    }
}

async fn from_files(args: &Args, app: &App<'_>) -> Result<()> {
    let files = files::read(&args.files, None, &mut **app.stdin.borrow_mut())?;
    if !args.literal {
        files::placeholders::refuse(&files.objects)?;
    }
    let mut batch = Batch::new(app, args.flags.dry_run)?;
    for object in &files.objects {
        let work = async {
            absent(app, &object.reference).await?;
            change::write(app, &args.flags, &object.reference, None, &object.value, true)
                .await
                .map_err(|error| error.at(object.source(None)))
        };
        if batch.step(&object.reference, work).await? == super::batch::Next::Stop {
            break;
        }
    }
    batch.finish(files.objects.len())
}

/// Refuses what a file has in the place of a name that can be none: the object would be made under another.
fn named(resource: &Resource, value: &Value) -> Result<()> {
    let field = if resource.id == IdForm::Username { "username" } else { "id" };
    match value.get(field).and_then(files::no_name) {
        Some(what) => Err(Error::usage(files::no_name_said(field, &what)).field(Some(format!("/{field}")))),
        None => Ok(()),
    }
}

fn target(args: &Args) -> Result<(&'static Resource, Option<String>)> {
    let words = &args.target;
    let (resource, id) = match words.as_slice() {
        [one] => match one.split_once('/') {
            Some((resource, id)) => (resources::find(resource)?, Some(id.to_owned())),
            None => (resources::find(one)?, None),
        },
        [resource, id] => (resources::find(resource)?, Some(id.clone())),
        _ => return Err(Error::usage("one object at a time")),
    };
    match (parent(args, resource), &id) {
        (Some(parent), Some(id)) if !id.contains('/') => Ok((resource, Some(format!("{parent}/{id}")))),
        _ => Ok((resource, id)),
    }
}

/// The object below which one of this resource lives, as flags name it.
fn parent<'a>(args: &'a Args, resource: &Resource) -> Option<&'a str> {
    nested::flag(resource, args.consumer.as_deref(), args.fields.service.as_deref())
}

/// The same, or as the object itself says.
fn parent_of<'a>(args: &'a Args, resource: &Resource, value: &'a Value) -> Option<&'a str> {
    parent(args, resource).or_else(|| value.get(resource.id.nested()?.field)?.as_str())
}

fn whole(file: &str, text: &str, resource: &Resource, id: Option<&str>) -> Result<Value> {
    let mut documents = files::parse::parse(file, text)?;
    match (documents.pop(), documents.is_empty()) {
        (Some(document), true) if document.value.is_object() => files::scalars::settled(document, resource, id),
        _ => Err(Error::usage(format!("{file} is not one object"))),
    }
}

async fn make(args: &Args, app: &App<'_>, resource: &'static Resource, id: Option<String>, value: Value) -> Result<()> {
    let id = id.or_else(|| (!resource.has_post()).then(|| slug(&value).unwrap_or_else(ulid)));
    let mut batch = Batch::new(app, args.flags.dry_run)?;
    let Some(mut id) = id else {
        return post(args, app, resource, value, batch).await;
    };
    if let (Some(parent), false) = (parent_of(args, resource, &value), id.contains('/')) {
        id = format!("{parent}/{id}");
    }
    let reference = Reference::new(resource, &id)?;
    let mut value = value;
    if resource.id == IdForm::Username
        && let Value::Object(fields) = &mut value
    {
        fields.insert("username".to_owned(), id.as_str().into());
    }
    let work = async {
        absent(app, &reference).await?;
        change::write(app, &args.flags, &reference, None, &value, true).await
    };
    batch.step(&reference, work).await?;
    batch.finish(1)
}

/// The server makes the id.
async fn post(
    args: &Args,
    app: &App<'_>,
    resource: &'static Resource,
    value: Value,
    mut batch: Batch<'_>,
) -> Result<()> {
    let parent = parent_of(args, resource, &value).map(|parent| Reference::new(resource, &format!("{parent}/x")));
    let parent = parent.transpose()?.and_then(|probe| probe.above());
    if resource.id.is_nested() && parent.is_none() {
        return Err(Error::usage("whose costs?").hint("--service ID, or SERVICE/ID"));
    }
    let unknown = Reference { resource, id: "(new)".to_owned() };
    if args.flags.dry_run != DryRun::None {
        let work = change::write(app, &args.flags, &unknown, None, &value, false);
        batch.step(&unknown, work).await?;
        return batch.finish(1);
    }
    app.confirm(super::Change::Write, &format!("{} will be created", resource.one()))?;
    let value = change::writable_fields(&unknown, &value);
    let path = resource.list_path(parent.as_ref().map(|parent| parent.id.as_str()));
    let write = Write { method: Method::POST, path: &path, value: &value, if_match: None, dry_run: false, about: None };
    let written = app.admin.write(&write).await.map_err(|error| error.about(resource.singular, ""));
    let answer = written.map_err(|error| refusal::explained(error, &unknown, &value))?.json()?;
    let key = answer.get("key").and_then(Value::as_str).unwrap_or_default();
    let id = resources::id_of_key(resource, key)
        .or_else(|| answer.get("value").and_then(|value| resources::id_of_value(resource, value)))
        .unwrap_or_else(|| "?".to_owned());
    let reference = Reference { resource, id };
    batch.step(&reference, async { Ok("created") }).await?;
    change::doubt(app, &reference, None, &value);
    change::taken_up(app, &args.flags, &reference).await?;
    batch.finish(1)
}

/// Looks before anything is asked or tried. The write itself is for what is still not there, as far as the server heeds that:
/// an APISIX does not.
async fn absent(app: &App<'_>, reference: &Reference) -> Result<()> {
    match app.admin.get(reference).await? {
        None => Ok(()),
        Some(_) => Err(admin::exists(Some(reference))),
    }
}

/// An id out of a name: its letters and digits, with `-` between words.
fn slug(value: &Value) -> Option<String> {
    let name = value.get("name").and_then(Value::as_str)?;
    let mut slug = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug: String = slug.trim_end_matches('-').chars().take(64).collect();
    (!slug.is_empty() && slug != "." && slug != "..").then_some(slug)
}

/// An id that sorts by the time it was made: 48 bits of milliseconds, 80 random ones, in Crockford's base 32.
fn ulid() -> String {
    let millis = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis();
    let bits = (millis << 80) | (fastrand::u128(..) >> 48);
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..26)
        .rev()
        // Five bits are below 32.
        .map(|place| char::from(DIGITS[usize::try_from((bits >> (place * 5)) & 31).unwrap_or_default()]))
        .collect()
}

impl Fields {
    fn put_into(&self, resource: &Resource, value: &mut Value) -> Result<()> {
        let Value::Object(fields) = value else { return Ok(()) };
        let mut put = |name: &str, text: &Option<String>| {
            if let Some(text) = text {
                fields.insert(name.to_owned(), text.as_str().into());
            }
        };
        put("name", &self.name);
        put("desc", &self.desc);
        put("upstream_id", &self.upstream);
        if resource.id != IdForm::Cost {
            put("service_id", &self.service);
        }
        let hosts = if resource.name == "ssls" { ("sni", "snis") } else { ("host", "hosts") };
        for (one, many, texts) in [("uri", "uris", &self.uri), (hosts.0, hosts.1, &self.host)] {
            match texts.as_slice() {
                [] => {}
                [text] if resource.name != "services" => {
                    fields.insert(one.to_owned(), text.as_str().into());
                }
                texts => {
                    fields.insert(many.to_owned(), json!(texts));
                }
            }
        }
        if !self.methods.is_empty() {
            let methods: Vec<String> = self.methods.iter().map(|method| method.to_ascii_uppercase()).collect();
            fields.insert("methods".to_owned(), json!(methods));
        }
        if !self.upstream_nodes.is_empty() {
            let nodes = Value::Object(self.upstream_nodes.iter().map(|node| weighted(node)).collect::<Result<_>>()?);
            match resource.name {
                "upstreams" => fields.insert("nodes".to_owned(), nodes),
                _ => fields.insert("upstream".to_owned(), json!({ "type": "roundrobin", "nodes": nodes })),
            };
        }
        let plugins = self.plugin.iter().map(|plugin| configured(plugin)).collect::<Result<Map<_, _>>>()?;
        if let (false, Value::Object(all)) = (plugins.is_empty(), fields.entry("plugins").or_insert_with(|| json!({})))
        {
            all.extend(plugins);
        } else if fields.get("plugins").is_some_and(|all| all.as_object().is_some_and(Map::is_empty))
            && self.plugin.is_empty()
        {
            fields.shift_remove("plugins");
        }
        let labels = self.label.iter().map(|label| {
            let (key, value) =
                label.split_once('=').ok_or_else(|| Error::usage(format!("--label {label}: expected KEY=VALUE")))?;
            Ok((key.to_owned(), value.into()))
        });
        let labels = labels.collect::<Result<Map<_, _>>>()?;
        if !labels.is_empty() {
            fields.insert("labels".to_owned(), Value::Object(labels));
        }
        Ok(())
    }
}

fn weighted(node: &str) -> Result<(String, Value)> {
    let (address, weight) = node.split_once('=').unwrap_or((node, "1"));
    match weight.parse::<u32>() {
        Ok(weight) if !address.is_empty() => Ok((address.to_owned(), weight.into())),
        _ => Err(Error::usage(format!("--upstream-nodes {node}: expected HOST:PORT=WEIGHT"))),
    }
}

fn configured(plugin: &str) -> Result<(String, Value)> {
    let (name, text) = plugin.split_once('=').unwrap_or((plugin, "{}"));
    let value = serde_json::from_str(text)
        .map_err(|error| Error::usage(format!("--plugin {name}: its configuration is no JSON: {error}")))?;
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_out_of_names() {
        for (name, id) in [("Hello World!", "hello-world"), ("a_b.c", "a_b.c"), ("  ", ""), ("..", ""), ("äö x", "x")]
        {
            assert_eq!(slug(&json!({ "name": name })).unwrap_or_default(), id, "{name}");
        }
        let (a, b) = (ulid(), ulid());
        assert!(a != b && a.len() == 26 && a.get(..8) <= b.get(..8));
    }
}

//! What all commands share that write one object: comparing, showing the difference, dry runs, guarding against changes by
//! others, and waiting until the change is in use.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use super::apply::DryRun;
use super::desired::{keeps_private_key, merge_patch, without_private_keys};
use super::get::not_found;
use super::{App, Change};
use crate::admin::{self, Write};
use crate::error::{Error, Kind, Result};
use crate::files::Object;
use crate::lint::{self, Rules};
use crate::normal;
use crate::output::{diff, mask};
use crate::refusal;
use crate::resources::{self, IdForm, Item, Reference, Target};
use crate::signals::interrupted;

/// Flags of every command that writes.
#[derive(Debug, clap::Args)]
pub(crate) struct Flags {
    /// Say what would be done: client compares only, server also has it checked
    #[arg(long, value_name = "WHERE", default_value = "none", num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    pub(crate) dry_run: DryRun,
    /// Wait until the gateway has taken the change up, at most so long
    #[arg(long, value_name = "DUR", num_args = 0..=1, require_equals = true, default_missing_value = "30s", value_parser = crate::context::as_duration)]
    pub(crate) wait: Option<String>,
    /// Show what will differ, and ask
    #[arg(long)]
    pub(crate) diff: bool,
    /// Only if the object still has this revision
    #[arg(long, value_name = "REV")]
    pub(crate) if_match: Option<u64>,
}

impl Flags {
    /// Refuses real writes where the context does.
    ///
    /// # Errors
    /// Auth.
    pub(crate) fn writable(&self, app: &App<'_>) -> Result<()> {
        if self.dry_run == DryRun::None { app.writable() } else { Ok(()) }
    }
}

/// The one object that `RESOURCE ID` or `RESOURCE/ID` names.
///
/// # Errors
/// Usage: none or several.
pub(crate) fn one(words: &[String], consumer: Option<&str>) -> Result<Reference> {
    let mut targets = resources::targets(words, consumer)?;
    match (targets.pop(), targets.is_empty()) {
        (Some(Target::One(reference)), true) => Ok(reference),
        (Some(Target::All(resource, _)), true) => {
            Err(Error::usage(format!("which {}?", resource.singular)).hint(format!("gatewayctl get {}", resource.name)))
        }
        _ => Err(Error::usage("one object at a time")),
    }
}

/// The object as it is stored.
///
/// # Errors
/// Not found.
pub(crate) async fn stored(app: &App<'_>, reference: &Reference) -> Result<Item> {
    app.admin.get(reference).await?.ok_or_else(|| not_found(reference))
}

/// The fields of an object that a client may write: without its id and the times that only the server sets.
pub(crate) fn writable_fields(reference: &Reference, value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Object(fields) = &mut value {
        for time in ["create_time", "update_time"] {
            fields.shift_remove(time);
        }
        for name in ["kind", "consumer"] {
            if fields.get(name).is_some_and(Value::is_string) {
                fields.shift_remove(name);
            }
        }
        if reference.resource.id != IdForm::Username {
            fields.shift_remove("id");
        }
        if let Some(nested) = reference.resource.id.nested() {
            nested.settle(fields, &reference.id);
        }
    }
    value
}

/// Makes an object be as `after` says, and returns the word for what was done. `guard`: `after` was made out of `before`
/// and is stored only if that is still what the server holds. Without `before` it is stored only if there is nothing.
///
/// # Errors
/// Rejected: by the server, or because the object has another revision; aborted; those of the calls.
pub(crate) async fn write(
    app: &App<'_>,
    flags: &Flags,
    reference: &Reference,
    before: Option<&Item>,
    after: &Value,
    guard: bool,
) -> Result<&'static str> {
    if let (Some(wanted), Some(item)) = (flags.if_match, before)
        && item.revision() != Some(wanted)
    {
        return Err(moved(reference, item.revision(), wanted));
    }
    if let Some(item) = before
        && let Some(id) = resources::id_of_value(reference.resource, after)
        && id != reference.id
        && resources::id_of_value(reference.resource, &item.value).is_none_or(|own| own != id)
    {
        let error = Error::usage(format!("the id of an object cannot be changed, to {id}"));
        return Err(error.hint("gatewayctl create makes another one, gatewayctl delete takes this away"));
    }
    let mut after = writable_fields(reference, after);
    let kept = reference.resource.name == "ssls" && before.is_some() && keeps_private_key(&mut after);
    mask::restore(&mut after, before.map(|item| &item.value)).map_err(|pointer| {
        let error = Error::usage(format!("{pointer} is masked, and the server holds nothing to keep there"));
        error.field(Some(pointer)).hint("write the value itself, or a reference like $secret://vault/1/name")
    })?;
    if before.is_some_and(|item| normal::same(&compared(reference, &after), &item.value)) {
        return Ok("unchanged");
    }
    let word = if before.is_some() { "configured" } else { "created" };
    show(app, flags, reference, before, &after)?;
    match flags.dry_run {
        DryRun::Client => {
            doubt(app, reference, before, &after);
            return Ok(word);
        }
        DryRun::None => {}
        DryRun::Server if app.admin.can("dry_run").await? => {}
        DryRun::Server => {
            check(app, reference, &after).await?;
            doubt(app, reference, before, &after);
            return Ok(word);
        }
    }
    let mut whole = after.clone();
    if kept {
        lint::stand_in(&mut whole);
    }
    let merges = before.filter(|_| kept || (!guard && reference.resource.has_patch()));
    let (method, value) = match merges {
        Some(item) => (Method::PATCH, merge_patch(&after, &item.value)),
        None => (Method::PUT, after),
    };
    let revision = flags.if_match.or_else(|| match before {
        Some(item) if guard || method == Method::PUT => item.revision(),
        // Of two who make the same one does.
        None => Some(0),
        _ => None,
    });
    app.admin
        .write(&Write {
            method,
            path: &reference.path(),
            value: &value,
            if_match: revision,
            dry_run: flags.dry_run == DryRun::Server,
            about: Some(reference),
        })
        .await
        .map_err(|error| refusal::explained(error, reference, &whole))?;
    doubt(app, reference, before, &whole);
    if flags.dry_run == DryRun::None {
        taken_up(app, flags, reference).await?;
    }
    Ok(word)
}

/// Says what of an object the server takes although it cannot have been meant; nothing of what was so before.
pub(crate) fn doubt(app: &App<'_>, reference: &Reference, before: Option<&Item>, after: &Value) {
    let found =
        |value: &Value| lint::lint(&[Object::alone(reference, value)], &[], &Rules::of_mistakes(), app.now.seconds());
    let known = before.map(|item| found(&item.value)).unwrap_or_default();
    for finding in found(after) {
        if !known.iter().any(|of| of.rule.id == finding.rule.id && of.message == finding.message) {
            app.out.warn(&format!("{reference}: {} ({})", finding.message, finding.rule.id));
        }
    }
}

/// An object has another revision than the one that was wanted: somebody has changed it since.
pub(crate) fn moved(reference: &Reference, now: Option<u64>, wanted: u64) -> Error {
    let now = now.map_or_else(|| "unknown".to_owned(), |revision| revision.to_string());
    let message = format!("somebody else has changed it: its revision is {now}, and not {wanted}");
    let error = Error::new(Kind::Rejected, message);
    error.hint(format!("gatewayctl config history {now} says what, gatewayctl get {reference} -o yaml what it is now"))
}

/// Refuses a change of what is not the writer's to change: an object's id, and the times that the server sets.
///
/// # Errors
/// Usage.
pub(crate) fn keeps_identity(reference: &Reference, before: &Value, after: &Value) -> Result<()> {
    let changed = |name: &str| after.get(name).filter(|value| Some(*value) != before.get(name));
    let field = if reference.resource.id == IdForm::Username { "username" } else { "id" };
    if let Some(id) = changed(field) {
        let id = crate::filter::text_of(id);
        if id != reference.id && Some(&*id) != reference.id.rsplit('/').next() {
            let error = Error::usage(format!("its {field} stays what it is, and does not become {id}"));
            let kind = reference.resource.singular;
            return Err(error.hint(format!("gatewayctl create {kind} {id} makes another one")));
        }
    }
    // Where a text of these names is no field of the object, it says whose and what the object is.
    if let Some(kind) = changed("kind").and_then(Value::as_str)
        && !resources::find(kind).is_ok_and(|named| named == reference.resource)
    {
        let own = reference.resource.singular;
        return Err(Error::usage(format!("its kind stays {own}, and does not become {kind}")));
    }
    if let Some(consumer) = changed("consumer").and_then(Value::as_str)
        && reference.id.split_once('/').is_none_or(|(own, _)| own != consumer)
    {
        return Err(Error::usage(format!("{reference} is not the consumer {consumer}'s, and does not become so")));
    }
    match ["create_time", "update_time"].into_iter().find(|time| changed(time).is_some()) {
        Some(time) => Err(Error::usage(format!("{time} is set by the server alone"))),
        None => Ok(()),
    }
}

fn compared(reference: &Reference, after: &Value) -> Value {
    if reference.resource.name == "ssls" { without_private_keys(after) } else { after.clone() }
}

/// Shows the difference where that was asked for, and asks where that is wanted.
fn show(app: &App<'_>, flags: &Flags, reference: &Reference, before: Option<&Item>, after: &Value) -> Result<()> {
    if flags.diff {
        let stored = before.map(|item| writable_fields(reference, &item.value));
        let text = diff::unified(&reference.to_string(), stored.as_ref(), Some(after), |sgr, line| {
            app.out.paint_stderr(sgr, line)
        });
        app.out.error(&text);
    }
    if flags.dry_run != DryRun::None {
        return Ok(());
    }
    let what = format!("{reference} will be {}", if before.is_some() { "changed" } else { "created" });
    if flags.diff { app.agree(&what) } else { app.confirm(Change::Write, &what) }
}

/// What servers without dry runs can say of an object: its form, and that of its plugins.
async fn check(app: &App<'_>, reference: &Reference, value: &Value) -> Result<()> {
    match app.admin.validate(reference, value).await {
        // Not every resource has a schema of its own at this endpoint.
        Err(error) if error.kind() == Kind::NotFound => {}
        done => done?,
    }
    let failures = app.admin.validate_all(&admin::bundle(std::iter::once((reference, value)))).await?;
    match failures.into_iter().flatten().next() {
        Some((_, _, message)) => {
            let field = admin::field_of(&Value::Null, &message);
            let plain = message.strip_prefix("invalid configuration: ").unwrap_or(&message);
            let error = Error::new(Kind::Rejected, plain).hints(admin::hint(reference, &message));
            Err(refusal::explained(error.field(field), reference, value))
        }
        None => Ok(()),
    }
}

/// With `--wait`: returns once the gateway works with the object's newest revision.
///
/// # Errors
/// Timeout.
pub(crate) async fn taken_up(app: &App<'_>, flags: &Flags, reference: &Reference) -> Result<()> {
    let Some(limit) = &flags.wait else { return Ok(()) };
    let limit = crate::context::duration("--wait", limit)?;
    let wanted = app.admin.get(reference).await?.and_then(|item| item.revision()).unwrap_or_default();
    until(limit, Duration::from_millis(100), &format!("revision {wanted} is not in use yet"), async || {
        let Some(info) = app.admin.live("info").await? else {
            app.out.warn("this server does not tell which revision it works with; not waiting");
            return Ok(true);
        };
        let applied = info.pointer("/config/applied_revision").and_then(Value::as_u64);
        Ok(applied.is_none_or(|applied| applied >= wanted))
    })
    .await
}

/// Returns once the gateway works with the newest revision of its configuration.
///
/// # Errors
/// Timeout.
pub(crate) async fn all_taken_up(app: &App<'_>, limit: &str) -> Result<()> {
    let limit = crate::context::duration("--wait", limit)?;
    until(limit, Duration::from_millis(100), "the newest revision is not in use yet", async || {
        let Some(info) = app.admin.live("info").await? else {
            app.out.warn("this server does not tell which revision it works with; not waiting");
            return Ok(true);
        };
        let number = |name: &str| info.pointer(&format!("/config/{name}")).and_then(Value::as_u64);
        Ok(number("applied_revision") >= number("revision"))
    })
    .await
}

/// Asks again and again until the answer is yes.
///
/// # Errors
/// Timeout, with `late` as its words; interrupted; those of `done`.
pub(crate) async fn until(
    limit: Option<Duration>,
    pause: Duration,
    late: &str,
    mut done: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    let start = Instant::now();
    loop {
        if done().await? {
            return Ok(());
        }
        if limit.is_some_and(|limit| start.elapsed() + pause > limit) {
            return Err(Error::new(Kind::Timeout, late));
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = interrupted() => return Err(Error::new(Kind::Interrupted, format!("interrupted; {late}"))),
        }
    }
}

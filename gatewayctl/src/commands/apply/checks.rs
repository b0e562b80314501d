//! What can be known of objects before they are written: what the server holds of them, and what one without transactions says
//! to objects that it is not to store.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::admin;
use crate::commands::App;
use crate::error::{Kind, Result};
use crate::files::Object;
use crate::links::{self, Known};
use crate::resources::{self, Item, Reference, Resource};

/// What the server holds, asked for one by one or, where there are many of a resource, as one list.
pub(in crate::commands) struct Stored {
    wanted: HashMap<&'static str, usize>,
    lists: HashMap<&'static str, HashMap<String, Item>>,
    /// Answers for single objects, which a check and the plan both need.
    single: HashMap<String, Option<Item>>,
}

/// From so many objects on, one list is cheaper than asking for each.
const MANY: usize = 16;

impl Stored {
    pub(in crate::commands) fn expecting(objects: &[Object]) -> Stored {
        let mut stored = Stored { wanted: HashMap::new(), lists: HashMap::new(), single: HashMap::new() };
        stored.expect(objects.iter().map(|object| &object.reference));
        stored
    }

    fn expect<'r>(&mut self, references: impl Iterator<Item = &'r Reference>) {
        for reference in references {
            *self.wanted.entry(reference.resource.name).or_insert(0) += 1;
        }
    }

    pub(super) async fn get(&mut self, app: &App<'_>, reference: &Reference) -> Result<Option<Item>> {
        let resource: &'static Resource = reference.resource;
        let many = self.wanted.get(resource.name).is_some_and(|wanted| *wanted >= MANY) && !resource.id.is_nested();
        if !many {
            let name = reference.to_string();
            if !self.single.contains_key(&name) {
                self.single.insert(name.clone(), app.admin.get(reference).await?);
            }
            return Ok(self.single.get(&name).cloned().flatten());
        }
        if !self.lists.contains_key(resource.name) {
            let items = app.admin.list(resource, None).await?;
            self.lists.insert(resource.name, items.into_iter().map(|item| (item.reference.id.clone(), item)).collect());
        }
        Ok(self.lists.get(resource.name).and_then(|list| list.get(&reference.id)).cloned())
    }
}

/// An object that the server is asked about.
pub(in crate::commands) struct Asked<'o> {
    /// Its number among all of them.
    pub(in crate::commands) at: usize,
    pub(in crate::commands) object: &'o Object,
    /// What it would be.
    pub(in crate::commands) value: Value,
}

/// What the server says to objects it is not to store, by their place in the batch.
#[derive(Default)]
pub(in crate::commands) struct Checks(HashMap<usize, String>);

impl Checks {
    /// Asks about all that would be written.
    ///
    /// # Errors
    /// Those of the calls.
    pub(in crate::commands) async fn ask(app: &App<'_>, objects: &[Object], stored: &mut Stored) -> Result<Checks> {
        // A mask without anything behind it is told when the object is planned.
        let (steps, unknown) = super::planned(app, objects, stored).await?;
        let known = objects.iter().enumerate().filter(|(at, _)| unknown.iter().all(|(other, _)| other != at));
        let asked: Vec<Asked<'_>> = known
            .zip(&steps)
            .filter_map(|((at, object), step)| Some(Asked { at, object, value: step.whole()? }))
            .collect();
        let mut failures: HashMap<usize, String> = single_failures(app, &asked).await?.into_iter().collect();
        for (at, message) in bundle_failures(app, &asked).await?.unwrap_or_default() {
            failures.entry(at).or_insert(message);
        }
        for (at, message) in dangling(app, objects, &asked, stored).await? {
            failures.entry(at).or_insert(message);
        }
        Ok(Checks(failures))
    }

    pub(in crate::commands) fn failure(&self, at: usize) -> Option<&str> {
        self.0.get(&at).map(String::as_str)
    }
}

/// What the server's check of single objects says to them, by their number.
///
/// # Errors
/// Those of the calls.
pub(in crate::commands) async fn single_failures(app: &App<'_>, asked: &[Asked<'_>]) -> Result<Vec<(usize, String)>> {
    let mut failures = Vec::new();
    for Asked { at, object, value } in asked {
        match app.admin.validate(&object.reference, value).await {
            Ok(()) => {}
            Err(error) if error.kind() == Kind::Rejected => {
                let own = format!("{}: ", object.reference);
                failures.push((*at, error.message().strip_prefix(&own).unwrap_or(error.message()).to_owned()));
            }
            // Not every resource has a schema of its own at this endpoint.
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(failures)
}

/// What the server's check of a bundle says to objects, by their number; `None` from a server that checks none.
///
/// # Errors
/// Those of the call.
pub(in crate::commands) async fn bundle_failures(
    app: &App<'_>,
    asked: &[Asked<'_>],
) -> Result<Option<Vec<(usize, String)>>> {
    let bundle = admin::bundle(asked.iter().map(|asked| (&asked.object.reference, &asked.value)));
    let mut next: HashMap<&str, usize> = HashMap::new();
    let mut places = HashMap::new();
    for Asked { at, object, .. } in asked {
        let resource = object.reference.resource;
        let list = match resource.id.nested() {
            Some(nested) => nested.bundled_in(),
            None => Some(resource.path()),
        };
        let Some(list) = list else { continue };
        let index = next.entry(list).or_insert(0);
        places.insert((list.to_owned(), *index), *at);
        *index += 1;
    }
    let Some(failures) = app.admin.validate_all(&bundle).await? else { return Ok(None) };
    let place = |(list, index, message): (String, usize, String)| Some((*places.get(&(list, index))?, message));
    Ok(Some(failures.into_iter().filter_map(place).collect()))
}

/// The objects that refer to something that is neither on the server nor in the files: the server's check of a bundle
/// does not look. The words are those a write would be refused with.
async fn dangling(
    app: &App<'_>,
    objects: &[Object],
    asked: &[Asked<'_>],
    stored: &mut Stored,
) -> Result<Vec<(usize, String)>> {
    let known = referenced(app, objects, stored).await?;
    let wrong = |asked: &Asked<'_>| Some((asked.at, known.check(&asked.object.reference, &asked.value).err()?));
    Ok(asked.iter().filter_map(wrong).collect())
}

/// The objects of files, and what of the server's they refer to.
///
/// # Errors
/// Those of the calls.
pub(in crate::commands) async fn referenced(app: &App<'_>, objects: &[Object], stored: &mut Stored) -> Result<Known> {
    let mut known = Known::default();
    for Object { reference, value, .. } in objects {
        known.0.insert((reference.resource.kind, reference.id.clone()), Some(Arc::new(value.clone())));
    }
    let mut wanted = Vec::new();
    for object in objects {
        let named = links::named(object.reference.resource.kind, &object.value);
        let named = named.into_iter().map(|(kind, id)| (resources::of_kind(kind, &id), kind, id));
        let above = object.reference.above();
        let above = above.map(|above| (Some(above.clone()), above.resource.kind, above.id));
        for (reference, kind, id) in named.chain(above) {
            if known.0.contains_key(&(kind, id.clone())) {
                continue;
            }
            known.0.insert((kind, id), None);
            wanted.extend(reference);
        }
    }
    stored.expect(wanted.iter());
    for reference in wanted {
        let item = match stored.get(app, &reference).await {
            Err(error) if matches!(error.kind(), Kind::Rejected | Kind::NotFound) => None,
            item => item?,
        };
        known.0.insert((reference.resource.kind, reference.id), item.map(|item| Arc::new(item.value)));
    }
    Ok(known)
}

//! Which part of the configuration a command is about: `-l`, `--only`, `--skip`.

use std::cell::RefCell;

use serde_json::Value;

use crate::admin::lacks_resource;
use crate::commands::App;
use crate::concurrent;
use crate::error::Result;
use crate::filter::Selector;
use crate::output::progress::Progress;
use crate::resources::{self, Item, Resource};

/// Calls at once that read the configuration.
const AT_ONCE: usize = 8;

/// Flags that choose a part of the configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Flags {
    /// Only objects with these labels, on both sides
    #[arg(long = "selector", short = 'l', value_name = "SELECTOR")]
    selector: Option<String>,
    /// Only these resources
    #[arg(long, value_name = "RESOURCE,…", value_delimiter = ',', conflicts_with = "skip")]
    only: Vec<String>,
    /// All but these resources
    #[arg(long, value_name = "RESOURCE,…", value_delimiter = ',')]
    skip: Vec<String>,
}

/// The part that is meant.
#[derive(Debug)]
pub(crate) struct Scope {
    resources: Vec<&'static Resource>,
    selector: Option<Selector>,
}

impl Flags {
    /// Reads the flags.
    ///
    /// # Errors
    /// Usage: an unknown resource, a selector that is none.
    pub(crate) fn scope(&self) -> Result<Scope> {
        let find = |words: &[String]| words.iter().map(|word| resources::find(word)).collect::<Result<Vec<_>>>();
        let (only, skip) = (find(&self.only)?, find(&self.skip)?);
        let meant = |resource: &&Resource| (only.is_empty() || only.contains(resource)) && !skip.contains(resource);
        Ok(Scope {
            resources: resources::every().filter(meant).collect(),
            selector: self.selector.as_deref().map(Selector::parse).transpose()?,
        })
    }
}

impl Scope {
    /// Everything.
    pub(crate) fn whole() -> Scope {
        Scope { resources: resources::every().collect(), selector: None }
    }

    /// Everything with these labels.
    ///
    /// # Errors
    /// Usage: a selector that is none.
    pub(crate) fn labelled(selector: &str) -> Result<Scope> {
        Ok(Scope { resources: resources::every().collect(), selector: Some(Selector::parse(selector)?) })
    }

    /// Whether objects of a resource are part of it.
    pub(crate) fn has(&self, resource: &Resource) -> bool {
        self.resources.contains(&resource)
    }

    /// Whether an object has the labels that are asked for.
    pub(crate) fn takes(&self, value: &Value) -> bool {
        self.selector.as_ref().is_none_or(|selector| selector.matches(value))
    }

    /// All objects that the server holds of these resources, whatever their labels.
    ///
    /// # Errors
    /// Those of the calls; resources that the server has not, or has off, hold nothing.
    pub(crate) async fn fetch(&self, app: &App<'_>) -> Result<Vec<Item>> {
        // Two hundred lists and more are those of so many consumers.
        let progress = RefCell::new(Progress::new(app.out, app.shows_bars(), self.resources.len()));
        let lists = self.resources.iter().map(|resource| list(app, resource, &progress));
        let mut items = Vec::new();
        let all = concurrent::all(AT_ONCE, lists).await;
        progress.borrow_mut().clear();
        for (resource, found) in self.resources.iter().zip(all) {
            match found {
                Ok(found) => items.extend(found),
                Err(error) if lacks_resource(&error) => {
                    app.out.trace(1, &format!("{}: {}", resource.name, error.message()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(items)
    }
}

async fn list(app: &App<'_>, resource: &'static Resource, progress: &RefCell<Progress<'_>>) -> Result<Vec<Item>> {
    let found = match resource.parent() {
        Some(above) => below(app, resource, above, progress).await,
        None => app.admin.list(resource, None).await,
    };
    progress.borrow_mut().step();
    found
}

/// The Admin API has no list of all credentials, say: they are listed consumer by consumer.
async fn below(
    app: &App<'_>,
    resource: &'static Resource,
    above: &'static Resource,
    progress: &RefCell<Progress<'_>>,
) -> Result<Vec<Item>> {
    let mut names = Vec::new();
    for item in app.admin.list(above, None).await? {
        // The names go into paths.
        names.extend(resources::of_kind(above.kind, &item.reference.id));
    }
    if !app.admin.serves(resource, names.first()).await? {
        return Ok(Vec::new());
    }
    progress.borrow_mut().more(names.len());
    let lists = names.iter().map(async |parent| {
        let found = app.admin.list(resource, Some(&parent.id)).await;
        progress.borrow_mut().step();
        found
    });
    let found: Result<Vec<Vec<Item>>> = concurrent::all(AT_ONCE, lists).await.into_iter().collect();
    Ok(found?.into_iter().flatten().collect())
}

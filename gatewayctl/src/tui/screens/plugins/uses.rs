//! Where plugins are used.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::output::{clean, mask};
use crate::resources::{self, IdForm, Reference, Resource};
use crate::tui::data::{Data, Object, Row};
use crate::tui::screens;
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::Look;
use crate::tui::widgets::text::Line;
use crate::tui::wish::Place;

/// Objects that are listed.
const MOST: usize = 1_000;

/// Whether objects of a resource have plugins.
pub(super) fn holds_plugins(of: &Resource) -> bool {
    !matches!(of.name, "upstreams" | "ssls" | "protos") && !matches!(of.id, IdForm::Secret | IdForm::Plugin)
}

/// How often each plugin is used.
#[derive(Debug, Default)]
pub(super) struct Uses(BTreeMap<String, Use>);

#[derive(Debug, Default)]
struct Use {
    /// By the place of the resource among all.
    by: BTreeMap<usize, usize>,
    /// The global rules that have it.
    global: Vec<Arc<str>>,
}

impl Uses {
    /// Counts them, in one pass over all objects.
    pub(super) fn of(data: &Data) -> Uses {
        let mut all: BTreeMap<String, Use> = BTreeMap::new();
        for (place, resource) in resources::ALL.iter().enumerate().filter(|(_, of)| holds_plugins(of)) {
            for object in data.list(resource.name).iter() {
                for name in object.value.get("plugins").and_then(Value::as_object).into_iter().flatten().map(|p| p.0) {
                    let found = match all.get_mut(name) {
                        Some(found) => found,
                        None => all.entry(name.clone()).or_default(),
                    };
                    *found.by.entry(place).or_default() += 1;
                    if resource.name == "global-rules" {
                        found.global.push(Arc::clone(&object.id));
                    }
                }
            }
        }
        Uses(all)
    }

    pub(super) fn count(&self, plugin: &str) -> usize {
        self.0.get(plugin).map_or(0, |found| found.by.values().sum())
    }

    /// The global rules that have it.
    pub(super) fn global(&self, plugin: &str) -> &[Arc<str>] {
        self.0.get(plugin).map_or(&[], |found| found.global.as_slice())
    }

    /// `2 routes, 1 service`.
    pub(super) fn words(&self, plugin: &str) -> String {
        let Some(found) = self.0.get(plugin) else { return "nowhere".to_owned() };
        let word = |(place, count): (&usize, &usize)| {
            let of = resources::ALL.get(*place)?;
            Some(format!("{count} {}", if *count == 1 { of.singular } else { of.name }))
        };
        found.by.iter().filter_map(word).collect::<Vec<_>>().join(", ")
    }
}

/// The configuration of a plugin on an object.
fn config<'o>(object: &'o Object, plugin: &str) -> Option<&'o Value> {
    object.value.get("plugins")?.get(plugin)
}

fn users<'d>(plugin: &'d str, data: &'d Data) -> impl Iterator<Item = (&'static Resource, &'d Object, &'d Value)> {
    let resources = resources::ALL.iter().filter(|of| holds_plugins(of));
    resources.flat_map(move |resource| {
        data.list(resource.name).iter().filter_map(move |object| Some((resource, object, config(object, plugin)?)))
    })
}

/// A line for each object that has it: whether it is on there, and how it is configured.
pub(super) fn lines(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut all = users(&row.id, look.data);
    for (resource, object, config) in all.by_ref().take(MOST) {
        let off = config.pointer("/_meta/disable").and_then(Value::as_bool) == Some(true);
        let (mood, word) = if off { (Mood::Off, "disabled") } else { (Mood::Good, "enabled") };
        let reference = Reference { resource, id: object.id.to_string() };
        // Masked together with the plugin's name, by which some secrets are known.
        let mut whole = serde_json::json!({ "plugins": { &*row.id: config } });
        mask::mask(&mut whole);
        let config = whole.pointer("/plugins").and_then(|all| all.get(&*row.id)).map(Value::to_string);
        lines.push(
            Line::of(mood.role(), format!("{:<11}", look.mood(mood, word)))
                .with(Role::Text, format!("{:<28} ", clean::line(&reference.to_string())))
                .with(Role::Dim, clean::line(&config.unwrap_or_default())),
        );
    }
    let more = all.count();
    if more > 0 {
        lines.push(Line::of(Role::Dim, format!("and {more} more")));
    }
    if lines.is_empty() {
        lines.push(Line::of(Role::Dim, "nothing uses it"));
    }
    lines
}

/// Where the objects that have it are: the routes, or the first other object.
pub(super) fn place(plugin: &str, data: &Data) -> Option<Place> {
    let (resource, object, _) = users(plugin, data).next()?;
    if resource.name == "routes" {
        return Some(Place::filter("routes", format!("plugins.{plugin}=")));
    }
    let screen = screens::of_resource(resource.name)?;
    Some(Place::id(screen, object.id.to_string()))
}

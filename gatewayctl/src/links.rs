//! Which objects name which others, by the gateway's own model: what uses an object, and in which order objects are
//! written and deleted.

use std::collections::HashMap;
use std::sync::Arc;

use gateway_model::{Kind, References, references};
use serde_json::Value;

use crate::admin::Admin;
use crate::resources::{self, Item, Reference, nested};

/// The objects that a value names, in fields of its own and within its plugins.
pub(crate) fn named(kind: Kind, value: &Value) -> Vec<(Kind, String)> {
    let (mut named, plugins) = references::targets(kind, value);
    named.extend(plugins);
    named
}

/// How many stream routes stand above each one: those have to be there first and to go last.
#[derive(Debug, Default)]
pub(crate) struct Depths(HashMap<String, String>);

impl Depths {
    pub(crate) fn of<'v>(objects: impl Iterator<Item = (&'v Reference, &'v Value)>) -> Depths {
        let superior = |value: &Value| {
            references::targets(Kind::StreamRoute, value).0.into_iter().find(|(kind, _)| *kind == Kind::StreamRoute)
        };
        let routes = objects.filter(|(reference, _)| reference.resource.kind == Kind::StreamRoute);
        Depths(routes.filter_map(|(reference, value)| Some((reference.id.clone(), superior(value)?.1))).collect())
    }

    /// The place of an object among all: lower ones are written first.
    pub(crate) fn place(&self, reference: &Reference) -> (u8, usize) {
        let mut depth = 0;
        if reference.resource.kind == Kind::StreamRoute {
            let mut id = &reference.id;
            // Bounded by the number of objects, so that a circle ends.
            while let Some(parent) = self.0.get(id).filter(|_| depth < self.0.len()) {
                id = parent;
                depth += 1;
            }
        }
        (reference.resource.rank, depth)
    }
}

/// Finds out who uses what. Each list is asked for once.
#[derive(Default)]
pub(crate) struct Users(HashMap<&'static str, Vec<Item>>);

impl Users {
    /// Everything that names an object; what lives below it, as credentials below their consumer, counts as its users.
    pub(crate) async fn of(&mut self, admin: &Admin<'_>, used: &Reference) -> Vec<Reference> {
        let mut users = Vec::new();
        for below in nested::below(used.resource.kind) {
            let items = admin.list(below, Some(&used.id)).await.unwrap_or_default();
            users.extend(items.into_iter().map(|item| item.reference));
        }
        let target = (used.resource.kind, used.id.clone());
        for kind in may_name(used.resource.kind) {
            let Some(resource) = resources::ALL.iter().find(|resource| resource.kind == *kind) else { continue };
            if !self.0.contains_key(resource.name) {
                // A resource that the server has not, or has off, uses nothing.
                self.0.insert(resource.name, admin.list(resource, None).await.unwrap_or_default());
            }
            let items = self.0.get(resource.name).into_iter().flatten();
            let by = items.filter(|item| named(*kind, &item.value).contains(&target));
            users.extend(by.map(|item| item.reference.clone()));
        }
        users
    }
}

/// The kinds whose objects may name one of a kind.
fn may_name(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::Upstream => &[
            Kind::Route,
            Kind::Service,
            Kind::StreamRoute,
            Kind::PluginConfig,
            Kind::Consumer,
            Kind::ConsumerGroup,
            Kind::GlobalRule,
        ],
        Kind::Service => &[Kind::Route, Kind::StreamRoute],
        Kind::PluginConfig => &[Kind::Route],
        Kind::ConsumerGroup => &[Kind::Consumer],
        Kind::Ssl => &[Kind::Upstream, Kind::Route, Kind::Service, Kind::StreamRoute],
        Kind::Proto => &[Kind::Route, Kind::Service, Kind::PluginConfig, Kind::GlobalRule],
        Kind::StreamRoute => &[Kind::StreamRoute],
        _ => &[],
    }
}

/// What is known to be there, or not.
#[derive(Default)]
pub(crate) struct Known(pub(crate) HashMap<(Kind, String), Option<Arc<Value>>>);

impl Known {
    /// Whether everything is there that an object names.
    ///
    /// # Errors
    /// The words in which a write would be refused.
    pub(crate) fn check(&self, reference: &Reference, value: &Value) -> std::result::Result<(), String> {
        let kind = reference.resource.kind;
        if let Some(above) = reference.above().filter(|above| !self.exists(above.resource.kind, &above.id)) {
            return Err(format!("there is no {above}"));
        }
        references::check(kind, value, self).map_err(|invalid| invalid.message)?;
        let own = references::targets(kind, value).0.into_iter().find(|(of, _)| *of == Kind::StreamRoute);
        match own.filter(|(of, id)| !self.exists(*of, id)) {
            Some((_, id)) => Err(format!("failed to fetch stream routes[{id}], response code: 404")),
            None => Ok(()),
        }
    }
}

impl References for Known {
    fn exists(&self, kind: Kind, id: &str) -> bool {
        self.get(kind, id).is_some()
    }

    fn get(&self, kind: Kind, id: &str) -> Option<Arc<Value>> {
        self.0.get(&(kind, id.to_owned())).cloned().flatten()
    }

    fn each(&self, kind: Kind, visit: &mut dyn FnMut(&str, &Value) -> bool) {
        let of_kind = self.0.iter().filter(|((of, _), _)| *of == kind);
        let _ = of_kind.filter_map(|((_, id), value)| Some((id, value.as_ref()?))).all(|(id, value)| visit(id, value));
    }
}

//! What would make the server hold what files say: the steps of a sync, and what a diff shows.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::scope::Scope;
use crate::commands::App;
use crate::commands::desired::{self, Wish};
use crate::error::Result;
use crate::files::Object;
use crate::links::Depths;
use crate::output::{diff, mask};
use crate::resources::{Item, Reference, Resource};

mod moves;

/// What is to become of one object.
#[derive(Debug)]
pub(crate) enum Action {
    Write(Wish),
    Delete,
}

/// One change.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) reference: Reference,
    /// What a file says; nothing of what is to be deleted.
    pub(crate) object: Option<Object>,
    pub(crate) before: Option<Item>,
    pub(crate) action: Action,
    /// Steps of a lower place come first.
    pub(crate) place: (bool, i64, i64),
}

impl Step {
    /// That something goes, whatever it is by now.
    pub(crate) fn deletion(reference: &Reference) -> Step {
        let reference = reference.clone();
        Step { reference, object: None, before: None, action: Action::Delete, place: (true, 0, 0) }
    }

    /// `create`, `update` or `delete`.
    pub(crate) fn verb(&self) -> &'static str {
        match (&self.action, &self.before) {
            (Action::Delete, _) => "delete",
            (Action::Write(_), Some(_)) => "update",
            (Action::Write(_), None) => "create",
        }
    }

    /// The word for it once it is done.
    pub(crate) fn word(&self) -> &'static str {
        match &self.action {
            Action::Delete => "deleted",
            Action::Write(wish) => wish.word(),
        }
    }

    pub(crate) fn after(&self) -> Option<&Value> {
        match &self.action {
            Action::Write(wish) => wish.after(),
            Action::Delete => None,
        }
    }

    /// The object as the server judges it; `None` where there is nothing to judge.
    pub(crate) fn whole(&self) -> Option<Value> {
        match &self.action {
            Action::Write(wish) => wish.whole(),
            Action::Delete => None,
        }
    }

    /// The lines of a unified diff, secrets masked.
    pub(crate) fn unified(&self, paint: impl Fn(&str, &str) -> String) -> String {
        desired::unified(&self.reference, self.before.as_ref(), self.after(), paint)
    }

    /// As a program reads it: the operation with its changes by JSON pointer, secrets masked.
    pub(crate) fn document(&self) -> Value {
        let (before, after) = desired::sides(&self.reference, self.before.as_ref(), self.after());
        let mut document =
            json!({ "op": self.verb(), "kind": self.reference.resource.singular, "id": self.reference.id });
        let Value::Object(fields) = &mut document else { return document };
        match (before, after) {
            (Some(before), Some(after)) => {
                drop(fields.insert("changes".to_owned(), diff::changes(&before, &after).into()))
            }
            (Some(before), None) => drop(fields.insert("before".to_owned(), mask::masked(&before, false))),
            (None, Some(after)) => drop(fields.insert("after".to_owned(), mask::masked(&after, false))),
            (None, None) => {}
        }
        document
    }
}

/// All changes, in the order in which they can be made.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) unchanged: usize,
    /// How many objects of each resource the server holds of what is compared.
    pub(crate) held: HashMap<&'static str, usize>,
}

impl Plan {
    /// Compares files with what the server holds. `deletes`: what no file has is to go.
    ///
    /// # Errors
    /// Those of the calls; usage, with the place: a masked secret with nothing stored.
    pub(crate) async fn make(app: &App<'_>, objects: Vec<Object>, scope: &Scope, deletes: bool) -> Result<Plan> {
        let mut stored: HashMap<String, Item> = HashMap::new();
        let mut order = Vec::new();
        for item in scope.fetch(app).await? {
            let name = item.reference.to_string();
            order.push(name.clone());
            stored.insert(name, item);
        }
        let mut plan = Plan::default();
        for item in stored.values().filter(|item| scope.takes(&item.value)) {
            *plan.held.entry(item.reference.resource.name).or_default() += 1;
        }
        let mut kept = HashSet::new();
        for object in objects {
            let name = object.reference.to_string();
            let item = stored.get(&name);
            kept.insert(name);
            if !scope.has(object.reference.resource)
                || !(scope.takes(&object.value) || item.is_some_and(|item| scope.takes(&item.value)))
            {
                continue;
            }
            match desired::wish(app, &object, item).await? {
                Wish::Nothing => plan.unchanged += 1,
                wish => plan.steps.push(Step {
                    reference: object.reference.clone(),
                    before: item.cloned(),
                    object: Some(object),
                    action: Action::Write(wish),
                    place: (false, 0, 0),
                }),
            }
        }
        for name in order.iter().filter(|name| deletes && !kept.contains(*name)) {
            if let Some(item) = stored.remove(name).filter(|item| scope.takes(&item.value)) {
                let reference = item.reference.clone();
                plan.steps.push(Step {
                    reference,
                    object: None,
                    before: Some(item),
                    action: Action::Delete,
                    place: (true, 0, 0),
                });
            }
        }
        plan.order();
        Ok(plan)
    }

    /// What is referred to is written first; what refers is deleted first, and all deletions come last.
    fn order(&mut self) {
        let now = self.steps.iter().filter_map(|step| Some((&step.reference, &step.before.as_ref()?.value)));
        let now = Depths::of(now);
        let then =
            Depths::of(self.steps.iter().filter_map(|step| Some((&step.reference, &step.object.as_ref()?.value))));
        for step in &mut self.steps {
            let depths = if step.place.0 { &now } else { &then };
            let (rank, depth) = depths.place(&step.reference);
            let (rank, depth) = (i64::from(rank), i64::try_from(depth).unwrap_or(i64::MAX));
            step.place = if step.place.0 { (true, -rank, -depth) } else { (false, rank, depth) };
        }
        moves::order(&mut self.steps);
        self.steps.sort_by_key(|step| step.place);
    }

    /// How many steps there are of a verb.
    pub(crate) fn count(&self, verb: &str) -> usize {
        self.steps.iter().filter(|step| step.verb() == verb).count()
    }

    /// The deletions of each resource that has any.
    pub(crate) fn deletions(&self) -> Vec<(&'static Resource, usize)> {
        let mut counts: Vec<(&'static Resource, usize)> = Vec::new();
        for step in self.steps.iter().filter(|step| matches!(step.action, Action::Delete)) {
            match counts.iter_mut().find(|(resource, _)| *resource == step.reference.resource) {
                Some((_, count)) => *count += 1,
                None => counts.push((step.reference.resource, 1)),
            }
        }
        counts
    }

    /// `1 to create, 2 to update, 0 to delete, 5 unchanged`.
    pub(crate) fn summary(&self) -> String {
        let [create, update, delete] = ["create", "update", "delete"].map(|verb| self.count(verb));
        format!("{create} to create, {update} to update, {delete} to delete, {} unchanged", self.unchanged)
    }

    /// As a program reads it.
    pub(crate) fn document(&self) -> Value {
        let operations: Vec<Value> = self.steps.iter().map(Step::document).collect();
        let [create, update, delete] = ["create", "update", "delete"].map(|verb| self.count(verb));
        let summary = json!({ "create": create, "update": update, "delete": delete, "unchanged": self.unchanged });
        json!({ "operations": operations, "summary": summary })
    }
}

//! What consumers are found by (a key, a user name) belongs to one of them at a time. Where it moves from one to another and there
//! is no transaction, whoever gives it up is written first.

use std::collections::{HashMap, HashSet};

use gateway_model::Kind;
use serde_json::Value;

use super::{Action, Step};

/// By which field of a plugin a consumer is found.
const FOUND_BY: [(&str, &str); 5] = [
    ("key-auth", "key"),
    ("basic-auth", "username"),
    ("jwt-auth", "key"),
    ("hmac-auth", "key_id"),
    ("ldap-auth", "user_dn"),
];

/// How long a chain of moves is followed.
const LONGEST: usize = 64;

/// Gives the steps that give something up places before those that take it. Two that swap stay as they were: that only a
/// transaction can do.
pub(super) fn order(steps: &mut [Step]) {
    let own: Vec<(HashSet<String>, HashSet<String>)> = steps.iter().map(given_and_taken).collect();
    let mut givers: HashMap<&str, usize> = HashMap::new();
    for (at, (given, _)) in own.iter().enumerate() {
        givers.extend(given.iter().map(|what| (what.as_str(), at)));
    }
    let takes: Vec<Vec<usize>> = own
        .iter()
        .map(|(_, taken)| taken.iter().filter_map(|what| givers.get(what.as_str()).copied()).collect())
        .collect();
    let mut level = vec![0_i64; steps.len()];
    for round in 0..=LONGEST {
        let mut moved = false;
        for (at, from) in takes.iter().enumerate() {
            let wanted = level.get(at).copied().unwrap_or_default() - 1;
            for giver in from.iter().filter(|giver| **giver != at) {
                if let Some(its) = level.get_mut(*giver).filter(|its| **its > wanted) {
                    *its = wanted;
                    moved = true;
                }
            }
        }
        if !moved {
            break;
        }
        if round == LONGEST {
            return;
        }
    }
    early_credentials(steps, &mut level);
    for (step, level) in steps.iter_mut().zip(level).filter(|(_, level)| *level < 0) {
        // After what consumers name (their groups), before all other consumers.
        step.place = (false, RANK, level);
    }
}

/// The rank of consumers among what is written.
const RANK: i64 = 7;

/// What a consumer that is deleted early has goes before it.
fn early_credentials(steps: &[Step], level: &mut [i64]) {
    let early: HashMap<String, i64> = steps
        .iter()
        .zip(level.iter())
        .filter(|(step, level)| **level < 0 && matches!(step.action, Action::Delete))
        .map(|(step, level)| (step.reference.to_string(), *level))
        .collect();
    for (step, level) in steps.iter().zip(level) {
        let above = step.reference.above().map(|above| above.to_string());
        if let Some(its) = above.and_then(|above| early.get(&above)) {
            *level = (*level).min(its - 1);
        }
    }
}

/// What a step no longer has, and what it newly has, of that by which consumers are found.
fn given_and_taken(step: &Step) -> (HashSet<String>, HashSet<String>) {
    if !matches!(step.reference.resource.kind, Kind::Consumer | Kind::Credential) {
        return Default::default();
    }
    let before = step.before.as_ref().map(|item| found_by(&item.value)).unwrap_or_default();
    let after = step.after().map(found_by).unwrap_or_default();
    (before.difference(&after).cloned().collect(), after.difference(&before).cloned().collect())
}

fn found_by(value: &Value) -> HashSet<String> {
    let plugins = value.get("plugins");
    let of = |(plugin, field): (&str, &str)| {
        let value = plugins?.get(plugin)?.get(field)?;
        Some(format!("{plugin} {value}"))
    };
    FOUND_BY.into_iter().filter_map(of).collect()
}

//! The documents of the live endpoints, as far as screens work with their fields; the rest stays in `value`.

use std::sync::Arc;

use serde_json::Value;

use super::read::{moment, texts};
use super::{Shared, flag, number, shown, text, whole};
use crate::tui::theme::Role;

/// `live/info`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Info {
    pub(crate) version: String,
    pub(crate) instance: String,
    /// Seconds since the start.
    pub(crate) uptime: u64,
    pub(crate) revision: u64,
    pub(crate) applied: u64,
    /// Of the newest change that was told since; 0 where none was.
    pub(crate) changed: u64,
    /// What is wrong with the stored configuration.
    pub(crate) last_error: Option<String>,
    /// Whether the key may only look.
    pub(crate) viewer: bool,
    pub(crate) value: Shared,
}

impl Info {
    pub(super) fn read(value: &Value) -> Info {
        let none = Value::Null;
        let config = value.get("config").unwrap_or(&none);
        let live = value.get("live").unwrap_or(&none);
        let roles = [texts(live, "roles"), texts(live, "role"), texts(live.get("key").unwrap_or(&none), "role")];
        let roles = roles.concat();
        Info {
            version: shown(value, "version"),
            instance: shown(value, "instance_id"),
            uptime: whole(value, "uptime_s"),
            revision: whole(config, "revision"),
            applied: whole(config, "applied_revision"),
            changed: 0,
            last_error: config.get("last_error").filter(|error| !error.is_null()).map(|_| shown(config, "last_error")),
            viewer: !roles.is_empty() && roles.iter().all(|role| role == "viewer"),
            value: Arc::new(value.clone()),
        }
    }
}

/// How a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NodeState {
    /// It gets no requests.
    Bad,
    /// It may soon get none, or has just come back.
    Doubtful,
    /// Nobody looks.
    Unknown,
    Good,
}

/// A row of `live/nodes`.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// `upstreams/u1`.
    pub(crate) owner: String,
    pub(crate) addr: String,
    pub(crate) state: NodeState,
    /// The server's word for the state.
    pub(crate) word: String,
    pub(crate) weight: u64,
    pub(crate) rps: f64,
    pub(crate) p99: f64,
    pub(crate) value: Shared,
}

impl Node {
    pub(super) fn read(value: &Value) -> Node {
        let word = text(value, "state");
        let state = match word {
            "healthy" | "up" => NodeState::Good,
            "mostly_healthy" | "mostly_unhealthy" | "degraded" | "half_open" => NodeState::Doubtful,
            "unhealthy" | "down" | "ejected" => NodeState::Bad,
            _ => NodeState::Unknown,
        };
        Node {
            owner: shown(value, "owner"),
            addr: shown(value, "addr"),
            state,
            word: if word.is_empty() { "unknown".to_owned() } else { shown(value, "state") },
            weight: whole(value, "weight"),
            rps: number(value, "rps"),
            p99: number(value, "p99_ms"),
            value: Arc::new(value.clone()),
        }
    }

    /// The id of the object that has the node.
    pub(crate) fn owner_id(&self) -> &str {
        self.owner.split_once('/').map_or(self.owner.as_str(), |(_, id)| id)
    }
}

/// How the nodes of an upstream are, counted as the commands do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) all: usize,
    /// Those that are not known to be bad.
    pub(crate) good: usize,
    /// Those that nobody looks at.
    pub(crate) unchecked: usize,
    pub(crate) ejected: usize,
}

impl Health {
    /// Of some nodes.
    pub(crate) fn of<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Health {
        let mut health = Health::default();
        nodes.into_iter().for_each(|node| health.add(node));
        health
    }

    pub(crate) fn add(&mut self, node: &Node) {
        self.all += 1;
        self.good += usize::from(matches!(node.state, NodeState::Good | NodeState::Unknown));
        self.unchecked += usize::from(node.state == NodeState::Unknown);
        self.ejected += usize::from(node.word == "ejected");
    }

    /// `2/3`; `3 ?` where nobody looks at any of them, so that nothing is claimed.
    pub(crate) fn told(self) -> String {
        if self.is_unchecked() { format!("{} ?", self.all) } else { format!("{}/{}", self.good, self.all) }
    }

    /// Whether there are nodes, and nobody looks at any of them.
    pub(crate) fn is_unchecked(self) -> bool {
        self.all > 0 && self.unchecked == self.all
    }

    /// In what colour it is told.
    pub(crate) fn role(self) -> Role {
        match self {
            _ if self.is_unchecked() => Role::Text,
            Health { good: 0, .. } => Role::Bad,
            Health { all, good, .. } if good < all => Role::Warn,
            _ => Role::Text,
        }
    }
}

/// A row of `live/certs`.
#[derive(Debug, Clone)]
pub(crate) struct Cert {
    pub(crate) id: String,
    pub(crate) snis: Vec<String>,
    /// Seconds since 1970.
    pub(crate) not_after: i64,
    pub(crate) warnings: Vec<String>,
    pub(crate) value: Shared,
}

impl Cert {
    pub(super) fn read(value: &Value) -> Cert {
        let clean = |all: Vec<String>| all.iter().map(|text| crate::output::clean::line(text)).collect();
        Cert {
            id: shown(value, "ssl_id"),
            snis: clean(texts(value, "snis")),
            not_after: moment(value, "not_after"),
            warnings: clean(texts(value, "warnings")),
            value: Arc::new(value.clone()),
        }
    }

    /// The first name, and how many there are beside it.
    pub(crate) fn name(&self) -> String {
        match self.snis.as_slice() {
            [] => self.id.clone(),
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first} +{}", rest.len()),
        }
    }

    /// Whole days from then on until it ends, negative once it has.
    pub(crate) fn days(&self, now: i64) -> i64 {
        self.not_after.saturating_sub(now).div_euclid(86_400)
    }
}

/// The state of a registry that answers.
const CONNECTED: &str = "connected";

/// A row of `live/discovery`.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) services: u64,
    /// How often the connection was seen to be lost since the program was started.
    pub(crate) flaps: u64,
    pub(crate) value: Shared,
}

impl Registry {
    /// `before` are the rows of the document before this one.
    pub(super) fn read(value: &Value, before: &[Registry]) -> Registry {
        let kind = shown(value, "type");
        let state = shown(value, "state");
        let flaps = before.iter().find(|old| old.kind == kind).map_or(0, |old| {
            let since = |value: &Value| value.get("since").and_then(Value::as_f64);
            let again = matches!((since(&old.value), since(value)), (Some(old), Some(new)) if old != new);
            let lost = old.state == CONNECTED && (state != CONNECTED || again);
            old.flaps.saturating_add(u64::from(lost))
        });
        Registry { services: whole(value, "services"), flaps, kind, state, value: Arc::new(value.clone()) }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.state == CONNECTED
    }
}

/// A change of the configuration: a row of `live/events` or of `live/history`.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) rev: u64,
    /// Seconds since 1970.
    pub(crate) at: i64,
    /// `create`, `update` or `delete`.
    pub(crate) op: String,
    /// As the server calls it, `routes`.
    pub(crate) resource: String,
    pub(crate) id: Arc<str>,
    /// The name of the key, and the address.
    pub(crate) by: String,
    pub(crate) value: Shared,
}

impl Change {
    pub(super) fn read(mut value: Value) -> Change {
        // The journal and recordings of the same change say it in another way than the stream.
        crate::resources::nested::name_as_lists_do(&mut value);
        let id = value.get("id").map(crate::filter::text_of).unwrap_or_default().into_owned();
        let by = value.get("by").map(|by| match by {
            Value::String(name) => crate::output::clean::line(name),
            by => match (shown(by, "key"), shown(by, "addr")) {
                (key, addr) if addr.is_empty() => key,
                (key, addr) => format!("{key} from {addr}"),
            },
        });
        Change {
            rev: whole(&value, "rev"),
            at: moment(&value, "ts"),
            op: shown(&value, "op"),
            resource: shown(&value, "resource"),
            id: id.into(),
            by: by.unwrap_or_default(),
            value: Arc::new(value),
        }
    }

    /// `route/pay`.
    pub(crate) fn object(&self) -> String {
        let resource = crate::resources::find(&self.resource).map_or(self.resource.as_str(), |of| of.singular);
        crate::output::clean::line(&format!("{resource}/{}", self.id))
    }

    /// What happened, as one says it: `updated`.
    pub(crate) fn done(&self) -> &str {
        match self.op.as_str() {
            "create" => "created",
            "update" => "updated",
            "delete" => "deleted",
            other => other,
        }
    }
}

/// A plugin that the gateway has.
#[derive(Debug, Clone)]
pub(crate) struct Plugin {
    pub(crate) name: String,
    pub(crate) priority: i64,
    /// Whether it is in use at all.
    pub(crate) enabled: bool,
    pub(crate) value: Shared,
}

impl Plugin {
    pub(super) fn read(name: &str, value: &Value) -> Plugin {
        Plugin {
            name: crate::output::clean::line(name),
            priority: value.get("priority").and_then(Value::as_i64).unwrap_or_default(),
            enabled: value.get("enabled").is_none() || flag(value, "enabled"),
            value: Arc::new(value.clone()),
        }
    }
}

//! The plugins of one exchange, merged, ordered and split by phase, so that a phase nobody uses costs a branch.

use std::sync::Arc;

use bytes::Bytes;

use super::{Fields, Phases, Plugin};
use crate::expr::Expr;

/// A plugin instance with what `_meta` says of it.
#[derive(Clone)]
pub struct Configured {
    /// The plugin's name.
    pub name: Arc<str>,
    /// The instance.
    pub plugin: Arc<dyn Plugin>,
    /// Larger runs earlier.
    pub priority: i32,
    /// Has `_meta.priority`: orders only within its own set.
    pub filter: Option<Arc<Expr>>,
    /// Replaces the body of a refusal by this plugin (`_meta.error_response`).
    pub error_response: Option<Bytes>,
    /// `_meta.disable`: kept so that it hides the same plugin of a lower level, never run.
    pub disabled: bool,
    /// Authenticates (never runs again when it comes from a consumer).
    pub auth: bool,
    /// In a global rule, gives way to the route's own (`run_policy: prefer_route`).
    pub prefer_route: bool,
    /// Brought only by the consumer or its group: its `rewrite` runs in the second pass.
    pub from_consumer: bool,
}

/// Which entries run in each phase, in order.
#[derive(Default)]
pub struct PhaseOrder(Box<[u8]>);

impl PhaseOrder {
    fn of(entries: &[Configured], phase: Phases, keep: impl Fn(&Configured) -> bool) -> PhaseOrder {
        let order = entries
            .iter()
            .enumerate()
            .filter(|(_, e)| e.plugin.phases().has(phase) && keep(e))
            // Chain::link keeps at most 255 entries.
            .filter_map(|(i, _)| u8::try_from(i).ok())
            .collect();
        PhaseOrder(order)
    }

    /// Indexes into [`Chain::entries`].
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().map(|&i| usize::from(i))
    }

    /// How many entries run in this phase.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The entry at a position of the order.
    pub fn at(&self, position: usize) -> Option<usize> {
        self.0.get(position).map(|&i| usize::from(i))
    }

    /// Nobody takes part in this phase.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A merged chain.
#[derive(Default)]
pub struct Chain {
    /// The plugins by descending priority.
    pub entries: Box<[Configured]>,
    /// `rewrite` of everything but what only the consumer brings.
    pub rewrite: PhaseOrder,
    /// `rewrite` of what only the consumer or its group brings.
    pub late_rewrite: PhaseOrder,
    /// `access`.
    pub access: PhaseOrder,
    /// `before_proxy`.
    pub before_proxy: PhaseOrder,
    /// `header_filter`.
    pub header_filter: PhaseOrder,
    /// `body_filter`.
    pub body_filter: PhaseOrder,
    /// `encode_head` and `encode_body`.
    pub encode: PhaseOrder,
    /// `log`.
    pub log: PhaseOrder,
    /// Somebody takes part who looks at the fields of requests otherwise than by name.
    pub wants_fields: bool,
}

impl Chain {
    /// Links plugins of several levels, lowest first (service, plugin config, route, group, consumer): the highest level that
    /// names a plugin wins, whole. Levels from `consumer_from` on are the consumer's: what only they bring is marked.
    pub fn link(levels: &[&[Configured]], consumer_from: usize) -> Chain {
        let mut entries: Vec<Configured> = Vec::new();
        for (level, plugins) in levels.iter().enumerate() {
            for plugin in plugins.iter() {
                let by_consumer = level >= consumer_from;
                match entries.iter_mut().find(|e| e.name == plugin.name) {
                    Some(slot) => {
                        let from_consumer = slot.from_consumer;
                        *slot = Configured { from_consumer, ..plugin.clone() };
                    }
                    None => entries.push(Configured { from_consumer: by_consumer, ..plugin.clone() }),
                }
            }
        }
        entries.retain(|e| !(e.disabled || e.from_consumer && e.auth));
        Chain::of(entries)
    }

    /// A chain of exactly these plugins, ordered.
    pub fn of(mut entries: Vec<Configured>) -> Chain {
        entries.sort_by_key(|e| std::cmp::Reverse(e.priority));
        // The number of plugins a build knows is far below; the bit sets of filters hold as many.
        entries.truncate(128);
        let entries = entries.into_boxed_slice();
        Chain {
            rewrite: PhaseOrder::of(&entries, Phases::REWRITE, |e| !e.from_consumer),
            late_rewrite: PhaseOrder::of(&entries, Phases::REWRITE, |e| e.from_consumer),
            access: PhaseOrder::of(&entries, Phases::ACCESS, |_| true),
            before_proxy: PhaseOrder::of(&entries, Phases::BEFORE_PROXY, |_| true),
            header_filter: PhaseOrder::of(&entries, Phases::HEADER_FILTER, |_| true),
            body_filter: PhaseOrder::of(&entries, Phases::BODY_FILTER, |_| true),
            encode: PhaseOrder::of(&entries, Phases::ENCODE, |_| true),
            log: PhaseOrder::of(&entries, Phases::LOG, |_| true),
            wants_fields: entries.iter().any(|e| e.plugin.fields() == Fields::Whole),
            entries,
        }
    }

    /// No plugins.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a plugin of this name is in the chain.
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|e| &*e.name == name)
    }
}

/// Which filters of a chain have been judged in this exchange, and which said no.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filtered {
    judged: u128,
    refused: u128,
}

impl Filtered {
    /// What was said of an entry, if it has been judged.
    pub fn get(self, entry: usize) -> Option<bool> {
        let bit = 1u128 << (entry & 127);
        (self.judged & bit != 0).then_some(self.refused & bit == 0)
    }

    /// Remembers a judgement.
    pub fn put(&mut self, entry: usize, runs: bool) {
        let bit = 1u128 << (entry & 127);
        self.judged |= bit;
        if !runs {
            self.refused |= bit;
        }
    }
}

//! Upstreams of plugins: the resources they refer to keep their slots while somebody does, those that configurations hold come and
//! go with the object that holds the plugin.

use super::{Control, PreparedUpstream, Rejected, Values, key_of};
use crate::plugin::{UpstreamWants, Want};

/// What the plugins of one object asked for, compiled.
#[derive(Default)]
pub(super) struct PluginUpstreams {
    ids: Vec<String>,
    inline: Vec<(String, PreparedUpstream)>,
}

/// What the plugins of an object that is installed refer to and hold, by the names in the table of slots.
pub(super) struct HeldUpstreams {
    ids: Vec<String>,
    inline: Vec<String>,
}

/// Whether a key ([`crate::upstream::Upstream::key`]) is that of an upstream that a plugin's configuration holds.
pub(super) fn is_one(key: &str) -> bool {
    key.starts_with("plugins/")
}

impl Control {
    /// Compiles what the plugins of the object with the key `owner` asked for, and tells them where they will find it.
    pub(super) fn prepare_plugin_upstreams(
        &mut self,
        owner: &str,
        wants: UpstreamWants,
        values: Values,
    ) -> Result<PluginUpstreams, Rejected> {
        let mut made = PluginUpstreams::default();
        for (want, asker) in wants.into_asked() {
            let (slot, key) = match want {
                Want::Id(id) => {
                    let place = (self.upstreams.reserve(&id), key_of(&id));
                    made.ids.push(id);
                    place
                }
                Want::Inline(upstream) => {
                    // Ids hold no space. By number, so that the same configuration keeps the same upstreams.
                    let name = format!("plugin {}/{}", owner.trim_start_matches('/'), made.inline.len());
                    let place = (self.upstreams.reserve(&name), key_of(&name));
                    let prepared = self.prepare_upstream(place.0, &place.1, &upstream, values)?;
                    made.inline.push((name, prepared));
                    place
                }
            };
            asker.settle(slot, key);
        }
        Ok(made)
    }

    /// Puts them in the place of those the object's plugins had before.
    pub(super) fn install_plugin_upstreams(&mut self, key: String, made: PluginUpstreams) {
        for id in &made.ids {
            self.upstreams.hold(id);
        }
        let mut inline = Vec::with_capacity(made.inline.len());
        for (name, prepared) in made.inline {
            self.install_upstream(&name, Some(prepared));
            inline.push(name);
        }
        let before = match (made.ids.is_empty(), inline.is_empty()) {
            (true, true) => self.plugin_upstreams.remove(&key),
            _ => self.plugin_upstreams.insert(key, HeldUpstreams { ids: made.ids, inline: inline.clone() }),
        };
        let Some(before) = before else { return };
        for id in &before.ids {
            self.upstreams.release(id);
        }
        for gone in before.inline.iter().filter(|name| !inline.contains(name)) {
            self.install_upstream(gone, None);
        }
    }
}

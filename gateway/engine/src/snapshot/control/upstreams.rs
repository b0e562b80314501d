//! Upstreams on their way into the next snapshot: those of their own, and those inside of routes and services.

use std::sync::Arc;

use serde_json::Value;
use zeroize::Zeroize;

use super::{Control, PreparedUpstream, Rejected, Values, key_of, plugin_upstreams};
use crate::snapshot::compile::{self, CompileError, RouteUpstream};
use crate::upstream::{HostRule, Surroundings, TlsSpec, Upstream, UpstreamSpec};

impl Control {
    /// The slot of an object's upstream, and the upstream itself when the object holds it.
    pub(super) fn prepare_target(
        &mut self,
        owner: &str,
        value: &Value,
        reference: &mut Option<String>,
        values: Values,
    ) -> Result<(Option<u32>, Option<PreparedUpstream>), Rejected> {
        match RouteUpstream::of(value) {
            RouteUpstream::None => Ok((None, None)),
            RouteUpstream::Id(id) => {
                let slot = self.upstreams.reserve(&id);
                *reference = Some(id);
                Ok((Some(slot), None))
            }
            RouteUpstream::Inline(upstream) => {
                // Ids hold no space: an inline upstream's owner is no id of another upstream.
                let slot = self.upstreams.reserve(owner);
                Ok((Some(slot), Some(self.prepare_upstream(slot, &key_of(owner), upstream, values)?)))
            }
        }
    }

    pub(super) fn prepare_upstream(
        &self,
        slot: u32,
        key: &Arc<str>,
        value: &Value,
        values: Values,
    ) -> Result<PreparedUpstream, Rejected> {
        let mut text = value.to_string();
        let crc = crc32fast::hash(text.as_bytes());
        if values != Values::Plain {
            text.zeroize();
        }
        let mut spec = compile::upstream_spec(key, value);
        if spec.host == HostRule::Node && plugin_upstreams::is_one(key) {
            spec.host = HostRule::NodeName;
        }
        let cert_id = spec.tls.as_ref().and_then(|t| t.client_cert_id.as_deref());
        let cert_id = cert_id.map(|id| (id.to_owned(), value.clone()));
        if cert_id.is_none()
            && self.upstream_crcs.get(&slot) == Some(&crc)
            && let Some(same) = self.next.upstreams.get(slot)
        {
            return Ok(PreparedUpstream { upstream: (**same).clone(), crc, cert_id: None, cert: None });
        }
        let cert = cert_id.as_ref().and_then(|(id, _)| self.certs.get(id)).cloned();
        let certificate = |id: &str| self.certs.get(id).cloned();
        let around = Surroundings {
            key,
            states: &self.shared.states,
            names: &self.names,
            services: &self.discovery,
            tls: &self.tls,
            verify: self.verify,
            checkers: Some(&self.shared.checkers),
            certificate: &certificate,
        };
        let compile = |spec| Upstream::compile(spec, u64::from(slot), &around).map_err(|e| CompileError(e.to_string()));
        let upstream = match values.lenient() {
            false => compile(spec)?,
            true => compile(spec.clone()).or_else(|error| {
                tracing::error!(upstream = &**key, %error, "an upstream cannot be used with what a reference leads to");
                let tls = spec.tls.clone().map(|tls| TlsSpec { client: None, unresolved: true, ..tls });
                compile(UpstreamSpec { tls, ..spec })
            })?,
        };
        Ok(PreparedUpstream { upstream, crc, cert_id, cert })
    }

    pub(super) fn install_upstream(&mut self, id: &str, made: Option<PreparedUpstream>) {
        if made.is_none() && !self.upstreams.knows(id) {
            return;
        }
        let slot = self.upstreams.present(id, made.is_some());
        let Some(made) = made else {
            self.upstream_crcs.remove(&slot);
            self.cert_users.remove(&slot);
            self.next.upstreams.set(slot, None);
            self.shared.checkers.remove(&key_of(id));
            self.shared.states.forget(&key_of(id));
            return;
        };
        let same = self.upstream_crcs.insert(slot, made.crc) == Some(made.crc);
        if !same || made.cert_id.is_some() || self.next.upstreams.get(slot).is_none() {
            self.set_upstream(slot, made.upstream);
        }
        let Some((cert_id, value)) = made.cert_id else {
            self.cert_users.remove(&slot);
            return;
        };
        // The certificate may have come in the same batch, after this was compiled.
        let stale = self.certs.get(&cert_id) != made.cert.as_ref();
        self.cert_users.insert(slot, (cert_id, value.clone()));
        if stale {
            self.with_present_certificate(slot, &value);
        }
    }

    /// Puts an upstream into the next snapshot; what is known of nodes that it has not is forgotten.
    pub(super) fn set_upstream(&mut self, slot: u32, upstream: Upstream) {
        upstream.install();
        match (&upstream.checks, &upstream.shared) {
            (Some(checks), Some(states)) => self.shared.checkers.put(checks, &upstream.nodes, states),
            _ => self.shared.checkers.remove(&upstream.key),
        }
        self.next.upstreams.set(slot, Some(Arc::new(upstream)));
    }
}

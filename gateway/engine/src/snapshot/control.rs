//! Who makes the next snapshot out of the present one. One thread owns the [`Control`]: it compiles what has changed, edits its
//! trees, and publishes. A change costs what it touches.

mod certificates;
mod consumers;
mod places;
mod plugin_upstreams;
mod references;
mod slots;
mod upstreams;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use gateway_model::Kind;
use serde_json::Value;

use self::places::Unserved;
use self::plugin_upstreams::{HeldUpstreams, PluginUpstreams};
pub(super) use self::references::Values;
use self::references::{Held, References, Resolved};
use self::slots::Slots;
use super::compile::{self, CompileError, Globals, Group, PluginConfig, Plugins, Route, Service};
use super::{Shared, Snapshot};
use crate::plugin::{Configured, UpstreamWants};
use crate::secrets::Secrets;
use crate::tls::{Identity, TlsServers};
use crate::upstream::{ClientCert, Names, Services, TlsClients, Upstream};

/// An object put or deleted.
#[derive(Debug, Clone)]
pub struct Change {
    /// What it is.
    pub kind: Kind,
    /// Its id; of a credential `NAME/credentials/ID`.
    pub id: String,
    /// The object as checked: schema passed, defaults filled in, secrets in clear text. `None`: deleted.
    pub value: Option<Value>,
}

/// Why a change cannot be made; nothing has been changed.
pub type Rejected = CompileError;

/// What a change compiled to, ready to be installed.
pub struct Prepared {
    kind: Kind,
    id: String,
    compiled: Compiled,
    /// What its plugins asked for.
    upstreams: PluginUpstreams,
    /// What is kept of it where it holds references to secrets.
    held: Option<Held>,
}

// Lives for one change on the control thread: its size does not matter.
#[allow(clippy::large_enum_variant)]
enum Compiled {
    Route {
        id: String,
        made: Option<PreparedRoute>,
    },
    Service {
        id: String,
        made: Option<PreparedService>,
    },
    Upstream {
        id: String,
        made: Option<PreparedUpstream>,
    },
    PluginConfig {
        id: String,
        made: Option<PluginConfig>,
    },
    Group {
        id: String,
        made: Option<Group>,
    },
    GlobalRule {
        id: String,
        made: Option<Box<[Configured]>>,
    },
    Metadata {
        id: String,
        made: Option<Arc<dyn std::any::Any + Send + Sync>>,
    },
    Consumer {
        id: String,
        made: Option<consumers::PreparedConsumer>,
    },
    Credential {
        id: String,
        made: Option<consumers::PreparedCredential>,
    },
    Ssl {
        id: String,
        made: Option<Certified>,
    },
    Proto {
        id: String,
        made: Option<Arc<dyn std::any::Any + Send + Sync>>,
    },
    Manager {
        id: String,
        conf: Option<Value>,
    },
    /// Stored only; nothing of it runs here.
    Nothing,
}

/// What an `ssl` object is.
enum Certified {
    /// Shown to upstreams.
    Client(ClientCert),
    /// Shown to clients.
    Server(Arc<Identity>),
}

struct PreparedRoute {
    route: Option<Route>,
    refs: Refs,
    inline: Option<PreparedUpstream>,
}

struct PreparedService {
    service: Service,
    upstream_id: Option<String>,
    inline: Option<PreparedUpstream>,
}

struct PreparedUpstream {
    upstream: Upstream,
    /// CRC of its JSON: an upstream that is the same stays the same object, with its balancer's position.
    crc: u32,
    /// Kept where it must be compiled again when a certificate changes.
    cert_id: Option<(String, Value)>,
    /// The certificate of that name it was compiled with.
    cert: Option<ClientCert>,
}

#[derive(Default)]
struct Refs {
    service: Option<String>,
    plugin_config: Option<String>,
    upstream: Option<String>,
}

struct RouteEntry {
    slot: u32,
    route: Option<Arc<Route>>,
    refs: Refs,
}

/// The owner of the configuration.
pub struct Control {
    shared: Arc<Shared>,
    next: Snapshot,
    names: Names,
    discovery: Arc<Services>,
    tls: TlsClients,
    verify: bool,
    prefix: String,
    seq: u64,
    routes: HashMap<String, RouteEntry>,
    route_slots: Slots,
    services: Slots,
    service_upstreams: HashMap<String, Option<String>>,
    upstreams: Slots,
    upstream_crcs: HashMap<u32, u32>,
    /// Upstreams that the plugins of an object refer to or hold, by the object's key.
    plugin_upstreams: HashMap<String, HeldUpstreams>,
    plugin_configs: Slots,
    groups: Slots,
    by_service: HashMap<String, HashSet<String>>,
    unserved: Unserved,
    /// The hosts of services that are prepared and not installed.
    coming: HashMap<String, Box<[Box<str>]>>,
    globals: BTreeMap<String, Box<[Configured]>>,
    servers: TlsServers,
    identities: HashMap<String, Arc<Identity>>,
    certs: HashMap<String, ClientCert>,
    cert_users: HashMap<u32, (String, Value)>,
    references: References,
}

impl Control {
    /// The owner of an empty configuration. `names`, and the registries of the [`Services`] in the registry's states, must call [`Control::renew`] with the tokens they report; `verify` is
    /// `gateway.upstream_tls_verify`; `prefix` begins the keys of the store (`/apisix`).
    pub fn new(shared: Arc<Shared>, names: Names, tls: TlsClients, verify: bool, prefix: &str) -> Control {
        Control {
            next: (*shared.snapshot()).clone(),
            discovery: shared.registry.states.get(),
            shared,
            names,
            tls,
            verify,
            prefix: prefix.to_owned(),
            seq: 0,
            routes: HashMap::new(),
            route_slots: Slots::default(),
            services: Slots::default(),
            service_upstreams: HashMap::new(),
            upstreams: Slots::default(),
            upstream_crcs: HashMap::new(),
            plugin_upstreams: HashMap::new(),
            plugin_configs: Slots::default(),
            groups: Slots::default(),
            by_service: HashMap::new(),
            unserved: Unserved::default(),
            coming: HashMap::new(),
            globals: BTreeMap::new(),
            servers: TlsServers::default(),
            identities: HashMap::new(),
            certs: HashMap::new(),
            cert_users: HashMap::new(),
            references: References::new(Secrets::without_managers(HashMap::new())),
        }
    }

    /// Who resolves references to secrets; to be said before the first change. It must call [`Control::answered`] with the references
    /// it reports. Without it every reference leads nowhere.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Secrets) -> Control {
        self.references = References::new(secrets);
        self
    }

    /// The terms on which clients are served over TLS; to be said before the first change.
    #[must_use]
    pub fn serve_tls(mut self, servers: TlsServers) -> Control {
        self.next.certificates.set_fallback(servers.terms().fallback_sni.as_deref());
        self.servers = servers;
        self
    }

    /// Why references to the environment in an object lead nowhere, each reason once.
    pub fn lacking(&self, kind: Kind, object: &Value) -> Vec<Arc<str>> {
        let mut found = Vec::new();
        gateway_model::secret::each_reference(kind, &mut object.clone(), &mut |text| {
            found.extend(self.references.lacking(text).filter(|why| !found.contains(why)));
        });
        found
    }

    /// What all workers share.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Compiles a change. Nothing that runs is touched yet.
    ///
    /// # Errors
    /// [`Rejected`] names what cannot run.
    pub fn prepare(&mut self, change: &Change) -> Result<Prepared, Rejected> {
        self.prepare_with(change, false)
    }

    /// The same; `lenient`: a part that cannot run with what its references lead to refuses, and the rest runs.
    fn prepare_with(&mut self, change: &Change, lenient: bool) -> Result<Prepared, Rejected> {
        let (kind, id) = (change.kind, change.id.clone());
        let mut resolved = change.value.as_ref().and_then(|value| self.references.resolve(kind, value));
        if let Some(resolved) = resolved.as_mut().filter(|r| lenient && !r.values.lenient()) {
            resolved.values = Values::Missing;
            resolved.fails();
        }
        let (value, values) = match &resolved {
            Some(resolved) => (Some(resolved.value()), resolved.values),
            None => (change.value.as_ref(), Values::Plain),
        };
        let key = self.store_key(kind, &id);
        let wants = UpstreamWants::default();
        let registry = Arc::clone(&self.shared.registry);
        let plugins = Plugins { registry: &registry, parent: &key, upstreams: &wants, values };
        let compiled = self.compile(kind, &id, value, &plugins)?;
        let upstreams = self.prepare_plugin_upstreams(&key, wants, values)?;
        Ok(Prepared { kind, id, compiled, upstreams, held: resolved.and_then(Resolved::hold) })
    }

    /// The key of an object in the store.
    fn store_key(&self, kind: Kind, id: &str) -> String {
        format!("{}/{}/{id}", self.prefix, kind.directory())
    }

    fn compile(
        &mut self,
        kind: Kind,
        id: &str,
        value: Option<&Value>,
        plugins: &Plugins<'_>,
    ) -> Result<Compiled, Rejected> {
        let (id, registry, values) = (id.to_owned(), plugins.registry, plugins.values);
        let of_plugins = |value: &Value| plugins.compile(value.get("plugins"));
        Ok(match kind {
            Kind::Route => {
                let made = value.map(|v| self.prepare_route(&id, v, plugins)).transpose()?;
                Compiled::Route { id, made }
            }
            Kind::Service => {
                let made = value.map(|v| self.prepare_service(&id, v, plugins)).transpose()?;
                Compiled::Service { id, made }
            }
            Kind::Upstream => {
                let slot = self.upstreams.reserve(&id);
                let made = value.map(|v| self.prepare_upstream(slot, &key_of(&id), v, values)).transpose()?;
                Compiled::Upstream { id, made }
            }
            Kind::PluginConfig => {
                let made =
                    value.map(|v| Ok(PluginConfig { id: id.as_str().into(), plugins: of_plugins(v)? })).transpose()?;
                Compiled::PluginConfig { id, made }
            }
            Kind::ConsumerGroup => {
                let made = value.map(|v| Ok(Group { id: id.as_str().into(), plugins: of_plugins(v)? })).transpose()?;
                Compiled::Group { id, made }
            }
            Kind::GlobalRule => Compiled::GlobalRule { made: value.map(of_plugins).transpose()?, id },
            Kind::PluginMetadata => {
                let made = match (value, registry.get(&id)) {
                    (Some(value), Some(definition)) => plugins.metadata(definition, value)?,
                    _ => None,
                };
                Compiled::Metadata { id, made }
            }
            Kind::Consumer => {
                let made = value.map(|v| consumers::prepare(v, plugins, &mut self.groups)).transpose()?;
                Compiled::Consumer { id, made }
            }
            Kind::Credential => {
                let made = value.map(|v| consumers::prepare_credential(v, plugins)).transpose()?;
                Compiled::Credential { id, made: made.flatten() }
            }
            Kind::Ssl => {
                let made = value.map(|v| self.prepare_ssl(v, values)).transpose()?;
                Compiled::Ssl { id, made: made.flatten() }
            }
            Kind::Proto => {
                let content = value.and_then(|v| v.get("content")).and_then(Value::as_str);
                let made = match (content, registry.protos) {
                    (Some(content), Some(make)) => Some(make(content).map_err(CompileError)?),
                    _ => None,
                };
                Compiled::Proto { id, made }
            }
            Kind::Secret => Compiled::Manager { id, conf: value.cloned() },
            Kind::StreamRoute | Kind::GraphqlCostDecoration => Compiled::Nothing,
        })
    }

    /// Puts a compiled change into the next snapshot; [`Control::publish`] makes it live.
    pub fn install(&mut self, prepared: Prepared) {
        let Prepared { kind, id, compiled, upstreams, held } = prepared;
        self.install_plugin_upstreams(self.store_key(kind, &id), upstreams);
        self.install_compiled(compiled);
        self.note_references(kind, id, held);
    }

    fn install_compiled(&mut self, compiled: Compiled) {
        match compiled {
            Compiled::Route { id, made } => self.install_route(id, made),
            Compiled::Service { id, made } => self.install_service(id, made),
            Compiled::Upstream { id, made } => self.install_upstream(&id, made),
            Compiled::PluginConfig { id, made } => {
                let slot = self.plugin_configs.present(&id, made.is_some());
                self.next.plugin_configs.set(slot, made.map(Arc::new));
            }
            Compiled::Group { id, made } => {
                let slot = self.groups.present(&id, made.is_some());
                self.next.groups.set(slot, made.map(Arc::new));
            }
            Compiled::GlobalRule { id, made } => {
                match made {
                    Some(plugins) => self.globals.insert(id, plugins),
                    None => self.globals.remove(&id),
                };
                self.next.globals = Arc::new(merge_globals(&self.globals));
            }
            Compiled::Metadata { id, made } => {
                let metadata = Arc::make_mut(&mut self.next.metadata);
                match made {
                    Some(made) => metadata.insert(id, made),
                    None => metadata.remove(&id),
                };
            }
            Compiled::Proto { id, made } => {
                let protos = Arc::make_mut(&mut self.next.protos);
                match made {
                    Some(made) => protos.insert(id, made),
                    None => protos.remove(&id),
                };
            }
            Compiled::Consumer { id, made } => consumers::install(&id, made, &mut self.next.consumers),
            Compiled::Credential { id, made } => consumers::install_credential(&id, made, &mut self.next.consumers),
            Compiled::Ssl { id, made } => {
                let (client, server) = match made {
                    Some(Certified::Client(cert)) => (Some(cert), None),
                    Some(Certified::Server(identity)) => (None, Some(identity)),
                    None => (None, None),
                };
                self.install_identity(&id, server);
                self.install_cert(id, client);
            }
            Compiled::Manager { id, conf } => self.install_manager(&id, conf.as_ref()),
            Compiled::Nothing => {}
        }
    }

    /// Makes everything installed live, at once.
    pub fn publish(&mut self, revision: u64) {
        self.next.revision = revision;
        self.shared.publish(self.next.clone());
        self.references.published();
    }

    /// A name's addresses or a service's nodes have changed: the upstream of this token gets its nodes anew.
    pub fn renew(&mut self, token: u64) {
        let Ok(slot) = u32::try_from(token) else { return };
        let Some(renewed) = self.next.upstreams.get(slot).and_then(|u| u.renewed()) else { return };
        self.set_upstream(slot, renewed);
        let revision = self.next.revision;
        self.publish(revision);
    }

    /// The same for every upstream and every reference to a secret, after a time in which nobody listened to them.
    pub fn renew_all(&mut self) {
        let answered = self.answered_all();
        let renewed: Vec<(u32, Upstream)> =
            self.next.upstreams.slots().filter_map(|(slot, u)| Some((slot, u.renewed()?))).collect();
        if renewed.is_empty() && !answered {
            return;
        }
        for (slot, upstream) in renewed {
            self.set_upstream(slot, upstream);
        }
        let revision = self.next.revision;
        self.publish(revision);
    }

    fn prepare_route(&mut self, id: &str, value: &Value, plugins: &Plugins<'_>) -> Result<PreparedRoute, Rejected> {
        let mut refs = Refs {
            service: compile::id_of(value, "service_id"),
            plugin_config: compile::id_of(value, "plugin_config_id"),
            upstream: None,
        };
        let target = self.prepare_target(&format!("route {id}"), value, &mut refs.upstream, plugins.values)?;
        let (upstream, inline) = target;
        let (own, seq) = match self.routes.get(id) {
            Some(entry) => (entry.slot, entry.route.as_ref().map(|r| crate::router::Routed::key(&**r).seq)),
            None => (self.route_slots.reserve(id), None),
        };
        let seq = seq.unwrap_or_else(|| {
            self.seq += 1;
            self.seq
        });
        let slots = compile::Slots {
            own,
            service: refs.service.as_deref().map(|s| self.services.reserve(s)),
            plugin_config: refs.plugin_config.as_deref().map(|s| self.plugin_configs.reserve(s)),
            upstream,
        };
        let coming = refs.service.as_ref().and_then(|s| self.coming.get(s)).map(|hosts| &**hosts);
        let there = || slots.service.and_then(|s| self.next.services.get(s)).map_or(&[][..], |s| &s.hosts);
        let hosts = coming.unwrap_or_else(there);
        let mode = self.next.router.mode();
        let route = compile::route(value, id, mode, seq, slots, hosts, plugins)?;
        Ok(PreparedRoute { route, refs, inline })
    }

    fn prepare_service(&mut self, id: &str, value: &Value, plugins: &Plugins<'_>) -> Result<PreparedService, Rejected> {
        let mut upstream_id = None;
        let target = self.prepare_target(&format!("service {id}"), value, &mut upstream_id, plugins.values)?;
        let (upstream, inline) = target;
        let service = compile::service(value, id, upstream, plugins)?;
        let mode = self.next.router.mode();
        for route in self.by_service.get(id).into_iter().flatten().filter_map(|route| self.routes.get(route)) {
            if let Some(route) = route.route.as_ref().filter(|route| !route.own_hosts) {
                route.check_hosts(mode, &service.hosts)?;
            }
        }
        self.coming.insert(id.to_owned(), service.hosts.clone());
        Ok(PreparedService { service, upstream_id, inline })
    }

    fn install_route(&mut self, id: String, made: Option<PreparedRoute>) {
        let before = self.routes.remove(&id);
        self.unserved.forget(&id);
        if let Some(entry) = &before {
            if let Some(route) = &entry.route {
                self.next.router.remove(route);
            }
            self.drop_refs(&id, &entry.refs);
        }
        let owner = format!("route {id}");
        let Some(made) = made else {
            self.install_upstream(&owner, None);
            self.route_slots.present(&id, false);
            return;
        };
        self.install_upstream(&owner, made.inline);
        let slot = self.route_slots.present(&id, true);
        self.hold_refs(&id, &made.refs);
        let route = made.route.and_then(|route| {
            let service = route.service.and_then(|s| self.next.services.get(s)).cloned();
            // A route without hosts of its own was compiled with its service's, which may have changed in the same batch.
            match service.filter(|_| !route.own_hosts) {
                Some(service) => self.placed(&id, Arc::new(route), &service.hosts),
                None => Some(Arc::new(route)),
            }
        });
        if let Some(route) = &route {
            self.next.router.insert(route);
        }
        self.routes.insert(id, RouteEntry { slot, route, refs: made.refs });
    }

    fn install_service(&mut self, id: String, made: Option<PreparedService>) {
        self.coming.remove(&id);
        let owner = format!("service {id}");
        if let Some(Some(upstream)) = self.service_upstreams.remove(&id) {
            self.upstreams.release(&upstream);
        }
        let Some(made) = made else {
            self.install_upstream(&owner, None);
            let slot = self.services.present(&id, false);
            self.next.services.set(slot, None);
            self.rehost(&id, &[]);
            return;
        };
        self.install_upstream(&owner, made.inline);
        if let Some(upstream) = &made.upstream_id {
            self.upstreams.hold(upstream);
        }
        self.service_upstreams.insert(id.clone(), made.upstream_id);
        let slot = self.services.present(&id, true);
        let hosts = made.service.hosts.clone();
        let before = self.next.services.get(slot).map(|s| s.hosts.clone()).unwrap_or_default();
        self.next.services.set(slot, Some(Arc::new(made.service)));
        if before != hosts {
            self.rehost(&id, &hosts);
        }
    }

    fn hold_refs(&mut self, route: &str, refs: &Refs) {
        if let Some(service) = &refs.service {
            self.services.hold(service);
            self.by_service.entry(service.clone()).or_default().insert(route.to_owned());
        }
        if let Some(config) = &refs.plugin_config {
            self.plugin_configs.hold(config);
        }
        if let Some(upstream) = &refs.upstream {
            self.upstreams.hold(upstream);
        }
    }

    fn drop_refs(&mut self, route: &str, refs: &Refs) {
        if let Some(service) = &refs.service {
            self.services.release(service);
            if let Some(routes) = self.by_service.get_mut(service) {
                routes.remove(route);
                if routes.is_empty() {
                    self.by_service.remove(service);
                }
            }
        }
        if let Some(config) = &refs.plugin_config {
            self.plugin_configs.release(config);
        }
        if let Some(upstream) = &refs.upstream {
            self.upstreams.release(upstream);
        }
    }
}

/// All rules' plugins in one set; one that two rules name runs in neither.
fn merge_globals(rules: &BTreeMap<String, Box<[Configured]>>) -> Globals {
    let mut count: HashMap<&str, usize> = HashMap::new();
    for plugin in rules.values().flatten() {
        *count.entry(&plugin.name).or_default() += 1;
    }
    let plugins = rules.values().flatten().filter(|p| {
        let once = count.get(&*p.name) == Some(&1);
        if !once {
            tracing::error!(plugin = &*p.name, "two global rules name this plugin: it runs in neither");
        }
        once && !p.disabled
    });
    Globals { plugins: plugins.cloned().collect() }
}

/// [`Upstream::key`] of the upstream that stands under this name in the slots: an id, or `route ID`, `service ID`, `plugin KEY/NUMBER`.
fn key_of(name: &str) -> Arc<str> {
    match name.split_once(' ') {
        None => format!("upstreams/{name}").into(),
        Some((kind, id)) => format!("{kind}s/{id}").into(),
    }
}

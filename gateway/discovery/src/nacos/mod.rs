//! Nacos: Dubbo's registry at both levels, and services of any kind by their name.

mod client;
mod grpc;
mod http;
mod instance;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_engine::upstream::{Description, ServiceKey, Wanted};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use self::client::{Client, Key};
use self::instance::NacosInstance;
use crate::board::Watcher;
use crate::dubbo::{self, Asked, Descriptions, Elsewhere, Revisions, ServiceName};
use crate::source::{Describing, Watching};
use crate::{Found, Instance, Secret, Source, SourceError, Status};

/// What the static configuration says about Nacos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NacosSettings {
    /// The servers of one cluster; at least one.
    pub hosts: Vec<NacosHost>,
    /// Where the HTTP API is, with slashes at both ends.
    pub prefix: String,
    /// How often services are asked for where they are not pushed.
    pub fetch_interval: Duration,
    /// The weight of instances that have none.
    pub weight: u32,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long an answer may take.
    pub read_timeout: Duration,
    /// The key that requests are signed with, and its secret.
    pub keys: Option<(Secret, Secret)>,
    /// Services are pushed over gRPC, at this distance from the port of HTTP; `None`: they are asked for.
    pub grpc_offset: Option<u16>,
    /// Whether certificates of `https` servers are checked.
    pub verify: bool,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NacosHost {
    /// Over TLS.
    pub tls: bool,
    /// The name or address.
    pub host: String,
    /// The port of HTTP.
    pub port: u16,
    /// Who logs in.
    pub login: Option<(Secret, Secret)>,
}

impl NacosHost {
    /// Reads `http(s)://[user:password@]host[:port]`; without a port it is 8848. `None`: it is none.
    pub fn parse(text: &str) -> Option<NacosHost> {
        let (scheme, rest) = text.split_once("://")?;
        let tls = match scheme {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let (login, authority) = match rest.rsplit_once('@') {
            Some((login, authority)) => {
                let (user, password) = login.split_once(':')?;
                (Some((Secret::new(user), Secret::new(password))), authority)
            }
            None => (None, rest),
        };
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, 8848),
        };
        let usable = !host.is_empty() && port > 0 && !host.contains(['/', '?', '#', ' ', '@']);
        usable.then(|| NacosHost { tls, host: host.to_owned(), port, login })
    }

    /// As it is shown: without who logs in.
    pub(crate) fn shown(&self) -> String {
        format!("{}://{}:{}", if self.tls { "https" } else { "http" }, self.host, self.port)
    }
}

impl Default for NacosSettings {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            prefix: "/nacos/v1/".to_owned(),
            fetch_interval: Duration::from_secs(30),
            weight: 100,
            connect_timeout: Duration::from_secs(2),
            read_timeout: Duration::from_secs(5),
            keys: None,
            grpc_offset: Some(1000),
            verify: true,
        }
    }
}

/// A Nacos cluster.
pub struct Nacos {
    settings: NacosSettings,
    client: Client,
    status: Arc<Status>,
    revisions: Revisions,
    descriptions: Descriptions,
}

/// How long changes are gathered before a service is read again.
const GATHER: Duration = Duration::from_millis(30);

/// How long until a service is read again that could not be read whole.
const AGAIN: Duration = Duration::from_secs(5);

/// The group of services where none is named.
const GROUP: &str = "DEFAULT_GROUP";

/// The group that Dubbo describes services in.
const DESCRIPTIONS: &str = "dubbo";

/// Where in Nacos a service is.
#[derive(Clone, Copy)]
struct Place<'a> {
    namespace: &'a str,
    group: &'a str,
}

impl<'a> Place<'a> {
    fn of(service: &'a ServiceKey) -> Place<'a> {
        let namespace = service.namespace.as_deref().filter(|name| *name != "public").unwrap_or_default();
        Place { namespace, group: service.group.as_deref().unwrap_or(GROUP) }
    }
}

impl Nacos {
    /// Connects on `runtime`.
    pub fn start(settings: NacosSettings, runtime: &Handle) -> Nacos {
        let status = Arc::new(Status::default());
        let client = Client::start(settings.clone(), Arc::clone(&status), runtime);
        Nacos { settings, client, status, revisions: Revisions::default(), descriptions: Descriptions::default() }
    }

    /// Reads a service; `false`: not all of it could be read.
    async fn read(
        &self,
        service: &ServiceKey,
        watcher: &Watcher,
        last: &[Instance],
    ) -> Result<(Vec<Instance>, bool), SourceError> {
        let place = Place::of(service);
        let Some(protocol) = dubbo::protocol(service.protocol) else {
            let found = self.instances(place, &service.name, watcher).await?;
            return Ok((instance::plain(&found, service.protocol == Wanted::Grpc, self.settings.weight), true));
        };
        let name = ServiceName::parse(&service.name);
        if !name.is_usable() {
            return Err(SourceError::Malformed("the service_name is no interface[:version[:group]]".to_owned()));
        }
        let mut interfaces = Vec::new();
        for listed in self.listed(place, &name, watcher).await? {
            let found = self.instances(place, &listed, watcher).await?;
            interfaces.extend(found.iter().filter_map(|of| of.provider(&name, protocol)));
        }
        let (applications, whole) = self.applications(place, &name, protocol, watcher, last).await?;
        Ok((dubbo::merged(applications, interfaces), whole))
    }

    /// The names that a service has at interface level.
    async fn listed(
        &self,
        place: Place<'_>,
        name: &ServiceName,
        watcher: &Watcher,
    ) -> Result<Vec<String>, SourceError> {
        let ServiceName { interface, version, group } = name;
        if **version != *"*" && **group != *"*" {
            let groups: HashSet<&str> = group.split(',').map(str::trim).collect();
            return Ok(groups.into_iter().map(|group| format!("providers:{interface}:{version}:{group}")).collect());
        }
        // Any version or group: the list of all services tells which there are.
        let all = self.client.list(place, watcher).await?;
        let begin = format!("providers:{interface}:");
        Ok(all.iter().filter(|service| service.starts_with(&begin)).map(ToString::to_string).collect())
    }

    /// What applications provide of a service under a protocol; `false`: of some it is not known.
    async fn applications(
        &self,
        place: Place<'_>,
        name: &ServiceName,
        protocol: &str,
        watcher: &Watcher,
        last: &[Instance],
    ) -> Result<(Vec<Instance>, bool), SourceError> {
        let mapping = self.client.config(place.namespace, &name.interface, "mapping", watcher).await?;
        let mapping = mapping.unwrap_or_default();
        let (mut found, mut whole) = (Vec::new(), true);
        for application in dubbo::mapped(&mapping) {
            for instance in self.instances(place, application, watcher).await?.iter() {
                let Some(of) = instance.application(application) else { continue };
                let Some(revision) = of.revision() else { continue };
                let reported = || -> Asked<'_> {
                    Box::pin(async move {
                        let config = self.client.config(place.namespace, application, revision, watcher).await?;
                        config.map(|text| Bytes::copy_from_slice(text.as_bytes())).ok_or(SourceError::Absent)
                    })
                };
                match self.revisions.get(&of, &reported).await {
                    Ok(revision) => {
                        let made = revision.instances(&of, name, protocol).into_iter();
                        found.extend(made.map(|made| instance.weighted(made)));
                    }
                    Err(SourceError::Lost) => return Err(SourceError::Lost),
                    Err(error) => {
                        whole = false;
                        let why = format!("revision {revision} of {} at {}:{}: {error}", of.name, of.host, of.port);
                        self.status.unread(&name.interface, &why);
                        // What was known of it stays.
                        let port = dubbo::endpoint(&of, protocol, None);
                        found.extend(last.iter().filter(|i| i.host == of.host && Some(i.port) == port).cloned());
                    }
                }
            }
        }
        Ok((found, whole))
    }

    async fn instances(
        &self,
        place: Place<'_>,
        name: &str,
        watcher: &Watcher,
    ) -> Result<Arc<[NacosInstance]>, SourceError> {
        self.client.service(Key::service(place.namespace, place.group, name), watcher).await
    }

    /// Tells the log under which other names a service is there that has no providers.
    async fn look_elsewhere(&self, service: &ServiceKey, elsewhere: &mut Elsewhere) {
        // Read once: a watcher that nobody waits for.
        let watcher = Watcher::default();
        for key in dubbo::everywhere(service) {
            if let Ok((instances, _)) = self.read(&key, &watcher, &[]).await {
                elsewhere.add(service, &key, &instances);
            }
        }
        elsewhere.tell(service);
    }

    async fn description(&self, key: &ServiceKey) -> Result<Arc<Description>, SourceError> {
        let service = ServiceName::parse(&key.name);
        if let Some(known) = self.descriptions.get(&service) {
            return Ok(known);
        }
        if !service.is_usable() || service.version.contains('*') || service.group.contains('*') {
            return Err(SourceError::Malformed("the service is no interface[:version[:group]]".to_owned()));
        }
        let (watcher, place) = (Watcher::default(), Place::of(key));
        let ServiceName { interface, version, group } = &service;
        let mapping = self.client.config(place.namespace, interface, "mapping", &watcher).await?.unwrap_or_default();
        let mut applications: Vec<String> = dubbo::mapped(&mapping).into_iter().map(str::to_owned).collect();
        if applications.is_empty() {
            // Registered at interface level alone: its instances tell whose it is.
            let listed = format!("providers:{interface}:{version}:{group}");
            let found = self.instances(place, &listed, &watcher).await?;
            applications.extend(found.iter().find_map(|of| of.owner()));
        }
        for application in applications {
            let id = format!("{interface}:{version}:{group}:provider:{application}");
            if let Some(text) = self.client.config(place.namespace, &id, DESCRIPTIONS, &watcher).await? {
                let made = Arc::new(dubbo::described(text.as_bytes())?);
                self.descriptions.put(&service, &made);
                return Ok(made);
            }
        }
        Err(SourceError::Absent)
    }
}

impl Source for Nacos {
    fn watch<'a>(&'a self, service: &'a ServiceKey, found: &'a Found) -> Watching<'a> {
        Box::pin(async move {
            let (watcher, mut elsewhere) = (self.client.watcher(), Elsewhere::default());
            // The list of all services is not pushed.
            let listed = dubbo::protocol(service.protocol).is_some() && service.name.contains('*');
            loop {
                let last = found.last().unwrap_or_else(|| Arc::from([]));
                let again = match self.read(service, &watcher, &last).await {
                    Ok((instances, whole)) => {
                        let none = instances.is_empty();
                        found.set(instances);
                        if none {
                            self.look_elsewhere(service, &mut elsewhere).await;
                        }
                        if whole { listed.then_some(self.settings.fetch_interval) } else { Some(AGAIN) }
                    }
                    Err(error) => {
                        if error != SourceError::Lost {
                            self.status.unread(&service.name, &error.to_string());
                            found.unanswered();
                        }
                        Some(AGAIN)
                    }
                };
                match again {
                    None => watcher.changed().await,
                    Some(again) => drop(timeout(again, watcher.changed()).await),
                }
                if listed {
                    self.client.forget_list(Place::of(service));
                }
                sleep(GATHER).await;
            }
        })
    }

    fn describe<'a>(&'a self, service: &'a ServiceKey) -> Describing<'a> {
        Box::pin(self.description(service))
    }

    fn status(&self) -> &Status {
        &self.status
    }
}

impl fmt::Debug for Nacos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nacos").field("settings", &self.settings).field("status", &self.status).finish_non_exhaustive()
    }
}

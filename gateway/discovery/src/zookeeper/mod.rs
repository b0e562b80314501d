//! ZooKeeper: Dubbo's registry at both levels, and applications by their name.

mod session;
mod wire;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_engine::upstream::{Description, ServiceKey};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use self::session::Client;
use crate::board::Watcher;
use crate::dubbo::{self, Application, Asked, Descriptions, Elsewhere, Revisions, ServiceName};
use crate::source::{Describing, Watching};
use crate::{Found, Instance, Secret, Source, SourceError, Status};

/// What the static configuration says about ZooKeeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZooKeeperSettings {
    /// The servers of one ensemble, `host:port`; at least one.
    pub connect: Vec<String>,
    /// Where Dubbo's registry is, without a slash at the end.
    pub root: String,
    /// Where instances of applications are, without a slash at the end.
    pub services_root: String,
    /// How long the server keeps a session that it does not hear of.
    pub session_timeout: Duration,
    /// How long a connection, and sending a request, may take.
    pub timeout: Duration,
    /// `user:password` for the scheme `digest`.
    pub auth: Option<Secret>,
}

impl Default for ZooKeeperSettings {
    fn default() -> Self {
        Self {
            connect: Vec::new(),
            root: "/dubbo".to_owned(),
            services_root: "/services".to_owned(),
            session_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(3),
            auth: None,
        }
    }
}

/// A ZooKeeper ensemble.
pub struct ZooKeeper {
    settings: ZooKeeperSettings,
    client: Client,
    status: Arc<Status>,
    revisions: Revisions,
    descriptions: Descriptions,
}

/// How long changes are gathered before a service is read again.
const GATHER: Duration = Duration::from_millis(30);

/// How long until a service is read again that could not be read whole.
const AGAIN: Duration = Duration::from_secs(5);

impl ZooKeeper {
    /// Connects on `runtime`.
    pub fn start(settings: ZooKeeperSettings, runtime: &Handle) -> ZooKeeper {
        let status = Arc::new(Status::default());
        let client = Client::start(settings.clone(), Arc::clone(&status), runtime);
        ZooKeeper { settings, client, status, revisions: Revisions::default(), descriptions: Descriptions::default() }
    }

    /// Reads a service; `false`: not all of it could be read.
    async fn read(
        &self,
        service: &ServiceKey,
        watcher: &Watcher,
        last: &[Instance],
    ) -> Result<(Vec<Instance>, bool), SourceError> {
        let Some(protocol) = dubbo::protocol(service.protocol) else {
            return Ok((self.application(&service.name, watcher).await?, true));
        };
        let name = ServiceName::parse(&service.name);
        if !name.is_usable() {
            return Err(SourceError::Malformed("the service_name is no interface[:version[:group]]".to_owned()));
        }
        let providers = format!("{}/{}/providers", self.settings.root, name.interface);
        let urls = self.client.children(&providers, watcher).await?.unwrap_or_default();
        let interfaces = urls.iter().filter_map(|url| dubbo::provider(url, &name, protocol)).collect();
        let (applications, whole) = self.applications(&name, protocol, watcher, last).await?;
        Ok((dubbo::merged(applications, interfaces), whole))
    }

    /// The instances of an application, whatever they provide.
    async fn application(&self, name: &str, watcher: &Watcher) -> Result<Vec<Instance>, SourceError> {
        if name.contains(['/', '\0']) {
            return Err(SourceError::Malformed("the service_name is no name of an application".to_owned()));
        }
        let instances = self.instances(name, watcher).await?;
        let made = |of: Application| {
            let instance = dubbo::made(&of.host, of.port, of.metadata)?;
            // Who is no provider of Dubbo warms up only where it says so.
            let ramp = instance.ramp.filter(|_| instance.metadata.contains_key("warmup"));
            Some(Instance { ramp, ..instance })
        };
        Ok(instances.into_iter().filter_map(made).collect())
    }

    /// What applications provide of a service under a protocol; `false`: of some it is not known.
    async fn applications(
        &self,
        name: &ServiceName,
        protocol: &str,
        watcher: &Watcher,
        last: &[Instance],
    ) -> Result<(Vec<Instance>, bool), SourceError> {
        let mapping = format!("{}/mapping/{}", self.settings.root, name.interface);
        let mapping = self.client.data(&mapping, watcher).await?.unwrap_or_default();
        let (mut found, mut whole) = (Vec::new(), true);
        for application in dubbo::mapped(&String::from_utf8_lossy(&mapping)) {
            for of in self.instances(application, watcher).await? {
                let Some(revision) = of.revision() else { continue };
                let reported = || -> Asked<'_> { Box::pin(self.reported(&of.name, revision, watcher)) };
                match self.revisions.get(&of, &reported).await {
                    Ok(revision) => found.extend(revision.instances(&of, name, protocol)),
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

    /// The instances of an application.
    async fn instances(&self, application: &str, watcher: &Watcher) -> Result<Vec<Application>, SourceError> {
        let folder = format!("{}/{application}", self.settings.services_root);
        let Some(names) = self.client.children(&folder, watcher).await? else { return Ok(Vec::new()) };
        let taken = names.iter().take(crate::source::INSTANCES);
        let paths: Vec<String> = taken.map(|name| format!("{folder}/{name}")).collect();
        let all = self.client.all_data(&paths, watcher).await?;
        let instance = |data: &Option<Arc<[u8]>>| {
            let mut instance = Application::of_curator(data.as_ref()?)?;
            instance.name = application.into();
            Some(instance)
        };
        Ok(all.iter().filter_map(instance).collect())
    }

    /// What an application has reported of a revision: where Java's Dubbo does, and where Go's does.
    async fn reported(&self, application: &str, revision: &str, watcher: &Watcher) -> Result<Bytes, SourceError> {
        if revision.contains(['/', '\0']) {
            return Err(SourceError::Malformed("a revision that is no name".to_owned()));
        }
        for folder in [format!("{}/metadata", self.settings.root), self.settings.root.clone()] {
            let data = self.client.data(&format!("{folder}/{application}/{revision}"), watcher).await?;
            if let Some(data) = data.filter(|data| !data.is_empty()) {
                return Ok(Bytes::copy_from_slice(&data));
            }
        }
        Err(SourceError::Absent)
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

    async fn description(&self, service: &ServiceName) -> Result<Arc<Description>, SourceError> {
        if let Some(known) = self.descriptions.get(service) {
            return Ok(known);
        }
        if !service.is_usable() || service.version.contains('*') || service.group.contains('*') {
            return Err(SourceError::Malformed("the service is no interface[:version[:group]]".to_owned()));
        }
        // Read once: a watcher that nobody waits for.
        let watcher = Watcher::default();
        let parts = [&service.version, &service.group].into_iter().filter(|part| !part.is_empty());
        let folder = parts.fold(format!("{}/metadata/{}", self.settings.root, service.interface), |path, part| {
            format!("{path}/{part}")
        });
        let folder = format!("{folder}/provider");
        let applications = self.client.children(&folder, &watcher).await?.unwrap_or_default();
        for application in applications.iter() {
            let Some(data) = self.client.data(&format!("{folder}/{application}"), &watcher).await? else { continue };
            let made = Arc::new(dubbo::described(&data)?);
            self.descriptions.put(service, &made);
            return Ok(made);
        }
        Err(SourceError::Absent)
    }
}

impl Source for ZooKeeper {
    fn watch<'a>(&'a self, service: &'a ServiceKey, found: &'a Found) -> Watching<'a> {
        Box::pin(async move {
            let (watcher, mut elsewhere) = (self.client.watcher(), Elsewhere::default());
            loop {
                let last = found.last().unwrap_or_else(|| Arc::from([]));
                let whole = match self.read(service, &watcher, &last).await {
                    Ok((instances, whole)) => {
                        let none = instances.is_empty();
                        found.set(instances);
                        if none {
                            self.look_elsewhere(service, &mut elsewhere).await;
                        }
                        whole
                    }
                    Err(error) => {
                        if error != SourceError::Lost {
                            self.status.unread(&service.name, &error.to_string());
                            found.unanswered();
                        }
                        false
                    }
                };
                match whole {
                    true => watcher.changed().await,
                    false => drop(timeout(AGAIN, watcher.changed()).await),
                }
                sleep(GATHER).await;
            }
        })
    }

    fn describe<'a>(&'a self, service: &'a ServiceKey) -> Describing<'a> {
        Box::pin(async move { self.description(&ServiceName::parse(&service.name)).await })
    }

    fn status(&self) -> &Status {
        &self.status
    }
}

impl fmt::Debug for ZooKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZooKeeper")
            .field("settings", &self.settings)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

//! From a configuration to a running process, and back to nothing: boot, reload, drain.

mod control;
mod settings;
mod takeover;
mod watch;

pub(crate) use self::control::Door;
pub(crate) use self::watch::resident;

use self::control::{ControlPlane, with_key};

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use gateway_discovery::{Dns, DnsSettings, Families};
use gateway_engine::plugin::{Catalogue, Registry};
use gateway_engine::secrets::{Secrets, SecretsSettings};
use gateway_engine::snapshot::{Control, Shared};
use gateway_engine::tls::TlsServers;
use gateway_engine::upstream::{Names, NamesSettings, TlsClients, Trust};
use gateway_health::Prober;
use gateway_model::plugin::PluginSpecs;
use gateway_ocsp::Responders;
use gateway_plugins::catalogue;
use gateway_secrets::Managers;
use gateway_store::Store;
use gateway_store::keyring::{self, Keyring};
use parking_lot::Mutex;
use tokio::task::AbortHandle;

use crate::admin;
use crate::background;
use crate::cli::RunArgs;
use crate::config::{self, Built, Config, Loaded, Provider, Report, Severity, Speaks};
use crate::control_http::Gate;
use crate::logging::{AccessFormat, AccessLog, ErrorLog, Logs, Sink};
use crate::signals::{Event, Signals};
use crate::standalone::{self, File, Plugins, Source};
use crate::state::{State, keys, sealed};
use crate::workers::{self, Workers};
use crate::{data_dir, demo, discovery, health};

/// What a boot that fails says, in one line.
pub type BootError = Box<dyn std::error::Error + Send + Sync>;

/// Tells the state of something that has changed, as soon as there is a state.
struct Late<T>(Mutex<Option<Tell<T>>>);

type Tell<T> = Box<dyn Fn(T) + Send + Sync>;

impl<T> Default for Late<T> {
    fn default() -> Self {
        Late(Mutex::new(None))
    }
}

impl<T> Late<T> {
    fn tell(&self, what: T) {
        if let Some(tell) = &*self.0.lock() {
            tell(what);
        }
    }

    fn set(&self, tell: impl Fn(T) + Send + Sync + 'static) {
        *self.0.lock() = Some(Box::new(tell));
    }
}

/// How often a drain looks whether it is done.
const LOOK: Duration = Duration::from_millis(50);

/// How long what is ended at the end of a drain may take to tell its clients.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long loggers may take to send what waits when the process ends.
const LOGGERS: Duration = Duration::from_secs(3);

/// Everything that runs.
struct Gateway {
    args: RunArgs,
    /// The newest that was taken.
    config: Config,
    /// What the process was started with: keys that are only read at start still say this.
    started: Config,
    dir: PathBuf,
    shared: Arc<Shared>,
    state: State,
    admin: Option<admin::Service>,
    workers: Workers,
    error_log: ErrorLog,
    /// Started when it is first switched on.
    access_log: Arc<OnceLock<Arc<AccessLog>>>,
    ready: Arc<AtomicBool>,
    /// Asks the nodes of upstreams how they are, to the end.
    _prober: Option<Prober>,
    /// Reads the standalone file again when it changes.
    follower: Option<AbortHandle>,
    /// Of the control plane's listeners.
    gate: Gate,
    /// Another process has the store since then: this one only proxies until it is told to end, or has to take it back.
    handed_over: Option<Instant>,
}

/// Runs until a signal ends it.
///
/// # Errors
/// What keeps it from starting: the key or file at fault and what to do.
pub fn run(args: RunArgs, with_demo: bool) -> Result<(), BootError> {
    let loaded = load(&args);
    let mut err = io::stderr().lock();
    // Where stderr is closed there is nobody to tell.
    let _ = write!(err, "{}", loaded.report);
    drop(err);
    let config = loaded.config.ok_or("the configuration has errors; nothing was started")?;
    let lookup = |name: &str| std::env::var(name).ok();
    let dir = data_dir::choose(args.data_dir.as_deref(), config.data_dir.as_deref(), &lookup)?;
    data_dir::prepare(&dir)?;
    let error_log = ErrorLog::install(&config.error_log, &dir)?;
    // Control work (Admin API, names, signals) has a runtime of its own, away from the workers.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("control")
        .on_thread_start(background::step_back)
        .enable_all()
        .build()?;
    runtime.block_on(async move {
        let mut signals = Signals::new()?;
        let gateway = start(args, config, dir, error_log, with_demo).await?;
        gateway.attend(&mut signals).await;
        Ok(())
    })
}

/// Reads the configuration.
fn load(args: &RunArgs) -> Loaded {
    let names: Vec<String> = gateway_plugins::definitions().iter().map(|d| d.spec.name.to_string()).collect();
    let plugins: Vec<&str> = names.iter().map(String::as_str).collect();
    config::load(args.config.as_deref(), Built { plugins: &plugins })
}

/// Each problem of a file that was read while the process runs, in the error log: who sends a signal sees no stderr.
fn log_problems(report: &Report) {
    for problem in &report.diagnostics {
        let place = problem.at.map(|at| format!(":{}:{}", at.line, at.column)).unwrap_or_default();
        let file = format!("{}{place}", report.file);
        match problem.severity {
            Severity::Error => tracing::error!(file, "{problem}"),
            Severity::Warning => tracing::warn!(file, "{problem}"),
        }
    }
}

/// The ring of the data directory. One is made where there is none, but not where the store holds what only a lost one decrypts.
fn keyring(
    config: &Config,
    dir: &Path,
    store: &dyn Store,
    specs: &dyn PluginSpecs,
) -> Result<Option<Arc<Keyring>>, BootError> {
    // What is in memory alone needs no key that outlives the process; one that is configured reads what was encrypted elsewhere.
    if config.provider != Provider::Embedded && config.encryption.keyring.is_empty() {
        return Ok(None);
    }
    let file = keyring::path(dir);
    if !file.exists() {
        let sealed = sealed(store, specs)?;
        if let Some(first) = sealed.first() {
            let file = file.display();
            return Err(format!(
                "{file} is missing, and the secrets of {} stored objects are encrypted under it ({first} is the first): put the file back. Without it they are lost; to start all the same, with those objects left out until they are written again, make a new one: (echo 'gateway-keyring 1'; head -c 32 /dev/urandom | base64) > {file}",
                sealed.len()
            )
            .into());
        }
    }
    if !config.encryption.enabled {
        return Ok(None);
    }
    let ring: Vec<String> = config.encryption.keyring.iter().map(|key| key.reveal().to_owned()).collect();
    Ok(Some(Arc::new(Keyring::open(dir, &ring)?)))
}

/// The file that the configuration comes from, if it is one.
fn standalone(file: Option<&Path>, config: &Config) -> Option<Source> {
    let Provider::File(format) = config.provider else { return None };
    let profile = std::env::var("APISIX_PROFILE").ok();
    Some(Source::of(format, config.standalone_file.as_deref(), file, profile.as_deref()))
}

/// What is wrong with the file that the configuration `file` takes its objects from, if there is one.
pub(crate) fn check_standalone(file: &Path, config: &Config) -> Option<Report> {
    let source = standalone(Some(file), config)?;
    let registry = |plugins| registry(config, Path::new(""), plugins);
    Some(standalone::check(&source, registry, settings::mode(config.router)))
}

/// The plugins that are switched on: by a standalone file, else by the configuration.
fn registry(config: &Config, dir: &Path, by_file: Option<Plugins>) -> Registry {
    let mut definitions = gateway_plugins::definitions();
    let mut off = Vec::new();
    let (http, streams) = match &by_file {
        Some(named) => (Some(&named.http), Some(&named.stream)),
        None => (config.plugins.as_ref(), config.stream_plugins.as_ref()),
    };
    if let Some(on) = http {
        let is_on = |name: &str| on.iter().any(|other| other == name);
        off.extend(definitions.iter().map(|d| d.spec.name.to_string()).filter(|name| !is_on(name)));
        definitions.retain(|d| is_on(&d.spec.name));
    }
    let catalogue = Catalogue {
        streams: catalogue::stream_plugins(streams.map(Vec::as_slice)),
        protocols: catalogue::stream_protocols(&config.stream_protocols),
        off,
        names: catalogue::PLUGINS,
        unbuilt: Some(catalogue::unbuilt),
    };
    let mut attrs = config.plugin_attr.clone();
    let https: Vec<u16> = config.listeners.iter().filter(|l| l.tls && !l.optional).map(|l| l.addr.port()).collect();
    if let Some(redirect) = attrs.entry("redirect").or_insert_with(|| serde_json::json!({})).as_object_mut() {
        redirect.insert("tls_ports".to_owned(), https.into());
    }
    if let Some(logger) = attrs.entry("file-logger").or_insert_with(|| serde_json::json!({})).as_object_mut() {
        logger.insert("data_dir".to_owned(), dir.to_string_lossy().into());
    }
    let attrs = attrs.into_iter().collect();
    Registry::new(definitions, attrs)
        .with_protos(gateway_plugins::compile_proto)
        .with_credentials(gateway_plugins::compile_credential)
        .with_apis(gateway_plugins::apis)
        .with_catalogue(catalogue)
}

/// Resolves names on the control runtime; `changed` is told whose addresses have changed.
fn names(config: &Config, changed: impl Fn(u64) + Send + Sync + 'static) -> Result<Names, BootError> {
    let dns = &config.dns;
    let resolver = Dns::new(&DnsSettings {
        servers: dns.servers.clone(),
        search: dns.search,
        families: if dns.ipv6 { Families::Both } else { Families::Ipv4First },
        ..DnsSettings::default()
    })?;
    let settings = NamesSettings { timeout: dns.timeout, valid: dns.valid, ..NamesSettings::default() };
    Ok(Names::new(Arc::new(resolver), tokio::runtime::Handle::current(), settings, changed))
}

/// Resolves references to secrets; managers are asked on the control runtime. `changed` is told which lead elsewhere than before.
fn secrets(config: &Config, changed: impl Fn(Arc<str>) + Send + Sync + 'static) -> Secrets {
    let cache = &config.secrets;
    let settings = SecretsSettings {
        ttl: cache.ttl,
        negative_ttl: cache.negative_ttl,
        count: cache.count,
        negative_count: cache.negative_count,
        ..SecretsSettings::default()
    };
    // What is no text can be no value of a configuration.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let assigned = cache.variables.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned()));
    let runtime = tokio::runtime::Handle::current();
    Secrets::new(Arc::new(Managers::default()), runtime, settings, environment.chain(assigned).collect(), changed)
}

/// What clients are served with over TLS.
fn tls_servers(config: &Config, shared: &Shared) -> Result<TlsServers, BootError> {
    let servers = TlsServers::new(config.tls.terms.clone()).map_err(|e| format!("apisix.ssl: {e}"))?;
    let registry = &shared.registry;
    Ok(match registry.get(gateway_plugins::OCSP_STAPLING) {
        Some(_) => servers.staple(Arc::new(Responders::new(registry.states.get()))),
        None => servers,
    })
}

/// Whom upstreams are verified against.
fn trust(config: &Config) -> Result<Trust, BootError> {
    let Some(file) = &config.tls.trusted else { return Ok(Trust::System) };
    let pem = std::fs::read(file)
        .map_err(|e| format!("apisix.ssl.ssl_trusted_certificate: {} cannot be read: {e}", file.display()))?;
    Ok(Trust::Pem(pem.into()))
}

async fn start(
    args: RunArgs,
    config: Config,
    dir: PathBuf,
    error_log: ErrorLog,
    with_demo: bool,
) -> Result<Gateway, BootError> {
    let began = Instant::now();
    let open_files = watch::raise_open_files(config.open_files);
    let mut file = standalone(args.config.as_deref(), &config).map(File::read);
    let (store, former) = takeover::open(config.provider, &dir, args.takeover)?;
    let registry = Arc::new(registry(&config, &dir, file.as_ref().and_then(File::plugins)));
    let keyring = keyring(&config, &dir, &*store, &*registry)?;
    let shared = Shared::new(settings::of(&config)?, registry, settings::mode(config.router));
    if !config.upstream.health_checks {
        shared.checkers.disable();
    }
    // Names and secrets call back into a state that exists only after them.
    let (renew, answer): (Arc<Late<u64>>, Arc<Late<Arc<str>>>) = Default::default();
    let late = Arc::clone(&renew);
    let names = names(&config, move |token| late.tell(token))?;
    let late = Arc::clone(&answer);
    let secrets = secrets(&config, move |reference| late.tell(reference));
    let late = Arc::clone(&renew);
    discovery::start(&config, &dir, &shared, move |token| late.tell(token));
    let trust = trust(&config)?;
    if let Trust::Pem(pem) = &trust {
        shared.registry.states.get::<gateway_outbound::redis::Servers>().trust(pem);
    }
    let tls = TlsClients::new(trust).send_server_name(config.upstream.tls_server_name);
    let servers = tls_servers(&config, &shared)?;
    let control = Control::new(Arc::clone(&shared), names, tls, config.upstream.tls_verify, keys::PREFIX);
    let control = control.serve_tls(servers).with_secrets(secrets);
    let (state, _writer) = State::start(store, control, keyring)?;
    renew.set(state.renewals());
    answer.set(state.answers());
    state.renew_all();
    let prober = health::start(&config, &shared, open_files)?;
    let access_log = start_access_log(&config, &dir)?;
    shared.registry.states.get::<Logs>().are(&error_log, &access_log);
    let ready = Arc::new(AtomicBool::new(false));
    // First the control plane: who sees a proxy port open finds the Admin API there.
    let gate = Gate::default();
    let plane = ControlPlane::bind(&config, &dir, former.is_some())?;
    let admin = plane.serve(&config, &shared, &state, &ready, &access_log, &gate)?;
    take(&mut file, &state, former.is_some()).await?;
    let bound = workers::bind(&config.listeners, config.workers, former.is_none())?;
    if with_demo {
        demo::start(&state)?;
    }
    let connections = watch::connections(&config, open_files);
    let workers = Workers::start(bound, &shared, connections, &sink(&config, access_log.get())?)?;
    watch::memory(Arc::clone(&shared), &config.limits);
    watch::certificates(Arc::clone(&shared));
    watch::retired(Arc::clone(&shared));
    ready.store(file.as_ref().is_none_or(File::taken), Ordering::Release);
    let follower = file.map(|file| tokio::spawn(file.follow(state.clone(), Arc::clone(&ready))).abort_handle());
    say_where(&config, &dir);
    log_where(&config, &dir, began);
    if let Some(former) = former {
        takeover::relieve(former);
    }
    Ok(Gateway {
        args,
        started: config.clone(),
        config,
        dir,
        shared,
        state,
        admin,
        workers,
        error_log,
        access_log,
        ready,
        _prober: prober,
        follower,
        gate,
        handed_over: None,
    })
}

/// The access log, where it is on; the place for it, where it is not.
fn start_access_log(config: &Config, dir: &Path) -> Result<Arc<OnceLock<Arc<AccessLog>>>, BootError> {
    let started = OnceLock::new();
    if let Some(log) = &config.access_log {
        let _ = started.set(Arc::new(AccessLog::start(log, dir, config.workers)?));
    }
    Ok(Arc::new(started))
}

/// Takes what the standalone file says, before anybody is served.
///
/// # Errors
/// It cannot be read, and there is a process that has read it and may go on.
async fn take(file: &mut Option<File>, state: &State, takes_over: bool) -> Result<(), BootError> {
    let Some(file) = file else { return Ok(()) };
    file.take(state).await;
    if takes_over && !file.taken() {
        return Err("the standalone file cannot be read: the process that runs is not taken over".into());
    }
    Ok(())
}

/// Tells a person where everything is.
fn say_where(config: &Config, dir: &Path) {
    let mut text = format!("gateway {}:", env!("CARGO_PKG_VERSION"));
    for listener in config.listeners.iter().filter(|l| !l.optional) {
        let scheme = match (listener.speaks, listener.tls) {
            (Speaks::Dubbo, false) => "dubbo",
            (Speaks::Dubbo, true) => "dubbo+tls",
            (Speaks::Any, _) => "any",
            (Speaks::Http, true) => "https",
            (Speaks::Http, false) => "http",
        };
        text.push_str(&format!(" proxy {scheme}://{}", listener.addr));
    }
    if let Some(admin) = &config.admin {
        text.push_str(&format!(", Admin API http://{}/apisix/admin", admin.listen));
    }
    text.push_str(&format!(", data {}", dir.display()));
    // Where stderr is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

/// The same for the log, and how long it took.
fn log_where(config: &Config, dir: &Path, began: Instant) {
    tracing::info!(
        listeners = %config.listeners.iter().map(|l| l.addr.to_string()).collect::<Vec<_>>().join(" "),
        data_dir = %dir.display(),
        ms = began.elapsed().as_millis(),
        "gateway {} is running",
        env!("CARGO_PKG_VERSION")
    );
}

/// Makes each worker's side of the access log; none where it is off.
fn sink(config: &Config, log: Option<&Arc<AccessLog>>) -> Result<workers::MakeSink, BootError> {
    let log = log.cloned();
    let format = config.access_log.as_ref().map(AccessFormat::compile).transpose()?;
    Ok(Arc::new(move || {
        let (log, format) = (log.as_ref()?, format.as_ref()?);
        Some(Rc::new(Sink::new(log.sender(), format.clone())) as _)
    }))
}

impl Gateway {
    /// Does what signals say until one of them ends the process.
    async fn attend(mut self, signals: &mut Signals) {
        loop {
            let event = tokio::select! {
                event = signals.next() => event,
                () = takeover::look(self.handed_over) => {
                    self.take_back();
                    continue;
                }
            };
            match event {
                Event::Reopen => {
                    self.error_log.reopen();
                    if let Some(log) = self.access_log.get() {
                        log.reopen();
                    }
                    gateway_plugins::reopen(&self.shared.registry.states);
                }
                Event::Reload => self.reload(),
                Event::HandOver => self.hand_over().await,
                Event::Drain => {
                    let patience = self.config.shutdown_timeout;
                    return self.drain(signals, patience).await;
                }
                Event::Quick => return self.drain(signals, Duration::from_secs(1)).await,
                Event::Now => return self.end(Duration::ZERO),
            }
        }
    }

    /// Reads the configuration again. A bad one changes nothing.
    fn reload(&mut self) {
        let loaded = load(&self.args);
        log_problems(&loaded.report);
        let Some(config) = loaded.config else {
            let errors = loaded.report.count(Severity::Error);
            tracing::error!(errors, "the configuration was not reloaded: it has errors; the old one stays");
            return;
        };
        match (settings::of(&config).map_err(BootError::from), with_key(&config, &self.dir)) {
            (Ok(settings), Ok(admin)) => {
                self.shared.set_settings(settings);
                if let (Some(service), Some(admin)) = (&self.admin, admin) {
                    service.apply(&admin, &config);
                }
            }
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(%error, "the configuration was not reloaded; the old one stays");
                return;
            }
        }
        let restart = self.started.restart_keys(&config);
        if !restart.is_empty() {
            let keys = restart.join(", ");
            tracing::warn!(keys, "these keys differ from what the process was started with and take a restart");
        }
        if let Err(error) = self.error_log.apply(&config.error_log, &self.dir) {
            tracing::error!(%error, "the error log stays as it was");
        }
        if let Err(error) = self.reload_access_log(&config) {
            tracing::error!(%error, "the access log stays as it was");
        }
        tracing::info!("the configuration was reloaded");
        self.config = config;
    }

    /// On, off, elsewhere, in another form.
    fn reload_access_log(&self, config: &Config) -> Result<(), BootError> {
        match (&config.access_log, self.access_log.get()) {
            (None, _) => {}
            (Some(wanted), Some(log)) => log.apply(wanted, &self.dir)?,
            (Some(wanted), None) => {
                let log = AccessLog::start(wanted, &self.dir, self.started.workers)?;
                let _ = self.access_log.set(Arc::new(log));
            }
        }
        self.workers.log(&sink(config, self.access_log.get())?);
        Ok(())
    }

    /// Accepts no more, waits for what is in flight (at most `patience`), ends.
    async fn drain(self, signals: &mut Signals, patience: Duration) {
        tracing::info!(seconds = patience.as_secs(), "draining");
        if let Some(follower) = &self.follower {
            follower.abort();
        }
        self.ready.store(false, Ordering::Release);
        self.workers.drain();
        if !self.ended_within(signals, patience).await {
            return self.end(Duration::ZERO);
        }
        self.workers.close();
        let waits = self.ended_within(signals, LAST_WORDS).await;
        if let (Some(admin), true) = (&self.admin, waits) {
            self.gate.close().await;
            admin.end_streams(LAST_WORDS).await;
        }
        self.end(if waits { LOGGERS } else { Duration::ZERO });
    }

    /// Waits so long for the workers to end; `false`: somebody wants the process to end now.
    async fn ended_within(&self, signals: &mut Signals, patience: Duration) -> bool {
        let until = tokio::time::Instant::now() + patience;
        while !self.workers.ended() && tokio::time::Instant::now() < until {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                event = signals.next() => if event == Event::Now { return false },
            }
        }
        true
    }

    /// Ends. `loggers` may take so long to send what waits.
    fn end(self, loggers: Duration) {
        self.workers.stop();
        self.state.stop();
        gateway_plugins::finish(&self.shared.registry.states, loggers);
        if let Some(log) = self.access_log.get() {
            log.close(Duration::from_secs(1));
        }
        tracing::info!("gateway ended");
        self.error_log.flush(Duration::from_secs(1));
    }
}

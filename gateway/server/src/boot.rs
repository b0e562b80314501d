//! From a configuration to a running process, and back to nothing: boot, reload, drain.

mod settings;
mod watch;

pub(crate) use self::watch::resident;

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gateway_discovery::{Dns, DnsSettings, Families};
use gateway_engine::plugin::Registry;
use gateway_engine::snapshot::{Control, Shared};
use gateway_engine::tls::TlsServers;
use gateway_engine::upstream::{Names, NamesSettings, TlsClients, Trust};
use gateway_store::keyring::Keyring;
use gateway_store::{Embedded, Options, Store};
use parking_lot::Mutex;

use crate::admin;
use crate::background;
use crate::cli::RunArgs;
use crate::config::{self, Built, Config};
use crate::logging::{AccessFormat, AccessLog, ErrorLog, Sink};
use crate::signals::{Event, Signals};
use crate::state::{State, keys};
use crate::workers::{self, Workers};
use crate::{control_api, data_dir, demo, metrics, status};

/// What a boot that fails says, in one line.
pub type BootError = Box<dyn std::error::Error + Send + Sync>;

/// Is told whose addresses have changed.
type Renew = Box<dyn Fn(u64) + Send + Sync>;

/// How often a drain looks whether it is done.
const LOOK: Duration = Duration::from_millis(50);

/// Everything that runs.
struct Gateway {
    args: RunArgs,
    config: Config,
    dir: PathBuf,
    shared: Arc<Shared>,
    state: State,
    workers: Workers,
    error_log: ErrorLog,
    access_log: Option<Arc<AccessLog>>,
    ready: Arc<AtomicBool>,
}

/// Runs until a signal ends it.
///
/// # Errors
/// What keeps it from starting: the key or file at fault and what to do.
pub fn run(args: RunArgs, with_demo: bool) -> Result<(), BootError> {
    let config = load(&args)?;
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
        let gateway = start(args, config, dir, error_log, with_demo)?;
        gateway.attend(&mut signals).await;
        Ok(())
    })
}

/// Reads the configuration; its warnings go to stderr, its errors too, and end the start.
fn load(args: &RunArgs) -> Result<Config, BootError> {
    let names: Vec<String> = gateway_plugins::definitions().iter().map(|d| d.spec.name.to_string()).collect();
    let plugins: Vec<&str> = names.iter().map(String::as_str).collect();
    let loaded = config::load(args.config.as_deref(), Built { plugins: &plugins });
    let mut err = io::stderr().lock();
    // Where stderr is closed there is nobody to tell.
    let _ = write!(err, "{}", loaded.report);
    loaded.config.ok_or_else(|| "the configuration has errors; nothing was started".into())
}

/// The plugins that are switched on.
fn registry(config: &Config) -> Registry {
    let mut definitions = gateway_plugins::definitions();
    if let Some(on) = &config.plugins {
        definitions.retain(|d| on.iter().any(|name| *name == d.spec.name));
    }
    let mut attrs = config.plugin_attr.clone();
    let https: Vec<u16> = config.listeners.iter().filter(|l| l.tls && !l.optional).map(|l| l.addr.port()).collect();
    if let Some(redirect) = attrs.entry("redirect").or_insert_with(|| serde_json::json!({})).as_object_mut() {
        redirect.insert("tls_ports".to_owned(), https.into());
    }
    let attrs = attrs.into_iter().collect();
    Registry::new(definitions, attrs).with_protos(gateway_plugins::compile_proto)
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

/// Whom upstreams are verified against.
fn trust(config: &Config) -> Result<Trust, BootError> {
    let Some(file) = &config.tls.trusted else { return Ok(Trust::System) };
    let pem = std::fs::read(file)
        .map_err(|e| format!("apisix.ssl.ssl_trusted_certificate: {} cannot be read: {e}", file.display()))?;
    Ok(Trust::Pem(pem.into()))
}

fn start(
    args: RunArgs,
    config: Config,
    dir: PathBuf,
    error_log: ErrorLog,
    with_demo: bool,
) -> Result<Gateway, BootError> {
    let began = Instant::now();
    let open_files = watch::raise_open_files(config.open_files);
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&dir, Options::default())?);
    let ring: Vec<String> = config.encryption.keyring.iter().map(|key| key.reveal().to_owned()).collect();
    let keyring = match config.encryption.enabled {
        true => Some(Arc::new(Keyring::open(&dir, &ring)?)),
        false => None,
    };
    let shared = Shared::new(settings::of(&config)?, Arc::new(registry(&config)), settings::mode(config.router));
    // The names call back into a state that exists only after them.
    let renew: Arc<Mutex<Option<Renew>>> = Arc::default();
    let late = Arc::clone(&renew);
    let names = names(&config, move |token| {
        if let Some(renew) = &*late.lock() {
            renew(token);
        }
    })?;
    let tls = TlsClients::new(trust(&config)?).send_server_name(config.upstream.tls_server_name);
    let servers = TlsServers::new(config.tls.terms.clone()).map_err(|e| format!("apisix.ssl: {e}"))?;
    let control = Control::new(Arc::clone(&shared), names, tls, config.upstream.tls_verify, keys::PREFIX);
    let control = control.serve_tls(servers);
    let (state, _writer) = State::start(store, control, keyring)?;
    *renew.lock() = Some(Box::new(state.renewals()));
    state.renew_all();
    let access_log = match &config.access_log {
        Some(log) => Some(Arc::new(AccessLog::start(log, &dir, config.workers)?)),
        None => None,
    };
    let ready = Arc::new(AtomicBool::new(false));
    // First the control plane: who sees a proxy port open finds the Admin API there.
    serve_control(&config, &dir, &shared, &state, &ready, access_log.as_ref())?;
    let bound = workers::bind(&config.listeners, config.workers)?;
    if with_demo {
        demo::start(&state)?;
    }
    let connections = watch::connections(&config, open_files);
    let workers = Workers::start(bound, &shared, connections, &sink(&config, access_log.clone())?)?;
    watch::memory(Arc::clone(&shared), &config.limits);
    watch::certificates(Arc::clone(&shared));
    ready.store(true, Ordering::Release);
    say_where(&config, &dir);
    tracing::info!(
        listeners = %config.listeners.iter().map(|l| l.addr.to_string()).collect::<Vec<_>>().join(" "),
        data_dir = %dir.display(),
        ms = began.elapsed().as_millis(),
        "gateway {} is running",
        env!("CARGO_PKG_VERSION")
    );
    Ok(Gateway { args, config, dir, shared, state, workers, error_log, access_log, ready })
}

/// Tells a person where everything is.
fn say_where(config: &Config, dir: &Path) {
    let mut text = format!("gateway {}:", env!("CARGO_PKG_VERSION"));
    for listener in config.listeners.iter().filter(|l| !l.optional) {
        let scheme = if listener.tls { "https" } else { "http" };
        text.push_str(&format!(" proxy {scheme}://{}", listener.addr));
    }
    if let Some(admin) = &config.admin {
        text.push_str(&format!(", Admin API http://{}/apisix/admin", admin.listen));
    }
    text.push_str(&format!(", data {}", dir.display()));
    // Where stderr is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Starts the listeners of the control plane.
fn serve_control(
    config: &Config,
    dir: &Path,
    shared: &Arc<Shared>,
    state: &State,
    ready: &Arc<AtomicBool>,
    access_log: Option<&Arc<AccessLog>>,
) -> Result<(), BootError> {
    if let Some(admin) = &config.admin {
        let mut admin = admin.clone();
        if admin.generate_key {
            let generated = data_dir::admin_key(dir)?;
            if generated.new {
                // The path, never the key.
                let _ = writeln!(io::stderr(), "admin key written to {}", generated.path.display());
            }
            admin.keys.push(config::AdminKey {
                name: "admin".to_owned(),
                key: generated.key,
                role: config::AdminRole::Admin,
            });
        }
        admin::serve(listen(admin.listen, "deployment.admin.admin_listen")?, state.clone(), admin, config)?;
    }
    if let Some(addr) = config.control {
        control_api::serve(listen(addr, "apisix.control")?, state.clone())?;
    }
    if let Some(addr) = config.status {
        status::serve(listen(addr, "apisix.status")?, Arc::clone(ready))?;
    }
    if let Some(addr) = config.metrics.server {
        let listener = listen(addr, "plugin_attr.prometheus.export_addr")?;
        let render = metrics::provider(Arc::clone(shared), state.clone(), access_log.cloned());
        metrics::serve(listener, config.metrics.uri.clone(), render)?;
    }
    Ok(())
}

fn listen(addr: SocketAddr, key: &str) -> Result<TcpListener, BootError> {
    let listener = TcpListener::bind(addr).map_err(|e| format!("{key}: cannot listen on {addr}: {e}"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Makes each worker's side of the access log.
fn sink(config: &Config, log: Option<Arc<AccessLog>>) -> Result<workers::MakeSink, BootError> {
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
            match signals.next().await {
                Event::Reopen => {
                    self.error_log.reopen();
                    if let Some(log) = &self.access_log {
                        log.reopen();
                    }
                }
                Event::Reload => self.reload(),
                Event::Drain => {
                    let patience = self.config.shutdown_timeout;
                    return self.drain(signals, patience).await;
                }
                Event::Quick => return self.drain(signals, Duration::from_secs(1)).await,
                Event::Now => return self.end(),
            }
        }
    }

    /// Reads the configuration again. A bad one changes nothing.
    fn reload(&mut self) {
        let config = match load(&self.args) {
            Ok(config) => config,
            Err(error) => {
                tracing::error!(%error, "the configuration was not reloaded; the old one stays");
                return;
            }
        };
        let restart = self.config.restart_keys(&config);
        if !restart.is_empty() {
            tracing::warn!(keys = restart.join(", "), "these keys have changed and take a restart");
        }
        match settings::of(&config) {
            Ok(settings) => self.shared.set_settings(settings),
            Err(error) => {
                tracing::error!(%error, "the configuration was not reloaded; the old one stays");
                return;
            }
        }
        if let Err(error) = self.error_log.apply(&config.error_log, &self.dir) {
            tracing::error!(%error, "the error log stays as it was");
        }
        if let (Some(log), Some(wanted)) = (&self.access_log, &config.access_log)
            && let Err(error) = log.apply(wanted, &self.dir)
        {
            tracing::error!(%error, "the access log stays as it was");
        }
        tracing::info!("the configuration was reloaded");
        self.config = config;
    }

    /// Accepts no more, waits for what is in flight (at most `patience`), ends.
    async fn drain(self, signals: &mut Signals, patience: Duration) {
        tracing::info!(seconds = patience.as_secs(), "draining");
        self.ready.store(false, Ordering::Release);
        self.workers.drain();
        let until = tokio::time::Instant::now() + patience;
        while !self.workers.ended() && tokio::time::Instant::now() < until {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                event = signals.next() => if event == Event::Now { break },
            }
        }
        self.end();
    }

    fn end(self) {
        self.workers.stop();
        self.state.stop();
        if let Some(log) = &self.access_log {
            log.close(Duration::from_secs(1));
        }
        tracing::info!("gateway ended");
        self.error_log.flush(Duration::from_secs(1));
    }
}

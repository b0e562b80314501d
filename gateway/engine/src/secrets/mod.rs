//! Secrets that live elsewhere: who gets them ([`Fetch`]) and what is remembered ([`Secrets`]).
//!
//! A reference is resolved when the object that holds it is compiled, never on the way of a request: each one in use has a task on
//! the control runtime that asks for it again when its time is over, and tells when its value has changed; then the objects that
//! hold it, and no others, are compiled anew. While its manager cannot be reached the last good value stays; when the manager says
//! that there is no such secret, or that we may not have it, the value is gone.

mod keep;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use gateway_model::secret::{self, Reference};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};
use zeroize::Zeroizing;

use self::keep::Kept;

/// A secret in the clear. Shown nowhere, and wiped when the last who holds it lets go.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Of a text.
    pub fn new(text: String) -> Secret {
        Secret(Arc::new(Zeroizing::new(text)))
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("****")
    }
}

/// What is asked of a secret manager.
#[derive(Debug, Clone)]
pub struct Request {
    /// The manager: `vault/1`. What stands before the slash is its kind.
    pub manager: Arc<str>,
    /// Its object under `/secrets`, as checked; references to the environment in it are resolved. Holds credentials.
    pub conf: Arc<Value>,
    /// What it knows the secret by: the reference's text after the manager.
    pub path: Box<str>,
}

impl Request {
    /// `vault`, `aws`, `gcp`.
    pub fn kind(&self) -> &str {
        self.manager.split_once('/').map_or(&*self.manager, |(kind, _)| kind)
    }
}

/// Why there is no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The manager says so: there is none of that name, or we may not have it; or the reference or the manager's object is wrong.
    #[error("{0}")]
    Refused(String),
    /// The manager did not answer, or answered that it cannot at present.
    #[error("{0}")]
    Unreachable(String),
}

/// A call under way.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Secret, FetchError>> + Send + 'a>>;

/// Gets secrets from their managers. Errors must not hold what they are about.
pub trait Fetch: Send + Sync + 'static {
    /// Gets one. [`Secrets`] gives up after [`SecretsSettings::timeout`] and drops the future.
    fn fetch<'a>(&'a self, request: &'a Request) -> Fetching<'a>;
}

/// How secrets are kept (`apisix.lru.secret`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretsSettings {
    /// How long a value may be used before it is asked for again.
    pub ttl: Duration,
    /// The longest time from a failure to the next try.
    pub negative_ttl: Duration,
    /// How many values of references that nobody uses any more are remembered until their time is over.
    pub count: usize,
    /// The same for failures.
    pub negative_count: usize,
    /// How long a manager may take.
    pub timeout: Duration,
}

impl Default for SecretsSettings {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(300),
            negative_ttl: Duration::from_secs(60),
            count: 512,
            negative_count: 512,
            timeout: Duration::from_secs(5),
        }
    }
}

/// Calls to managers under way at once.
const CALLS: usize = 32;

/// The first wait after a manager could not be reached; it doubles.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// What a reference leads to at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Not known yet: its manager has not answered.
    Pending,
    /// The secret.
    Value(Secret),
    /// Nothing, and why.
    Nothing(Arc<str>),
}

/// The secrets in use by the process.
#[derive(Clone)]
pub struct Secrets {
    shared: Arc<Shared>,
}

struct Shared {
    fetch: Option<(Arc<dyn Fetch>, Handle)>,
    settings: SecretsSettings,
    /// As it was when the process started.
    environment: HashMap<String, Zeroizing<String>>,
    changed: Box<dyn Fn(Arc<str>) + Send + Sync>,
    calls: Semaphore,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    managers: HashMap<Arc<str>, Arc<Value>>,
    entries: HashMap<Arc<str>, Arc<Entry>>,
    kept: Kept,
}

struct Entry {
    text: Arc<str>,
    state: Mutex<State>,
}

struct State {
    found: Found,
    /// Changes with `found`.
    version: u64,
    /// Until when it is believed; `None`: no manager has been asked.
    until: Option<Instant>,
    users: usize,
    /// Who asks for it. Another one's answer, on its way when the manager's object changed, does not count.
    keeper: u64,
    task: Option<AbortHandle>,
    /// It was told that it is not resolved, and not yet that it is again.
    ailing: bool,
}

impl Secrets {
    /// Managers are asked on `runtime` (the control runtime, never a worker's). `environment` is that of the process when it
    /// started. `changed` is called from there with a reference that leads elsewhere than before; it must not wait.
    pub fn new(
        fetch: Arc<dyn Fetch>,
        runtime: Handle,
        settings: SecretsSettings,
        environment: HashMap<String, String>,
        changed: impl Fn(Arc<str>) + Send + Sync + 'static,
    ) -> Secrets {
        Secrets::of(Some((fetch, runtime)), settings, environment, Box::new(changed))
    }

    /// Without managers: a reference to one leads nowhere.
    pub fn without_managers(environment: HashMap<String, String>) -> Secrets {
        Secrets::of(None, SecretsSettings::default(), environment, Box::new(|_| {}))
    }

    fn of(
        fetch: Option<(Arc<dyn Fetch>, Handle)>,
        settings: SecretsSettings,
        environment: HashMap<String, String>,
        changed: Box<dyn Fn(Arc<str>) + Send + Sync>,
    ) -> Secrets {
        let environment = environment.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect();
        let calls = Semaphore::new(CALLS);
        let shared = Shared { fetch, settings, environment, changed, calls, tables: Mutex::default() };
        Secrets { shared: Arc::new(shared) }
    }

    /// Puts the object of a manager (`vault/1`), or takes it out. What was got from it before is forgotten at once, and is asked
    /// for again where it is in use: those references are pending then. Gives them.
    pub fn set_manager(&self, id: &str, conf: Option<&Value>) -> Vec<Arc<str>> {
        let tables = &mut *self.shared.tables.lock();
        match conf {
            Some(conf) => {
                let mut conf = conf.clone();
                self.shared.with_environment(id, &mut conf);
                tables.managers.insert(id.into(), Arc::new(conf));
            }
            None => drop(tables.managers.remove(id)),
        }
        tables.kept.forget(|text| of_manager(text, id));
        let mut touched = Vec::new();
        let entries: Vec<Arc<Entry>> = tables.entries.values().filter(|e| of_manager(&e.text, id)).cloned().collect();
        for entry in entries {
            let state = &mut *entry.state.lock();
            if let Some(task) = state.task.take() {
                task.abort();
            }
            state.version += 1;
            state.until = None;
            state.found = self.begin(tables, &entry, state);
            touched.push(Arc::clone(&entry.text));
        }
        touched
    }

    /// Starts using a reference. One to the environment leads somewhere at once.
    pub fn subscribe(&self, text: &str) -> Subscription {
        let tables = &mut *self.shared.tables.lock();
        let entry = match tables.entries.get(text) {
            Some(entry) => Arc::clone(entry),
            None => {
                let state = State {
                    found: Found::Pending,
                    version: 1,
                    until: None,
                    users: 0,
                    keeper: 0,
                    task: None,
                    ailing: false,
                };
                let entry = Arc::new(Entry { text: text.into(), state: Mutex::new(state) });
                tables.entries.insert(Arc::clone(&entry.text), Arc::clone(&entry));
                let mut guard = entry.state.lock();
                let state = &mut *guard;
                match tables.kept.take(text) {
                    Some((found, until)) => {
                        (state.found, state.until) = (found, Some(until));
                        self.look_after(tables, &entry, Some(until), state);
                    }
                    None => state.found = self.begin(tables, &entry, state),
                }
                drop(guard);
                entry
            }
        };
        entry.state.lock().users += 1;
        Subscription { entry, shared: Arc::downgrade(&self.shared) }
    }

    /// Why a reference to the environment leads nowhere; `None`: it leads somewhere, or is none of that kind.
    pub fn lacking(&self, text: &str) -> Option<Arc<str>> {
        let Ok(Reference::Env { name, key }) = Reference::parse(text) else { return None };
        match self.shared.variable(name, key) {
            Found::Nothing(why) => Some(why),
            _ => None,
        }
    }

    /// How many references are in use.
    pub fn len(&self) -> usize {
        self.shared.tables.lock().entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a reference leads to that has not been looked at; one to a manager gets who asks for it.
    fn begin(&self, tables: &Tables, entry: &Arc<Entry>, state: &mut State) -> Found {
        match Reference::parse(&entry.text) {
            Ok(Reference::Env { name, key }) => self.shared.variable(name, key),
            Ok(Reference::Managed { .. }) if self.look_after(tables, entry, None, state) => Found::Pending,
            Ok(Reference::Managed { manager, .. }) => {
                Found::Nothing(format!("there is no secret manager {manager}").into())
            }
            Err(error) => Found::Nothing(error.into()),
        }
    }

    /// Starts the task that asks for a reference, now or (`known`) when what is known of it is over; `false`: there is nobody to ask.
    fn look_after(&self, tables: &Tables, entry: &Arc<Entry>, known: Option<Instant>, state: &mut State) -> bool {
        state.keeper += 1;
        let Some((fetch, runtime)) = &self.shared.fetch else { return false };
        let Ok(Reference::Managed { manager, path }) = Reference::parse(&entry.text) else { return false };
        let Some((manager, conf)) = tables.managers.get_key_value(manager) else { return false };
        let request = Request { manager: Arc::clone(manager), conf: Arc::clone(conf), path: path.into() };
        let keeper = Keeper {
            shared: Arc::downgrade(&self.shared),
            entry: Arc::downgrade(entry),
            fetch: Arc::clone(fetch),
            request,
            number: state.keeper,
            failures: 0,
        };
        state.task = Some(runtime.spawn(keeper.run(known)).abort_handle());
        true
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").field("settings", &self.shared.settings).field("references", &self.len()).finish()
    }
}

/// Whether a reference is one to this manager.
fn of_manager(text: &str, id: &str) -> bool {
    matches!(Reference::parse(text), Ok(Reference::Managed { manager, .. }) if manager == id)
}

impl Shared {
    /// A variable of the environment, or one member of the JSON object it holds.
    fn variable(&self, name: &str, key: Option<&str>) -> Found {
        let nothing = |why: String| Found::Nothing(why.into());
        let Some(value) = self.environment.get(name) else {
            return nothing(format!("the environment has no variable {name}"));
        };
        let Some(key) = key else { return Found::Value(Secret::new(value.to_string())) };
        member(value, key).map_or_else(|why| nothing(format!("the variable {name}: {why}")), Found::Value)
    }

    /// Puts variables into a manager's own object: its token may be one.
    fn with_environment(&self, manager: &str, conf: &mut Value) {
        match conf {
            Value::String(text) if secret::is_reference(text) => match Reference::parse(text) {
                Ok(Reference::Env { name, key }) => match self.variable(name, key) {
                    Found::Value(secret) => *text = secret.reveal().to_owned(),
                    found => {
                        tracing::error!(manager, reference = %text, ?found, "a secret manager's own secret is not to be had")
                    }
                },
                _ => tracing::error!(manager, reference = %text, "a secret manager can refer to the environment only"),
            },
            Value::Array(items) => items.iter_mut().for_each(|item| self.with_environment(manager, item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.with_environment(manager, field)),
            _ => {}
        }
    }
}

/// One member of a text that is a JSON object, as text. A number or a boolean is taken as it is written.
///
/// # Errors
/// It is no object, or has no such member.
pub fn member(text: &str, key: &str) -> Result<Secret, String> {
    let Ok(Value::Object(fields)) = gateway_model::json::parse(text.as_bytes()) else {
        return Err("it is no JSON object".to_owned());
    };
    fields.get(key).and_then(scalar).ok_or_else(|| format!("it has no member {key:?} that is a text"))
}

/// A secret out of a JSON value.
pub fn scalar(value: &Value) -> Option<Secret> {
    match value {
        Value::String(text) => Some(Secret::new(text.clone())),
        Value::Number(_) | Value::Bool(_) => Some(Secret::new(value.to_string())),
        _ => None,
    }
}

/// The use of a reference. It is kept up to date until its last subscription is dropped.
pub struct Subscription {
    entry: Arc<Entry>,
    shared: Weak<Shared>,
}

impl Subscription {
    /// The reference.
    pub fn text(&self) -> &Arc<str> {
        &self.entry.text
    }

    /// What it leads to, and which version of that this is.
    pub fn found(&self) -> (Found, u64) {
        let state = self.entry.state.lock();
        (state.found.clone(), state.version)
    }

    /// The version alone.
    pub fn version(&self) -> u64 {
        self.entry.state.lock().version
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else { return };
        // The tables' lock first, as `subscribe` does: nobody can take up the reference while it is being given up.
        let mut tables = shared.tables.lock();
        let mut state = self.entry.state.lock();
        state.users = state.users.saturating_sub(1);
        if state.users > 0 {
            return;
        }
        tables.entries.remove(&self.entry.text);
        if let Some(task) = state.task.take() {
            task.abort();
        }
        if let Some(until) = state.until {
            tables.kept.put(&self.entry.text, state.found.clone(), until, &shared.settings);
        }
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Subscription").field(&self.entry.text).finish()
    }
}

/// Keeps one reference up to date. Holds neither the cache nor the entry while it waits, so that both can go.
struct Keeper {
    shared: Weak<Shared>,
    entry: Weak<Entry>,
    fetch: Arc<dyn Fetch>,
    request: Request,
    number: u64,
    failures: u32,
}

impl Keeper {
    async fn run(mut self, known: Option<Instant>) {
        if let Some(until) = known {
            tokio::time::sleep_until(until).await;
        }
        while let Some(shared) = self.shared.upgrade() {
            let Ok(permit) = shared.calls.acquire().await else { return };
            let limit = shared.settings.timeout;
            let answer = match timeout(limit, self.fetch.fetch(&self.request)).await {
                Ok(answer) => answer,
                Err(_) => Err(FetchError::Unreachable(format!("no answer within {} ms", limit.as_millis()))),
            };
            drop(permit);
            let next = self.take(&shared, answer);
            drop(shared);
            sleep(next).await;
        }
    }

    /// Takes an answer in; returns the time to the next call.
    fn take(&mut self, shared: &Shared, answer: Result<Secret, FetchError>) -> Duration {
        let settings = &shared.settings;
        let Some(entry) = self.entry.upgrade() else { return settings.ttl };
        let mut state = entry.state.lock();
        if state.keeper != self.number {
            return settings.ttl;
        }
        let (found, next) = match answer {
            Ok(secret) => {
                self.failures = 0;
                if std::mem::take(&mut state.ailing) {
                    tracing::warn!(reference = %entry.text, "a reference to a secret is resolved again");
                }
                (Found::Value(secret), settings.ttl)
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                let unreachable = matches!(error, FetchError::Unreachable(_));
                let stays = unreachable && matches!(state.found, Found::Value(_));
                if self.failures == 1 {
                    state.ailing = true;
                    let kept = if stays { "; its last value stays in use" } else { "" };
                    tracing::error!(reference = %entry.text, %error, "a reference to a secret is not resolved{kept}");
                }
                let doubling = FIRST_RETRY.saturating_mul(1 << (self.failures - 1).min(16));
                let next = if unreachable { doubling.min(settings.negative_ttl) } else { settings.negative_ttl };
                let found = if stays { state.found.clone() } else { Found::Nothing(error.to_string().into()) };
                (found, next)
            }
        };
        state.until = Some(Instant::now() + next);
        let changed = !state.found.same_as(&found);
        state.found = found;
        state.version += u64::from(changed);
        drop(state);
        if changed {
            (shared.changed)(Arc::clone(&entry.text));
        }
        next
    }
}

impl Found {
    /// Why there is nothing makes no difference to who uses it.
    fn same_as(&self, other: &Found) -> bool {
        matches!((self, other), (Found::Nothing(_), Found::Nothing(_))) || self == other
    }
}

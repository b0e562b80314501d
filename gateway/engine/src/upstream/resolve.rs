//! Names of nodes: who resolves them ([`Resolve`]) and what is remembered ([`Names`]).
//!
//! No request ever waits for a lookup of a name that was resolved before: each name in use has a task on the control runtime
//! that looks it up again when its TTL is over, keeps the last good answer while lookups fail, and tells those who use the
//! name when its addresses have changed.

use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

/// A lookup under way.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = Result<Answer, ResolveError>> + Send + 'a>>;

/// Turns names into addresses.
pub trait Resolve: Send + Sync + 'static {
    /// What is known without asking anybody (`/etc/hosts`); empty when nothing is. Must not wait.
    fn local(&self, _name: &str) -> Vec<IpAddr> {
        Vec::new()
    }

    /// Looks `name` up. [`Names`] gives up after [`NamesSettings::timeout`] and drops the future.
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a>;
}

/// What a lookup gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// All addresses, at least one.
    pub addrs: Vec<IpAddr>,
    /// How long they may be used.
    pub ttl: Duration,
}

/// Why a lookup gave no addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The name does not exist or has no addresses; `ttl` is how long that may be believed (RFC 2308 §5).
    #[error("no such name, or no address under it")]
    NoRecords {
        /// The negative TTL, if the answer had one.
        ttl: Option<Duration>,
    },
    /// No answer in time.
    #[error("the lookup timed out")]
    Timeout,
    /// Anything else, in the resolver's words.
    #[error("{0}")]
    Failed(String),
}

/// How answers are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamesSettings {
    /// How long one lookup may take (`resolver_timeout`).
    pub timeout: Duration,
    /// Used instead of every TTL (`dns_resolver_valid`).
    pub valid: Option<Duration>,
    /// The shortest time between lookups of a name, whatever its TTL.
    pub min_ttl: Duration,
    /// The longest.
    pub max_ttl: Duration,
    /// How long the last good answer is used while lookups fail.
    pub stale: Duration,
    /// The longest time to the next lookup after one that failed; the first is after `min_ttl`, doubling.
    pub max_retry: Duration,
}

impl Default for NamesSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            valid: None,
            min_ttl: Duration::from_secs(1),
            max_ttl: Duration::from_secs(24 * 3600),
            stale: Duration::from_secs(3600),
            max_retry: Duration::from_secs(30),
        }
    }
}

/// The names in use by the process, with their addresses.
#[derive(Clone)]
pub struct Names {
    shared: Arc<Shared>,
}

struct Shared {
    resolver: Arc<dyn Resolve>,
    runtime: Handle,
    settings: NamesSettings,
    changed: Box<dyn Fn(u64) + Send + Sync>,
    entries: Mutex<HashMap<Arc<str>, Arc<Entry>>>,
}

struct Entry {
    name: Arc<str>,
    state: Mutex<State>,
    /// Whether a first lookup has ended, well or not.
    settled: watch::Sender<bool>,
}

struct State {
    addrs: Arc<[IpAddr]>,
    /// How many subscriptions each user has: old and new version of an upstream overlap.
    users: HashMap<u64, usize>,
    task: Option<AbortHandle>,
}

impl Names {
    /// Lookups run on `runtime` (the control runtime, never a worker's). `changed` is called from there with the token of
    /// each subscriber whose name got other addresses; it must not wait.
    pub fn new(
        resolver: Arc<dyn Resolve>,
        runtime: Handle,
        settings: NamesSettings,
        changed: impl Fn(u64) + Send + Sync + 'static,
    ) -> Self {
        let shared = Shared { resolver, runtime, settings, changed: Box::new(changed), entries: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Starts using `name` on behalf of `token` (an upstream). A new name is looked up at once; one that is known locally
    /// has its addresses when this returns.
    pub fn subscribe(&self, name: &str, token: u64) -> Subscription {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let mut entries = self.shared.entries.lock();
        let entry = match entries.get(name.as_str()) {
            Some(entry) => Arc::clone(entry),
            None => {
                let entry = self.start(name.into());
                entries.insert(Arc::clone(&entry.name), Arc::clone(&entry));
                entry
            }
        };
        *entry.state.lock().users.entry(token).or_insert(0) += 1;
        drop(entries);
        Subscription { entry, token, shared: Arc::downgrade(&self.shared) }
    }

    /// How many names are in use.
    pub fn len(&self) -> usize {
        self.shared.entries.lock().len()
    }

    /// Whether no name is in use.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn start(&self, name: Arc<str>) -> Arc<Entry> {
        let addrs = ordered(self.shared.resolver.local(&name));
        let known = !addrs.is_empty();
        let state = State { addrs, users: HashMap::new(), task: None };
        let entry = Arc::new(Entry { name, state: Mutex::new(state), settled: watch::Sender::new(known) });
        let refresher = Refresher::new(Arc::downgrade(&self.shared), Arc::downgrade(&entry), &self.shared, known);
        let task = self.shared.runtime.spawn(refresher.run(Arc::clone(&entry.name), known));
        entry.state.lock().task = Some(task.abort_handle());
        entry
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").field("settings", &self.shared.settings).field("names", &self.len()).finish()
    }
}

/// The use of a name. The name is kept up to date until its last subscription is dropped.
pub struct Subscription {
    entry: Arc<Entry>,
    token: u64,
    shared: Weak<Shared>,
}

impl Subscription {
    /// The name, in lower case, without a final dot.
    pub fn name(&self) -> &str {
        &self.entry.name
    }

    /// Its addresses now, ascending; none when it is not resolved (yet).
    pub fn addrs(&self) -> Arc<[IpAddr]> {
        Arc::clone(&self.entry.state.lock().addrs)
    }

    /// Whether the first lookup has ended, well or not.
    pub fn is_settled(&self) -> bool {
        *self.entry.settled.borrow()
    }

    /// Waits until the first lookup has ended; at once for a name that was in use before.
    pub async fn settled(&self) {
        let mut settled = self.entry.settled.subscribe();
        // The sender lives in the entry that this subscription holds.
        let _ = settled.wait_for(|settled| *settled).await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else { return };
        // The map's lock first, as `subscribe` does: nobody can take up the name while it is being given up.
        let mut entries = shared.entries.lock();
        let mut state = self.entry.state.lock();
        if let Some(count) = state.users.get_mut(&self.token) {
            *count -= 1;
            if *count == 0 {
                state.users.remove(&self.token);
            }
        }
        if state.users.is_empty() {
            entries.remove(&self.entry.name);
            if let Some(task) = state.task.take() {
                task.abort();
            }
        }
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Subscription").field(&self.entry.name).finish()
    }
}

/// Keeps one name up to date. Holds neither the cache nor the entry while it waits, so that both can go.
struct Refresher {
    shared: Weak<Shared>,
    entry: Weak<Entry>,
    resolver: Arc<dyn Resolve>,
    settings: NamesSettings,
    failures: u32,
    /// When the last good answer came.
    good: Option<Instant>,
}

impl Refresher {
    fn new(shared: Weak<Shared>, entry: Weak<Entry>, of: &Shared, known: bool) -> Self {
        let good = known.then(Instant::now);
        Self { shared, entry, resolver: Arc::clone(&of.resolver), settings: of.settings.clone(), failures: 0, good }
    }

    async fn run(mut self, name: Arc<str>, known: bool) {
        if known {
            sleep(self.settings.min_ttl).await;
        }
        // Without the cache nobody would be told; what was found stays.
        while self.shared.strong_count() > 0 {
            let answer = match timeout(self.settings.timeout, self.resolver.resolve(&name)).await {
                Ok(answer) => answer,
                Err(_) => Err(ResolveError::Timeout),
            };
            let next = match answer {
                Ok(answer) if !answer.addrs.is_empty() => self.succeed(answer),
                Ok(_) => self.fail(&name, &ResolveError::NoRecords { ttl: None }),
                Err(error) => self.fail(&name, &error),
            };
            sleep(next).await;
        }
        self.publish(None);
    }

    /// Publishes an answer; returns the time to the next lookup.
    fn succeed(&mut self, answer: Answer) -> Duration {
        self.failures = 0;
        self.good = Some(Instant::now());
        let ttl = self.settings.valid.unwrap_or(answer.ttl);
        self.publish(Some(ordered(answer.addrs)));
        // Not `clamp`: it panics when somebody sets the least above the most.
        ttl.min(self.settings.max_ttl).max(self.settings.min_ttl)
    }

    /// Keeps what is known unless it is too old; returns the time to the next lookup.
    fn fail(&mut self, name: &str, error: &ResolveError) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let fresh = self.good.is_some_and(|good| good.elapsed() < self.settings.stale);
        if self.failures == 1 {
            let kept = if fresh { "; its last addresses stay in use" } else { "" };
            tracing::warn!(name, %error, "an upstream's name is not resolved{kept}");
        }
        self.publish(if fresh { None } else { Some(Arc::from([])) });
        let doubling = self.settings.min_ttl.saturating_mul(1 << (self.failures - 1).min(16));
        let believed = match error {
            ResolveError::NoRecords { ttl: Some(ttl) } => *ttl,
            _ => doubling,
        };
        believed.min(self.settings.max_retry).max(self.settings.min_ttl)
    }

    /// Sets the addresses (`None`: as they were), says that the name is settled, and tells its users of a change.
    fn publish(&self, addrs: Option<Arc<[IpAddr]>>) {
        let Some(entry) = self.entry.upgrade() else { return };
        let mut users: Vec<u64> = Vec::new();
        if let Some(addrs) = addrs {
            let mut state = entry.state.lock();
            if state.addrs != addrs {
                state.addrs = addrs;
                users.extend(state.users.keys());
            }
        }
        entry.settled.send_if_modified(|settled| !std::mem::replace(settled, true));
        let Some(shared) = self.shared.upgrade() else { return };
        for token in users {
            (shared.changed)(token);
        }
    }
}

/// Servers rotate their answers: in order, an answer of the same addresses is the same answer.
fn ordered(mut addrs: Vec<IpAddr>) -> Arc<[IpAddr]> {
    addrs.sort_unstable();
    addrs.dedup();
    addrs.into()
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Answers in turn; the last one for ever. A name without a script never answers.
    #[derive(Default)]
    struct Script {
        local: HashMap<&'static str, &'static str>,
        answers: Mutex<HashMap<&'static str, VecDeque<Result<Answer, ResolveError>>>>,
        asked: Mutex<Vec<(String, Duration)>>,
        begin: Mutex<Option<Instant>>,
    }

    impl Script {
        fn of(name: &'static str, answers: Vec<Result<Answer, ResolveError>>) -> Self {
            Self { answers: Mutex::new([(name, answers.into())].into()), ..Self::default() }
        }

        /// Seconds after the start at which `name` was asked for.
        fn seconds(&self, name: &str) -> Vec<u64> {
            self.asked.lock().iter().filter(|(n, _)| n == name).map(|(_, at)| at.as_secs()).collect()
        }
    }

    impl Resolve for Script {
        fn local(&self, name: &str) -> Vec<IpAddr> {
            self.local.get(name).map(|ip| ip.parse().unwrap()).into_iter().collect()
        }

        fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
            let begin = *self.begin.lock().get_or_insert_with(Instant::now);
            self.asked.lock().push((name.to_owned(), begin.elapsed()));
            let mut answers = self.answers.lock();
            let answer = answers.get_mut(name).and_then(|left| match left.len() {
                0 | 1 => left.front().cloned(),
                _ => left.pop_front(),
            });
            Box::pin(async move {
                match answer {
                    Some(answer) => answer,
                    None => std::future::pending().await,
                }
            })
        }
    }

    fn answer(addrs: &[&str], ttl: u64) -> Result<Answer, ResolveError> {
        let addrs = addrs.iter().map(|a| a.parse().unwrap()).collect();
        Ok(Answer { addrs, ttl: Duration::from_secs(ttl) })
    }

    type Told = Arc<Mutex<Vec<u64>>>;

    fn names(script: &Arc<Script>, settings: NamesSettings) -> (Names, Told) {
        let told = Told::default();
        let sink = Arc::clone(&told);
        let resolver = Arc::clone(script) as Arc<dyn Resolve>;
        let names = Names::new(resolver, Handle::current(), settings, move |token| sink.lock().push(token));
        (names, told)
    }

    fn texts(subscription: &Subscription) -> Vec<String> {
        subscription.addrs().iter().map(IpAddr::to_string).collect()
    }

    /// Lets the (paused, hence instant) clock run on.
    async fn pass(seconds: u64) {
        sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn changes_are_told_to_those_who_use_the_name_and_rotations_are_not() {
        let script = Arc::new(Script::of(
            "a.test",
            vec![
                answer(&["10.0.0.2", "10.0.0.1"], 10),
                answer(&["10.0.0.1", "10.0.0.2"], 10),
                answer(&["10.0.0.3"], 60),
            ],
        ));
        script.answers.lock().insert("b.test", [answer(&["10.9.0.1"], 60)].into());
        let (names, told) = names(&script, NamesSettings::default());
        let (a, b) = (names.subscribe("A.test.", 1), names.subscribe("b.test", 2));
        assert!(!a.is_settled() && a.addrs().is_empty());
        a.settled().await;
        b.settled().await;
        assert_eq!(texts(&a), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(std::mem::take(&mut *told.lock()).len(), 2);
        pass(11).await;
        assert_eq!(script.seconds("a.test"), [0, 10]);
        assert!(told.lock().is_empty());
        pass(10).await;
        assert_eq!(texts(&a), ["10.0.0.3"]);
        assert_eq!(*told.lock(), [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_good_answer_is_kept_for_an_hour() {
        let failed = || Err(ResolveError::Failed("SERVFAIL".to_owned()));
        let gone = Err(ResolveError::NoRecords { ttl: Some(Duration::from_secs(300)) });
        let script =
            Arc::new(Script::of("a.test", vec![answer(&["10.0.0.1"], 10), failed(), failed(), failed(), gone]));
        let (names, told) = names(&script, NamesSettings::default());
        let a = names.subscribe("a.test", 1);
        pass(3590).await;
        assert_eq!(texts(&a), ["10.0.0.1"]);
        assert_eq!(*told.lock(), [1]);
        assert_eq!(script.seconds("a.test")[..7], [0, 10, 11, 13, 17, 47, 77], "backing off, a negative TTL bounded");
        pass(60).await;
        assert!(a.addrs().is_empty());
        assert_eq!(*told.lock(), [1, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn times_between_lookups_are_bounded() {
        let zero = Arc::new(Script::of("a.test", vec![answer(&["10.0.0.1"], 0)]));
        let (names_zero, _) = names(&zero, NamesSettings::default());
        let forced = Arc::new(Script::of("a.test", vec![answer(&["10.0.0.1"], 1)]));
        let valid = Some(Duration::from_secs(7));
        let (names_forced, _) = names(&forced, NamesSettings { valid, ..NamesSettings::default() });
        let absent = Err(ResolveError::NoRecords { ttl: Some(Duration::ZERO) });
        let negative = Arc::new(Script::of("a.test", vec![absent, Ok(Answer { addrs: vec![], ttl: Duration::ZERO })]));
        let (names_negative, told) = names(&negative, NamesSettings::default());
        let _used = (
            names_zero.subscribe("a.test", 1),
            names_forced.subscribe("a.test", 1),
            names_negative.subscribe("a.test", 1),
        );
        pass(16).await;
        assert_eq!(zero.seconds("a.test")[..4], [0, 1, 2, 3]);
        assert_eq!(forced.seconds("a.test"), [0, 7, 14]);
        assert_eq!(negative.seconds("a.test"), [0, 1, 3, 7, 15]);
        assert!(told.lock().is_empty(), "nothing before and nothing after: no change");
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_hangs_delays_no_other() {
        let script = Arc::new(Script::of("quick.test", vec![answer(&["10.0.0.1"], 1)]));
        let (names, _) = names(&script, NamesSettings::default());
        let slow: Vec<_> = (0..100).map(|i| names.subscribe(&format!("slow{i}.test"), i)).collect();
        let quick = names.subscribe("quick.test", 200);
        quick.settled().await;
        pass(4).await;
        assert_eq!(script.seconds("quick.test")[..4], [0, 1, 2, 3]);
        assert!(slow.iter().all(|s| !s.is_settled()));
        pass(2).await;
        assert!(slow.iter().all(|s| s.is_settled() && s.addrs().is_empty()), "given up after the timeout");
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_looked_up_as_long_as_somebody_uses_it() {
        let mut script = Script::of("a.test", vec![answer(&["10.0.0.1"], 1)]);
        script.local.insert("host.test", "10.5.0.1");
        let script = Arc::new(script);
        let (names, told) = names(&script, NamesSettings::default());
        let host = names.subscribe("host.test", 9);
        assert!(host.is_settled(), "known without asking");
        assert_eq!(texts(&host), ["10.5.0.1"]);
        let (old, new) = (names.subscribe("a.test", 1), names.subscribe("a.test", 1));
        assert_eq!(names.len(), 2);
        new.settled().await;
        drop(old);
        pass(5).await;
        assert!(script.seconds("a.test").len() >= 5);
        assert_eq!(*told.lock(), [1]);
        drop(new);
        let asked = script.seconds("a.test").len();
        pass(5).await;
        assert_eq!(script.seconds("a.test").len(), asked);
        drop(host);
        assert!(names.is_empty());
    }
    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_cache_that_is_gone() {
        let script = Arc::new(Script::default());
        let (names, _) = names(&script, NamesSettings::default());
        let subscription = names.subscribe("a.test", 1);
        drop(names);
        subscription.settled().await;
        assert!(subscription.addrs().is_empty());
    }
}

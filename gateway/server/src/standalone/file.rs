//! The configuration out of a file beside `config.yaml`: read at the start, and again when the file has changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateway_model::Kind;
use gateway_store::Origin;
use parking_lot::Mutex;

use super::bundle::{self, ORDER, Rejected, Take, Terms};
use super::source::{Content, Plugins, Print, Said, Source};
use crate::state::{Draft, State, keys};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Most objects that cannot run which one reading names in the log.
const NAMED: usize = 100;

/// What became of the file, for those who ask (`live/info`, the metrics). There is one in the process.
#[derive(Debug, Default)]
pub(crate) struct Status(Mutex<Option<Became>>);

/// See [`Status`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Became {
    /// Its path.
    pub(crate) file: String,
    /// When it was taken last, in seconds since 1970.
    pub(crate) taken: Option<u64>,
    /// Why what it is now was not taken; what was taken last goes on.
    pub(crate) error: Option<String>,
}

impl Status {
    /// `None`: the configuration comes from elsewhere.
    pub(crate) fn get(&self) -> Option<Became> {
        self.0.lock().clone()
    }
}

/// The file of a standalone data plane, as it was read last.
pub(crate) struct File {
    source: Source,
    /// The list that the process was started with.
    plugins: Option<Plugins>,
    /// What told the file that was read from others.
    seen: Option<Print>,
    /// A hash of what it said.
    known: Option<u64>,
    /// What was read and is still to be taken.
    read: Option<Content>,
    became: Became,
}

impl File {
    /// Reads it, before there is a state to take it into: it says which plugins are on.
    pub(crate) fn read(source: Source) -> File {
        let became = Became { file: source.name(), ..Became::default() };
        let mut file = File { source, plugins: None, seen: None, known: None, read: None, became };
        let looked = file.source.print().and_then(|(print, settled)| {
            file.seen = settled.then_some(print);
            file.source.read(None)
        });
        file.note(looked);
        file.plugins = file.read.as_ref().and_then(|content| content.plugins.clone());
        file
    }

    /// The plugins it switches on, if it names any.
    pub(crate) fn plugins(&self) -> Option<Plugins> {
        self.plugins.clone()
    }

    /// Whether it was ever taken.
    pub(crate) fn taken(&self) -> bool {
        self.became.taken.is_some()
    }

    /// Looks at the file for as long as the process lives. `ready` is set when it was taken for the first time.
    pub(crate) async fn follow(mut self, state: State, ready: Arc<AtomicBool>) {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            let was_taken = self.taken();
            self.look().await;
            self.take(&state).await;
            if self.taken() && !was_taken {
                ready.store(true, Ordering::Release);
            }
        }
    }

    /// Reads the file if it has changed.
    async fn look(&mut self) {
        let (source, seen, known) = (self.source.clone(), self.seen, self.known);
        let looked = tokio::task::spawn_blocking(move || {
            let (print, settled) = source.print()?;
            if seen == Some(print) {
                return Ok((seen, None));
            }
            Ok((settled.then_some(print), source.read(known)?))
        });
        match looked.await {
            Ok(Ok((seen, said))) => {
                self.seen = seen;
                self.note(Ok(said));
            }
            Ok(Err(error)) => {
                self.seen = None;
                self.note(Err(error));
            }
            Err(_) => self.complain("reading it failed with a fault of the gateway".to_owned()),
        }
    }

    /// Keeps what was read, or complains.
    fn note(&mut self, looked: std::io::Result<Option<Said>>) {
        match looked {
            Ok(None) => {}
            Ok(Some(Said { hash, content })) => {
                self.known = Some(hash);
                match content {
                    Ok(content) => self.read = Some(content),
                    Err(why) => self.complain(why),
                }
            }
            Err(error) => {
                // When it is back it is taken, whatever it says.
                self.known = None;
                self.complain(format!("it cannot be read: {error}"));
            }
        }
    }

    /// Makes what was read the configuration, but for objects that cannot run.
    pub(crate) async fn take(&mut self, state: &State) {
        if let Some(Content { items, plugins, problems }) = self.read.take() {
            let file = &self.became.file;
            for problem in problems {
                tracing::warn!(file, "{problem}");
            }
            if plugins != self.plugins {
                tracing::warn!(
                    file,
                    "its list of plugins is not the one the process was started with, and takes a restart"
                );
            }
            let kinds: Vec<Kind> = ORDER.iter().flat_map(|list| bundle::kinds_of(*list)).copied().collect();
            let count = items.len();
            let job = move |draft: &mut Draft<'_>| {
                let terms = Terms { take: &|_| Take::Compare, unique: true };
                let rejected = bundle::apply(draft, &kinds, &items, &terms);
                bundle::told(draft, &rejected);
                Ok::<_, ()>(rejected)
            };
            match state.write(Origin::new("standalone", file.clone()), "READ", job).await {
                Ok(written) => {
                    tell(file, &written.answer, count, written.revision);
                    self.became.taken = Some(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |s| s.as_secs()));
                    self.became.error = None;
                }
                Err(_) => self.complain("it could not be taken".to_owned()),
            }
        }
        let status: Arc<Status> = state.registry().states.get();
        *status.0.lock() = Some(self.became.clone());
    }

    /// Says once why the file is not taken.
    fn complain(&mut self, why: String) {
        if self.became.error.as_ref() != Some(&why) {
            tracing::error!(file = self.became.file, "the configuration was not read: {why}; what runs goes on");
            self.became.error = Some(why);
        }
    }
}

fn tell(file: &str, rejected: &[Rejected], objects: usize, revision: u64) {
    for Rejected { kind, id, place, reason, kept } in rejected.iter().take(NAMED) {
        let so = if *kept { "it stays as it was" } else { "it is left out" };
        let key = keys::key(*kind, id);
        tracing::error!(key, place, reason, "an object cannot run: {so}");
    }
    tracing::info!(file, objects, rejected = rejected.len(), revision, "the configuration was read");
}

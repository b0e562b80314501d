//! What was read of a registry and is kept up to date by it: each question is asked once, and who has read an answer is told when it
//! is another.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, timeout};

use crate::SourceError;

/// Somebody who wants to know when something that he has read is another.
#[derive(Clone, Default)]
pub(crate) struct Watcher(Arc<Notify>);

impl Watcher {
    /// Waits until something has changed.
    pub(crate) async fn changed(&self) {
        self.0.notified().await;
    }
}

/// About how many bytes something has.
pub(crate) trait Size {
    fn size(&self) -> usize;
}

/// What is answered.
pub(crate) trait Answer: Clone + PartialEq + Size {
    /// Whether this is the word of a later time than `other`. Where answers bear no time, the one that came last is.
    fn is_later_than(&self, _other: &Self) -> bool {
        true
    }
}

/// Questions with their answers.
pub(crate) struct Board<K, V> {
    all: Mutex<All<K, V>>,
    watchers: Mutex<Vec<Weak<Notify>>>,
    questions: mpsc::Sender<K>,
}

struct All<K, V> {
    known: HashMap<K, Known<V>>,
    /// What is being asked, with those who wait for it.
    asked: HashMap<K, Asked<V>>,
    bytes: usize,
    /// With so many, those that nobody watches any more are looked for.
    crowded: usize,
}

struct Known<V> {
    value: V,
    users: Vec<Weak<Notify>>,
}

struct Asked<V> {
    waiters: Vec<Waiter<V>>,
    /// Since it was asked, the answer has become another.
    stale: bool,
    /// What it has been told to be since.
    told: Option<V>,
}

impl<V> Default for Asked<V> {
    fn default() -> Self {
        Self { waiters: Vec::new(), stale: false, told: None }
    }
}

struct Waiter<V> {
    watcher: Weak<Notify>,
    reply: oneshot::Sender<Result<V, SourceError>>,
}

/// Most bytes that are kept, questions included.
const KNOWN: usize = 256 << 20;

impl<K: Clone + Eq + Hash + Size, V: Answer> Board<K, V> {
    /// A board, and where its questions come out; at most so many wait there.
    pub(crate) fn new(waiting: usize) -> (Arc<Self>, mpsc::Receiver<K>) {
        let (questions, asked) = mpsc::channel(waiting);
        let all = All { known: HashMap::new(), asked: HashMap::new(), bytes: 0, crowded: 0 };
        (Arc::new(Self { all: Mutex::new(all), watchers: Mutex::default(), questions }), asked)
    }

    /// Somebody who watches. He is told of a new connection, too.
    pub(crate) fn watcher(&self) -> Watcher {
        let watcher = Watcher::default();
        let mut watchers = self.watchers.lock();
        watchers.retain(|known| known.strong_count() > 0);
        watchers.push(Arc::downgrade(&watcher.0));
        watcher
    }

    /// Reads the answer to a question; `watcher` is told when it is another.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn read(&self, key: K, watcher: &Watcher) -> Result<V, SourceError> {
        self.begin(key, watcher).await?.await
    }

    /// Begins to read; the answer is in the future that this gives.
    ///
    /// # Errors
    /// [`SourceError::Lost`].
    pub(crate) async fn begin(
        &self,
        key: K,
        watcher: &Watcher,
    ) -> Result<impl Future<Output = Result<V, SourceError>> + use<K, V>, SourceError> {
        let mut known = self.known(&key, watcher);
        let (reply, answer) = oneshot::channel();
        if known.is_none() {
            // Nothing is noted before there is room to ask: who is dropped here leaves nothing behind.
            let room = self.questions.reserve().await.map_err(|_| SourceError::Lost)?;
            known = self.known(&key, watcher);
            let waiter = Waiter { watcher: Arc::downgrade(&watcher.0), reply };
            if known.is_none() && self.ask(&key, waiter) {
                room.send(key);
            }
        }
        Ok(async move {
            match known {
                Some(value) => Ok(value),
                None => answer.await.unwrap_or(Err(SourceError::Lost)),
            }
        })
    }

    /// What is known, to be told to `watcher` when it changes.
    fn known(&self, key: &K, watcher: &Watcher) -> Option<V> {
        let mut all = self.all.lock();
        let known = all.known.get_mut(key)?;
        let user = Arc::downgrade(&watcher.0);
        if !known.users.iter().any(|one| one.ptr_eq(&user)) {
            known.users.push(user);
        }
        Some(known.value.clone())
    }

    /// Notes who waits; whether he is the first, so that it is to be asked.
    fn ask(&self, key: &K, waiter: Waiter<V>) -> bool {
        let mut all = self.all.lock();
        let waiters = &mut all.asked.entry(key.clone()).or_default().waiters;
        waiters.push(waiter);
        waiters.len() == 1
    }

    /// Takes an answer, and gives it to those who wait for it. It is kept until it is said to be [stale](Board::stale).
    pub(crate) fn learn(&self, key: &K, answer: Result<V, SourceError>) {
        let mut all = self.all.lock();
        let asked = all.asked.remove(key).unwrap_or_default();
        let answer = match (answer, asked.told) {
            (Ok(value), Some(told)) if !value.is_later_than(&told) => Ok(told),
            (answer, _) => answer,
        };
        let watchers = || asked.waiters.iter().map(|waiter| Weak::clone(&waiter.watcher));
        let answer = match answer {
            Ok(value) if !asked.stale => all.keep(key, &value, watchers()).map(|()| value),
            other => other,
        };
        drop(all);
        let again: Vec<_> = if asked.stale { watchers().collect() } else { Vec::new() };
        for waiter in asked.waiters {
            // The waiting end may be gone; nothing is lost then.
            drop(waiter.reply.send(answer.clone()));
        }
        notify(&again);
    }

    /// An answer is this now, if anybody has asked; who has read another is told. What is earlier than what is known changes nothing.
    pub(crate) fn tell(&self, key: &K, value: &V) {
        let mut all = self.all.lock();
        if let Some(asked) = all.asked.get_mut(key)
            && asked.told.as_ref().is_none_or(|told| value.is_later_than(told))
        {
            asked.told = Some(value.clone());
        }
        let Some(known) = all.known.get(key).filter(|known| value.is_later_than(&known.value)) else { return };
        let users = if known.value == *value { Vec::new() } else { known.users.clone() };
        if all.keep(key, value, std::iter::empty()).is_err() {
            all.remove(key);
        }
        drop(all);
        notify(&users);
    }

    /// An answer is another now, and not known. One that is on its way may be that of before: it counts, and is asked for again.
    pub(crate) fn stale(&self, key: &K) {
        let mut all = self.all.lock();
        all.asked.get_mut(key).into_iter().for_each(|asked| asked.stale = true);
        let known = all.remove(key);
        drop(all);
        notify(&known.map(|known| known.users).unwrap_or_default());
    }

    /// Those of the questions that are known or being asked and are like this, each once.
    pub(crate) fn like(&self, like: impl Fn(&K) -> bool) -> Vec<K> {
        let all = self.all.lock();
        let unknown = all.asked.keys().filter(|key| !all.known.contains_key(*key));
        all.known.keys().chain(unknown).filter(|key| like(key)).cloned().collect()
    }

    /// Nothing is known any more, and who waits is told so.
    pub(crate) fn forget(&self) {
        {
            let mut all = self.all.lock();
            all.known.clear();
            all.asked.clear();
            all.bytes = 0;
        }
        let watchers = self.watchers.lock().clone();
        notify(&watchers);
    }

    /// What is known and watched.
    pub(crate) fn watched(&self) -> Vec<K> {
        let mut all = self.all.lock();
        all.prune();
        all.known.keys().cloned().collect()
    }
}

fn notify(watchers: &[Weak<Notify>]) {
    watchers.iter().filter_map(Weak::upgrade).for_each(|watcher| watcher.notify_one());
}

impl<K: Clone + Eq + Hash + Size, V: Answer> All<K, V> {
    fn remove(&mut self, key: &K) -> Option<Known<V>> {
        let known = self.known.remove(key)?;
        self.bytes -= key.size() + known.value.size();
        Some(known)
    }

    fn keep(&mut self, key: &K, value: &V, watchers: impl Iterator<Item = Weak<Notify>>) -> Result<(), SourceError> {
        let before = self.remove(key);
        if self.known.len() >= self.crowded || self.bytes + value.size() > KNOWN {
            self.prune();
        }
        if self.bytes + value.size() > KNOWN {
            return Err(SourceError::TooMuch(format!("more than {KNOWN} bytes")));
        }
        let mut users = before.map(|known| known.users).unwrap_or_default();
        users.retain(|user| user.strong_count() > 0);
        for watcher in watchers {
            if !users.iter().any(|user| user.ptr_eq(&watcher)) {
                users.push(watcher);
            }
        }
        self.bytes += key.size() + value.size();
        self.known.insert(key.clone(), Known { value: value.clone(), users });
        Ok(())
    }

    /// Forgets what nobody watches any more.
    fn prune(&mut self) {
        self.known.retain(|_, known| known.users.iter().any(|user| user.strong_count() > 0));
        self.bytes = self.known.iter().map(|(key, known)| key.size() + known.value.size()).sum();
        self.crowded = 64 + self.known.len() * 2;
    }
}

/// The wait before another try to connect: it doubles, and is never quite the same.
#[derive(Debug, Default)]
pub(crate) struct BackOff(u32);

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl BackOff {
    /// Waits; meanwhile questions are not answered. `false`: nobody can ask any more.
    pub(crate) async fn wait<K, V>(&mut self, board: &Weak<Board<K, V>>, asked: &mut mpsc::Receiver<K>) -> bool
    where
        K: Clone + Eq + Hash + Size,
        V: Answer,
    {
        let wait = FIRST_WAIT.saturating_mul(1 << self.0.min(10)).min(LONGEST_WAIT);
        self.0 += 1;
        if let Some(board) = board.upgrade() {
            board.forget();
        }
        // Half of it at least, so that not all come at the same moment.
        let over = Instant::now() + wait.mul_f64(0.5 + fastrand::f64() / 2.0);
        while let Ok(key) = timeout(over.saturating_duration_since(Instant::now()), asked.recv()).await {
            let (Some(key), Some(board)) = (key, board.upgrade()) else { return false };
            board.learn(&key, Err(SourceError::Lost));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, and when it was true.
    #[derive(Clone, Debug, PartialEq)]
    struct At(&'static str, u64);

    impl Size for At {
        fn size(&self) -> usize {
            self.0.len()
        }
    }

    impl Size for u8 {
        fn size(&self) -> usize {
            1
        }
    }

    impl Answer for At {
        fn is_later_than(&self, other: &Self) -> bool {
            self.1 >= other.1
        }
    }

    async fn read(board: &Arc<Board<u8, At>>, watcher: &Watcher) -> &'static str {
        board.read(1, watcher).await.unwrap().0
    }

    #[tokio::test]
    async fn of_what_is_told_and_what_is_answered_the_later_counts() {
        // What is told while the question is under way, what is answered, and what counts.
        for (told, answered, counts) in [(5, 4, "told"), (5, 5, "told again"), (5, 6, "answered")] {
            let (board, mut asked) = Board::<u8, At>::new(4);
            let watcher = board.watcher();
            let (got, ()) = tokio::join!(read(&board, &watcher), async {
                let key = asked.recv().await.unwrap();
                board.tell(&key, &At("told", told));
                let answer = if told == answered { "told again" } else { "answered" };
                board.learn(&key, Ok(At(answer, answered)));
            });
            assert_eq!((got, read(&board, &watcher).await), (counts, counts));
            // It is known now: what is older changes nothing, what is newer does, and whoever has read it is told.
            board.tell(&1, &At("old", 3));
            assert_eq!(read(&board, &watcher).await, counts);
            board.tell(&1, &At("new", 7));
            timeout(Duration::from_secs(10), watcher.changed()).await.unwrap();
            assert_eq!(read(&board, &watcher).await, "new");
            assert!(asked.try_recv().is_err(), "nothing is asked again");
            // Nobody has asked for this.
            board.tell(&2, &At("other", 7));
            assert_eq!(board.like(|_| true), [1]);
        }
    }
}

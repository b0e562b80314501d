//! The writer against a store that works, waits and fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gateway_engine::router::Mode;
use gateway_engine::snapshot::Shared;
use gateway_model::check::Invalid;
use gateway_model::{Kind, References};
use gateway_store::{Committed, Embedded, Expired, JournalRecord, Kv, Loaded, Options, Origin, Store, StoreError, Txn};
use parking_lot::{Condvar, Mutex};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Draft, Refused, State, Written, testkit};

/// A store that says no when told to, and counts its syncs.
struct Moody {
    inner: Embedded,
    mood: Mutex<Mood>,
    turned: Condvar,
    commits: AtomicUsize,
    txns: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Works,
    /// Every transaction fails.
    Full,
    /// The second transaction of a batch fails.
    Picky,
    /// Commits wait.
    Waits,
}

impl Moody {
    fn turn(&self, mood: Mood) {
        *self.mood.lock() = mood;
        self.turned.notify_all();
    }
}

impl Store for Moody {
    fn load(&self) -> Result<Loaded, StoreError> {
        self.inner.load()
    }

    fn revision(&self) -> Result<u64, StoreError> {
        self.inner.revision()
    }

    fn commit(&self, txns: Vec<Txn>) -> Vec<Result<Committed, StoreError>> {
        let mut mood = self.mood.lock();
        self.txns.fetch_add(txns.len(), Ordering::SeqCst);
        self.commits.fetch_add(1, Ordering::SeqCst);
        while *mood == Mood::Waits {
            self.turned.wait(&mut mood);
        }
        match *mood {
            Mood::Full => txns.iter().map(|_| Err(StoreError::Full)).collect(),
            Mood::Picky => {
                let one = |(at, txn)| match at {
                    1 => Err(StoreError::Invalid("not this one".into())),
                    _ => self.inner.commit(vec![txn]).remove(0),
                };
                txns.into_iter().enumerate().map(one).collect()
            }
            Mood::Works | Mood::Waits => self.inner.commit(txns),
        }
    }

    fn get(&self, key: &str) -> Result<Option<Kv>, StoreError> {
        self.inner.get(key)
    }

    fn list(&self, prefix: &str) -> Result<Vec<Kv>, StoreError> {
        self.inner.list(prefix)
    }

    fn journal(&self, from: u64, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        self.inner.journal(from, limit)
    }

    fn expire(&self, now_ms: u64) -> Result<Option<Expired>, StoreError> {
        self.inner.expire(now_ms)
    }
}

struct Scene {
    state: State,
    shared: Arc<Shared>,
    store: Arc<Moody>,
    _dir: TempDir,
}

impl Scene {
    fn new() -> Scene {
        Scene::routed(Mode::Uri)
    }

    fn routed(mode: Mode) -> Scene {
        let dir = TempDir::new().unwrap();
        let inner = Embedded::open(dir.path(), Options::default()).unwrap();
        let store = Arc::new(Moody {
            inner,
            mood: Mutex::new(Mood::Works),
            turned: Condvar::new(),
            commits: AtomicUsize::new(0),
            txns: AtomicUsize::new(0),
        });
        let (state, shared) = testkit::start_as(mode, Arc::clone(&store) as _, None, tokio::runtime::Handle::current());
        Scene { state, shared, store, _dir: dir }
    }

    async fn put(&self, kind: Kind, id: &str, value: Value) -> Result<Written<()>, Refused<Invalid>> {
        let id = id.to_owned();
        self.state.write(Origin::new("test", "here"), "PUT", move |draft| put(draft, kind, &id, value, None)).await
    }

    async fn delete(&self, kind: Kind, id: &str) -> Result<Written<bool>, Refused<Invalid>> {
        let id = id.to_owned();
        self.state.write(Origin::new("test", "here"), "PUT", move |draft| draft.delete(kind, &id)).await
    }

    fn has(&self, kind: Kind, id: &str) -> bool {
        self.state.read(|tables| tables.get(kind, id).is_some())
    }
}

fn put(draft: &mut Draft<'_>, kind: Kind, id: &str, value: Value, ttl: Option<Duration>) -> Result<(), Invalid> {
    let checked = draft.check(kind, id, &value)?;
    draft.put(kind, id, value, checked, ttl).map(drop)
}

fn upstream() -> Value {
    json!({ "nodes": { "127.0.0.1:1": 1 } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_answered_is_stored_and_live() {
    let scene = Scene::new();
    let one = scene.put(Kind::Upstream, "u", upstream()).await.unwrap();
    let two = scene.put(Kind::Route, "r", json!({"uri": "/a", "upstream_id": "u"})).await.unwrap();
    assert!(one.revision < two.revision);
    assert_eq!(scene.shared.snapshot().revision, two.revision, "live when it is answered");
    let stored = scene.store.get("/apisix/routes/r").unwrap().unwrap();
    scene.state.read(|tables| {
        let known = tables.get(Kind::Route, "r").unwrap();
        assert_eq!((known.created, known.modified), (stored.create_revision, stored.mod_revision));
        assert_eq!(known.bytes, stored.value);
        assert_eq!(tables.user(Kind::Upstream, "u", Kind::Route).as_deref(), Some("r"));
    });
    let three = scene.put(Kind::Route, "r", json!({"uri": "/b", "service_id": "s"})).await;
    assert!(matches!(three, Err(Refused::Job(Invalid { code: "reference", .. }))), "{three:?}");
    assert!(scene.delete(Kind::Route, "r").await.unwrap().answer);
    assert!(!scene.delete(Kind::Route, "r").await.unwrap().answer);
    scene.state.read(|tables| assert_eq!(tables.user(Kind::Upstream, "u", Kind::Route), None));
    assert!(scene.store.get("/apisix/routes/r").unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_changes_nothing() {
    let scene = Scene::new();
    scene.put(Kind::Upstream, "u", upstream()).await.unwrap();
    let revision = scene.shared.snapshot().revision;
    scene.store.turn(Mood::Full);
    let put = scene.put(Kind::Route, "r", json!({"uri": "/a", "upstream_id": "u"})).await;
    assert!(matches!(put, Err(Refused::Store(StoreError::Full))), "{put:?}");
    let gone = scene.delete(Kind::Upstream, "u").await;
    assert!(matches!(gone, Err(Refused::Store(StoreError::Full))), "{gone:?}");
    assert!(scene.has(Kind::Upstream, "u") && !scene.has(Kind::Route, "r"));
    assert_eq!(scene.shared.snapshot().revision, revision);
    scene.state.read(|tables| assert_eq!(tables.user(Kind::Upstream, "u", Kind::Route), None));
    scene.store.turn(Mood::Works);
    scene.put(Kind::Route, "r", json!({"uri": "/a", "upstream_id": "u"})).await.unwrap();
    assert!(scene.has(Kind::Route, "r"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_wait_share_a_sync_and_see_each_other() {
    let scene = Arc::new(Scene::new());
    scene.store.turn(Mood::Waits);
    let first = tokio::spawn({
        let scene = Arc::clone(&scene);
        async move { scene.put(Kind::Upstream, "u0", upstream()).await.unwrap().revision }
    });
    while scene.store.commits.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    // All of these wait behind the first; sent in this order, each route names an upstream of the same batch.
    let mut waiting = Vec::new();
    for n in 1..=20 {
        let origin = Origin::new("test", "here");
        let (kind, id, value) = match n % 2 {
            1 => (Kind::Upstream, format!("u{n}"), upstream()),
            _ => (Kind::Route, format!("r{n}"), json!({"uri": "/a", "upstream_id": format!("u{}", n - 1)})),
        };
        let state = scene.state.clone();
        let mut write =
            Box::pin(async move { state.write(origin, "PUT", move |d| put(d, kind, &id, value, None)).await });
        // One poll sends the job.
        let sent = std::future::poll_fn(|cx| std::task::Poll::Ready(write.as_mut().poll(cx).is_pending())).await;
        assert!(sent);
        waiting.push(write);
    }
    scene.store.turn(Mood::Works);
    let mut last = first.await.unwrap();
    for write in waiting {
        let revision = write.await.unwrap().revision;
        assert_eq!(revision, last + 1, "one each, in order");
        last = revision;
    }
    assert_eq!(scene.store.commits.load(Ordering::SeqCst), 2);
    assert_eq!(scene.store.txns.load(Ordering::SeqCst), 21);
    assert_eq!(scene.shared.snapshot().revision, last);
    for n in (2..=20).step_by(2) {
        let stored = scene.store.get(&format!("/apisix/routes/r{n}")).unwrap().unwrap();
        scene.state.read(|tables| {
            assert_eq!(tables.get(Kind::Route, &format!("r{n}")).unwrap().modified, stored.mod_revision);
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_write_of_a_batch_is_taken_back_alone() {
    let scene = Arc::new(Scene::new());
    scene.store.turn(Mood::Waits);
    let first = tokio::spawn({
        let scene = Arc::clone(&scene);
        async move { scene.put(Kind::Upstream, "u0", upstream()).await.map(drop) }
    });
    while scene.store.commits.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let mut waiting = Vec::new();
    for id in ["a", "b", "c"] {
        let scene = Arc::clone(&scene);
        let mut write = Box::pin(async move { scene.put(Kind::Upstream, id, upstream()).await });
        let sent = std::future::poll_fn(|cx| std::task::Poll::Ready(write.as_mut().poll(cx).is_pending())).await;
        assert!(sent);
        waiting.push(write);
    }
    scene.store.turn(Mood::Picky);
    first.await.unwrap().unwrap();
    let mut outcomes = Vec::new();
    for write in waiting {
        outcomes.push(write.await.is_ok());
    }
    assert_eq!(outcomes, [true, false, true]);
    assert!(scene.has(Kind::Upstream, "a") && !scene.has(Kind::Upstream, "b") && scene.has(Kind::Upstream, "c"));
    for id in ["a", "c"] {
        let stored = scene.store.get(&format!("/apisix/upstreams/{id}")).unwrap().unwrap();
        let known = scene.state.read(|tables| tables.get(Kind::Upstream, id).cloned().unwrap());
        assert_eq!((known.created, known.modified), (stored.create_revision, stored.mod_revision), "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_outlives_its_time_goes_from_everywhere() {
    let scene = Scene::new();
    let short = |draft: &mut Draft<'_>| put(draft, Kind::Upstream, "u", upstream(), Some(Duration::from_millis(30)));
    scene.state.write(Origin::new("test", "here"), "PUT", short).await.unwrap();
    let revision = scene.shared.snapshot().revision;
    while scene.has(Kind::Upstream, "u") {
        tokio::task::yield_now().await;
    }
    assert!(scene.store.get("/apisix/upstreams/u").unwrap().is_none());
    while scene.shared.snapshot().revision == revision {
        tokio::task::yield_now().await;
    }
    // Written again in time, without a time: it stays.
    let long = |draft: &mut Draft<'_>| put(draft, Kind::Upstream, "v", upstream(), Some(Duration::from_secs(1000)));
    scene.state.write(Origin::new("test", "here"), "PUT", long).await.unwrap();
    scene.put(Kind::Upstream, "v", upstream()).await.unwrap();
    scene.state.read(|tables| {
        assert_eq!(tables.get(Kind::Upstream, "v").unwrap().expires_ms, None);
        assert_eq!(tables.next_expiry(), None);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_panics_takes_nobody_with_it() {
    let scene = Scene::new();
    let panics = scene.state.write(Origin::new("test", "here"), "PUT", |draft| -> Result<(), Invalid> {
        put(draft, Kind::Upstream, "half", upstream(), None)?;
        panic!("a fault of the gateway")
    });
    assert!(matches!(panics.await, Err(Refused::Ended)));
    scene.put(Kind::Upstream, "u", upstream()).await.unwrap();
    assert!(scene.has(Kind::Upstream, "u") && !scene.has(Kind::Upstream, "half"));
}

/// Neither is there when the other is checked: what the compiler leaves out is shown, until it fits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_that_is_left_out_for_its_services_hosts_is_shown() {
    let scene = Scene::routed(Mode::HostUri);
    let service = |hosts: usize| {
        let hosts: Vec<_> = (0..hosts).map(|i| format!("h{i}.example.com")).collect();
        json!({ "hosts": hosts, "upstream": { "type": "roundrobin", "nodes": { "127.0.0.1:1": 1 } } })
    };
    let uris_of = |count: usize| (0..count).map(|i| format!("/u{i}")).collect::<Vec<_>>();
    let route = json!({ "uris": uris_of(300), "service_id": "wide" });
    let served = |scene: &Scene| !scene.shared.snapshot().router.is_empty();
    let (first, second) = (service(1), service(300));
    scene.put(Kind::Service, "wide", first).await.unwrap();
    let job = move |draft: &mut Draft<'_>| {
        put(draft, Kind::Route, "many", route, None)?;
        put(draft, Kind::Service, "wide", second, None)
    };
    scene.state.write(Origin::new("test", "here"), "PUT", job).await.map(drop).unwrap();
    let rejected = |scene: &Scene| {
        scene
            .state
            .read(|tables| tables.rejected().map(|(_, id, why)| (id.to_owned(), why.to_owned())).collect::<Vec<_>>())
    };
    let shown = rejected(&scene);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].0 == "many" && shown[0].1.contains("90000 places"), "{shown:?}");
    assert!(!served(&scene));
    // Another write does not forget it; a service with fewer hosts brings it back.
    scene.put(Kind::Upstream, "u", json!({ "type": "roundrobin", "nodes": { "127.0.0.1:1": 1 } })).await.unwrap();
    assert_eq!(rejected(&scene).len(), 1);
    scene.put(Kind::Service, "wide", service(2)).await.unwrap();
    assert_eq!(rejected(&scene), []);
    assert!(served(&scene));
    // In one write, the service first: that one is refused.
    let (wide, route) = (service(300), json!({ "uris": uris_of(300), "service_id": "new" }));
    let job = move |draft: &mut Draft<'_>| {
        put(draft, Kind::Service, "new", wide, None)?;
        put(draft, Kind::Route, "new", route, None)
    };
    let refused = scene.state.write(Origin::new("test", "here"), "PUT", job).await.map(drop).unwrap_err();
    assert!(matches!(refused, Refused::Job(invalid) if invalid.message.contains("90000 places")));
}

//! What the servers of upstreams tell of themselves by reflection, remembered for a while.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use gateway_engine::upstream::{Nodes, Upstream};
use gateway_grpc::{Ended, Reflected, Wanted, reflect};
use hyper::HeaderMap;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::connection::connect;
use super::known::{Asked, Place, choose};

/// How long a server may take to tell.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long what it told is good for, and how long that it told nothing.
const FRESH: Duration = Duration::from_secs(30);
const FAILED: Duration = Duration::from_secs(3);

/// Upstreams of which is remembered what they told.
const MOST_KEPT: usize = 256;

/// Servers that are asked at a time.
static ASKING: Semaphore = Semaphore::const_new(8);

/// What the server of an upstream told; in words, why it told nothing.
pub(super) type Told = Arc<Result<Reflected, String>>;

struct Kept {
    /// Those that it had; with others it is asked again.
    nodes: Arc<Nodes>,
    until: Instant,
    told: Told,
}

static KEPT: LazyLock<Mutex<HashMap<Arc<str>, Kept>>> = LazyLock::new(Mutex::default);

/// What an upstream's servers say that they serve. `anew`: what is remembered does not count. One of its nodes is asked, `place`
/// where it is given.
pub(super) async fn told(upstream: &Arc<Upstream>, place: Option<&Place>, anew: bool) -> Told {
    if let Some(kept) = KEPT.lock().get(&upstream.key)
        && !anew
        && Arc::ptr_eq(&kept.nodes, &upstream.nodes)
        && kept.until > Instant::now()
    {
        return Arc::clone(&kept.told);
    }
    // The semaphore is never closed.
    let permit = ASKING.acquire().await;
    let told = ask(upstream, place).await;
    drop(permit);
    let until = Instant::now() + if told.is_ok() { FRESH } else { FAILED };
    let told = Arc::new(told);
    let mut kept = KEPT.lock();
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    let of = Kept { nodes: Arc::clone(&upstream.nodes), until, told: Arc::clone(&told) };
    kept.insert(Arc::clone(&upstream.key), of);
    told
}

async fn ask(upstream: &Arc<Upstream>, place: Option<&Place>) -> Result<Reflected, String> {
    let chosen = match place {
        Some(place) => Some(place.clone()),
        None => choose(std::slice::from_ref(upstream), Asked::default()).ok(),
    };
    let Some(place) = chosen else { return Err("it has no nodes".to_owned()) };
    let Some(node) = place.node() else { return Err("it has no nodes".to_owned()) };
    let talk = async {
        let mut caller =
            connect(upstream, node).await.map_err(|why| format!("the node {} cannot be reached: {why}", node.addr))?;
        let answered = reflect(&mut caller, &HeaderMap::new(), Wanted::All).await;
        answered.map_err(|ended| format!("the node {} {}", node.addr, silent(&ended)))
    };
    let late = || format!("the node {} has not told within {} ms", node.addr, PATIENCE.as_millis());
    timeout(PATIENCE, talk).await.unwrap_or_else(|_| Err(late()))
}

/// Why a server tells nothing.
fn silent(ended: &Ended) -> String {
    match (&ended.broken, ended.status) {
        (Some(why), _) => format!("cannot be asked: {why}"),
        (None, 12) => "has no reflection (UNIMPLEMENTED)".to_owned(),
        (None, _) => format!("does not tell: {} {}", ended.name(), ended.message),
    }
}

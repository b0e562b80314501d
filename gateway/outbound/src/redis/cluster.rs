//! A thread's way into a cluster: a map of its slots, and a link to each node that has some.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Value, cmd};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::link::Link;
use super::slots::{SlotMap, slot_of};
use super::{Address, Failure, Place, Server};

/// Calls that are sent on by nodes are sent on so often at most.
const REDIRECTS: usize = 4;
/// The map is asked for again so often at most.
const REFRESH: Duration = Duration::from_millis(200);

pub(super) struct Cluster {
    server: std::sync::Weak<Server>,
    seeds: Vec<Address>,
    map: RefCell<SlotMap>,
    links: RefCell<HashMap<Address, Rc<Link>>>,
    /// Somebody is asking for the map.
    asking: Cell<bool>,
    /// When it was asked for last.
    asked: Cell<Option<Instant>>,
    /// Why nobody has given the map, the last time.
    failure: RefCell<Option<Failure>>,
    asked_for: Notify,
}

impl Cluster {
    pub(super) fn new(server: &Arc<Server>, seeds: &[Address]) -> Rc<Cluster> {
        Rc::new(Cluster {
            server: Arc::downgrade(server),
            seeds: seeds.to_vec(),
            map: RefCell::default(),
            links: RefCell::default(),
            asking: Cell::new(false),
            asked: Cell::new(None),
            failure: RefCell::default(),
            asked_for: Notify::new(),
        })
    }

    pub(super) async fn call(self: &Rc<Self>, key: &[u8], call: &Cmd) -> Result<Value, Failure> {
        let slot = slot_of(key);
        let mut link = self.link_of(slot).await?;
        let mut asking = false;
        for _ in 0..REDIRECTS {
            let answer = match asking {
                true => link.call_asking(call).await,
                false => link.call(call).await,
            };
            let Err(failure) = answer else { return answer };
            let Failure::Refused { code, text } = &failure else {
                // Perhaps another has the slot now.
                self.refresh();
                return Err(failure);
            };
            let to = text.split(' ').nth(1).and_then(|to| self.redirected(to, &link));
            match (&**code, to) {
                ("MOVED", Some(to)) => {
                    self.map.borrow_mut().moved(slot, to.clone());
                    self.refresh();
                    link = self.link(&to)?;
                    asking = false;
                }
                ("ASK", Some(to)) => {
                    link = self.link(&to)?;
                    asking = true;
                }
                _ => {
                    if matches!(&**code, "CLUSTERDOWN" | "READONLY" | "MASTERDOWN") {
                        self.refresh();
                    }
                    return Err(failure);
                }
            }
        }
        Err(Failure::Odd)
    }

    /// Where a redirection points; without a host it is the one that says so.
    fn redirected(&self, to: &str, by: &Rc<Link>) -> Option<Address> {
        if let Some(port) = to.strip_prefix(':') {
            let links = self.links.borrow();
            let (from, _) = links.iter().find(|(_, link)| Rc::ptr_eq(link, by))?;
            return Some(Address { host: from.host.clone(), port: port.parse().ok()? });
        }
        Address::parse(to)
    }

    /// The link to who has a slot. Only where nothing is known of the cluster yet is the map waited for.
    async fn link_of(self: &Rc<Self>, slot: u16) -> Result<Rc<Link>, Failure> {
        for _ in 0..2 {
            let node = self.map.borrow().node(slot).cloned();
            if let Some(node) = node {
                return self.link(&node);
            }
            let waits = self.map.borrow().is_empty() && self.failure.borrow().is_none();
            if !(self.refresh() || self.asking.get()) || !waits {
                break;
            }
            self.asked_for.notified().await;
        }
        let failure = self.failure.borrow().clone();
        Err(failure.unwrap_or_else(|| Failure::Down("no node of the Redis cluster has the key's slot".into())))
    }

    fn link(&self, node: &Address) -> Result<Rc<Link>, Failure> {
        let mut links = self.links.borrow_mut();
        if let Some(link) = links.get(node) {
            return Ok(Rc::clone(link));
        }
        let Some(server) = self.server.upgrade() else {
            return Err(Failure::Down("the Redis cluster is not used any more".into()));
        };
        let link = Link::new(&server, Place::One(node.clone()));
        links.insert(node.clone(), Rc::clone(&link));
        Ok(link)
    }

    /// Asks for the map behind the requests; `false` where that is under way or has just been done.
    fn refresh(self: &Rc<Self>) -> bool {
        let fresh = self.asked.get().is_some_and(|at| at.elapsed() < REFRESH);
        if self.asking.get() || fresh {
            return false;
        }
        self.asking.set(true);
        self.asked.set(Some(Instant::now()));
        tokio::task::spawn_local(ask(Rc::downgrade(self)));
        true
    }

    /// Asks nodes in turn until one gives the map.
    async fn ask_nodes(&self) -> Result<SlotMap, Failure> {
        let mut last = Failure::Down("no node of the Redis cluster is configured".into());
        let mut question = cmd("CLUSTER");
        question.arg("SLOTS");
        let mut nodes: Vec<Address> = self.map.borrow().nodes().cloned().collect();
        nodes.extend(self.seeds.iter().cloned());
        let mut seen = Vec::with_capacity(nodes.len());
        for node in nodes {
            if seen.contains(&node) {
                continue;
            }
            match self.link(&node)?.call(&question).await {
                Ok(answer) => match SlotMap::read(&answer, &node) {
                    Some(map) => return Ok(map),
                    None => last = Failure::Down(format!("Redis at {node} knows no slots").into()),
                },
                Err(failure) => last = failure,
            }
            seen.push(node);
        }
        Err(last)
    }
}

async fn ask(cluster: Weak<Cluster>) {
    let Some(cluster) = cluster.upgrade() else { return };
    match cluster.ask_nodes().await {
        Ok(map) => {
            cluster.links.borrow_mut().retain(|node, _| map.nodes().any(|n| n == node) || cluster.seeds.contains(node));
            *cluster.map.borrow_mut() = map;
            *cluster.failure.borrow_mut() = None;
        }
        Err(failure) => *cluster.failure.borrow_mut() = Some(failure),
    }
    cluster.asking.set(false);
    cluster.asked_for.notify_waiters();
}

//! Routes that stand in the router under the hosts of their service, and those that would take too many places there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Control, Route};

/// Routes that are not served, by id: kept for when their service has fewer hosts.
#[derive(Default)]
pub(super) struct Unserved(BTreeMap<String, (Arc<Route>, String)>);

impl Unserved {
    /// The route has gone, or comes anew.
    pub(super) fn forget(&mut self, id: &str) {
        self.0.remove(id);
    }
}

impl Control {
    /// What is prepared from here on belongs to one change: a route in it is judged by the hosts that its service is to have.
    pub fn begin(&mut self) {
        self.coming.clear();
    }

    /// Routes that are there and not served, with why: they came together with their services, or before them, so that neither
    /// could be refused for the other.
    pub fn unserved(&self) -> impl Iterator<Item = (&str, &str)> {
        self.unserved.0.iter().map(|(id, (_, why))| (&**id, &**why))
    }

    /// A route without hosts of its own as it stands under those of its service; `None`: it is not served.
    pub(super) fn placed(&mut self, id: &str, route: Arc<Route>, hosts: &[Box<str>]) -> Option<Arc<Route>> {
        if *route.hosts == *hosts {
            return Some(route);
        }
        match route.under_hosts(self.next.router.mode(), hosts) {
            Ok(moved) => Some(moved),
            Err(error) => {
                tracing::error!(%error, "a route is not served until it or its service is another");
                self.unserved.0.insert(id.to_owned(), (route, error.to_string()));
                None
            }
        }
    }

    /// A service's hosts have changed: its routes that have none of their own move in the trees.
    pub(super) fn rehost(&mut self, service: &str, hosts: &[Box<str>]) {
        let ids: Vec<String> = self.by_service.get(service).into_iter().flatten().cloned().collect();
        for id in ids {
            let served = self.routes.get_mut(&id).and_then(|entry| entry.route.take_if(|r| !r.own_hosts));
            if let Some(old) = &served {
                self.next.router.remove(old);
            }
            let Some(route) = served.or_else(|| self.unserved.0.remove(&id).map(|(route, _)| route)) else { continue };
            let moved = self.placed(&id, route, hosts);
            if let Some(moved) = &moved {
                self.next.router.insert(moved);
            }
            if let Some(entry) = self.routes.get_mut(&id) {
                entry.route = moved;
            }
        }
    }
}

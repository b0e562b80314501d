//! The scene of most tests of HTTP/2: a gateway whose every path leads to one upstream, and an attack while others are served.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::frames::Door;
use crate::{Client, Gateway, Upstream, free_port, wait_for};

/// A gateway whose every path leads to `upstream`.
pub fn gateway(upstream: &Upstream) -> Gateway {
    configured(upstream, json!({}))
}

/// The same with `config` merged over its configuration.
pub fn configured(upstream: &Upstream, config: Value) -> Gateway {
    let gateway = Gateway::configured(config);
    route(&gateway, upstream, json!({}));
    gateway
}

/// Leads every path of `gateway` to `upstream`, with `more` in the route.
pub fn route(gateway: &Gateway, upstream: &Upstream, more: Value) {
    let mut route = json!({
        "uri": "/*",
        "upstream": { "type": "roundrobin", "nodes": { upstream.node(): 1 }, "timeout": { "connect": 5, "send": 60, "read": 60 } },
    });
    for (key, value) in more.as_object().unwrap() {
        route[key] = value.clone();
    }
    gateway.put("/routes/1", &route);
}

/// A gateway whose every path leads to one upstream, with a door in clear and one over TLS.
pub struct Doors {
    /// The gateway.
    pub gateway: Gateway,
    secure: SocketAddr,
}

/// The name that is asked for over TLS.
pub const NAME: &str = "one.test";

impl Doors {
    /// Opens one, with `config` merged over the usual configuration.
    pub fn open(upstream: &Upstream, config: Value) -> Doors {
        let secure = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut all = json!({ "apisix": { "ssl": { "listen": [{ "ip": "127.0.0.1", "port": secure.port() }] } } });
        crate::gateway::merge(&mut all, config);
        let gateway = configured(upstream, all);
        let cert = include_str!("../tests/certificates/one.pem");
        let key = include_str!("../tests/certificates/one.key");
        gateway.put("/ssls/1", &json!({ "sni": NAME, "cert": cert, "key": key }));
        Doors { gateway, secure }
    }

    /// The one in clear.
    pub fn clear(&self) -> Door {
        Door { addr: self.gateway.proxy, name: None }
    }

    /// The one over TLS.
    pub fn secure(&self) -> Door {
        Door { addr: self.secure, name: Some(NAME) }
    }

    /// Both.
    pub fn both(&self) -> [Door; 2] {
        [self.clear(), self.secure()]
    }
}

/// Attacks while clients of good will keep asking, over HTTP/1.1, and over HTTP/2 through both doors: they are served, and the
/// gateway's memory stays all the while.
pub fn attacked(doors: &Doors, attack: impl FnOnce()) {
    let gateway = &doors.gateway;
    let before = gateway.memory();
    let (done, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    let most = AtomicU64::new(before);
    std::thread::scope(|scope| {
        let good = scope.spawn(|| {
            let mut one = Client::connect(gateway.proxy);
            let mut two = doors.both().map(|door| door.connect());
            loop {
                let last = done.load(Ordering::Acquire);
                let answer = one.request("GET", "/good", &[], b"");
                assert_eq!(answer.status, 200, "HTTP/1.1");
                if answer.header("connection") == Some("close") {
                    // It has had as many as a connection may.
                    one = Client::connect(gateway.proxy);
                }
                for two in &mut two {
                    assert_eq!(two.ask("/good").status, 200, "HTTP/2: {:?}", two.goaways);
                }
                most.fetch_max(gateway.memory(), Ordering::AcqRel);
                served.fetch_add(1, Ordering::AcqRel);
                if last {
                    return;
                }
                std::thread::yield_now();
            }
        });
        // Whatever comes of the attack, the thread must end.
        let attacked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_for("a good client", || (good.is_finished() || served.load(Ordering::Acquire) > 2).then_some(()));
            attack();
        }));
        done.store(true, Ordering::Release);
        good.join().expect("the good client is served");
        if let Err(why) = attacked {
            std::panic::resume_unwind(why);
        }
    });
    let growth = most.load(Ordering::Acquire).saturating_sub(before);
    assert!(growth <= 64 << 10, "memory grew by {growth} KiB");
}

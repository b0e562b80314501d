//! One Admin API of its own for each test, and a client that shows what came back.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use gateway_store::keyring::Keyring;
use gateway_store::{Embedded, Options};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::admin;
use crate::config::{self, Admin, AdminKey, AdminRole, Built, Config, Secret};
use crate::state::{State, testkit};

pub(super) const KEY: &str = "an-admin-key-of-the-tests";
pub(super) const VIEWER: &str = "a-viewer-key-of-the-tests";

/// A running Admin API. Its store goes with it.
pub(super) struct Scene {
    addr: SocketAddr,
    pub(super) state: State,
    _runtime: Runtime,
    dir: Option<TempDir>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) fields: HashMap<String, String>,
    pub(super) body: String,
}

impl Got {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(super) fn error(&self) -> String {
        self.json()["error_msg"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }
}

impl Scene {
    pub(super) fn new() -> Scene {
        Scene::with(|_, _| {})
    }

    /// With other settings.
    pub(super) fn with(change: impl FnOnce(&mut Admin, &mut Config)) -> Scene {
        Scene::open(TempDir::new().unwrap(), change)
    }

    /// The same store in a new process.
    pub(super) fn restart(mut self) -> Scene {
        let dir = self.dir.take().unwrap();
        self.state.stop();
        drop(self);
        Scene::open(dir, |_, _| {})
    }

    fn open(dir: TempDir, change: impl FnOnce(&mut Admin, &mut Config)) -> Scene {
        let mut config = config::load(None, Built::default()).config.unwrap();
        config.stream_mode = true;
        let mut admin = config.admin.clone().unwrap();
        let key = |name: &str, key: &str, role| AdminKey { name: name.into(), key: Secret::new(key.into()), role };
        admin.keys = vec![key("root", KEY, AdminRole::Admin), key("guest", VIEWER, AdminRole::Viewer)];
        change(&mut admin, &mut config);

        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let inside = runtime.enter();
        // APISIX's own ring, whose results are known.
        let ring = ["qeddd145sfvddff3".to_owned(), "edd1c9f0985e76a2".to_owned()];
        let keyring = Arc::new(Keyring::open(dir.path(), &ring).unwrap());
        let store = Arc::new(open_store(&dir));
        let (state, _) = testkit::start(store, Some(keyring), runtime.handle().clone());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        admin::serve(listener, state.clone(), admin, &config, &[], &crate::control_http::Gate::default()).unwrap();
        drop(inside);
        Scene { addr, state, _runtime: runtime, dir: Some(dir) }
    }

    /// A request with the administrator's key.
    pub(super) fn call(&self, method: &str, path: &str, body: impl ToString) -> Got {
        self.send(method, path, &[("X-API-KEY", KEY)], &body.to_string())
    }

    pub(super) fn get(&self, path: &str) -> Got {
        self.call("GET", path, "")
    }

    /// A request with these fields and no others but `Host`, if it is not among them.
    pub(super) fn send(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Got {
        let mut head = format!("{method} /apisix/admin{path} HTTP/1.1\r\nConnection: close\r\n");
        if !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head.push_str("Host: localhost\r\n");
        }
        if !body.is_empty() {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        for (name, value) in fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self.raw(&format!("{head}\r\n{body}"))
    }

    /// Begins to read a stream.
    pub(super) fn read(&self, path: &str, fields: &[(&str, &str)]) -> Reader {
        let mut stream = TcpStream::connect(self.addr).unwrap();
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(stream, "GET /apisix/admin{path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n").unwrap();
        let mut lines = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(lines.read_line(&mut head).unwrap() > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        Reader { lines, text: String::new() }
    }

    pub(super) fn raw(&self, request: &str) -> Got {
        let mut stream = TcpStream::connect(self.addr).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        // A peer that closes with bytes of ours unread resets; what it said before is what counts.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let fields = lines.filter_map(|l| l.split_once(": ")).map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()));
        Got { status, fields: fields.collect(), body: body.to_owned() }
    }
}

/// A stream that is read.
pub(super) struct Reader {
    lines: BufReader<TcpStream>,
    text: String,
}

impl Reader {
    /// The next of its events.
    pub(super) fn next(&mut self) -> String {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                return event;
            }
            let mut size = String::new();
            self.lines.read_line(&mut size).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            assert!(size > 0, "the stream has ended");
            let mut piece = vec![0; size + 2];
            self.lines.read_exact(&mut piece).unwrap();
            self.text.push_str(std::str::from_utf8(&piece[..size]).unwrap());
        }
    }
}

/// The lock of a process that has just ended here (its writer thread) may be held for a moment more.
fn open_store(dir: &TempDir) -> Embedded {
    loop {
        match Embedded::open(dir.path(), Options::default()) {
            Ok(store) => return store,
            Err(gateway_store::StoreError::Locked { .. }) => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

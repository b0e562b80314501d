//! A small server of the Admin API for tests: objects, changes, documents and streams, and all the ways to be of no use.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

/// The admin key.
pub(super) const KEY: &str = "test-key";

/// How the server is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Mood {
    #[default]
    Well,
    /// Connections end at once.
    Gone,
    /// Connections are taken and never answered.
    Stalled,
    /// Answers are no JSON.
    Garbage,
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) mood: Mood,
    pub(super) key: String,
    /// Without it, it is APISIX.
    pub(super) live: bool,
    /// Without it: what is said instead of the words of an Admin API.
    pub(super) words: Option<String>,
    /// Answers to writes that get lost on the way, after what they are about was done.
    pub(super) lost: usize,
    pub(super) revision: u64,
    /// Of its start.
    pub(super) instance: String,
    pub(super) objects: BTreeMap<String, (Value, u64)>,
    pub(super) changes: Vec<Value>,
    /// Answers by path, `/live/nodes` or from the root.
    pub(super) documents: BTreeMap<String, (u16, String)>,
    /// How long lists and calls take.
    pub(super) slow: Duration,
    pub(super) asked: Vec<String>,
    /// Calls that are under way, and the most there were.
    pub(super) running: (usize, usize),
    streams: Vec<(String, TcpStream)>,
}

impl Server {
    pub(super) fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut documents = BTreeMap::new();
        for (path, answer) in [
            ("/live", json!({"api": 1, "abilities": ["info"], "name": "ops", "roles": ["admin"]})),
            ("/live/nodes", json!([{"owner": "upstreams/u1", "addr": "10.0.0.5:80", "state": "healthy"}])),
            ("/live/certs", json!([])),
            ("/plugins", json!({"cors": {}})),
        ] {
            documents.insert(path.to_owned(), (200, answer.to_string()));
        }
        let instance = "a1".to_owned();
        let state = State { key: KEY.to_owned(), live: true, revision: 100, instance, documents, ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Server { address, state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Stores or deletes an object, and tells of it.
    pub(super) fn change(&self, resource: &str, id: &str, value: Option<Value>) {
        self.state().change(resource, id, value);
    }

    /// Tells a line to whoever reads a stream; how many do.
    pub(super) fn push(&self, name: &str, line: &str) -> usize {
        self.state().push(name, line)
    }

    /// Ends streams, of a name or all.
    pub(super) fn cut(&self, name: &str) {
        self.state().cut(name);
    }

    /// From now on it is like this; streams end or fall silent.
    pub(super) fn becomes(&self, mood: Mood) {
        let mut state = self.state();
        state.mood = mood;
        if mood == Mood::Gone {
            state.cut("");
        }
    }

    /// How many read a stream.
    pub(super) fn streams(&self, name: &str) -> usize {
        self.state().streams.iter().filter(|(own, _)| own == name).count()
    }

    /// How often a path was asked for.
    pub(super) fn times(&self, path: &str) -> usize {
        self.state().asked.iter().filter(|asked| asked.split(['?', ' ']).nth(1) == Some(path)).count()
    }
}

impl State {
    pub(super) fn change(&mut self, resource: &str, id: &str, value: Option<Value>) {
        self.revision += 1;
        let revision = self.revision;
        let path = format!("{resource}/{id}");
        let before = match &value {
            Some(value) => self.objects.insert(path, (value.clone(), revision)),
            None => self.objects.remove(&path),
        };
        let before = before.map(|(value, _)| value);
        let op = match (&before, &value) {
            (None, None) => return,
            (None, _) => "create",
            (_, None) => "delete",
            _ => "update",
        };
        let change = json!({"rev": revision, "ts": 1.5, "op": op, "resource": resource, "id": id, "by": {"key": "ops"}, "before": before, "after": value});
        let line = change.to_string();
        self.changes.push(change);
        self.push("events", &line);
    }

    /// The answer to what was done, unless it gets lost.
    fn loses(&mut self, answer: &str) -> (u16, String) {
        let lost = self.lost > 0;
        self.lost = self.lost.saturating_sub(1);
        if lost { (502, json!({"error_msg": "bad gateway"}).to_string()) } else { (200, answer.to_owned()) }
    }

    fn push(&mut self, name: &str, line: &str) -> usize {
        let text = format!("id: 1\nevent: x\ndata: {line}\n\n");
        let well = self.mood != Mood::Stalled;
        self.streams.retain_mut(|(own, stream)| own != name || !well || stream.write_all(text.as_bytes()).is_ok());
        self.streams.iter().filter(|(own, _)| own == name).count()
    }

    fn cut(&mut self, name: &str) {
        self.streams.retain(|(own, stream)| {
            let stays = !name.is_empty() && own != name;
            if !stays {
                let _ = stream.shutdown(Shutdown::Both);
            }
            stays
        });
    }
}

struct Asked {
    method: String,
    path: String,
    query: String,
    body: String,
    head: String,
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let asked = read(&stream)?;
    let (mood, slow) = {
        let mut state = state.lock().unwrap();
        state.asked.push(format!("{} {}?{} {}", asked.method, asked.path, asked.query, asked.body));
        (state.mood, state.slow)
    };
    match mood {
        Mood::Well => {}
        Mood::Gone => return None,
        Mood::Stalled => loop {
            std::thread::sleep(Duration::from_millis(20));
            if state.lock().unwrap().mood != Mood::Stalled {
                return None;
            }
        },
        Mood::Garbage => return answer(&stream, 200, "<html>"),
    }
    if slow > Duration::ZERO && !asked.path.starts_with("/live") {
        {
            let running = &mut state.lock().unwrap().running;
            running.0 += 1;
            running.1 = running.1.max(running.0);
        }
        // A list is as it was when it was asked for.
        let told = reply(&asked, &mut state.lock().unwrap());
        std::thread::sleep(slow);
        state.lock().unwrap().running.0 -= 1;
        return answer(&stream, told.0, &told.1);
    }
    let mut state = state.lock().unwrap();
    let name = asked.path.strip_prefix("/live/").unwrap_or_default().to_owned();
    let follows =
        state.live && asked.head.contains("text/event-stream") && ["stats", "tap", "logs", "events"].contains(&&*name);
    let key_fits = asked.head.lines().any(|line| line.to_ascii_lowercase() == format!("x-api-key: {}", state.key));
    if follows && key_fits && !state.documents.contains_key(&asked.path) {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nretry: 1000\n\n";
        (&stream).write_all(head.as_bytes()).ok()?;
        if name == "events" {
            let since = asked.query.split('&').find_map(|pair| pair.strip_prefix("since=")?.parse::<u64>().ok());
            let since = since.unwrap_or(state.revision);
            for change in state.changes.iter().filter(|change| change["rev"].as_u64().unwrap() > since) {
                write!(&stream, "event: change\ndata: {change}\n\n").ok()?;
            }
        }
        state.streams.push((name, stream));
        return Some(());
    }
    let (status, body) = reply(&asked, &mut state);
    answer(&stream, status, &body)
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let mut words = head.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let target = target.strip_prefix("/apisix/admin").unwrap_or(&target);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    Some(Asked { method, path, query, body: String::from_utf8(body).ok()?, head })
}

fn answer(mut stream: &TcpStream, status: u16, body: &str) -> Option<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nServer: APISIX/3.18.0\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .ok()
}

fn reply(asked: &Asked, state: &mut State) -> (u16, String) {
    let outside = ["/metrics", "/v1/healthcheck"].contains(&&*asked.path);
    let key_fits = asked.head.lines().any(|line| line.to_ascii_lowercase() == format!("x-api-key: {}", state.key));
    if !outside && !key_fits {
        return (401, json!({"error_msg": "failed to check token", "description": "wrong apikey"}).to_string());
    }
    if asked.path.starts_with("/live") && !state.live {
        let words = state.words.as_deref().unwrap_or("Unsupported resource type: live");
        return (404, json!({ "error_msg": words }).to_string());
    }
    if let Some(document) = state.documents.get(&asked.path) {
        return document.clone();
    }
    if asked.path == "/live/info" {
        return (200, json!({"instance_id": state.instance, "config": {"revision": state.revision}}).to_string());
    }
    if asked.path == "/live/history" {
        return (200, json!({"rev": state.revision, "changes": state.changes}).to_string());
    }
    let words: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
    match (&*asked.method, words.as_slice()) {
        ("GET", [resource]) => list(asked, resource, state),
        ("GET", [resource, id]) => match state.objects.get(&format!("{resource}/{id}")) {
            Some((value, revision)) => (
                200,
                json!({"key": format!("/apisix/{resource}/{id}"), "value": value, "modifiedIndex": revision})
                    .to_string(),
            ),
            None => (404, json!({"message": "Key not found"}).to_string()),
        },
        ("PUT", [resource, id]) => {
            let value: Value = serde_json::from_str(&asked.body).unwrap_or_default();
            if value.get("uri").is_some_and(|uri| !uri.is_string()) {
                let said = "invalid configuration: property \"uri\" validation failed: wrong type: expected string, got number";
                return (400, json!({ "error_msg": said }).to_string());
            }
            let condition = asked.head.to_ascii_lowercase();
            if condition.contains("if-none-match: *") && state.objects.contains_key(&format!("{resource}/{id}")) {
                return (412, json!({"error_msg": "the object exists, which If-None-Match rules out"}).to_string());
            }
            state.change(resource, id, Some(value));
            state.loses("{}")
        }
        ("DELETE", [resource, id]) => {
            if !state.objects.contains_key(&format!("{resource}/{id}")) {
                return (404, json!({"message": "Key not found"}).to_string());
            }
            state.change(resource, id, None);
            state.loses("{}")
        }
        _ => (404, json!({"error_msg": "not found"}).to_string()),
    }
}

fn list(asked: &Asked, resource: &str, state: &State) -> (u16, String) {
    let number = |name: &str| asked.query.split('&').find_map(|pair| pair.strip_prefix(name)?.parse::<usize>().ok());
    let (page, size) = (number("page=").unwrap_or(1), number("page_size=").unwrap_or(usize::MAX));
    let of = |path: &String| path.strip_prefix(resource).and_then(|rest| rest.strip_prefix('/')).is_some();
    let all: Vec<_> = state.objects.iter().filter(|(path, _)| of(path)).collect();
    let list: Vec<Value> = all
        .iter()
        .skip((page - 1).saturating_mul(size))
        .take(size)
        .map(|(path, (value, revision))| json!({"key": format!("/apisix/{path}"), "value": value, "modifiedIndex": revision}))
        .collect();
    (200, json!({"list": list, "total": all.len()}).to_string())
}

//! Against a server of this file's own, that has a tree of nodes and tells of changes as ZooKeeper does.

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;

use gateway_engine::upstream::{Metadata, Wanted};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use super::*;
use crate::source::Told;

/// Nodes by their path.
type Tree = Arc<parking_lot::Mutex<BTreeMap<String, Vec<u8>>>>;

struct Server {
    addr: SocketAddr,
    tree: Tree,
    events: broadcast::Sender<String>,
    asked: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(at: &str, nodes: &[(&str, &str)]) -> Server {
        let listener = TcpListener::bind(at).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let tree: Tree = Tree::default();
        let (events, _) = broadcast::channel(100);
        let (count, asked) = watch::channel(0);
        let (known, tell, count) = (Arc::clone(&tree), events.clone(), Arc::new(count));
        let task = tokio::spawn(async move {
            let mut served = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                served.spawn(serve(stream, Arc::clone(&known), tell.subscribe(), Arc::clone(&count)));
            }
        });
        let server = Server { addr, tree, events, asked, task };
        nodes.iter().for_each(|(path, data)| server.put(path, data));
        server
    }

    fn put(&self, path: &str, data: &str) {
        self.tree.lock().insert(path.to_owned(), data.as_bytes().to_vec());
        self.tell(path);
    }

    fn remove(&self, path: &str) {
        self.tree.lock().remove(path);
        self.tell(path);
    }

    fn tell(&self, path: &str) {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        // Nobody may be there to be told.
        let _ = self.events.send(path.to_owned());
        let _ = self.events.send(parent.to_owned());
    }

    fn zookeeper(&self) -> ZooKeeper {
        let connect = vec![self.addr.to_string()];
        let settings = ZooKeeperSettings { connect, session_timeout: Duration::from_secs(2), ..Default::default() };
        ZooKeeper::start(settings, &Handle::current())
    }
}

async fn serve(
    mut stream: TcpStream,
    tree: Tree,
    mut events: broadcast::Receiver<String>,
    count: Arc<watch::Sender<usize>>,
) {
    let mut frame = Vec::new();
    if read(&mut stream, &mut frame).await.is_none() {
        return;
    }
    let mut hello = vec![0; 4];
    hello.extend_from_slice(&2000i32.to_be_bytes());
    hello.extend_from_slice(&[0; 28]);
    send(&mut stream, &hello).await;
    let mut watched: HashSet<String> = HashSet::new();
    let (mut half, mut out) = stream.into_split();
    loop {
        tokio::select! {
            biased;
            event = events.recv() => {
                let Ok(path) = event else { return };
                if watched.remove(&path) {
                    let mut frame = (-1i32).to_be_bytes().to_vec();
                    frame.extend_from_slice(&[0; 12]);
                    frame.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 3]);
                    text(&mut frame, path.as_bytes());
                    send(&mut out, &frame).await;
                }
            }
            got = read(&mut half, &mut frame) => {
                if got.is_none() { return }
                let answer = answer(&frame, &tree.lock(), &mut watched);
                if frame[4..8] != [0, 0, 0, 11] {
                    count.send_modify(|n| *n += 1);
                }
                send(&mut out, &answer).await;
            }
        }
    }
}

fn answer(frame: &[u8], tree: &BTreeMap<String, Vec<u8>>, watched: &mut HashSet<String>) -> Vec<u8> {
    let mut out = frame[..4].to_vec();
    out.extend_from_slice(&[0; 8]);
    let op = frame[7];
    if op == 11 {
        out.extend_from_slice(&[0; 4]);
        return out;
    }
    let path = String::from_utf8(frame[12..frame.len() - 1].to_vec()).unwrap();
    let below = format!("{path}/");
    let names: BTreeMap<&str, ()> = tree
        .keys()
        .filter_map(|key| key.strip_prefix(&below))
        .map(|rest| (rest.split('/').next().unwrap(), ()))
        .collect();
    let there = tree.contains_key(&path) || !names.is_empty();
    if there || op == 3 {
        watched.insert(path.clone());
    }
    let error: i32 = if there { 0 } else { -101 };
    out.extend_from_slice(&error.to_be_bytes());
    match (there, op) {
        (true, 4) => text(&mut out, tree.get(&path).map_or(&[], Vec::as_slice)),
        (true, 8) => {
            out.extend_from_slice(&(names.len() as u32).to_be_bytes());
            names.keys().for_each(|name| text(&mut out, name.as_bytes()));
        }
        _ => {}
    }
    out
}

fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
}

async fn read(stream: &mut (impl AsyncReadExt + Unpin), frame: &mut Vec<u8>) -> Option<()> {
    let length = stream.read_u32().await.ok()?;
    frame.resize(length as usize, 0);
    stream.read_exact(frame).await.ok().map(drop)
}

async fn send(stream: &mut (impl AsyncWriteExt + Unpin), frame: &[u8]) {
    let mut whole = Vec::new();
    text(&mut whole, frame);
    stream.write_all(&whole).await.unwrap();
}

fn key(name: &str, protocol: Wanted) -> ServiceKey {
    ServiceKey { registry: "zookeeper".into(), name: name.into(), namespace: None, group: None, protocol }
}

/// `host:port weight` of each instance, once there are `count`.
async fn wait(told: &mut Told, count: usize) -> Vec<String> {
    let found = told.wait_for(|told| told.as_ref().is_some_and(|all| all.len() == count));
    let found = timeout(Duration::from_secs(20), found).await.expect("that many instances").unwrap().clone().unwrap();
    found.iter().map(|i| format!("{}:{} {}", i.host, i.port, i.weight)).collect()
}

fn tag(told: &Told, at: usize, name: &str) -> String {
    let told = told.borrow();
    let metadata: &Metadata = &told.as_ref().unwrap()[at].metadata;
    metadata.get(name).map(ToString::to_string).unwrap_or_default()
}

/// Follows a service as long as the task is there.
fn follow(zookeeper: &Arc<ZooKeeper>, key: ServiceKey) -> (Told, JoinHandle<()>) {
    let (found, told, _) = Found::new();
    let zookeeper = Arc::clone(zookeeper);
    (told, tokio::spawn(async move { zookeeper.watch(&key, &found).await }))
}

const WEB: &str = r#"{"name":"web","address":"10.0.0.1","port":8080,"payload":{"metadata":{"weight":"7"}}}"#;

#[tokio::test]
async fn an_application_is_followed_from_before_it_is_there_until_it_is_gone() {
    let server = Server::start("127.0.0.1:0", &[]).await;
    let zookeeper = Arc::new(server.zookeeper());
    let (mut told, _task) = follow(&zookeeper, key("web", Wanted::Any));
    assert_eq!(wait(&mut told, 0).await, [""; 0]);
    server.put("/services/web/a", WEB);
    // The server's own watch on a node that was not there.
    server.tell("/services/web");
    assert_eq!(wait(&mut told, 1).await, ["10.0.0.1:8080 7"]);
    server.put("/services/web/b", &WEB.replace("10.0.0.1", "10.0.0.2"));
    assert_eq!(wait(&mut told, 2).await, ["10.0.0.1:8080 7", "10.0.0.2:8080 7"]);
    server.put("/services/web/c", "what is no instance");
    server.remove("/services/web/a");
    assert_eq!(wait(&mut told, 1).await, ["10.0.0.2:8080 7"]);
    server.put("/services/web/b", &WEB.replace("10.0.0.1", "10.0.0.2").replace("\"7\"", "\"9\""));
    let other = told.wait_for(|told| told.as_ref().is_some_and(|all| all[0].weight == 9));
    timeout(Duration::from_secs(20), other).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_known_is_not_asked_for_again() {
    let server = Server::start("127.0.0.1:0", &[("/services/web/a", WEB)]).await;
    let zookeeper = Arc::new(server.zookeeper());
    let (mut told, _task) = follow(&zookeeper, key("web", Wanted::Any));
    wait(&mut told, 1).await;
    let asked = *server.asked.borrow();
    let (mut again, _again) = follow(&zookeeper, key("web", Wanted::Grpc));
    wait(&mut again, 1).await;
    assert_eq!(*server.asked.borrow(), asked, "the second reader finds what the first one has read");
    server.put("/services/web/b", &WEB.replace("10.0.0.1", "10.0.0.2"));
    wait(&mut told, 2).await;
    wait(&mut again, 2).await;
    assert_eq!(*server.asked.borrow(), asked + 2, "the list, and the new one of it");
}

const URL: &str = "dubbo%3A%2F%2F10.0.0.1%3A20880%2Fa.B%3Fversion%3D1.0%26weight%3D50%26dubbo.tag%3Dgray";

#[tokio::test]
async fn both_levels_are_one_list_and_the_application_goes_before() {
    let url = format!("/dubbo/a.B/providers/{URL}");
    let second = url.replace("10.0.0.1", "10.0.0.2");
    let other = url.replace("10.0.0.1", "10.0.0.3").replace("1.0%26", "2.0%26");
    let disabled = format!("{}%26disabled%3Dtrue", url.replace("10.0.0.1", "10.0.0.4"));
    let triple = url.replace("dubbo%3A", "tri%3A").replace("20880", "50051");
    let server = Server::start(
        "127.0.0.1:0",
        &[
            (&url, ""),
            (&second, ""),
            (&other, ""),
            (&disabled, ""),
            (&triple, ""),
            ("/dubbo/mapping/a.B", "shop,gone"),
            (
                "/services/shop/10.0.0.1:20880",
                r#"{"name":"shop","address":"10.0.0.1","port":20880,"payload":{"metadata":{"dubbo.endpoints":"[{\"port\":20880,\"protocol\":\"dubbo\"}]","dubbo.metadata.revision":"r1","dubbo.metadata.storage-type":"remote"}}}"#,
            ),
            (
                "/dubbo/metadata/shop/r1",
                r#"{"services":{"a.B:1.0:dubbo":{"name":"a.B","version":"1.0","protocol":"dubbo","params":{"weight":"70"}}}}"#,
            ),
        ],
    )
    .await;
    let zookeeper = Arc::new(server.zookeeper());
    let (mut told, _task) = follow(&zookeeper, key("a.B:1.0", Wanted::Dubbo));
    assert_eq!(wait(&mut told, 2).await, ["10.0.0.1:20880 70", "10.0.0.2:20880 50"]);
    assert_eq!((tag(&told, 0, "dubbo.tag"), tag(&told, 1, "dubbo.tag")), (String::new(), "gray".to_owned()));
    let (mut any, _any) = follow(&zookeeper, key("a.B:*", Wanted::Dubbo));
    assert_eq!(wait(&mut any, 3).await.len(), 3);
    let (mut tri, _tri) = follow(&zookeeper, key("a.B:1.0", Wanted::Triple));
    assert_eq!(wait(&mut tri, 1).await, ["10.0.0.1:50051 50"]);
    // The application leaves: what stands at interface level is left.
    server.remove("/services/shop/10.0.0.1:20880");
    let left = told.wait_for(|told| told.as_ref().is_some_and(|all| all[0].weight == 50));
    timeout(Duration::from_secs(20), left).await.unwrap().unwrap();
}

#[tokio::test]
async fn go_reports_elsewhere_and_what_cannot_be_told_keeps_what_was_known() {
    let instance = r#"{"name":"shop","address":"10.0.0.1","port":20000,"payload":{"metadata":{"dubbo.metadata.revision":"r1","dubbo.metadata.storage-type":"remote"}}}"#;
    let server = Server::start(
        "127.0.0.1:0",
        &[
            ("/dubbo/mapping/a.B", "shop"),
            ("/services/shop/x", instance),
            ("/dubbo/shop/r1", r#"{"services":{"a.B:tri":{"name":"a.B","protocol":"tri","port":20000,"params":{}}}}"#),
        ],
    )
    .await;
    let zookeeper = Arc::new(server.zookeeper());
    let (mut told, _task) = follow(&zookeeper, key("a.B", Wanted::Triple));
    assert_eq!(wait(&mut told, 1).await, ["10.0.0.1:20000 100"]);
    // A revision that nobody reports.
    server.put("/services/shop/x", &instance.replace("r1", "r2"));
    server.put("/services/shop/y", &instance.replace("r1", "r2").replace("10.0.0.1", "10.0.0.2"));
    let failed = async {
        while zookeeper.status().shown().failures == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), failed).await.unwrap();
    assert_eq!(wait(&mut told, 1).await, ["10.0.0.1:20000 100"]);
    assert!(zookeeper.status().shown().error.unwrap().1.contains("revision r2 of shop"));
    server.put("/dubbo/shop/r2", r#"{"services":{"a.B:tri":{"name":"a.B","protocol":"tri","params":{}}}}"#);
    assert_eq!(wait(&mut told, 2).await.len(), 2);
}

#[tokio::test]
async fn a_server_that_comes_back_is_read_anew_and_meanwhile_nothing_is_lost() {
    let server = Server::start("127.0.0.1:0", &[("/services/web/a", WEB)]).await;
    let at = server.addr.to_string();
    let zookeeper = Arc::new(server.zookeeper());
    let (mut told, _task) = follow(&zookeeper, key("web", Wanted::Any));
    wait(&mut told, 1).await;
    assert!(zookeeper.status().is_connected());
    server.task.abort();
    drop(server);
    let lost = async {
        while zookeeper.status().is_connected() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), lost).await.unwrap();
    assert_eq!(wait(&mut told, 1).await, ["10.0.0.1:8080 7"]);
    let second = WEB.replace("10.0.0.1", "10.0.0.2");
    let _server = Server::start(&at, &[("/services/web/a", WEB), ("/services/web/b", &second)]).await;
    wait(&mut told, 2).await;
}

#[tokio::test]
async fn descriptions_of_services() {
    let text =
        r#"{"canonicalName":"a.B","methods":[{"name":"m","parameterTypes":["int"],"returnType":"long"}],"types":[]}"#;
    let server = Server::start(
        "127.0.0.1:0",
        &[
            ("/dubbo/metadata/a.B/provider/shop", text),
            ("/dubbo/metadata/a.B/1.0/g/provider/shop", &text.replace("\"m\"", "\"n\"")),
        ],
    )
    .await;
    let zookeeper = server.zookeeper();
    let described = |name: &'static str| {
        let zookeeper = &zookeeper;
        async move {
            let key = key(name, Wanted::Dubbo);
            // Before the connection is there.
            loop {
                match zookeeper.describe(&key).await {
                    Err(SourceError::Lost) => tokio::time::sleep(Duration::from_millis(5)).await,
                    other => return other.map(|d| d.methods[0].name.to_string()),
                }
            }
        }
    };
    assert_eq!(described("a.B").await, Ok("m".to_owned()));
    assert_eq!(described("a.B:1.0:g").await, Ok("n".to_owned()));
    assert_eq!(described("a.C").await, Err(SourceError::Absent));
    assert!(described("a.B:*").await.is_err());
}

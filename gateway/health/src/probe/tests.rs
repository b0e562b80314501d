//! Probes of listeners in this process.

use std::sync::Arc;

use gateway_engine::upstream::health::{Fault, Rules};
use gateway_engine::upstream::{HostRule, NodeSpec, Nodes, Scheme};
use gateway_model::resource::Checks;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn active(active: Value) -> Active {
    let checks = Checks::from_value(&json!({ "active": active })).unwrap();
    Rules::new(&checks, &HostRule::Pass, None).unwrap().active
}

fn target(with: Value, port: u16) -> Target {
    let spec = NodeSpec { host: "127.0.0.1".into(), port: Some(port), weight: 1, priority: 0, metadata: None };
    let nodes = Nodes::new(&[spec], Scheme::Http, false, |_| Arc::from([]));
    Target::new(&active(with), nodes.get(0).unwrap())
}

/// A node that takes one connection, reads what comes with the first segment, answers these pieces, and closes if it should.
async fn node(pieces: &'static [&'static str], close: bool) -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut got = vec![0; 4096];
        let n = stream.read(&mut got).await.unwrap_or(0);
        for piece in pieces {
            let _ = stream.write_all(piece.as_bytes()).await;
            tokio::task::yield_now().await;
        }
        if !close {
            // Until the probe is over.
            let _ = stream.read(&mut [0]).await;
        }
        String::from_utf8_lossy(got.get(..n).unwrap_or_default()).into_owned()
    });
    (port, heard)
}

#[tokio::test]
async fn http_answers() {
    let cases: &[(&[&str], bool, Finding)] = &[
        (&["HTTP/1.1 200 OK\r\n\r\n"], false, Finding::Status(200)),
        (&["HTTP/1.1 50", "3 No\r\n"], false, Finding::Status(503)),
        (&["HTTP/1.0 302 Found\r\nLocation: /x\r\n\r\n"], true, Finding::Status(302)),
        (&["SSH-2.0\r\n"], false, Finding::Status(0)),
        (&["HTTP/1.1 2"], true, Finding::Status(0)),
        (&[], true, Finding::Broken("closed without an answer".into())),
    ];
    for (pieces, close, expected) in cases {
        let (port, _) = node(pieces, *close).await;
        assert_eq!(target(json!({}), port).probe().await, *expected, "{pieces:?}");
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while stream.write_all(&[b'H'; 65536]).await.is_ok() {}
    });
    assert_eq!(target(json!({}), port).probe().await, Finding::Status(0));
}

#[tokio::test]
async fn what_is_said() {
    let (port, heard) = node(&["HTTP/1.1 200 OK\r\n\r\n"], true).await;
    let asks = json!({
        "http_method": "POST", "http_path": "/s?x=1", "http_req_body": "ping", "req_headers": ["A: 1", "host: mine.test"],
    });
    assert_eq!(target(asks, port).probe().await, Finding::Status(200));
    let expected =
        "POST /s?x=1 HTTP/1.1\r\nConnection: close\r\nA: 1\r\nhost: mine.test\r\nContent-Length: 4\r\n\r\nping";
    assert_eq!(heard.await.unwrap(), expected);
    let (port, heard) = node(&["HTTP/1.1 200 OK\r\n\r\n"], true).await;
    target(json!({ "host": "check.test" }), port).probe().await;
    assert_eq!(heard.await.unwrap(), "GET / HTTP/1.1\r\nConnection: close\r\nHost: check.test\r\n\r\n");
}

#[tokio::test]
async fn connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tcp = json!({ "type": "tcp" });
    assert_eq!(target(tcp.clone(), port).probe().await, Finding::Connected);
    // Accepted by nobody, and silent.
    assert_eq!(target(json!({ "timeout": 0.05 }), port).probe().await, Finding::TooSlow);
    drop(listener);
    assert!(matches!(target(tcp, port).probe().await, Finding::Broken(_)));
}

#[tokio::test]
async fn a_probe_that_no_tls_can_be_had_for_is_not_made() {
    let checks = Checks::from_value(&json!({ "active": { "type": "https" } })).unwrap();
    let rules = Rules::new(&checks, &HostRule::Pass, Some(Err("no roots".into()))).unwrap();
    let spec = NodeSpec { host: "127.0.0.1".into(), port: Some(1), weight: 1, priority: 0, metadata: None };
    let nodes = Nodes::new(&[spec], Scheme::Http, false, |_| Arc::from([]));
    let found = Target::new(&rules.active, nodes.get(0).unwrap()).probe().await;
    assert_eq!(found, Finding::NotMade("no roots".into()));
    assert_eq!((found.report(&rules.active.judge), found.verdict(None)), (None, Verdict::NotMade));
}

#[test]
fn the_node_is_not_to_blame_for_what_is_missing_here() {
    for (errno, is) in [
        (Errno::MFILE, true),
        (Errno::NFILE, true),
        (Errno::NOBUFS, true),
        (Errno::ADDRNOTAVAIL, true),
        (Errno::CONNREFUSED, false),
        (Errno::HOSTUNREACH, false),
        (Errno::CONNRESET, false),
    ] {
        assert_eq!(ours(&io::Error::from_raw_os_error(errno.raw_os_error())), is, "{errno}");
    }
}

#[test]
fn what_findings_say() {
    let judge = active(json!({})).judge;
    let failure = |fault| Some(Report::Failure(fault));
    for (finding, said, verdict) in [
        (Finding::Status(200), Some(Report::Success), Verdict::Success),
        (Finding::Status(500), failure(Fault::Http), Verdict::Failure),
        (Finding::Status(201), None, Verdict::Neither),
        (Finding::Status(0), failure(Fault::Http), Verdict::Failure),
        (Finding::Connected, Some(Report::Success), Verdict::Success),
        (Finding::Serving, Some(Report::Success), Verdict::Success),
        (Finding::NotServing("x".into()), failure(Fault::Http), Verdict::Failure),
        (Finding::Broken("x".into()), failure(Fault::Tcp), Verdict::Failure),
        (Finding::TooSlow, failure(Fault::Timeout), Verdict::Failure),
        (Finding::NotMade("x".into()), None, Verdict::NotMade),
    ] {
        let report = finding.report(&judge);
        assert_eq!((report, finding.verdict(report)), (said, verdict), "{finding}");
    }
}

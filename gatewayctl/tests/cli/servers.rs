//! What is said of a server that is down, slow, no gateway, an older one, or APISIX.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

/// Answers every connection with these bytes; none: never.
fn server(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for mut stream in listener.incoming().flatten() {
            if answer.is_empty() {
                silent.push(stream);
                continue;
            }
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

fn seen(address: SocketAddr, line: &str) -> String {
    let scene = Scene::alone().env("GATEWAYCTL_KEY", "k").env("GATEWAYCTL_SERVER", &format!("http://{address}"));
    let text = scene.run(&format!("{line} --retries 0 --timeout 200ms")).text;
    text.replace(&address.to_string(), "ADDRESS")
}

#[test]
fn each_gets_its_own_message() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
    let nowhere = "HTTP/1.1 404 Not Found\r\nServer: nginx/1.27\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
    let proxy = "HTTP/1.1 404 Not Found\r\nServer: APISIX/3.18.0\r\nContent-Type: text/plain\r\nContent-Length: 36\r\nConnection: close\r\n\r\n{\"error_msg\":\"404 Route Not Found\"}\n";
    let plain = "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
    let broken = "HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
    let whole = [
        ("down", closed, "get routes"),
        ("slow", server(""), "get routes"),
        ("a website", server(page), "get routes"),
        ("a website that has no such page", server(nowhere), "get routes"),
        ("a website that has no such page, and one object", server(nowhere), "get route r1"),
        ("a proxy listener", server(proxy), "get routes"),
        ("a listener for TLS", server(plain), "get routes"),
        ("a proxy in front whose gateway is down", server(broken), "get routes"),
        ("no HTTP", server("SSH-2.0-OpenSSH_9.6\r\n"), "get routes"),
        (
            "APISIX 2",
            server("HTTP/1.1 200 OK\r\nContent-Length: 23\r\nConnection: close\r\n\r\n{\"node\":{},\"count\":\"0\"}"),
            "get routes",
        ),
    ];
    let told = whole.map(|(what, address, line)| format!("# {what}\n{}", seen(address, line)));
    assert_snapshot!(told.join("\n"));
}

#[test]
fn an_older_gateway_and_apisix_lack_different_things() {
    let older = Fake::with_objects();
    older.script("GET", "/live", &[(404, r#"{"error_msg":"Unsupported resource type: live"}"#); 3]);
    let stock = Fake::with_objects();
    stock.goes_stock();
    let lines = [
        "logs",
        "events",
        "config history",
        "secrets test vault/1",
        "dubbo services",
        "traffic stat",
        "discovery list",
    ];
    for fake in [&older, &stock] {
        fake.hold("secrets/vault/1", serde_json::json!({"id":"vault/1","uri":"http://v"}));
    }
    assert_snapshot!("older", Scene::at(&older).runs(&lines));
    assert_snapshot!("apisix", Scene::at(&stock).runs(&lines));
}

#[test]
fn another_listener_is_never_an_empty_gateway() {
    let proxy = "HTTP/1.1 404 Not Found\r\nServer: gateway\r\nContent-Type: text/plain\r\nContent-Length: 36\r\nConnection: close\r\n\r\n{\"error_msg\":\"404 Route Not Found\"}\n";
    let control = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 30\r\nConnection: close\r\n\r\n{\"error_msg\":\"404 Not Found\"}\n";
    let application = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 23\r\nConnection: close\r\n\r\n{\"message\":\"not here\"}\n";
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("gw.yaml");
    std::fs::write(&path, "routes: [{id: a, uri: /a}]\n").unwrap();
    let file = path.display();
    let lines = [
        "get routes".to_owned(),
        "get route a".to_owned(),
        "get all".to_owned(),
        "config dump".to_owned(),
        format!("config diff -f {file}"),
        format!("config sync -f {file} -y"),
        format!("config validate --server-side -f {file}"),
        "config history".to_owned(),
        format!("apply -f {file}"),
        "delete route a -y".to_owned(),
        "tree".to_owned(),
        "ping".to_owned(),
        "context test".to_owned(),
    ];
    for (answer, like) in [
        (proxy, "like the proxy listener"),
        (control, "like the listener of the Control API"),
        (application, "is not an Admin API"),
    ] {
        let address = server(answer);
        let scene = Scene::alone().env("GATEWAYCTL_KEY", "k").env("GATEWAYCTL_SERVER", &format!("http://{address}"));
        for line in &lines {
            if answer == application && !line.starts_with("get all") && !line.starts_with("config dump") {
                continue;
            }
            let seen = scene.run(&format!("{line} --retries 0"));
            assert_eq!(seen.code, 7, "{}", seen.text);
            let named =
                seen.stderr.contains(like) && seen.stderr.contains(&format!("http://{address} is not an Admin API"));
            assert!(named && seen.stdout.is_empty(), "{}", seen.text);
        }
    }
    let address = server(proxy);
    let fake = Fake::start();
    fake.goes_live();
    let seen = Scene::at(&fake).run(&format!("import apisix --from http://{address}"));
    assert!(seen.code == 7 && seen.stderr.contains("like the proxy listener"), "{}", seen.text);
}

#[test]
fn what_answers_everything_alike_is_no_admin_api() {
    let head = |status: &str, kind: &str, length: usize| {
        format!(
            "HTTP/1.1 {status}\r\nServer: other/1\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )
    };
    let answers = [
        head("404 Not Found", "text/plain", 0),
        head("405 Method Not Allowed", "text/plain", 0),
        head("302 Found", "text/plain", 0),
        head("200 OK", "text/plain", 0),
        head("200 OK", "text/html", 6) + "<html>",
        head("200 OK", "application/json", 11) + "{\"ok\":true}",
        head("200 OK", "application/json", 2) + "[]",
    ];
    let lines = ["ping", "context test", "status", "get routes", "get route r1", "get all", "get credentials"];
    for answer in answers {
        let address = server(Box::leak(answer.clone().into_boxed_str()));
        let scene = Scene::alone().env("GATEWAYCTL_KEY", "k").env("GATEWAYCTL_SERVER", &format!("http://{address}"));
        for line in lines {
            let seen = scene.run(&format!("{line} --retries 0"));
            let named = seen.stderr.contains(&format!("http://{address} is not an Admin API: GET /apisix/admin/"));
            assert!(seen.code == 7 && named, "{answer}\n{}", seen.text);
        }
        let seen = scene.run("doctor --retries 0 --plain");
        let named = seen.stdout.contains(&format!("admin\tfail\thttp://{address} is not an Admin API"));
        assert!(seen.code == 1 && named && !seen.stdout.contains("it is taken"), "{answer}\n{}", seen.text);
    }
}

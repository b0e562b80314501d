use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

/// Valid until 2023-11-20, five days after the moment of the scenes.
const CERTIFICATE: &str = include_str!("certificate.pem");

const ROWS: &str = r#"[
 {"ssl_id":"1","type":"server","snis":["a.example","*.a.example"],"names":["a.example"],"subject":"CN=a.example","issuer":"CN=ca","serial":"01",
  "not_before":1690000000,"not_after":1701000000,"days_left":11,"key":"ec256","sha256":"ab","status":"expires_soon","chain_len":2,"warnings":["the certificate is not for *.a.example"]},
 {"ssl_id":"2","type":"server","snis":["b.example"],"names":["b.example"],"subject":"CN=b","issuer":"CN=ca","serial":"02","not_before":1,"not_after":2,
  "days_left":-1,"key":"rsa2048","sha256":"cd","status":"expired","chain_len":1,"warnings":[]},
 {"ssl_id":"3","type":"server","snis":["c.example"],"status":"disabled","chain_len":0,"warnings":[]},
 {"ssl_id":"4","type":"server","snis":["d.example"],"names":["d.example"],"subject":"CN=d","issuer":"CN=ca","serial":"03","not_before":1,"not_after":4000000000,
  "days_left":9999,"key":"ec256","sha256":"ef","status":"valid","chain_len":1,"warnings":[]}]"#;

#[test]
fn those_of_the_gateway() {
    let fake = Fake::with_objects();
    fake.script("GET", "/live/certs", &[(200, ROWS); 5]);
    let lines = [
        "certs list -o wide",
        "certs expiry --fail",
        "certs expiry --within 1d -o name",
        "certs check",
        "certs list -o jq=.items[0].key",
    ];
    assert_snapshot!(Scene::at(&fake).runs(&lines));
}

#[test]
fn those_of_a_server_without_live_endpoints() {
    let fake = Fake::with_objects();
    fake.hold("ssls/1", json!({"id":"1","cert":CERTIFICATE,"sni":"other.example"}));
    fake.hold("ssls/2", json!({"id":"2","cert":"$secret://vault/1/cert","sni":"x.example"}));
    assert_snapshot!(Scene::at(&fake).runs(&["certs list", "certs check", "certs inspect ssl/1", "certs expiry"]));
}

#[test]
fn files_and_addresses() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    scene.file("c.pem", CERTIFICATE);
    scene.file("no.pem", "nothing");
    let lines = [
        "certs inspect ~/c.pem --sni x.example",
        "certs inspect ~/c.pem -o jq=.[0].chain[0].key",
        "certs check ~/c.pem --key ~/no.pem -o csv",
        "certs inspect ~/no.pem",
        "certs inspect ssl/none",
        "certs inspect 127.0.0.1:1",
        "certs upload --cert ~/no.pem --key ~/no.pem",
        "certs upload --cert ~/c.pem --key ~/no.pem",
        "certs upload --cert ~/c.pem",
    ];
    assert_snapshot!(scene.runs(&lines));
    assert!(fake.asked().iter().all(|asked| asked.starts_with("GET")), "{:?}", fake.asked());
}

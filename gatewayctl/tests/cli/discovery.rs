use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

const REGISTRIES: &str = r#"[{"type":"nacos","state":"connected","server":"http://n:8848","since":1700000000,"last_ok":1700003600,"error":null,"failures":0,"services":2,"nodes":3},
 {"type":"zookeeper","state":"retrying","server":null,"since":null,"last_ok":null,"error":{"at":1700003600,"text":"no connection"},"failures":7,"services":1,"nodes":0}]"#;
const SERVICES: &str = r#"[{"type":"nacos","service":"orders","count":2,"nodes":[{"host":"10.0.0.7","port":8080,"weight":1},{"host":"fd00::7","port":80,"weight":2,"metadata":{"zone":"a","token":"***"}}]},
 {"type":"nacos","service":"ns/g/carts","count":0,"nodes":[]}]"#;

#[test]
fn registries_services_and_instances() {
    let fake = Fake::with_objects();
    fake.script("GET", "/live/discovery/nacos", &[(200, SERVICES); 5]);
    fake.script(
        "GET",
        "/live/discovery/nacis",
        &[(404, r#"{"error_msg":"there is no registry nacis in the configuration file"}"#)],
    );
    fake.script("GET", "/live/discovery", &[(200, REGISTRIES); 2]);
    let lines = [
        "discovery list -o wide",
        "discovery get nacos",
        "discovery get nacos orders",
        "discovery get nacos ns/g/carts",
        "discovery get nacos order",
        "discovery get nacis",
    ];
    assert_snapshot!(Scene::at(&fake).runs(&lines));
}

#[test]
fn a_server_that_does_not_tell() {
    assert_snapshot!(Scene::at(&Fake::with_objects()).runs(&["discovery list", "discovery get nacos -o json"]));
}

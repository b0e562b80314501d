//! How commands end that no other test shows whole: when all is well, and in their likeliest failures. That there is such a
//! test for every command is checked beside the command line itself (`src/audit.rs`).

use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

const CERTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/tests/certificates");

fn certificates(scene: &Scene) {
    for file in ["one.pem", "one.key", "two.key"] {
        scene.file(file, &std::fs::read_to_string(format!("{CERTS}/{file}")).unwrap());
    }
}

#[test]
fn of_files_of_this_machine() {
    let scene = Scene::alone();
    scene.file("a.yaml", "routes: [{id: a, uri: /a}]\n");
    scene.file("b.yaml", "routes: [{id: a, uri: /b}]\n");
    scene.file("broken.yaml", "routes: [{id: a\n");
    scene.file("adc.yaml", "services: [{name: shop, routes: [{name: r, uris: [/x]}]}]\n");
    let groups = [
        (
            "alias",
            &[
                "alias set rl get routes",
                "alias list",
                "alias lst",
                "alias list extra",
                "alias list -o xml",
                "alias delete rl",
                "alias delete",
            ][..],
        ),
        ("completion", &["completion bsh", "completion"]),
        (
            "config_merge",
            &["config merge -f ~/a.yaml", "config merge -f ~/a.yaml -f ~/b.yaml", "config merge -f ~/none.yaml"],
        ),
        (
            "config_split",
            &[
                "config split -f ~/a.yaml --to ~/out",
                "config split -f ~/none.yaml --to ~/out",
                "config split -f ~/broken.yaml --to ~/out2",
            ],
        ),
        ("config_file", &["config-file path", "config-file pth", "config-file path extra", "config-file path -o xml"]),
        (
            "context",
            &[
                "context create local --server http://127.0.0.1:9180",
                "context list",
                "context list -o xml",
                "context list extra",
                "context use local",
                "context use other",
                "context use",
                "context view",
                "context view -o csv",
                "context view extra",
                "context rename local home",
                "context rename other x",
                "context rename home",
                "context delete home",
                "context delete home",
                "context delete",
            ],
        ),
        (
            "convert",
            &[
                "convert adc ~/adc.yaml",
                "convert adc ~/none.yaml",
                "convert adc ~/broken.yaml",
                "convert deck x.yaml",
                "convert deck",
                "convert nginx nginx.conf",
                "convert nginx",
                "convert k8s-ingress x.yaml",
                "convert k8s-ingress",
            ],
        ),
        ("man", &["man nothing", "man --dir /dev/null/x"]),
        ("plugins", &["plugins docs cors extra", "plugins docs"]),
    ];
    for (name, lines) in groups {
        assert_snapshot!(name, scene.runs(lines));
    }
}

#[test]
fn of_a_server() {
    let fake = Fake::with_objects();
    fake.script("GET", "/plugins?all=true", &[(200, r#"{"cors":{"priority":4000,"version":0.1,"schema":{}}}"#)]);
    fake.script("PUT", "/plugins/reload", &[(200, "done"), (405, r#"{"error_msg":"please use PUT method"}"#)]);
    fake.script("GET", "/plugins/list", &[(200, r#"["cors","key-auth"]"#); 9]);
    fake.script("GET", "/schema/plugins/key-auth", &[(200, r#"{"type":"object"}"#); 2]);
    fake.script("GET", "/schema/plugins/none", &[(404, "{}"); 2]);
    let scene = Scene::at(&fake);
    certificates(&scene);
    let groups = [
        ("certs_list", &["certs list", "certs list --retries 0 --server http://127.0.0.1:1", "certs list -o xml"][..]),
        (
            "certs_expiry",
            &[
                "certs expiry --within 30d",
                "certs expiry --within soon",
                "certs expiry --retries 0 --server http://127.0.0.1:1",
            ],
        ),
        (
            "certs_check",
            &[
                "certs check ~/one.pem --key ~/one.key -o csv",
                "certs check ~/one.pem --key ~/two.key -o csv",
                "certs check ~/none.pem",
            ],
        ),
        (
            "certs_upload",
            &[
                "certs upload --cert ~/one.pem --key ~/one.key --id one",
                "certs upload --cert ~/one.pem --key ~/two.key --id one",
                "certs upload --cert ~/none.pem --key ~/one.key",
            ],
        ),
        ("enable", &["enable route orders", "enable route none", "enable consumer bob"]),
        (
            "plugins_list",
            &[
                "plugins list --enabled",
                "plugins list --subsystem tcp",
                "plugins list --retries 0 --server http://127.0.0.1:1",
            ],
        ),
        ("plugins_example", &["plugins example key-auth", "plugins example none", "plugins example"]),
        (
            "plugins_usage",
            &["plugins usage cors", "plugins usage", "plugins usage --retries 0 --server http://127.0.0.1:1 cors"],
        ),
        (
            "plugins_reload",
            &["plugins reload", "plugins reload", "plugins reload --retries 0 --server http://127.0.0.1:1"],
        ),
        (
            "consumers_who",
            &[
                "consumers who bobs-secret",
                "consumers who nobodys",
                "consumers who --retries 0 --server http://127.0.0.1:1 x",
            ],
        ),
        ("traffic_top", &["traffic top --window 10", "traffic top --retries 0 --server http://127.0.0.1:1"]),
        ("version", &["version extra", "version --clint"]),
    ];
    for (name, lines) in groups {
        assert_snapshot!(name, scene.runs(lines));
    }
}

#[test]
fn of_a_token() {
    let fake = Fake::start();
    let conf = json!({"jwt-auth":{"key":"eve","secret":"a-secret-of-at-least-32-characters-so"}});
    fake.hold("consumers/eve", json!({"username":"eve","plugins":conf}));
    let lines = ["consumers token eve", "consumers token eve --plugin key-auth", "consumers token nobody"];
    assert_snapshot!(Scene::at(&fake).runs(&lines));
}

#[test]
fn of_a_doctor_who_finds_nothing() {
    let fake = Fake::start();
    fake.goes_stock();
    let listener = format!("http://{}", fake.address);
    let scene = Scene::at(&fake).env("GATEWAYCTL_CONTROL_SERVER", &listener).env("GATEWAYCTL_GATEWAY", &listener);
    let scene = scene.env("GATEWAYCTL_METRICS", &format!("{listener}/apisix/prometheus/metrics"));
    let seen = scene.run("doctor");
    assert!(seen.code == 0 && seen.stdout.contains("metrics"), "{}", seen.text);
}

use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

/// What differs from machine to machine is left out.
fn told(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("tool"));
    lines.map(|line| format!("{}\n", line.split(", ").next().unwrap_or(line))).collect()
}

#[test]
fn all_checks() {
    let fake = Fake::with_objects();
    fake.script(
        "GET",
        "/live",
        &[(200, r#"{"api":1,"abilities":["info","events"],"name":"admin","roles":["admin"]}"#)],
    );
    let url = format!("http://{}", fake.address);
    let scene = Scene::at(&fake)
        .env("GATEWAYCTL_CONTROL_SERVER", &url)
        .env("GATEWAYCTL_GATEWAY", &url)
        .env("GATEWAYCTL_METRICS", "http://127.0.0.1:1/m");
    let seen = scene.run("doctor");
    assert_snapshot!(told(&seen.text));
    assert!(!seen.text.contains(crate::fake::KEY), "{}", seen.text);
}

#[test]
fn what_fails_is_told() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake)
        .env("GATEWAYCTL_CONTROL_SERVER", "http://127.0.0.1:1")
        .env("GATEWAYCTL_GATEWAY", "http://127.0.0.1:1")
        .env("GATEWAYCTL_KEY", "wrong");
    assert_snapshot!(told(&scene.run("doctor --retries 0 -o csv").text));
    let scene = Scene::alone();
    scene.file(".config/gatewayctl/config.yaml", "contexts: [{name: x, sever: y}]\n");
    assert_snapshot!(told(&scene.run("doctor").text));
}

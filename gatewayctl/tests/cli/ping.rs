use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn who_answers() {
    let fake = Fake::start();
    let seen = Scene::at(&fake).run("ping -n 2 --interval 1ms");
    assert!(seen.code == 0 && seen.stdout.lines().count() == 2 && seen.stdout.contains("answers in"), "{}", seen.text);
    let seen = Scene::at(&fake).run("ping -o jsonpath={.status}");
    assert_eq!(seen.stdout, "200\n", "{}", seen.text);
}

#[test]
fn nobody_answers() {
    let scene = Scene::alone().env("GATEWAYCTL_SERVER", "http://127.0.0.1:1");
    assert_snapshot!(scene.runs(&["ping --retries 0", "ping -n 0"]));
}

use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

const TEXT: &str = "# HELP a_total Words\n# TYPE a_total counter\na_total{route=\"r1\",code=\"200\"} 5\na_total{route=\"r2\"} 7.5\n# TYPE up gauge\nup 1\n# TYPE lat histogram\nlat_bucket{type=\"request\",le=\"1\"} 50\nlat_bucket{type=\"request\",le=\"10\"} 100\nlat_bucket{type=\"request\",le=\"+Inf\"} 100\nlat_sum{type=\"request\"} 300\nlat_count{type=\"request\"} 100\n";

fn scene(fake: &Fake) -> Scene {
    Scene::at(fake).env("GATEWAYCTL_METRICS", &format!("http://{}/metrics", fake.address))
}

#[test]
fn numbers_as_rows() {
    let fake = Fake::start();
    fake.script("GET", "/metrics", &[(200, TEXT); 6]);
    let lines = [
        "metrics",
        "metrics *_total --label route=r1",
        "metrics lat -o json",
        "metrics up -o name",
        "metrics none",
        "metrics --raw",
    ];
    assert_snapshot!(scene(&fake).runs(&lines));
}

#[test]
fn with_a_watch_only_what_changes() {
    let fake = Fake::start();
    fake.script("GET", "/metrics", &[(200, TEXT), (200, &TEXT.replace("7.5", "8.5")), (500, "")]);
    assert_snapshot!(scene(&fake).run("metrics a_total -w --interval 1ms").text);
}

#[test]
fn no_metrics() {
    let fake = Fake::start();
    fake.script("GET", "/metrics", &[(404, ""), (200, "<html>")]);
    assert_snapshot!(scene(&fake).runs(&["metrics", "metrics", "metrics --label x"]));
    assert_snapshot!(scene(&fake).env("GATEWAYCTL_METRICS", "http://127.0.0.1:1/m").run("metrics --retries 0").text);
}

#[test]
fn the_gateway_tells_where_they_are() {
    let fake = Fake::start();
    let told = |name: &str| {
        let addr = fake.address;
        format!(r#"{{"listeners":[{{"name":"{name}","addr":"{addr}","scheme":"http","path":"/told"}}]}}"#)
    };
    let (with, without) = (told("metrics"), told("proxy"));
    fake.script("GET", "/live/info", &[(200, &*with), (200, &*without), (403, "{}")]);
    fake.script("GET", "/told", &[(200, TEXT)]);
    fake.script("GET", "/metrics", &[(200, TEXT)]);
    let unnamed = Scene::at(&fake).env("GATEWAYCTL_METRICS", "");
    assert_snapshot!(unnamed.runs(&["metrics up", "metrics up"]));
    // What is named is not asked for.
    let before = fake.asked().len();
    assert_eq!(scene(&fake).run("metrics up").code, 0);
    assert_eq!(fake.asked().len(), before + 1, "{:?}", fake.asked());
}

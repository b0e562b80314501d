use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn until_it_is_so() {
    let fake = Fake::with_objects();
    let missing = (404, r#"{"message":"Key not found"}"#);
    fake.script("GET", "/routes/hello", &[missing, missing]);
    let nodes = |state| format!(r#"[{{"addr":"a:1","state":"healthy"}},{{"addr":"b:1","state":"{state}"}}]"#);
    let (bad, good) = (nodes("unhealthy"), nodes("healthy"));
    fake.script("GET", "/live/nodes?upstream=u1", &[(200, &bad), (200, &bad), (200, &good)]);
    fake.script(
        "GET",
        "/live/info",
        &[(200, r#"{"config":{"applied_revision":1}}"#), (200, r#"{"config":{"applied_revision":9}}"#)],
    );
    assert_snapshot!(Scene::at(&fake).runs(&[
        "wait route hello --for exists --every 10ms",
        "wait upstream u1 --for healthy=50% --every 10ms",
        "wait upstream/u1 --for healthy --every 10ms",
        "wait route hello --for rev=9 --every 10ms",
        "wait route gone --for deleted",
    ]));
}

#[test]
fn too_late_and_mistakes() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).runs(&[
        "wait route nothing --for exists --every 10ms --timeout 100ms",
        "wait route hello --for deleted --every 10ms --timeout 100ms",
        "wait route hello --for healthy",
        "wait route hello --for happy",
        "wait route hello --for healthy=200%",
        "wait routes --for exists",
    ]));
}

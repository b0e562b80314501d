use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn what_names_what() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).runs(&[
        "tree",
        "tree route orders",
        "tree route/orders -o json",
        "tree --unused",
        "tree --broken",
        "tree route nothing",
    ]));
}

#[test]
fn what_is_unused_or_missing() {
    let fake = Fake::with_objects();
    fake.hold("upstreams/alone", json!({"id":"alone","name":"nobody asks","nodes":{}}));
    fake.hold("routes/lost", json!({"id":"lost","uri":"/","upstream_id":"gone","service_id":"s1"}));
    fake.hold("stream_routes/a", json!({"id":"a","protocol":{"name":"x","superior_id":"b"}}));
    fake.hold("stream_routes/b", json!({"id":"b","protocol":{"name":"x","superior_id":"a"}}));
    assert_snapshot!(Scene::at(&fake).runs(&[
        "tree --unused",
        "tree --broken",
        "tree --broken -o json",
        "tree route lost",
        "tree stream-route a"
    ]));
}

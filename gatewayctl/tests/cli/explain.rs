use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn fields_and_what_they_take() {
    let fake = Fake::start();
    let schema = r#"{"type":"object","required":["count"],"encrypt_fields":["redis_password"],"properties":{"count":{"type":"integer","minimum":1,"description":"How many"},"policy":{"enum":["local","redis"],"default":"local"},"redis_password":{"type":"string","minLength":0},"list":{"type":"array","minItems":1,"items":{"type":"object","properties":{"name":{"type":"string","pattern":"^a"}}}}}}"#;
    fake.script("GET", "/schema/plugins/limit-count", &[(200, schema); 4]);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "explain route.upstream.timeout",
        "explain route.methods",
        "explain route.plugins.limit-count",
        "explain route.plugins.limit-count.count",
        "explain route.plugins.limit-count.list.name",
        "explain secret.vault",
        "explain upstream.checks.active.healthy -o json --compact",
    ]));
    let consumer = r#"{"properties":{"key":{"type":"string","description":"The key"}}}"#;
    fake.script("GET", "/schema/plugins/key-auth?schema_type=consumer", &[(200, consumer); 2]);
    fake.script("GET", "/schema/plugins/mqtt-proxy?subsystem=stream", &[(200, schema)]);
    fake.script("GET", "/schema/plugins/http-logger?schema_type=metadata", &[(200, schema)]);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "explain consumer.plugins.key-auth.key",
        "explain credential.plugins.key-auth",
        "explain stream-route.plugins.mqtt-proxy.count",
        "explain plugin-metadata.http-logger.policy",
        "explain secret",
        "explain secret.aws.region",
    ]));
    assert!(Scene::at(&fake).run("explain upstream --recursive").stdout.contains("successes"));
}

#[test]
fn what_is_not_there() {
    let fake = Fake::start();
    fake.script("GET", "/plugins/list", &[(200, r#"["limit-count"]"#)]);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "explain rote",
        "explain route.upstrem",
        "explain route.plugins.limit-cuont",
        "explain route..x",
        "explain secret.volt",
    ]));
}

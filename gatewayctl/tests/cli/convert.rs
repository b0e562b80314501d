use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

const PETS: &str = r##"openapi: 3.1.0
info: {title: Pet Store, description: All about pets}
servers:
  - url: https://{region}.pets.example/v1
    variables: {region: {default: eu}}
  - url: http://other.example/v1
security: [{key: []}, {token: []}]
x-gw-labels: {team: pets}
x-adc-plugins: {cors: {}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    token: {type: http, scheme: bearer}
    login: {type: oauth2}
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        name: {type: string, nullable: true, example: Rex}
        parent: {$ref: '#/components/schemas/Pet'}
paths:
  /pets:
    get: {operationId: listPets, summary: List them}
    post:
      operationId: addPet
      security: [{login: []}]
      parameters: [{name: X-Trace, in: header, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {type: object, required: [pet], properties: {pet: {type: string}}}}}}
  /pets/{pet.id}/toys/{toy}:
    get: {x-gw-plugins: {proxy-cache: {}}}
"##;

const ADC: &str = r"services:
  - name: shop
    description: All of it
    upstream: {nodes: [{host: 10.0.0.5, port: 80, weight: 1}]}
    routes:
      - {name: list, uris: [/list], methods: [GET], labels: {a: [x, y]}}
      - {name: own, id: own-id, uris: [/own]}
consumers:
  - username: bob
    credentials: [{name: one, type: key-auth, config: {key: bobs-key}}]
consumer_groups:
  - {name: gold, plugins: {}, consumers: [{username: eve}]}
ssls:
  - snis: [a.example, b.example]
    certificates: [{certificate: CERT, key: KEY}, {certificate: CERT2, key: KEY2}]
global_rules: {cors: {}}
plugin_metadata: {http-logger: {log_format: {}}}
";

#[test]
fn openapi() {
    let scene = Scene::alone().stdin(PETS);
    assert_snapshot!(scene.runs(&[
        "convert openapi -",
        "convert openapi - --allow-open -o json",
        "convert openapi - --group-by path --path-params colon --to adc",
        "convert openapi - --validate-requests -o json",
        "convert openapi - --strict -o ~/pets.yaml",
    ]));
    let scene = Scene::alone();
    scene.file("v2.json", r#"{"swagger":"2.0","info":{"title":"Old"},"host":"old.example:8080","basePath":"/api","paths":{"/a":{"get":{}}}}"#);
    scene.file("none.yaml", "openapi: 3.0.0\ninfo: {title: x}\npaths: {}\n");
    scene.file("other.yaml", "kind: route\n");
    assert_snapshot!(scene.runs(&[
        "convert openapi ~/v2.json",
        "convert openapi ~/none.yaml",
        "convert openapi ~/other.yaml",
        "convert openapi",
    ]));
}

#[test]
fn misspelt_names_of_adc_are_told() {
    let scene = Scene::alone();
    scene.file("a.yaml", "services:\n  - name: shop\n    plugns: {cors: {}}\n    routes: [{name: r, uris: [/r], plugins: {croos: {}}}]\nconsumrs: []\n");
    scene.file("b.yaml", "services:\n  - name: shop\n    plugns: {cors: {}}\n    routes: [{name: r, uris: [/r], plugins: {croos: {}}}]\n");
    assert_snapshot!(scene.runs(&["convert adc ~/a.yaml", "convert adc ~/b.yaml", "convert adc ~/b.yaml --strict"]));
}

#[test]
fn adc_both_ways() {
    let scene = Scene::alone().stdin(ADC);
    let native = scene.run("convert adc -").stdout;
    assert_snapshot!(native);
    let back = Scene::alone().stdin(&native).run("convert adc - --to adc");
    assert_snapshot!(back.text);
    assert_eq!(Scene::alone().stdin(&back.stdout).run("convert adc -").stdout, native);
}

#[test]
fn a_dump_in_the_shape_of_adc() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.run("config dump --format adc").text);
    let scene = Scene::at(&fake).stdin(ADC);
    assert_snapshot!(scene.run("config diff -f - --no-delete -o name").text);
    assert_snapshot!(Scene::at(&fake).stdin("services: [{routes: []}]").run("config diff -f -").text);
}

/// Whatever is not as it was when such a file is read back is named.
#[test]
fn what_the_shape_of_adc_loses_is_named() {
    let fake = Fake::with_objects();
    fake.hold("upstreams/alone", json!({"id":"alone","nodes":{"10.0.0.1:80":1}}));
    fake.hold("plugin_configs/p", json!({"id":"p","plugins":{"cors":{}}}));
    fake.hold("routes/p", json!({"id":"p","name":"p","uri":"/p","plugin_config_id":"p","service_id":"s1"}));
    let split = json!({"traffic-split":{"rules":[{"weighted_upstreams":[{"upstream_id":"u1","weight":1}]}]}});
    fake.hold("routes/split", json!({"id":"split","name":"s","uri":"/split","service_id":"s1","plugins":split}));
    fake.hold("global_rules/1", json!({"id":"1","plugins":{"cors":{},"prometheus":{}}}));
    fake.hold("global_rules/gzip", json!({"id":"gzip","plugins":{"gzip":{}}}));
    fake.hold(
        "consumers/bob/credentials/c2",
        json!({"id":"c2","name":"two","plugins":{"key-auth":{"key":"a"},"jwt-auth":{"key":"b"}}}),
    );
    fake.hold("protos/o", json!({"id":"o","content":"syntax = \"proto3\";"}));
    let scene = Scene::at(&fake);
    let dump = scene.run("config dump --format adc --to ~/adc.yaml");
    assert_snapshot!(dump.text);
    let differ = scene.run("config diff -f ~/adc.yaml -o name");
    let all: Vec<&str> = differ.stdout.lines().collect();
    // The service that a route gets has the route's name.
    let named = |name: &&str| dump.stderr.contains(*name) || dump.stderr.contains(&name.replace("service/", "route/"));
    // What has no id gets one: of a plugin of the global rules, of a service that only a route needs.
    let made = |name: &&str| {
        ["global-rule/cors", "global-rule/prometheus"].contains(name)
            || name
                .strip_prefix("service/")
                .is_some_and(|id| id.len() == 40 && id.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let unnamed: Vec<&&str> = all.iter().filter(|name| !named(name) && !made(name)).collect();
    assert!(unnamed.is_empty() && all.len() > 9, "{unnamed:?} of {all:?}");
    for line in ["config dump --format adc --to ~/adc/ --split-by label:team", "config dump --format adc --to ~/each/"]
    {
        let seen = scene.run(line);
        assert!(seen.stderr.contains("warning: "), "{}", seen.text);
    }
    let native = scene.run("config dump --to ~/native.yaml");
    assert!(!native.stderr.contains("warning"), "{}", native.text);
    let merged = scene.run("config merge -f ~/native.yaml --shape adc");
    assert!(merged.stderr.contains("plugin-config/p: becomes a part"), "{}", merged.text);
    // Only what is lost could not be converted.
    let strict = Scene::alone().stdin("services: [{id: s}]\nroutes: [{id: r, uri: /, service_id: s}]\n");
    let seen = strict.run("convert adc - --to adc --strict");
    assert!(seen.code == 0 && seen.stderr.contains("route/r: gets its id as its name"), "{}", seen.text);
}

#[test]
fn what_is_not_built_is_refused_by_name() {
    let scene = Scene::alone();
    assert_snapshot!(scene.runs(&[
        "convert deck kong.yaml",
        "convert nginx nginx.conf",
        "convert k8s-ingress ingress.yaml",
        "convert nginks x",
        "convert deck -h",
    ]));
}

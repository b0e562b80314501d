//! Costs of GraphQL fields, which live below services as credentials live below consumers.

use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

fn with_costs() -> Fake {
    let fake = Fake::with_objects();
    let cost = json!({"id":"first","service_id":"s1","field_path":"Query.products","mul_arguments":["first"],"add_value":1,"mul_value":1,"create_time":1_700_000_000,"update_time":1_700_000_100});
    fake.hold("services/s1/graphql_cost_decorations/first", cost);
    fake
}

#[test]
fn shown_made_and_deleted() {
    let fake = with_costs();
    let scene = Scene::at(&fake);
    scene.file("cost.yaml", "{kind: gqlcost, id: third, service_id: s1, field_path: Query.c}");
    assert_snapshot!(scene.runs(&[
        "get gqlcost",
        "get graphql_cost_decorations --service s1 -o name",
        "get gqlcost first --service s1 -o yaml",
        "get gqlcost/s1/other",
        "get gqlcost first",
        "describe gqlcost first --service s1",
        "create gqlcost second --service s1 --set field_path=Query.b",
        "create gqlcost --set field_path=Query.b",
        "create gqlcost s1/none --set add_value=2",
        "apply -f ~/cost.yaml",
        "apply -f ~/cost.yaml",
        "patch gqlcost third --service s1 --set mul_value=3",
        "wait gqlcost third --service s1 --for exists",
        "tree service s1",
        "delete gqlcost second --service s1 --yes",
        "delete gqlcost second --service s1 --yes",
    ]));
    assert_eq!(fake.held("services/s1/graphql_cost_decorations/second"), None);
}

#[test]
fn the_whole_configuration_has_them() {
    let fake = with_costs();
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "config dump --only services,gqlcost",
        "config dump --only gqlcost --format object",
        "config dump --only gqlcost --format adc",
        "get all -o name",
    ]));
    for format in ["native", "object", "envelope"] {
        scene.file("dump.yaml", &scene.run(&format!("config dump --with-secrets --format {format}")).stdout);
        let seen = scene.run("config diff -f ~/dump.yaml");
        assert_eq!(seen.code, 0, "{}", seen.text);
    }
    scene.file("none.yaml", "graphql_cost_decorations: []\n");
    scene.file("gone.yaml", "graphql_cost_decorations: [{id: a, service_id: gone, field_path: Query.a}]\n");
    assert_snapshot!(scene.runs(&[
        "config validate -f ~/gone.yaml",
        "config lint -f ~/gone.yaml",
        "config sync -f ~/none.yaml --only gqlcost --yes --max-deletes 100%",
    ]));
}

/// What an APISIX without them makes of such a path is the service.
#[test]
fn a_server_that_has_none_keeps_its_services() {
    let fake = with_costs();
    fake.goes_stock();
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "get gqlcost",
        "get gqlcost s1/first",
        "delete gqlcost s1/first --yes",
        "create gqlcost s1/first --set name=x",
        "config dump --only services,gqlcost",
        "tree service s1",
    ]));
    scene.file("dump.yaml", &scene.run("config dump --with-secrets").stdout);
    let seen = scene.run("config sync -f ~/dump.yaml --yes");
    assert!(seen.code == 0 && seen.text.contains("0 to create, 0 to update, 0 to delete"), "{}", seen.text);
    assert_eq!(fake.held("services/s1").unwrap()["name"], "shop");
}

use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn set_used_and_deleted() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    let set = scene.run_words(&["alias", "set", "busy", "get routes --where 'priority > 1' -o name"]);
    assert_eq!(set.code, 0, "{}", set.text);
    assert_snapshot!(scene.runs(&[
        "alias set rl get routes -o name --limit 1",
        "alias list",
        "busy",
        "rl",
        "rl --limit 2",
        "get rl",
        "alias list -o json",
        "alias delete rl",
        "rl",
        "alias list --plain",
    ]));
}

#[test]
fn what_is_no_alias() {
    let scene = Scene::alone();
    assert_snapshot!(scene.runs(&[
        "alias list",
        "alias set get get routes",
        "alias set help get routes",
        "alias set a/b get routes",
        "alias set x gte routes",
        "alias set x",
        "alias delete x",
        "alias lst",
    ]));
    assert!(!scene.path(".config/gatewayctl/config.yaml").exists());
}

#[test]
fn what_stands_behind_an_alias_overrides_it() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    scene.run("alias set rl get routes -o wide --limit 1 --sort-by id --no-headers");
    assert_snapshot!(scene.runs(&[
        "rl -o name",
        "rl --limit 2 --sort-by id:desc --output name --no-headers",
        "-o json rl -o name",
        "get routes -o wide -o name",
    ]));
}

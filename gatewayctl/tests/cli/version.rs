use crate::fake::Fake;
use crate::scene::Scene;

fn without_build(text: &str) -> String {
    let open = text.find('(').unwrap();
    let close = text.find(')').unwrap();
    format!("{}(BUILD){}", &text[..open], &text[close + 1..])
}

#[test]
fn client_and_server() {
    let fake = Fake::start();
    let scene = Scene::at(&fake);
    insta::assert_snapshot!(without_build(&scene.run("version").text));
    insta::assert_snapshot!(without_build(&scene.run("version --client").text));
    insta::assert_snapshot!(without_build(&scene.run("--version").text));
    let scene = scene.env("GATEWAYCTL_SERVER", "http://127.0.0.1:1");
    insta::assert_snapshot!(without_build(&scene.run("version --retries 0").text));
}

#[test]
fn for_machines() {
    let fake = Fake::start();
    let seen = Scene::at(&fake).run("version -o json");
    let told: serde_json::Value = serde_json::from_str(&seen.stdout).unwrap();
    assert_eq!(told["server"]["name"], "APISIX/3.18.0");
    assert_eq!(told["server"]["version"], "0.1.0");
    for line in ["--version -o json", "version --client -o json"] {
        let told: serde_json::Value = serde_json::from_str(&Scene::alone().run(line).stdout).unwrap();
        let mut keys: Vec<&String> = told.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["build_date", "git", "target", "version"]);
        assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    }
}

#[test]
fn needs_no_configuration() {
    let scene = Scene::alone();
    scene.file(".config/gatewayctl/config.yaml", "nonsense: true\n");
    for line in ["--version", "version --client", "completion bash"] {
        assert_eq!(scene.run(line).code, 0, "{line}");
    }
    assert_eq!(scene.run("get routes").code, 2);
}

//! The commands that change the configuration file.

use insta::assert_snapshot;

use crate::fake::{Fake, KEY};
use crate::scene::Scene;

#[test]
fn made_used_renamed_and_deleted() {
    let scene = Scene::alone();
    assert_snapshot!(scene.runs(&[
        "context list",
        "context current",
        "context create local --server http://127.0.0.1:9180",
        "context create prod --server https://gw.example --key a-secret-key --read-only --confirm writes --accent red",
        "context list",
        "context current",
        "context use prod",
        "context current",
        "context current -C local",
        "context rename prod production",
        "context view",
        "context list -o json --compact",
        "context list -o name",
        "context delete production",
        "context current",
    ]));
    let file = scene.path(".config/gatewayctl/config.yaml");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(std::fs::read_to_string(file).unwrap().contains("local"));
}

/// Who changes the file waits for who does so already.
#[test]
fn at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.yaml").display().to_string();
    let threads: Vec<_> = (0..20)
        .map(|number| {
            let config = config.clone();
            std::thread::spawn(move || {
                let scene = Scene::alone().env("GATEWAYCTL_CONFIG", &config);
                scene.run(&format!("context create c{number} --server http://127.0.0.1:9180")).code
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 0));
    let list = Scene::alone().env("GATEWAYCTL_CONFIG", &config).run("context list -o name").stdout;
    assert_eq!(list.lines().count(), 20, "{list}");
}

#[test]
fn mistakes() {
    let scene = Scene::alone();
    scene.run("context create prod --server https://gw.example");
    scene.file("broken.yaml", "contexts: [{nam: x}]\n");
    assert_snapshot!(scene.runs(&[
        "context create prod",
        "context use prd",
        "context delete nothing",
        "context rename prod prod",
        "context create x --server gw.example:9180",
        "context create y --confirm sometimes",
        "context list --config ~/broken.yaml",
        "context import --from adc ~/none",
        "context import --from nobody",
        "context import --from curl",
    ]));
}

#[test]
fn out_of_other_tools() {
    let scene = Scene::alone();
    scene.file("env", "# adc\nexport ADC_SERVER=http://adc:9180\nADC_TOKEN=\"a-secret\"\n");
    scene.file(".config/a6/config.yaml", "current-context: one\ncontexts:\n- {name: one, server: 'http://a6:9180', api-key: k1}\n- {name: two, server: 'http://a6:9181'}\n");
    scene.file(".deck.yaml", "kong-addr: http://kong:8001\n");
    assert_snapshot!(scene.runs(&[
        "context import --from adc ~/env",
        "context import --from a6",
        "context import --from deck --name from-deck",
        "context import --from adc ~/env",
    ]));
    let curl = "curl -i 'http://gw:9180/pre/apisix/admin/routes?page=1' -H 'X-API-KEY: a-secret' -X PUT -d '{}'";
    assert_eq!(scene.run_words(&["context", "import", "--from", "curl", curl]).code, 0);
    assert_snapshot!(scene.run("context view").text);
    assert_snapshot!(scene.run("context list").text);
    assert!(std::fs::read_to_string(scene.path(".config/gatewayctl/config.yaml")).unwrap().contains("a-secret"));
}

#[test]
fn one_is_tried() {
    let fake = Fake::with_objects();
    let scene = Scene::alone();
    let server = format!("http://{}", fake.address);
    scene.run(&format!("context create good --server {server} --key {KEY}"));
    scene.run(&format!("context create bad --server {server} --key wrong"));
    let tidy = |text: String| text.replace(&fake.address.to_string(), "127.0.0.1:19180");
    assert_snapshot!(tidy(scene.runs(&["context test", "context test bad", "context test none"])));
}

#[cfg(unix)]
/// What a shell makes of it.
#[test]
fn a_command_for_the_key_is_read_as_a_shell_does() {
    let scene = Scene::alone();
    let command = r#"printf "%s\n" 'a \b' c\ d"#;
    let seen = scene.run_words(&["context", "create", "x", "--server", "http://127.0.0.1:1", "--key-command", command]);
    assert_eq!(seen.code, 0, "{}", seen.text);
    let seen = scene.run("context view --context x -o json");
    let words = ["printf", r"%s\n", r"a \b", "c d"].map(|word| format!("{word:?}")).join(",");
    let shown: String = seen.stdout.lines().map(str::trim).collect();
    assert!(shown.contains(&format!("[{words}]")), "{}", seen.text);
}

#[test]
fn the_file_by_hand() {
    let scene = Scene::alone().env("EDITOR", "true");
    assert_snapshot!(scene.runs(&["config-file path", "config-file edit", "config-file path --config ~/other.yaml"]));
    let scene = Scene::alone().env("EDITOR", "sed -i s/contexts/contxts/");
    assert_snapshot!(scene.run("config-file edit").text);
    let scene = Scene::alone().env("EDITOR", "/does/not/exist");
    assert_snapshot!(scene.run("config-file edit").text);
}

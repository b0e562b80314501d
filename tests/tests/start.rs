//! Starting, refusing to start, and what is found on disk afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Command, Stdio};

use gateway_tests::{Client, Gateway, binary, free_port, mode, wait_for};
use serde_json::json;

#[test]
fn the_first_start_makes_an_admin_key_that_only_its_owner_can_read_and_never_prints_it() {
    let gateway = Gateway::configured(json!({ "deployment": { "admin": { "admin_key": [] } } }));
    let file = gateway.data_dir().join("admin.key");
    let key = std::fs::read_to_string(&file).unwrap();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&gateway.data_dir()), 0o700);
    assert!(gateway.stderr().contains(&file.display().to_string()));
    assert!(!gateway.stderr().contains(key.trim()));
    let with = |key: &str| {
        let headers = [("X-API-KEY", key), ("Connection", "close")];
        Client::connect(gateway.admin).request("GET", "/apisix/admin/routes", &headers, b"").status
    };
    assert_eq!(with(key.trim()), 200);
    assert_eq!(with("another"), 401);
}

#[test]
fn a_second_instance_on_the_same_data_is_refused_by_name() {
    let gateway = Gateway::start();
    let config = gateway.config_file().with_extension("second.json");
    let mut other: serde_json::Value = serde_json::from_slice(&std::fs::read(gateway.config_file()).unwrap()).unwrap();
    other["apisix"]["node_listen"] = json!([{ "ip": "127.0.0.1", "port": free_port() }]);
    std::fs::write(&config, other.to_string()).unwrap();
    let out = Command::new(binary("gateway")).arg("--config").arg(&config).output().unwrap();
    assert!(!out.status.success());
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(text.contains("in use by another gateway"), "{text}");
    assert_eq!(gateway.get("/").status, 404, "the first one serves on");
}

#[test]
fn a_bad_configuration_does_not_start_and_names_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let cases = [
        ("apisix:\n  node_listen: [99999]\n", "apisix.node_listen"),
        ("deployment:\n  role_traditional:\n    config_provider: etcd\n", "config_provider"),
        ("gateway:\n  limitz: {}\n", "gateway.limitz"),
        ("nginx_config:\n  http_configuration_snippet: 'x;'\n", "http_configuration_snippet"),
    ];
    for (text, key) in cases {
        let file = dir.path().join("config.yaml");
        std::fs::write(&file, text).unwrap();
        let run = Command::new(binary("gateway")).arg("--config").arg(&file).output().unwrap();
        assert!(!run.status.success(), "{text}");
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(said.contains(key), "{text} → {said}");
        let check = Command::new(binary("gateway")).args(["check", "--config"]).arg(&file).output().unwrap();
        assert_eq!(check.status.code(), Some(2), "{text}");
    }
}

#[test]
fn the_check_looks_into_the_file_that_objects_come_from() {
    let dir = tempfile::tempdir().unwrap();
    let (config, objects) = (dir.path().join("config.yaml"), dir.path().join("apisix.yaml"));
    let plane =
        |format: &str| format!("deployment: {{role: data_plane, role_data_plane: {{config_provider: {format}}}}}\n");
    std::fs::write(&config, plane("yaml")).unwrap();
    let check = |more: &[&str]| {
        let out = Command::new(binary("gateway")).args(["check", "--config"]).arg(&config).args(more).output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap())
    };
    let of = |line: &str| format!("{}:{line}", objects.display());

    let (code, said) = check(&[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("apisix.yaml: error: it cannot be read: "), "{said}");

    let good = "routes:\n- id: 1\n  uri: /a\n  upstream: {nodes: {'127.0.0.1:1': 1}}\n#END\n";
    std::fs::write(&objects, good).unwrap();
    assert_eq!(check(&[]), (Some(0), format!("{}: ok\n{}: ok\n", config.display(), objects.display())));

    let bad = "routes:\n- id: 1\n  uri: /a\n  upstream_id: 7\n- id: 2\n  uri: /b\n  priority: high\n  plugins: {limit-count: \
               {count: 1, time_window: 1, rejected_code: 1}}\n- id: 1\n  uri: /c\n- uri: /d\n  plugins: {zipkin: {}}\nconsumers:\n\
               - username: jack\n  plugins: {key-auth: {key: k}}\n- username: jill\n  plugins: {key-auth: {key: k}}\nnobody: []\n#END\n";
    std::fs::write(&objects, bad).unwrap();
    let (code, said) = check(&[]);
    assert_eq!(code, Some(2), "{said}");
    for line in [
        "2:3: warning: routes/1: it refers to upstreams/7, which is not in the file",
        "5:3: error: routes/2/priority: ",
        "5:3: error: routes/2/plugins/limit-count/rejected_code: ",
        "9:3: error: routes/1: found duplicate id 1 in routes",
        "11:3: error: routes/arr_4/plugins/zipkin: unknown plugin [zipkin]",
        "16:3: error: consumers/jill",
        "18:9: warning: there is no list of the name `nobody`",
    ] {
        assert!(said.contains(&of(line)), "{line}: {said}");
    }
    assert!(said.ends_with(&format!("{}: 6 errors, 2 warnings\n", objects.display())), "{said}");
    let (code, said) = check(&["--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &json["errors"], &json["standalone"]["errors"]), (Some(2), &json!(0), &json!(6)), "{said}");
    assert_eq!(json["standalone"]["diagnostics"][1]["line"], 5, "{said}");

    // Half a file, and one of the other format.
    std::fs::write(&objects, "routes: []\n").unwrap();
    assert!(check(&[]).1.contains("its last line is not `#END`"));
    std::fs::write(&objects, "routes:\n- uri: ${{NOBODY_SETS_THIS}}\n#END").unwrap();
    let (code, said) = check(&[]);
    assert!(code == Some(2) && said.contains(&of("2:8: error: ")) && said.contains("NOBODY_SETS_THIS"), "{said}");
    std::fs::write(&config, plane("json")).unwrap();
    std::fs::write(dir.path().join("apisix.json"), "{\"routes\": [{\"uri\": 1}]}").unwrap();
    let (code, said) = check(&[]);
    assert!(code == Some(2) && said.contains("apisix.json:1:13: error: routes/arr_1/uri: "), "{said}");
    // A file that is none does not hold up the check.
    std::fs::remove_file(dir.path().join("apisix.json")).unwrap();
    std::fs::create_dir(dir.path().join("apisix.json")).unwrap();
    assert!(check(&[]).1.contains("it is no file"));
}

#[test]
fn the_demo_answers_its_first_request() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.json");
    let [proxy, admin, control, status, metrics] = std::array::from_fn::<u16, 5, _>(|_| free_port());
    let local = |port: u16| json!({ "ip": "127.0.0.1", "port": port });
    let text = json!({
        "apisix": { "node_listen": [local(proxy)], "control": local(control), "status": local(status) },
        "deployment": { "admin": { "admin_listen": local(admin) } },
        "gateway": { "data_dir": dir.path().join("data") },
        "plugin_attr": { "prometheus": { "export_addr": local(metrics) } },
    });
    std::fs::write(&config, text.to_string()).unwrap();
    let mut child =
        Command::new(binary("gateway")).args(["demo", "--config"]).arg(&config).stderr(Stdio::null()).spawn().unwrap();
    let answer = wait_for("the demo's route", || {
        std::net::TcpStream::connect(("127.0.0.1", proxy)).ok()?;
        let answer = Client::connect(([127, 0, 0, 1], proxy).into()).request("GET", "/anything?a=1", &[], b"");
        (answer.status == 200).then_some(answer)
    });
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(answer.json()["uri"], "/anything?a=1");
}

#[test]
fn the_configuration_reference_in_docs_is_what_the_binary_says() {
    let out = Command::new(binary("gateway")).arg("config-reference").output().unwrap();
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
    let stored = std::fs::read_to_string(page).unwrap();
    assert!(
        stored == String::from_utf8_lossy(&out.stdout),
        "docs/configuration.md is out of date: run `gateway config-reference > docs/configuration.md`"
    );
}

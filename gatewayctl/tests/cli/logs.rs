use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

const LOGS: &str = r#"{"last":2,"logs":[
 {"ts":1700003690.5,"level":"info","target":"audit","msg":"the configuration has changed","fields":{"who":"admin","key":"/apisix/routes/1","old":0}},
 {"ts":1700003695,"level":"warn","target":"gateway_health","msg":"a node is \u001b[31mout","fields":{}}]}"#;

#[test]
fn lines_of_both_logs() {
    let fake = Fake::with_objects();
    let access = r#"{"logs":[{"line":"127.0.0.1 - - \"GET / HTTP/1.1\" 200"}]}"#;
    fake.script("GET", "/live/logs?kind=access", &[(200, access), (200, access)]);
    fake.script("GET", "/live/logs", &[(200, LOGS), (200, LOGS), (200, r#"{"logs":[]}"#)]);
    let lines = [
        "logs",
        "logs -o ndjson --level warn --component audit --since 1m --grep a+b -n 7",
        "logs",
        "logs access",
        "logs access -o json",
    ];
    assert_snapshot!(Scene::at(&fake).runs(&lines));
    let asked = fake.asked();
    let wanted = "GET /live/logs?grep=a%2Bb&n=7&level=warn&component=audit&from=1700003640";
    assert!(asked.iter().any(|asked| asked == wanted), "{asked:?}");
}

#[test]
fn one_document_and_components_that_there_are_not() {
    let fake = Fake::with_objects();
    let none = r#"{"logs":[]}"#;
    fake.script(
        "GET",
        "/live/logs",
        &[(200, LOGS), (200, LOGS), (200, none), (200, LOGS), (200, none), (200, LOGS), (200, none), (200, LOGS)],
    );
    let lines = [
        "logs -o json",
        "logs -o jq=.items[].level",
        "logs --component gateway_healht",
        "logs --component zzz",
        "logs --component audit --level error",
    ];
    assert_snapshot!(Scene::at(&fake).runs(&lines));
}

#[test]
fn lines_as_they_come() {
    let fake = Fake::with_objects();
    let stream = "{\"ts\":1700003690.5,\"level\":\"info\",\"target\":\"a\",\"msg\":\"first\",\"fields\":{}}\n\n{\"dropped\":3}\n{\"ts\":1700003691,\"level\":\"info\",\"target\":\"a\",\"msg\":\"second\",\"fields\":{}}";
    // The connection ends; who comes back goes on behind the last line, until it is not let in any more. A line that is told
    // again is not shown again; one that is the same as another is.
    let again = r#"{"ts":1700003691,"level":"info","target":"a","msg":"second","fields":{}}
{"ts":1700003691,"level":"info","target":"a","msg":"third","fields":{}}
{"ts":1700003691,"level":"info","target":"a","msg":"third","fields":{}}"#;
    fake.script("GET", "/live/logs", &[(200, stream), (200, again), (403, r#"{"error_msg":"no"}"#)]);
    assert_snapshot!(Scene::at(&fake).run("logs -f -o ndjson").text);
    let asked = fake.asked();
    let again = asked.iter().filter(|asked| *asked == "GET /live/logs?n=2000&follow=1&from=1700003690.5");
    assert_eq!(again.count(), 2, "{asked:?}");
    let head = fake.heads().remove(0).to_lowercase();
    assert!(head.contains("accept: application/x-ndjson"), "{head}");
}

#[test]
fn no_logs_to_be_had() {
    let fake = Fake::with_objects();
    fake.script("GET", "/live/logs?kind=access", &[(409, r#"{"error_msg":"the access log is no file"}"#)]);
    let lines = ["logs access", "logs", "logs -f", "logs --grep (", "logs --level loud", "logs --file ~/none.log"];
    assert_snapshot!(Scene::at(&fake).runs(&lines));
}

#[test]
fn a_file_of_this_machine() {
    let scene = Scene::alone();
    let text = "2023-11-14T23:10:00.1Z  INFO audit: one\n2023-11-14T23:14:00.1Z  WARN gateway: two\n2023-11-14T23:14:30.1Z ERROR gateway: three";
    scene.file("error.log", text);
    let lines = [
        "logs --file ~/error.log -n 2",
        "logs --file ~/error.log --level warn --grep t.o -o json",
        "logs --file ~/error.log --since 1m",
    ];
    assert_snapshot!(scene.runs(&lines));
}

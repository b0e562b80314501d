//! What files and dumps hold comes through every command as it is: odd numbers, placeholders that are text, comments, and all
//! of it where the output fails.

use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

/// What is rendered is what `apply` and `merge` make of the same file.
#[test]
fn rendered_files_keep_their_odd_numbers() {
    let text = "upstreams:
- {id: 1e3, nodes: {'a:1': 1}, retries: 1e1}
- {id: 1E2, nodes: {'a:1': 1}, labels: {v: .5, w: 007, x: 1e5}}
---
{kind: route, id: 1_0, uri: /a, upstream_id: 1e3, priority: +5}
---
{kind: consumer, username: 010, plugins: {basic-auth: {username: 1e1, password: 0123}}}
";
    let scene = Scene::alone();
    scene.file("odd.yaml", text);
    scene.file("adc.yaml", "services: [{name: 1e3, id: 1e2, labels: {v: 1e1}, routes: [{name: 010, uris: [/a]}]}]\n");
    for file in ["odd", "adc"] {
        let merged = scene.run(&format!("config merge -f ~/{file}.yaml"));
        assert_eq!(merged.code, 0, "{}", merged.text);
        for form in ["", "-o json", "-o json --compact", "-o yaml"] {
            let rendered = scene.run(&format!("config render -f ~/{file}.yaml {form}"));
            assert_eq!(rendered.code, 0, "{}", rendered.text);
            let again = Scene::alone().stdin(&rendered.stdout).run("config merge -f -");
            assert_eq!(again.stdout, merged.stdout, "{form}: {}", rendered.text);
        }
    }
    let put_in = "routes:\n- {id: \"${{ A }}\", uri: /}\n- id: ${{ A }}0\n  uri: /${{ A }}\n- id: ${{ B }}\n  uri: /\n  priority: ${{ C }}\n";
    let fake = Fake::start();
    let rendered = scene.env("A", "1e3").env("B", "1e5").env("C", "1e1");
    rendered.file("in.yaml", put_in);
    let rendered = rendered.run("config render -f ~/in.yaml");
    let seen = Scene::at(&fake).stdin(&rendered.stdout).run("apply -f -");
    assert_eq!(seen.code, 0, "{}\n{}", rendered.text, seen.text);
    assert!(fake.held("routes/1e3").is_some() && fake.held("routes/1e30").is_some(), "{}", rendered.text);
    assert_eq!(fake.held("routes/1e5").unwrap()["priority"], 10, "{}", rendered.text);
}

/// An object may hold what reads like a placeholder: its dump is brought back where that is said, and refused elsewhere.
#[test]
fn placeholders_that_are_text() {
    let fake = Fake::with_objects();
    let desc = "puts ${{ env.X }} and ${{ a:=b }} in";
    fake.hold("routes/lit", json!({"id":"lit","uri":"/lit","name":"lit","desc":desc,"upstream_id":"u1"}));
    fake.hold("routes/other", json!({"id":"other","uri":"/o","name":"${{ file.x }}","upstream_id":"u1"}));
    for form in ["", "--format object", "--format envelope", "--format adc --with-id"] {
        for language in ["", "-o json"] {
            let scope = if form.contains("adc") { "--only services,upstreams" } else { "" };
            let dump = Scene::at(&fake).run(&format!("config dump {form} {language} {scope}"));
            assert_eq!(dump.code, 0, "{}", dump.text);
            let told = "route/lit, route/other hold ${{ … }} as text: --literal brings it back as it is";
            assert_eq!(dump.stderr.contains(told), scope.is_empty(), "{}", dump.text);
            if !scope.is_empty() {
                continue;
            }
            let run = |line: &str| Scene::at(&fake).stdin(&dump.stdout).run(line);
            for line in ["config diff -f -", "config sync -f -", "apply -f -", "config merge -f -"] {
                let seen = run(line);
                assert_eq!(seen.code, 2, "{line}: {}", seen.text);
                assert!(
                    seen.stderr.contains("route/lit: ${{ env.X }} has no value yet")
                        && seen.stderr.contains("config render -f FILE")
                        && seen.stderr.contains("--literal takes"),
                    "{}",
                    seen.text
                );
            }
            for line in [
                "config diff -f -",
                "config sync -f -",
                "apply -f -",
                "config merge -f -",
                "config lint -f -",
                "config validate -f -",
            ] {
                let seen = run(&format!("{line} --literal"));
                let clean = seen.code == 0 || line.contains("lint");
                assert!(clean && !seen.text.contains("configured"), "{line}: {}", seen.text);
            }
            // Elsewhere it is made as it was.
            let copy = Fake::start();
            let secrets = Scene::at(&fake).run(&format!("config dump {form} {language} --with-secrets")).stdout;
            let seen = Scene::at(&copy).stdin(&secrets).run("config sync -f - --literal");
            assert_eq!(seen.code, 0, "{}", seen.text);
            assert_eq!(copy.held("routes/lit").unwrap()["desc"], desc);
        }
    }
    let scene =
        Scene::at(&fake).stdin("{\"kind\": \"route\", \"id\": \"new\", \"uri\": \"/n\", \"desc\": \"${{ env.Y }}\"}");
    let refused = scene.run("create -f -");
    assert!(refused.code == 2 && refused.stderr.contains("--literal takes"), "{}", refused.text);
    assert_eq!(scene.run("create -f - --literal").code, 0);
    assert_eq!(fake.held("routes/new").unwrap()["desc"], "${{ env.Y }}");
    let scene = Scene::at(&fake).stdin("{\"uri\": \"/n\", \"desc\": \"${{ env.Y }}\"}");
    assert_eq!((scene.run("create route n2 -f -").code, scene.run("create route n2 -f - --literal").code), (2, 0));
}

#[test]
fn ids_that_are_none_are_told_as_what_they_are() {
    let fake = Fake::start();
    for (text, line, said) in [
        ("routes: [{id: true, uri: /a}]", "apply -f -", "\"id\" is a text or a number, not true"),
        ("routes: [{id: true, uri: /a}]", "config lint -f -", "\"id\" is a text or a number, not true"),
        ("{id: false, uri: /a}", "create route -f -", "\"id\" is a text or a number, not false"),
        ("{username: [x]}", "create consumer -f -", "\"username\" is a text or a number, not a list"),
        (
            "{kind: credential, consumer: true, id: c}",
            "config fmt -f -",
            "\"consumer\" is a text or a number, not true",
        ),
        ("services: [{name: {}, routes: []}]", "config merge -f -", "\"name\" is a text or a number, not an object"),
    ] {
        let seen = Scene::at(&fake).stdin(text).run(line);
        assert!(seen.code != 0 && seen.text.contains(said), "{line}: {}", seen.text);
    }
    assert!(!fake.asked().iter().any(|asked| asked.starts_with("P")), "{:?}", fake.asked());
}

#[test]
fn formatting_leaves_nothing_out_without_a_word() {
    let scene = Scene::alone();
    scene.file("deep/below/a.yaml", "uri: /a\nkind: route\nid: a\n");
    scene.file("c.yaml", "# mine\nkind: route\nid: a\nuri: /a\n");
    for more in ["", "--check", "--write", "-o json"] {
        let seen = scene.run(&format!("config fmt -f ~/deep {more}"));
        assert_eq!(seen.code, 2, "{}", seen.text);
        let json = if more.contains("json") { more } else { "" };
        assert_eq!(seen.stderr, scene.run(&format!("config merge -f ~/deep {json}")).stderr, "{more}");
    }
    assert_eq!(scene.run("config fmt -f ~/deep -R --check").code, 1);
    let lost = "warning: ~/c.yaml has comments that have no place in what is printed; they are left out\n";
    assert_eq!(scene.run("config fmt -f ~/c.yaml -o json").stderr, lost);
    assert_eq!(scene.run("config fmt -f ~/c.yaml -o json --drop-comments").stderr, "");
    assert_eq!(scene.run("config fmt -f ~/c.yaml").stderr, "");
}

#[test]
fn json_of_files_is_on_one_line_where_that_is_wanted() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    scene.file("a.yaml", "routes: [{id: a, uri: /a}]\n");
    scene.file("a.json", "{\"routes\": [{\"id\": \"a\", \"uri\": \"/a\"}]}\n");
    scene.file("adc.yaml", "services: [{name: shop, routes: [{name: r, uris: [/x]}]}]\n");
    scene.file(
        "o.yaml",
        "{openapi: 3.0.0, info: {title: t, version: '1'}, servers: [{url: 'http://a:1'}], paths: {/x: {get: {}}}}\n",
    );
    for line in [
        "config dump -o json",
        "config dump -o json --format envelope",
        "config merge -f ~/a.yaml -o json",
        "config render -f ~/a.yaml -o json",
        "config fmt -f ~/a.yaml -o json",
        "config fmt -f ~/a.json",
        "convert adc ~/adc.yaml -o json",
        "convert openapi ~/o.yaml -o json",
    ] {
        let (long, short) = (scene.run(line), scene.run(&format!("{line} --compact")));
        assert_eq!((long.code, short.code), (0, 0), "{}", short.text);
        assert_eq!(short.stdout.lines().count(), 1, "{}", short.text);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&short.stdout), read(&long.stdout));
    }
    scene.run("config dump -o ~/d.json --compact");
    assert_eq!(std::fs::read_to_string(scene.path("d.json")).unwrap().lines().count(), 1);
}

/// A number of a dump is one to readers of YAML 1.1, too, and differs from nothing.
#[test]
fn large_numbers_of_a_dump() {
    let fake = Fake::start();
    let value: serde_json::Value =
        serde_json::from_str(r#"{"id":"a","uri":"/a","plugins":{"ours":{"n":1e21}}}"#).unwrap();
    fake.hold("routes/a", value);
    let dump = Scene::at(&fake).run("config dump").stdout;
    assert!(dump.contains(" 1.0e+21\n"), "{dump}");
    assert_eq!(Scene::at(&fake).stdin(&dump).run("config diff -f -").code, 0);
    assert_eq!(Scene::alone().stdin(&dump).run("config fmt -f -").stdout, dump);
}

/// A folder that could not be written whole is not there, or said to be incomplete.
#[test]
fn folders_are_whole_or_said_to_be_incomplete() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    scene.file("conf/mine.txt", "");
    std::fs::create_dir_all(scene.path("conf/routes/hello.yaml/x")).unwrap();
    let seen = scene.run("config dump -o ~/conf/");
    assert_eq!(seen.code, 2, "{}", seen.text);
    assert!(seen.stderr.contains("files were written, so ~/conf/ is incomplete"), "{}", seen.text);
    let entries = std::fs::read_dir(scene.path("conf")).unwrap().flatten().map(|entry| entry.file_name());
    assert!(!entries.into_iter().any(|name| name.to_string_lossy().contains("tmp")));
    scene.file("one.yaml", "routes: [{id: hello, uri: /a}]\n");
    let seen = scene.run("config split -f ~/one.yaml -o ~/one.yaml/x/");
    assert!(seen.code == 2 && seen.stderr.contains("nothing was written"), "{}", seen.text);
    let seen = scene.run("config dump -o ~/whole/");
    assert!(seen.code == 0 && scene.path("whole/routes/hello.yaml").is_file(), "{}", seen.text);
}

/// Of two who make the same object at once one does, and the other is told.
#[test]
fn what_somebody_else_has_made_meanwhile_is_not_replaced() {
    let hidden = || {
        let fake = Fake::start();
        let missing = r#"{"message":"Key not found"}"#;
        fake.hold("routes/a", json!({"id":"a","uri":"/theirs"}));
        fake.script("GET", "/routes/a", &[(404, missing)]);
        fake.script("GET", "/routes", &[(200, r#"{"list":[],"total":0}"#)]);
        fake.script("GET", "/ssls", &[(404, missing)]);
        fake.hold("ssls/a", json!({"id":"a","cert":"C","snis":["theirs.example"]}));
        fake
    };
    let text = "routes: [{id: a, uri: /ours}]\n";
    for line in ["apply -f -", "config sync -f -", "apply -f - --dry-run=server"] {
        let fake = hidden();
        let seen = Scene::at(&fake).stdin(text).run(line);
        assert_eq!(fake.held("routes/a").unwrap()["uri"], "/theirs", "{}", seen.text);
        if !line.contains("dry-run") {
            let said = ["route/a: somebody else has made it meanwhile\n", "\nhint: run it again"];
            assert!(seen.code == 5 && said.iter().all(|said| seen.stderr.contains(said)), "{}", seen.text);
        }
    }
    let fake = hidden();
    let scene = Scene::at(&fake);
    for file in ["one.pem", "one.key"] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/tests/certificates");
        scene.file(file, &std::fs::read_to_string(format!("{path}/{file}")).unwrap());
    }
    let seen = scene.run("certs upload --cert ~/one.pem --key ~/one.key --id a");
    assert!(seen.code == 5 && seen.stderr.contains("exists already"), "{}", seen.text);
    assert_eq!(fake.held("ssls/a").unwrap()["cert"], "C");
}

/// An expression that is wrong is refused before anything is written; one that fails on the result says what was done.
#[test]
fn what_cannot_be_told_of_a_write() {
    let fake = Fake::start();
    let text = "routes: [{id: a, uri: /a}]\n";
    let apply = |form: &str| Scene::at(&fake).stdin(text).run_words(&["apply", "-f", "-", "-o", form]);
    for form in [
        "template={{ items | nothing }}",
        "template={% if failed %}{{ 1 | nothing }}{% endif %}",
        "template={{ items is nothing }}",
        "template={{ nothing(1) }}",
        "template={{ id",
        "jq=.items[",
        "jq=.items | nothing",
        "jsonpath={.items[",
        "custom-columns=ID",
    ] {
        let seen = apply(form);
        assert_eq!(seen.code, 2, "{}", seen.text);
        assert!(fake.held("routes/a").is_none() && !seen.text.contains("all the same"), "{}", seen.text);
    }
    for form in ["template={{ items | join(1, 2, 3) }}", "jq=.items | error(\"x\")"] {
        let fake = Fake::start();
        let seen = Scene::at(&fake).stdin(text).run_words(&["apply", "-f", "-", "-o", form]);
        assert!(fake.held("routes/a").is_some(), "{}", seen.text);
        assert_eq!(seen.code, 2, "{}", seen.text);
        assert!(seen.stderr.contains("hint: this is so all the same: route/a created"), "{}", seen.text);
    }
}

/// Who may not write is not told to try again, and who looks for a revision is told where to look.
#[test]
fn what_helps_after_a_sync_that_is_refused() {
    let fake = Fake::start();
    let viewer = r#"{"error_msg":"failed to check token","description":"invalid method for role viewer"}"#;
    fake.script("PUT", "/", &[(401, viewer); 3]);
    let text = "routes: [{id: a, uri: /a}, {id: b, uri: /b}, {id: c, uri: /c}]\n";
    let seen = Scene::at(&fake).stdin(text).run("config sync -f - --parallel 1");
    assert_eq!(seen.code, 4, "{}", seen.text);
    assert!(seen.stderr.contains("2 of 3 were not tried") && !seen.stderr.contains("run again"), "{}", seen.text);
    fake.goes_live();
    let seen = Scene::at(&fake).stdin(text).run("config sync -f - --if-match 1");
    assert_eq!(seen.code, 5, "{}", seen.text);
    assert!(
        seen.stderr.contains("its revision is 100, and not 1\nhint: gatewayctl config history 100 says what"),
        "{}",
        seen.text
    );
}

/// One JSON object on one line, however many failed.
#[test]
fn several_failures_are_one_error_where_that_is_json() {
    let fake = Fake::start();
    fake.script("PUT", "/routes", &[(400, r#"{"error_msg":"no"}"#), (400, r#"{"error_msg":"not either"}"#)]);
    let scene =
        Scene::at(&fake).stdin("routes: [{id: a, uri: /a, upstream_id: u}, {id: b, uri: /b, upstream_id: u}]\n");
    let seen = scene.run("apply -f - --errors json");
    assert_eq!((seen.code, seen.stderr.lines().count()), (5, 1), "{}", seen.text);
    let told: serde_json::Value = serde_json::from_str(&seen.stderr).unwrap();
    assert_eq!(told["error"]["message"], "2 of 2 failed");
    assert_eq!(told["error"]["more"][0]["message"], "route/a: no");
    assert_eq!(told["error"]["more"][1]["id"], "b");
}

/// What an OpenAPI document leaves open is said.
#[test]
fn servers_and_paths_that_are_not_whole() {
    let document = "{openapi: 3.0.0, info: {title: t, version: '1'}, servers: [{url: 'http://a:1/{x}/y', variables: {x: {description: d}}}], paths: {a: {get: {}}, /b: {get: {}}}}";
    let seen = Scene::alone().stdin(document).run("convert openapi -");
    assert_eq!(seen.code, 0, "{}", seen.text);
    assert!(seen.stderr.contains("the variable x has no default, and stays in the URL as it is"), "{}", seen.text);
    assert!(seen.stderr.contains("a path begins with /; taken as /a"), "{}", seen.text);
    assert!(seen.stdout.contains("/y/a\n") && seen.stdout.contains("/y/b\n"), "{}", seen.text);
    let strict = Scene::alone().stdin(document).run("convert openapi - --strict");
    assert_eq!(strict.code, 1, "{}", strict.text);
    let fine = document.replace("description: d", "default: v1").replace("{a:", "{/a:");
    let seen = Scene::alone().stdin(&fine).run("convert openapi - --strict");
    assert!(seen.code == 0 && seen.stdout.contains("/v1/y/a\n"), "{}", seen.text);
}

/// What the configuration file says of output and time-outs has a place in it.
#[test]
fn defaults_that_are_none_have_a_place() {
    let scene = Scene::alone();
    let path = scene.file("c.yaml", "defaults:\n  output: xml\n").display().to_string();
    let scene = scene.env("GATEWAYCTL_CONFIG", &path);
    let seen = scene.run("get routes");
    assert!(
        seen.code == 2 && seen.stderr.contains("error: output: unknown output \"xml\"\n  at ~/c.yaml:2:11\n"),
        "{}",
        seen.text
    );
    scene.file("c.yaml", "aliases:\n  rl: get \"routes\n");
    let seen = scene.run("rl");
    assert!(seen.code == 2 && seen.stderr.contains("  at ~/c.yaml:2:7\n"), "{}", seen.text);
    scene.file("c.yaml", "{}\n");
    let seen = scene.run_words(&["alias", "set", "rl", "get \"routes"]);
    assert!(seen.code == 2 && seen.stderr.contains("a quote is not closed"), "{}", seen.text);
}

//! What nobody is shown: credentials in logs, rows, explanations and stored objects, on the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_tests::{Answer, Client, Ctl, Gateway, Reader, Upstream, wait_for};
use serde_json::{Value, json};

const LINES: &str = "Accept: application/x-ndjson\r\n";

fn viewer(gateway: &Gateway, path: &str) -> Answer {
    let key = format!("{}-viewer", gateway.key());
    let fields = [("Host", "localhost"), ("X-API-KEY", key.as_str())];
    Client::connect(gateway.admin).request("GET", &format!("/apisix/admin{path}"), &fields, b"")
}

fn scene(upstream: &Upstream) -> Gateway {
    let gateway = Gateway::start();
    let to = json!({ "nodes": { (upstream.node()): 1 } });
    gateway.put("/routes/open", &json!({ "uri": "/open*", "upstream": to }));
    gateway.put(
        "/routes/keyed",
        &json!({ "uri": "/keyed", "upstream": to, "plugins": { "key-auth": { "query": "mine" } } }),
    );
    gateway.put("/consumers/jane", &json!({ "username": "jane", "plugins": { "key-auth": { "key": "JANEKEYLEAK" } } }));
    gateway
}

#[test]
fn the_access_log_is_shown_without_keys_to_everybody() {
    let upstream = Upstream::text("ok");
    let gateway = scene(&upstream);
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJrZXkiOiJKQU5FS0VZTEVBSyJ9.JANEKEYLEAK";
    for target in [
        "/open?apikey=JANEKEYLEAK&seen=1",
        "/open?a=1;apikey=JANEKEYLEAK",
        "/open?%61pikey=JANEKEYLEAK",
        &format!("/open/{token}?x={token}"),
        "/keyed?mine=JANEKEYLEAK",
    ] {
        let fields = [("Host", "a"), ("Referer", "http://u:JANEKEYLEAK@h/?token=JANEKEYLEAK")];
        assert_eq!(gateway.get_with(target, &fields).status, 200, "{target}");
    }
    wait_for("the lines", || (gateway.access_log().lines().count() == 5).then_some(()));
    assert!(gateway.access_log().contains("apikey=JANEKEYLEAK"), "the file has what it had");
    let shown = [viewer(&gateway, "/live/logs?kind=access"), gateway.call("GET", "/live/logs?kind=access", None)];
    for answer in shown {
        let text = answer.text();
        assert_eq!(answer.json()["logs"].as_array().unwrap().len(), 5, "{text}");
        assert!(!text.contains("JANEKEYLEAK") && !text.contains("eyJr"), "{text}");
        assert!(text.contains("/open?apikey=***&seen=1") && text.contains("/keyed?mine=***"), "{text}");
    }
    for tried in ["grep=JANEKEYL", "grep=mine%3DJ", "grep=apikey%3D%5BA-Z%5D"] {
        assert_eq!(viewer(&gateway, &format!("/live/logs?kind=access&{tried}")).json()["logs"], json!([]), "{tried}");
    }
    let mut reader = Reader::open(&gateway, "/live/logs?kind=access&follow=1&n=0", LINES);
    gateway.get("/open?next=1&apikey=JANEKEYLEAK");
    let line = reader.next().unwrap();
    assert!(line.to_string().contains("next=1&apikey=***"), "{line}");
}

#[test]
fn rows_are_told_without_what_urls_hide() {
    let upstream = Upstream::text("ok");
    let gateway = scene(&upstream);
    let mut rows = Reader::open(&gateway, "/live/tap?headers=1", LINES);
    for (target, shown) in [
        ("/open?a=1;apikey=JANEKEYLEAK&b=2", "/open?a=1;apikey=***&b=2"),
        ("/open??apikey=JANEKEYLEAK", "/open??apikey=***"),
        ("/open?apikey[]=JANEKEYLEAK", "/open?apikey[]=***"),
        ("/open?jwt=JANEKEYLEAK", "/open?jwt=***"),
        ("/open?X-Amz-Signature=JANEKEYLEAK&code=JANEKEYLEAK&s=1", "/open?X-Amz-Signature=***&code=***&s=1"),
        ("/open?u=http%3A%2F%2Fu:JANEKEYLEAK%40h%2F", "/open?u=***"),
        ("/keyed?mine=JANEKEYLEAK&again=JANEKEYLEAK", "/keyed?mine=***&again=***"),
        ("http://u:JANEKEYLEAK@a/open", "http://***@a/open"),
    ] {
        let fields = [("Host", "a"), ("Referer", "http://h/x?apikey=JANEKEYLEAK&y=1")];
        gateway.get_with(target, &fields);
        let row = rows.next().unwrap();
        assert_eq!(row["path"], shown, "{target}: {row}");
        assert!(!row.to_string().contains("JANEKEYLEAK"), "{target}: {row}");
    }
}

#[test]
fn viewers_learn_nothing_of_what_is_masked_by_filters() {
    let upstream = Upstream::text("ok");
    let gateway = scene(&upstream);
    let vars = |condition: Value| format!("vars={}", escaped(&json!([condition]).to_string()));
    let tap = |query: &str| viewer(&gateway, &format!("/live/tap?duration=1ms&{query}"));
    for (query, name) in [
        ("header=Authorization:%20Basic*".to_owned(), "http_authorization"),
        ("header=Cookie:%20sid=J*".to_owned(), "http_cookie"),
        ("header=X-Plain:%20a&header=X-Session-Token:J*".to_owned(), "http_x_session_token"),
        (vars(json!(["http_apikey", "~~", "^J"])), "http_apikey"),
        (vars(json!(["arg_access_token", "!", "==", "JANEKEYLEAK"])), "arg_access_token"),
        (vars(json!(["cookie_sid", "in", ["JANEKEYLEAK"]])), "cookie_sid"),
        (vars(json!(["OR", ["status", 200], ["http_cookie", "~~", "J"]])), "http_cookie"),
        (vars(json!(["sent_http_set_cookie", "~~", "J"])), "sent_http_set_cookie"),
        (vars(json!(["upstream_http_x_api_key", "~~", "J"])), "upstream_http_x_api_key"),
        (vars(json!(["dubbo_attachment_token", "~~", "J"])), "dubbo_attachment_token"),
        (vars(json!(["post_arg_name", "~~", "J"])), "post_arg_name"),
        (vars(json!(["post_arg.a.b", "~~", "J"])), "post_arg.a.b"),
        (vars(json!(["request_body", "~~", "J"])), "request_body"),
        (vars(json!(["jwt_auth_payload", "~~", "J"])), "jwt_auth_payload"),
        (vars(json!(["rate_limiting_info", "~~", "J"])), "rate_limiting_info"),
    ] {
        let refused = tap(&query);
        let text = refused.text();
        assert_eq!(refused.status, 403, "{query}: {text}");
        assert!(text.contains(&format!("{name} is masked")) && text.contains("role admin"), "{query}: {text}");
        let whole = gateway.call("GET", &format!("/live/tap?duration=1ms&{query}"), None);
        assert_eq!(whole.status, 200, "administrators may: {query}: {}", whole.text());
    }
    for query in ["header=Authorization", "header=Cookie:*", "header=X-Plain:a", &vars(json!(["arg_a", "b"]))] {
        assert_eq!(tap(query).status, 200, "{query}");
    }
}

#[test]
fn a_viewer_s_filter_compares_values_as_they_are_shown() {
    let upstream = Upstream::text("ok");
    let gateway = scene(&upstream);
    let key = format!("{}-viewer", gateway.key());
    let tap = |query: &str| Reader::open_as(&gateway, &key, &format!("/live/tap?{query}&duration=4s"), LINES);
    let vars = |condition: Value| format!("vars={}", escaped(&json!([condition]).to_string()));
    // What a request is taken for is known of the request alone: that mine is a key, and that the same key stands elsewhere.
    let asked = [
        (vars(json!(["arg_mine", "JANEKEYLEAK"])), ""),
        (vars(json!(["arg_mine", "~~", "^J"])), ""),
        (vars(json!(["arg_again", "JANEKEYLEAK"])), ""),
        (vars(json!(["request_uri", "~~", "=J"])), ""),
        (vars(json!(["args", "~~", "[A-Z]"])), ""),
        (vars(json!(["http_x_again", "~~", "^J"])), ""),
        (vars(json!(["http_referer", "~~", "JANE"])), ""),
        ("header=X-Again:J*".to_owned(), ""),
        ("header=Referer:*JANE*".to_owned(), ""),
        ("path=*JANE*".to_owned(), ""),
        (vars(json!(["arg_mine", "~=", "JANEKEYLEAK"])), "keyed open"),
        (vars(json!(["arg_mine", "***"])), "keyed"),
        (vars(json!(["http_x_plain", "seen"])), "keyed open"),
        ("header=X-Again&path=/keyed".to_owned(), "keyed"),
        ("header=X-Plain:%20se*".to_owned(), "keyed open"),
        ("header=Referer:http://h/*".to_owned(), "keyed open"),
        ("path=/open*".to_owned(), "open"),
        ("path=*".to_owned(), "keyed open"),
    ];
    let mut readers: Vec<(String, &str, Reader)> =
        asked.into_iter().map(|(query, expected)| (query.clone(), expected, tap(&query))).collect();
    let fields =
        [("Host", "a"), ("X-Again", "JANEKEYLEAK"), ("X-Plain", "seen"), ("Referer", "http://h/?token=JANEKEYLEAK")];
    assert_eq!(gateway.get_with("/keyed?mine=JANEKEYLEAK&again=JANEKEYLEAK", &fields).status, 200);
    let fields = [("Host", "a"), ("X-Plain", "seen"), ("Referer", "http://h/?token=JANEKEYLEAK")];
    assert_eq!(gateway.get_with("/open;token=JANEKEYLEAK", &fields).status, 200);
    for (query, expected, reader) in &mut readers {
        let mut told: Vec<String> =
            std::iter::from_fn(|| reader.next()).map(|row| row["route"]["id"].as_str().unwrap().to_owned()).collect();
        told.sort_unstable();
        assert_eq!(told.join(" "), *expected, "{query}");
    }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[test]
fn explanations_hold_no_secret() {
    let upstream = Upstream::text("ok");
    let gateway = scene(&upstream);
    let to = json!({ "nodes": { (upstream.node()): 1 } });
    for (id, variable) in
        [("a", "request_uri"), ("b", "args"), ("c", "cookie_sid"), ("d", "http_apikey"), ("e", "http_referer")]
    {
        let vars = json!([[variable, "==", "COMPARED-KEY?apikey=COMPARED-KEY"]]);
        gateway.put(&format!("/routes/{id}"), &json!({ "uri": "/vars", "vars": vars, "upstream": to, "priority": 1 }));
    }
    gateway.put(
        "/routes/vars",
        &json!({ "uri": "/vars", "upstream": to, "plugins": {
            "proxy-rewrite": { "headers": { "set": { "Cookie": "s=SET-KEY", "X-Seen": "yes" } } } } }),
    );
    let asked = json!({ "url": "/vars?apikey=HUSH&jwt=HUSH&x=1", "headers": {
        "apikey": "HUSH", "Cookie": "sid=HUSH", "Referer": "http://u:HUSH@h/?token=HUSH" } });
    let told = gateway.call("POST", "/live/explain", Some(&asked));
    assert_eq!((told.status, &told.json()["route_id"]), (200, &json!("vars")), "{}", told.text());
    for secret in ["HUSH", "SET-KEY"] {
        assert!(!told.text().contains(secret), "{secret}: {}", told.text());
    }
    let told = told.json();
    assert_eq!(told["request"]["uri"], "/vars?apikey=***&jwt=***&x=1");
    assert_eq!(told["plugins"][0]["config"]["headers"]["set"], json!({ "Cookie": "***", "X-Seen": "yes" }));
    let detail = |id: &str| {
        let all = told["candidates"].as_array().unwrap();
        all.iter().find(|one| one["route_id"] == id).unwrap()["detail"].as_str().unwrap().to_owned()
    };
    assert!(detail("a").ends_with("request_uri is \"/vars?apikey=***&jwt=***&x=1\""), "{}", detail("a"));
    assert!(detail("b").ends_with("args is \"apikey=***&jwt=***&x=1\""), "{}", detail("b"));
    assert_eq!(detail("d"), "[\"http_apikey\",\"==\",\"***\"] does not hold");
}

#[test]
fn stored_secrets_are_for_administrators_and_none_for_the_journal() {
    let gateway = Gateway::start();
    let route = |word: &str| {
        json!({ "uri": "/x", "vars": [["http_apikey", "==", format!("A-{word}")]], "plugins": {
            "proxy-rewrite": { "headers": { "set": { "Authorization": format!("B-{word}"), "X-Api-Key": format!("C-{word}"),
                "X-Internal-Token": format!("D-{word}"), "Cookie": format!("E-{word}"), "X-Seen": "yes" } } },
            "response-rewrite": { "headers": { "add": [format!("Set-Cookie: F-{word}"), "X-Seen: yes"] } },
            "http-logger": { "uri": format!("http://user:G-{word}@127.0.0.1:1/log?token=H-{word}") } },
          "upstream": { "nodes": { "127.0.0.1:1": 1 } } })
    };
    gateway.put("/routes/pr", &route("OLDSECRET"));
    gateway.put("/routes/pr", &route("NEWSECRET"));
    let whole = gateway.call("GET", "/routes/pr", None).text();
    assert_eq!(whole.matches("NEWSECRET").count(), 8, "administrators see what is there: {whole}");
    let control = Client::connect(gateway.control).request("GET", "/v1/route/pr", &[("Host", "localhost")], b"");
    let shown = [
        viewer(&gateway, "/routes/pr"),
        viewer(&gateway, "/routes"),
        control,
        viewer(&gateway, "/live/history"),
        gateway.call("GET", "/live/history", None),
        gateway.call("GET", "/live/events", None),
    ];
    for answer in shown {
        let text = answer.text();
        assert_eq!(answer.status, 200, "{text}");
        assert!(!text.contains("SECRET"), "{text}");
        assert!(text.contains("\"X-Seen\":\"yes\"") && text.contains("http://***@127.0.0.1:1/log?token=***"), "{text}");
    }
    let changed = &gateway.call("GET", "/live/history?limit=1", None).json()["changes"][0]["secrets_changed"];
    let places: Vec<&str> = changed.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for place in ["/plugins/proxy-rewrite/headers/set/Cookie", "/plugins/http-logger/uri", "/vars/0/2"] {
        assert!(places.contains(&place), "{place}: {changed}");
    }
}

/// `gatewayctl` shows nothing that the gateway itself masks, in whatever form, and what it masks stays as it is.
#[test]
fn the_tool_masks_what_the_gateway_masks() {
    let gateway = Gateway::start();
    let route = json!({ "uri": "/r", "vars": [["http_apikey", "==", "LEAKED1"]], "plugins": {
        "http-logger": { "uri": "http://u:LEAKED2@127.0.0.1:1/log?sig=LEAKED3", "auth_header": "LEAKED4" },
        "proxy-rewrite": { "uri": "/x?token=LEAKED5&a=1", "headers": { "set": { "X-Internal-Token": "LEAKED6", "Cookie": "LEAKED7", "X-A": "b" } } },
        "response-rewrite": { "headers": { "add": ["Set-Cookie: LEAKED8", "X-B: c"] } },
        "limit-count": { "count": 1, "time_window": 1, "key": "remote_addr" },
    }, "upstream": { "nodes": { "127.0.0.1:1": 1 } } });
    gateway.put("/routes/r", &route);
    gateway.put("/consumers/zed", &json!({ "username": "zed", "plugins": { "key-auth": { "key": "LEAKED9" } } }));
    let ctl = Ctl::of(&gateway);
    // A pointer to all that viewers are shown masked is one to what is masked here.
    fn compare(seen: &Value, masked: &Value, place: &str) {
        match (seen, masked) {
            (Value::Object(a), _) => {
                a.iter().for_each(|(name, a)| compare(a, &masked[name], &format!("{place}/{name}")))
            }
            (Value::Array(a), _) => {
                a.iter().enumerate().for_each(|(i, a)| compare(a, &masked[i], &format!("{place}/{i}")))
            }
            (Value::String(a), b) if a.contains("***") => {
                assert_eq!(Value::from(a.replace("***", "********")), *b, "{place}")
            }
            _ => {}
        }
    }
    for (path, target) in [("/routes/r", ["route", "r"]), ("/consumers/zed", ["consumer", "zed"])] {
        let seen = viewer(&gateway, path).json()["value"].clone();
        assert!(seen.to_string().contains("***") && !seen.to_string().contains("LEAKED"), "{seen}");
        let shown = ctl.ok(&["get", target[0], target[1], "-o", "json"], "");
        compare(&seen, &serde_json::from_str(&shown).unwrap(), path);
    }
    for line in [
        "get all -o yaml",
        "get routes -o json",
        "get routes -o wide",
        "describe route r",
        "describe route r -o json",
        "config dump",
        "config dump --format object",
        "config dump --format adc",
        "config dump --format envelope",
        "config dump -o json",
        "api GET /routes",
        "api GET /routes/r",
        "get route r -o jsonpath={.plugins}",
        "tree",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let shown = ctl.ok(&words, "");
        assert!(!shown.contains("LEAKED"), "{line}: {shown}");
    }
    // What is masked in a dump is what is stored, also where something beside it changes.
    let dump = ctl.ok(&["config", "dump"], "");
    assert_eq!(ctl.run(&["config", "diff", "-f", "-"], &dump).status.code(), Some(0));
    let changed = dump.replace("X-A: b", "X-A: z").replace("127.0.0.1:1/log", "127.0.0.1:2/log");
    ctl.ok(&["config", "sync", "--yes", "-f", "-"], &changed);
    let stored = gateway.call("GET", "/routes/r", None).json()["value"].clone();
    let text = stored.to_string();
    for number in 1..9 {
        assert!(text.contains(&format!("LEAKED{number}")), "{number}: {text}");
    }
    assert_eq!(stored["plugins"]["http-logger"]["uri"], "http://u:LEAKED2@127.0.0.1:2/log?sig=LEAKED3");
    assert_eq!(stored["plugins"]["proxy-rewrite"]["headers"]["set"]["X-A"], "z");
    assert!(!text.contains("****"), "{text}");
    // Nothing is stored for the mask of another argument.
    let other = dump.replace("?sig=", "?code=");
    let refused = ctl.run(&["apply", "-f", "-"], &other);
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
}

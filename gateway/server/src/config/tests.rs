//! Whole files: what becomes of them and what is said about them.

use serde_json::json;

use super::*;

const BUILT: Built<'static> = Built { plugins: &["key-auth", "limit-count", "cors", "prometheus", "redirect"] };

fn read(text: &str) -> Loaded {
    parse(text, "gateway.yaml", &|_| None, BUILT)
}

/// The report on `text` as people read it.
fn told(text: &str) -> String {
    read(text).report.text()
}

#[track_caller]
fn good(text: &str) -> Config {
    let loaded = read(text);
    loaded.config.unwrap_or_else(|| panic!("{}", loaded.report.text()))
}

#[test]
fn an_empty_file_is_the_defaults() {
    for text in ["", "# nothing\n", "---\n", "{}", "apisix:\n", "null"] {
        let loaded = read(text);
        assert_eq!(loaded.report.exit_code(), 0, "{text:?}: {}", loaded.report.text());
    }
    let mut config = good("");
    // The machine's.
    config.workers = 0;
    config.restart.clear();
    insta::assert_debug_snapshot!(config);
}

#[test]
fn base_configuration_of_the_conformance_cases() {
    let loaded = read(
        r#"{
 "apisix": {
  "node_listen": [{"ip": "127.0.0.1", "port": 1984}],
  "enable_admin": true, "enable_control": true, "control": {"ip": "127.0.0.1", "port": 9090},
  "ssl": {"enable": true, "listen": [{"ip": "127.0.0.1", "port": 1994}]},
  "trusted_addresses": ["127.0.0.1"], "proxy_mode": "http&stream",
  "data_encryption": {"enable_encrypt_fields": true, "keyring": ["qeddd145sfvddff3", "edd1c9f0985e76a2"]}
 },
 "nginx_config": {"worker_processes": 1},
 "deployment": {
  "role": "traditional", "role_traditional": {"config_provider": "embedded"},
  "admin": {
   "allow_admin": ["127.0.0.0/24"],
   "admin_key": [{"name": "admin", "key": "edd1c9f034335f136f87ad84b625c8f1", "role": "admin"}],
   "admin_listen": {"ip": "127.0.0.1", "port": 9180}
  }
 }
}"#,
    );
    insta::assert_snapshot!(loaded.report.text());
    let config = loaded.config.unwrap();
    let listeners: Vec<(u16, bool)> = config.listeners.iter().map(|l| (l.addr.port(), l.tls)).collect();
    assert_eq!(listeners, [(1984, false), (1994, true)]);
    assert_eq!(config.workers, 1);
    assert!(config.stream_mode);
    assert!(config.tls.enabled && config.tls.terms == Default::default());
    assert_eq!(config.encryption.keyring.len(), 2);
    let admin = config.admin.unwrap();
    assert!(!admin.generate_key && admin.key_required);
}

#[test]
fn the_benchmark_s_configuration_is_taken() {
    let config = good(
        r#"{"apisix": {"node_listen": [{"ip": "127.0.0.1", "port": 8001}, {"ip": "127.0.0.1", "port": 8002, "enable_http2": true}],
 "ssl": {"enable": true, "listen": [{"ip": "127.0.0.1", "port": 8003}]}, "enable_control": false},
 "nginx_config": {"worker_processes": 1, "http": {"enable_access_log": false}},
 "gateway": {"data_dir": "/tmp/x/data", "dubbo": {"listen": [{"ip": "127.0.0.1", "port": 8004}]}},
 "deployment": {"role": "traditional", "role_traditional": {"config_provider": "embedded"},
  "admin": {"admin_key": [{"name": "admin", "key": "k", "role": "admin"}], "admin_listen": {"ip": "127.0.0.1", "port": 8005}}},
 "plugin_attr": {"prometheus": {"enable_export_server": false}}}"#,
    );
    assert!(config.control.is_none() && config.metrics.server.is_none() && config.access_log.is_none());
    assert_eq!(config.data_dir.as_deref(), Some(Path::new("/tmp/x/data")));
    let speaks: Vec<(u16, Speaks)> = config.listeners.iter().map(|l| (l.addr.port(), l.speaks)).collect();
    assert_eq!(speaks, [(8001, Speaks::Http), (8002, Speaks::Http), (8003, Speaks::Http), (8004, Speaks::Dubbo)]);
    good(r#"{"apisix": {"node_listen": [], "enable_control": false}}"#);
}

#[test]
fn dubbo_listeners() {
    let of = |listen: &str| -> Vec<(String, Speaks, bool)> {
        let config =
            good(&format!(r#"{{"apisix": {{"enable_ipv6": false}}, "gateway": {{"dubbo": {{"listen": {listen}}}}}}}"#));
        let dubbo = config.listeners.into_iter().filter(|l| l.speaks != Speaks::Http);
        dubbo.map(|l| (l.addr.to_string(), l.speaks, l.tls)).collect()
    };
    assert_eq!(of("20880"), [("0.0.0.0:20880".to_owned(), Speaks::Dubbo, false)]);
    assert_eq!(
        of(r#"[20881, {"ip": "127.0.0.1"}, {"port": 20882, "tls": true}, {"port": 20883, "detect": true}]"#),
        [
            ("0.0.0.0:20881".to_owned(), Speaks::Dubbo, false),
            ("127.0.0.1:20880".to_owned(), Speaks::Dubbo, false),
            ("0.0.0.0:20882".to_owned(), Speaks::Dubbo, true),
            ("0.0.0.0:20883".to_owned(), Speaks::Any, false),
        ]
    );
    for wrong in [
        r#""x""#,
        r#"[{"port": 20880, "tsl": true}]"#,
        r#"[20880, 20880]"#,
        r#"[{"port": 20880, "detect": "perhaps"}]"#,
    ] {
        let file = format!(r#"{{"gateway": {{"dubbo": {{"listen": {wrong}}}}}}}"#);
        assert!(read(&file).config.is_none(), "{wrong}");
    }
}

#[test]
fn a_file_full_of_mistakes() {
    insta::assert_snapshot!(told(include_str!("tests/mistakes.yaml")));
}

#[test]
fn a_report_for_programs() {
    let report = read("apisix:\n  node_listne: 9080\ngateway:\n  limits: {header_bites: 1}\n").report;
    assert_eq!(report.exit_code(), 2);
    insta::assert_snapshot!(format!("{:#}", report.json()));
}

#[test]
fn terms_of_tls() {
    let tls = |text: &str| good(&format!("apisix: {{ssl: {text}}}")).tls;
    assert!(!tls("{}").enabled && !tls("{enable: false, listen: [{port: 1}]}").enabled);
    assert!(tls("{listen: [{port: 1}]}").enabled && tls("{enable: true}").enabled);
    let config = good("apisix: {enable_ipv6: false, ssl: {listen: [443, {port: 444, enable_http2: false}]}}");
    let https: Vec<_> = config.listeners.iter().filter(|l| l.tls).map(|l| (l.addr.port(), l.http2)).collect();
    assert_eq!(https, [(443, true), (444, false)]);
    let terms = tls("{ssl_protocols: TLSv1.1 TLSv1.3, ssl_session_tickets: true, fallback_sni: a.test, \
         ssl_ciphers: 'DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256'}")
    .terms;
    assert!(terms.versions.tls13 && !terms.versions.tls12 && terms.tickets);
    assert_eq!(terms.fallback_sni.as_deref(), Some("a.test"));
    assert_eq!(terms.ciphers.map(|c| c.len()), Some(1));
    for (bad, why) in [
        ("{ssl_protocols: TLSv1.1}", "no version is left"),
        ("{ssl_protocols: TLSv1.4}", "there is no version"),
        ("{ssl_ciphers: 'AES128-SHA'}", "none of these cipher suites is spoken"),
    ] {
        let text = told(&format!("apisix: {{ssl: {bad}}}"));
        assert!(text.contains(why), "{text}");
    }
}

#[test]
fn listeners() {
    let addrs = |text: &str| -> Vec<String> {
        let show = |l: Listener| {
            format!("{}{}{}", l.addr, if l.proxy_protocol { " proxy" } else { "" }, if l.optional { "?" } else { "" })
        };
        good(&format!("apisix: {text}")).listeners.into_iter().map(show).collect()
    };
    let cases: &[(&str, &[&str])] = &[
        ("{}", &["0.0.0.0:9080", "[::]:9080?"]),
        ("{node_listen: 80}", &["0.0.0.0:80", "[::]:80?"]),
        ("{node_listen: [80, 81], enable_ipv6: false}", &["0.0.0.0:80", "0.0.0.0:81"]),
        ("{node_listen: [{port: 80}], enable_ipv6: false}", &["0.0.0.0:80"]),
        ("{node_listen: [{ip: 127.0.0.2}]}", &["127.0.0.2:9080"]),
        ("{node_listen: [{ip: '::1', port: 80}, {ip: '[::1]', port: 81}]}", &["[::1]:80", "[::1]:81"]),
        ("{node_listen: null}", &["0.0.0.0:9080", "[::]:9080?"]),
        (
            "{node_listen: [{ip: 127.0.0.1, port: 80}], proxy_protocol: {listen_http_port: 9181}, enable_ipv6: false}",
            &["127.0.0.1:80", "0.0.0.0:9181 proxy"],
        ),
        ("{node_listen: [], proxy_protocol: {listen_http_port: '127.0.0.1:9181'}}", &["127.0.0.1:9181 proxy"]),
    ];
    for (text, expected) in cases {
        assert_eq!(addrs(text), *expected, "{text}");
    }
}

#[test]
fn roles_decide_what_is_served() {
    let config = good("deployment: {role: data_plane}");
    assert!(config.admin.is_none() && !config.listeners.is_empty());
    let config = good("deployment: {role: data_plane}\ngateway: {admin: {read_only: true}}");
    assert!(config.admin.is_some_and(|admin| admin.read_only));
    let config = good("deployment: {role: control_plane}");
    assert!(config.admin.is_some() && config.listeners.is_empty() && config.metrics.server.is_none());
    let config = good("apisix: {enable_admin: false, enable_control: false, status: false}");
    assert!(config.admin.is_none() && config.control.is_none() && config.status.is_none());
    assert!(good("plugins: [key-auth]").metrics.server.is_none());
    assert_eq!(good("apisix: {status: {ip: 0.0.0.0}}").status, Some("0.0.0.0:7085".parse().unwrap()));
}

#[test]
fn stores_that_are_not_built_are_refused_by_name() {
    let refused = [
        (
            "deployment: {role_traditional: {config_provider: etcd}}",
            "deployment.role_traditional.config_provider: the store `etcd` is not built yet",
        ),
        (
            "deployment: {role_traditional: {config_provider: json}}",
            "deployment.role_traditional.config_provider: `json` is a provider of data planes",
        ),
        (
            "deployment: {role: data_plane, role_data_plane: {config_provider: xds}}",
            "deployment.role_data_plane.config_provider: the store `xds` is not built yet",
        ),
        (
            "deployment: {role: control_plane, role_control_plane: {config_provider: json}}",
            "deployment.role_control_plane.config_provider: `json` is a provider of data planes",
        ),
        (
            "deployment: {etcd: {host: ['http://127.0.0.1:2379']}}",
            "deployment.etcd: it asks for the store `etcd`, which is not built yet",
        ),
    ];
    for (text, message) in refused {
        let loaded = read(text);
        assert!(loaded.config.is_none(), "{text}");
        assert!(loaded.report.text().contains(message), "{}", loaded.report.text());
    }
    good("deployment: {role_data_plane: {config_provider: etcd}}");
    assert_eq!(good("{}").provider, Provider::Embedded);
    for (text, provider) in [
        ("{role: data_plane, role_data_plane: {config_provider: yaml}}", Provider::File(FileFormat::Yaml)),
        ("{role: data_plane, role_data_plane: {config_provider: json}}", Provider::File(FileFormat::Json)),
        ("{role: data_plane, role_data_plane: {config_provider: embedded}}", Provider::Embedded),
        ("{role: traditional, role_traditional: {config_provider: yaml}}", Provider::Api),
    ] {
        assert_eq!(good(&format!("deployment: {text}")).provider, provider, "{text}");
    }
    let both = read("deployment: {etcd: {host: []}, role_traditional: {config_provider: embedded}}");
    assert_eq!(both.report.exit_code(), 1);
}

#[test]
fn admin_keys() {
    let admin = |text: &str| good(&format!("deployment: {{admin: {text}}}")).admin.unwrap();
    assert!(admin("{}").generate_key);
    assert!(admin("{admin_key: [{name: admin, key: '', role: admin}]}").generate_key);
    assert!(admin("{admin_key: [{name: v, key: k, role: viewer}]}").generate_key);
    let two = admin("{admin_key: [{name: a, key: x, role: admin}, {name: v, key: 42, role: viewer}]}");
    assert!(!two.generate_key);
    assert_eq!(
        two.keys.iter().map(|k| (k.name.as_str(), k.key.reveal(), k.role)).collect::<Vec<_>>(),
        [("a", "x", AdminRole::Admin), ("v", "42", AdminRole::Viewer)]
    );
    assert_eq!(admin("{}").allow.iter().map(ToString::to_string).collect::<Vec<_>>(), ["127.0.0.0/24", "::1/128"]);
    assert!(admin("{allow_admin: []}").allow.is_empty());
    assert_eq!(admin("{admin_api_version: default}").api_version, "v2");

    let open = "admin_listen: {ip: 0.0.0.0, port: 9180}";
    let key = "admin_key: [{name: a, key: edd1c9f034335f136f87ad84b625c8f1, role: admin}]";
    let cases = [
        (format!("{{{key}}}"), 1),
        (format!("{{{open}, {key}}}"), 2),
        ("{admin_key_required: false}".to_owned(), 1),
        (format!("{{{open}, admin_key_required: false}}"), 2),
        ("{admin_listen: {ip: '::1'}, admin_key_required: false}".to_owned(), 1),
        ("{admin_key: [{name: v, key: '', role: viewer}]}".to_owned(), 2),
        ("{admin_key: [{name: v, key: x}]}".to_owned(), 2),
        ("{admin_key: [{name: v, key: x, role: root}]}".to_owned(), 2),
        ("{admin_key: [{name: a, key: x, role: admin}, {name: b, key: x, role: viewer}]}".to_owned(), 2),
        ("{admin_key: secret}".to_owned(), 2),
        ("{https_admin: true}".to_owned(), 2),
    ];
    for (text, code) in cases {
        let report = read(&format!("deployment: {{admin: {text}}}")).report;
        assert_eq!(report.exit_code(), code, "{text}: {}", report.text());
    }
}

#[test]
fn secrets_show_in_no_output() {
    let loaded = read(
        "deployment: {admin: {admin_key: [{name: a, key: hunter2hunter2hunter2, role: admin}]}}\napisix: {data_encryption: {keyring: [0123456789abcdef]}}",
    );
    let shown = format!("{loaded:?}");
    assert!(!shown.contains("hunter2hunter2") && !shown.contains("0123456789ab"), "{shown}");
    assert!(!read("apisix: {data_encryption: {keyring: [tooshortsecret]}}").report.text().contains("tooshort"));
}

#[test]
fn two_servers_cannot_share_a_port() {
    let cases = [
        (
            "apisix: {node_listen: 9180}",
            "deployment.admin.admin_listen: 127.0.0.1:9180 conflicts with apisix.node_listen (0.0.0.0:9180)",
        ),
        (
            "apisix: {control: {port: 9180}}",
            "apisix.control: 127.0.0.1:9180 conflicts with deployment.admin.admin_listen (127.0.0.1:9180)",
        ),
        (
            "apisix: {status: {port: 9091}}",
            "plugin_attr.prometheus.export_addr: 127.0.0.1:9091 conflicts with apisix.status (127.0.0.1:9091)",
        ),
        (
            "apisix: {node_listen: [80, 80]}",
            "apisix.node_listen[1]: 0.0.0.0:80 conflicts with apisix.node_listen[0] (0.0.0.0:80)",
        ),
    ];
    for (text, message) in cases {
        let report = read(text).report;
        assert!(report.has_errors() && report.text().contains(message), "{}", report.text());
    }
    good("apisix: {node_listen: [{ip: 127.0.0.2, port: 9180}]}");
}

#[test]
fn what_has_no_effect_is_said() {
    let cases = [
        ("apisix: {match_uri_encoded_slash: false}", "this key has no effect: `%2F` always stays as it is"),
        ("plugin_attr: {prometheus: {refresh_interval: 5}}", "this key has no effect: each scrape"),
        (
            "plugin_attr: {prometheus: {export_urii: /m}}",
            "plugin_attr.prometheus.export_urii: unknown key: it has no effect",
        ),
        ("plugin_attr: {prometheus: {export_urii: /m}}", "did you mean `plugin_attr.prometheus.export_uri`?"),
        ("plugin_attr: {batch-requests: {url: /b}}", "plugin_attr.batch-requests.url: unknown key"),
        ("gateway: {limits: {chunk_line_bytes: 8192}}", "this bound is fixed at 4k"),
        ("nginx_config: {http: {real_ip_header: X-Any}}", "this key has no effect: no peer is trusted"),
    ];
    for (text, says) in cases {
        let report = read(text).report;
        assert!(!report.has_errors() && report.text().contains(says), "{text}: {}", report.text());
    }
    for text in [
        "plugin_attr: {prometheus: {metrics: {http_status: {expire: 5}}, max_series: 9}}",
        "plugin_attr: {batch-requests: {uri: /b}, proxy-mirror: {timeout: {connect: 1}}}",
    ] {
        assert!(read(text).report.diagnostics.is_empty(), "{text}: {}", read(text).report.text());
    }
    good("apisix: {match_uri_encoded_slash: true}");
    good("gateway: {limits: {chunk_line_bytes: 4k, query_parameters: 5, busy: 90, accept_backoff_ms: 10}}");
    let bad = read("nginx_config: {http: {real_ip_header: 'a b', real_ip_from: 127.0.0.1}}").report;
    assert!(bad.has_errors() && bad.text().contains("is not a field name"), "{}", bad.text());
}

#[test]
fn values_of_every_kind_are_read() {
    let config = good(include_str!("tests/full.yaml"));
    assert_eq!(config.http.client_header_timeout.as_millis(), 2500);
    assert_eq!(config.http.client_max_body_bytes, 8 << 20);
    assert_eq!(config.http.keepalive_timeout.as_secs(), 0);
    assert!(!config.http.underscores_in_headers);
    assert_eq!(config.http.max_post_args_bytes, 1 << 20);
    assert_eq!(config.limits.header_bytes, 16 << 10);
    assert_eq!(config.limits.header_count, 50);
    assert_eq!(config.limits.drain_ms.as_millis(), 250);
    assert_eq!(config.limits.memory_soft, 80);
    assert_eq!(config.router, RouterMode::UriWithParameter);
    assert!(config.uri.delete_tail_slash);
    assert_eq!(
        config.trust.real_ip.as_ref().map(|r| (r.header.as_str(), r.recursive, r.from.len())),
        Some(("X-Forwarded-For", true, 2))
    );
    assert_eq!(config.dns.servers, ["1.1.1.1:53".parse().unwrap(), "[::1]:5353".parse().unwrap()]);
    assert_eq!(config.dns.valid.map(|d| d.as_secs()), Some(30));
    assert_eq!(
        config.error_log,
        ErrorLogConfig { target: LogTarget::File("logs/error.log".into()), level: Level::Info, json: true }
    );
    assert_eq!(config.access_log.as_ref().map(|log| log.escape), Some(Escape::Json));
    assert_eq!(config.plugins.as_deref(), Some(&["key-auth".to_owned(), "prometheus".to_owned()][..]));
    assert_eq!(config.plugin_attr["prometheus"]["export_addr"], json!({"ip": "127.0.0.1", "port": 9191}));
    assert_eq!(config.plugin_attr["example-plugin"], json!({"val": 1}));
    assert_eq!(config.id.as_deref(), Some("123456"));
    assert_eq!(config.workers, 3);
    assert_eq!(config.upstream.keepalive_requests, 10);
    assert_eq!(config.shutdown_timeout.as_secs(), 240);
}

#[test]
fn configurations_the_cases_bring() {
    let cases = [
        json!({"apisix": {"data_encryption": {"keyring": "qeddd145sfvddff3"}}}),
        json!({"apisix": {"data_encryption": {"keyring": null}}}),
        json!({"apisix": {"ssl": {"enable": null}}, "plugin_attr": {"redirect": null}}),
        json!({"apisix": {"ssl": {"ssl_protocols": "TLSv1.1 TLSv1.2 TLSv1.3", "fallback_sni": "a.test2.com"}}}),
        json!({"apisix": {"admin_key": [{"key": "x", "name": "admin", "role": "admin"}], "admin_api_version": "default"}}),
        json!({"apisix": {"stream_proxy": {"only": true, "tcp": [{"addr": 9100, "tls": true}], "udp": [9200, "127.0.0.1:9201"]}}}),
        json!({"apisix": {"id": 123456, "tracing": true, "lru": {"secret": {"count": 1024, "ttl": 2}}}}),
        json!({"apisix": {"disable_upstream_healthcheck": true, "show_upstream_status_in_response_header": true}}),
        json!({"apisix": {"delete_uri_tail_slash": true, "router": {"http": "radixtree_uri"}}}),
        json!({"discovery": {"eureka": {"host": ["http://127.0.0.1:8761"], "weight": 80}, "dns": {"servers": ["127.0.0.1:1053"]}}}),
        json!({"graphql": {"max_size": 5}}),
        json!({"nginx_config": {"http": {"access_log_format": "main '$request_line';"}}}),
        json!({"plugin_attr": {"prometheus": {"refresh_interval": 0.1, "y": "z"}, "x": {"y": "z"}}}),
        json!({"plugin_attr": {"prometheus": {"export_uri": "/a", "metrics": {"http_status": {"extra_labels": [{"dummy": "$dummy"}]}}}}}),
        json!({"plugins": ["public-api", "node-status"], "stream_plugins": ["mqtt-proxy", "prometheus"]}),
        json!({"xrpc": {"protocols": [{"name": "redis"}]}}),
    ];
    for case in cases {
        let loaded = read(&case.to_string());
        assert!(loaded.config.is_some(), "{case}: {}", loaded.report.text());
    }
}

#[test]
fn a_log_format_that_cannot_be_compiled_is_told() {
    let told = told("nginx_config:\n  http:\n    access_log_format: $status ${uri\n");
    assert!(
        told.starts_with("gateway.yaml:3:24: error: nginx_config.http.access_log_format: `${` without `}`"),
        "{told}"
    );
}

#[test]
fn the_environment_reaches_values() {
    let lookup = |name: &str| match name {
        "PORT" => Some("8088".to_owned()),
        "APISIX_WORKER_PROCESSES" => Some("5".to_owned()),
        _ => None,
    };
    let text = "apisix: {node_listen: [\"${{PORT}}\"]}\nnginx_config: {worker_processes: 2, worker_shutdown_timeout: \"${{WAIT:=7s}}\"}";
    let config = parse(text, "f", &lookup, BUILT).config.unwrap();
    assert_eq!(config.listeners[0].addr.port(), 8088);
    assert_eq!(config.workers, 5);
    assert_eq!(config.shutdown_timeout.as_secs(), 7);
    assert!(parse("", "f", &|_| Some("many".into()), BUILT).config.is_none());
}

#[test]
fn a_reload_names_what_needs_a_restart() {
    let old = good("apisix: {node_listen: 80, status: {port: 7085}}\nnginx_config: {error_log_level: warn}");
    let new = good("apisix: {node_listen: 81, status: {port: 7086}}\nnginx_config: {error_log_level: debug}");
    assert_eq!(old.restart_keys(&new), ["apisix.node_listen", "apisix.status.port"]);
    assert_eq!(old.restart_keys(&old), [""; 0]);
    let off = good("apisix: {node_listen: 80, status: false}\nnginx_config: {worker_processes: 2}");
    assert_eq!(old.restart_keys(&off), ["apisix.status", "apisix.status.port", "nginx_config.worker_processes"]);
}

#[test]
fn hostile_files_are_bounded() {
    let deep_flow = format!("a: {}{}", "[".repeat(100), "]".repeat(100));
    let very_deep = format!("a: {}", "[".repeat(100_000));
    let deep_block: String = (0..200).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for i in 1..12 {
        bomb.push_str(&format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(",")));
    }
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(","));
    let mut many: String = (0..90_000).map(|i| format!("k{i}: 1\n")).collect();
    many.push_str("k77: 1\n");
    let cases = [
        (long, "the file stands for more than 200000 values, aliases counted"),
        (many, "k77: this key already stands in line 78"),
        (deep_flow, "nested deeper than 64"),
        (very_deep, "not YAML or JSON"),
        (deep_block, "nested deeper than 64"),
        (bomb, "the file stands for more than 200000 values, aliases counted"),
        ("a: *nobody".to_owned(), "not YAML or JSON"),
        ("a: &x [*x]".to_owned(), "this alias names nothing that stands before it"),
        ("a: 1\n---\nb: 2\n".to_owned(), "the file holds more than one document"),
        ("- a\n".to_owned(), "the file must hold keys and values"),
        ("apisix: {node_listen: 1}\napisix: {}".to_owned(), "apisix: this key already stands in line 1"),
        ("{\"a\": ".to_owned(), "not YAML or JSON"),
        ("? [a]\n: 1\n".to_owned(), "a key must be text"),
        ("x".repeat(5 << 20), "the file is larger than 4 MiB"),
    ];
    for (text, message) in cases {
        let loaded = read(&text);
        assert!(loaded.config.is_none());
        assert!(loaded.report.text().contains(message), "{message}: {}", loaded.report.text());
        assert_eq!(loaded.report.exit_code(), 2);
    }
}

#[test]
fn anchors_and_merges() {
    let config = good(
        "x-base: &base {ip: 127.0.0.1}\napisix:\n  control: {<<: *base, port: 9099}\n  status: {<<: [*base, {ip: 10.0.0.1, port: 7}]}\n",
    );
    assert_eq!(config.control, Some("127.0.0.1:9099".parse().unwrap()));
    assert_eq!(config.status, Some("127.0.0.1:7".parse().unwrap()));
}

#[test]
fn json_as_programs_write_it() {
    let node =
        yaml::parse("{\n\t\"x\":\t\"\\ud83d\\ude00 \\u00e4 \\/ \\\\ud83d\",\n\t\"n\":-1.5e3,\"e\":[],\"o\":{}\n}")
            .unwrap();
    assert_eq!(node.to_json(), json!({"x": "😀 ä / \\ud83d", "n": -1500.0, "e": [], "o": {}}));
}

#[test]
fn a_missing_file_is_an_error() {
    let loaded = load(Some(Path::new("/nowhere/gateway.yaml")), BUILT);
    assert!(loaded.config.is_none());
    assert!(loaded.report.text().starts_with("/nowhere/gateway.yaml: error: cannot read the file: "));
}

#[test]
fn the_reference_shows_every_key() {
    let text = reference();
    for key in keys::sections().into_iter().flat_map(|(_, keys)| keys) {
        assert!(text.contains(&format!("| `{}`", key.path)), "{}", key.path);
    }
    insta::assert_snapshot!(text);
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "[-a-z0-9:{}\\[\\],\"'#&*!|>%@\n \\\\$]{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn a_json_tree_reads_as_it_was(tree in tree()) {
        let node = yaml::parse(&json!({"x-any": tree}).to_string());
        let node = node.map_err(|e| e.to_string());
        proptest::prop_assert_eq!(node.map(|n| n.to_json()), Ok(json!({"x-any": tree})));
    }
}

fn tree() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        "[ -~äß€\n\t]{0,20}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::hash_map("[ -~é]{0,8}", inner, 0..6)
                .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
        ]
    })
}

#[test]
fn a_listener_that_is_none_is_an_error() {
    for text in [
        "apisix: {node_listen: {a: [1]}}",
        "apisix: {node_listen: [{prot: 9080}]}",
        "apisix: {node_listen: [{port: 9080, adress: 127.0.0.1}]}",
        "apisix: {ssl: {listen: [{prot: 9443}]}}",
        "gateway: {data_dir: \"${{NOPE\"}",
    ] {
        assert!(read(text).report.has_errors(), "{text}");
    }
    for text in ["apisix: {node_listen: {port: 9081}}", "apisix: {ssl: {listen: [{port: 9443, enable_quic: false}]}}"] {
        assert!(!read(text).report.has_errors(), "{text}");
    }
}

#[test]
fn variables_that_do_not_exist_are_told() {
    let report = read("nginx_config: {http: {access_log_format: \"$uri $reqest_time\"}}").report;
    assert!(!report.has_errors() && report.text().contains("$reqest_time"), "{}", report.text());
}

#[test]
fn registries() {
    let zookeeper =
        json!({"connect": ["a.test:2181", "[::1]:2182"], "root": "/x/", "auth": "u:p", "session_timeout_ms": 5000});
    let nacos =
        json!({"host": ["http://u:p@a.test:8848", "https://b.test"], "prefix": "/nacos/v1", "timeout": {"read": 1000}});
    let config = read(&json!({"discovery": {"zookeeper": zookeeper, "nacos": nacos}}).to_string()).config.unwrap();
    let zookeeper = config.discovery.zookeeper.unwrap();
    assert_eq!((zookeeper.root.as_str(), zookeeper.services_root.as_str()), ("/x", "/services"));
    assert_eq!((zookeeper.connect.len(), zookeeper.session_timeout.as_secs()), (2, 5));
    assert!(!format!("{:?}", zookeeper.auth).contains("u:p"), "it is not shown");
    let nacos = config.discovery.nacos.unwrap();
    let hosts: Vec<_> = nacos.hosts.iter().map(|h| (h.tls, h.host.as_str(), h.port, h.login.is_some())).collect();
    assert_eq!(hosts, [(false, "a.test", 8848, true), (true, "b.test", 8848, false)]);
    assert_eq!(
        (nacos.prefix.as_str(), nacos.grpc_offset, nacos.read_timeout.as_millis()),
        ("/nacos/v1/", Some(1000), 3000)
    );
    for (wrong, message) in [
        (json!({"zookeeper": {}}), "discovery.zookeeper.connect: no server is named"),
        (json!({"zookeeper": {"connect": ["a:1,b:2"]}}), "\"a:1,b:2\" is no `host:port`"),
        (json!({"zookeeper": {"connect": ["a"]}}), "\"a\" is no `host:port`"),
        (json!({"zookeeper": {"connect": ["a:1"], "root": "dubbo"}}), "\"dubbo\" is no path"),
        (json!({"zookeeper": {"connect": ["a:1"], "auth": "hidden"}}), "this is no `user:password`"),
        (json!({"nacos": {}}), "discovery.nacos.host: no server is named"),
        (json!({"nacos": {"host": ["http://hidden@h:1"]}}), "entry 1 is no `http(s)://[user:password@]host:port`"),
        (json!({"nacos": {"host": ["http://h:1"], "access_key": "k"}}), "the one is given without the other"),
    ] {
        let loaded = read(&json!({ "discovery": wrong }).to_string());
        let text = loaded.report.text();
        assert!(loaded.config.is_none() && text.contains(message), "{wrong}: {text}");
        assert!(!text.contains("hidden"), "{text}");
    }
}

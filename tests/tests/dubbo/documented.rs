//! The first set-up of `docs/dubbo.md`, as it stands there: consumers of Dubbo2, and providers that are named as nodes.

use super::super::*;

/// The whole page.
fn whole() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/dubbo.md")).unwrap()
}

/// What stands between the title and the first section, and that one.
fn page() -> String {
    whole().split("\n## ").take(2).collect()
}

/// The blocks of a kind, in their order.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let opening = format!("```{kind}\n");
    page.split(&opening).skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// A gateway whose `gateway:` is the documentation's, and a few keys more; where its consumers call.
fn gateway(shown: &str) -> (Gateway, SocketAddr) {
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let mut gateway = Gateway::start();
    let usual = gateway.configuration();
    let mut config = shown.replace("20880", &addr.port().to_string());
    assert!(config.starts_with("gateway:\n") && config != shown);
    for (key, value) in usual["gateway"].as_object().unwrap() {
        config.push_str(&format!("  {key}: {value}\n"));
    }
    for (key, value) in usual.as_object().unwrap().iter().filter(|(key, _)| *key != "gateway") {
        config.push_str(&format!("{key}: {value}\n"));
    }
    std::fs::write(gateway.config_file(), config).unwrap();
    gateway.crash_and_restart();
    (gateway, addr)
}

#[test]
fn the_documented_set_up_does_what_it_says() {
    let page = page();
    let (gateway, addr) = gateway(&blocks(&page, "yaml")[0]);
    let providers = ["a", "b", "c", "d"].map(Provider::named);
    let routes: Vec<Value> = blocks(&page, "json").iter().map(|block| serde_json::from_str(block).unwrap()).collect();
    let [mut all, mut second] = <[Value; 2]>::try_from(routes).unwrap();
    for (route, nodes) in [(&mut all, &providers[..2]), (&mut second, &providers[2..])] {
        let nodes: serde_json::Map<_, _> = nodes.iter().map(|provider| (provider.node(), json!(1))).collect();
        assert_eq!(route["upstream"]["nodes"].as_object().unwrap().len(), nodes.len());
        route["upstream"]["nodes"] = nodes.into();
    }
    let mut peer = Peer::connect(addr);
    let mut asked = |version: &str, argument: &str| {
        let mut call = Call::new("org.acme.Orders", "find", argument);
        call.version = version.into();
        let answer = peer.call(&call);
        assert_eq!(answer.status, 20, "{answer:?}");
        ["a", "b", "c", "d"].into_iter().find(|name| answer.body == value(&format!("{name} find"))).unwrap()
    };
    gateway.put("/routes/all", &all);
    let mut two: Vec<&str> = (0..2).map(|_| asked("0.0.0", "x")).collect();
    two.sort_unstable();
    assert_eq!(two, ["a", "b"]);
    gateway.put("/routes/second", &second);
    assert!(["a", "b"].contains(&asked("1.0.0", "x")));
    // The same argument always leads to the same node, and different ones to both.
    let nodes: Vec<&str> = (0..20).map(|n| asked("2.0.0", &n.to_string())).collect();
    assert!(
        nodes.iter().all(|node| ["c", "d"].contains(node)) && nodes.contains(&"c") && nodes.contains(&"d"),
        "{nodes:?}"
    );
    assert_eq!((0..20).map(|n| asked("2.0.0", &n.to_string())).collect::<Vec<_>>(), nodes);
}

/// The routes of the section on plugins, one after the other, as they stand there.
#[test]
fn the_documented_plugins_do_what_is_said_of_them() {
    let page = whole();
    let section = page.split("\n## ").find(|section| section.starts_with("Plugins on a route")).unwrap();
    let (gateway, addr) = gateway(&blocks(&whole(), "yaml")[0]);
    let (old, new) = (Provider::named("old"), Provider::named("new"));
    let routes: Vec<Value> = blocks(section, "json")
        .iter()
        .map(|block| {
            let here = block.replace("10.0.0.7:20880", &old.node()).replace("10.0.0.9:20880", &new.node());
            serde_json::from_str(&here).unwrap()
        })
        .collect();
    let [limited, split, refusing, waiting] = <[Value; 4]>::try_from(routes).unwrap();
    let mut peer = Peer::connect(addr);
    let mut asked = |method: &str, key: Option<&str>| {
        let mut call = Call::new("org.acme.Orders", method, "x");
        call.attachments.extend(key.map(|key| ("apikey".into(), key.into())));
        peer.call(&call)
    };
    gateway.put("/consumers", &json!({"username": "jane", "plugins": {"key-auth": {"key": "janes-key"}}}));
    gateway.put("/routes/orders", &limited);
    assert!(asked("find", None).says("Missing API key"));
    for _ in 0..100 {
        assert_eq!(asked("find", Some("janes-key")).body, value("old find"));
    }
    assert!(asked("find", Some("janes-key")).says("100 calls a minute"));
    gateway.put("/routes/orders", &split);
    let went = (0..100).filter(|_| asked("find", None).body == value("new find")).count();
    assert_eq!(went, 10);
    gateway.put("/routes/orders", &waiting);
    let at = std::time::Instant::now();
    assert_eq!(asked("find", None).body, value("old find"));
    assert!(at.elapsed() >= Duration::from_secs(1), "a delay is no shorter than it is said to be");
    gateway.delete("/routes/orders");
    gateway.put("/routes/orders", &refusing);
    assert!(asked("create", None).says("too many orders"));
}

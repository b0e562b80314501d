use insta::assert_snapshot;
use serde_json::Value;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn a_load_is_measured() {
    let fake = Fake::start();
    let scene = Scene::at(&fake).env("GATEWAYCTL_GATEWAY", &format!("http://{}", fake.address));
    let seen = scene.run("bench GET /x -n 40 -c 4 -o json");
    let told: Value = serde_json::from_str(&seen.stdout).unwrap();
    assert_eq!((told["answered"].as_u64(), told["failed"].as_u64()), (Some(40), Some(0)), "{}", seen.text);
    assert_eq!(told["statuses"]["200"].as_u64(), Some(40));
    let counts = told["hist"]["n"].as_array().unwrap().iter().filter_map(Value::as_u64).sum::<u64>();
    assert_eq!(counts, 40);
    let latency = |name: &str| told["latency_ms"][name].as_f64().unwrap();
    assert!(latency("min") <= latency("p50") && latency("p50") <= latency("p99") && latency("p99") <= latency("max"));
    // One more to see that there is an answer.
    assert_eq!(fake.asked().len(), 41);

    let target = format!("bench GET /x -n 1 -c 1 --gateway http://127.0.0.1:1 --target http://{}", fake.address);
    assert_eq!(Scene::at(&fake).run(&target).code, 0);
    assert_eq!(fake.asked().len(), 43);

    let seen = scene.run("bench POST http://shop.example/x -d {} --rate 50 -c 2 --duration 400ms");
    assert!(
        seen.code == 0 && seen.stdout.contains("milliseconds\n") && seen.stdout.contains("histogram\n"),
        "{}",
        seen.text
    );
    assert!(fake.heads().iter().any(|head| head.contains("host: shop.example\r\n")));
    let sent = fake.asked().len() - 44;
    assert!((5..=21).contains(&sent), "{sent}");
}

#[test]
fn loads_that_are_not_made() {
    let fake = Fake::start();
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "bench",
        "bench /x --gateway http://127.0.0.1:1",
        "bench http://shop.example/x --resolve shop.example:80:198.51.100.7",
        "bench /x --target http://198.51.100.7",
        "bench /x --target 7",
        "bench /x --duration 0",
        "bench /x -c 0",
        "bench /x -o csv",
    ]));
    // The gateway is asked where its proxy listens, and nothing more.
    assert!(fake.asked().iter().all(|asked| asked.contains("/live/info")), "{:?}", fake.asked());
}

use serde_json::json;

use super::*;

fn told(source: Source, value: Value) -> Told {
    Told { source, at_ms: 1_000, value }
}

#[test]
fn lists_are_kept_current_by_changes() {
    let mut data = Data::default();
    assert_eq!(data.state(Source::List("routes")), State::Loading);
    data.told(told(Source::List("routes"), json!([{"id": "a", "modifiedIndex": 5}, {"id": 7, "modifiedIndex": 6}])));
    assert_eq!(data.list("routes").len(), 2);
    let change = |rev, op, id, after| json!({"rev": rev, "op": op, "resource": "routes", "id": id, "after": after});
    data.told(told(Source::Events, change(4, "update", "a", json!({"uri": "/old"}))));
    assert_eq!(text(&data.object("routes", "a").unwrap().value, "uri"), "", "the list is newer");
    data.told(told(Source::Events, change(8, "update", "a", json!({"uri": "/new"}))));
    assert_eq!(data.object("routes", "a").unwrap().rev, 8);
    assert_eq!(text(&data.object("routes", "a").unwrap().value, "uri"), "/new");
    data.told(told(Source::Events, change(9, "update", "a", json!({"too_large": true}))));
    assert_eq!(data.object("routes", "a").unwrap().rev, 8);
    data.told(told(Source::Events, change(10, "delete", "7", Value::Null)));
    data.told(told(Source::Events, change(11, "create", "b", json!({}))));
    assert_eq!(data.list("routes").iter().map(|route| &*route.id).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(data.events.front().unwrap().object(), "route/b");
}

#[test]
fn what_is_not_as_it_should_be_is_missing() {
    let mut data = Data::default();
    for source in [Source::Info, Source::Stats, Source::Nodes, Source::Certs, Source::Discovery, Source::Events] {
        for value in
            [json!(null), json!([1, "x", null, {}]), json!({"by": 1, "req": [], "config": "x"}), json!("\u{1b}[2J")]
        {
            data.told(told(source, value));
        }
    }
    for source in
        [Source::History, Source::Logs, Source::Tap, Source::Dubbo, Source::Grpc, Source::Plugins, Source::Metrics]
    {
        for value in [json!(null), json!([1, "x", null, {}]), json!({"a": 1}), json!(7)] {
            data.told(told(source, value));
        }
    }
    data.told(told(Source::Tap, json!({"dropped": 7})));
    assert_eq!(data.dropped, 7);
    data.told(told(Source::Nodes, json!({"failure": {"message": "no", "status": 404}})));
    assert!(matches!(data.state(Source::Nodes), State::Failed(failure) if failure.message == "no"));
}

#[test]
fn gaps_and_restarts_are_marked() {
    let mut data = Data::default();
    for (at, instance) in [(1, "a"), (2, "a"), (60, "a"), (61, "b")] {
        let value = json!({"instance": instance, "window_ms": 1000, "req": {"rps": at}});
        data.told(Told { source: Source::Stats, at_ms: at * 1_000, value });
    }
    let seen: Vec<_> = data.stats.points.iter().map(|point| (point.gap, point.restarted)).collect();
    assert_eq!(seen, [(false, false), (false, false), (true, false), (false, true)]);
}

#[test]
fn losses_of_a_registry_are_counted() {
    let mut data = Data::default();
    let flaps = |data: &mut Data, state: &str, since: Value| {
        data.told(told(Source::Discovery, json!([{"type": "nacos", "state": state, "since": since}, 7, {"type": 1}])));
        data.discovery[0].flaps
    };
    assert_eq!(flaps(&mut data, "connected", json!(10)), 0);
    assert_eq!(flaps(&mut data, "connected", json!(10)), 0);
    assert_eq!(flaps(&mut data, "retrying", Value::Null), 1);
    assert_eq!(flaps(&mut data, "retrying", Value::Null), 1);
    assert_eq!(flaps(&mut data, "connected", json!(20)), 1);
    // It was lost and found again between two documents.
    assert_eq!(flaps(&mut data, "connected", json!(30)), 2);
    assert_eq!(flaps(&mut data, "", json!("x")), 3);
}

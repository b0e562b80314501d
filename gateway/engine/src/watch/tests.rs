use proptest::prelude::*;

use super::*;
use crate::expr::Var;

fn filter(args: &[(&str, &str)]) -> Result<Filter, String> {
    let mut filter = Filter::default();
    for (name, value) in args {
        match filter.take(name, value) {
            Ok(true) => {}
            Ok(false) => return Err(format!("{name} is none")),
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(filter)
}

#[test]
fn arguments_that_are_none() {
    for (name, value, says) in [
        ("status", "0,600", ""),
        ("status", "6", "should be statuses"),
        ("status", "9xx", "should be statuses"),
        ("status", "499-400", "should be statuses"),
        ("status", "5xx, 429,400-499", ""),
        ("status", "x", "invalid argument status: should be statuses"),
        ("status", "0xx", "should be statuses"),
        ("status", "", "should not be empty"),
        ("min_latency", "1.5s", ""),
        ("min_latency", "20", ""),
        ("min_latency", "fast", "should be a time"),
        ("min_latency", "-1ms", "should be a time"),
        ("min_latency", "NaNs", "should be a time"),
        ("sample", "0.1", ""),
        ("sample", "2", "from 0 to 1"),
        ("client", "10.0.0.0/8,::1", ""),
        ("client", "ten", "ten"),
        ("header", "X-A: b", ""),
        ("header", "a b", "should be 'Name: value'"),
        ("vars", r#"[["status", ">=", 500]]"#, ""),
        ("vars", "status", "invalid argument vars"),
        ("path", &"x".repeat(5000), "too long"),
        ("route", &"x,".repeat(100), "too many"),
        ("nonsense", "1", "is none"),
    ] {
        let told = filter(&[(name, value)]).err().unwrap_or_default();
        assert!(told.contains(says) && told.is_empty() == says.is_empty(), "{name}={value}: {told}");
    }
}

/// Slow, and as the words say.
fn slow(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|at| slow(rest, &text[at..])),
        Some((byte, rest)) => text.split_first().is_some_and(|(first, text)| first == byte && slow(rest, text)),
    }
}

proptest! {
    #[test]
    fn globs_are_what_they_say(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
        prop_assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), slow(pattern.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn any_argument_is_taken_or_refused(name in "[a-z_]{0,12}", value in "\\PC{0,40}") {
        let _ = Filter::default().take(&name, &value);
        for name in ["status", "min_latency", "sample", "client", "header", "vars", "path", "method"] {
            let _ = Filter::default().take(name, &value);
        }
    }
}

#[test]
fn there_is_a_bound_on_watchers_and_their_word_tells_of_each_change() {
    struct Nobody;
    impl Watcher for Nobody {
        fn may_want(&self, _: &Exchange) -> bool {
            false
        }
        fn finished(&self, _: &Exchange) {}
    }
    let watch = Watch::default();
    assert_eq!(watch.word(), 0);
    let all: Vec<Arc<dyn Watcher>> = (0..WATCHERS).map(|_| Arc::new(Nobody) as Arc<dyn Watcher>).collect();
    let mut words: Vec<u64> = Vec::new();
    for one in &all {
        assert!(watch.add(Arc::clone(one)));
        words.push(watch.word());
    }
    assert!(!watch.add(Arc::new(Nobody)));
    for one in &all {
        words.push(watch.word());
        watch.remove(one);
    }
    assert_eq!(watch.word(), 0);
    words.dedup();
    assert!(words.windows(2).all(|pair| pair[0] < pair[1]) && !words.contains(&0), "{words:?}");
}

#[test]
fn times_are_told_near_and_by_difference() {
    let spread = spread::Spread::default();
    (1..=100).for_each(|ms| spread.add(ms * 1000));
    let mut before = Times::default();
    spread.read(&mut before);
    (0..100).for_each(|_| spread.add(7_000_000));
    let mut now = Times::default();
    spread.read(&mut now);
    let since = now.since(&before);
    assert_eq!((before.count(), now.count(), since.count()), (100, 200, 100));
    let near = |told: Option<f64>, real: f64| told.is_some_and(|told| (told - real).abs() <= real / 4.0);
    assert!(
        near(before.quantile_ms(0.5), 50.0) && near(before.quantile_ms(0.99), 99.0) && near(before.max_ms(), 100.0)
    );
    assert!(near(since.quantile_ms(0.5), 7000.0) && near(since.max_ms(), 7000.0), "{since:?}");
    assert_eq!((Times::default().quantile_ms(0.5), Times::default().max_ms()), (None, None));
    let within = now.within_ms(&[20.0, 1000.0]);
    assert_eq!(within.iter().sum::<u64>(), 200);
    assert!((15..=25).contains(&within[0]) && within[2] == 100, "{within:?}");
}

#[test]
fn a_filter_says_what_it_compares_values_of() {
    let compares = |name: &str, value: &str| {
        let told = [Filter::default(), Filter::veiled(|_, _, value| value)].map(|mut filter| {
            assert_eq!(filter.take(name, value), Ok(true), "{name}={value}");
            let secret = |var: &Var| var.name().ends_with("token");
            filter.compares(secret).map(|var| var.name().into_owned())
        });
        assert_eq!(told[0], told[1], "{name}={value}");
        told[0].clone().unwrap_or_default()
    };
    for (name, value, expected) in [
        ("header", "X-Token: a*", "http_x_token"),
        ("header", "X-Token: *", ""),
        ("header", "X-Token", ""),
        ("header", "X-Token:", "http_x_token"),
        ("header", "X-A: a", ""),
        (
            "vars",
            r#"[["status", 200], ["OR", ["arg_a", "b"], ["!AND", ["arg_b", "c"], ["arg_token", "!", "in", ["c"]]]]]"#,
            "arg_token",
        ),
        ("vars", r#"[["arg_a", "token"]]"#, ""),
        ("path", "/token", ""),
    ] {
        assert_eq!(compares(name, value), expected, "{name}={value}");
    }
}

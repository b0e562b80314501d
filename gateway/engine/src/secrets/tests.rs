use std::collections::VecDeque;

use serde_json::json;

use super::*;

/// Answers in turn, the last one for ever. A path without a script never answers.
#[derive(Default)]
struct Script {
    answers: Mutex<HashMap<&'static str, VecDeque<Result<&'static str, FetchError>>>>,
    asked: Mutex<Vec<(String, Value, Duration)>>,
    begin: Mutex<Option<Instant>>,
}

impl Script {
    fn of(path: &'static str, answers: Vec<Result<&'static str, FetchError>>) -> Arc<Script> {
        Arc::new(Script { answers: Mutex::new([(path, answers.into())].into()), ..Script::default() })
    }

    /// Seconds after the first call at which `path` was asked for.
    fn seconds(&self, path: &str) -> Vec<u64> {
        self.asked.lock().iter().filter(|(p, ..)| p == path).map(|(.., at)| at.as_secs()).collect()
    }
}

impl Fetch for Script {
    fn fetch<'a>(&'a self, request: &'a Request) -> Fetching<'a> {
        let begin = *self.begin.lock().get_or_insert_with(Instant::now);
        self.asked.lock().push((request.path.to_string(), (*request.conf).clone(), begin.elapsed()));
        let mut answers = self.answers.lock();
        let answer = answers.get_mut(&*request.path).and_then(|left| match left.len() {
            0 | 1 => left.front().cloned(),
            _ => left.pop_front(),
        });
        Box::pin(async move {
            match answer {
                Some(answer) => answer.map(|text| Secret::new(text.to_owned())),
                None => std::future::pending().await,
            }
        })
    }
}

type Told = Arc<Mutex<Vec<Arc<str>>>>;

fn secrets(script: &Arc<Script>, settings: SecretsSettings) -> (Secrets, Told) {
    let told = Told::default();
    let sink = Arc::clone(&told);
    let environment = [("TOKEN", "t"), ("JSON", r#"{"a": "x", "n": 7, "o": {}}"#), ("EMPTY", "")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let fetch = Arc::clone(script) as Arc<dyn Fetch>;
    let secrets = Secrets::new(fetch, Handle::current(), settings, environment, move |text| sink.lock().push(text));
    secrets.set_manager("vault/1", Some(&json!({"token": "$ENV://TOKEN", "uri": "http://v"})));
    (secrets, told)
}

fn text(subscription: &Subscription) -> Option<String> {
    match subscription.found().0 {
        Found::Value(secret) => Some(secret.reveal().to_owned()),
        Found::Pending => Some("(pending)".to_owned()),
        Found::Nothing(_) => None,
    }
}

/// Lets the (paused, hence instant) clock run on.
async fn pass(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}

fn unreachable() -> Result<&'static str, FetchError> {
    Err(FetchError::Unreachable("no connection".to_owned()))
}

fn refused() -> Result<&'static str, FetchError> {
    Err(FetchError::Refused("no such secret".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn the_environment_answers_at_once() {
    let (secrets, told) = secrets(&Arc::default(), SecretsSettings::default());
    for (reference, expected) in [
        ("$env://TOKEN", Some("t")),
        ("$ENV://TOKEN", Some("t")),
        ("$env://EMPTY", Some("")),
        ("$env://NONE", None),
        ("$env://token", None),
        ("$env://JSON/a", Some("x")),
        ("$env://JSON/n", Some("7")),
        ("$env://JSON/o", None),
        ("$env://JSON/b", None),
        ("$env://TOKEN/a", None),
        ("$env://", None),
        ("$secret://vault/2/a", None),
        ("$secret://vault/1", None),
    ] {
        assert_eq!(text(&secrets.subscribe(reference)).as_deref(), expected, "{reference}");
    }
    pass(1).await;
    assert!(told.lock().is_empty() && secrets.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_value_is_asked_for_again_and_only_a_change_is_told() {
    let script = Script::of("a/b", vec![Ok("one"), Ok("one"), Ok("two")]);
    let (secrets, told) = secrets(&script, SecretsSettings::default());
    let (first, second) = (secrets.subscribe("$secret://vault/1/a/b"), secrets.subscribe("$secret://vault/1/a/b"));
    assert_eq!(text(&first).as_deref(), Some("(pending)"));
    pass(1).await;
    assert_eq!(text(&second).as_deref(), Some("one"));
    assert_eq!(
        script.asked.lock()[0].1,
        json!({"token": "t", "uri": "http://v"}),
        "the manager's own token is resolved"
    );
    pass(301).await;
    assert_eq!(told.lock().len(), 1);
    let version = first.version();
    pass(300).await;
    assert_eq!((text(&first).as_deref(), told.lock().len()), (Some("two"), 2));
    assert_ne!(first.version(), version);
    assert_eq!(script.seconds("a/b"), [0, 300, 600]);
}

#[tokio::test(start_paused = true)]
async fn a_value_outlives_its_manager_but_not_its_end() {
    let script = Script::of("a", vec![Ok("one"), unreachable(), unreachable(), refused(), Ok("two")]);
    let (secrets, told) = secrets(&script, SecretsSettings::default());
    let a = secrets.subscribe("$secret://vault/1/a");
    pass(302).await;
    assert_eq!((text(&a).as_deref(), told.lock().len()), (Some("one"), 1), "unreachable: kept");
    pass(2).await;
    assert_eq!((text(&a), told.lock().len()), (None, 2), "refused: gone");
    pass(60).await;
    assert_eq!((text(&a).as_deref(), told.lock().len()), (Some("two"), 3));
    assert_eq!(script.seconds("a"), [0, 300, 301, 303, 363]);
}

#[tokio::test(start_paused = true)]
async fn failures_back_off_and_no_answer_is_one() {
    let script = Script::of("a", vec![unreachable()]);
    let (secrets, told) = secrets(&script, SecretsSettings::default());
    let (a, silent) = (secrets.subscribe("$secret://vault/1/a"), secrets.subscribe("$secret://vault/1/silent"));
    pass(4).await;
    assert_eq!((text(&a), text(&silent).as_deref()), (None, Some("(pending)")));
    pass(2).await;
    assert_eq!(text(&silent), None);
    pass(200).await;
    assert_eq!(script.seconds("a"), [0, 1, 3, 7, 15, 31, 63, 123, 183]);
    assert_eq!(told.lock().len(), 2, "another failure is no change");
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_the_manager_forgets_at_once() {
    let script = Script::of("a", vec![Ok("one"), Ok("two")]);
    let (secrets, told) = secrets(&script, SecretsSettings::default());
    let a = secrets.subscribe("$secret://vault/1/a");
    pass(1).await;
    let touched = secrets.set_manager("vault/1", Some(&json!({"token": "u"})));
    assert_eq!(touched, [Arc::clone(a.text())]);
    assert_eq!(text(&a).as_deref(), Some("(pending)"));
    pass(1).await;
    assert_eq!((text(&a).as_deref(), told.lock().len()), (Some("two"), 2));
    assert_eq!(script.asked.lock()[1].1, json!({"token": "u"}));
    assert_eq!(secrets.set_manager("vault/1", None).len(), 1);
    assert_eq!(text(&a), None);
    assert!(secrets.set_manager("vault/2", Some(&json!({}))).is_empty());
    pass(1000).await;
    assert_eq!(script.seconds("a").len(), 2, "nobody to ask");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_uses_is_remembered_for_its_time_and_as_far_as_there_is_room() {
    let script = Script::of("a", vec![Ok("one")]);
    for path in ["b", "c"] {
        script.answers.lock().insert(path, [Ok("x")].into());
    }
    let (secrets, _) = secrets(&script, SecretsSettings { count: 2, ..SecretsSettings::default() });
    let reference = |path: &str| format!("$secret://vault/1/{path}");
    let used: Vec<Subscription> = ["a", "b", "c"].iter().map(|path| secrets.subscribe(&reference(path))).collect();
    pass(1).await;
    drop(used);
    assert!(secrets.is_empty());
    let kept = ["a", "b", "c"]
        .iter()
        .filter(|path| text(&secrets.subscribe(&reference(path))).as_deref() != Some("(pending)"));
    assert_eq!(kept.count(), 2);
    pass(300).await;
    let asked = script.asked.lock().len();
    let again = secrets.subscribe(&reference("a"));
    assert_eq!(text(&again).as_deref(), Some("(pending)"), "its time is over");
    pass(1).await;
    assert_eq!(script.asked.lock().len(), asked + 1);
}

#[test]
fn a_secret_shows_itself_to_nobody() {
    let shown =
        format!("{:?} {:?}", Secret::new("hunter2".to_owned()), Found::Value(Secret::new("hunter2".to_owned())));
    assert!(!shown.contains("hunter2"), "{shown}");
}

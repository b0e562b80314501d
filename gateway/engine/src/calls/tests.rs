use super::local::Done;
use super::*;

fn names<'n>(method: &'n str, group: &'n str) -> Names<'n> {
    Names { interface: b"a.B", method: method.as_bytes(), version: b"", group: group.as_bytes() }
}

fn done(outcome: Outcome) -> Done {
    Done { outcome, took_us: 1000, returned: outcome == Outcome::Ok }
}

fn told(calls: &Calls) -> Vec<(String, u64)> {
    calls.all().0.iter().map(|m| (format!("{}@{}", m.method, m.group), m.sums.calls())).collect()
}

fn named(list: &[(&str, u64)]) -> Vec<(String, u64)> {
    list.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
}

#[test]
fn workers_count_the_same_methods() {
    let shared = Arc::new(Calls::default());
    let workers = [0, 1].map(|n| WorkerCalls::new(Arc::clone(&shared), n));
    for worker in &workers {
        let (a, b) = (worker.counted(&names("a", "")), worker.counted(&names("a", "g")));
        assert_eq!((a, b), (worker.counted(&names("a", "")), worker.counted(&names("a", "g"))));
        assert!(worker.add(a, done(Outcome::Ok)) && worker.add(a, done(Outcome::Timeout)));
        assert!(worker.add(b, done(Outcome::Refused)));
    }
    assert_eq!(told(&shared), named(&[("a@", 4), ("a@g", 2)]));
    let (methods, others) = shared.all();
    assert_eq!((methods[0].sums.of(Outcome::Ok), methods[0].sums.of(Outcome::Timeout), others.calls()), (2, 2, 0));
    assert_eq!((methods[0].proven, methods[1].proven), (true, false));
    assert!(!workers[0].add(Counted::default(), done(Outcome::Ok)));
}

#[test]
fn names_that_nobody_answers_to_give_way() {
    let shared = Arc::new(Calls::with_room(3));
    let workers = [0, 1].map(|n| WorkerCalls::new(Arc::clone(&shared), n));
    let real = workers[0].counted(&names("real", ""));
    assert!(workers[0].add(real, done(Outcome::Ok)));
    for n in 0..100 {
        let name = format!("junk{n}");
        let junk = workers[n % 2].counted(&names(&name, ""));
        assert!(workers[n % 2].add(junk, done(Outcome::Status)));
    }
    assert_eq!(told(&shared), named(&[("junk98@", 1), ("junk99@", 1), ("real@", 1)]));
    assert_eq!(shared.all().1.calls(), 98);
    assert!(workers[0].add(real, done(Outcome::Ok)), "what has returned stays");
    // Also where the worker that had met a name did not see it go.
    let old = workers[0].counted(&names("one", ""));
    ["two", "three"].iter().for_each(|name| _ = workers[1].counted(&names(name, "")));
    assert!(!workers[0].add(old, done(Outcome::Ok)));
    let new = workers[0].counted(&names("one", ""));
    assert!(new != old && workers[0].add(new, done(Outcome::Ok)));
}

#[test]
fn without_room_all_others_are_one() {
    let shared = Arc::new(Calls::with_room(2));
    let worker = WorkerCalls::new(Arc::clone(&shared), 0);
    for name in ["a", "b", "c", "d", "c"] {
        assert!(worker.add(worker.counted(&names(name, "")), done(Outcome::Ok)));
    }
    let long = "l".repeat(LONGEST);
    assert!(worker.add(worker.counted(&names(&long, "")), done(Outcome::Exception)));
    assert_eq!(told(&shared), named(&[("a@", 1), ("b@", 1)]));
    let others = shared.all().1;
    assert_eq!((others.calls(), others.of(Outcome::Exception)), (4, 1));
}

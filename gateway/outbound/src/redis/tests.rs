use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use super::*;

fn on_a_worker(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build_local(Default::default()).unwrap();
    runtime.block_on(test);
}

fn settings(place: Place) -> Settings {
    Settings {
        place,
        login: Login::default(),
        database: 0,
        tls: None,
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(5),
        keepalive: Duration::from_secs(10),
    }
}

fn at(listener: &TcpListener) -> Address {
    Address { host: "127.0.0.1".into(), port: listener.local_addr().unwrap().port() }
}

/// A server that says the next text for each call, on one connection after the other; its thread gives the calls it has seen.
fn server(answers: &'static [&'static str]) -> (Address, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = at(&listener);
    let seen = std::thread::spawn(move || {
        let mut answers = answers.iter();
        let mut seen = Vec::new();
        while answers.len() > 0 {
            let (mut stream, _) = listener.accept().unwrap();
            while let Some(call) = call_of(&mut stream) {
                seen.push(call);
                let Some(answer) = answers.next() else { break };
                if answer.is_empty() {
                    break;
                }
                stream.write_all(answer.as_bytes()).unwrap();
            }
        }
        seen
    });
    (address, seen)
}

/// The words of a call.
fn call_of(stream: &mut TcpStream) -> Option<String> {
    let mut line = || {
        let mut text = Vec::new();
        while !text.ends_with(b"\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            text.push(byte[0]);
        }
        Some(String::from_utf8_lossy(&text).trim_end().to_owned())
    };
    let count: usize = line()?.strip_prefix('*')?.parse().ok()?;
    let words = (0..count).map(|_| line().and_then(|_| line())).collect::<Option<Vec<_>>>()?;
    Some(words.join(" "))
}

static SCRIPT: Script = Script::new("return 1");

#[test]
fn a_script_is_sent_whole_to_who_does_not_know_it() {
    let (address, seen) = server(&["+PONG\r\n", "-NOSCRIPT No matching script.\r\n", ":1\r\n", ":2\r\n"]);
    on_a_worker(async {
        let servers = Servers::default();
        let redis = servers.get(settings(Place::One(address))).unwrap();
        for expected in [1, 2] {
            assert_eq!(redis.run(&SCRIPT, &[b"k"], &[b"a"]).await, Ok(Value::Int(expected)));
        }
    });
    let hash = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
    let by_hash = format!("EVALSHA {hash} 1 k a");
    assert_eq!(seen.join().unwrap(), ["PING".to_owned(), by_hash.clone(), "EVAL return 1 1 k a".to_owned(), by_hash]);
}

#[test]
fn who_has_failed_is_not_waited_for_and_comes_back() {
    let (address, seen) = server(&["+PONG\r\n", ":1\r\n", "", "+PONG\r\n", ":3\r\n"]);
    on_a_worker(async {
        let redis = Servers::default().get(settings(Place::One(address.clone()))).unwrap();
        assert_eq!(redis.call(b"", cmd("A")).await, Ok(Value::Int(1)));
        // The connection breaks under this call, and the next ones are told at once.
        for name in ["B", "C", "D"] {
            let failure = redis.call(b"", cmd(name)).await.unwrap_err();
            assert!(matches!(&failure, Failure::Down(text) if text.contains(&address.to_string())), "{failure}");
        }
        let answer = loop {
            match redis.call(b"", cmd("E")).await {
                Ok(answer) => break answer,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        assert_eq!(answer, Value::Int(3));
    });
    assert_eq!(seen.join().unwrap(), ["PING", "A", "B", "PING", "E"]);
}

#[test]
fn many_calls_share_a_connection_and_fail_together_when_it_breaks() {
    let (address, seen) = server(&["+PONG\r\n", ":1\r\n"]);
    on_a_worker(async {
        let redis = Servers::default().get(settings(Place::One(address))).unwrap();
        assert_eq!(redis.call(b"", cmd("A")).await, Ok(Value::Int(1)));
        // The server leaves with the first of these, and nobody listens in its place.
        let calls = (0..20).map(|_| {
            let redis = redis.clone();
            tokio::task::spawn_local(async move { redis.call(b"", cmd("B")).await })
        });
        for call in calls.collect::<Vec<_>>() {
            assert!(matches!(call.await.unwrap(), Err(Failure::Down(_))));
        }
        assert!(matches!(redis.call(b"", cmd("C")).await, Err(Failure::Down(_))));
    });
    assert_eq!(seen.join().unwrap()[..2], ["PING", "A"]);
}

#[test]
fn who_accepts_and_says_nothing_is_not_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    on_a_worker(async {
        let short = Duration::from_millis(50);
        let silent = Settings { timeout: short, connect_timeout: short, ..settings(Place::One(at(&listener))) };
        let redis = Servers::default().get(silent).unwrap();
        for _ in 0..20 {
            assert!(matches!(redis.call(b"", cmd("A")).await, Err(Failure::Down(_) | Failure::Timeout(..))));
        }
    });
}

#[test]
fn passwords_are_said_and_never_shown() {
    let (address, seen) = server(&["+OK\r\n", "+OK\r\n", "+PONG\r\n", ":1\r\n"]);
    let login = Login { username: Some("alice".into()), password: Some("secret".into()) };
    let settings = Settings { login, database: 3, ..settings(Place::One(address)) };
    assert!(!format!("{settings:?}").contains("secret"));
    on_a_worker(async {
        let redis = Servers::default().get(settings).unwrap();
        assert_eq!(redis.call(b"", cmd("A")).await, Ok(Value::Int(1)));
    });
    assert_eq!(seen.join().unwrap(), ["AUTH alice secret", "SELECT 3", "PING", "A"]);
    let (address, seen) = server(&["-WRONGPASS invalid username-password pair\r\n"]);
    let login = Login { username: None, password: Some("secret".into()) };
    on_a_worker(async {
        let redis = Servers::default().get(Settings { login, ..self::settings(Place::One(address)) }).unwrap();
        let failure = redis.call(b"", cmd("A")).await.unwrap_err().to_string();
        assert!(!failure.contains("secret"), "{failure}");
    });
    assert_eq!(seen.join().unwrap(), ["AUTH secret"]);
}

#[test]
fn clusters_send_on_to_who_has_a_slot() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let second = at(&listener);
    // Slot 12182 is that of `foo`.
    let map = "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:PORT\r\n";
    let first = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = at(&first);
    let port = second.port;
    let of_first = std::thread::spawn(move || {
        let (mut stream, _) = first.accept().unwrap();
        let mine = first.local_addr().unwrap().port();
        let mut seen = Vec::new();
        while let Some(call) = call_of(&mut stream) {
            let answer = match &*call {
                "CLUSTER SLOTS" => map.replace("PORT", &mine.to_string()),
                "GET foo" => format!("-MOVED 12182 127.0.0.1:{port}\r\n"),
                "SET foo" => format!("-ASK 12182 :{port}\r\n"),
                _ => ":1\r\n".to_owned(),
            };
            stream.write_all(answer.as_bytes()).unwrap();
            seen.push(call);
        }
        seen
    });
    let of_second = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = Vec::new();
        while let Some(call) = call_of(&mut stream) {
            let answer = if call == "ASKING" { "+OK\r\n" } else { ":2\r\n" };
            stream.write_all(answer.as_bytes()).unwrap();
            seen.push(call);
        }
        seen
    });
    on_a_worker(async {
        let redis = Servers::default().get(settings(Place::Cluster(vec![address]))).unwrap();
        let named = |name: &str, key: &str| {
            let mut call = cmd(name);
            call.arg(key);
            call
        };
        assert!(redis.is_cluster());
        assert_eq!(redis.call(b"bar", named("GET", "bar")).await, Ok(Value::Int(1)));
        assert_eq!(redis.call(b"foo", named("SET", "foo")).await, Ok(Value::Int(2)));
        assert_eq!(redis.call(b"foo", named("GET", "foo")).await, Ok(Value::Int(2)));
        assert_eq!(redis.call(b"foo", named("GET", "foo")).await, Ok(Value::Int(2)));
        REACHED.with_borrow_mut(HashMap::clear);
    });
    let of_first = of_first.join().unwrap();
    assert_eq!(of_first[..5], ["PING", "CLUSTER SLOTS", "GET bar", "SET foo", "GET foo"]);
    assert_eq!(of_second.join().unwrap(), ["PING", "ASKING", "SET foo", "GET foo", "GET foo"]);
}

#[test]
fn sentinels_are_asked_in_turn_and_not_believed_blindly() {
    // It is no master any more, whatever the first sentinel says.
    let (old, of_old) = server(&["*3\r\n$5\r\nslave\r\n$1\r\nx\r\n:1\r\n"]);
    let (new, of_new) = server(&["*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n", ":7\r\n"]);
    let sentinel = |names: &Address| {
        let answer = format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{}\r\n", names.port.to_string().len(), names.port);
        server(Vec::leak(vec![&*String::leak(answer)]))
    };
    let (first, of_first) = sentinel(&old);
    let (second, of_second) = sentinel(&new);
    let dead = { at(&TcpListener::bind("127.0.0.1:0").unwrap()) };
    let place = Place::Sentinel {
        sentinels: vec![dead, first, second],
        master: "mymaster".into(),
        replica: false,
        login: Login::default(),
    };
    on_a_worker(async {
        let redis = Servers::default().get(settings(place)).unwrap();
        assert_eq!(redis.call(b"", cmd("A")).await, Ok(Value::Int(7)));
    });
    for sentinel in [of_first, of_second] {
        assert_eq!(sentinel.join().unwrap(), ["SENTINEL GET-MASTER-ADDR-BY-NAME mymaster"]);
    }
    assert_eq!(of_old.join().unwrap(), ["ROLE"]);
    assert_eq!(of_new.join().unwrap(), ["ROLE", "A"]);
}

#[test]
fn addresses_are_read_and_written() {
    for (text, shown) in
        [("a:1", Some("a:1")), ("[::1]:2", Some("[::1]:2")), ("a", None), ("a:0", None), (":1", None), ("a:x", None)]
    {
        assert_eq!(Address::parse(text).map(|a| a.to_string()).as_deref(), shown, "{text}");
    }
}

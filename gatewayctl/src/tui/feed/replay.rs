//! `--replay FILE`: tells again what was recorded, at its own times. It comes from anywhere, so no line of it is trusted.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::record::{LINK, Recorded};
use super::{Ask, told};
use crate::error::{Error, Result, Source as Place};
use crate::tui::msg::{Failure, Msg, Source, Told};

/// The longest line, in bytes.
const LONGEST: u64 = 64 << 20;

/// The longest wait between two lines: a computer that slept is not waited for.
const PATIENCE: Duration = Duration::from_secs(600);

/// How often is looked whether there is room for a message.
const LOOK: Duration = Duration::from_millis(5);

/// The server that a recording is of: what its first line says, else the name of the file.
///
/// # Errors
/// Usage: it cannot be read.
pub(super) fn recorded(path: &Path) -> Result<Recorded> {
    let name = path.display().to_string();
    let wrong = |error: &std::io::Error| Error::usage(format!("cannot read {name}: {error}"));
    let file = File::open(path).map_err(|error| wrong(&error))?;
    let mut line = Vec::new();
    BufReader::new(file).take(LONGEST).read_until(b'\n', &mut line).map_err(|error| wrong(&error))?;
    Ok(Recorded::of_line(&line).unwrap_or_else(|| {
        let name = path.file_name().map_or(name.clone(), |name| name.to_string_lossy().into_owned());
        Recorded { context: name.clone(), server: name }
    }))
}

/// A recording that is to be told.
pub(super) struct Replay {
    lines: Lines<BufReader<File>>,
    /// How many times as fast; `None`: at once.
    speed: Option<f64>,
}

impl Replay {
    /// Looks at all of it once, so that what is wrong with it is told before anything is shown.
    ///
    /// # Errors
    /// Usage, with the number of the line.
    pub(super) fn open(path: &Path, speed: f64) -> Result<Replay> {
        let name = path.display().to_string();
        let open = || File::open(path).map_err(|error| Error::usage(format!("cannot read {name}: {error}")));
        let mut lines = Lines::new(BufReader::new(open()?), &name);
        let mut some = false;
        while lines.next()?.is_some() {
            some = true;
        }
        if !some {
            return Err(Error::usage(format!("{name} is empty")).hint("gatewayctl ui --record FILE makes one"));
        }
        let speed = Some(speed).filter(|speed| speed.is_finite() && *speed > 0.0);
        Ok(Replay { lines: Lines::new(BufReader::new(open()?), &name), speed })
    }

    /// Tells it until its end, and then nothing more; calls come to nothing. Ends when nobody asks or listens any more.
    pub(super) fn run(mut self, messages: &SyncSender<Msg>, asks: &Receiver<Ask>) {
        let (mut before, mut over) = (None, false);
        loop {
            let next = match self.lines.next() {
                Ok(Some((at_ms, msg))) => {
                    let passed = Duration::from_millis(at_ms.saturating_sub(before.unwrap_or(at_ms)));
                    before = Some(at_ms);
                    let wait = self.speed.map_or(Duration::ZERO, |speed| {
                        Duration::try_from_secs_f64(passed.min(PATIENCE).as_secs_f64() / speed).unwrap_or(PATIENCE)
                    });
                    Some((wait, msg))
                }
                Ok(None) if !over => {
                    over = true;
                    Some((Duration::ZERO, Msg::Over { cut: self.lines.cut }))
                }
                Ok(None) => None,
                // It was another file when it was looked at.
                Err(error) => {
                    let value = Failure::of(&error).value();
                    let msg = Msg::Told(Told { source: Source::Info, at_ms: before.unwrap_or_default(), value });
                    before = None;
                    self.lines.over = true;
                    Some((Duration::ZERO, msg))
                }
            };
            let told = match next {
                Some((wait, msg)) => pause(Some(wait), messages, asks) && offer(msg, messages, asks),
                None => pause(None, messages, asks),
            };
            if !told {
                return;
            }
        }
    }
}

/// Waits, for ever where there is no time, and answers what is asked meanwhile; `false` when it is over.
fn pause(wait: Option<Duration>, messages: &SyncSender<Msg>, asks: &Receiver<Ask>) -> bool {
    let until = wait.map(|wait| Instant::now() + wait);
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let ask = match left {
            Some(left) => asks.recv_timeout(left),
            None => asks.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match ask {
            Ok(Ask::Call(ticket, _)) => {
                let message = "this is a recording; there is no server to ask".to_owned();
                let result = Err(Failure { status: None, message, hints: Vec::new() });
                if !offer(Msg::Answer { ticket, result }, messages, asks) {
                    return false;
                }
            }
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// Gives a message as soon as there is room; `false` when nobody listens or asks any more.
fn offer(mut msg: Msg, messages: &SyncSender<Msg>, asks: &Receiver<Ask>) -> bool {
    // Asks wait here, and only calls are of interest.
    let mut calls = Vec::new();
    loop {
        match messages.try_send(msg) {
            Ok(()) => break,
            Err(TrySendError::Disconnected(_)) => return false,
            Err(TrySendError::Full(back)) => msg = back,
        }
        match asks.recv_timeout(LOOK) {
            Ok(ask @ Ask::Call(..)) => calls.push(ask),
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    calls.into_iter().all(|ask| match ask {
        Ask::Call(ticket, _) => {
            let message = "this is a recording; there is no server to ask".to_owned();
            let result = Err(Failure { status: None, message, hints: Vec::new() });
            offer(Msg::Answer { ticket, result }, messages, asks)
        }
        _ => true,
    })
}

/// The messages of a recording.
pub(crate) struct Lines<R> {
    reader: R,
    /// Its name, for errors.
    name: String,
    /// Lines so far.
    number: u64,
    /// There is nothing more to come.
    over: bool,
    /// The last line is not whole: whoever recorded was ended meanwhile.
    cut: bool,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R, name: &str) -> Lines<R> {
        Lines { reader, name: name.to_owned(), number: 0, over: false, cut: false }
    }

    /// The next message, with its time in milliseconds since 1970; `None` at the end.
    ///
    /// # Errors
    /// Usage, with the number of the line.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Msg)>> {
        loop {
            if self.over {
                return Ok(None);
            }
            let mut line = Vec::new();
            let read = (&mut self.reader).take(LONGEST).read_until(b'\n', &mut line);
            match read {
                Ok(0) => {
                    self.over = true;
                    return Ok(None);
                }
                Ok(_) => self.number += 1,
                Err(error) => return Err(self.wrong(&format!("cannot be read: {error}"))),
            }
            if !line.ends_with(b"\n") && line.len() as u64 >= LONGEST {
                return Err(self.wrong("is longer than 64 MiB"));
            }
            if !line.ends_with(b"\n") && serde_json::from_slice::<serde::de::IgnoredAny>(&line).is_err() {
                (self.over, self.cut) = (true, !line.trim_ascii().is_empty());
                return Ok(None);
            }
            if !line.trim_ascii().is_empty() {
                return self.message(&line).map(Some);
            }
        }
    }

    fn message(&self, line: &[u8]) -> Result<(u64, Msg)> {
        let mut stored: Value =
            serde_json::from_slice(line).map_err(|error| self.wrong(&format!("is not JSON: {error}")))?;
        let at_ms = stored.get("at_ms").and_then(Value::as_u64).ok_or_else(|| self.wrong("has no at_ms"))?;
        let value = stored.get_mut("value").map(Value::take).ok_or_else(|| self.wrong("has no value"))?;
        let name = stored.get("source").and_then(Value::as_str).ok_or_else(|| self.wrong("has no source"))?;
        let msg = match name {
            LINK => Msg::Link(told::link(&value).ok_or_else(|| self.wrong("has no link in it"))?),
            name => {
                let unknown = || self.wrong(&format!("is of \"{}\", which is no source", name.escape_default()));
                Msg::Told(Told { source: told::source(name).ok_or_else(unknown)?, at_ms, value })
            }
        };
        Ok((at_ms, msg))
    }

    fn wrong(&self, what: &str) -> Error {
        let place = Place { file: self.name.clone(), line: Some(self.number), column: None };
        Error::usage(format!("{}:{}: the line {what}", self.name, self.number)).at(place)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{channel, sync_channel};

    use proptest::prelude::*;
    use reqwest::Method;
    use serde_json::json;

    use super::super::record::{Line, Recorder, without_secrets};
    use super::*;
    use crate::tui::msg::{Call, Link};

    fn told() -> impl Strategy<Value = Told> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9_f64).prop_map(Value::from),
            "\\PC{0,8}|[\\x00-\\x7f]{0,8}".prop_map(Value::from),
        ];
        let value = leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("key|secret|name|plugins|after|[a-z]{1,6}", inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        });
        let names =
            prop::sample::select(vec!["info", "stats", "events", "tap", "history", "list/routes", "list/global-rules"]);
        (names, any::<u32>(), value).prop_map(|(name, at_ms, value)| Told {
            source: told::source(name).unwrap(),
            at_ms: at_ms.into(),
            value,
        })
    }

    fn link() -> impl Strategy<Value = Link> {
        prop_oneof![
            Just(Link::Connecting),
            any::<bool>().prop_map(|live| Link::Up { live }),
            (any::<u32>(), any::<u32>(), "\\PC{0,8}").prop_map(|(tries, next, why)| Link::Lost {
                tries,
                next: Duration::from_millis(next.into()),
                why
            }),
            "\\PC{0,8}".prop_map(|why| Link::Refused { why }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// What was told is told again, but for its secrets.
        #[test]
        fn recordings_are_told_again(all in prop::collection::vec(prop_oneof![
            told().prop_map(Msg::Told), link().prop_map(Msg::Link)
        ], 1..8)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("rec");
            let mut recorder = Recorder::create(&path).unwrap();
            let mut expected = Vec::new();
            for msg in &all {
                match msg {
                    Msg::Told(told) => {
                        recorder.write(&Line::of_told(told)).unwrap();
                        expected.push(format!("{:?}", Msg::Told(Told { value: without_secrets(told), ..told.clone() })));
                    }
                    Msg::Link(link) => {
                        recorder.write(&Line::of_link(link)).unwrap();
                        expected.push(format!("{:?}", Msg::Link(link.clone())));
                    }
                    _ => {}
                }
            }
            let (sender, receiver) = sync_channel(2);
            let (asks, asked) = channel();
            let replay = Replay::open(&path, f64::INFINITY).unwrap();
            let thread = std::thread::spawn(move || replay.run(&sender, &asked));
            let got: Vec<String> = receiver.iter().take(all.len()).map(|msg| format!("{msg:?}")).collect();
            prop_assert_eq!(got, expected);
            drop(asks);
            thread.join().unwrap();
        }

        /// No file does harm, and what is wrong is told with its line.
        #[test]
        fn any_file_is_told_or_refused(text in prop::collection::vec(prop_oneof![
            "\\PC{0,30}",
            Just("{\"at_ms\":1,\"source\":\"stats\",\"value\":{}}".to_owned()),
            Just("{\"at_ms\":1,\"source\":\"link\",\"value\":{\"state\":\"up\"}}".to_owned()),
            Just("{\"at_ms\":-1,\"source\":\"stats\",\"value\":{}}".to_owned()),
            Just("{\"at_ms\":1,\"source\":\"\\u001b[2J\",\"value\":{}}".to_owned()),
        ], 0..5)) {
            let text = text.join("\n");
            let mut lines = Lines::new(text.as_bytes(), "rec");
            loop {
                match lines.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(error) => {
                        let place = format!("rec:{}: ", lines.number);
                        prop_assert!(error.message().starts_with(&place), "{}", error.message());
                        break;
                    }
                }
            }
        }
    }

    #[test]
    fn calls_of_a_recording_come_to_nothing_and_times_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rec");
        let line = |at_ms: u64| json!({"at_ms": at_ms, "source": "stats", "value": {}}).to_string();
        std::fs::write(&path, format!("{}\n\n{}\n", line(1_000), line(3_000))).unwrap();
        let (sender, receiver) = sync_channel(1);
        let feed = super::super::Feed::replay(&path, 10.0, sender).unwrap();
        let begun = Instant::now();
        assert!(matches!(receiver.recv().unwrap(), Msg::Told(told) if told.at_ms == 1_000));
        let call = Call { method: Method::GET, path: "/routes".into(), body: None, if_match: None, patience: None };
        feed.ask(Ask::Call(7, call));
        feed.ask(Ask::Refresh(Source::Stats));
        match receiver.recv().unwrap() {
            Msg::Answer { ticket: 7, result: Err(failure) } => {
                assert!(failure.message.starts_with("this is a recording"))
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(receiver.recv().unwrap(), Msg::Told(told) if told.at_ms == 3_000));
        assert!(begun.elapsed() >= Duration::from_millis(190), "{:?}", begun.elapsed());
        assert!(matches!(receiver.recv().unwrap(), Msg::Over { cut: false }));
        drop(feed);
        assert!(receiver.recv().is_err(), "it does not begin again");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rec");
        let good = "{\"at_ms\":1,\"source\":\"stats\",\"value\":{}}\n";
        for (text, message) in [
            (String::new(), "is empty"),
            ("{".to_owned(), "is empty"),
            (format!("{good}{{\n"), ":2: the line is not JSON"),
            (format!("{good}\n{{\"at_ms\":1}}"), ":3: the line has no value"),
            ("{\"at_ms\":1,\"source\":\"x\",\"value\":1}".to_owned(), ":1: the line is of \"x\", which is no source"),
            ("{\"source\":\"x\",\"value\":1}".to_owned(), ":1: the line has no at_ms"),
            ("{\"at_ms\":1,\"source\":\"link\",\"value\":1}".to_owned(), ":1: the line has no link in it"),
        ] {
            std::fs::write(&path, &text).unwrap();
            let error = Replay::open(&path, 1.0).err().unwrap();
            assert!(error.message().contains(message), "{text}: {}", error.message());
        }
        assert!(Replay::open(&folder.path().join("none"), 1.0).is_err());
    }

    #[test]
    fn a_line_that_was_being_written_is_left_out() {
        let good = "{\"at_ms\":1,\"source\":\"stats\",\"value\":{}}\n";
        for (text, told, cut) in [
            (good.repeat(2), 2, false),
            // Whole, but for its end.
            (good.repeat(2).trim_end().to_owned(), 2, false),
            (format!("{good}{{\"at_ms\":1,\"sour"), 1, true),
            (format!("{good}\n  "), 1, false),
        ] {
            let mut lines = Lines::new(text.as_bytes(), "rec");
            let mut count = 0;
            while lines.next().unwrap().is_some() {
                count += 1;
            }
            assert_eq!((count, lines.cut), (told, cut), "{text:?}");
        }
    }
}

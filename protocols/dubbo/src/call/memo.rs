//! How the last calls of a connection began and ended, and what was read of that: consumers call the same methods again and again, and the
//! strings in front of the arguments are the same bytes each time, as the attachments behind them mostly are.

use super::limits;
use gateway_dubbo_codec::attachments::only_texts;
use gateway_dubbo_codec::hessian::Text;
use gateway_dubbo_codec::invocation::Invocation;
use gateway_engine::calls::Counted;
use gateway_engine::headers::{Headers, Span};

use super::fields::{Found, Names};

/// Beginnings that are remembered.
const KNOWN: usize = 4;

/// A beginning longer than this is not, in bytes.
const LONGEST: usize = 512;

/// Of calls that begin otherwise, each so many-th is remembered in place of another: where there are many beginnings, remembering costs more
/// than it saves.
const EACH: u32 = 8;

/// What is remembered.
#[derive(Default)]
pub(crate) struct Memo {
    known: Vec<Known>,
    /// Calls that began otherwise.
    others: u32,
    /// Which beginning is new, and not known to be counted anywhere yet.
    fresh: Option<usize>,
}

struct Known {
    /// The body's bytes in front of the arguments.
    start: Box<[u8]>,
    call: Invocation,
    /// The texts that an exchange keeps of them, and where in these.
    texts: Box<[u8]>,
    names: Names,
    reads_attachments: bool,
    /// The group that a call named, and where those that do are counted.
    group: Box<[u8]>,
    counted: Counted,
    /// How the last of these calls ended.
    tail: Option<Tail>,
    /// Calls that ended otherwise.
    otherwise: u32,
}

/// Attachments that are texts alone, which say the same behind whatever arguments, and nothing of who a client is.
struct Tail {
    /// Their bytes, up to the body's end.
    bytes: Box<[u8]>,
    group: Box<[u8]>,
    timeout_ms: u64,
}

impl Memo {
    /// What is read of a body that begins like one before. `None`: none did, or its attachments name another service than its
    /// beginning, and it has to be read whole.
    pub(super) fn recall(&mut self, head: &mut Headers, body: &[u8], depth: u32) -> Option<(Found, Names)> {
        let known = self.known.iter_mut().find(|known| body.starts_with(&known.start))?;
        let kept = head.store(&known.texts);
        if kept.len() != known.texts.len() {
            return None;
        }
        let names = known.names.behind(kept);
        let attachments = known.call.attachments(body, limits(depth)).ok()?;
        let attachments_at = attachments.start();
        let mut found = Found::named(&names, known.reads_attachments, attachments_at);
        let bytes = body.get(attachments_at..).unwrap_or_default();
        if let Some(tail) = known.tail.as_ref().filter(|tail| *tail.bytes == *bytes) {
            let group = head.store(&tail.group);
            found.end_as(tail.timeout_ms, group);
            found.counted = known.counted_with(&tail.group);
            return (group.len() == tail.group.len()).then_some((found, names));
        }
        let mut same = true;
        let read = attachments.texts(|key, value| match key.in_place() {
            Some(key @ (b"path" | b"version")) => same &= known.says(key, value),
            Some(key) => found.attachment(head, key, value),
            // Nobody writes one of those names so who means well.
            None => same = false,
        });
        found.ends(attachments_at, read.ok()?, body);
        if !same || found.odd {
            return None;
        }
        found.counted = known.counted_with(head.text(found.group));
        if found.is_plain() {
            known.learn_tail(bytes, head.text(found.group), found.timeout_ms);
        }
        Some((found, names))
    }

    /// Notes how a call began whose attachments say the same as its beginning.
    pub(super) fn learn(&mut self, head: &Headers, call: &Invocation, body: &[u8], names: &Names, found: &Found) {
        self.fresh = None;
        self.others = self.others.wrapping_add(1);
        if self.known.len() >= KNOWN && !self.others.is_multiple_of(EACH) {
            return;
        }
        let Some(start) = body.get(..call.arguments_at()).filter(|start| start.len() <= LONGEST) else { return };
        let (texts, names) = names.apart(head);
        let group = Some(head.text(found.group)).filter(|group| group.len() <= LONGEST).unwrap_or_default();
        let known = Known {
            start: start.into(),
            call: *call,
            texts: texts.into(),
            names,
            reads_attachments: found.reads_attachments,
            group: group.into(),
            counted: Counted::default(),
            tail: None,
            otherwise: 0,
        };
        let at = match self.known.len() {
            KNOWN.. => (self.others / EACH) as usize % KNOWN,
            len => len,
        };
        match self.known.get_mut(at) {
            Some(old) => *old = known,
            None => self.known.push(known),
        }
        self.fresh = (group.len() == found.group.len()).then_some(at);
    }

    /// Notes where calls are counted that begin as the one that was learnt of last, if it was learnt.
    pub(super) fn count(&mut self, counted: Counted) {
        if let Some(known) = self.fresh.take().and_then(|at| self.known.get_mut(at)) {
            known.counted = counted;
        }
    }
}

impl Known {
    /// Where a call of this group is counted, if that is known.
    #[inline]
    fn counted_with(&self, group: &[u8]) -> Counted {
        let same = group.len() == self.group.len() && (group.is_empty() || *group == *self.group);
        if same { self.counted } else { Counted::default() }
    }

    /// Notes how a call ended, in place of another only now and then.
    fn learn_tail(&mut self, bytes: &[u8], group: &[u8], timeout_ms: u64) {
        self.otherwise = self.otherwise.wrapping_add(1);
        let due = self.tail.is_none() || self.otherwise.is_multiple_of(EACH);
        if due && bytes.len() <= LONGEST && only_texts(bytes) {
            self.tail = Some(Tail { bytes: bytes.into(), group: group.into(), timeout_ms });
        }
    }

    /// Whether an attachment says what the beginning says.
    fn says(&self, key: &[u8], value: Option<Text<'_>>) -> bool {
        let of = |span: Span| self.texts.get(span.start()..span.start() + span.len()).unwrap_or_default();
        let Some(value) = value.as_ref().and_then(Text::in_place) else { return false };
        match key {
            b"path" => value == of(self.names.path),
            _ => value == of(self.names.version) || (self.names.version.is_empty() && value == b"0.0.0"),
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway_dubbo_codec::frame::Serialization;
    use proptest::prelude::*;

    use super::super::fields::{read, read_anew};
    use super::*;

    fn text(out: &mut Vec<u8>, text: &str) {
        out.push(u8::try_from(text.len()).unwrap());
        out.extend_from_slice(text.as_bytes());
    }

    fn body(names: [&str; 3], argument: &str, attachments: &[(&str, Option<&str>)]) -> Vec<u8> {
        let mut out = Vec::new();
        ["2.0.2", names[0], names[1], names[2], "Ljava/lang/String;", argument].iter().for_each(|t| text(&mut out, t));
        out.push(b'H');
        for (key, value) in attachments {
            text(&mut out, key);
            match value {
                Some(value) => text(&mut out, value),
                None => out.push(b'N'),
            }
        }
        out.push(b'Z');
        out
    }

    /// What an exchange would have of a body, by way of the memo and without it.
    fn both(memo: &mut Memo, body: &[u8]) -> [Option<(Vec<String>, Found)>; 2] {
        let shown = |head: &Headers, found: &Found, names: &Names| {
            let spans = [names.post, names.target, names.path, names.method, names.host, names.version, found.group];
            let texts = spans.iter().map(|span| String::from_utf8_lossy(head.text(*span)).into_owned());
            (texts.collect(), found.without_texts())
        };
        let mut head = Headers::new();
        head.store(b"before");
        let known = memo.recall(&mut head, body, 64);
        let anew = |head: &mut Headers, memo: &mut Memo| read_anew(head, memo, Serialization::HESSIAN2, body, 64).ok();
        let one = known.or_else(|| anew(&mut head, memo)).map(|(found, names)| shown(&head, &found, &names));
        let mut head = Headers::new();
        let other = anew(&mut head, &mut Memo::default()).map(|(found, names)| shown(&head, &found, &names));
        [one, other]
    }

    #[test]
    fn a_call_that_begins_the_same_is_not_read_again() {
        let mut memo = Memo::default();
        let of = |argument: &str| {
            body(["a.Orders", "1.0", "find"], argument, &[("path", Some("a.Orders")), ("group", Some("g"))])
        };
        assert!(memo.recall(&mut Headers::new(), &of("x"), 64).is_none());
        let [one, other] = both(&mut memo, &of("x"));
        assert_eq!(one, other);
        let (found, names) = memo.recall(&mut Headers::new(), &of("another"), 64).unwrap();
        let mut head = Headers::new();
        let slow = read(&mut head, Serialization::HESSIAN2, &of("another"), 64).unwrap();
        assert_eq!(found.group.len(), slow.group.len());
        assert_eq!(names.path.len(), "a.Orders".len());
        // So are attachments as before.
        assert!(memo.known[0].tail.as_ref().is_some_and(|tail| *tail.group == *b"g"));
        assert_eq!(found.without_texts(), memo.recall(&mut head, &of("another"), 64).unwrap().0.without_texts());
        // Others push nobody out at once, and are remembered at last.
        for n in 0..40 {
            let name = format!("m{}", n % 9);
            let [one, other] = both(&mut memo, &body(["a.Orders", "1.0", &name], "x", &[]));
            assert_eq!(one, other);
        }
        assert_eq!(memo.known.len(), KNOWN);
    }

    proptest! {
        #[test]
        fn what_is_remembered_is_what_would_be_read(
            calls in prop::collection::vec((0_usize..3, 0_usize..3, 0_usize..2, "[a-z]{0,9}", 0_usize..3), 1..30),
            lists in prop::array::uniform3(prop::collection::vec((0_usize..7, 0_usize..7), 0..5)),
        ) {
            let mut memo = Memo::default();
            for (path, version, method, argument, list) in &calls {
                let attachments = &lists[*list];
                let paths = ["a.Orders", "a.stock", "b/a.Orders"];
                let (versions, methods) = (["0.0.0", "1.0", ""], ["find", "$invoke"]);
                let keys = ["path", "version", "group", "timeout", "x-userid", "Forwarded", "other"];
                let values = [Some("a.Orders"), Some("a.stock"), Some("1.0"), Some("0.0.0"), Some(""), None, Some("7")];
                let attachments: Vec<_> = attachments.iter().map(|(k, v)| (keys[*k], values[*v])).collect();
                let body = body([paths[*path], versions[*version], methods[*method]], argument, &attachments);
                let [one, other] = both(&mut memo, &body);
                prop_assert_eq!(one, other);
            }
        }

        #[test]
        fn whatever_is_there_begins_like_a_call(rest in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut memo = Memo::default();
            let whole = body(["a.Orders", "1.0", "find"], "x", &[]);
            both(&mut memo, &whole);
            let start = whole.len() - 4;
            let [one, other] = both(&mut memo, &[&whole[..start], &rest].concat());
            prop_assert_eq!(one, other);
        }
    }
}

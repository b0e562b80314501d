//! Trace contexts (W3C Trace Context, Level 1): ids and how they are written.

use std::fmt;

/// What is passed on of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    pub(super) sampled: bool,
}

/// Of a trace; never zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct TraceId(pub(super) [u8; 16]);

/// Of a span; never zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct SpanId(pub(super) [u8; 8]);

impl Context {
    /// Reads `traceparent`; `None` where it is not valid. Of a later version, what version 00 knows of it.
    pub(super) fn read(text: &[u8]) -> Option<Context> {
        let mut parts = text.trim_ascii().splitn(5, |b| *b == b'-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let [version] = hex::<1>(version, false)?;
        let [flags] = hex::<1>(flags, false)?;
        if version == 0xff || version == 0 && parts.next().is_some() {
            return None;
        }
        let trace = TraceId(nonzero(hex(trace, false)?)?);
        let span = SpanId(nonzero(hex(span, false)?)?);
        Some(Context { trace, span, sampled: flags & 1 == 1 })
    }

    /// `00-TRACE-SPAN-FLAGS`.
    pub(super) fn write(&self) -> String {
        format!("00-{}-{}-0{}", self.trace.text(), self.span.text(), u8::from(self.sampled))
    }
}

impl TraceId {
    pub(super) fn random() -> TraceId {
        TraceId(random())
    }

    /// 32 hexadecimal digits of either case, not all of them zero.
    pub(super) fn read(text: &[u8]) -> Option<TraceId> {
        nonzero(hex(text, true)?).map(TraceId)
    }

    pub(super) fn text(&self) -> String {
        text(&self.0)
    }
}

impl SpanId {
    pub(super) fn random() -> SpanId {
        SpanId(random())
    }

    pub(super) fn text(&self) -> String {
        text(&self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// From the cryptographic source: ids that nobody can foresee, and so nobody can claim.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() || bytes.iter().all(|b| *b == 0) {
        // Without it an id is still needed: it names a span, it opens nothing.
        bytes.iter_mut().for_each(|b| *b = fastrand::u8(1..));
    }
    bytes
}

fn nonzero<const N: usize>(bytes: [u8; N]) -> Option<[u8; N]> {
    bytes.iter().any(|b| *b != 0).then_some(bytes)
}

/// Exactly so many bytes in hexadecimal; in lower case, unless `any`.
fn hex<const N: usize>(text: &[u8], any: bool) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        b'A'..=b'F' if any => Some(b - b'A' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        if let [high, low] = pair {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
    }
    Some(bytes)
}

fn text(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn contexts_are_read_as_the_recommendation_says() {
        let good = format!("00-{TRACE}-b7ad6b7169203331-01");
        let context = Context::read(good.as_bytes()).unwrap();
        assert!(context.sampled);
        assert_eq!(context.write(), good);
        let sampled = |text: &str| Context::read(text.as_bytes()).map(|c| c.sampled);
        assert_eq!(sampled(&format!("00-{TRACE}-b7ad6b7169203331-00")), Some(false));
        assert_eq!(sampled(&format!("00-{TRACE}-b7ad6b7169203331-03")), Some(true), "unknown flags");
        assert_eq!(sampled(&format!("cc-{TRACE}-b7ad6b7169203331-01-what-comes")), Some(true), "a later version");
        for bad in [
            "".to_owned(),
            "00".to_owned(),
            format!("00-{TRACE}-b7ad6b7169203331"),
            format!("00-{TRACE}-b7ad6b7169203331-1"),
            format!("00-{TRACE}-b7ad6b7169203331-01-more"),
            format!("ff-{TRACE}-b7ad6b7169203331-01"),
            format!("00-{}-b7ad6b7169203331-01", TRACE.to_uppercase()),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{TRACE}0-b7ad6b7169203331-01"),
            format!("00-{TRACE}-b7ad6b716920333g-01"),
        ] {
            assert_eq!(Context::read(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn ids_of_requests_become_ids_of_traces_where_they_can() {
        assert_eq!(TraceId::read(TRACE.to_uppercase().as_bytes()).unwrap().text(), TRACE);
        for bad in ["550e8400-e29b-41d4-a716-446655440000", &"0".repeat(32), "", "abc"] {
            assert_eq!(TraceId::read(bad.as_bytes()), None, "{bad}");
        }
        assert_ne!(TraceId::random(), TraceId::random());
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_writing_is_its_inverse(text in "[0-9a-f-]{0,70}", trace: [u8; 16], span: [u8; 8], sampled: bool) {
            let _ = Context::read(text.as_bytes());
            prop_assume!(trace != [0; 16] && span != [0; 8]);
            let context = Context { trace: TraceId(trace), span: SpanId(span), sampled };
            prop_assert_eq!(Context::read(context.write().as_bytes()), Some(context));
        }
    }
}

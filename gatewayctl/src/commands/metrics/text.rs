//! The text that Prometheus reads (exposition format 0.0.4): `name{label="value"} 1.5`, one sample a line.

/// Samples that are read; a gateway with more routes than this has a system of its own for them.
const MOST: usize = 1_000_000;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

/// The samples of a text, with what they are (`counter`, `gauge`, `histogram`, `summary`) by name. Lines that are none are
/// left out.
pub(crate) fn read(text: &str) -> (Vec<Sample>, std::collections::HashMap<String, String>) {
    let mut kinds = std::collections::HashMap::new();
    let mut samples = Vec::new();
    for line in text.lines().take(MOST) {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            kinds.extend(rest.split_once(' ').map(|(name, kind)| (name.to_owned(), kind.trim().to_owned())));
        } else if !line.starts_with('#') {
            samples.extend(sample(line));
        }
    }
    (samples, kinds)
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(|c: char| c == '{' || c.is_ascii_whitespace())?;
    let (name, mut rest) = line.split_at(end);
    if !is_name(name) {
        return None;
    }
    let mut labels = Vec::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            rest = rest.trim_start_matches([',', ' ']);
            if let Some(after) = rest.strip_prefix('}') {
                rest = after;
                break;
            }
            let (label, after) = rest.split_once('=')?;
            let label = label.trim();
            let (value, after) = quoted(after.trim_start()).filter(|_| is_name(label))?;
            labels.push((label.to_owned(), value));
            rest = after;
        }
    }
    // A time may follow.
    let value = rest.split_whitespace().next()?;
    let value = match value {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        number => number.parse().ok()?,
    };
    Some(Sample { name: name.to_owned(), labels, value })
}

/// Whether a text can name a metric or a label. Colons are for metrics alone; nothing is lost where a label has one.
fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':');
    text.bytes().all(inner) && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// A text in quotes, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            'n' if escaped => value.push('\n'),
            _ if escaped => value.push(c),
            '\\' => {}
            '"' => return Some((value, inside.get(at + 1..)?)),
            _ => value.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// The value below which a part of all values lies, by the buckets of a histogram: their upper ends, rising, and how many
/// values lie at or below each. Within a bucket values are taken to lie evenly, as Prometheus does.
pub(crate) fn percentile(buckets: &[(f64, f64)], part: f64) -> Option<f64> {
    let (_, all) = buckets.last().filter(|(_, all)| *all > 0.0)?;
    let wanted = all * part;
    let (mut below, mut start) = (0.0, 0.0);
    for (end, count) in buckets {
        if *count >= wanted && *count > below {
            // Beyond the last end nothing is known but that it is beyond.
            let end = if end.is_finite() { *end } else { return Some(start) };
            return Some(start + (end - start) * (wanted - below) / (count - below));
        }
        (below, start) = (*count, if end.is_finite() { *end } else { start });
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_of_the_format() {
        let text = "# TYPE a counter\na{x=\"1\",y=\"q\\\"\\\\\\n\",} 1.5 1700000000\nb 2\nc{ 3\n\nd{e=\"f\"} +Inf\nnonsense\n\
             g{ \r,x=\"1\"} 1\n1h 1\ni{x=\"1\"y z=\"2\"} 1\n";
        let (samples, kinds) = read(text);
        assert_eq!(kinds.get("a").map(String::as_str), Some("counter"));
        let first = Sample {
            name: "a".into(),
            labels: vec![("x".into(), "1".into()), ("y".into(), "q\"\\\n".into())],
            value: 1.5,
        };
        assert_eq!(samples.len(), 3);
        assert_eq!((&samples[0], samples[1].value, samples[2].value), (&first, 2.0, f64::INFINITY));
    }

    #[test]
    fn percentiles_of_buckets() {
        let buckets = [(1.0, 50.0), (2.0, 90.0), (10.0, 100.0), (f64::INFINITY, 100.0)];
        assert_eq!(percentile(&buckets, 0.5), Some(1.0));
        assert_eq!(percentile(&buckets, 0.95), Some(6.0));
        assert_eq!(percentile(&[(1.0, 0.0), (f64::INFINITY, 5.0)], 0.5), Some(1.0));
        assert_eq!(percentile(&[(1.0, 0.0)], 0.5), None);
        assert_eq!(percentile(&[], 0.5), None);
    }

    proptest! {
        #[test]
        fn no_text_does_harm(text in "[a-z{}=\",\\\\ 0-9.#\n]{0,80}") {
            let _ = read(&text);
        }

        #[test]
        fn what_is_written_is_read(value in "[^\r\n]{0,20}", number in -1e6_f64..1e6) {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            let (samples, _) = read(&format!("a{{l=\"{escaped}\"}} {number}\n"));
            prop_assert_eq!(&samples[0].labels[0].1, &value);
            prop_assert_eq!(samples[0].value, number);
        }
    }
}

//! The text exposition format of Prometheus, version 0.0.4.

use std::fmt::Write;

/// A text in the making.
#[derive(Debug, Default)]
pub(super) struct Text(String);

/// The samples of one metric.
#[derive(Debug)]
pub(super) struct Family<'a> {
    text: &'a mut String,
    name: String,
}

impl Text {
    pub(super) fn counter(&mut self, name: &str, help: &str) -> Family<'_> {
        self.family(name, help, "counter")
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str) -> Family<'_> {
        self.family(name, help, "gauge")
    }

    /// `counts` has one more item than `bounds`: what lies beyond the last.
    pub(super) fn histogram(&mut self, name: &str, help: &str, bounds: &[u64], counts: &[u64], sum: u64) {
        let Family { text, name } = self.family(name, help, "histogram");
        let mut total = 0_u64;
        for (bound, count) in bounds.iter().map(u64::to_string).chain(["+Inf".to_owned()]).zip(counts) {
            total = total.wrapping_add(*count);
            let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {total}");
        }
        let _ = writeln!(text, "{name}_sum {sum}\n{name}_count {total}");
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    fn family(&mut self, name: &str, help: &str, kind: &str) -> Family<'_> {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Family { text: &mut self.0, name: name.to_owned() }
    }
}

impl Family<'_> {
    /// One sample with its labels.
    pub(super) fn sample(self, labels: &[(&str, &str)], value: u64) -> Self {
        self.text.push_str(&self.name);
        for (at, (label, value)) in labels.iter().enumerate() {
            self.text.push_str(if at == 0 { "{" } else { "," });
            let _ = write!(self.text, "{label}=\"");
            for c in value.chars() {
                match c {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    c => self.text.push(c),
                }
            }
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each() {
        let mut text = Text::default();
        text.counter("a_total", "Some.").sample(&[], 1).sample(&[("x", "q\"\\\n"), ("y", "")], 2);
        text.histogram("h", "Times.", &[1, 5], &[3, 0, 2], 40);
        assert_eq!(
            text.finish(),
            "# HELP a_total Some.\n# TYPE a_total counter\na_total 1\na_total{x=\"q\\\"\\\\\\n\",y=\"\"} 2\n\
             # HELP h Times.\n# TYPE h histogram\nh_bucket{le=\"1\"} 3\nh_bucket{le=\"5\"} 3\nh_bucket{le=\"+Inf\"} 5\n\
             h_sum 40\nh_count 5\n"
        );
    }
}

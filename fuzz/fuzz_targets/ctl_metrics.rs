//! Prometheus texts: what is read of one, written again, is read as the same.
#![no_main]

use gatewayctl::parsers::{Sample, samples};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let found = samples(&text);
    assert!(found.len() <= text.lines().count());
    let written: String = found.iter().map(line).collect();
    let again = samples(&written);
    assert_eq!(found.len(), again.len(), "{written}");
    for (first, second) in found.iter().zip(&again) {
        assert_eq!((&first.0, &first.1), (&second.0, &second.1), "{written}");
        assert!(first.2 == second.2 || first.2.is_nan() && second.2.is_nan(), "{written}");
    }
});

fn line((name, labels, value): &Sample) -> String {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{name}{{{}}} {value:?}\n", labels.join(","))
}

//! Command lines of curl: the same request however an option is spelt, and what was typed is in it.
#![no_main]

use gatewayctl::parsers::curl;
use libfuzzer_sys::fuzz_target;

/// Letters and long names of options that take a value.
const OPTIONS: [(char, &str); 9] = [
    ('X', "request"),
    ('H', "header"),
    ('d', "data"),
    ('u', "user"),
    ('A', "user-agent"),
    ('e', "referer"),
    ('b', "cookie"),
    ('F', "form"),
    ('o', "output"),
];

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    // As words, whatever they are.
    let words: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let raw = curl(&words);
    // Options whose order says nothing may be repeated at the end.
    if raw.is_ok() && !words.iter().any(|word| word == "--") {
        let more: Vec<String> = words.iter().cloned().chain(["-s".to_owned(), "--silent".to_owned()]).collect();
        assert_eq!(raw, curl(&more), "{words:?}");
    }
    // As options with values, in three spellings.
    let mut spelt: [Vec<String>; 3] = Default::default();
    for line in text.split('\n') {
        let mut chars = line.chars();
        let Some(first) = chars.next() else { continue };
        let (letter, long) = OPTIONS[first as usize % OPTIONS.len()];
        let value = chars.as_str().to_owned();
        spelt[0].extend([format!("-{letter}"), value.clone()]);
        spelt[1].extend([format!("--{long}"), value.clone()]);
        // Nothing behind a letter is a value of the next word.
        match value.is_empty() {
            true => spelt[2].extend([format!("-{letter}"), value]),
            false => spelt[2].push(format!("-{letter}{value}")),
        }
    }
    let [short, long, glued] = spelt.map(|mut words| {
        words.push("http://h/x".to_owned());
        curl(&words)
    });
    assert_eq!(short.is_ok(), long.is_ok());
    assert_eq!(short.is_ok(), glued.is_ok());
    if let (Ok(short), Ok(long), Ok(glued)) = (short, long, glued) {
        assert_eq!(short, long);
        assert_eq!(short, glued);
        assert!(short.contains("http://h/x"));
    }
});

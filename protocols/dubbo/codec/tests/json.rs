//! Answers recorded between a Java consumer and a Java provider of Dubbo 3.3.6 (`frames.json`), as JSON.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_dubbo_codec::generic::{self, Answer, Exception, Mode};
use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::json::{JsonError, Style};

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Name and body of the recorded answers of status 20 in hessian2.
fn answers() -> Vec<(String, Vec<u8>)> {
    let recorded: serde_json::Value = serde_json::from_str(include_str!("frames.json")).unwrap();
    let mut answers = Vec::new();
    for case in recorded["frames"].as_array().unwrap() {
        let Some(frame) = case["response"].as_str().map(bytes) else { continue };
        if frame[2] == 2 && frame[3] == 20 {
            answers.push((case["name"].as_str().unwrap().to_owned(), frame[16..].to_vec()));
        }
    }
    assert!(answers.len() > 120, "{}", answers.len());
    answers
}

fn told(name: &str, mode: Mode) -> Result<Answer, generic::AnswerError> {
    let (_, body) = answers().into_iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name}"));
    let style = Style { strip_class: mode == Mode::True, ..Style::default() };
    generic::answer(&body, mode, &style, Limits::default())
}

fn shown(name: &str, mode: Mode) -> String {
    match told(name, mode) {
        Ok(Answer::Value(json)) => String::from_utf8(json).unwrap(),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn every_recorded_answer_is_json() {
    for (name, body) in answers() {
        match generic::answer(&body, Mode::RawReturn, &Style::default(), Limits::default()) {
            Ok(Answer::Value(json)) => drop(serde_json::from_slice::<serde_json::Value>(&json).unwrap()),
            Ok(Answer::Exception(exception)) => assert!(!exception.class.is_empty(), "{name}"),
            Err(generic::AnswerError::Json(JsonError::Cycle)) => assert!(name.contains("cycle"), "{name}"),
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn values_are_what_the_provider_said() {
    let cases = [
        ("sayHello", "\"hello w\u{f6}rld\""),
        ("long 9223372036854775807", "9223372036854775807"),
        ("double -2.5E-9", "-1.25e-9"),
        ("double 24.48", "12.24"),
        ("void", "null"),
        ("int keys", r#"{"1":"one","2":"two"}"#),
        (
            "mixed map",
            r#"{"int":7,"negative":-70000,"long":1099511627776,"double":3.5,"text":"café 你好 😀","date":"2023-11-14T22:13:20Z","money":12.340,"null":null,"bytes":"AQID","list":[1,"two",3.0,true],"status":"PAID","order":{"blob":"AAEC/w==","tags":{"region":"eu"},"items":[{"price":19.99,"quantity":2,"sku":"sku-5"},{"price":0.01,"quantity":1,"sku":"gift-你好-😀"}],"status":"PAID","total":39.99,"createdAt":"2023-11-14T22:13:20.005Z","score":5.25,"rank":500,"paid":false,"customer":"customer-5","id":5}}"#,
        ),
        ("exotic LocalDateTime", "\"2024-02-29T13:14:15.016\""),
        ("exotic LocalDate", "\"2024-02-29\""),
        ("exotic LocalTime", "\"13:14:15\""),
        ("exotic Instant", "\"2023-11-14T22:13:20.123Z\""),
        ("exotic Duration", "\"PT1M30.5S\""),
        ("exotic ZonedDateTime", "\"2024-02-29T13:14:15+01:00[Europe/Paris]\""),
        ("exotic BigInteger", "-123456789012345678901234567890"),
        ("exotic UUID", "\"01234567-89ab-cdef-8877-665544332211\""),
        ("exotic Timestamp", "\"2023-11-14T22:13:20.123Z\""),
        ("exotic Float", "1.5"),
        ("exotic Byte", "-3"),
        ("exotic Character", "\"x\""),
        ("exotic longArray", "[1,1099511627776]"),
        ("exotic doubleArray", "[0.1,2.0]"),
        ("exotic nestedArray", r#"[["a"],["b","c"]]"#),
        ("exotic emptyList", "[]"),
        ("exotic emptyMap", "{}"),
        ("exotic linkedList", r#"["a","b"]"#),
        ("exotic Locale", "\"fr_CA\""),
        ("exotic Class", "\"java.lang.String\""),
    ];
    for (name, expected) in cases {
        assert_eq!(shown(name, Mode::RawReturn), expected, "{name}");
    }
}

#[test]
fn beans_are_the_same_in_every_mode() {
    let parse = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let raw = parse(shown("generic=raw.return find(3)", Mode::RawReturn));
    assert_eq!(raw, parse(shown("generic=true find(3)", Mode::True)));
    assert_eq!(raw["total"].to_string(), "39.99");
    let gson = parse(shown("generic=gson find(3)", Mode::Gson));
    assert_eq!(gson["createdAt"], "Nov 14, 2023, 10:13:20 PM");
    assert_eq!(gson["status"], raw["status"]);
}

#[test]
fn an_exception_is_told_without_its_trace() {
    let recorded: serde_json::Value = serde_json::from_str(include_str!("frames.json")).unwrap();
    let message = recorded["frames"].as_array().unwrap().iter().find_map(|case| case["triple_response"].as_str());
    let message = bytes(message.unwrap());
    let class = b"C\x1dpeer.dubbo.api.OrderException";
    let at = message.windows(class.len()).position(|window| window == class).unwrap();
    let body = [b"\x90", &message[at..]].concat();
    assert!(body.len() > 5000, "with its trace");
    let told = generic::answer(&body, Mode::RawReturn, &Style::default(), Limits::default());
    let (class, message) = ("peer.dubbo.api.OrderException".into(), Some("checked failure".into()));
    assert_eq!(told, Ok(Answer::Exception(Exception { class, message, code: Some(42) })));
    // As a value among others, too.
    let body = [b"\x91", &body[1..]].concat();
    let told = generic::answer(&body, Mode::RawReturn, &Style::default(), Limits::default());
    let expected = br#"{"class":"peer.dubbo.api.OrderException","message":"checked failure"}"#;
    assert_eq!(told, Ok(Answer::Value(expected.to_vec())));
}

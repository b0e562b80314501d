//! Heads of calls in fastjson2: as a slow reading has them, the same with anything behind; arguments are the chunks that follow.
#![no_main]

use gateway_dubbo_codec::fastjson2::{Chunks, Invocation, with_attachment};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let slow = chunks(body);
    let found: Vec<_> = Chunks::new(body).collect();
    assert_eq!(found.iter().filter_map(|chunk| chunk.ok()).collect::<Vec<_>>(), slow.0);
    assert_eq!(found.iter().all(Result::is_ok), slow.1);
    let Ok(call) = Invocation::parse(body) else { return };
    let head: Vec<Option<String>> = slow.0[..5].iter().map(|chunk| string(chunk)).collect();
    let version = head[2].clone().filter(|version| !version.is_empty() && version != "0.0.0");
    assert_eq!(Some(call.dubbo_version(body).into_owned()), head[0]);
    assert_eq!(Some(call.path(body).into_owned()), head[1]);
    assert_eq!(call.version(body).map(|v| v.into_owned()), version);
    assert_eq!(Some(call.method(body).into_owned()), head[3]);
    assert_eq!(Some(call.descriptor(body).into_owned()), head[4]);
    assert_eq!(Invocation::parse(&body[..call.arguments_at()]).as_ref(), Ok(&call), "what follows counts");
    assert!(Invocation::parse(&body[..call.arguments_at() - 1]).is_err(), "whole before its end");
    for n in 0..call.argument_count() {
        match (call.argument(body, n), slow.0.get(5 + n as usize)) {
            (Ok(Some(argument)), Some(chunk)) => assert_eq!(argument, *chunk),
            (argument, chunk) => assert!(argument.is_err() && chunk.is_none()),
        }
    }
    if let Ok(attachments) = call.attachments(body) {
        let chunk = slow.0.get(5 + call.argument_count() as usize);
        let count = attachments.take_while(Result::is_ok).count();
        assert!(chunk.map_or(0, |chunk| chunk.len()) >= count * 2);
    }
    if let Some(longer) = with_attachment(body, "name", "value") {
        let again = Invocation::parse(&longer).expect("the same call");
        let all = |body: &[u8]| -> Vec<_> {
            let read = again.attachments(body).expect("attachments").map(|one| one.expect("one of them"));
            read.map(|(key, value)| (key.into_owned(), value.map(|value| value.into_owned()))).collect()
        };
        let mut expected = all(body);
        expected.push(("name".to_owned(), Some("value".to_owned())));
        assert_eq!((&again, all(&longer)), (&call, expected));
    }
});

/// The chunks of a body, and whether they are all of it.
fn chunks(mut body: &[u8]) -> (Vec<&[u8]>, bool) {
    let mut chunks = Vec::new();
    while let Some((len, rest)) = body.split_at_checked(4) {
        let len = len.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        let Some((chunk, rest)) = rest.split_at_checked(len).filter(|_| len < 1 << 31) else { return (chunks, false) };
        chunks.push(chunk);
        body = rest;
    }
    (chunks, body.is_empty())
}

/// The string that is all of a chunk.
fn string(chunk: &[u8]) -> Option<String> {
    let (tag, rest) = chunk.split_first()?;
    if (0x49..0x79).contains(tag) {
        assert_eq!(usize::from(tag - 0x49), rest.len());
        return Some(rest.iter().map(|b| char::from(*b)).collect());
    }
    if *tag == 0xaf {
        assert!(rest.is_empty());
        return None;
    }
    let (first, more) = rest.split_first().expect("a length");
    let wide = match first {
        0..=0x2f => 0,
        0x30..=0x3f => 1,
        0x40..=0x47 => 2,
        _ => 4,
    };
    let (length, content) = more.split_at(wide);
    let length = length.iter().fold(0, |n, b| n << 8 | i64::from(*b));
    let length = match wide {
        0 => i64::from(*first),
        1 => (i64::from(*first) - 0x38) << 8 | length,
        2 => (i64::from(*first) - 0x44) << 16 | length,
        _ => length,
    };
    assert_eq!(length, content.len() as i64);
    let units = |of: fn([u8; 2]) -> u16| {
        String::from_utf16_lossy(&content.as_chunks::<2>().0.iter().map(|u| of(*u)).collect::<Vec<_>>())
    };
    Some(match tag {
        0x79 => content.iter().map(|b| char::from(*b)).collect(),
        0x7a => String::from_utf8(content.to_vec()).expect("UTF-8"),
        0x7c => units(u16::from_le_bytes),
        0x7d => units(u16::from_be_bytes),
        _ => panic!("no string: {tag:#x}"),
    })
}

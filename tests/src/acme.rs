//! A provider of two Dubbo services, as the pages of the bridges' plugins have them: it reads generic calls and maps by the protocol
//! alone, and answers as a Java provider does.

use std::io::Write;

use crate::dubbo::{Frame, Got, Provider, answer, int_at, text, text_at, value};

/// A generic call as a provider reads it, its arguments as JSON would show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generic {
    /// The method it asks for.
    pub method: String,
    /// Types of its parameters, where it tells them.
    pub types: Vec<String>,
    /// Its arguments, of which it knows texts, ints, null and the booleans.
    pub arguments: Vec<String>,
    /// Its attachments.
    pub attachments: Vec<(String, String)>,
}

impl Generic {
    /// The generic call in a frame.
    ///
    /// # Panics
    /// It is none, or holds other values.
    pub fn read(frame: &Frame) -> Generic {
        let body = &frame.body;
        let mut at = 0;
        let strings: Vec<String> = (0..5).map(|_| text_at(body, &mut at)).collect();
        assert_eq!(strings[3], "$invoke");
        let method = text_at(body, &mut at);
        let types = list(body, &mut at, "[string");
        let arguments = list(body, &mut at, "[object");
        assert_eq!(body[at], b'H');
        at += 1;
        let mut attachments = Vec::new();
        while body[at] != b'Z' {
            attachments.push((text_at(body, &mut at), text_at(body, &mut at)));
        }
        Generic { method, types, arguments, attachments }
    }

    /// The value of an attachment.
    pub fn attachment(&self, name: &str) -> Option<&str> {
        self.attachments.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A typed list, or null.
fn list(body: &[u8], at: &mut usize, kind: &str) -> Vec<String> {
    let tag = body[*at];
    *at += 1;
    let short = match tag {
        b'N' => return Vec::new(),
        0x70..=0x77 => Some(usize::from(tag - 0x70)),
        b'V' => None,
        _ => panic!("no typed list: {tag:#x}"),
    };
    assert_eq!(text_at(body, at), kind);
    let count = short.unwrap_or_else(|| usize::try_from(int_at(body, at)).unwrap());
    (0..count).map(|_| one(body, at)).collect()
}

fn one(body: &[u8], at: &mut usize) -> String {
    match body[*at] {
        tag @ (b'N' | b'T' | b'F') => {
            *at += 1;
            match tag {
                b'N' => "null".into(),
                tag => (tag == b'T').to_string(),
            }
        }
        0x80..=0xd7 | b'I' => int_at(body, at).to_string(),
        _ => text_at(body, at),
    }
}

/// Answers calls of `org.acme.Greeter` and `org.acme.Pages`.
pub fn provider() -> Provider {
    Provider::new(|got, out| {
        let (status, body) = match &*got.strings[0] {
            "org.acme.Greeter" => greeter(&Generic::read(&got.frame)),
            "org.acme.Pages" => (20, page(got)),
            _ => (40, text("Fail to decode request")),
        };
        out.write_all(&answer(got, status, body)).is_ok()
    })
}

fn greeter(call: &Generic) -> (u8, Vec<u8>) {
    let argument = |n: usize| call.arguments.get(n).cloned().unwrap_or_default();
    match &*call.method {
        "sayHello" => (20, value(&format!("hello {}", argument(0)))),
        "greet" => (20, value(&format!("greet {};", argument(0)).repeat(argument(1).parse().unwrap()))),
        method => (
            70,
            text(&format!("org.apache.dubbo.rpc.RpcException: No such method {method} in class\n\tat a.B.c(B.java:7)")),
        ),
    }
}

/// A map of status and body, with what the request's map has as `x-name`.
fn page(got: &Got) -> Vec<u8> {
    let (body, mut at) = (&got.frame.body, 0);
    (0..5).for_each(|_| drop(text_at(body, &mut at)));
    assert_eq!((got.method(), body[at]), ("page", b'H'));
    at += 1;
    let mut name = String::new();
    while body[at] != b'Z' {
        let (key, value) = (text_at(body, &mut at), text_at(body, &mut at));
        if key == "x-name" {
            name = value;
        }
    }
    let body = format!("a page for {name}\n");
    [&[0x91, b'H'][..], &text("status"), &text("201"), &text("body"), &text(&body), b"Z"].concat()
}

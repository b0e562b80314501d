//! Streams of the Admin API, as somebody reads them.

use serde_json::Value;

use crate::{Client, Gateway};

/// Somebody who reads a stream of lines or events.
pub struct Reader {
    client: Client,
    text: String,
}

impl Reader {
    /// Opens `path` of the Admin API with these fields, each with its line end.
    pub fn open(gateway: &Gateway, path: &str, fields: &str) -> Reader {
        Reader::open_as(gateway, gateway.key(), path, fields)
    }

    /// The same with another key.
    pub fn open_as(gateway: &Gateway, key: &str, path: &str, fields: &str) -> Reader {
        let mut client = Client::connect(gateway.admin);
        client
            .write(format!("GET /apisix/admin{path} HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: {key}\r\n{fields}\r\n"));
        let head = head(&mut client);
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        Reader { client, text: String::new() }
    }

    /// The next line as JSON; `None` at the proper end of the stream.
    // Not an iterator: it waits, and tests ask for one at a time.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((line, rest)) = self.text.split_once('\n') {
                let value = serde_json::from_str(line).unwrap();
                self.text = rest.to_owned();
                return Some(value);
            }
            let size = until(&mut self.client, "\r\n");
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            let piece = self.client.take(size + 2);
            if size == 0 {
                return None;
            }
            self.text.push_str(std::str::from_utf8(&piece[..size]).unwrap());
        }
    }
}

/// All up to the first `end`.
fn until(client: &mut Client, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let byte = client.take(1);
        assert!(!byte.is_empty(), "the connection has ended: {text}");
        text.push_str(std::str::from_utf8(&byte).unwrap());
    }
    text
}

/// All up to the end of an answer's head.
pub fn head(client: &mut Client) -> String {
    until(client, "\r\n\r\n")
}

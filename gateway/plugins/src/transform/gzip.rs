//! `gzip`: answers are compressed for clients that understand it (RFC 1952).

use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::Exchange;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use super::coding::{Conf, Encoder, Held, Rule, Work};
use crate::conf::{int, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| Gzip::compile(conf).map(drop)),
            ..PluginSpec::new("gzip", 995, include_str!("../schemas/gzip.json"))
        },
        phases: Phases::ENCODE,
        build: |build: &Build<'_>| Ok(Arc::new(Gzip::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Compresses answers with gzip for clients whose `Accept-Encoding` names it: those with status 200, 403 or 404, one of the \
            `types`, and a body of `min_length` or of unknown length. The body is compressed as it comes, and what has come is \
            passed on at once, so event streams stay live. Other plugins see the body before it is compressed.\n\n\
            Not compressed: what has a `Content-Encoding` already, answers to `HEAD`, parts of a body (206), gRPC, and what says \
            `Cache-Control: no-transform`. `Content-Length` and `Accept-Ranges` go, an `ETag` becomes a weak one.\n\n\
            The compressors of a worker take at most 128 MiB together; above, answers go out as they are. `buffers` is accepted and \
            not needed: memory is bounded whatever it says.",
    fields: &[
        ("types", "Media types that are compressed, or `*` for all."),
        ("min_length", "Shorter bodies are not compressed, in bytes."),
        ("comp_level", "From 1, the fastest, to 9, the smallest."),
        ("http_version", "The least version of HTTP of the request."),
        ("buffers", "Accepted for compatibility."),
        ("buffers.number", "Accepted for compatibility."),
        ("buffers.size", "Accepted for compatibility."),
        (
            "vary",
            "Adds `Vary: Accept-Encoding` to all answers that would be compressed for some client: caches need it.",
        ),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"gzip": {"types": ["text/html", "application/json"], "min_length": 100, "comp_level": 5, "vary": true}}
}"#,
        )],
        requests: r#"$ curl -s -D - -o /dev/null http://127.0.0.1:9080/orders -H 'Accept-Encoding: gzip'
HTTP/1.1 200 OK
Server: gateway
content-type: application/json
date: …
Vary: Accept-Encoding
Content-Encoding: gzip
Transfer-Encoding: chunked
# Unpacked it is what it was:
$ curl -s http://127.0.0.1:9080/orders -H 'Accept-Encoding: gzip' | gzip -d | grep service
  "service": "echo","#,
    },
};

/// What a compressor takes, in bytes: window, chains and buffers.
const MEMORY: usize = 400 << 10;

#[derive(Deserialize)]
struct GzipConf {
    #[serde(deserialize_with = "int")]
    comp_level: u32,
}

struct Gzip {
    rule: Rule,
    level: Compression,
}

impl Gzip {
    fn compile(conf: &Value) -> Result<Gzip, String> {
        let (common, conf): (Conf, GzipConf) = (parse(conf)?, parse(conf)?);
        Ok(Gzip { rule: Rule::new(common), level: Compression::new(conf.comp_level.min(9)) })
    }

    fn id(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }
}

impl Plugin for Gzip {
    fn phases(&self) -> Phases {
        Phases::ENCODE
    }

    fn encode_head(&self, x: &mut Exchange) {
        Work::forget(x, self.id());
        if !matches!(x.resp.status, 200 | 403 | 404) {
            return;
        }
        let Some(held) = Held::take(MEMORY) else { return };
        if self.rule.begin(x, "gzip", false) {
            Work::begin(x, self.id(), Box::new(Stream(Some(GzEncoder::new(Vec::new(), self.level)))), held);
        }
    }

    fn encode_body(&self, x: &mut Exchange, piece: &mut Chunk, last: bool) {
        Work::piece(x, self.id(), piece, last);
    }
}

/// A body on its way; `None` behind its end.
struct Stream(Option<GzEncoder<Vec<u8>>>);

impl Encoder for Stream {
    fn piece(&mut self, piece: &[u8], last: bool) -> Option<Vec<u8>> {
        let encoder = self.0.as_mut()?;
        encoder.write_all(piece).ok()?;
        if last {
            return self.0.take()?.finish().ok();
        }
        encoder.flush().ok()?;
        Some(std::mem::take(encoder.get_mut()))
    }
}

#[cfg(test)]
mod tests {
    use crate::testkit::Kit;
    use crate::transform::decode::Coding;
    use gateway_engine::exchange::{Framing, Version};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const NAME: &str = "gzip";

    /// The answer's body for a client that takes gzip, its pieces, and the fields that matter.
    fn answered(kit: &Kit, conf: &Value, head: &str, pieces: &[&[u8]]) -> (Option<String>, Vec<Vec<u8>>) {
        let plugin = kit.plugin(NAME, conf.clone());
        let mut x = kit.exchange("GET / HTTP/1.1\nAccept-Encoding: gzip, br");
        kit.answer(&mut x, head);
        let out = kit.encoded(&plugin, &mut x, pieces);
        (kit.answer_field(&mut x, "Content-Encoding"), out)
    }

    #[test]
    fn pieces_leave_as_they_come() {
        let kit = Kit::new();
        let pieces: [&[u8]; 4] = [b"<html>", b"", b"hello", b"</html>"];
        let (coding, out) = answered(&kit, &json!({}), "200\nContent-Type: text/html; charset=utf-8", &pieces);
        assert_eq!(coding.as_deref(), Some("gzip"));
        assert!(out[1].is_empty(), "nothing came, nothing goes");
        let so_far = Coding::Gzip.decode(&[&out[0][..], &out[2]].concat(), 1000, true).unwrap();
        assert_eq!(so_far, b"<html>hello");
        assert_eq!(Coding::Gzip.decode(&out.concat(), 1000, false).unwrap(), b"<html>hello</html>");
    }

    #[test]
    fn the_head_tells_of_it() {
        let kit = Kit::new();
        let plugin = kit.plugin(NAME, json!({"vary": true, "min_length": 5}));
        let mut x = kit.exchange("GET / HTTP/1.1\nAccept-Encoding: gzip");
        kit.answer(&mut x, "200\nContent-Type: text/html\nContent-Length: 5\nETag: \"a\"\nLast-Modified: x\nAccept-Ranges: bytes\nVary: Origin");
        x.resp.framing = Framing::Length(5);
        kit.encoded(&plugin, &mut x, &[b"hello"]);
        let fields = ["Content-Length", "Accept-Ranges", "ETag", "Last-Modified", "Vary", "Content-Encoding"];
        let said = fields.map(|f| kit.answer_field(&mut x, f).unwrap_or_default());
        assert_eq!(said, ["", "", "W/\"a\"", "x", "Origin, Accept-Encoding", "gzip"]);
        assert!(x.resp.body_changes);
        // Also for a client that does not take it: the answer depends on what it takes.
        let mut x = kit.exchange("GET / HTTP/1.1");
        kit.answer(&mut x, "200\nContent-Type: text/html\nVary: accept-encoding");
        assert_eq!(kit.encoded(&plugin, &mut x, &[b"hello"]), [b"hello"]);
        assert_eq!(kit.answer_field(&mut x, "Vary").as_deref(), Some("accept-encoding"));
    }

    #[test]
    fn what_is_not_to_be_compressed_is_left_alone() {
        let kit = Kit::new();
        let heads = [
            "200\nContent-Type: text/plain",
            "200",
            "200\nContent-Type: text/html\nContent-Encoding: br",
            "200\nContent-Type: text/html\nCache-Control: public, no-transform",
            "206\nContent-Type: text/html\nContent-Range: bytes 0-1/2",
            "500\nContent-Type: text/html",
            "304\nContent-Type: text/html",
        ];
        for head in heads {
            let (_, out) = answered(&kit, &json!({}), head, &[b"0123456789012345678901234"]);
            assert_eq!(out.concat(), b"0123456789012345678901234", "{head}");
        }
        let all = json!({"types": "*", "http_version": 1.1});
        assert_eq!(answered(&kit, &all, "200\nContent-Type: application/grpc+proto", &[b"a"]).0, None);
        assert_eq!(answered(&kit, &all, "404\nContent-Type: video/x", &[b"a"]).0.as_deref(), Some("gzip"));
        let plugin = kit.plugin(NAME, all.clone());
        for (line, version) in [("HEAD", Version::Http11), ("GET", Version::Http10)] {
            let mut x = kit.exchange(&format!("{line} / HTTP/1.1\nAccept-Encoding: gzip"));
            x.req.version = version;
            kit.answer(&mut x, "200\nContent-Type: text/html");
            assert_eq!(kit.encoded(&plugin, &mut x, &[b"a"]), [b"a"], "{line}");
        }
        let mut x = kit.exchange("GET / HTTP/1.1\nAccept-Encoding: gzip");
        kit.answer(&mut x, "200\nContent-Type: text/html");
        x.resp.framing = Framing::Length(19);
        assert_eq!(kit.encoded(&kit.plugin(NAME, json!({})), &mut x, &[b"a"]), [b"a"]);
    }

    #[test]
    fn an_answer_that_was_given_up_leaves_nothing_behind() {
        let kit = Kit::new();
        let plugin = kit.plugin(NAME, json!({}));
        let mut x = kit.exchange("GET / HTTP/1.1\nAccept-Encoding: gzip");
        kit.answer(&mut x, "200\nContent-Type: text/html");
        plugin.encode_head(&mut x);
        x.resp.reset();
        kit.answer(&mut x, "502\nContent-Type: text/plain");
        assert_eq!(kit.encoded(&plugin, &mut x, &[b"bad"]), [b"bad"]);
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        kit.plugin(NAME, json!({"types": "*", "http_version": 1.0, "buffers": {"number": 1}}));
        let refused = [
            (json!({"types": []}), "property \"types\" validation failed"),
            (json!({"types": "text/html"}), "property \"types\" validation failed"),
            (json!({"comp_level": 10}), "expected 10 to be at most 9"),
            (json!({"http_version": 2}), "matches none of the enum values"),
            (json!({"vary": 0}), "wrong type: expected boolean, got number"),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }

    proptest! {
        #[test]
        fn what_went_in_comes_out(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..6), level in 1u32..10) {
            let kit = Kit::new();
            let slices: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let (_, out) = answered(&kit, &json!({"comp_level": level}), "200\nContent-Type: text/html", &slices);
            prop_assert_eq!(Coding::Gzip.decode(&out.concat(), usize::MAX, false), Some(pieces.concat()));
        }
    }
}

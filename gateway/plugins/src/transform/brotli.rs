//! `brotli`: answers are compressed for clients that understand it (RFC 7932).

use std::io::Write;
use std::sync::Arc;

use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;
use brotli::enc::backward_references::BrotliEncoderMode;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::plugin::{Build, Definition, Phases, Plugin};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use super::coding::{Conf, Encoder, Held, MOST_MEMORY, Rule, Work};
use crate::conf::{int, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| Brotli::compile(conf).map(drop)),
            ..PluginSpec::new("brotli", 996, include_str!("../schemas/brotli.json"))
        },
        phases: Phases::ENCODE,
        build: |build: &Build<'_>| Ok(Arc::new(Brotli::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Compresses answers with Brotli for clients whose `Accept-Encoding` names `br` or `*`: those of one of the `types` with a body of \
            `min_length` or of unknown length. It goes before `gzip`. The body is compressed as it comes, and what has come is passed on at \
            once, so event streams stay live. Other plugins see the body before it is compressed.\n\n\
            Not compressed: what has a `Content-Encoding` already, answers to `HEAD`, parts of a body (206), gRPC, and what says \
            `Cache-Control: no-transform`. `Content-Length` and `Accept-Ranges` go, an `ETag` becomes a weak one, or goes where it was none.\n\n\
            The compressors of a worker take at most 128 MiB together; above, answers go out as they are. One takes about 5 MiB at level 6, 10 \
            at 7, 35 at 9, and less below and for short answers of the highest levels. A level above 9 takes \
            about a second for a megabyte, in which its worker serves others only between the pieces: it is for small answers.",
    fields: &[
        ("types", "Media types that are compressed, or `*` for all."),
        ("min_length", "Shorter bodies are not compressed, in bytes."),
        ("comp_level", "From 0, the fastest, to 11, the smallest."),
        ("http_version", "The least version of HTTP of the request."),
        (
            "vary",
            "Adds `Vary: Accept-Encoding` to all answers that would be compressed for some client: caches need it.",
        ),
        ("mode", "What is compressed: 0 anything, 1 text, 2 fonts."),
        (
            "lgwin",
            "Size of the window, as a power of two; 0: 19. Cut to 23 from level 5 on, to 21 from level 9 on; a short answer gets what it needs.",
        ),
        ("lgblock", "Largest block, as a power of two; 0: by level."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"brotli": {"types": ["text/html", "application/json"], "min_length": 100, "comp_level": 4, "vary": true}}
}"#,
        )],
        requests: r#"$ curl -s -D - -o /dev/null http://127.0.0.1:9080/orders -H 'Accept-Encoding: br, gzip'
HTTP/1.1 200 OK
Server: gateway
content-type: application/json
date: …
Vary: Accept-Encoding
Content-Encoding: br
Transfer-Encoding: chunked
$ curl -s -D - -o /dev/null http://127.0.0.1:9080/orders
HTTP/1.1 200 OK
Server: gateway
content-type: application/json
date: …
Vary: Accept-Encoding
Content-Length: …"#,
    },
};

#[derive(Deserialize)]
struct BrotliConf {
    #[serde(deserialize_with = "int")]
    comp_level: i32,
    #[serde(deserialize_with = "int")]
    mode: i32,
    #[serde(deserialize_with = "int")]
    lgwin: i32,
    #[serde(deserialize_with = "int")]
    lgblock: i32,
}

struct Brotli {
    rule: Rule,
    params: BrotliEncoderParams,
}

impl Brotli {
    fn compile(conf: &Value) -> Result<Brotli, String> {
        let (common, conf): (Conf, BrotliConf) = (parse(conf)?, parse(conf)?);
        let mut params = BrotliEncoderParams {
            quality: conf.comp_level,
            lgwin: if conf.lgwin == 0 { 19 } else { conf.lgwin },
            lgblock: conf.lgblock,
            mode: match conf.mode {
                1 => BrotliEncoderMode::BROTLI_MODE_TEXT,
                2 => BrotliEncoderMode::BROTLI_MODE_FONT,
                _ => BrotliEncoderMode::BROTLI_MODE_GENERIC,
            },
            ..BrotliEncoderParams::default()
        };
        // Of the highest levels one with the largest window would take what all may take together.
        while memory(&params) > MOST_MEMORY / 3 && params.lgwin > 10 {
            params.lgwin -= 1;
        }
        Ok(Brotli { rule: Rule::new(common), params })
    }

    fn id(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// How an answer is compressed: one whose length is known needs no larger window than its own.
    fn params_for(&self, framing: Framing) -> BrotliEncoderParams {
        let mut params = self.params.clone();
        if let Framing::Length(length) = framing {
            let bits = i32::try_from(u64::BITS - length.leading_zeros()).unwrap_or(i32::MAX);
            params.lgwin = params.lgwin.min(bits.max(10));
            params.size_hint = usize::try_from(length).unwrap_or(0);
        }
        params
    }
}

/// What a compressor takes at the most, in bytes: the ring of its window, and tables that grow with the level. As measured over
/// bodies longer than the window.
fn memory(params: &BrotliEncoderParams) -> usize {
    let window = 1usize << params.lgwin.clamp(10, 24);
    let tables = match params.quality {
        ..=1 => 256 << 10,
        2..=4 => 1 << 20,
        // 2^15 buckets of 2^(level - 1) entries.
        quality @ 5..=9 => (1 << (16 + quality)) + (1 << 20),
        // Trees over the window, and the costs of each position of a block.
        _ => (4 << 20) + 8 * window,
    };
    tables + 3 * window
}

impl Plugin for Brotli {
    fn phases(&self) -> Phases {
        Phases::ENCODE
    }

    fn encode_head(&self, x: &mut Exchange) {
        Work::forget(x, self.id());
        let params = self.params_for(x.resp.framing);
        let Some(held) = Held::take(memory(&params)) else { return };
        if self.rule.begin(x, "br", true) {
            Work::begin(
                x,
                self.id(),
                Box::new(Stream(Some(CompressorWriter::with_params(Vec::new(), 4096, &params)))),
                held,
            );
        }
    }

    fn encode_body(&self, x: &mut Exchange, piece: &mut Chunk, last: bool) {
        Work::piece(x, self.id(), piece, last);
    }
}

/// A body on its way; `None` behind its end.
struct Stream(Option<CompressorWriter<Vec<u8>>>);

impl Encoder for Stream {
    fn piece(&mut self, piece: &[u8], last: bool) -> Option<Vec<u8>> {
        let encoder = self.0.as_mut()?;
        encoder.write_all(piece).ok()?;
        if last {
            return Some(self.0.take()?.into_inner());
        }
        encoder.flush().ok()?;
        Some(std::mem::take(encoder.get_mut()))
    }
}

#[cfg(test)]
mod tests {
    use crate::testkit::Kit;
    use crate::transform::decode::Coding;
    use gateway_engine::exchange::Framing;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const NAME: &str = "brotli";

    fn answered(kit: &Kit, conf: &Value, accept: &str, head: &str, pieces: &[&[u8]]) -> (Option<String>, Vec<Vec<u8>>) {
        let plugin = kit.plugin(NAME, conf.clone());
        let mut x = kit.exchange(&format!("GET / HTTP/1.1\nAccept-Encoding: {accept}"));
        kit.answer(&mut x, head);
        if let Some(length) = kit.answer_field(&mut x, "Content-Length") {
            x.resp.framing = Framing::Length(length.parse().unwrap());
        }
        let out = kit.encoded(&plugin, &mut x, pieces);
        (kit.answer_field(&mut x, "Content-Encoding"), out)
    }

    #[test]
    fn pieces_leave_as_they_come() {
        let kit = Kit::new();
        let pieces: [&[u8]; 3] = [b"data: 1\n\n", b"data: 2\n\n", b""];
        let conf = json!({"types": ["text/event-stream"]});
        let (coding, out) = answered(&kit, &conf, "br", "200\nContent-Type: text/event-stream", &pieces);
        assert_eq!(coding.as_deref(), Some("br"));
        assert_eq!(Coding::Brotli.decode(&out[0], 1000, true).unwrap(), b"data: 1\n\n");
        assert_eq!(Coding::Brotli.decode(&out.concat(), 1000, false).unwrap(), b"data: 1\n\ndata: 2\n\n");
    }

    #[test]
    fn the_wildcard_and_any_status_will_do() {
        let kit = Kit::new();
        for (accept, head, coding) in [
            ("*", "200\nContent-Type: text/html", Some("br")),
            ("gzip, *", "500\nContent-Type: text/html", Some("br")),
            ("gzip;q=0.5, br;q=0", "200\nContent-Type: text/html", None),
            ("br", "200\nContent-Type: text/html\nContent-Encoding: gzip", Some("gzip")),
            ("br", "204\nContent-Type: text/html", None),
            ("br", "200\nContent-Type: text/html\nContent-Length: 19", None),
            ("br", "200\nContent-Type: text/html\nContent-Length: 20", Some("br")),
        ] {
            let said = answered(&kit, &json!({}), accept, head, &[b"0123456789\n012345678"]).0;
            assert_eq!(said.as_deref(), coding, "{accept} {head}");
        }
    }

    #[test]
    fn it_goes_before_gzip() {
        let kit = Kit::new();
        let both = [kit.plugin(NAME, json!({})), kit.plugin("gzip", json!({}))];
        let mut x = kit.exchange("GET / HTTP/1.1\nAccept-Encoding: gzip, br");
        kit.answer(&mut x, "200\nContent-Type: text/html");
        let mut piece = gateway_engine::buf::Chunk::from(bytes::Bytes::from_static(b"hello"));
        both.iter().for_each(|p| p.encode_head(&mut x));
        both.iter().for_each(|p| p.encode_body(&mut x, &mut piece, true));
        assert_eq!(kit.answer_field(&mut x, "Content-Encoding").as_deref(), Some("br"));
        assert_eq!(Coding::Brotli.decode(piece.as_slice(), 100, false).unwrap(), b"hello");
    }

    #[test]
    fn memory_has_a_bound() {
        let kit = Kit::new();
        let plugin = kit.plugin(NAME, json!({"comp_level": 11, "lgwin": 24}));
        let began: Vec<_> = (0..5)
            .map(|_| {
                let mut x = kit.exchange("GET / HTTP/1.1\nAccept-Encoding: br");
                kit.answer(&mut x, "200\nContent-Type: text/html");
                plugin.encode_head(&mut x);
                (kit.answer_field(&mut x, "Content-Encoding").is_some(), x)
            })
            .collect();
        assert!(began[0].0 && !began[4].0, "some at once, and no more than there is room for");
        drop(began);
        let out = answered(
            &kit,
            &json!({"comp_level": 11, "lgwin": 24}),
            "br",
            "200\nContent-Type: text/html\nContent-Length: 30",
            &[b"a"],
        );
        assert_eq!(out.0.as_deref(), Some("br"));
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        kit.plugin(NAME, json!({"types": "*", "mode": 2, "lgwin": 0, "lgblock": 16}));
        let refused = [
            (json!({"types": {}}), "property \"types\" validation failed: object matches none of the required"),
            (json!({"min_length": 0}), "expected 0 to be at least 1"),
            (json!({"mode": 4}), "expected 4 to be at most 2"),
            (json!({"comp_level": 12}), "expected 12 to be at most 11"),
            (json!({"lgwin": 100}), "matches none of the enum values"),
            (json!({"lgblock": 8}), "matches none of the enum values"),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_went_in_comes_out(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..6),
            level in 0i32..12,
            lgwin in proptest::sample::select(vec![0, 10, 16, 22]),
            known in any::<bool>(),
        ) {
            let kit = Kit::new();
            let slices: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let length = if known { format!("\nContent-Length: {}", pieces.concat().len()) } else { String::new() };
            let conf = json!({"comp_level": level, "lgwin": lgwin, "min_length": 1});
            let (coding, out) = answered(&kit, &conf, "br", &format!("200\nContent-Type: text/html{length}"), &slices);
            if coding.is_some() {
                prop_assert_eq!(Coding::Brotli.decode(&out.concat(), usize::MAX, false), Some(pieces.concat()));
            }
        }
    }
}

//! Between Dubbo2 and Triple: consumers of the one reach providers of the other. What a call is made of is the same to both; how it is
//! written is the codec's business (`gateway_dubbo_codec::triple`).

mod answer;
mod down;
mod failure;
mod message;
mod up;

pub use up::TripleConnector;

use gateway_dubbo_codec::triple::{BINARY, CONVERT, Converted, Unfit};
use gateway_engine::exchange::{Exchange, Transcoder};
use gateway_engine::headers::Headers;
use gateway_engine::pipeline::is_identity;
use gateway_engine::plugin::Exit;

/// Makes calls of Dubbo2 out of Triple's, and the other way round, where a client and its upstream need it.
#[derive(Debug, Default)]
pub struct Triple(());

impl Triple {
    /// One for a worker.
    pub const fn new() -> Triple {
        Triple(())
    }
}

impl Transcoder for Triple {
    fn most(&self, x: &Exchange) -> usize {
        message::most(x)
    }

    fn make_call(&self, x: &mut Exchange) -> Result<(), Box<Exit>> {
        down::make_call(x)
    }

    fn make_request(&self, x: &mut Exchange) -> Result<(), Box<Exit>> {
        up::make_request(x)
    }

    fn guard(&self, x: &mut Exchange) {
        guard(&mut x.req.head);
    }
}

/// Providers give attachments other names by a field of the request, and read those of a name that ends in `-bin` as its bytes: neither may
/// be a way to a name that only the gateway says.
fn guard(head: &mut Headers) {
    let converts = |name: &str| name.eq_ignore_ascii_case(CONVERT);
    let fields = || head.iter().filter(|(name, _)| converts(name.as_str()));
    let odd = fields().any(|(_, value)| !Converted::spells_only(value));
    head.remove_where(|_, name| {
        let binary = name.len() > BINARY.len() && name.to_ascii_lowercase().ends_with(BINARY.as_bytes());
        let text = name.get(..name.len().saturating_sub(BINARY.len())).unwrap_or_default();
        (binary && is_identity(text)) || (odd && name.eq_ignore_ascii_case(CONVERT.as_bytes()))
    });
}

/// Why a call cannot be made in the other protocol, for its caller.
fn refused(unfit: &Unfit) -> Box<Exit> {
    let status = match unfit {
        Unfit::Body(_) | Unfit::Types(_) => 400,
        Unfit::Protobuf => 501,
        Unfit::Serialization(_) => 415,
    };
    Box::new(Exit::error_msg(status, &unfit.to_string()))
}

#[cfg(test)]
mod tests {
    use gateway_engine::headers::Name;

    use super::*;

    /// What is left of these fields.
    fn left(fields: &[(&str, &str)]) -> Vec<String> {
        let mut head = Headers::new();
        for (name, value) in fields {
            head.append(Name::new(name.as_bytes()).unwrap(), value.as_bytes()).unwrap();
        }
        guard(&mut head);
        head.iter().map(|(name, _)| name.as_str().to_owned()).collect()
    }

    #[test]
    fn fields_are_not_made_others_at_the_provider() {
        for good in [r#"{"camelkey":"CamelKey"}"#, "%7B%22x-consumer-username%22%3A%22X-Consumer-Username%22%7D", "{}"]
        {
            assert_eq!(
                left(&[("tri-header-convert", good), ("camelkey", "1")]),
                ["tri-header-convert", "camelkey"],
                "{good}"
            );
        }
        for bad in [
            r#"{"foo":"x-consumer-username"}"#,
            "%7B%22foo%22%3A%22x-consumer-username%22%7D",
            r#"{"x-consumer-username":"zz"}"#,
            r#"{"foo":"x-consumer-username","foo":"Foo"}"#,
            "{'foo':'x-consumer-username'}",
            r#"{"foo":"Foo","n":1}"#,
            "%zz",
            "",
        ] {
            assert_eq!(left(&[("Tri-Header-Convert", bad), ("foo", "evil")]), ["foo"], "{bad}");
        }
        let two = [("tri-header-convert", "{}"), ("tri-header-convert", r#"{"foo":"x-userid"}"#)];
        assert_eq!(left(&two), [""; 0]);
        assert_eq!(
            left(&[("x-consumer-username-bin", "ZQ"), ("X_UserId-Bin", "ZQ"), ("trace-bin", "ZQ"), ("-bin", "1")]),
            ["trace-bin", "-bin"]
        );
    }
}

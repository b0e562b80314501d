//! `--via`: whom a command of RPC asks, the gateway or a server itself.

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Via {
    /// The gateway, which chooses a node where one is called.
    Gateway,
    /// The server at this address.
    Direct(String),
}

impl Via {
    /// Reads `gateway`, or `direct` and an address behind a blank or `=`.
    ///
    /// # Errors
    /// What is expected.
    pub(crate) fn read(text: &str) -> Result<Via, String> {
        match text.split_once([' ', '=']) {
            Some(("direct", addr)) if !addr.is_empty() => Ok(Via::Direct(addr.to_owned())),
            None if text == "gateway" => Ok(Via::Gateway),
            None if text == "direct" => Err("direct needs an address and its port".to_owned()),
            _ => Err("expected gateway, or direct HOST:PORT".to_owned()),
        }
    }

    /// The server that is asked itself.
    pub(crate) fn direct(&self) -> Option<&str> {
        match self {
            Via::Direct(addr) => Some(addr),
            Via::Gateway => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_command_line() {
        assert_eq!(Via::read("gateway"), Ok(Via::Gateway));
        for direct in ["direct a:1", "direct=a:1"] {
            assert_eq!(Via::read(direct).map(|via| via.direct().map(str::to_owned)), Ok(Some("a:1".to_owned())));
        }
        for bad in ["direct", "direct ", "gateway a:1", "", "other"] {
            assert!(Via::read(bad).is_err(), "{bad}");
        }
    }
}

//! What secrets look like to people whom they are not told: the rules of [`gateway_model::masks`] with the server's own mask.

use std::borrow::Cow;

use gateway_model::masks::{self, Also};

pub(crate) use gateway_model::masks::{MASK, is_credential, is_hidden, object, part, read_by};

/// A URL or target with its secrets masked; `also` says which other arguments are secrets.
pub(crate) fn url<'t>(text: &'t [u8], also: Also<'_>) -> Cow<'t, [u8]> {
    masks::url(text, MASK, also)
}

/// A line with URLs in it, masked in the same way.
pub(crate) fn line<'t>(text: &'t str, also: Also<'_>) -> Cow<'t, str> {
    masks::line(text, MASK, also)
}

#[cfg(test)]
mod tests {
    use gateway_engine::watch::glob;
    use proptest::prelude::*;

    use super::*;

    const NOTHING: Also<'_> = &|_, _| false;

    proptest! {
        #[test]
        fn what_fits_what_is_shown_fits_what_is_there(
            text in "(/|a|b|[;?&=]|apikey=|eyJa.b.c|//u:p@|%3D){0,8}", pattern in "([ab/;?&=]|[*]{1,3}|apikey=|@){0,6}",
        ) {
            let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
            prop_assert!(!glob(pattern, &url(text, NOTHING)) || glob(pattern, text));
        }

    }
}

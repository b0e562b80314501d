//! Reading a token: three parts in base64url (RFC 7515 §3.1), the first two of them JSON objects.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway_engine::expr::json::Node;

/// A token that can be read; whether it is true is another matter.
pub(crate) struct Token<'t> {
    /// The header, a JSON object.
    pub(crate) header: Node<'t>,
    /// The claims, a JSON object.
    pub(crate) claims: Node<'t>,
    /// What is signed.
    pub(crate) signed: &'t [u8],
    /// The signature, in base64url.
    pub(crate) signature: &'t [u8],
}

impl<'t> Token<'t> {
    /// Reads a token; its decoded parts are put into `room`.
    pub(crate) fn read(text: &'t [u8], room: &'t mut Vec<u8>) -> Option<Token<'t>> {
        let mut dots = memchr::memchr_iter(b'.', text);
        let (first, second) = (dots.next()?, dots.next()?);
        if dots.next().is_some() {
            return None;
        }
        let (header, claims) = (text.get(..first)?, text.get(first + 1..second)?);
        // Both in one block: four characters are three bytes.
        room.resize(second, 0);
        let middle = URL_SAFE_NO_PAD.decode_slice(header, room).ok()?;
        let (header, rest) = room.split_at_mut_checked(middle)?;
        let length = URL_SAFE_NO_PAD.decode_slice(claims, rest).ok()?;
        let object = |text: &'t [u8]| Node::parse(text).filter(|node| node.raw().first() == Some(&b'{'));
        Some(Token {
            header: object(header)?,
            claims: object(rest.get(..length)?)?,
            signed: text.get(..second)?,
            signature: text.get(second + 1..)?,
        })
    }
}

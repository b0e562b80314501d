//! Header compression (RFC 7541).

mod decode;
mod encode;
mod huffman;
mod table;

pub(crate) use decode::{BadBlock, Decoder, Got};
pub(crate) use encode::Encoder;
pub(crate) use table::{kind, kind_of};

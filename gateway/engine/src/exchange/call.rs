//! Calls of protocols that name the service in the body (Dubbo): what the protocol's own crate has read of one, as routes,
//! plugins and upstreams see it.

use std::borrow::Cow;
use std::cell::Cell;

use bytes::Bytes;

use super::Exchange;
use crate::calls::Counted;
use crate::expr::HeaderVar;
use crate::headers::{Field, Name, Span};
use crate::plugin::Exit;

/// A call. Its body is the exchange's collected body ([`Request::collected`](super::Request::collected)), whole and as it came
/// unless somebody has replaced it.
///
/// A plugin that turns a request of another protocol into a call sets one together with such a body.
#[derive(Clone, Copy, Default)]
pub struct Call {
    /// Who looks things up in the body; `None`: it was made here, and nobody has to.
    pub reader: Option<&'static dyn CallReader>,
    /// Who makes an answer for the client of the reply; `None`: the client speaks the protocol. A call that has one goes to its
    /// upstream in the calls' protocol (Dubbo) even where the upstream's scheme is `http`.
    pub replies: Option<&'static dyn ReplyReader>,
    /// Path of the service, usually the full name of its interface: a text of the request's block, as are the next three.
    pub interface: Span,
    /// The method; of a generic call that which it asks for.
    pub method: Span,
    /// Version of the service; empty: it has none.
    pub version: Span,
    /// Group of the service; empty: it has none.
    pub group: Span,
    /// How the body is written, and the answer's is to be: Dubbo's id of a serialization (2: hessian2).
    pub serialization: u8,
    /// The caller waits for no answer, and there will be none.
    pub one_way: bool,
    /// The caller reads attachments of the answer.
    pub reads_attachments: bool,
    /// Where the attachments begin in the body, as it came, in bytes; 0: that is not known.
    pub attachments_at: u32,
    /// The body, as it came, ends with its attachments: others can be put in front of its last byte.
    pub takes_more: bool,
    /// The attachments have not been made fields of the request ([`CallReader::reveal`]): nobody has looked at fields yet otherwise than
    /// by name ([`Exchange::field`]). None of them has a name that begins with `x-`, as those have that the gateway sets meanwhile.
    pub latent: bool,
    /// Some attachments are no fields of the request, for they could not stand in one.
    pub hidden: bool,
    /// A plugin has made a request of it, for upstreams that take no calls.
    pub asked: bool,
    /// Where it is counted ([`crate::calls::WorkerCalls::counted`]); left as it is, it is counted by its names.
    pub counted: Counted,
}

/// Looks things up in the body of a call.
///
/// Where attachments of one name are there several times, providers may see another one than is seen here: whoever asks for such a name gets
/// the last one, and [`Request::ambiguous`](super::Request::ambiguous) is set.
pub trait CallReader: Sync {
    /// Makes fields of the request of what the call says beside its arguments; what cannot stand in a field stays hidden.
    ///
    /// # Errors
    /// Why the call cannot be judged by its fields, for its caller.
    fn reveal(&self, x: &mut Exchange) -> Result<(), &'static str>;

    /// What would be the field of a name that `named` tells, while these are latent; it is asked for names in any case. Where more than one
    /// is meant, the request of `x` becomes ambiguous.
    fn field<'x>(&self, x: &'x Exchange, named: &dyn Fn(&[u8]) -> bool) -> Option<Cow<'x, [u8]>>;

    /// The attachment of a name, where it is a text. `ambiguous` is set where more than one has it.
    fn attachment<'b>(&self, call: &Call, body: &'b [u8], name: &[u8], ambiguous: &Cell<bool>)
    -> Option<Cow<'b, [u8]>>;

    /// The argument of a number from 0, as text, where it is a scalar.
    fn argument<'b>(&self, call: &Call, body: &'b [u8], number: u32) -> Option<Cow<'b, [u8]>>;

    /// The body as the upstream gets it, with what was changed of it since it came; `None`: nothing was.
    ///
    /// # Errors
    /// It cannot be changed, and is not to be sent as it came.
    fn rewritten(&self, x: &Exchange, call: &Call, body: &Bytes) -> Result<Option<Bytes>, &'static str>;
}

/// Makes an answer for a client that does not speak the calls' protocol.
pub trait ReplyReader: Sync {
    /// The answer's body, made of the reply's, before any filter of an answer runs. It sets status and fields of `x.resp`, whose
    /// `reply` is there, and trailers, if there are to be any.
    fn answer(&self, x: &mut Exchange, body: Bytes) -> Bytes;
}

/// Stands between the protocol of calls and another one that carries the same calls (Triple), where a client speaks the one and its
/// upstream the other.
pub trait Transcoder {
    /// How long a request's body may be that becomes a call, in bytes.
    fn most(&self, x: &Exchange) -> usize;

    /// Makes a [`Call`] of a gRPC request whose body has been collected, with somebody who answers the client.
    ///
    /// # Errors
    /// The answer that says why it cannot be one.
    fn make_call(&self, x: &mut Exchange) -> Result<(), Box<Exit>>;

    /// Makes ready what an upstream of the other protocol gets in place of the call of `x`, whose attachments are fields. The upstream's
    /// side gives it that, and its answer as a [`Reply`]; to everybody else the exchange stays what it was.
    ///
    /// # Errors
    /// The answer that says why that cannot be.
    fn make_request(&self, x: &mut Exchange) -> Result<(), Box<Exit>>;

    /// Takes away what would make something else of the fields of a request at an upstream of the other protocol, where it goes as it is.
    fn guard(&self, x: &mut Exchange);
}

/// How an upstream has answered a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The protocol's own status (Dubbo: 20 is OK, also where the method threw).
    pub status: u8,
    /// How the answer's body is written, as in [`Call::serialization`].
    pub serialization: u8,
    /// The method threw: the body holds an exception.
    pub threw: bool,
    /// The call has not come to its method, and may be made elsewhere.
    pub declined: bool,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("serialization", &self.serialization).field("one_way", &self.one_way).finish()
    }
}

impl Exchange {
    /// A text attachment of the call, as plugins have left it; `None`: there is none, or this is no call.
    pub fn attachment(&self, name: &[u8]) -> Option<Cow<'_, [u8]>> {
        let call = self.req.call.as_ref()?;
        let head = &self.req.head;
        let here = |f: &&Field| f.flags & Field::DEAD == 0 && head.name(f).text() == name;
        if let Some(field) = head.fields().iter().find(here) {
            return Some(head.value(field).into());
        }
        let body = self.req.collected.as_ref().filter(|_| call.hidden || call.latent)?;
        call.reader?.attachment(call, body, name, &self.req.ambiguous)
    }

    /// A scalar argument of the call as text, by its number from 0.
    pub fn argument(&self, number: u32) -> Option<Cow<'_, [u8]>> {
        let (call, body) = (self.req.call.as_ref()?, self.req.collected.as_ref()?);
        call.reader?.argument(call, body, number)
    }

    /// The body of the call as its upstream gets it: with what plugins have changed of it. `None`: this is no call, or it cannot be changed
    /// and is not to be sent as it came.
    pub fn call_body(&self) -> Option<Bytes> {
        let (call, body) = (self.req.call.as_ref()?, self.req.collected.as_ref()?);
        match call.reader {
            Some(reader) => Some(reader.rewritten(self, call, body).ok()?.unwrap_or_else(|| body.clone())),
            None => Some(body.clone()),
        }
    }

    /// The request's field of a name, the first if there are several, also while the attachments of a call are no fields yet.
    #[inline]
    pub fn field(&self, name: Name<'_>) -> Option<Cow<'_, [u8]>> {
        match self.req.head.get(name) {
            Some(value) => Some(value.into()),
            None => {
                let call = self.req.call.as_ref().filter(|call| call.latent)?;
                call.reader?.field(self, &|key| key.eq_ignore_ascii_case(name.text()))
            }
        }
    }

    /// Makes fields of the call's attachments, for somebody is going to look at fields.
    ///
    /// # Errors
    /// Why the call cannot be judged by them.
    #[inline]
    pub(crate) fn reveal(&mut self) -> Result<(), &'static str> {
        match self.req.call {
            Some(Call { latent: true, reader: Some(reader), .. }) => reader.reveal(self),
            _ => Ok(()),
        }
    }

    /// What would be a field of the call, if its attachments are none yet.
    pub(super) fn latent_field(&self, name: &HeaderVar) -> Option<Cow<'_, [u8]>> {
        let call = self.req.call.as_ref().filter(|call| call.latent)?;
        call.reader?.field(self, &|key| name.matches(key))
    }

    /// One of the texts of the call, if there is one.
    pub(super) fn call_text(&self, part: impl FnOnce(&Call) -> Span) -> Option<&[u8]> {
        let span = part(self.req.call.as_ref()?);
        (!span.is_empty()).then(|| self.req.head.text(span))
    }
}

//! Between Dubbo2 and Triple: consumers of the one reach providers of the other. What a call is made of is the same to both; how it is
//! written is the codec's business (`gateway_dubbo_codec::triple`).

mod answer;
mod down;
mod failure;
mod message;
mod up;

pub use up::TripleConnector;

use gateway_dubbo_codec::triple::Unfit;
use gateway_engine::exchange::{Exchange, Transcoder};
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

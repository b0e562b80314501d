//! Calls of services by hand, as they are written down.

use std::net::IpAddr;

use super::auth::Caller;

/// The protocols that services are called in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spoken {
    /// Dubbo.
    Dubbo,
    /// gRPC.
    Grpc,
}

/// A call that is made by hand. It may change something: who has made it is written down, whatever becomes of it; what it says
/// is not. Where the client leaves, nobody waits for the end of the call, and it is written down as left.
#[derive(Debug)]
pub(super) struct ByHand {
    spoken: Spoken,
    who: String,
    from: IpAddr,
    service: String,
    method: String,
    node: String,
    outcome: &'static str,
}

impl ByHand {
    /// A call that is about to be made.
    pub(super) fn begins(spoken: Spoken, caller: &Caller, service: &str, method: &str, node: String) -> ByHand {
        let (who, from) = (caller.name.clone(), caller.from);
        let (service, method) = (service.to_owned(), method.to_owned());
        ByHand { spoken, who, from, service, method, node, outcome: "left" }
    }

    /// Who is called.
    pub(super) fn node(&self) -> &str {
        &self.node
    }

    /// How it ended.
    pub(super) fn ended(&mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        let ByHand { who, from, service, method, node, outcome, .. } = &*self;
        match self.spoken {
            Spoken::Dubbo => {
                tracing::info!(target: "audit", who, %from, interface = service, method, node, outcome, "a Dubbo service was called by hand");
            }
            Spoken::Grpc => {
                tracing::info!(target: "audit", who, %from, service, method, node, outcome, "a gRPC service was called by hand");
            }
        }
    }
}

//! A second try beside one that does not answer (`retry_policy.hedge_after_ms`): whose head is there first is passed on, the other
//! one is dropped.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::relay::{self, Broken};
use super::tries::Tries;
use super::upload::{self, Upload};
use crate::exchange::{Exchange, Framing};
use crate::upstream::{Flight, LocalNode};
use crate::wire::{Acquire, Connecting, Downstream, Upstream, WireError};
use crate::worker::now_ms;

/// The connection whose answer is passed on.
pub(super) type Winner = Box<dyn Upstream>;

/// The tries that are under way.
struct Race {
    first: Option<Box<dyn Upstream>>,
    second: Option<Second>,
    /// The second one was begun, or there is none to begin.
    hedged: bool,
    failure: WireError,
}

/// The try beside.
struct Second {
    node: Rc<LocalNode>,
    flight: Option<Flight>,
    at: Step,
}

enum Step {
    Connecting(Connecting),
    Sent(Box<dyn Upstream>),
}

/// Sends the rest of the request and waits for the head of the answer, from `first` or from another node that is asked as well when
/// `first` has said nothing for `after_ms`. The node of the exchange is that of the answer.
pub(super) async fn request_and_head(
    x: &mut Exchange,
    down: &mut dyn Downstream,
    first: Box<dyn Upstream>,
    upload: &mut Upload,
    tries: &mut Tries,
    after_ms: u64,
) -> Result<Winner, (Broken, Option<Box<dyn Upstream>>)> {
    let began = now_ms();
    x.deadline.exact(began.saturating_add(after_ms));
    let mut waited = relay::Patience::new(x);
    let mut race = Race { first: Some(first), second: None, hedged: false, failure: WireError::Closed };
    let ended = poll_fn(|cx| {
        loop {
            if let Some(ended) = race.poll(cx, x, down, upload) {
                return Poll::Ready(ended);
            }
            if race.hedged || !upload.done() || now_ms().saturating_sub(began) < after_ms {
                break;
            }
            race.hedged = true;
            if x.upstream.until_ms != 0 {
                x.deadline.exact(x.upstream.until_ms);
            }
            race.second = Second::begin(x, tries, upload.replayable());
        }
        let hedge_at = if race.hedged { u64::MAX } else { began.saturating_add(after_ms) };
        waited.poll(cx, x, down, upload, || race.held(), hedge_at).map(Err)
    })
    .await;
    match ended {
        Ok(winner) => Ok(winner),
        Err(broken) => Err((broken, race.first)),
    }
}

impl Race {
    /// Moves both on; `None`: neither has anything to say yet.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        x: &mut Exchange,
        down: &mut dyn Downstream,
        upload: &mut Upload,
    ) -> Option<Result<Winner, Broken>> {
        if let Some(up) = &mut self.first {
            let uploaded = upload.poll(cx, x, down, up.as_mut());
            let failed = match (up.poll_response(cx, x), uploaded) {
                (Poll::Ready(Ok(())), _) => return self.first.take().map(Ok),
                (Poll::Ready(Err(error)), _) | (Poll::Pending, Err(Broken::Upstream(error))) => Some(error),
                (Poll::Pending, Err(client)) => return Some(Err(client)),
                (Poll::Pending, Ok(())) => None,
            };
            if let Some(error) = failed {
                if self.second.is_none() {
                    // As without a second try: what becomes of it is for the caller to say.
                    return Some(Err(Broken::Upstream(error)));
                }
                (self.first, self.failure) = (None, error);
            }
        }
        if let Some(second) = &mut self.second {
            match second.poll(cx, x, down, upload) {
                Poll::Ready(Ok(())) => return self.second.take().and_then(|second| second.wins(x)).map(Ok),
                Poll::Ready(Err(error)) => {
                    self.second = None;
                    if self.first.is_none() {
                        return Some(Err(Broken::Upstream(error)));
                    }
                }
                Poll::Pending => {}
            }
        }
        None
    }

    fn held(&self) -> usize {
        let second = match self.second.as_ref().map(|second| &second.at) {
            Some(Step::Sent(up)) => up.held(),
            _ => 0,
        };
        self.first.as_ref().map_or(0, |up| up.held()) + second
    }
}

impl Second {
    /// Asks another node, if there may be one more try and there is one to ask.
    fn begin(x: &mut Exchange, tries: &mut Tries, replayable: bool) -> Option<Second> {
        let node = tries.beside(x, replayable)?;
        let connector = x.worker().connector(&node)?;
        let first = x.upstream.node.replace(Rc::clone(&node));
        let acquired = connector.acquire(&node, x);
        x.upstream.node = first;
        let at = match acquired {
            // As if it were opened at once.
            Acquire::Ready(up) => Step::Connecting(Box::pin(std::future::ready(Ok(up)))),
            // Where connections are counted, a guess takes none from those who need one.
            Acquire::Connect(_) if node.door.is_some() => return None,
            Acquire::Connect(connecting) => Step::Connecting(connecting),
        };
        Some(Second { flight: tries.upstream.enter(&node), node, at })
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        x: &mut Exchange,
        down: &mut dyn Downstream,
        upload: &mut Upload,
    ) -> Poll<Result<(), WireError>> {
        if let Step::Connecting(connecting) = &mut self.at {
            let mut up = match connecting.as_mut().poll(cx) {
                Poll::Ready(Ok(up)) => up,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            };
            // The request was whole when this try began.
            upload.rewind();
            let (body, last) = upload.first(x, down);
            if last && x.req.framing == Framing::Stream {
                upload::upload_trailers(down, up.as_mut());
            }
            let first = x.upstream.node.replace(Rc::clone(&self.node));
            up.request(x, body, last);
            x.upstream.node = first;
            self.at = Step::Sent(up);
        }
        let Step::Sent(up) = &mut self.at else { return Poll::Pending };
        if let Poll::Ready(Err(error)) = up.poll_flush(cx) {
            return Poll::Ready(Err(error));
        }
        up.poll_response(cx, x)
    }

    /// Its answer is the exchange's.
    fn wins(self, x: &mut Exchange) -> Option<Winner> {
        let Step::Sent(up) = self.at else { return None };
        x.upstream.node = Some(self.node);
        x.upstream.flight = self.flight;
        Some(up)
    }
}

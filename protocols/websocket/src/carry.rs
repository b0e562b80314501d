//! Both directions of a WebSocket, until one side ends or the gateway has to end it.

use crate::ear::Ear;
use crate::frames::{Side, Violation};
use crate::way::{Stands, Way};
use gateway_engine::exchange::Exchange;
use gateway_engine::settings::WebSocket as Limits;
use gateway_engine::wire::{Carrier, Carrying, Downstream, Upstream, WireError};
use gateway_engine::worker::now_ms;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// Carries WebSockets (`gateway.limits.websocket_*`).
#[derive(Debug, Default)]
pub struct WebSockets(());

impl WebSockets {
    /// One for a worker; it holds nothing.
    pub const fn new() -> WebSockets {
        WebSockets(())
    }
}

impl Carrier for WebSockets {
    fn carry<'a>(&self, x: &'a mut Exchange, down: &'a mut dyn Downstream, up: Box<dyn Upstream>) -> Carrying<'a> {
        let mut socket = WebSocket::new(x, down, up);
        Box::pin(async move {
            poll_fn(|cx| socket.poll(cx)).await;
            let (mut told, mut until) = (false, 0);
            poll_fn(|cx| socket.poll_end(cx, &mut told, &mut until)).await;
        })
    }
}

/// So long after its last word the gateway waits for the other side's (RFC 6455 section 7.1.1).
const CLOSE_MS: u64 = 5000;

/// Longest wait between two looks at the clock while something is waited for, in milliseconds.
const LOOK_MS: u64 = 1000;

/// Close code of an endpoint that goes away (RFC 6455 section 7.4.1).
const GOING_AWAY: u16 = 1001;

/// One WebSocket.
struct WebSocket<'a> {
    x: &'a mut Exchange,
    down: &'a mut dyn Downstream,
    up: Box<dyn Upstream>,
    to_up: Way,
    to_down: Way,
    /// When something was passed on last.
    since_ms: u64,
    idle_ms: u64,
    /// How long a side may be silent before it is asked whether it is there; 0: it is not asked.
    ping_ms: u64,
    pings: u32,
    /// The gateway has ended it, and waits until then for the sides' last words; 0: it has not.
    until_ms: u64,
    /// When the timer is due.
    armed_ms: u64,
    /// With which the client's side and the upstream's are polled.
    ears: Option<(Ear, Ear)>,
}

impl<'a> WebSocket<'a> {
    fn new(x: &'a mut Exchange, down: &'a mut dyn Downstream, up: Box<dyn Upstream>) -> WebSocket<'a> {
        let limits: Limits = x.worker().with_settings(|s| s.limits.websocket);
        let now = now_ms();
        let judges = limits.message_bytes > 0 || limits.ping_ms > 0;
        let idle_ms = match limits.idle_ms {
            0 => x.upstream.timeouts.unwrap_or_default().read_ms,
            own => own,
        };
        x.worker().counters.websockets.add(1);
        x.worker().counters.websockets_open.add(1);
        WebSocket {
            x,
            down,
            up,
            to_up: Way::new(Side::Client, limits.message_bytes, judges, now),
            to_down: Way::new(Side::Server, limits.message_bytes, judges, now),
            since_ms: now,
            idle_ms,
            ping_ms: limits.ping_ms,
            pings: 0,
            until_ms: 0,
            armed_ms: 0,
            ears: None,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.ears.as_ref().is_some_and(|(down, _)| down.is_of(cx.waker())) {
            self.ears = Some((Ear::new(cx.waker()), Ear::new(cx.waker())));
            self.armed_ms = 0;
        }
        let (mut down_spoke, mut up_spoke) = self.ears.as_ref().map_or((true, true), |(d, u)| (d.heard(), u.heard()));
        loop {
            let now = now_ms();
            let to_up = if down_spoke || !self.to_up.quiet { self.pump_up(now) } else { Stands::Quiet };
            let to_down = if up_spoke || !self.to_down.quiet { self.pump_down(now) } else { Stands::Quiet };
            // Whatever follows but the wait wants both looked at again.
            (down_spoke, up_spoke) = (true, true);
            let blocked = matches!(to_up, Stands::Blocked) || matches!(to_down, Stands::Blocked);
            match (to_up, to_down) {
                (Stands::Over, _) | (_, Stands::Over) if self.over() => return Poll::Ready(()),
                (Stands::Violated(violation), _) => self.violated(violation, Side::Client, now),
                (_, Stands::Violated(violation)) => self.violated(violation, Side::Server, now),
                _ if self.look(now) => {}
                _ if self.until_ms > 0 && self.ended(now) => return Poll::Ready(()),
                _ => match self.x.worker().ends(|| self.down.held() + self.up.held()) {
                    Some(WireError::Ending) => return Poll::Ready(()),
                    Some(_) => {
                        self.down.abort();
                        return Poll::Ready(());
                    }
                    None => {
                        self.arm(cx, now, blocked);
                        return Poll::Pending;
                    }
                },
            }
        }
    }

    /// Moves on what the client says.
    fn pump_up(&mut self, now: u64) -> Stands {
        let Some((down, up)) = &self.ears else { return Stands::Over };
        let (from, to) = ((&mut *self.down as _, &mut down.context()), (self.up.as_mut() as _, &mut up.context()));
        let (moved, stands) = self.to_up.pump(from, to, now, &mut 0);
        if moved > 0 {
            self.x.req.received += moved;
            self.since_ms = now;
        }
        stands
    }

    /// Moves on what the upstream says.
    fn pump_down(&mut self, now: u64) -> Stands {
        let Some((down, up)) = &self.ears else { return Stands::Over };
        let (from, to) = ((self.up.as_mut() as _, &mut up.context()), (&mut *self.down as _, &mut down.context()));
        let mut sent = 0;
        let (moved, stands) = self.to_down.pump(from, to, now, &mut sent);
        self.x.resp.sent += sent;
        self.x.resp.body_sent += sent;
        if moved > 0 {
            self.since_ms = now;
        }
        stands
    }

    /// A side has ended: that is the end, unless the other one is still to be told.
    fn over(&self) -> bool {
        self.until_ms == 0 || (self.to_up.done() && self.to_down.done())
    }

    /// Whether the gateway's close is over: both sides have heard it and answered, or had the time to.
    fn ended(&self, now: u64) -> bool {
        (self.to_up.done() && self.to_down.done()) || now >= self.until_ms
    }

    /// Time has passed. `true`: there is something to be said.
    fn look(&mut self, now: u64) -> bool {
        if self.until_ms > 0 {
            return false;
        }
        if self.x.worker().draining.get() {
            self.close(GOING_AWAY, GOING_AWAY, "the gateway shuts down", now);
            return true;
        }
        if now.saturating_sub(self.since_ms) >= self.idle_ms {
            self.close(GOING_AWAY, GOING_AWAY, "idle", now);
            return true;
        }
        self.ping_ms > 0 && (self.ask(Side::Client, now) | self.ask(Side::Server, now))
    }

    /// Asks a silent side whether it is there; one that does not answer is not. `true`: there is something to be said.
    fn ask(&mut self, side: Side, now: u64) -> bool {
        let (from, to) = match side {
            Side::Client => (&mut self.to_up, &mut self.to_down),
            Side::Server => (&mut self.to_down, &mut self.to_up),
        };
        if self.until_ms > 0 || now.saturating_sub(from.heard_ms.max(from.asked_ms())) < self.ping_ms {
            return false;
        }
        if from.asked_ms() > 0 {
            from.give_up();
            to.silence();
            let why = if side == Side::Client { "the client is gone" } else { "the upstream is gone" };
            self.close(GOING_AWAY, GOING_AWAY, why, now);
            return true;
        }
        self.pings = self.pings.wrapping_add(1);
        let [a, b, c, d] = self.pings.to_be_bytes();
        let payload = [b'p', b'i', b'n', b'g', a, b, c, d];
        let asked = to.ask(payload);
        if asked {
            from.expect(payload, now);
        }
        asked
    }

    fn violated(&mut self, violation: Violation, side: Side, now: u64) {
        let why = match violation {
            Violation::Protocol(why) => why,
            Violation::TooLong => "a message that is too long",
        };
        match side {
            Side::Client => self.close(violation.code(), GOING_AWAY, why, now),
            Side::Server => self.close(GOING_AWAY, violation.code(), why, now),
        }
    }

    /// Ends it from here: both sides are told.
    fn close(&mut self, to_client: u16, to_server: u16, why: &'static str, now: u64) {
        tracing::debug!(client = %self.x.conn.peer, reason = why, "a WebSocket is ended");
        self.until_ms = now.saturating_add(CLOSE_MS);
        self.to_down.close(to_client);
        self.to_up.close(to_server);
    }

    /// Sets the timer to the next thing that time can bring. A drain wakes everybody.
    fn arm(&mut self, cx: &Context<'_>, now: u64, blocked: bool) {
        let mut at = match self.until_ms {
            0 => self.since_ms.saturating_add(self.idle_ms),
            until => until,
        };
        if blocked || self.until_ms > 0 {
            at = at.min(now + LOOK_MS);
        }
        if self.ping_ms > 0 && self.until_ms == 0 {
            for way in [&self.to_up, &self.to_down] {
                // One that could not be asked when it was time is asked when what is on its way has arrived.
                at = at.min(way.heard_ms.max(way.asked_ms()).saturating_add(self.ping_ms).max(now + 1));
            }
        }
        // One that is due too early looks, and sets it anew: it need not be set with each message.
        if at < self.armed_ms || self.armed_ms <= now {
            self.armed_ms = at;
            self.x.deadline.wait(cx.waker(), at);
        }
    }

    /// Writes out what is queued, for as long as somebody takes it.
    fn poll_end(&mut self, cx: &mut Context<'_>, told: &mut bool, until: &mut u64) -> Poll<()> {
        let now = now_ms();
        if !std::mem::replace(told, true) {
            *until = now.saturating_add(CLOSE_MS);
            // An upstream's stream ends as its connection would; one that is full is reset.
            let mut nobody = Context::from_waker(std::task::Waker::noop());
            if let Poll::Ready(Ok(())) = self.up.poll_flush(&mut nobody) {
                self.up.send(gateway_engine::buf::Chunk::EMPTY, true);
            }
        }
        let _ = self.up.poll_flush(cx);
        match self.down.poll_flush(cx) {
            Poll::Ready(done) => {
                self.x.resp.finished = done.is_ok();
                Poll::Ready(())
            }
            Poll::Pending if now >= *until || self.x.worker().ends(|| self.down.held()).is_some() => Poll::Ready(()),
            Poll::Pending => {
                self.x.deadline.wait(cx.waker(), now + LOOK_MS);
                Poll::Pending
            }
        }
    }
}

impl Drop for WebSocket<'_> {
    fn drop(&mut self) {
        self.x.worker().counters.websockets_open.sub(1);
    }
}

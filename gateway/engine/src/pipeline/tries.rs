//! The tries of one exchange: whether there is another one, at which node, and after which pause.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use gateway_model::resource::RetryPolicy;

use super::proxy::LOOK_MS;
use super::relay;
use super::upload::Upload;
use crate::exchange::Exchange;
use crate::upstream::retry::{self, Failure, Try, Verdict};
use crate::upstream::{LocalNode, LocalUpstream};
use crate::wire::{Downstream, WireError};
use crate::worker::now_ms;

/// How often a request that nobody has seen is repeated without that counting as a try.
const RENEWALS: u32 = 3;

/// How an exchange goes on after a try.
pub(super) struct Tries {
    pub(super) upstream: Rc<LocalUpstream>,
    made: u32,
    renewals: u32,
    began_ms: u64,
    /// Before the next one.
    pause_ms: u64,
    /// The node of the next one, where that is known already.
    next: Option<Rc<LocalNode>>,
}

impl Tries {
    #[inline]
    pub(super) fn new(x: &Exchange, upstream: Rc<LocalUpstream>) -> Tries {
        if let Some(policy) = upstream.retry_policy() {
            upstream.state(x).budget.deposit(policy.budget_percent, now_ms());
        }
        Tries { upstream, made: 0, renewals: 0, began_ms: now_ms(), pause_ms: 0, next: None }
    }

    /// The node of the try that begins.
    ///
    /// # Errors
    /// The status to answer, for there is none.
    #[inline]
    pub(super) fn begin(&mut self, x: &mut Exchange) -> Result<Rc<LocalNode>, u16> {
        let node = match self.next.take() {
            Some(node) => node,
            None => self.upstream.pick(x)?,
        };
        let node = if node.is_leaving() { self.elsewhere(x, node) } else { node };
        self.made += 1;
        x.upstream.tries += 1;
        if let Some(most) = self.upstream.retry_policy().and_then(|policy| policy.try_timeout) {
            x.upstream.until_ms = now_ms().saturating_add(millis(most));
            x.deadline.exact(x.upstream.until_ms);
        }
        x.upstream.flight = self.upstream.enter(&node);
        x.upstream.node = Some(Rc::clone(&node));
        Ok(node)
    }

    /// A node that stays, instead of one that is about to leave; that one where there is none.
    #[cold]
    fn elsewhere(&self, x: &mut Exchange, leaving: Rc<LocalNode>) -> Rc<LocalNode> {
        let mut node = Rc::clone(&leaving);
        for _ in 1..self.upstream.upstream().nodes.len() {
            self.upstream.mark_tried(x, &node);
            match self.upstream.pick(x) {
                Ok(other) if !other.is_leaving() => return other,
                Ok(other) => node = other,
                Err(_) => break,
            }
        }
        leaving
    }

    /// Whether the present try is followed by another one if it fails.
    #[inline]
    pub(super) fn left(&self) -> bool {
        self.made <= self.upstream.retries()
    }

    /// What follows a failure of the present try.
    pub(super) fn after_failure(
        &mut self,
        x: &Exchange,
        replayable: bool,
        failure: Failure,
        sent: bool,
        stale: bool,
    ) -> Verdict {
        let verdict =
            self.judge(Try { failure, sent, stale: stale && self.renewals < RENEWALS, ..self.now(x, replayable) });
        if verdict == Verdict::Next && !self.affordable(x) { Verdict::Stop } else { verdict }
    }

    /// The node has answered with a status that the retry policy wants tried again. Whether that is done instead of passing the
    /// answer on: then the next node is chosen already.
    #[inline]
    pub(super) fn after_answer(&mut self, x: &mut Exchange, node: &Rc<LocalNode>, replayable: bool) -> bool {
        match self.upstream.retry_policy() {
            Some(policy) if policy.statuses.contains(&x.resp.status) => self.again(x, node, replayable),
            _ => false,
        }
    }

    /// The node has answered that it has not made the call. Whether another one is asked instead of passing that on: then it is
    /// chosen already.
    #[cold]
    pub(super) fn after_decline(&mut self, x: &mut Exchange, node: &Rc<LocalNode>) -> bool {
        if !self.left() || x.overdue() {
            return false;
        }
        self.upstream.mark_tried(x, node);
        let next = self.upstream.pick(x).ok().filter(|next| !Rc::ptr_eq(next, node));
        self.next = next;
        self.next.is_some()
    }

    #[cold]
    fn again(&mut self, x: &mut Exchange, node: &Rc<LocalNode>, replayable: bool) -> bool {
        if x.overdue() {
            return false;
        }
        if self.judge(self.now(x, replayable)) != Verdict::Next {
            return false;
        }
        self.upstream.mark_tried(x, node);
        let Ok(next) = self.upstream.pick(x) else { return false };
        if !self.affordable(x) {
            return false;
        }
        self.next = Some(next);
        true
    }

    /// After which time without an answer another node is asked as well; `None`: none is.
    #[inline]
    pub(super) fn hedge_after_ms(&self, x: &Exchange) -> Option<u64> {
        let after = self.upstream.retry_policy()?.hedge_after?;
        (self.left() && self.upstream.repeats(x) && !x.req.websocket).then(|| millis(after))
    }

    /// The node that is asked beside the one of the present try, if there may be another try.
    pub(super) fn beside(&mut self, x: &mut Exchange, replayable: bool) -> Option<Rc<LocalNode>> {
        let first = x.upstream.node.clone()?;
        if !self.left() || !replayable || x.overdue() {
            return None;
        }
        self.upstream.mark_tried(x, &first);
        let node = self.upstream.pick(x).ok().filter(|node| !Rc::ptr_eq(node, &first))?;
        if !self.affordable(x) {
            return None;
        }
        self.upstream.mark_tried(x, &node);
        self.made += 1;
        x.upstream.tries += 1;
        self.upstream.state(x).tally.hedge();
        Some(node)
    }

    /// The head of the answer is there, and is going to be passed on.
    #[inline]
    pub(super) fn answered(&self, x: &Exchange) {
        // Another time may have been asked to be met.
        if x.req.until_ms != 0 && self.upstream.retry_policy().is_some() {
            x.deadline.exact(x.req.until_ms);
        }
    }

    /// The try at `node` did not count: the next one goes there again, on a connection that is not one of those kept.
    pub(super) fn renew(&mut self, node: Rc<LocalNode>) {
        // The pool's other connections to this node have most likely met the same end.
        node.close_kept();
        self.made -= 1;
        self.renewals += 1;
        self.next = Some(node);
    }

    /// The pause before the next try.
    ///
    /// # Errors
    /// The exchange has to end.
    pub(super) async fn pause(
        &mut self,
        x: &Exchange,
        down: &dyn Downstream,
        upload: &Upload,
    ) -> Result<(), WireError> {
        let pause_ms = std::mem::take(&mut self.pause_ms);
        if pause_ms == 0 {
            return Ok(());
        }
        // Rare: no exchange should hold room for it.
        Box::pin(wait(x, down, upload, pause_ms)).await
    }

    /// A request that has gone out whole and may be sent again as far as its method allows.
    fn now(&self, x: &Exchange, replayable: bool) -> Try {
        Try {
            failure: Failure::Reset,
            sent: true,
            stale: false,
            idempotent: self.upstream.repeats(x),
            replayable,
            tries: self.made,
            retries: self.upstream.retries(),
            elapsed_ms: now_ms().saturating_sub(self.began_ms),
            budget_ms: self.upstream.retry_timeout_ms(),
        }
    }

    /// The verdict, with the pause where there is another node to come.
    fn judge(&mut self, t: Try) -> Verdict {
        let verdict = retry::judge(&t);
        if verdict != Verdict::Next {
            return verdict;
        }
        self.pause_ms = self.upstream.retry_policy().map_or(0, |policy| backoff_ms(policy, self.made));
        if self.pause_ms == 0
            || retry::judge(&Try { elapsed_ms: t.elapsed_ms.saturating_add(self.pause_ms), ..t }) == verdict
        {
            return verdict;
        }
        // `retry_timeout` would be over before the pause is: why wait?
        Verdict::Late
    }

    /// Takes a retry from the budget of a policy.
    fn affordable(&self, x: &Exchange) -> bool {
        let Some(policy) = self.upstream.retry_policy() else { return true };
        let state = self.upstream.state(x);
        let affordable = state.budget.withdraw(policy.budget_min_per_second, now_ms());
        if !affordable {
            state.tally.refused_retry();
        }
        affordable
    }
}

/// The pause after so many tries: doubled with each, and a share of it left to chance, so that requests which failed together do
/// not come back together.
fn backoff_ms(policy: &RetryPolicy, made: u32) -> u64 {
    let most = millis(policy.max_backoff);
    let whole =
        millis(policy.backoff).saturating_mul(1u64.checked_shl(made.saturating_sub(1)).unwrap_or(u64::MAX)).min(most);
    let chance = whole.saturating_mul(u64::from(policy.backoff_jitter_percent)) / 100;
    whole - fastrand::u64(..=chance.min(whole))
}

async fn wait(x: &Exchange, down: &dyn Downstream, upload: &Upload, pause_ms: u64) -> Result<(), WireError> {
    let until = now_ms().saturating_add(pause_ms);
    x.deadline.exact(until);
    let waited = poll_fn(|cx| {
        let now = now_ms();
        if now >= until || x.overdue() {
            return Poll::Ready(Ok(()));
        }
        if let Some(error) = x.worker().ends(|| relay::held(x, down) + upload.kept()) {
            return Poll::Ready(Err(error));
        }
        x.deadline.wait(cx.waker(), until.min(now + LOOK_MS));
        Poll::Pending
    })
    .await;
    if x.req.until_ms != 0 {
        x.deadline.exact(x.req.until_ms);
    }
    waited
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_a_share_is_left_to_chance() {
        let policy = |jitter| RetryPolicy {
            statuses: Vec::new(),
            methods: None,
            try_timeout: None,
            hedge_after: None,
            backoff: Duration::from_millis(100),
            max_backoff: Duration::from_millis(500),
            backoff_jitter_percent: jitter,
            budget_percent: 20,
            budget_min_per_second: 10,
        };
        let pauses: Vec<_> = [1, 2, 3, 4, 70].map(|made| backoff_ms(&policy(0), made)).into();
        assert_eq!(pauses, [100, 200, 400, 500, 500]);
        let some: Vec<_> = (0..200).map(|_| backoff_ms(&policy(50), 1)).collect();
        assert!(some.iter().all(|ms| (50..=100).contains(ms)) && some.iter().any(|ms| *ms != some[0]), "{some:?}");
        assert!((0..200).all(|_| backoff_ms(&policy(100), 2) <= 200));
    }
}

//! What is known of a node's health, and what a report makes of it: the state machine that APISIX's checker has, without the
//! world around it (`lua-resty-healthcheck`; the rules are in docs/health-checks.md).

use std::sync::atomic::{AtomicU64, Ordering};

/// How well a node is. It gets requests in the first two states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// Nothing speaks against it.
    #[default]
    Healthy = 0,
    /// It has failed, not often enough to be taken out.
    MostlyHealthy = 1,
    /// It was taken out and has succeeded, not often enough to be taken back.
    MostlyUnhealthy = 2,
    /// It is taken out.
    Unhealthy = 3,
}

impl State {
    /// Every state.
    pub const ALL: [State; 4] = [State::Healthy, State::MostlyHealthy, State::MostlyUnhealthy, State::Unhealthy];

    /// Whether the node gets requests.
    pub const fn is_up(self) -> bool {
        matches!(self, State::Healthy | State::MostlyHealthy)
    }

    /// As the Control API and logs write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Healthy => "healthy",
            State::MostlyHealthy => "mostly_healthy",
            State::MostlyUnhealthy => "mostly_unhealthy",
            State::Unhealthy => "unhealthy",
        }
    }
}

/// In which way a node failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It answered with a status that speaks against it, or with what is no answer.
    Http,
    /// There was no connection, or it broke.
    Tcp,
    /// It took too long.
    Timeout,
}

/// What is reported of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Report {
    /// It did what it should.
    Success,
    /// It did not.
    Failure(Fault),
}

/// How many reports of a kind it takes; 0: reports of that kind are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Successes in a row for a node to be healthy again.
    pub successes: u8,
    /// Bad answers, for it to be unhealthy.
    pub http_failures: u8,
    /// Failed connections, for it to be unhealthy.
    pub tcp_failures: u8,
    /// Answers that came too late, for it to be unhealthy.
    pub timeouts: u8,
}

impl Limits {
    fn of(&self, report: Report) -> u8 {
        match report {
            Report::Success => self.successes,
            Report::Failure(Fault::Http) => self.http_failures,
            Report::Failure(Fault::Tcp) => self.tcp_failures,
            Report::Failure(Fault::Timeout) => self.timeouts,
        }
    }
}

/// A node's state, and what has been counted towards another one. A counter that has reached its limit stays visible until a
/// report of the other kind clears it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// The state.
    pub state: State,
    /// Successes since the last failure.
    pub successes: u8,
    /// Bad answers since the last success.
    pub http_failures: u8,
    /// Failed connections since the last success.
    pub tcp_failures: u8,
    /// Timeouts since the last success.
    pub timeouts: u8,
}

impl Condition {
    /// The condition after a report; `None`: the report changes nothing.
    pub fn after(self, report: Report, limits: &Limits) -> Option<Condition> {
        let limit = limits.of(report);
        if limit == 0 {
            return None;
        }
        let mut next = self;
        let count = match report {
            Report::Success if self.state == State::Healthy => return None,
            Report::Success => {
                (next.http_failures, next.tcp_failures, next.timeouts) = (0, 0, 0);
                &mut next.successes
            }
            Report::Failure(_) if self.state == State::Unhealthy => return None,
            Report::Failure(fault) => {
                next.successes = 0;
                match fault {
                    Fault::Http => &mut next.http_failures,
                    Fault::Tcp => &mut next.tcp_failures,
                    Fault::Timeout => &mut next.timeouts,
                }
            }
        };
        *count = count.saturating_add(1);
        let enough = *count >= limit;
        next.state = match (report, self.state) {
            (Report::Success, _) if enough => State::Healthy,
            (Report::Success, State::Unhealthy) => State::MostlyUnhealthy,
            (Report::Failure(_), _) if enough => State::Unhealthy,
            (Report::Failure(_), State::Healthy) => State::MostlyHealthy,
            (_, state) => state,
        };
        Some(next)
    }

    fn pack(self) -> u64 {
        let [a, b, c, d] = [self.successes, self.http_failures, self.tcp_failures, self.timeouts];
        u64::from_le_bytes([self.state as u8, a, b, c, d, 0, 0, 0])
    }

    fn unpack(bits: u64) -> Condition {
        let [state, successes, http_failures, tcp_failures, timeouts, ..] = bits.to_le_bytes();
        let state = State::ALL.get(usize::from(state)).copied().unwrap_or_default();
        Condition { state, successes, http_failures, tcp_failures, timeouts }
    }
}

/// The condition that `shared` holds.
pub(super) fn read(shared: &AtomicU64) -> Condition {
    Condition::unpack(shared.load(Ordering::Acquire))
}

/// Takes a report into a condition that several threads report to, without a lock. What it was and what it has become, where the
/// report changed anything: one that does not, as nearly all while all is well, writes nothing.
pub(super) fn report(shared: &AtomicU64, report: Report, limits: &Limits) -> Option<(Condition, Condition)> {
    let next = |bits| Condition::unpack(bits).after(report, limits).map(Condition::pack);
    let before = shared.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).ok()?;
    let before = Condition::unpack(before);
    // The same function of the same value.
    Some((before, before.after(report, limits)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::State::{Healthy, MostlyHealthy, MostlyUnhealthy, Unhealthy};
    use super::*;

    const LIMITS: Limits = Limits { successes: 2, http_failures: 3, tcp_failures: 2, timeouts: 4 };

    /// The report of a letter: `s` success, `h` bad answer, `t` failed connection, `o` timeout.
    fn report(letter: char) -> Report {
        match letter {
            's' => Report::Success,
            'h' => Report::Failure(Fault::Http),
            't' => Report::Failure(Fault::Tcp),
            'o' => Report::Failure(Fault::Timeout),
            other => unreachable!("{other}"),
        }
    }

    fn after(reports: &str, limits: &Limits) -> (State, [u8; 4]) {
        let end = reports.chars().fold(Condition::default(), |c, r| c.after(report(r), limits).unwrap_or(c));
        (end.state, [end.successes, end.http_failures, end.tcp_failures, end.timeouts])
    }

    #[test]
    fn every_rule() {
        // Reports from the beginning on, the state, and the counters: successes, bad answers, connections, timeouts.
        let cases: &[(&str, State, [u8; 4])] = &[
            ("", Healthy, [0, 0, 0, 0]),
            // A success says nothing of a healthy node.
            ("sss", Healthy, [0, 0, 0, 0]),
            // A failure that is not enough.
            ("h", MostlyHealthy, [0, 1, 0, 0]),
            ("hh", MostlyHealthy, [0, 2, 0, 0]),
            ("o", MostlyHealthy, [0, 0, 0, 1]),
            // Enough of one kind.
            ("hhh", Unhealthy, [0, 3, 0, 0]),
            ("tt", Unhealthy, [0, 0, 2, 0]),
            ("oooo", Unhealthy, [0, 0, 0, 4]),
            // Kinds are counted apart, none forgets another.
            ("hhtooo", MostlyHealthy, [0, 2, 1, 3]),
            ("hhtoooh", Unhealthy, [0, 3, 1, 3]),
            // Where it is unhealthy, further failures say nothing, and the counter stays.
            ("tthho", Unhealthy, [0, 0, 2, 0]),
            // One success clears all failures; it is not yet healthy again.
            ("hs", MostlyHealthy, [1, 0, 0, 0]),
            ("hhs", MostlyHealthy, [1, 0, 0, 0]),
            ("hhshh", MostlyHealthy, [0, 2, 0, 0]),
            ("hss", Healthy, [2, 0, 0, 0]),
            ("hsss", Healthy, [2, 0, 0, 0]),
            // From unhealthy by way of mostly unhealthy.
            ("tts", MostlyUnhealthy, [1, 0, 0, 0]),
            ("ttss", Healthy, [2, 0, 0, 0]),
            // A failure on that way clears the successes and stays there until it is enough again.
            ("ttst", MostlyUnhealthy, [0, 0, 1, 0]),
            ("ttsts", MostlyUnhealthy, [1, 0, 0, 0]),
            ("ttstt", Unhealthy, [0, 0, 2, 0]),
            ("ttsth", MostlyUnhealthy, [0, 1, 1, 0]),
            // The counter of successes that was reached stays until a failure.
            ("ttssh", MostlyHealthy, [0, 1, 0, 0]),
        ];
        for (reports, state, counters) in cases {
            assert_eq!(after(reports, &LIMITS), (*state, *counters), "{reports}");
        }
    }

    #[test]
    fn a_limit_of_1_acts_at_once_and_0_never() {
        let once = Limits { successes: 1, http_failures: 1, tcp_failures: 1, timeouts: 1 };
        assert_eq!(after("h", &once), (Unhealthy, [0, 1, 0, 0]));
        assert_eq!(after("hs", &once), (Healthy, [1, 0, 0, 0]));
        let off = Limits { successes: 0, http_failures: 0, tcp_failures: 0, timeouts: 1 };
        assert_eq!(after("hhhttt", &off), (Healthy, [0; 4]));
        assert_eq!(after("osss", &off), (Unhealthy, [0, 0, 0, 1]), "no success takes it back");
    }

    #[test]
    fn the_first_two_states_are_up() {
        let up: Vec<_> = State::ALL.into_iter().map(|s| (s.as_str(), s.is_up())).collect();
        assert_eq!(
            up,
            [("healthy", true), ("mostly_healthy", true), ("mostly_unhealthy", false), ("unhealthy", false)]
        );
    }

    #[test]
    fn two_judges_with_limits_of_their_own_share_the_counters() {
        let (active, passive) = (LIMITS, Limits { tcp_failures: 3, ..LIMITS });
        let condition = AtomicU64::new(0);
        assert!(super::report(&condition, report('t'), &passive).is_some());
        let (before, now) = super::report(&condition, report('t'), &passive).unwrap();
        assert_eq!((before.state, now.state, now.tcp_failures), (MostlyHealthy, MostlyHealthy, 2));
        let (_, now) = super::report(&condition, report('t'), &active).unwrap();
        assert_eq!((now.state, now.tcp_failures), (Unhealthy, 3));
        assert_eq!(super::report(&condition, report('t'), &active), None);
        assert_eq!(read(&condition), now);
    }

    proptest! {
        #[test]
        fn shared_is_the_same_machine(
            reports in "[shto]{0,300}",
            limits in (0u8..=254, 0u8..=254, 0u8..=254, 0u8..=254),
        ) {
            let (successes, http_failures, tcp_failures, timeouts) = limits;
            let limits = Limits { successes, http_failures, tcp_failures, timeouts };
            let shared = AtomicU64::new(0);
            let mut alone = Condition::default();
            for letter in reports.chars() {
                let next = alone.after(report(letter), &limits);
                prop_assert_eq!(super::report(&shared, report(letter), &limits), next.map(|n| (alone, n)));
                alone = next.unwrap_or(alone);
                prop_assert_eq!(read(&shared), alone);
            }
        }

        #[test]
        fn it_is_up_until_a_limit_is_reached_and_down_until_the_other_is(reports in "[shto]{0,60}") {
            let mut condition = Condition::default();
            for letter in reports.chars() {
                let before = condition;
                condition = condition.after(report(letter), &LIMITS).unwrap_or(condition);
                if before.state.is_up() && !condition.state.is_up() {
                    prop_assert_eq!(condition.state, Unhealthy);
                }
                if !before.state.is_up() && condition.state.is_up() {
                    prop_assert_eq!((condition.state, condition.successes), (Healthy, LIMITS.successes));
                }
            }
        }
    }
}

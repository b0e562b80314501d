//! What goes wrong at upstreams, and how much of what they limit is in use: a series for each upstream that has anything to tell.

use std::sync::Arc;

use gateway_engine::snapshot::Shared;
use gateway_engine::upstream::retry::Failure;
use gateway_engine::upstream::{Limit, UpstreamState};
use gateway_plugins::prometheus::{Extra, Sample};

/// Most upstreams with series of their own; what further ones count is added up under `upstream="overflow"`.
const SERIES: usize = 1000;

/// The metrics of all upstreams.
pub(super) fn all(shared: &Shared) -> Vec<Extra> {
    let mut states = shared.states.all();
    states.sort_unstable_by(|a, b| a.key().cmp(b.key()));
    let own = |name: &str, help: &str, counter: bool, of: Count<'_>| by_upstream(&states, name, help, counter, of);
    vec![
        own("gateway_upstream_requests_retried_total", "Requests that were tried again", true, &|state, out| {
            out("", state.tally.retries());
        }),
        own(
            "gateway_upstream_retries_refused_total",
            "Requests that were not tried again because the budget of the retry policy was spent",
            true,
            &|state, out| out("", state.tally.refused_retries()),
        ),
        own("gateway_upstream_hedges_total", "Nodes asked beside one that did not answer", true, &|state, out| {
            out("", state.tally.hedges());
        }),
        own("gateway_upstream_failures_total", "Tries that gave no answer, by why", true, &|state, out| {
            Failure::ALL.iter().for_each(|why| out(why.name(), state.tally.failures(*why)));
        }),
        own("gateway_upstream_ejections_total", "Nodes ejected by outlier detection", true, &|state, out| {
            out("", state.tally.ejections());
        }),
        own("gateway_upstream_ejected_nodes", "Nodes that are ejected now", false, &|state, out| {
            out("", state.ejected() as u64);
        }),
        own(
            "gateway_upstream_overflows_total",
            "Requests refused because the upstream was at its limit, by which",
            true,
            &|state, out| Limit::ALL.iter().for_each(|limit| out(limit.name(), state.tally.overflows(*limit))),
        ),
        own("gateway_upstream_in_use", "How much there is now of what upstreams limit", false, &|state, out| {
            for limit in Limit::ALL {
                let connections = if limit == Limit::Connections { state.connections() } else { None };
                out(limit.name(), u64::from(connections.unwrap_or_else(|| state.in_use.get(limit))));
            }
        }),
    ]
}

/// Tells the numbers of an upstream, each with the value of the second label.
type Count<'a> = &'a dyn Fn(&UpstreamState, &mut dyn FnMut(&'static str, u64));

fn by_upstream(states: &[Arc<UpstreamState>], name: &str, help: &str, counter: bool, of: Count<'_>) -> Extra {
    let second = match name {
        "gateway_upstream_failures_total" => "reason",
        _ => "limit",
    };
    let mut samples: Vec<Sample> = Vec::new();
    let mut rest: Vec<(&str, u64)> = Vec::new();
    let (mut told, mut last) = (0, None);
    for (at, state) in states.iter().enumerate() {
        of(state, &mut |value, number| {
            if number == 0 {
                return;
            }
            if last != Some(at) {
                (told, last) = (told + 1, Some(at));
            }
            if told <= SERIES {
                samples.push(Sample { labels: labels(state.key(), second, value), value: number });
                return;
            }
            match rest.iter_mut().find(|(known, _)| *known == value) {
                Some((_, sum)) => *sum += number,
                None => rest.push((value, number)),
            }
        });
    }
    samples.extend(rest.iter().map(|(value, sum)| Sample { labels: labels("overflow", second, value), value: *sum }));
    Extra { name: name.to_owned(), help: help.to_owned(), counter, samples }
}

fn labels(upstream: &str, second: &str, value: &str) -> Vec<(String, String)> {
    let mut labels = vec![("upstream".to_owned(), upstream.to_owned())];
    if !value.is_empty() {
        labels.push((second.to_owned(), value.to_owned()));
    }
    labels
}

#[cfg(test)]
mod tests {
    use gateway_engine::upstream::StateTable;

    use super::*;

    #[test]
    fn upstreams_with_nothing_to_tell_have_no_series_and_too_many_share_one() {
        let table = StateTable::default();
        let states: Vec<_> =
            (0..SERIES + 20).map(|n| table.upstream(&Arc::from(format!("upstreams/{n:05}")))).collect();
        for state in states.iter().skip(10) {
            state.tally.failure(Failure::Timeout);
            state.tally.failure(Failure::Connect);
            state.tally.failure(Failure::Connect);
        }
        let count: Count<'_> = &|state, out| Failure::ALL.iter().for_each(|f| out(f.name(), state.tally.failures(*f)));
        let made = by_upstream(&states, "gateway_upstream_failures_total", "", true, count);
        assert_eq!(made.samples.len(), 2 * SERIES + 2);
        let label = |at: usize, n: usize| made.samples[at].labels[n].1.as_str();
        assert_eq!((label(0, 0), label(0, 1)), ("upstreams/00010", "connect"));
        let last: Vec<_> = made.samples[2 * SERIES..].iter().map(|s| (s.labels[0].1.as_str(), s.value)).collect();
        assert_eq!(last, [("overflow", 20), ("overflow", 10)]);
    }
}

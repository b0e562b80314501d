//! Several calls at once on the one thread there is.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

/// Runs futures in their order, at most `limit` at a time. `done` gets each result with the place of its future, and says
/// whether to begin more; what is under way ends in any case.
pub(crate) async fn each<F: Future>(
    limit: usize,
    futures: impl IntoIterator<Item = F>,
    mut done: impl FnMut(usize, F::Output) -> bool,
) {
    let mut waiting = futures.into_iter().enumerate();
    let mut running: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut more = true;
    std::future::poll_fn(|context| {
        loop {
            while more && running.len() < limit.max(1) {
                match waiting.next() {
                    Some((place, future)) => running.push((place, Box::pin(future))),
                    None => more = false,
                }
            }
            let mut finished = false;
            running.retain_mut(|(place, future)| match future.as_mut().poll(context) {
                Poll::Ready(output) => {
                    finished = true;
                    more &= done(*place, output);
                    false
                }
                Poll::Pending => true,
            });
            if running.is_empty() && !more {
                return Poll::Ready(());
            }
            if !finished {
                return Poll::Pending;
            }
        }
    })
    .await;
}

/// The results of all of them, in their order.
pub(crate) async fn all<F: Future>(limit: usize, futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut results = Vec::new();
    each(limit, futures, |place, output| {
        results.push((place, output));
        true
    })
    .await;
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, output)| output).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn no_more_at_once_than_allowed_and_none_is_lost() {
        let (now, most) = (Cell::new(0), Cell::new(0));
        let (now, most) = (&now, &most);
        let futures = (0_u64..20).map(|i| async move {
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            for _ in 0..i % 3 {
                tokio::task::yield_now().await;
            }
            now.set(now.get() - 1);
            i
        });
        assert_eq!(all(4, futures).await, (0..20).collect::<Vec<_>>());
        assert!(most.get() <= 4 && now.get() == 0);

        let begun = Cell::new(0);
        let futures = (0..20).map(|_| async { begun.set(begun.get() + 1) });
        each(2, futures, |place, ()| place < 5).await;
        assert!(begun.get() < 10, "{}", begun.get());
        assert_eq!(all(3, std::iter::empty::<std::future::Ready<()>>()).await, []);
    }
}

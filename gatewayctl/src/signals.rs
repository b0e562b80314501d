//! Signals that ask the tool to end: SIGINT, and SIGTERM, which `timeout` and builds send.

/// Ends with the next signal to end, also one that came since the last; never where signals cannot be had.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    std::future::poll_fn(unix::poll).await;
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
mod unix {
    use std::cell::RefCell;
    use std::task::{Context, Poll};

    use tokio::signal::unix::{Signal, SignalKind, signal};

    thread_local! {
        /// Those that are listened for, from the first time on, so that none is lost between two waits.
        static COMING: RefCell<Option<Vec<Signal>>> = const { RefCell::new(None) };
    }

    pub(super) fn poll(context: &mut Context<'_>) -> Poll<()> {
        COMING.with_borrow_mut(|coming| {
            let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
            let coming = coming.get_or_insert_with(|| kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect());
            // Each has to be asked, so that each wakes.
            let came = coming.iter_mut().filter_map(|of| of.poll_recv(context).is_ready().then_some(())).count();
            if came > 0 { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}

//! Signals that ask the tool to end: SIGINT, and SIGTERM, which `timeout` and builds send.

use std::io::Write as _;
use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::error::Kind;

/// Ends with the next signal to end, also one that came since the last; never where signals cannot be had.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    std::future::poll_fn(unix::poll).await;
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// While somebody is asked nothing waits for signals: until this is dropped the next one ends the tool at once.
pub(crate) struct AtOnce(#[allow(dead_code, reason = "what waits for it ends when it is dropped")] oneshot::Sender<()>);

/// Begins to end the tool with the next signal to end.
pub(crate) fn end_at_once() -> AtOnce {
    let (sender, dropped) = oneshot::channel::<()>();
    let (listens, listening) = mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = dropped => {}
                () = interrupted() => {
                    // The question stands on a line without an end.
                    let _ = std::io::stderr().write_all(b"\n");
                    std::process::exit(i32::from(Kind::Interrupted.code()));
                }
                () = async {
                    let _ = listens.send(());
                    std::future::pending().await
                } => {}
            }
        });
    });
    // Where it cannot, it ends and says nothing.
    let _ = listening.recv();
    AtOnce(sender)
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

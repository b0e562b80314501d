//! Whether the Admin API lets a client in: who is not let in asks no further.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use super::{Answer, Request, shown_path};

/// Whether the Admin API lets this client in, as far as is known.
#[derive(Default)]
pub(super) struct Standing {
    /// It need not be found out: there was an answer, or there is none to be had.
    known: Cell<bool>,
    /// The answer that shut the door, and when it came.
    refused: RefCell<Option<(Instant, Answer)>>,
    gate: tokio::sync::Mutex<()>,
}

/// How long a refusal stands for further questions: the server may be given other keys.
const STANDS: Duration = Duration::from_secs(5);

impl Standing {
    /// Waits until nobody else is finding out; `None` where that is done.
    pub(super) async fn turn(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        if self.known.get() {
            return None;
        }
        let turn = self.gate.lock().await;
        (!self.known.get()).then_some(turn)
    }

    /// What the server would say to a question, where it has just said it.
    pub(super) fn refusal(&self, request: &Request) -> Option<Answer> {
        let refused = self.refused.borrow();
        let (_, said) = refused.as_ref().filter(|(since, _)| since.elapsed() < STANDS)?;
        Some(Answer { method: request.method.to_string(), path: shown_path(&request.url), ..said.clone() })
    }

    /// What came of a question; `None`: there was no answer.
    pub(super) fn note(&self, answer: Option<&Answer>) {
        let refused = answer.filter(|answer| shuts_out(answer));
        self.known.set(refused.is_none());
        self.refused.replace(refused.map(|answer| (Instant::now(), answer.clone())));
    }
}

/// Whether the server would say the same to any other question: a wrong key, or an address that may not ask.
fn shuts_out(answer: &Answer) -> bool {
    let says = |text: &[u8]| answer.body.windows(text.len()).any(|part| part == text);
    match answer.status {
        401 => !says(b"role viewer"),
        403 => says(b"403 Forbidden"),
        429 => true,
        _ => false,
    }
}

//! Asks responders, when an answer is due and again until one comes.

use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use gateway_engine::tls::{Staple, Stapler, unix_seconds};
use gateway_outbound::Background;
use gateway_outbound::http::{self, Call, CallError, HeaderMap, HeaderValue, Method, Settings, header};
use rustls::crypto::aws_lc_rs;
use tokio::sync::Semaphore;

use crate::question::Question;
use crate::response::{self, LONGEST, Unusable, Verdict};

/// Most responders that are asked at one time.
const AT_ONCE: usize = 16;

/// How long a responder may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest time between two questions after a failure, in seconds.
const BACK_OFF: i64 = 3600;

/// How often it is looked whether the certificate is still in use, and what time it is: a clock may be set.
const LOOK: Duration = Duration::from_secs(60);

/// Asks the responders of certificates.
pub struct Responders {
    background: Arc<Background>,
    turns: Arc<Semaphore>,
}

impl Responders {
    /// Asks them from there.
    pub fn new(background: Arc<Background>) -> Responders {
        Responders { background, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Stapler for Responders {
    fn keep(&self, staple: &Arc<Staple>) {
        match Question::about(staple.chain()) {
            Ok(question) => {
                let kept = keep(Arc::downgrade(staple), question, Arc::clone(&self.turns));
                if self.background.spawn(kept) {
                    return;
                }
            }
            Err(error) => tracing::warn!(ssl = staple.id(), %error, "a certificate is shown without an OCSP answer"),
        }
        staple.failed();
    }
}

/// Keeps a staple fresh until nobody uses it.
async fn keep(staple: Weak<Staple>, question: Question, turns: Arc<Semaphore>) {
    let mut failures = 0;
    loop {
        // It is not held while something is waited for.
        let Some(terms) = staple.upgrade().map(|staple| *staple.terms()) else { return };
        let answer = {
            // Never closed.
            let _turn = turns.acquire().await;
            // It may have waited long, behind responders that do not answer.
            if staple.strong_count() == 0 {
                return;
            }
            ask(&question).await
        };
        let Some(staple) = staple.upgrade() else { return };
        let now = unix_seconds();
        let ttl = i64::from(terms.cache_ttl);
        let judged = answer.and_then(|der| Ok((judge(&der, &question, now, terms.skip_verify)?, der)));
        let wait = match judged {
            Ok((verdict, der)) => {
                failures = 0;
                take(&staple, &verdict, der, now.saturating_add(ttl));
                again(&verdict, now, ttl)
            }
            Err(error) => {
                let wait = back_off(failures);
                failures = failures.saturating_add(1);
                tracing::warn!(
                    ssl = staple.id(),
                    responder = %question.responder,
                    again_in_seconds = wait,
                    %error,
                    "a certificate has no new OCSP answer"
                );
                staple.failed();
                wait
            }
        };
        let staple = Arc::downgrade(&staple);
        if !rest(now.saturating_add(spread(wait)), &staple).await {
            return;
        }
    }
}

/// What a verdict means for the handshakes to come. `until` holds where the answer names no end.
fn take(staple: &Staple, verdict: &Verdict, der: Bytes, until: i64) {
    if verdict.revoked {
        tracing::error!(
            ssl = staple.id(),
            "a certificate has been revoked by its issuer; it is shown without an OCSP answer"
        );
        staple.revoked();
    } else {
        staple.good(der.to_vec(), verdict.next_update.unwrap_or(until));
    }
}

/// Seconds until the next question: early enough that a responder may be away for as long as the answer has held.
fn again(verdict: &Verdict, now: i64, ttl: i64) -> i64 {
    let half = verdict.next_update.map_or(ttl, |next| next.saturating_sub(now) / 2);
    half.min(ttl).max(1)
}

/// Seconds until the next question, after as many failures in a row before this one.
fn back_off(failures: u32) -> i64 {
    1i64.checked_shl(failures.min(32)).unwrap_or(BACK_OFF).min(BACK_OFF)
}

/// Up to a tenth less, so that certificates that were put together are not asked about together for ever.
fn spread(seconds: i64) -> i64 {
    seconds - fastrand::i64(0..=seconds / 10)
}

/// Waits until a time (seconds since 1970); `false`: nobody uses the staple any more.
async fn rest(until: i64, staple: &Weak<Staple>) -> bool {
    while staple.strong_count() > 0 {
        let Ok(left) = u64::try_from(until.saturating_sub(unix_seconds())) else { return true };
        if left == 0 {
            return true;
        }
        tokio::time::sleep(Duration::from_secs(left).min(LOOK)).await;
    }
    false
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{0}")]
    Call(#[from] CallError),
    #[error("the responder answers with status {0}")]
    Status(u16),
    #[error("the answer is of no use: {0}")]
    Unusable(#[from] Unusable),
}

async fn ask(question: &Question) -> Result<Bytes, Failed> {
    let settings = Settings { timeout: TIMEOUT, keepalive: None, ..Settings::default() };
    let headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("application/ocsp-request")),
        (header::ACCEPT, HeaderValue::from_static("application/ocsp-response")),
    ]);
    let body = question.request.clone().into();
    let call = Call { method: Method::POST, url: question.responder.clone(), headers, body };
    let answer = http::call(&settings, call, LONGEST).await?;
    if answer.status.as_u16() == 200 { Ok(answer.body) } else { Err(Failed::Status(answer.status.as_u16())) }
}

fn judge(der: &[u8], question: &Question, now: i64, skip_verify: bool) -> Result<Verdict, Failed> {
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
    Ok(response::judge(der, question, now, (!skip_verify).then_some(&algorithms))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_renewed_before_it_ends() {
        let verdict = |next_update| Verdict { revoked: false, this_update: 0, next_update };
        for (next, ttl, wait) in [
            (Some(1000), 3600, 450),
            (Some(100_000), 3600, 3600),
            (None, 60, 60),
            (Some(101), 3600, 1),
            (Some(i64::MAX), 3600, 3600),
        ] {
            assert_eq!(again(&verdict(next), 100, ttl), wait, "{next:?} {ttl}");
        }
    }

    #[test]
    fn failures_are_further_and_further_apart() {
        let waits: Vec<i64> = [0, 1, 2, 11, 12, 31, 32, u32::MAX].into_iter().map(back_off).collect();
        assert_eq!(waits, [1, 2, 4, 2048, 3600, 3600, 3600, 3600]);
        for seconds in [1, 60, 3600] {
            assert!((seconds - seconds / 10..=seconds).contains(&spread(seconds)));
        }
    }
}

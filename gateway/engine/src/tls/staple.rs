//! What a certificate's authority says of it, shown together with it (OCSP stapling, RFC 6066 §8).
//!
//! Here is what handshakes read and who it belongs to. Who asks the authority, and when, is a [`Stapler`]'s matter.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, Weak};

use arc_swap::ArcSwapOption;
use aws_lc_rs::digest;
use gateway_model::resource::Stapling;
use parking_lot::Mutex;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;

/// Who asks authorities about certificates.
pub trait Stapler: Send + Sync {
    /// Keeps a staple fresh for as long as it is used anywhere. Returns at once.
    fn keep(&self, staple: &Arc<Staple>);
}

/// What is known of one certificate: shared by all objects, and all versions of them, that show it on the same terms.
pub struct Staple {
    id: Box<str>,
    terms: Stapling,
    bare: Arc<CertifiedKey>,
    shown: ArcSwapOption<Shown>,
    status: AtomicU8,
    until: AtomicI64,
    begun: AtomicBool,
}

/// A certificate with an answer.
struct Shown {
    key: Arc<CertifiedKey>,
    until: i64,
}

/// What came of asking the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum StapleStatus {
    /// There was no answer yet.
    Waiting,
    /// The certificate is good.
    Good,
    /// It has been revoked.
    Revoked,
    /// No usable answer came. One from before is shown until it ends.
    Failed,
}

impl StapleStatus {
    /// All of them, in the order of their numbers.
    pub const ALL: [StapleStatus; 4] =
        [StapleStatus::Waiting, StapleStatus::Good, StapleStatus::Revoked, StapleStatus::Failed];

    /// Its name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            StapleStatus::Waiting => "waiting",
            StapleStatus::Good => "good",
            StapleStatus::Revoked => "revoked",
            StapleStatus::Failed => "failed",
        }
    }
}

impl Staple {
    /// For the certificate of `bare`, which is first used by the `ssl` object `id`.
    pub fn new(id: &str, terms: Stapling, bare: Arc<CertifiedKey>) -> Staple {
        Staple {
            id: id.into(),
            terms,
            bare,
            shown: ArcSwapOption::empty(),
            status: AtomicU8::new(StapleStatus::Waiting as u8),
            until: AtomicI64::new(0),
            begun: AtomicBool::new(false),
        }
    }

    /// The `ssl` object that used it first.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How its authority is asked.
    pub fn terms(&self) -> &Stapling {
        &self.terms
    }

    /// The certificate, and those that lead from it to its authority.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.bare.cert
    }

    /// The certificate is good: `answer` says so until a time (seconds since 1970) and is shown from the next handshake on.
    pub fn good(&self, answer: Vec<u8>, until: i64) {
        let key = CertifiedKey { ocsp: Some(answer), ..CertifiedKey::clone(&self.bare) };
        self.shown.store(Some(Arc::new(Shown { key: Arc::new(key), until })));
        self.note(StapleStatus::Good, until);
    }

    /// The certificate has been revoked: nothing is shown with it any more.
    pub fn revoked(&self) {
        self.shown.store(None);
        self.note(StapleStatus::Revoked, 0);
    }

    /// No usable answer came.
    pub fn failed(&self) {
        self.status.store(StapleStatus::Failed as u8, Ordering::Relaxed);
    }

    fn note(&self, status: StapleStatus, until: i64) {
        self.until.store(until, Ordering::Relaxed);
        self.status.store(status as u8, Ordering::Relaxed);
    }

    /// What came of asking the last time.
    pub fn status(&self) -> StapleStatus {
        let number = usize::from(self.status.load(Ordering::Relaxed));
        StapleStatus::ALL.get(number).copied().unwrap_or(StapleStatus::Waiting)
    }

    /// Until when the answer that is shown holds (seconds since 1970); 0: none is.
    pub fn until(&self) -> i64 {
        self.until.load(Ordering::Relaxed)
    }

    /// The certificate with its answer, if there is one that holds at a time (seconds since 1970).
    pub(super) fn key(&self, now: i64) -> Option<Arc<CertifiedKey>> {
        let shown = self.shown.load();
        shown.as_ref().filter(|shown| now < shown.until).map(|shown| Arc::clone(&shown.key))
    }
}

impl fmt::Debug for Staple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staple").field("id", &self.id).field("status", &self.status()).finish_non_exhaustive()
    }
}

/// All staples in use, by what makes them the same: a change that leaves a certificate alone asks nobody again.
pub(super) struct Staples {
    stapler: Arc<dyn Stapler>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    staples: HashMap<[u8; 32], Weak<Staple>>,
    /// As many as there may be until those that nobody uses any more are looked for.
    room: usize,
}

impl Staples {
    pub(super) fn new(stapler: Arc<dyn Stapler>) -> Staples {
        Staples { stapler, known: Mutex::default() }
    }

    /// The staple of a certificate, which the object `id` shows on these terms.
    pub(super) fn of(&self, id: &str, terms: &Stapling, bare: &Arc<CertifiedKey>) -> Arc<Staple> {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(&terms.cache_ttl.to_be_bytes());
        hash.update(&[u8::from(terms.skip_verify)]);
        for der in &bare.cert {
            hash.update(&(der.len() as u64).to_be_bytes());
            hash.update(der);
        }
        let mut print = [0; 32];
        print.copy_from_slice(hash.finish().as_ref());
        let mut known = self.known.lock();
        if let Some(staple) = known.staples.get(&print).and_then(Weak::upgrade) {
            return staple;
        }
        if known.staples.len() >= known.room {
            known.staples.retain(|_, staple| staple.strong_count() > 0);
            known.room = (known.staples.len() * 2).max(64);
        }
        let staple = Arc::new(Staple::new(id, *terms, Arc::clone(bare)));
        known.staples.insert(print, Arc::downgrade(&staple));
        staple
    }

    /// A staple is live from now on: what is only tried is no reason to ask anybody.
    pub(super) fn begin(&self, staple: &Arc<Staple>) {
        if !staple.begun.swap(true, Ordering::Relaxed) {
            self.stapler.keep(staple);
        }
    }
}

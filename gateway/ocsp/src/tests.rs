use proptest::prelude::*;
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::response::{Unusable, Verdict, judge};
use crate::{Question, Unaskable};

// Made for tests alone, by `openssl ca` and `openssl ocsp`; the certificates are valid from 2020 to 2119.
macro_rules! made {
    ($name:literal) => {
        include_bytes!(concat!("../testdata/", $name))
    };
}

/// When the answers were made.
const MADE: i64 = 1_795_690_386;
/// Until when they hold.
const END: i64 = 4_646_890_386;

fn chain(files: &[&[u8]]) -> Vec<CertificateDer<'static>> {
    files.iter().map(|pem| CertificateDer::from_pem_slice(pem).unwrap()).collect()
}

fn question() -> Question {
    Question::about(&chain(&[made!("leaf.pem"), made!("ca.pem")])).unwrap()
}

fn algorithms() -> WebPkiSupportedAlgorithms {
    aws_lc_rs::default_provider().signature_verification_algorithms
}

fn judged(der: &[u8]) -> Result<Verdict, Unusable> {
    judge(der, &question(), MADE + 60, Some(&algorithms()))
}

#[test]
fn what_is_asked_is_what_openssl_asks() {
    let question = question();
    assert_eq!(question.responder.as_str(), "http://127.0.0.1:24300/ocsp");
    assert_eq!(question.request, made!("leaf.req"));
}

#[test]
fn the_issuer_is_found_wherever_it_stands_and_must_be_there() {
    let about = |files: &[&[u8]]| Question::about(&chain(files)).map(|question| question.issuer);
    let ca = chain(&[made!("ca.pem")]).remove(0);
    assert_eq!(about(&[made!("leaf.pem"), made!("rsaca.pem"), made!("ca.pem")]), Ok(ca));
    let ca_again = chain(&[made!("ca.pem")]).remove(0);
    // Of the same name, with another key.
    assert_eq!(about(&[made!("leaf.pem"), made!("rival.pem"), made!("ca.pem")]), Ok(ca_again));
    assert_eq!(about(&[made!("leaf.pem")]), Err(Unaskable::NoIssuer));
    assert_eq!(about(&[made!("leaf.pem"), made!("rsaca.pem")]), Err(Unaskable::NoIssuer));
    assert_eq!(about(&[made!("silent.pem"), made!("ca.pem")]), Err(Unaskable::NoResponder));
    assert_eq!(Question::about(&[]), Err(Unaskable::Unreadable));
    assert_eq!(Question::about(&[CertificateDer::from(vec![0x30, 0])]), Err(Unaskable::Unreadable));
}

#[test]
fn answers_of_the_issuer_and_of_whom_it_entitled_count() {
    let good = Verdict { revoked: false, this_update: MADE, next_update: Some(END) };
    let near = |verdict: Verdict| {
        assert!((verdict.this_update - MADE).abs() < 10, "{verdict:?}");
        let next_update = verdict.next_update.map(|next| next - verdict.this_update + MADE);
        Verdict { this_update: MADE, next_update, ..verdict }
    };
    for der in [&made!("good.der")[..], made!("good-by-key.der"), made!("delegated.der")] {
        assert_eq!(judged(der).map(near), Ok(good));
    }
    assert_eq!(judged(made!("revoked.der")).map(near), Ok(Verdict { revoked: true, ..good }));
    assert_eq!(judged(made!("no-end.der")).map(near), Ok(Verdict { next_update: None, ..good }));
    let rsa = Question::about(&chain(&[made!("rsaleaf.pem"), made!("rsaca.pem")])).unwrap();
    assert_eq!(judge(made!("rsa.der"), &rsa, MADE + 60, Some(&algorithms())).map(near), Ok(good));
}

#[test]
fn answers_that_prove_nothing_are_named() {
    let cases: [(&[u8], Unusable); 9] = [
        (made!("other.der"), Unusable::OtherCertificate),
        (made!("rsa.der"), Unusable::OtherCertificate),
        (made!("unknown.der"), Unusable::Unknown),
        (made!("rival.der"), Unusable::Signature),
        (made!("not-entitled.der"), Unusable::Signer),
        (b"", Unusable::Unreadable),
        (b"<html>Welcome to the hotel's WiFi</html>", Unusable::Unreadable),
        // unauthorized
        (&[0x30, 3, 10, 1, 6], Unusable::Refused("unauthorized")),
        (&[0x30, 3, 10, 1, 0], Unusable::Unreadable),
    ];
    for (der, why) in cases {
        assert_eq!(judged(der), Err(why));
    }
    let good = made!("good.der");
    assert_eq!(judged(&[good, &[0][..]].concat()), Err(Unusable::Unreadable), "nothing follows it");
    let at = |now| judge(good, &question(), now, Some(&algorithms()));
    assert_eq!(at(MADE - 3600), Err(Unusable::Early));
    assert!(at(MADE - 60).is_ok(), "clocks differ");
    assert!(at(END - 1).is_ok());
    assert_eq!(at(END + 10), Err(Unusable::Late));
    // Whoever has kept one that names no end must not be able to show it for ever.
    let endless = |now| judge(made!("no-end.der"), &question(), now, Some(&algorithms()));
    assert!(endless(MADE + 9 * 86_400).is_ok());
    assert_eq!(endless(MADE + 11 * 86_400), Err(Unusable::Late));
}

#[test]
fn without_verification_the_rest_still_counts() {
    let judged = |der: &[u8], now| judge(der, &question(), now, None);
    for der in [&made!("rival.der")[..], made!("not-entitled.der")] {
        assert!(judged(der, MADE + 60).is_ok());
    }
    assert_eq!(judged(made!("other.der"), MADE + 60), Err(Unusable::OtherCertificate));
    assert_eq!(judged(made!("rival.der"), END + 10), Err(Unusable::Late));
}

#[test]
fn every_length_of_an_answer_is_refused_but_the_whole() {
    let good = made!("delegated.der");
    for end in 0..good.len() {
        assert!(judged(&good[..end]).is_err(), "{end}");
    }
}

proptest! {
    #[test]
    fn an_answer_that_was_changed_never_says_anything_else(
        which in 0..3usize, edits in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4),
    ) {
        let der: &[u8] = [&made!("good.der")[..], made!("delegated.der"), made!("revoked.der")][which];
        let mut changed = der.to_vec();
        for (at, byte) in edits {
            let at = at % changed.len();
            changed[at] = byte;
        }
        if let Ok(verdict) = judged(&changed) {
            prop_assert_eq!(Ok(verdict), judged(der));
        }
    }

    #[test]
    fn any_bytes_are_judged(der in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(judged(&der).is_err());
    }
}

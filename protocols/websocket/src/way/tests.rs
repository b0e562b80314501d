use super::*;
use crate::frames::tests::frame;
use proptest::prelude::*;

/// Passes pieces one after the other; gives what the receiver got, and the violation.
fn passed(way: &mut Way, pieces: &[&[u8]]) -> (Vec<u8>, Option<Violation>) {
    let mut out = Vec::new();
    for piece in pieces {
        let (piece, violation) = way.pass(Chunk::from(Bytes::copy_from_slice(piece)));
        out.extend_from_slice(piece.as_slice());
        if violation.is_some() {
            return (out, violation);
        }
    }
    (out, None)
}

/// One byte at a time.
fn bytewise(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.chunks(1).collect()
}

#[test]
fn unless_it_judges_it_passes_everything_on_as_it_comes() {
    for bytes in [&b"welcome"[..], b"x", &[0x83, 0xff, 1, 2, 3]] {
        let mut way = Way::new(Side::Server, 0, false, 1);
        for n in 0..bytes.len() {
            assert_eq!(passed(&mut way, &[&bytes[n..=n]]), (bytes[n..=n].to_vec(), None));
        }
    }
}

#[test]
fn a_close_waits_for_the_frame_that_is_on_its_way() {
    let text = frame(Side::Client, 0x81, b"hello");
    for judges in [false, true] {
        for cut in 0..=text.len() {
            let mut way = Way::new(Side::Client, 0, judges, 1);
            let (out, _) = passed(&mut way, &[&text[..cut]]);
            way.close(1001);
            // What is kept back is not there for the receiver.
            let whole = out.is_empty() || out.len() == text.len();
            let close = way.own();
            assert_eq!(close.is_some(), whole, "{cut} judged {judges}");
            if close.is_none() {
                let (rest, _) = passed(&mut way, &[&text[cut..]]);
                assert_eq!([out, rest].concat(), text);
                assert!(way.own().is_some());
            }
            assert!(way.own().is_none(), "once");
            assert!(!way.done(), "the sender's own is to come");
            let close = frame(Side::Client, 0x88, &[3, 0xe9]);
            let late = if cut > 0 && whole && cut < text.len() { &text[cut..] } else { &[] };
            assert_eq!(passed(&mut way, &[late, &close]).0, b"", "nothing follows the last word");
            assert!(way.done());
        }
    }
}

#[test]
fn whoever_has_said_the_last_word_is_not_spoken_for() {
    let close = frame(Side::Server, 0x88, &[3, 0xe8]);
    for judges in [false, true] {
        let mut way = Way::new(Side::Server, 0, judges, 1);
        assert_eq!(passed(&mut way, &bytewise(&close)), (close.clone(), None));
        way.close(1001);
        assert!(way.own().is_none());
        assert!(way.done());
        assert!(!way.ask(*b"12345678"));
    }
}

#[test]
fn where_no_frames_are_nothing_is_put_in() {
    let mut way = Way::new(Side::Server, 0, false, 1);
    passed(&mut way, &[&[0x83, 0x00]]);
    way.close(1001);
    assert!(way.own().is_none() && way.done());
}

#[test]
fn a_message_that_is_too_long_ends_before_its_frame() {
    let first = frame(Side::Client, 0x01, &[1; 6]);
    let second = frame(Side::Client, 0x80, &[2; 5]);
    let close = frame(Side::Client, 0x88, &[3, 0xe8]);
    let bytes = [&first[..], &second, &close].concat();
    for pieces in [vec![&bytes[..]], bytewise(&bytes)] {
        let mut way = Way::new(Side::Client, 10, true, 1);
        let (out, violation) = passed(&mut way, &pieces);
        assert_eq!((out, violation), (first.clone(), Some(Violation::TooLong)));
        way.close(1001);
        assert!(way.own().is_some());
        if pieces.len() > 1 {
            assert!(!way.done());
            let at = first.len() + second.len() - 5;
            assert_eq!(passed(&mut way, &bytewise(&bytes[at..])), (Vec::new(), None));
        }
        assert!(way.done(), "its last word was found behind the frame");
    }
}

#[test]
fn after_what_is_no_frame_the_receiver_is_told_and_the_sender_not_waited_for() {
    let text = frame(Side::Server, 0x81, b"a");
    let bytes = [&text[..], &[0x83, 0]].concat();
    let mut way = Way::new(Side::Server, 0, true, 1);
    let (out, violation) = passed(&mut way, &[&bytes]);
    assert_eq!(out, text);
    assert_eq!(violation.unwrap().code(), 1002);
    way.close(1001);
    assert_eq!(way.own(), Some(vec![0x88, 2, 3, 0xe9]));
    assert!(way.done());
}

#[test]
fn what_stands_behind_the_last_word_is_for_nobody() {
    let bytes = [frame(Side::Client, 0x88, &[3, 0xe8]), frame(Side::Client, 0x81, b"more")].concat();
    let mut way = Way::new(Side::Client, 0, true, 1);
    let (out, violation) = passed(&mut way, &[&bytes]);
    assert_eq!((out.len(), violation), (8, None));
    assert_eq!(passed(&mut way, &[&bytes]), (Vec::new(), None));
    way.close(1001);
    assert!(way.own().is_none() && way.done());
}

#[test]
fn the_answer_to_a_ping_of_the_gateways_is_taken_out_and_no_other() {
    let text = frame(Side::Client, 0x81, b"hello");
    let ours = frame(Side::Client, 0x8a, b"12345678");
    let other = frame(Side::Client, 0x8a, b"87654321");
    for answer in [&ours, &other] {
        let bytes = [&text[..], answer, &text].concat();
        for pieces in [vec![&bytes[..]], bytewise(&bytes)] {
            let mut way = Way::new(Side::Client, 0, true, 1);
            way.expect(*b"12345678", 1);
            let wanted = if answer == &ours { [&text[..], &text].concat() } else { bytes.clone() };
            assert_eq!(passed(&mut way, &pieces), (wanted, None));
            assert_eq!(way.asking.as_ref().unwrap().expected.is_none(), answer == &ours);
        }
    }
}

proptest! {
    #[test]
    fn judged_or_not_in_any_pieces_frames_arrive_as_they_were(
        sizes in prop::collection::vec(0usize..300, 1..8), cuts in prop::collection::vec(1usize..40, 1..20), judges in any::<bool>()) {
        let bytes: Vec<u8> = sizes.iter().flat_map(|n| frame(Side::Client, 0x82, &vec![9; *n])).collect();
        let mut way = Way::new(Side::Client, 300, judges, 1);
        let (mut rest, mut out, mut cut) = (&bytes[..], Vec::new(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, more) = rest.split_at((*cut.next().unwrap()).min(rest.len()));
            out.extend(passed(&mut way, &[piece]).0);
            rest = more;
        }
        prop_assert_eq!(out, bytes);
        prop_assert!(way.between());
    }
}

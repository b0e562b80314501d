use super::*;
use proptest::prelude::*;

fn of(bytes: &[u8]) -> Buf {
    let mut buf = Buf::take();
    assert!(buf.append(bytes));
    buf
}

fn free() -> usize {
    POOL.with(|p| p.borrow().free.len())
}

#[test]
fn a_head_goes_in_front_and_framing_behind_without_a_copy() {
    let mut buf = of(b"old head\r\n\r\nbody");
    buf.advance(12);
    let before = buf.as_slice().as_ptr();
    assert!(buf.prepend(b"new, longer head\r\n\r\n"));
    assert!(buf.append(b"\r\n0\r\n\r\n"));
    assert_eq!(buf.as_slice(), b"new, longer head\r\n\r\nbody\r\n0\r\n\r\n");
    assert_eq!(buf.as_slice()[20..].as_ptr(), before);
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let mut buf = of(b"body");
    assert!(!buf.prepend(&[0; HEADROOM + 1]));
    assert!(buf.prepend(&[1; HEADROOM]));
    assert!(!buf.prepend(&[2]));
    assert!(!buf.append(&[0; CAPACITY]));
    assert_eq!(buf.len(), HEADROOM + 4);
    let room = buf.unfilled().len();
    buf.filled(room);
    assert!(buf.unfilled().is_empty());
    assert!(buf.append(&[0; TAILROOM]));
    assert!(!buf.append(&[0]));
}

#[test]
fn a_head_and_64_kib_of_body_fit_in_one_read() {
    let mut buf = Buf::take();
    assert!(buf.unfilled().len() >= (64 << 10) + 1024);
}

#[test]
fn buffers_are_used_again_last_one_first_and_given_back_when_idle() {
    // Each test has a thread, and so a pool, of its own.
    let many: Vec<Buf> = (0..10).map(|_| Buf::take()).collect();
    let last = many[9].data.as_ptr();
    drop(many);
    assert_eq!(free(), 10);
    assert_eq!(Buf::take().data.as_ptr(), last);
    trim();
    // Nobody took more than one since: the rest goes at the next call.
    drop(Buf::take());
    trim();
    assert_eq!(free(), 1);
    trim();
    assert_eq!(free(), 1);
}

#[test]
fn pieces_split_and_advance() {
    for mut piece in [Chunk::Buf(of(b"hello world")), Chunk::Bytes(Bytes::from_static(b"hello world"))] {
        let rest = piece.split(5).unwrap();
        assert_eq!((piece.as_slice(), rest.as_slice()), (&b"hello"[..], &b" world"[..]));
        assert!(piece.split(5).is_none());
        piece.advance(2);
        assert_eq!(piece.as_slice(), b"llo");
        piece.advance(99);
        assert!(piece.is_empty());
        assert_eq!(rest.into_bytes(), Bytes::from_static(b" world"));
    }
    assert!(Chunk::empty().is_empty());
}

#[derive(Clone, Debug)]
enum Edit {
    Prepend(usize),
    Append(usize),
    Advance(usize),
    Truncate(usize),
    SplitOff(usize),
    Clear,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let n = prop_oneof![0usize..20, 0usize..3000, 60_000usize..70_000];
    prop::collection::vec(
        (0u8..6, n).prop_map(|(what, n)| match what {
            0 => Edit::Prepend(n),
            1 => Edit::Append(n),
            2 => Edit::Advance(n),
            3 => Edit::Truncate(n),
            4 => Edit::SplitOff(n),
            _ => Edit::Clear,
        }),
        0..20,
    )
}

proptest! {
    #[test]
    fn a_buffer_is_a_sequence_of_bytes(edits in edits()) {
        let (mut buf, mut naive) = (Buf::take(), Vec::new());
        for (i, edit) in edits.into_iter().enumerate() {
            let fill = i as u8;
            match edit {
                Edit::Prepend(n) => {
                    if buf.prepend(&vec![fill; n]) {
                        naive.splice(0..0, vec![fill; n]);
                    }
                }
                Edit::Append(n) => {
                    if buf.append(&vec![fill; n]) {
                        naive.extend(vec![fill; n]);
                    }
                }
                Edit::Advance(n) => {
                    buf.advance(n);
                    naive.drain(..n.min(naive.len()));
                }
                Edit::Truncate(n) => {
                    buf.truncate(n);
                    naive.truncate(n);
                }
                Edit::SplitOff(n) => {
                    let rest = buf.split_off(n);
                    let want = if n < naive.len() { Some(naive.split_off(n)) } else { None };
                    prop_assert_eq!(rest.as_ref().map(|b| b.as_slice()), want.as_deref());
                }
                Edit::Clear => {
                    buf.clear();
                    naive.clear();
                }
            }
            prop_assert!(buf.as_slice() == naive);
            prop_assert_eq!(buf.len(), naive.len());
        }
    }
}

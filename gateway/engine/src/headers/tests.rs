use super::*;
use proptest::prelude::*;

fn own(text: &str) -> HeaderName {
    HeaderName::new(text).unwrap()
}

fn list(headers: &Headers) -> Vec<(String, String)> {
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    headers.iter().map(|(n, v)| (text(n.text()), text(v))).collect()
}

/// Pushes a received head as a parser does: every line is `name: value`.
fn received(lines: &[(&str, &str)]) -> Headers {
    let (mut head, mut block) = (Headers::new(), Vec::new());
    for (n, v) in lines {
        let name = u32::try_from(block.len()).unwrap();
        block.extend_from_slice(format!("{n}: {v}\r\n").as_bytes());
        head.push(Field {
            name,
            val: name + u32::try_from(n.len()).unwrap() + 2,
            vlen: u32::try_from(v.len()).unwrap(),
            nlen: u16::try_from(n.len()).unwrap(),
            id: name::known(n.as_bytes()),
            flags: Field::PLAIN,
        });
    }
    head.adopt(&block);
    head
}

#[test]
fn a_field_is_sixteen_bytes() {
    assert_eq!(size_of::<Field>(), 16);
    assert_eq!(size_of::<Headers>(), 56);
}

#[test]
fn names_are_found_in_any_case_and_keep_their_spelling() {
    let head = received(&[("hOST", "a"), ("X-Own", "1"), ("x-own", "2")]);
    assert_eq!(head.get(name::HOST), Some(&b"a"[..]));
    assert_eq!(head.get(own("X-OWN").as_name()), Some(&b"1"[..]));
    assert_eq!(head.get_all(own("x-Own").as_name()).collect::<Vec<_>>(), [b"1", b"2"]);
    assert_eq!(head.get(name::COOKIE), None);
    assert_eq!(head.get(own("X-Owned").as_name()), None);
    assert_eq!(list(&head), [("hOST".into(), "a".into()), ("X-Own".into(), "1".into()), ("x-own".into(), "2".into())]);
}

#[test]
fn a_field_that_is_set_keeps_its_place_and_loses_its_doubles() {
    let mut head = received(&[("A", "1"), ("B", "2"), ("a", "3"), ("C", "4")]);
    head.set(own("a").as_name(), b" new ").unwrap();
    assert_eq!(list(&head), [("a".into(), "new".into()), ("B".into(), "2".into()), ("C".into(), "4".into())]);
    assert!(head.remove(own("B").as_name()));
    assert!(!head.remove(own("B").as_name()));
    head.append(own("a").as_name(), b"").unwrap();
    assert_eq!(list(&head), [("a".into(), "new".into()), ("C".into(), "4".into()), ("a".into(), String::new())]);
    assert_eq!(head.len(), 3);
    head.clear();
    assert!(head.is_empty() && head.get(own("a").as_name()).is_none());
}

#[test]
fn a_value_with_a_control_is_refused_and_changes_nothing() {
    let mut head = received(&[("A", "1")]);
    for bad in ["a\r\nB: c", "a\nb", "a\rb", "a\0", "\u{1}", "\u{7f}"] {
        assert_eq!(head.set(own("A").as_name(), bad.as_bytes()), Err(BadValue::Control), "{bad:?}");
        assert_eq!(head.append(name::COOKIE, bad.as_bytes()), Err(BadValue::Control), "{bad:?}");
        assert_eq!(head.join(own("A").as_name(), bad.as_bytes()), Err(BadValue::Control), "{bad:?}");
        assert!(check_value(bad.as_bytes()).is_err());
    }
    assert_eq!(list(&head), [("A".into(), "1".into())]);
    head.set(own("A").as_name(), "tab\tand \u{e4}".as_bytes()).unwrap();
    assert_eq!(head.get(own("a").as_name()), Some("tab\tand \u{e4}".as_bytes()));
}

#[test]
fn lists_grow_at_their_end() {
    let mut head = Headers::new();
    for address in ["1.1.1.1", "2.2.2.2"] {
        head.join(name::X_FORWARDED_FOR, address.as_bytes()).unwrap();
    }
    head.append(name::X_FORWARDED_FOR, b"3.3.3.3").unwrap();
    head.join(name::X_FORWARDED_FOR, b"4.4.4.4").unwrap();
    assert_eq!(list(&head), [("X-Forwarded-For".into(), "1.1.1.1, 2.2.2.2, 3.3.3.3, 4.4.4.4".into())]);
}

#[test]
fn an_overlay_replaces_what_it_names() {
    let mut head = received(&[("Host", "a"), ("X-Real-IP", "b"), ("X-Own", "c")]);
    let lines = received(&[("X-Real-IP", "1"), ("x-own", "2"), ("x-own", "3")]);
    head.overlay(&lines);
    let want = [("Host", "a"), ("X-Real-IP", "1"), ("x-own", "2"), ("x-own", "3")];
    assert_eq!(list(&head), want.map(|(n, v)| (n.to_owned(), v.to_owned())));
    assert_eq!(head.get(name::X_REAL_IP), Some(&b"1"[..]));
}

#[test]
fn a_peer_cannot_mark_what_a_plugin_set() {
    let mut head = received(&[("X-Own", "1"), ("X-Other", "2")]);
    head.set(own("X-Other").as_name(), b"3").unwrap();
    head.mark_hop(own("X-Own").as_name());
    head.mark_hop(own("X-Other").as_name());
    let hop: Vec<bool> = head.fields().iter().map(|f| f.flags & Field::HOP != 0).collect();
    assert_eq!(hop, [true, false]);
    head.set(own("X-Own").as_name(), b"4").unwrap();
    assert!(head.fields().iter().all(|f| f.flags & Field::HOP == 0));
    head.mark_hop(own("X-Own").as_name());
    assert!(head.fields().iter().all(|f| f.flags & Field::HOP == 0));
}

#[test]
fn spans_name_texts_of_the_block_and_nothing_outside() {
    let mut head = received(&[("A", "1")]);
    let span = head.store(b"/a/path");
    assert_eq!(head.text(span), b"/a/path");
    assert_eq!(head.text(span.slice(3, 5)), b"pa");
    assert_eq!(head.text(span.slice(3, 99)), b"path");
    assert_eq!(head.text(span.slice(9, 99)), b"");
    assert_eq!(head.text(span.slice(5, 3)), b"");
    assert_eq!(head.text(Span::new(5, 1000)), b"");
    assert_eq!(head.text(Span::new(u32::MAX, u32::MAX)), b"");
    head.clear();
    assert_eq!(head.text(span), b"");
}

#[derive(Clone, Debug)]
enum Edit {
    Set(&'static str, String),
    Append(&'static str, String),
    Remove(&'static str),
    RemoveWhere(usize),
    Number(&'static str, u64),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let name = || {
        prop::sample::select(vec!["Host", "host", "X-A", "x-a", "X-B", "Cookie", "COOKIE", "X-Longer-Name-Than-Others"])
    };
    let value = "[a-z ,\t]{0,12}";
    prop::collection::vec(
        prop_oneof![
            (name(), value).prop_map(|(n, v)| Edit::Set(n, v)),
            (name(), value).prop_map(|(n, v)| Edit::Append(n, v)),
            name().prop_map(Edit::Remove),
            (0usize..10).prop_map(Edit::RemoveWhere),
            (name(), any::<u64>()).prop_map(|(n, v)| Edit::Number(n, v)),
        ],
        0..30,
    )
}

/// What [`Headers`] has to be: a list of pairs.
#[derive(Default)]
struct Naive(Vec<(String, String)>);

impl Naive {
    fn set(&mut self, n: &str, v: &str) {
        let v = v.trim_matches([' ', '\t']).to_owned();
        let at = self.0.iter().position(|(m, _)| m.eq_ignore_ascii_case(n));
        match at {
            None => self.0.push((n.to_owned(), v)),
            Some(at) => {
                self.0[at] = (n.to_owned(), v);
                let mut i = 0;
                self.0.retain(|(m, _)| {
                    i += 1;
                    i - 1 <= at || !m.eq_ignore_ascii_case(n)
                });
            }
        }
    }
}

proptest! {
    #[test]
    fn edits_do_what_they_do_to_a_list_of_pairs(edits in edits()) {
        let start = [("Host", "a"), ("X-A", "1"), ("Cookie", "c"), ("x-a", "2")];
        let mut head = received(&start);
        let mut naive = Naive(start.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec());
        for edit in edits {
            match edit {
                Edit::Set(n, v) => {
                    head.set(own(n).as_name(), v.as_bytes()).unwrap();
                    naive.set(n, &v);
                }
                Edit::Append(n, v) => {
                    head.append(own(n).as_name(), v.as_bytes()).unwrap();
                    naive.0.push((n.to_owned(), v.trim_matches([' ', '\t']).to_owned()));
                }
                Edit::Remove(n) => {
                    let was = naive.0.len();
                    naive.0.retain(|(m, _)| !m.eq_ignore_ascii_case(n));
                    prop_assert_eq!(head.remove(own(n).as_name()), was != naive.0.len());
                }
                Edit::RemoveWhere(len) => {
                    head.remove_where(|_, n| n.len() == len);
                    naive.0.retain(|(n, _)| n.len() != len);
                }
                Edit::Number(n, v) => {
                    head.set_number(own(n).as_name(), v);
                    naive.set(n, &v.to_string());
                }
            }
            prop_assert_eq!(&list(&head), &naive.0);
            prop_assert_eq!(head.len(), naive.0.len());
            for n in ["host", "X-a", "x-b", "cookie", "x-longer-name-than-others", "absent"] {
                let want: Vec<&[u8]> = naive.0.iter().filter(|(m, _)| m.eq_ignore_ascii_case(n)).map(|(_, v)| v.as_bytes()).collect();
                let n = own(n);
                prop_assert_eq!(head.get_all(n.as_name()).collect::<Vec<_>>(), want.clone());
                prop_assert_eq!(head.get(n.as_name()), want.first().copied());
            }
        }
    }
}

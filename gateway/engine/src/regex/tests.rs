use super::*;
use proptest::prelude::*;

/// Pattern, flags, text, what it finds there.
type Case<'a> = (&'a str, &'a str, &'a [u8], Option<&'a [u8]>);

fn check(cases: &[Case<'_>]) {
    for (pattern, flags, text, expected) in cases {
        let re = Regex::new(pattern, flags).unwrap_or_else(|e| panic!("{pattern}: {e}"));
        let found = re.captures(text).unwrap_or_else(|e| panic!("{pattern}: {e}"));
        let found = found.as_ref().and_then(|groups| groups.text(0, text));
        assert_eq!(found, *expected, "/{pattern}/{flags} in {:?}", String::from_utf8_lossy(text));
        assert_eq!(re.is_match(text), expected.is_some());
    }
}

#[test]
fn spellings_of_pcre() {
    check(&[
        (r"\/a\-b\_\<\>\#\ \é", "", "/a-b_<># é".as_bytes(), Some("/a-b_<># é".as_bytes())),
        (r"^[a-zA-Z0-9-_.]+$", "", b"a-B_9.", Some(b"a-B_9.")),
        (r"^[\w-.]+$", "", b"a-.", Some(b"a-.")),
        (r"[]a]+", "", b"x]a]", Some(b"]a]")),
        (r"[^]a]+", "", b"]xa", Some(b"x")),
        (r"[[a&&b~~-]+", "", b"z[&~-", Some(b"[&~-")),
        (r"[a\]\-\\/]+", "", b"x]-\\/", Some(b"]-\\/")),
        (r"[\d-z]+", "", b"5-z", Some(b"5-z")),
        (r"[a-\d]+", "", b"a-1", Some(b"a-1")),
        (r"[+--]+", "", b"+,-.", Some(b"+,-")),
        (r"[[:alpha:][:^digit:]]+", "", b"1a_", Some(b"a_")),
        (r"[\x41\b\e\t\01\Q]^\E]+", "", b"-A\x08\x1b\t\x01]^", Some(b"A\x08\x1b\t\x01]^")),
        (r"\h+\H", "", b"a \tb", Some(b" \tb")),
        (r"[\h,]+", "", b"a \t,b", Some(b" \t,")),
        (r"a\vb\V", "", b"a\nbc", Some(b"a\nbc")),
        (r"a\Rb\R", "", b"a\r\nb\n", Some(b"a\r\nb\n")),
        (r"\N+", "", b"ab\nc", Some(b"ab")),
        (r"foo\z", "", b"foofoo", Some(b"foo")),
        (r"foo$", "", b"foo\n", Some(b"foo")),
        (r"foo$", "", b"foo\n\n", None),
        (r"foo$", "", b"foo\nfoo", Some(b"foo")),
        (r"\w\S+$", "", b"hello world\n", Some(b"world")),
        (r".*$", "", b"ab\n", Some(b"ab")),
        (r"\s*$", "", b"a\n", Some(b"\n")),
        (r"foo\z", "", b"foo\n", None),
        (r"(?m)foo$", "", b"foo\nbar\n", Some(b"foo")),
        (r"(?:(?m)x)?foo$", "", b"foo\n", Some(b"foo")),
        (r"[$]$", "", b"$", Some(b"$")),
        (r"(?=f)foo$", "", b"foo\n", Some(b"foo")),
        (r"^foo$", "m", b"a\nfoo\nb", Some(b"foo")),
        (r"foo\Z", "", b"foo\n", Some(b"foo")),
        (r"a{,3}{x}", "", b"a{,3}{x}", Some(b"a{,3}{x}")),
        (r"a{2}b{1,}c{1,2}}", "", b"aabbcc}", Some(b"aabbcc}")),
        (r"{name}", "", b"{name}", Some(b"{name}")),
        (r"\Qa.b*\E.", "", b"aXb* a.b*!", Some(b"a.b*!")),
        (r"(?#a comment)a", "", b"a", Some(b"a")),
        (r"a b # comment (", "x", b"ab", Some(b"ab")),
        (r"a\ b[ #]", "x", b"a b#", Some(b"a b#")),
        (r"(?x) a b (?-x) c", "", b"ab c", Some(b"ab c")),
        (r"(?x: a b) c", "", b"ab c", Some(b"ab c")),
        (r"((?x) a b) c", "", b"ab c", Some(b"ab c")),
        (r"(?i)ABC", "", b"xabc", Some(b"abc")),
        (r"(?i:A)B", "", b"aB", Some(b"aB")),
        (r"(?i-s:a.)", "", b"A\n", None),
        (r"a.c", "s", b"a\nc", Some(b"a\nc")),
        (r"ABC", "ijo", b"abc", Some(b"abc")),
        (r"b", "a", b"ab", None),
        (r"a|b", "a", b"b", Some(b"b")),
        (r"\x{41}\101\o{101}\cA\0", "", b"AAA\x01\0", Some(b"AAA\x01\0")),
        (r"\xff.", "", b"\xff\xfe", Some(b"\xff\xfe")),
        (r"^.$", "", "é".as_bytes(), None),
        (r"^.$", "u", "é".as_bytes(), Some("é".as_bytes())),
        (r"(*UTF8)^.$", "", "é".as_bytes(), Some("é".as_bytes())),
        (r"^[éa]$", "", "é".as_bytes(), Some("é".as_bytes())),
        (r"^\p{L}\P{L}\pL\p{^L}\p{L&}$", "", "é1b2C".as_bytes(), Some("é1b2C".as_bytes())),
        (r"\x{e9}", "u", "é".as_bytes(), Some("é".as_bytes())),
        (r"\x{263a}", "", "☺".as_bytes(), Some("☺".as_bytes())),
        (r"é+", "", "éé".as_bytes(), Some("éé".as_bytes())),
        (r"\w+", "", "éab".as_bytes(), Some(b"ab")),
        ("", "", b"x", Some(b"")),
        (r"select.+(from|limit)", "", b"select * from", Some(b"select * from")),
        (r"(?:(union(.*?)select))", "", b"union all select", Some(b"union all select")),
    ]);
}

#[test]
fn what_needs_backtracking() {
    let cases: &[Case<'_>] = &[
        (r"(?=ab)a", "", b"ab", Some(b"a")),
        (r"a(?!b)", "", b"abac", Some(b"a")),
        (r"(?<=x)a", "", b"axa", Some(b"a")),
        (r"(?<!x)a", "", b"xaa", Some(b"a")),
        (r"(?<=ab|c)d", "", b"abd", Some(b"d")),
        (r"(a)\1", "", b"abaa", Some(b"aa")),
        (r"(a)\g1\g{1}\g{-1}", "", b"aaaa", Some(b"aaaa")),
        (r"(a)\10", "", b"a\x08", Some(b"a\x08")),
        (r"(a)(?:\1)0", "", b"aa0", Some(b"aa0")),
        (r"(?<n>a)\k<n>\k'n'\k{n}\g{n}(?P=n)", "", b"aaaaaa", Some(b"aaaaaa")),
        (r"(?'n'b)(?P<m>c)\k<m>", "", b"bcc", Some(b"bcc")),
        (r"a++ab", "", b"aab", None),
        (r"a*+b?+c{1,2}+d", "", b"aabccd", Some(b"aabccd")),
        (r"c{1,2}+c", "", b"cc", None),
        (r"(?>a+)ab", "", b"aab", None),
        (r"a\Kb", "", b"ab", Some(b"b")),
        (r"(?=.)\xff", "", b"\xff", Some(b"\xff")),
        (r"^(?!.*\.php$)[\h\w]+", "", b"a b", Some(b"a b")),
        (r"(?i)(?=A)a", "", b"A", Some(b"A")),
    ];
    check(cases);
    for (pattern, ..) in cases.iter().filter(|(p, ..)| *p != r"(a)\10") {
        assert!(!Regex::new(pattern, "").unwrap().is_linear(), "{pattern}");
    }
    assert!(Regex::new(r"^/api/v\d+/(.*)$", "").unwrap().is_linear());
}

#[test]
fn what_is_refused() {
    let cases = [
        ("[^/test/(.*)", "", "missing terminating ] for character class"),
        ("a\\", "", "\\ at end of pattern"),
        ("[z-a]", "", "range out of order in character class"),
        ("a", "h", "unknown flag \"h\" (flags \"h\")"),
        ("a", "jx!", "unknown flag \"!\" (flags \"jx!\")"),
        ("(a)\\2", "", "reference to non-existent subpattern"),
        ("\\g{2}", "", "reference to non-existent subpattern"),
        ("\\y", "", "unrecognized character follows \\"),
        ("(?#", "", "missing ) after (?# comment"),
        ("\\x{110000}", "", "character value in \\x{} or \\o{} is too large"),
        (&"a".repeat(PATTERN_LIMIT + 1), "", "pattern is longer than 65536 bytes"),
        ("(?u:\\w){0,1000}(?u:\\w){0,1000}(a{0,1000}){0,1000}", "", "unrecognized character after (?"),
        ("(a{0,1000}){0,1000}", "", "compiled pattern is larger than 1048576 bytes"),
    ];
    for (pattern, flags, expected) in cases {
        assert_eq!(
            Regex::new(pattern, flags).map(|_| ()).map_err(|e| e.to_string()),
            Err(expected.to_owned()),
            "{pattern}"
        );
    }
    for pattern in [
        "(",
        ")",
        "*a",
        "a(?<n",
        "(?|a)",
        "\\X",
        "\\C",
        "(?R)",
        "(?1)(a)",
        "[[:nope:]]",
        "(?<=a*)b",
        "\\p{Nope}",
        "(?=(a{0,1000}){0,1000})",
    ] {
        let Err(error) = Regex::new(pattern, "").map_err(|e| e.to_string()) else { panic!("{pattern} was taken") };
        assert!(!error.is_empty() && !error.contains('\n'), "{pattern}: {error}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    for pattern in [
        format!("{}a{}", "(?=".repeat(20_000), ")".repeat(20_000)),
        "(".repeat(20_000),
        format!("(?=a){}", "[a]*".repeat(16_000)),
    ] {
        let _ = Regex::new(&pattern, "");
    }
    assert!(Regex::new(&format!("{}a{}", "(?=".repeat(20_000), ")".repeat(20_000)), "").is_err());
}

#[test]
fn searches_give_up() {
    let re = Regex::new(r"^(a|a)*(?<!a)b$", "").unwrap();
    let text = "a".repeat(64);
    assert_eq!(re.try_match(text.as_bytes()), Err(StepLimit));
    assert!(!re.is_match(text.as_bytes()));
    assert!(re.captures(text.as_bytes()).is_err());
    let with = Replacement::parse("x").unwrap();
    assert_eq!(re.replace_all(text.as_bytes(), &with), Err(StepLimit));
    assert_eq!(StepLimit.to_string(), "regular expression gave up after 100000 steps");
}

#[test]
fn groups() {
    let re = Regex::new(r"^/(?<v>v\d)/(x)?(.*)", "").unwrap();
    let text = b"/v1/rest";
    let groups = re.captures(text).unwrap().unwrap();
    assert_eq!(groups.count(), 4);
    assert_eq!(groups.get(1), Some(1..3));
    assert_eq!(groups.get(2), None);
    assert_eq!(groups.text(3, text), Some(&b"rest"[..]));
    assert_eq!(groups.get(9), None);
    assert_eq!(re.group_number("v"), Some(1));
    assert_eq!(re.group_number("w"), None);
}

#[test]
fn replacements() {
    let cases: &[(&str, &str, &str, &str, Option<&str>)] = &[
        ("^/test/(.*)", "/$1", "once", "/test/a/b", Some("/a/b")),
        ("^/test/(.*)", "/${1}1", "once", "/test/a", Some("/a1")),
        ("^/test/(.*)/(.*)/(.*)", "/$1_$2_$3", "once", "/test/a/b/c", Some("/a_b_c")),
        ("^/test/(.*)", "/$1", "once", "/other", None),
        ("b", "[$0]", "once", "abab", Some("a[b]ab")),
        ("b", "[$0]", "all", "abab", Some("a[b]a[b]")),
        ("b", "$$1", "all", "b", Some("$1")),
        ("(a)|(b)", "<$1$2$3>", "all", "ab", Some("<a><b>")),
        ("x*", "-", "all", "ab", Some("-a-b-")),
        (r"(\d+)\-\d+\-\d+\-(\d+)", "$1-****-****-$2", "once", "1-22-33-4", Some("1-****-****-4")),
        (r"(?<=a)b", "x", "all", "abb ab", Some("axb ax")),
        (r"\w\S+$", "X", "once", "hello world\n", Some("hello X\n")),
        (r"$", "!", "all", "a\n", Some("a!\n!")),
        (r"l", "L", "all", "hello\n", Some("heLLo\n")),
        (r"a\Kb", "x", "all", "abab", Some("axax")),
        (r"(?<=a)", "-", "all", "aa", Some("a-a-")),
        (r"b(?=a)", "<$0>", "all", "baba", Some("<b>a<b>a")),
    ];
    for (pattern, with, scope, text, expected) in cases {
        let (re, with) = (Regex::new(pattern, "jo").unwrap(), Replacement::parse(with).unwrap());
        let got = match *scope {
            "once" => re.replace_once(text.as_bytes(), &with),
            _ => re.replace_all(text.as_bytes(), &with),
        };
        assert_eq!(got.unwrap().as_deref(), expected.map(str::as_bytes), "{pattern} {text}");
    }
    for bad in ["/$`1", "$", "a$", "$x", "${", "${}", "${1", "${x}", "$99999999999999999999999"] {
        let error = Replacement::parse(bad).unwrap_err().to_string();
        assert_eq!(error, format!("failed to compile the replacement template \"{bad}\""));
    }
    let mut out = Vec::new();
    let re = Regex::new("a", "").unwrap();
    Replacement::literal(b"$1").expand(&re.captures(b"a").unwrap().unwrap(), b"a", &mut out);
    assert_eq!(out, b"$1");
}

/// Every pattern of the plugins' schemas must compile.
#[test]
fn patterns_in_the_wild() {
    for pattern in [
        r"^[a-zA-Z0-9-_.]+$",
        r"^\/.*",
        r"^[0-9a-zA-Z-.]+(:\d{1,5})?$",
        r"^(?:http(s)?:\/\/)?[\w.-]+(?:\.[\w\.-]+)+[\w\-\._~:/?#[\]@!\$&'\(\)\*\+,;=.]+$",
        r"^((.|\n)*)$",
        r".*\.domain.com$",
        r"(Baiduspider)/(\d+)\.(\d+)",
        r"\A[a-z]+\z",
        r"(?<!\\)\$",
        r"^\p{L}+$",
        r"(?i:basic)\s(.+)",
    ] {
        assert!(Regex::new(pattern, "jo").is_ok(), "{pattern}");
    }
}

proptest! {
    #[test]
    fn any_pattern_and_text(pattern in "[\\\\\\[\\](){}*+?|^$.<>=!:#a-ckgxQEhRpPdwsbBz0-2,'& é~-]{0,16}", text in "[a-c0-2 \nxé\\]]{0,12}", flags in "[aimsux]{0,2}") {
        if let Ok(re) = Regex::new(&pattern, &flags) {
            let _ = re.captures(text.as_bytes());
            let _ = re.replace_all(text.as_bytes(), &Replacement::literal(b"-"));
        }
    }

    #[test]
    fn quoted_text_is_itself(text in "[^\\\\]{1,12}") {
        let re = Regex::new(&format!("\\A\\Q{text}\\E\\z"), "").unwrap();
        prop_assert!(re.is_match(text.as_bytes()));
        let class = Regex::new(&format!("\\A[\\Q{text}\\E]+\\z"), "").unwrap();
        prop_assert!(class.is_match(text.as_bytes()));
    }
}

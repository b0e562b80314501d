use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

fn fake() -> Fake {
    let fake = Fake::with_objects();
    fake.hold("consumers/eve", json!({"username":"eve","plugins":{"jwt-auth":{"key":"eve","secret":"a-secret"}}}));
    fake.hold(
        "consumers/rsa",
        json!({"username":"rsa","plugins":{"jwt-auth":{"key":"rsa","algorithm":"RS256","public_key":"x"}}}),
    );
    fake.hold("consumers/far", json!({"username":"far","plugins":{"key-auth":{"key":"$env://KEY"}}}));
    fake
}

#[test]
fn whose_key_it_is() {
    let fake = fake();
    let scene = Scene::at(&fake).stdin("bobs-secret\n");
    assert_snapshot!(scene.runs(&[
        "consumers who -",
        "consumers who bob:bobs-password -o json",
        "consumers who nobodys"
    ]));
    let empty = Scene::at(&fake).run("consumers who -");
    assert_eq!(empty.code, 2, "{}", empty.text);
}

#[test]
fn a_token_belongs_to_its_consumer() {
    let fake = fake();
    let token = Scene::at(&fake).run("consumers token eve --claim scope=read --claim n=1");
    assert_eq!((token.code, token.stdout.matches('.').count()), (0, 2), "{}", token.text);
    let who = Scene::at(&fake).run(&format!("consumers who {}", token.stdout.trim()));
    assert!(who.code == 0 && who.stdout.contains("eve") && who.stdout.contains("valid"), "{}", who.text);
    // Of eve's key, and signed with what is not her secret.
    let (signed, _) = token.stdout.trim().rsplit_once('.').unwrap();
    for (shown, why) in
        [(format!("{signed}.AAAA"), "the signature is wrong"), ("bob:no".to_owned(), "the password is another one")]
    {
        let who = Scene::at(&fake).run(&format!("consumers who {shown}"));
        let told = who.stdout.contains(why) && who.stderr == format!("it lets nobody in: {why}\n");
        assert!(who.code == 1 && told, "{}", who.text);
    }
    let lines =
        ["consumers token bob", "consumers token rsa", "consumers token none", "consumers token eve --expires 0"];
    assert_snapshot!(Scene::at(&fake).runs(&lines));
}

//! The public refusals that the page is driven through, without a browser.

use std::fs;
use std::path::Path;

use countersign_explain::{Asked, explain, page};
use serde_json::Value;

#[test]
fn every_public_refusal_is_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/test/cases");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let text = |name: &str| case[name].as_str().unwrap();
        let asked = Asked::new(text("request")).with_server_says(text("says")).with_signed(text("signed"));
        let report = explain(&asked).unwrap();
        let expected = text("expect");
        assert!(
            report.findings.iter().any(|finding| finding.contains(expected)),
            "{}: {:?}",
            path.display(),
            report.findings
        );
        let html = page(&report, "a case");
        assert_eq!(html.contains("class=\"differs\""), case.get("marked").is_some(), "{}", path.display());
        count += 1;
    }
    assert!(count >= 5);
}

#[test]
fn a_header_that_was_taken_away_is_named() {
    let request = "GET / HTTP/1.1\nHost: b.s3.amazonaws.com\nX-Amz-Date: 20150830T123600Z\nAuthorization: AWS4-HMAC-SHA256 \
                   Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date;x-custom, Signature=x\n";
    let report = explain(&Asked::new(request)).unwrap();
    assert!(report.findings[0].contains("\"x-custom\" is missing"), "{report}");
}

#[test]
fn oauth_parameters_are_compared() {
    let request = "GET http://h.example/p?a=1&b=x%20y HTTP/1.1\nAuthorization: OAuth oauth_consumer_key=\"k\", oauth_nonce=\"n\", \
                   oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1\", oauth_signature=\"AA%3D%3D\"\n";
    let start = "GET&http%3A%2F%2Fh.example%2Fp&a%3D1%26b%3Dx%2520y%26";
    let end = "oauth_consumer_key%3Dk%26oauth_nonce%3Dn%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1";
    let why = |text: &str| explain(&Asked::new(request).with_signed(text)).unwrap().findings[0].clone();
    let right = format!("{start}{end}");
    assert!(why(&right).contains("The base strings are the same"), "{}", why(&right));
    assert!(why(&right.replace("http%", "https%")).contains("a proxy ended TLS"));
    assert!(why(&right.replace("a%3D1%26", "")).contains("missing from what your code signs: a=1"));
    assert!(
        why(&right.replace("%2520", "%252520")).contains("once too often"),
        "{}",
        why(&right.replace("%2520", "%252520"))
    );
}

#[test]
fn a_digest_answer_is_held_against_the_challenge() {
    let ask = |answer: &str, challenge: &str| {
        let request = format!("GET /a?b HTTP/1.1\nHost: h\nAuthorization: Digest {answer}\n");
        let says = format!("HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Digest {challenge}\n");
        explain(&Asked::new(&request).with_server_says(&says)).unwrap().findings.join("\n")
    };
    let answer = "username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/a?b\", response=\"0\"";
    assert!(ask(answer, "realm=\"r\", nonce=\"m\", stale=true").contains("too old"));
    assert!(ask(answer, "realm=\"s\", nonce=\"n\"").contains("The realm is wrong"));
    assert!(ask(answer, "realm=\"r\", nonce=\"n\", qop=\"auth\"").contains("qop, nc and cnonce are missing"));
    assert!(ask(answer, "realm=\"r\", nonce=\"n\", algorithm=SHA-256").contains("The algorithm is wrong"));
    assert!(ask(&answer.replace("/a?b", "/a"), "realm=\"r\", nonce=\"n\"").contains("The uri that was hashed"));
    assert!(ask(answer, "realm=\"r\", nonce=\"n\"").contains("user name or password is another"));
}

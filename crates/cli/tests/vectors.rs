//! The vector runner can fail: for every key of `expect` a vector that holds, and the same one with that key made wrong.

use program::countersign;
use serde_json::{Value, json};

mod program;

fn file(vector: Value) -> String {
    json!({ "format": 1, "scheme": "any", "source": "by hand", "vectors": [vector] }).to_string()
}

fn vector(config: Value, request: Value, expect: Value) -> Value {
    json!({ "name": "the vector", "config": config, "context": { "unix_time": 1_440_938_160, "nonce": "n" }, "request": request, "expect": expect })
}

/// Passes as it stands; and with `expect` replaced fails with exit code 1 and a message that has `shown`.
fn can_fail(config: Value, request: Value, right: Value, wrong: Value, shown: &str) {
    let run = countersign(&["vectors", "check", "-"], &[], &file(vector(config.clone(), request.clone(), right)));
    assert_eq!((run.code, run.out.as_str()), (0, "1 passed, 0 failed\n"), "{}", run.err);
    let run = countersign(&["vectors", "check", "-"], &[], &file(vector(config, request, wrong)));
    assert_eq!(run.code, 1, "{}", run.out);
    assert_eq!(run.out.lines().last(), Some("0 passed, 1 failed"));
    assert!(run.out.contains("the vector") && run.out.contains(shown), "{}", run.out);
}

fn bearer() -> Value {
    json!({ "type": "bearer", "token": "t" })
}

fn key_in_query() -> Value {
    json!({ "type": "api-key", "key": "k", "value": "a b", "add_to": "query" })
}

fn get() -> Value {
    json!({ "method": "GET", "uri": "https://h/p?a=1&a=1&b" })
}

fn sigv4() -> Value {
    json!({ "type": "aws-sigv4", "access_key_id": "AKID", "secret_access_key": "s", "region": "r", "service": "v" })
}

#[test]
fn uri() {
    let expect = |uri: &str| json!({ "uri": uri });
    can_fail(
        key_in_query(),
        get(),
        expect("https://h/p?a=1&a=1&b&k=a%20b"),
        expect("https://h/p?a=1&a=1&b&k=a+b"),
        "uri",
    );
    let bare = json!({ "method": "GET", "uri": "https://h" });
    can_fail(bearer(), bare, expect("https://h"), expect("https://h#x"), "uri");
}

#[test]
fn headers() {
    let expect = |name: &str, value: &str| json!({ "headers": [[name, value]] });
    let (right, wrong) = (expect("AUTHORIZATION", "Bearer t"), expect("authorization", "bearer t"));
    can_fail(bearer(), get(), right.clone(), wrong, "+ got      Bearer t");
    can_fail(bearer(), get(), right, expect("x-none", ""), "(absent)");
}

#[test]
fn headers_once() {
    let request = |times: usize| json!({ "method": "GET", "uri": "https://h/", "headers": vec![["x", "y"]; times] });
    let expect = json!({ "headers": [["x", "y"]] });
    let run =
        |times| countersign(&["vectors", "check", "-"], &[], &file(vector(bearer(), request(times), expect.clone())));
    assert_eq!((run(1).code, run(2).code, run(0).code), (0, 1, 1));
}

#[test]
fn absent_headers() {
    let expect = |name: &str| json!({ "absent_headers": [name] });
    can_fail(bearer(), get(), expect("X-Amz-Date"), expect("AUTHORIZATION"), "absent_headers: AUTHORIZATION");
}

#[test]
fn auth_params() {
    // A bearer prefix lets any credentials be written.
    let token = r#"x, Realm = "a\"b", nc=00000001"#;
    let config = json!({ "type": "bearer", "header_prefix": "Digest y=", "token": token });
    let expect = |params: Value| json!({ "auth_params": params });
    let right =
        expect(json!({ "scheme": "Digest", "params": { "realm": "a\"b", "nc": "00000001" }, "absent": ["opaque"] }));
    for (wrong, shown) in [
        (json!({ "scheme": "digest" }), "auth_params: scheme"),
        (json!({ "params": { "realm": "a" } }), "auth_params: realm"),
        (json!({ "params": { "opaque": "" } }), "auth_params: opaque"),
        (json!({ "absent": ["NC"] }), "auth_params: absent: NC"),
    ] {
        can_fail(config.clone(), get(), right.clone(), expect(wrong), shown);
    }
    let none = json!({ "type": "none" });
    can_fail(none, get(), json!({}), expect(json!({ "scheme": "Digest" })), "one header with credentials");
    let config = json!({ "type": "bearer", "header_prefix": "EG1-HMAC-SHA256", "token": "client_token=a;timestamp=b;signature=c=" });
    let right = expect(
        json!({ "scheme": "EG1-HMAC-SHA256", "params": { "client_token": "a", "timestamp": "b", "signature": "c=" } }),
    );
    can_fail(config, get(), right, expect(json!({ "params": { "signature": "c" } })), "auth_params: signature");
}

#[test]
fn query() {
    let expect = |pairs: Value| json!({ "query": pairs });
    let right = expect(json!([["k", "a%20b"], ["a", "1"], ["a", "1"], ["b", ""]]));
    can_fail(key_in_query(), get(), right.clone(), expect(json!([["k", "a b"]])), "k=a b, 1 of it");
    can_fail(key_in_query(), get(), right, expect(json!([["a", "1"]])), "2 of it");
}

#[test]
fn form() {
    let request = json!({ "method": "POST", "uri": "https://h/", "body": "a=1&b=%20&a=1" });
    let right = json!({ "form": [["a", "1"], ["b", "%20"], ["a", "1"]] });
    can_fail(bearer(), request.clone(), right.clone(), json!({ "form": [["a", "1"]] }), "form");
    can_fail(bearer(), request, right, json!({ "form": [["b", " "]] }), "form");
}

#[test]
fn body() {
    let request = json!({ "method": "POST", "uri": "https://h/", "body_base64": "YQ==" });
    can_fail(bearer(), request.clone(), json!({ "body": "a" }), json!({ "body": "" }), "body");
    can_fail(bearer(), request, json!({ "body_base64": "YQ==" }), json!({ "body_base64": "Yg==" }), "body");
    let request = json!({ "method": "POST", "uri": "https://h/", "body_base64": "/w==" });
    can_fail(bearer(), request, json!({ "body_base64": "/w==" }), json!({ "body_base64": "/g==" }), "\\xff");
}

#[test]
fn canonical_request() {
    let request = json!({ "method": "GET", "uri": "https://h/" });
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let text = format!("GET\n/\n\nhost:h\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n{empty}");
    let right = json!({ "canonical_request": text });
    let wrong = json!({ "canonical_request": text.replace("host:h", "host:i") });
    can_fail(sigv4(), request, right, wrong, "-    4 host:i");
    can_fail(bearer(), get(), json!({}), json!({ "canonical_request": "" }), "(absent)");
}

#[test]
fn string_to_sign() {
    let request = json!({ "method": "GET", "uri": "https://example.amazonaws.com/" });
    // "get-vanilla" of AWS's signing test suite
    let config = json!({ "type": "aws-sigv4", "access_key_id": "AKIDEXAMPLE", "secret_access_key": "s", "region": "us-east-1", "service": "service" });
    let hash = "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63";
    let text = format!("AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n{hash}");
    let wrong = json!({ "string_to_sign": text.replace("bb57", "bb58") });
    can_fail(config, request, json!({ "string_to_sign": text }), wrong, "-    4 bb58");
}

#[test]
fn error() {
    let expect = |kind: &str| json!({ "error": kind });
    let relative = json!({ "method": "GET", "uri": "/" });
    can_fail(sigv4(), relative, expect("invalid-request"), expect("invalid-config"), "invalid-request");
    can_fail(
        json!({ "type": "bearer" }),
        get(),
        expect("invalid-config"),
        expect("invalid-key"),
        "missing field `token`",
    );
    can_fail(bearer(), get(), json!({}), expect("invalid-config"), "no error: a request went out");
    let unwritable = json!({ "method": "GET", "uri": "https://h/", "headers": [["x", "a\n"]] });
    can_fail(bearer(), unwritable, expect("invalid-request"), json!({}), "invalid-request");
}

#[test]
fn responses_are_answered() {
    let mut vector = vector(bearer(), get(), json!({ "headers": [["authorization", "Bearer t"]] }));
    vector["responses"] = json!([{ "status": 401, "headers": [["WWW-Authenticate", "Bearer"]] }, { "status": 200 }]);
    assert_eq!(countersign(&["vectors", "check", "-"], &[], &file(vector)).code, 0);
}

#[test]
fn what_is_not_in_the_format_ends_with_2() {
    let good = file(vector(bearer(), get(), json!({})));
    let bad = file(vector(bearer(), get(), json!({}))).replace("\"expect\"", "\"expected\"");
    let dir = std::env::temp_dir().join(format!("countersign-cli-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("bad.json");
    std::fs::write(&path, bad).unwrap();
    let run = countersign(&["vectors", "check", path.to_str().unwrap(), "-", "/nowhere.json"], &[], &good);
    std::fs::remove_dir_all(&dir).unwrap();
    assert_eq!((run.code, run.out.as_str()), (2, "1 passed, 0 failed\n"));
    assert!(run.err.contains("unknown field `expected`") && run.err.contains("/nowhere.json"), "{}", run.err);
}

#[test]
fn the_built_in_files_are_listed_and_exported() {
    let dir = std::env::temp_dir().join(format!("countersign-cli-export-{}", std::process::id()));
    let exported = countersign(&["vectors", "export", dir.to_str().unwrap()], &[], "");
    let listed = countersign(&["vectors", "list"], &[], "");
    assert_eq!((exported.code, listed.code), (0, 0), "{}{}", exported.err, listed.err);
    assert_eq!(exported.out.lines().count(), listed.out.lines().count());
    for line in exported.out.lines() {
        assert!(std::fs::read_to_string(line).unwrap().starts_with('{'));
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn responses() {
    let vector = |response: &str| {
        json!({
            "name": "the vector",
            "config": { "type": "digest", "username": "Mufasa", "password": "Circle Of Life" },
            "context": { "unix_time": 0, "nonce": "0a4f113b" },
            "request": { "method": "GET", "uri": "http://www.nowhere.org/dir/index.html" },
            // RFC 2617 section 3.5.
            "responses": [{ "status": 401, "headers": [["WWW-Authenticate", "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
                nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""]] }],
            "expect": { "auth_params": { "scheme": "Digest", "params": { "nc": "00000001", "response": response } } },
        })
    };
    let check = |response: &str| countersign(&["vectors", "check", "-"], &[], &file(vector(response)));
    assert_eq!(check("6629fae49393a05397450978507c4ef1").code, 0);
    let wrong = check("6629fae49393a05397450978507c4ef2");
    assert!(wrong.code == 1 && wrong.out.contains("+ got      6629fae49393a05397450978507c4ef1"), "{}", wrong.out);
}

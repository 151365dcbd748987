//! Each scheme that converses, with the right secret and with a wrong one.

use std::sync::Arc;
use std::time::Duration;

use countersign_tests::guard::{AwsSigv4, Digest, Guard as _, Ntlm, Oauth2, PASSWORD, Tally, USER, reply};
use countersign_tests::{Server, free_port, work_dir};
use serde_json::{Value, json};

use super::{digest, folder, guarded, request, send, text};

#[test]
fn digest_answers_the_challenge_and_remembers_it() {
    let folder = folder("digest");
    let server = guarded(&Arc::new(Digest::new(300)), |_| reply(200, "let in"));
    let right = request(&folder, server.uri("/a?secret=hunter2"), &digest(PASSWORD));
    let run = send(&[&right, "-v"]);
    assert!(run.code == 0 && run.out.starts_with("HTTP/1.1 200 OK\n") && run.out.ends_with("\n\nlet in"), "{run:?}");
    for shown in ["leg 1", "leg 2", "GET /a?secret=*** HTTP/1.1", "< HTTP/1.1 401", "realm=\"realm\"", "response=***"] {
        assert!(run.err.contains(shown), "{shown}: {run:?}");
    }
    assert!(!run.err.contains("hunter2") && !run.err.contains(PASSWORD) && !run.err.contains(USER), "{run:?}");

    let run = send(&[&right, "--repeat", "4"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.starts_with("1\t200\t2 legs\t") && run.out.contains("\n2\t200\t1 leg\t"), "{run:?}");
    assert!(
        run.out.contains("4 sent: 4 with 200; 5 legs, 2 for the first and at most 1 for each of the rest"),
        "{run:?}"
    );

    let wrong = request(&folder, server.uri("/"), &digest("Circle of Lies"));
    let run = send(&[&wrong]);
    assert!(run.code == 4 && run.out.starts_with("HTTP/1.1 401 Unauthorized\n"), "{run:?}");
}

#[test]
fn ntlm_keeps_its_connection() {
    let folder = folder("ntlm");
    let server = guarded(&Arc::new(Ntlm::default()), |_| reply(200, "let in"));
    let ntlm = |user: &str| json!({ "type": "ntlm", "username": user, "password": PASSWORD });
    let right = request(&folder, server.uri("/"), &ntlm(USER));
    let run = send(&[&right, "--repeat", "3", "-v"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("3 sent: 3 with 200; 4 legs, 2 for the first and at most 1"), "{run:?}");
    assert!(run.err.contains("authorization: NTLM ***") && server.connections() == 1, "{run:?}");
    let wrong = request(&folder, server.uri("/"), &ntlm("Scar"));
    let run = send(&[&wrong]);
    assert!(run.code == 4 && run.out.contains("401"), "{run:?}");
}

/// The guard knows names only; Apache checks the proof.
#[test]
#[ignore = "needs tests/servers"]
fn ntlm_proves_itself_to_a_real_server() {
    let folder = folder("apache");
    let server = Server::script("apache-ntlm.sh", free_port().unwrap(), &work_dir("send-ntlm").unwrap()).unwrap();
    for (password, code) in [(PASSWORD, 0), ("Circle of Lies", 4)] {
        let auth = json!({ "type": "ntlm", "username": format!("DOMAIN\\{USER}"), "password": password });
        let run = send(&[&request(&folder, server.uri("/ntlm/index.html"), &auth), "--repeat", "2"]);
        assert_eq!(run.code, code, "{run:?}");
    }
}

#[test]
fn oauth2_fetches_a_token_and_keeps_it() {
    let folder = folder("oauth2");
    let guard = Arc::new(Oauth2::new(Duration::from_secs(300)));
    let server = guarded(&guard, |_| reply(200, "let in"));
    let auth = |secret: &str| -> Value {
        json!({ "type": "oauth2", "grant": { "grant_type": "client_credentials", "access_token_url": server.uri("/token"),
            "client_id": USER, "client_secret": secret } })
    };
    let store = folder.join("tokens.json");
    let right = request(&folder, server.uri("/"), &auth(PASSWORD));
    for legs in ["leg 2", "leg 1"] {
        // The second time the token is in the store.
        let run = send(&[&right, "-v", "--store", text(&store)]);
        assert!(run.code == 0 && run.out.ends_with("let in") && run.err.contains(legs), "{run:?}");
        assert!(run.err.contains("authorization: Bearer ***") && !run.err.contains("token-1"), "{run:?}");
    }
    assert_eq!(Tally::of(&guard.tally().tokens), 1);

    let wrong = request(&folder, server.uri("/"), &auth("wrong"));
    let run = send(&[&wrong, "--store", text(&folder.join("other.json"))]);
    assert!(run.code == 1 && run.err.contains("[token-request-failed]") && run.out.is_empty(), "{run:?}");
    assert!(run.err.contains("invalid_client"), "{run:?}");
}

#[test]
fn sigv4_signs_a_file_that_it_does_not_hold() {
    let folder = folder("sigv4");
    let server =
        guarded(&Arc::new(AwsSigv4::default()), |request| reply(200, format!("{} bytes", request.body().len())));
    let auth = |secret: &str| json!({ "type": "aws-sigv4", "access_key_id": USER, "secret_access_key": secret, "region": "eu-west-1", "service": "s3" });
    let data = super::file(&folder, "data", vec![b'x'; 3 << 20]);
    let body = format!("@{data}");
    let put = |auth: Value| {
        let json = json!({ "method": "PUT", "url": server.uri("/bucket/data"), "auth": auth });
        super::file(&folder, "put.json", json.to_string())
    };
    let run = send(&[&put(auth(PASSWORD)), "--data", &body, "-v"]);
    assert!(run.code == 0 && run.out.ends_with("3145728 bytes"), "{run:?}");
    assert!(run.err.contains("x-amz-content-sha256: ") && run.err.contains("expect: 100-continue"), "{run:?}");
    let run = send(&[&put(auth("wrong")), "--data", &body]);
    assert!(run.code == 4 && run.out.starts_with("HTTP/1.1 403"), "{run:?}");
}

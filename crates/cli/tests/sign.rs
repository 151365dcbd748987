//! `countersign sign`, `challenges` and `completions`, as they are typed.

use program::{countersign, repository};

mod program;

const S3: [&str; 3] = ["sign", "--time", "20150830T123600Z"];

fn s3(more: &[&str]) -> program::Run {
    let file = repository("examples/requests/s3-get.json");
    countersign(&[&S3[..], more, &[&file]].concat(), &[], "")
}

#[test]
fn the_first_example_needs_no_environment() {
    let run = s3(&[]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.starts_with("GET /photos/2026/sunrise.jpg HTTP/1.1\r\nhost: examplebucket.s3"), "{}", run.out);
    assert!(
        run.out.contains("Credential=AKIDEXAMPLE/20150830/eu-central-1/s3/aws4_request, SignedHeaders=host;range;")
    );
    assert!(run.out.ends_with("\r\n\r\n") && !run.out.contains('\u{1b}'));
}

#[test]
fn every_example_request_is_signed() {
    let env = [("API_KEY", "k"), ("API_TOKEN", "t"), ("API_PASSWORD", "p")];
    for entry in std::fs::read_dir(repository("examples/requests")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let run = countersign(&["sign", path.to_str().unwrap()], &env, "");
            assert_eq!(run.code, 0, "{}: {}", path.display(), run.err);
        }
    }
}

#[test]
fn explaining_shows_what_was_signed() {
    let run = s3(&["--explain"]);
    assert!(run.out.contains("--- canonical request\nGET\n/photos/2026/sunrise.jpg\n"), "{}", run.out);
    assert!(run.out.contains("--- string to sign\nAWS4-HMAC-SHA256\n20150830T123600Z\n"), "{}", run.out);
    let run = s3(&["--explain", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert!(json["canonical_request"].as_str().unwrap().starts_with("GET\n"));
    assert_eq!(json["headers"][0][0], "range");
}

/// The request is to be sent as it is; what explains it is to be shown to others.
#[test]
fn an_explanation_holds_no_credential() {
    let sigv4 = |more: &str| {
        format!(
            r#"{{ "type": "aws-sigv4", "access_key_id": "A", "secret_access_key": "S", "session_token": "hun/ter2"{more} }}"#
        )
    };
    let keyed = |of: &str| {
        let keys = r#"{ "type": "api-key", "key": "x-key", "value": "hunter2" }, { "type": "api-key", "key": "key", "value": "hun/ter2", "add_to": "query" }"#;
        format!(r#"{{ "type": "all", "of": [{keys}, {of}] }}"#)
    };
    let oauth1 = r#"{ "type": "oauth1", "consumer_key": "k", "consumer_secret": "s" }"#;
    for auth in [sigv4(""), sigv4(r#", "add_to": "query""#), keyed(&sigv4("")), keyed(oauth1)] {
        let request = format!(r#"{{ "url": "https://sqs.eu-west-1.amazonaws.com/q?a=1", "auth": {auth} }}"#);
        let run = countersign(&["sign", "--explain", "--format", "json", "-"], &[], &request);
        assert_eq!(run.code, 0, "{run:?}");
        let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let explained = format!("{}{}", json["canonical_request"], json["string_to_sign"]);
        for secret in ["hunter2", "hun/ter2", "hun%2Fter2", "hun%252Fter2"] {
            assert!(!explained.contains(secret), "{auth}: {explained}");
        }
        assert!(explained.contains("[redacted]") && run.out.contains("ter2"), "{auth}: {}", run.out);
        let text = countersign(&["sign", "--explain", "-"], &[], &request).out;
        let (explained, _) = text.split_once("--- signed request").unwrap();
        assert!(explained.contains("--- canonical request") && !explained.contains("ter2"), "{explained}");
    }
}

#[test]
fn the_servers_words_set_the_time_and_show_the_line_that_differs() {
    let json: serde_json::Value = serde_json::from_str(&s3(&["--explain", "--format", "json"]).out).unwrap();
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    let error = |canonical_request: String| {
        let string_to_sign = text("string_to_sign");
        format!(
            "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>{string_to_sign}</StringToSign><CanonicalRequest>\
             {canonical_request}</CanonicalRequest></Error>"
        )
    };
    let file = repository("examples/requests/s3-get.json");
    let sign = |error: String| countersign(&["sign", &file, "--server-says", "-"], &[], &error);
    let run = sign(error(text("canonical_request")));
    assert!(run.out.contains("The texts are the same, so the keys are not"), "{}", run.out);
    let run = sign(error(text("canonical_request").replace("bytes=0-1023", "bytes=0-1")));
    let shown = "canonical request: line 5 differs (headers)\n  ours   range:bytes=0-1023\n  server range:bytes=0-1\n";
    assert!(run.out.contains(shown), "{}", run.out);
}

#[test]
fn a_shell_can_run_the_curl_command() {
    // `curl` is a function here, which shows what the shell made of the quotes.
    let request = r#"{ "method": "POST", "url": "https://h/a?b='$(x)", "headers": { "x": "it's `y` \"z\"" }, "body": "$HOME\n'", "auth": { "type": "none" } }"#;
    let run = countersign(&["sign", "--format", "curl", "-"], &[], request);
    let script = format!("curl() {{ printf '<%s>' \"$@\"; }}\n{}", run.out);
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let headers = "<--header><x: it's `y` \"z\"><--header><content-type:>";
    assert_eq!(shown, format!("<--request><POST>{headers}<--data-raw><$HOME\n'><https://h/a?b='$(x)>"));

    let request =
        r#"{ "method": "PUT", "url": "https://h/", "body_base64": "ACUnXP9hMAo=", "auth": { "type": "none" } }"#;
    let run = countersign(&["sign", "--format", "curl", "-"], &[], request);
    let script = format!("curl() {{ cat; }}\n{}", run.out);
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(output.stdout, b"\x00%'\\\xffa0\n");
}

#[test]
fn raw_http_takes_its_auth_from_a_file() {
    let auth = std::env::temp_dir().join(format!("countersign-cli-auth-{}.json", std::process::id()));
    std::fs::write(&auth, r#"{ "type": "bearer", "token": "{{ TOKEN }}" }"#).unwrap();
    let args = ["sign", "--auth", auth.to_str().unwrap(), "--scheme", "http", "--format", "json", "-"];
    let raw = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
    let (signed, missing) = (countersign(&args, &[("TOKEN", "t0k3n")], raw), countersign(&args, &[], raw));
    std::fs::remove_file(&auth).unwrap();
    let json: serde_json::Value = serde_json::from_str(&signed.out).unwrap();
    assert_eq!((&json["url"], &json["headers"][1][1]), (&"http://h/x".into(), &"Bearer t0k3n".into()));
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains(r#"the variable "TOKEN" has no value: set it in the environment"#), "{}", missing.err);
}

#[test]
fn an_env_file_wins_over_the_environment() {
    let file = std::env::temp_dir().join(format!("countersign-cli-env-{}", std::process::id()));
    std::fs::write(&file, "export TOKEN='from file'\n").unwrap();
    let request = r#"{ "url": "https://h/", "auth": { "type": "bearer", "token": "{{TOKEN}}{{OTHER}}" } }"#;
    let args = ["sign", "--env-file", file.to_str().unwrap(), "-"];
    let run = countersign(&args, &[("TOKEN", "no"), ("OTHER", "!")], request);
    std::fs::remove_file(&file).unwrap();
    assert!(run.out.contains("authorization: Bearer from file!\r\n"), "{run:?}");
}

#[test]
fn errors_hold_no_secret() {
    for (auth, code) in [
        (r#"{ "type": "basic", "username": "u", "password": 987654 }"#, 2),
        (r#"{ "type": "basic", "username": "u", "password": ["987654"] }"#, 2),
        (r#"{ "type": "basic", "username": "u", "password": "987654", "x": 1 }"#, 2),
        (r#"{ "type": "basic", "username": "u", "password": "987654\n" }"#, 1),
        (r#"{ "type": "bearer", "token": "987654\n" }"#, 1),
        (r#"{ "type": "api-key", "key": "k", "value": "987654\n" }"#, 1),
        (r#"{ "type": "bearer", "token": "987654 {{NOBODY}}" }"#, 2),
        (r#"{ "type": "aws-sigv4", "access_key_id": "", "secret_access_key": "987654" }"#, 1),
        (r#""987654""#, 2),
        (r#"987654"#, 2),
        (r#"{ "type": "bearer", "token": "987654" "#, 2),
    ] {
        let run = countersign(&["sign", "-"], &[], &format!(r#"{{ "url": "https://h/", "auth": {auth} }}"#));
        assert_eq!(run.code, code, "{auth}: {run:?}");
        assert!(run.err.starts_with("error: ") && !run.err.contains("987654") && run.out.is_empty(), "{auth}: {run:?}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    for (args, message) in [
        (&["sgn"][..], "similar subcommand"),
        (&["sign", "/nowhere"], "cannot read /nowhere"),
        (&["sign", "-", "--auth", "-"], "standard input can only be one of the files"),
        (&["sign", "-", "--time", "yesterday"], "write unix seconds"),
        (&["sign", "-", "--format", "xml"], "possible values"),
        (&["challenges"], "required"),
    ] {
        let run = countersign(args, &[], r#"{ "url": "https://h/", "auth": { "type": "none" } }"#);
        assert_eq!(run.code, 2, "{args:?}: {run:?}");
        assert!(run.err.contains(message), "{args:?}: {}", run.err);
    }
    let run = countersign(&["sign", "-"], &[], r#"{ "url": "https://h/" }"#);
    assert!(run.code == 2 && run.err.contains("name a file with --auth"), "{run:?}");
}

#[test]
fn challenges_are_printed_as_json() {
    let run = countersign(&["challenges", r#"Digest realm="a \"b\"", nonce=c, Negotiate dG9=, NTLM"#], &[], "");
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        json,
        serde_json::json!([
            { "scheme": "Digest", "params": [["realm", "a \"b\""], ["nonce", "c"]] },
            { "scheme": "Negotiate", "token68": "dG9=" },
            { "scheme": "NTLM", "params": [] },
        ])
    );
    let run = countersign(&["challenges", "Digest realm=\"open"], &[], "");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.contains("cannot read the challenge"), "{}", run.err);
    assert_eq!(countersign(&["challenges", ""], &[], "").out, "[]\n");
}

#[test]
fn a_challenge_may_be_known_beforehand() {
    let sign = |auth: &str| {
        let request = format!(r#"{{ "url": "http://www.nowhere.org/dir/index.html", "auth": {auth} }}"#);
        countersign(&["sign", "--format", "json", "--nonce", "0a4f113b", "-"], &[], &request)
    };
    // RFC 2617 section 3.5.
    let run = sign(
        r#"{ "type": "digest", "username": "Mufasa", "password": "Circle Of Life", "realm": "testrealm@host.com",
            "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093", "qop": "auth", "opaque": "5ccc069c403ebaf9f0171e9517f40e41" }"#,
    );
    assert_eq!(run.code, 0, "{}", run.err);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let value = json["headers"][0][1].as_str().unwrap();
    assert!(
        value.contains(r#"response="6629fae49393a05397450978507c4ef1""#) && value.contains("nc=00000001"),
        "{value}"
    );

    for auth in [
        r#"{ "type": "digest", "username": "Mufasa", "password": "987654" }"#,
        r#"{ "type": "ntlm", "username": "DOMAIN\\User", "password": "987654" }"#,
    ] {
        let run = sign(auth);
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{auth}");
        assert!(run.err.contains("[needs-exchange]") && run.err.contains("no server can answer"), "{}", run.err);
    }
}

#[test]
fn completions_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = countersign(&["completions", shell], &[], "");
        assert!(run.code == 0 && run.out.contains("server-says"), "{shell}");
    }
}

#[test]
fn akamais_credentials_come_from_their_file_or_their_variables() {
    let (request, edgerc) = (repository("examples/requests/edgegrid.http"), repository("examples/requests/edgerc"));
    let sign = |more: &[&str], env: &[(&str, &str)]| {
        countersign(&[&["sign", &request, "--time", "1395430461", "--edgerc", &edgerc], more].concat(), env, "")
    };
    let run = sign(&["--nonce", "n"], &[]);
    let expected = "authorization: EG1-HMAC-SHA256 client_token=akab-client-token;access_token=akab-access-token;\
        timestamp=20140321T19:34:21+0000;nonce=n;signature=";
    assert!(run.code == 0 && run.out.contains(expected), "{} {}", run.out, run.err);
    let names = ["AKAMAI_HOST", "AKAMAI_CLIENT_TOKEN", "AKAMAI_CLIENT_SECRET", "AKAMAI_ACCESS_TOKEN"];
    let run = sign(&[], &names.map(|name| (name, "from-the-environment")));
    assert!(run.out.contains("client_token=from-the-environment;"), "{} {}", run.out, run.err);
    let run = sign(&[], &[("AKAMAI_HOST", "h")]);
    assert!(run.code == 2 && run.err.contains("AKAMAI_ACCESS_TOKEN is missing"), "{}", run.err);
    assert!(!run.err.contains(&edgerc), "{}", run.err);
    let variables = std::env::temp_dir().join(format!("countersign-akamai-{}.env", std::process::id()));
    std::fs::write(&variables, names.map(|name| format!("{name}=from-the-env-file\n")).concat()).unwrap();
    let run = sign(&["--env-file", variables.to_str().unwrap()], &[]);
    std::fs::remove_file(&variables).unwrap();
    assert!(run.out.contains("client_token=from-the-env-file;"), "{} {}", run.out, run.err);
    let run = countersign(&["sign", "-", "--edgerc", "-"], &[], "");
    assert!(run.code == 2 && run.err.contains("standard input"), "{}", run.err);
    let run = sign(&["--section", "none"], &[]);
    assert!(run.code == 2 && run.err.contains("no section [none]"), "{}", run.err);
}

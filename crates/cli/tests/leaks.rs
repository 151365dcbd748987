//! The program, over a config of every type: whatever it prints holds no secret that is not sent in clear by design.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::scheme::encode;
use every_config::{MARK, configs, near, secrets};
use program::countersign;
use serde_json::json;

/// Shared with the tests of the libraries.
#[allow(dead_code, unreachable_pub, reason = "a module of another crate, which needs more of it")]
#[path = "../../../tests/src/every_config.rs"]
mod every_config;
mod program;

/// Fields that are sent in clear: the signed request has to show them, and errors and explanations do not.
const SENT: &[(&str, &str)] = &[
    ("api-key", "value"),
    ("aws-sigv4", "session_token"),
    ("basic", "password"),
    ("bearer", "token"),
    ("oauth2", "access_token"),
];

fn forms(secret: &str) -> [String; 3] {
    // What is in base64 begins at one of three offsets: this one is that of a token alone.
    let base64 = encode::base64(secret.as_bytes());
    [secret.to_owned(), encode::percent(secret.as_bytes()).into_owned(), base64.trim_end_matches('=').to_owned()]
}

#[test]
fn the_program_shows_no_secret_that_signs() {
    let (mut signed, mut refused) = (0, 0);
    for (name, config) in configs() {
        let kind = config["type"].as_str().unwrap();
        let mut all = Vec::new();
        let config = near(&name, &config);
        secrets(&config, &mut all);
        let sent: Vec<_> =
            SENT.iter().filter(|(of, _)| *of == kind).map(|(_, field)| format!("{MARK}-{field}")).collect();
        for format in ["http", "curl", "json"] {
            let request = json!({ "url": "https://sqs.eu-west-1.amazonaws.com/q?a=1", "auth": config });
            let arguments = ["sign", "--explain", "--time", "1440938160", "--format", format, "-"];
            let run = countersign(&arguments, &[], &request.to_string());
            let (done, out, err) = (run.code == 0, run.out, run.err);
            assert!(!err.contains("panicked"), "{name}: {err}");
            (signed, refused) = if done { (signed + 1, refused) } else { (signed, refused + 1) };
            for secret in &all {
                for form in forms(secret) {
                    assert!(!err.contains(&form), "{name}: standard error shows {secret}: {err}");
                    let may_show = done && sent.contains(secret);
                    assert!(may_show || !out.contains(&form), "{name} as {format} shows {secret}: {out}");
                }
            }
        }
    }
    assert!(signed >= 20 && refused >= 3, "{signed} signed, {refused} refused");
}

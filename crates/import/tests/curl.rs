//! curl's command lines: what curl and bash make of them, as `generate/curl.py` wrote it down, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::{AuthConfig, Authenticator, Context, ErrorKind};
use countersign_import::{Beside, Imported, Kind, Limits, Source};
use serde_json::{Value, json};

fn source(text: &str) -> countersign::Result<Source<'_>> {
    Source::read(text.as_bytes(), Some(Kind::Curl), &Limits::default())
}

fn import(text: &str) -> countersign::Result<Imported> {
    source(text)?.import(None, &Beside::new())
}

#[test]
fn every_command_is_sent_as_curl_sends_it() {
    let data: Value = serde_json::from_str(include_str!("data/curl.json")).unwrap();
    let cases = data["cases"].as_array().unwrap();
    assert!(cases.len() > 50);
    let mut wrong = Vec::new();
    for case in cases {
        let command = case["command"].as_str().unwrap();
        if Kind::recognise(command) != Some(Kind::Curl) && !command.starts_with("echo") {
            wrong.push(format!("{command}: not recognised"));
        }
        if let Err(why) = compare(command, case) {
            wrong.push(format!("{command}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn compare(command: &str, case: &Value) -> Result<(), String> {
    let source = source(command).map_err(|why| why.to_string())?;
    let arrived = case["arrived"].as_array().unwrap();
    if source.items().len() != arrived.len() {
        return Err(format!("{} items instead of {}", source.items().len(), arrived.len()));
    }
    for (index, arrived) in arrived.iter().enumerate() {
        let imported = source.import(Some(&format!("#{index}")), &Beside::new()).map_err(|why| why.to_string())?;
        if let Some(options) = case.get("options") {
            same_credentials(&imported, options)?;
        }
        same_request(&imported, arrived)?;
    }
    Ok(())
}

/// What `--libcurl` says.
fn same_credentials(imported: &Imported, options: &Value) -> Result<(), String> {
    let ways: Vec<Value> = imported.alternatives.iter().map(|way| serde_json::to_value(way).unwrap()).collect();
    for way in &ways {
        let user = match way["type"].as_str().unwrap() {
            "basic" | "digest" | "ntlm" => {
                Some(format!("{}:{}", way["username"].as_str().unwrap(), way["password"].as_str().unwrap()))
            }
            "aws-sigv4" => Some(format!(
                "{}:{}",
                way["access_key_id"].as_str().unwrap(),
                way["secret_access_key"].as_str().unwrap()
            )),
            _ => None,
        };
        // A URL's user and an own header are no options.
        if let (Some(user), Some(given)) = (&user, options["USERPWD"].as_str())
            && user != given
        {
            return Err(format!("{user} instead of {given}"));
        }
    }
    let allowed = |name: &str| {
        options["HTTPAUTH"].as_array().is_some_and(|all| all.iter().any(|one| one == name || one == "ANY"))
    };
    let has = |kind: &str| ways.iter().any(|way| way["type"] == kind);
    for (kind, name) in [("digest", "DIGEST"), ("ntlm", "NTLM")] {
        // 7.88 forgets its own names of what remains of --anyauth.
        if has(kind) != allowed(name) && options["USERPWD"].is_string() && !allowed("ONLY") {
            return Err(format!("{kind} is on one side only"));
        }
    }
    Ok(())
}

fn same_request(imported: &Imported, arrived: &Value) -> Result<(), String> {
    let request = imported.request.as_ref().unwrap().to_http().map_err(|why| why.to_string())?;
    let header = |name: &str| {
        let headers = arrived["headers"].as_array().unwrap().iter();
        headers
            .filter(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name))
            .map(|pair| pair[1].as_str().unwrap())
            .next()
    };
    let path = request.uri().path_and_query().unwrap().as_str();
    if (request.method().as_str(), path) != (arrived["method"].as_str().unwrap(), arrived["path"].as_str().unwrap()) {
        return Err(format!("{} {path} instead of {} {}", request.method(), arrived["method"], arrived["path"]));
    }
    // Where several are allowed, curl waits for the server's word.
    let is_challenged =
        matches!(imported.auth, AuthConfig::Digest(_) | AuthConfig::Ntlm(_)) || imported.alternatives.len() > 1;
    let body = request.body().bytes().map(|body| String::from_utf8_lossy(body).into_owned()).unwrap_or_default();
    if body != arrived["body"].as_str().unwrap() {
        return Err(format!("body {body} instead of {}", arrived["body"]));
    }
    for (name, value) in request.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        let equal = header(name.as_str()).is_some_and(|there| there == value || name == "accept-encoding");
        if !equal {
            return Err(format!("{name}: {value} instead of {:?}", header(name.as_str())));
        }
    }
    for pair in arrived["headers"].as_array().unwrap() {
        let name = pair[0].as_str().unwrap().to_ascii_lowercase();
        let is_curls = ["host", "user-agent", "accept", "content-length", "authorization"].contains(&&*name)
            || name.starts_with("x-amz-");
        if !is_curls && !request.headers().contains_key(&*name) {
            return Err(format!("{name} is missing"));
        }
    }
    let ctx = match header("x-amz-date") {
        Some(date) => Context::at(unix_time(date)),
        None => Context::at(0),
    };
    let sent = header("authorization").filter(|value| !value.is_empty()).map(|value| value.replace(", ", ","));
    if is_challenged {
        return Ok(());
    }
    let signed =
        Authenticator::new(&imported.auth).unwrap().sign_request(request, &ctx).map_err(|why| why.to_string())?;
    let own =
        signed.headers().get("authorization").map(|value| String::from_utf8_lossy(value.as_bytes()).replace(", ", ","));
    // curl 7.88 signs only host, date and x-amz headers of its own making.
    let comparable =
        |value: &Option<String>| value.as_deref().map(|value| value.split("SignedHeaders").next().unwrap().to_owned());
    if comparable(&own) != comparable(&sent) {
        return Err(format!("Authorization {own:?} instead of {sent:?}"));
    }
    Ok(())
}

/// `20150830T123600Z`.
fn unix_time(text: &str) -> u64 {
    let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    // Days from civil, by Howard Hinnant.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    u64::try_from(days * 86_400 + number(9..11) * 3600 + number(11..13) * 60 + number(13..15)).unwrap()
}

#[test]
fn ways_are_in_curls_order() {
    for (command, kinds) in [
        ("curl --anyauth -u u:p h", vec!["digest", "ntlm", "basic"]),
        ("curl --basic --digest -u u:p h", vec!["digest", "basic"]),
        ("curl --oauth2-bearer t --digest -u u:p h", vec!["bearer", "digest"]),
        ("curl --negotiate --basic -u u:p h", vec!["basic"]),
        ("curl h", vec!["none"]),
    ] {
        let imported = import(command).unwrap();
        let found: Vec<_> =
            imported.alternatives.iter().map(|way| serde_json::to_value(way).unwrap()["type"].clone()).collect();
        assert_eq!(json!(found), json!(kinds), "{command}");
    }
    let digest = import("curl --anyauth -u u h").unwrap();
    assert_eq!(digest.variables, ["DIGEST_PASSWORD"]);
    assert_eq!(digest.alternative(2).unwrap().variables, ["BASIC_PASSWORD"]);
}

#[test]
fn browsers_copies_for_windows_are_read() {
    let copied = "curl ^\"https://h/a?b=1^&c=^%^C3^%^BC^\" ^\r\n  -H ^\"authorization: Bearer t^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":1^}^\" ^\r\n  --insecure";
    assert_eq!(Kind::recognise(copied), Some(Kind::Curl));
    let imported = import(copied).unwrap();
    let request = imported.request.unwrap();
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://h/a?b=1&c=%C3%BC"));
    assert_eq!(request.body.as_deref(), Some(&br#"{"a":1}"#[..]));
    assert!(matches!(imported.auth, AuthConfig::Bearer(_)));
}

#[test]
fn what_opens_files_or_runs_commands_is_refused_without_a_secret() {
    for (command, kind, place) in [
        ("curl -d @hunter2 h", ErrorKind::InvalidImport, "--data"),
        ("curl --data-urlencode a@hunter2 h", ErrorKind::InvalidImport, "--data-urlencode"),
        ("curl -K hunter2 h", ErrorKind::InvalidImport, "--config"),
        ("curl -n h", ErrorKind::InvalidImport, "--netrc"),
        ("curl -T hunter2 h", ErrorKind::InvalidImport, "--upload-file"),
        ("curl -F a=@hunter2 h", ErrorKind::InvalidImport, "--form"),
        ("curl -b hunter2 h", ErrorKind::InvalidImport, "--cookie"),
        ("curl -H @hunter2 h", ErrorKind::InvalidImport, "--header"),
        ("curl -u u:$(cat hunter2) h", ErrorKind::InvalidImport, "line 1"),
        ("curl h\ncurl -u `hunter2` h", ErrorKind::InvalidImport, "line 2"),
        ("curl -u 'hunter2 h", ErrorKind::InvalidImport, "line 1"),
        ("curl h -u", ErrorKind::InvalidImport, "--user"),
        ("curl --nonsense hunter2 h", ErrorKind::InvalidImport, "line 1"),
        ("curl --no-user hunter2 h", ErrorKind::InvalidImport, "line 1"),
        ("curl ftp://u:hunter2@h/", ErrorKind::InvalidImport, "URL"),
        ("curl -u hunter2:", ErrorKind::InvalidImport, "line 1"),
        ("curl --negotiate -u hunter2: h", ErrorKind::UnsupportedScheme, "--negotiate"),
        ("curl --aws-sigv4 goog:goog -u a:hunter2 h", ErrorKind::UnsupportedScheme, "--aws-sigv4"),
        ("curl h --next i", ErrorKind::AmbiguousItem, "several"),
    ] {
        let error = import(command).unwrap_err();
        assert_eq!(error.kind(), kind, "{command}: {error}");
        assert!(error.to_string().contains(place), "{command}: {error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{command}: {error}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let command = "curl -u u:hunter2 -H 'X: hunter2' -d hunter2 --oauth2-bearer hunter2 'http://u:hunter2@h/?hunter2'";
    let source = source(command).unwrap();
    let imported = source.import(None, &Beside::new()).unwrap();
    assert!(!format!("{source:?} {imported:?}").contains("hunter2"), "{imported:?}");
}

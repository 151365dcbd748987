//! AWS's files: whose keys botocore finds, as `generate/aws_botocore.py` wrote it down, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::ErrorKind;
use countersign_import::{Beside, Imported, Kind, Limits, Source};
use serde_json::{Value, json};

fn import(case: &Value) -> countersign::Result<Imported> {
    let source = Source::read(case["credentials"].as_str().unwrap().as_bytes(), Some(Kind::Aws), &Limits::default())?;
    let mut beside = Beside::new();
    if let Some(config) = case["config"].as_str() {
        beside = beside.config(config.as_bytes())?;
    }
    for (name, value) in case["environment"].as_object().unwrap() {
        beside = beside.variable(name, value.as_str().unwrap());
    }
    if let Some(profile) = case["profile"].as_str() {
        beside = beside.environment_name(profile);
    }
    source.import(None, &beside)
}

#[test]
fn every_profile_has_the_keys_that_botocore_finds() {
    let data: Value = serde_json::from_str(include_str!("data/aws.json")).unwrap();
    let cases = data["cases"].as_array().unwrap();
    assert!(cases.len() > 25);
    for case in cases {
        let (name, found) = (&case["name"], &case["found"]);
        match import(case) {
            Ok(imported) => {
                let auth = serde_json::to_value(&imported.auth).unwrap();
                for field in ["access_key_id", "secret_access_key", "session_token", "region"] {
                    assert_eq!(auth.get(field).unwrap_or(&Value::Null), &found[field], "{name}: {field}");
                }
            }
            Err(why) => {
                let error = found["error"].as_str();
                let kind = match error {
                    Some("assume-role" | "CredentialRetrievalError") => ErrorKind::UnsupportedScheme,
                    Some("ConfigParseError") => ErrorKind::InvalidImport,
                    Some("no keys") => ErrorKind::NothingDescribed,
                    Some("ProfileNotFound") => ErrorKind::UnknownItem,
                    _ => unreachable!("{name}: botocore finds {found}, here it is {why}"),
                };
                assert_eq!(why.kind(), kind, "{name}: {why}");
            }
        }
    }
}

fn of(text: &str, config: Option<&str>, select: Option<&str>) -> countersign::Result<Value> {
    let source = Source::read(text.as_bytes(), None, &Limits::default())?;
    assert_eq!(source.kind(), Kind::Aws, "{text}");
    let mut beside = Beside::new();
    if let Some(config) = config {
        beside = beside.config(config.as_bytes())?;
    }
    Ok(serde_json::to_value(source.import(select, &beside)?.auth).unwrap())
}

#[test]
fn a_config_file_is_an_input_as_well() {
    let config = "[profile work]\nregion = eu-west-1\naws_access_key_id = AK\naws_secret_access_key = s\n[sso-session x]\nsso_region = y\n";
    assert_eq!(of(config, None, Some("work")).unwrap()["region"], "eu-west-1");
    assert_eq!(of(config, None, None).unwrap()["access_key_id"], "AK");
}

#[test]
fn a_secret_that_is_missing_is_awss_own_variable() {
    let keys = of("[default]\naws_access_key_id = AK\n", None, None).unwrap();
    assert_eq!(keys["secret_access_key"], "{{AWS_SECRET_ACCESS_KEY}}");
}

#[test]
fn what_asks_aws_or_runs_a_command_is_refused_without_a_secret() {
    for (config, select, kind, place) in [
        ("[profile a]\nrole_arn = hunter2\nsource_profile = b", "a", ErrorKind::UnsupportedScheme, "\"a\""),
        ("[profile a]\nsso_session = hunter2\nsso_account_id = 1", "a", ErrorKind::UnsupportedScheme, "SSO"),
        ("[profile a]\ncredential_process = hunter2", "a", ErrorKind::UnsupportedScheme, "credential_process"),
        ("[profile a]\nlogin_session = hunter2", "a", ErrorKind::UnsupportedScheme, "login"),
        ("[profile a]\nregion = x\n[profile b]\nregion = y", "c", ErrorKind::UnknownItem, "\"b\""),
        ("[default]\naws_secret_access_key = hunter2", "default", ErrorKind::NothingDescribed, "aws_access_key_id"),
        ("[default]\nhunter2", "default", ErrorKind::InvalidImport, "line 2"),
    ] {
        let error = of(config, None, Some(select)).unwrap_err();
        assert_eq!(error.kind(), kind, "{config}: {error}");
        assert!(error.to_string().contains(place), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let two = "[a]\naws_access_key_id = A\n[b]\naws_access_key_id = B\n";
    assert_eq!(of(two, None, None).unwrap_err().kind(), ErrorKind::AmbiguousItem);
    assert_eq!(json!(of(two, None, Some("b")).unwrap()["access_key_id"]), "B");
}

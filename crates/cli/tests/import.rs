//! `countersign import` and `sign --from`, as they are typed.

#![allow(clippy::panic, reason = "a test that panics is a test that fails")]

use std::fs;

use program::countersign;
use serde_json::{Value, json};

mod program;

const SHOP: &str = r#"{
    "info": { "name": "Shop" },
    "auth": { "type": "basic", "basic": { "username": "u", "password": "hunter2" } },
    "item": [
        { "name": "Orders", "item": [
            { "name": "Create", "request": { "method": "POST", "url": "https://h/orders", "auth": { "type": "bearer", "bearer": { "token": "{{token}}" } } } }
        ] },
        { "name": "JWT", "request": { "url": "https://h/", "auth": { "type": "jwt" } } }
    ]
}"#;

fn import(args: &[&str], stdin: &str) -> program::Run {
    countersign(&[&["import", "-"], args].concat(), &[], stdin)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

#[test]
fn the_config_is_on_standard_output_and_the_report_on_standard_error() {
    let run = import(&["--select", "Orders/Create"], SHOP);
    assert_eq!((run.code, json(&run.out)), (0, json!({ "type": "bearer", "token": "{{token}}" })));
    assert_eq!(run.err, "to fill: token\n");
    let run = import(&[], "curl --anyauth -u u:p https://h/ -F a=b");
    assert_eq!(json(&run.out)["type"], "digest");
    assert!(run.err.contains("note: --form: ") && run.err.contains("0* digest, 1 ntlm, 2 basic"), "{}", run.err);
    let run = import(&["--alternative", "2"], "curl --anyauth -u u:p https://h/");
    assert_eq!(json(&run.out)["type"], "basic");
}

#[test]
fn a_list_says_what_can_be_selected() {
    let run = import(&["--list"], SHOP);
    assert!(run.out.contains("Orders/Create  POST https://h/orders  bearer\n"), "{}", run.out);
    let run = import(&["--list", "--report", "json"], SHOP);
    assert_eq!(json(&run.out)["items"][1]["pointer"], "#/item/0/item/0");
}

#[test]
fn programs_get_one_object_whatever_happens() {
    let run = import(&["--report", "json", "--select", "Orders/Create"], SHOP);
    let whole = json(&run.out);
    assert_eq!(whole["request"], json!({ "method": "POST", "url": "https://h/orders", "headers": [] }));
    assert_eq!((&whole["variables"], &whole["alternatives"][0]), (&json!(["token"]), &whole["auth"]));
    assert_eq!(run.err, "");
    for (args, stdin, kind, code) in [
        (&["--select", "x"][..], SHOP, "unknown-item", 2),
        (&["--select", "JWT"], SHOP, "unsupported-scheme", 1),
        (&[], "curl h $(hunter2)", "invalid-import", 2),
        (&[], "curl h; curl i", "ambiguous-item", 2),
        (&["--alternative", "9"], "curl h", "unknown-item", 2),
        (&["--environment", "/nowhere"], SHOP, "unreadable", 2),
    ] {
        let run = import(&[&["--report", "json"], args].concat(), stdin);
        assert_eq!((json(&run.out)["error"]["kind"].as_str(), run.code), (Some(kind), code), "{run:?}");
        assert!(!run.out.contains("hunter2") && run.err.is_empty(), "{run:?}");
    }
    let run = import(&["--select", "JWT"], SHOP);
    assert!(run.code == 1 && run.out.is_empty() && run.err.contains("[unsupported-scheme]"), "{run:?}");
}

#[test]
fn secrets_go_into_a_file_of_their_own_and_come_back() {
    let dir = std::env::temp_dir().join(format!("countersign-import-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let (path, auth) = (dir.join("secrets.env"), dir.join("auth.json"));
    let path_text = path.to_str().unwrap();
    let curl = r#"curl https://h/ -u 'u:it"s \ {x}'"#;
    let run = import(&["--secrets", path_text], curl);
    assert_eq!(
        json(&run.out),
        json!({ "type": "basic", "username": "u", "password": "{{BASIC_PASSWORD}}" }),
        "{run:?}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    fs::write(&auth, &run.out).unwrap();
    let request = r#"{ "url": "https://h/" }"#;
    let signed = countersign(&["sign", "-", "--auth", auth.to_str().unwrap(), "--env-file", path_text], &[], request);
    let whole = countersign(&["sign", "--from", "-"], &[], curl);
    assert_eq!((signed.code, &signed.out), (0, &whole.out), "{signed:?} {whole:?}");
    // What is there is not written over.
    let again = import(&["--secrets", path_text], curl);
    assert!(again.code == 2 && again.out.is_empty(), "{again:?}");
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn signing_takes_the_items_own_request() {
    let run =
        countersign(&["sign", "--from", "-", "--select", "Orders/Create", "--format", "json"], &[("token", "t")], SHOP);
    let signed = json(&run.out);
    assert_eq!((&signed["method"], &signed["url"]), (&json!("POST"), &json!("https://h/orders")), "{run:?}");
    assert_eq!(signed["headers"], json!([["authorization", "Bearer t"]]));
    let run = countersign(&["sign", "--from", "-", "--select", "Orders/Create"], &[], SHOP);
    assert!(run.code == 2 && run.err.contains(r#""token" has no value"#), "{run:?}");
    let run = countersign(&["sign", "--from", "-"], &[], SHOP);
    assert!(run.code == 2 && run.err.contains("no request of its own"), "{run:?}");
    let run =
        countersign(&["sign", "-", "--select", "x"], &[], r#"{ "url": "https://h/", "auth": { "type": "none" } }"#);
    assert!(run.code == 2 && run.err.contains("--from"), "{run:?}");
    assert_eq!(countersign(&["sign"], &[], "").code, 2);
}

#[test]
fn postman_gets_a_collection() {
    let run = import(&["--format", "postman"], "curl -u u:p h");
    let again = import(&[], &run.out);
    assert_eq!(json(&again.out), json!({ "type": "basic", "username": "u", "password": "p" }), "{run:?}");
}

#[test]
fn cookies_are_printed_for_a_url() {
    const FILE: &str = ".example.com\tTRUE\t/\tTRUE\t1800000000\tsession\thunter2\nh\tFALSE\t/\tFALSE\t0\ta\t1\n";
    let url = "https://www.example.com/orders";
    let run = import(&["--url", url, "--time", "1700000000"], FILE);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "session=hunter2\n", ""));
    for (args, cookie) in
        [(["--url", "http://h/", "--time", "1"], json!("a=1")), (["--url", url, "--time", "1800000000"], json!(null))]
    {
        let run = import(&[&args[..], &["--report", "json"]].concat(), FILE);
        assert_eq!(json(&run.out), json!({ "cookie": cookie }));
    }
    let run = import(&["--url", "http://nowhere.example/"], FILE);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    for args in [&[][..], &["--kind", "cookies"], &["--url", "/orders"], &["--time", "1"]] {
        let run = import(args, FILE);
        assert!(run.code != 0 && run.err.contains("--url") && !run.err.contains("hunter2"), "{args:?} {run:?}");
    }
}

#[test]
fn profiles_take_the_config_file_and_the_variables() {
    let dir = std::env::temp_dir().join(format!("countersign-aws-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let config = dir.join("config");
    fs::write(&config, "[profile work]\nregion = eu-west-1\n").unwrap();
    let files = ["import", "-", "--config", config.to_str().unwrap(), "--environment-name", "work"];
    let credentials = "[work]\naws_access_key_id = AK\naws_secret_access_key = s\n";
    let run = countersign(&files, &[], credentials);
    assert_eq!(
        (&json(&run.out)["region"], &json(&run.out)["access_key_id"]),
        (&json!("eu-west-1"), &json!("AK")),
        "{run:?}"
    );
    let run = countersign(&["import", "-"], &[("AWS_ACCESS_KEY_ID", "ENV")], credentials);
    assert_eq!(json(&run.out)["access_key_id"], "ENV", "{run:?}");
    fs::remove_dir_all(&dir).unwrap();
}

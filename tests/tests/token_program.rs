//! `countersign token` against oidc-provider, with a stand-in for the browser: from nothing to a token that is kept, shown,
//! refreshed and revoked.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use countersign::Payload;
use countersign_tests::{Server, client, consent, free_port, send, work_dir};
use http::{Request, StatusCode};

/// The program, built from this workspace.
fn countersign(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "-p", "countersign-cli", "--"]).args(arguments).env_remove("BROWSER");
    command
}

fn run(arguments: &[&str]) -> (bool, String) {
    let output = countersign(arguments).output().unwrap();
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
    )
}

fn config(server: &Server, dir: &Path, grant: serde_json::Value) -> String {
    let mut grant = grant;
    for (field, path) in [("access_token_url", "/token"), ("auth_url", "/auth"), ("device_url", "/device/auth")] {
        grant[field] = server.uri(path).into();
    }
    let path = dir.join(format!("{}.json", grant["client_id"].as_str().unwrap()));
    std::fs::write(&path, serde_json::json!({ "type": "oauth2", "grant": grant }).to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
#[ignore = "needs tests/servers"]
fn from_the_login_page_to_a_revoked_token() {
    let dir = work_dir("token").unwrap();
    let server = Server::script("oidc-provider.sh", free_port().unwrap(), &dir).unwrap();
    let store = dir.join("tokens.json");
    let store = ["--store", store.to_str().unwrap()];
    let file = config(
        &server,
        &dir,
        serde_json::json!({
            "grant_type": "authorization_code", "client_id": "native", "scope": "openid offline_access",
            "callback_url": "http://127.0.0.1/callback", "auth_request_params": [["prompt", "consent"]],
        }),
    );
    let mut program = countersign(&[&["token", "get", &file, "--no-browser", "--timeout", "60"], &store[..]].concat());
    let mut program = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(program.stderr.take().unwrap()).lines();
    let url = said.find_map(|line| line.unwrap().strip_prefix("open ").map(str::to_owned)).expect("a URL to open");
    let came_back = consent(&server, &url, "").expect("a callback");
    let get = |uri: &str| send(&client(), Request::get(uri).body(Payload::empty()).unwrap()).unwrap();
    // Somebody else's answer does not end the waiting.
    assert_eq!(get(&came_back.replace("state=", "state=x")).status(), StatusCode::BAD_REQUEST);
    let page = get(&came_back);
    assert!(
        page.status() == StatusCode::OK && String::from_utf8_lossy(page.body()).contains("You may close this window")
    );
    let output = program.wait_with_output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && shown.contains("access_token\t********\n") && shown.contains("refresh_token\t"),
        "{shown}"
    );

    let (_, list) = run(&[&["token", "list"], &store[..]].concat());
    assert!(list.contains("native") && list.contains("s left"), "{list}");
    let token = |arguments: &[&str]| run(&[arguments, &store[..]].concat());
    let (_, before) = token(&["token", "show", &file, "--show-secret"]);
    let (done, text) = token(&["token", "refresh", &file]);
    assert!(done && text.contains("access_token\t********"), "{text}");
    let (_, after) = token(&["token", "show", &file, "--show-secret"]);
    assert!(before != after && !after.contains("****"));
    let (done, text) = token(&["token", "revoke", &file, "--revocation-url", &server.uri("/token/revocation")]);
    assert!(done && text.contains("revoked"), "{text}");
    let (done, text) = token(&["token", "show", &file]);
    assert!(!done && text.contains("no token is kept"), "{text}");
}

#[test]
#[ignore = "needs tests/servers"]
fn a_client_alone_gets_a_token_and_a_wrong_secret_none() {
    let dir = work_dir("token").unwrap();
    let server = Server::script("oidc-provider.sh", free_port().unwrap(), &dir).unwrap();
    let store = dir.join("tokens.json");
    let store = store.to_str().unwrap();
    let grant = |secret: &str| serde_json::json!({ "grant_type": "client_credentials", "client_id": "basic", "client_secret": secret });
    let file = config(&server, &dir, grant("basic-secret"));
    let (done, text) = run(&["token", "get", &file, "--store", store, "--name", "mine"]);
    assert!(done && text.contains("token_type\tBearer"), "{text}");
    let (done, text) = run(&["token", "delete", &file, "--store", store, "--name", "other"]);
    assert!(done && text.contains("there was none"), "{text}");
    let (done, text) = run(&["token", "delete", &file, "--store", store, "--name", "mine"]);
    assert!(done && text.contains("deleted"), "{text}");
    let file = config(&server, &dir, grant("wrong"));
    let (done, text) = run(&["token", "get", &file, "--store", store]);
    assert!(!done && text.contains("invalid_client") && !text.contains("wrong"), "{text}");
}

/// A browser without a window, over its WebDriver.
struct Browser {
    _driver: Server,
    session: String,
}

impl Browser {
    fn open() -> Self {
        let port = free_port().unwrap();
        let driver = Server::program(Command::new("chromedriver").arg(format!("--port={port}")), port).unwrap();
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        let options = serde_json::json!({ "goog:chromeOptions": { "args": arguments } });
        let asked = serde_json::json!({ "capabilities": { "alwaysMatch": options } });
        let reply = Self::ask(&driver.uri("/session"), &asked);
        let session = driver.uri(&format!("/session/{}", reply["sessionId"].as_str().expect("a session")));
        Self { _driver: driver, session }
    }

    fn ask(uri: &str, body: &serde_json::Value) -> serde_json::Value {
        let request = Request::post(uri).header("content-type", "application/json");
        let response = send(&client(), request.body(Payload::from(body.to_string())).unwrap()).unwrap();
        let mut reply: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        reply["value"].take()
    }

    fn go(&self, url: &str) {
        Self::ask(&format!("{}/url", self.session), &serde_json::json!({ "url": url }));
    }

    /// The first element of this kind, once it is there.
    fn find(&self, selector: &str) -> String {
        let asked = serde_json::json!({ "using": "css selector", "value": selector });
        for _ in 0..100 {
            let found = Self::ask(&format!("{}/element", self.session), &asked);
            if let Some(id) = found["element-6066-11e4-a52e-4f735466cecf"].as_str() {
                return format!("{}/element/{id}", self.session);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("the page has no {selector}");
    }

    fn type_into(&self, selector: &str, text: &str) {
        Self::ask(&format!("{}/value", self.find(selector)), &serde_json::json!({ "text": text }));
    }

    fn click(&self, selector: &str) {
        Self::ask(&format!("{}/click", self.find(selector)), &serde_json::json!({}));
    }

    fn text(&self, selector: &str) -> String {
        let uri = format!("{}/text", self.find(selector));
        let reply = send(&client(), Request::get(uri).body(Payload::empty()).unwrap()).unwrap();
        let reply: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
        reply["value"].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser, which its driver would leave behind.
        let _ = client().delete(&self.session).call();
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn a_real_browser_goes_from_the_login_page_to_a_token() {
    let dir = work_dir("browser").unwrap();
    let server = Server::script("oidc-provider.sh", free_port().unwrap(), &dir).unwrap();
    let grant = serde_json::json!({ "grant_type": "authorization_code", "client_id": "native", "scope": "openid" });
    let (file, store) = (config(&server, &dir, grant), dir.join("tokens.json"));
    let arguments = ["token", "get", &file, "--no-browser", "--timeout", "60", "--store", store.to_str().unwrap()];
    let mut program = countersign(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(program.stderr.take().unwrap()).lines();
    let url = said.find_map(|line| line.unwrap().strip_prefix("open ").map(str::to_owned)).expect("a URL to open");

    let browser = Browser::open();
    browser.go(&url);
    browser.type_into("input[name=login]", "alice");
    browser.type_into("input[name=password]", "secret");
    browser.click("button[type=submit]");
    // The consent page: no more fields, one button.
    browser.click("input[name=prompt][value=consent] ~ button[type=submit]");
    let mut page = String::new();
    for _ in 0..50 {
        page = browser.text("body");
        if page.contains("You may close this window") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(page.contains("You may close this window"), "{page}");
    let output = program.wait_with_output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && shown.contains("access_token\t********"), "{shown}");
}

//! `countersign send`, run against servers on loopback.

mod options;
mod schemes;
mod transfer;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};

use countersign_tests::guard::{Guard, PASSWORD, USER};
use countersign_tests::stand_in::{Answer, Place, StandIn};
use countersign_tests::work_dir;
use http::{Request, Response};
use serde_json::{Value, json};

/// What a run of the program gave.
#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    err: String,
}

/// The program, built once from this workspace.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let build = ["build", "--quiet", "-p", "countersign-cli"];
    assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success());
    // This test is in `deps` beside it.
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("countersign")
});

/// Runs `countersign send`, with no variables but these.
fn send_with(variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = Command::new(&*PROGRAM);
    let output = command.arg("send").args(arguments).env_clear().envs(variables.iter().copied()).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn send(arguments: &[&str]) -> Run {
    send_with(&[("HOME", "/nowhere")], arguments)
}

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    work_dir(&format!("send-{name}")).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Writes a request with its auth into a file.
fn request(folder: &Path, url: impl AsRef<str>, auth: &Value) -> String {
    file(folder, "request.json", json!({ "url": url.as_ref(), "auth": auth }).to_string())
}

fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    text(&path).to_owned()
}

fn none() -> Value {
    json!({ "type": "none" })
}

fn basic() -> Value {
    json!({ "type": "basic", "username": USER, "password": PASSWORD })
}

fn digest(password: &str) -> Value {
    json!({ "type": "digest", "username": USER, "password": password })
}

/// A server behind a guard.
fn guarded(
    guard: &Arc<impl Guard + 'static>,
    answer: impl Fn(&Request<Vec<u8>>) -> Response<Vec<u8>> + Send + Sync + 'static,
) -> StandIn {
    let guard = Arc::clone(guard);
    let answer = move |place: Place, request: Request<Vec<u8>>| {
        Answer::Reply(guard.answer(place, &request).unwrap_or_else(|| answer(&request)))
    };
    StandIn::start(answer).unwrap()
}

/// A server that replies to each request.
fn serving(answer: impl Fn(Request<Vec<u8>>) -> Response<Vec<u8>> + Send + Sync + 'static) -> StandIn {
    StandIn::start(move |_, request| Answer::Reply(answer(request))).unwrap()
}

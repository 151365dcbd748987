//! Bodies: into files, out of files.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign_tests::guard::{AwsSigv4, Digest, PASSWORD, USER, header, reply, with};
use countersign_tests::stand_in::{Answer, StandIn};
use http::{Request, Response};
use serde_json::json;

use super::{digest, file, folder, guarded, none, request, send, serving, text};

fn content() -> Vec<u8> {
    (0..300_000_u32).flat_map(u32::to_le_bytes).collect()
}

/// Serves the content with this entity tag, whole or from where it is asked for.
fn part(request: &Request<Vec<u8>>, tag: &str) -> Response<Vec<u8>> {
    let content = content();
    let from = header(request, "range").strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
    let from: Option<usize> = from.filter(|_| header(request, "if-range") == tag).map(|from| from.parse().unwrap());
    let whole = content.len();
    match from {
        Some(from) if from < whole => {
            let reply = reply(206, &content[from..]);
            with(reply, "content-range", format!("bytes {from}-{}/{whole}", whole - 1))
        }
        Some(_) => with(reply(416, ""), "content-range", format!("bytes */{whole}")),
        None => with(reply(200, content), "etag", tag),
    }
}

#[test]
fn a_download_that_was_cut_off_goes_on() {
    let folder = folder("resume");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = StandIn::start(move |_, request| {
        let reply = part(&request, "\"one\"");
        if count.fetch_add(1, Ordering::SeqCst) == 0 { Answer::Half(reply) } else { Answer::Reply(reply) }
    })
    .unwrap();
    let asks = request(&folder, server.uri("/file?key=hunter2"), &none());
    let target = folder.join("file");
    let download = ["--output", text(&target), "--resume"];

    let run = send(&[&[&*asks], &download[..]].concat());
    assert!(run.code == 6 && run.err.contains("--resume goes on from here") && !target.exists(), "{run:?}");
    let partial = folder.join("file.part");
    let half = std::fs::metadata(&partial).unwrap().len();
    let note = std::fs::read_to_string(folder.join("file.part.json")).unwrap();
    assert!(half > 100_000 && note.contains("one") && !note.contains("hunter2"), "{half} {note}");

    let run = send(&[&[&*asks], &download[..]].concat());
    assert!(run.code == 0 && run.out.starts_with("HTTP/1.1 206"), "{run:?}");
    assert!(std::fs::read(&target).unwrap() == content() && !partial.exists(), "{run:?}");
    assert!(!folder.join("file.part.json").exists());

    // Cut off after the last byte.
    std::fs::rename(&target, &partial).unwrap();
    std::fs::write(folder.join("file.part.json"), note).unwrap();
    let run = send(&[&[&*asks], &download[..]].concat());
    assert!(run.code == 0 && std::fs::read(&target).unwrap() == content(), "{run:?}");
}

#[test]
fn a_file_that_has_changed_is_fetched_anew() {
    let folder = folder("changed");
    let server = serving(|request| part(&request, "\"two\""));
    let asks = request(&folder, server.uri("/file"), &none());
    let target = folder.join("file");
    std::fs::write(folder.join("file.part"), b"old").unwrap();
    let note = json!({ "url": server.uri("/file"), "validator": "\"one\"" });
    std::fs::write(folder.join("file.part.json"), note.to_string()).unwrap();
    let run = send(&[&asks, "-o", text(&target), "--resume"]);
    assert!(run.code == 0 && run.out.starts_with("HTTP/1.1 200"), "{run:?}");
    assert_eq!(std::fs::read(&target).unwrap(), content());
    // What lies there is of another URL: nothing is asked for but the whole.
    std::fs::write(folder.join("file.part"), b"old").unwrap();
    let note = json!({ "url": server.uri("/other"), "validator": "\"two\"" });
    std::fs::write(folder.join("file.part.json"), note.to_string()).unwrap();
    let run = send(&[&asks, "-o", text(&target), "--resume"]);
    assert!(run.out.starts_with("HTTP/1.1 200") && std::fs::read(&target).unwrap() == content(), "{run:?}");
}

#[test]
fn another_part_than_was_asked_for_is_refused() {
    let folder = folder("other-part");
    let server = serving(|_| with(reply(206, "x"), "content-range", "bytes 7-7/8"));
    let asks = request(&folder, server.uri("/file"), &none());
    let target = folder.join("file");
    let run = send(&[&asks, "-o", text(&target)]);
    assert!(run.code == 1 && run.err.contains("another part") && !target.exists(), "{run:?}");
}

#[test]
fn a_refusal_does_not_overwrite_the_file() {
    let folder = folder("refusal");
    let server = serving(|_| reply(404, "nothing here"));
    let asks = request(&folder, server.uri("/"), &none());
    let target = file(&folder, "file", "mine");
    let run = send(&[&asks, "-o", &target]);
    assert!(run.code == 4 && run.out.ends_with("nothing here"), "{run:?}");
    assert_eq!(std::fs::read(&target).unwrap(), b"mine");
}

#[test]
fn only_the_body_goes_to_standard_output() {
    let folder = folder("stdout");
    let server = serving(|_| reply(200, "body"));
    let run = send(&[&request(&folder, server.uri("/"), &none()), "-o", "-"]);
    assert_eq!((run.code, &*run.out), (0, "body"));
}

#[test]
fn a_streamed_file_answers_a_challenge() {
    let folder = folder("stream");
    let server = guarded(&Arc::new(Digest::new(300)), |request| {
        let is_ours = request.body().iter().all(|byte| *byte == b'x');
        reply(200, format!("{} {is_ours} {}", request.body().len(), header(request, "transfer-encoding")))
    });
    let data = format!("@{}", file(&folder, "data", vec![b'x'; 5 << 20]));
    let json = json!({ "method": "POST", "url": server.uri("/"), "auth": digest(PASSWORD) });
    let run = send(&[&file(&folder, "post.json", json.to_string()), "--data", &data, "-v"]);
    assert!(run.code == 0 && run.out.ends_with("5242880 true "), "{run:?}");
    assert!(run.err.contains("leg 2") && run.err.contains("content-length: 5242880"), "{run:?}");
}

#[test]
fn a_file_that_must_be_signed_whole_is_read() {
    let folder = folder("whole");
    let server =
        guarded(&Arc::new(AwsSigv4::default()), |request| reply(200, format!("{} bytes", request.body().len())));
    let auth = json!({ "type": "aws-sigv4", "access_key_id": USER, "secret_access_key": PASSWORD, "region": "eu-west-1",
        "service": "execute-api", "add_to": "query" });
    let json = json!({ "method": "POST", "url": server.uri("/"), "auth": auth });
    let data = format!("@{}", file(&folder, "data", vec![b'x'; 2 << 20]));
    let run = send(&[&file(&folder, "post.json", json.to_string()), "--data", &data]);
    assert!(run.code == 0 && run.out.ends_with("2097152 bytes"), "{run:?}");
}

#[test]
fn a_short_body_is_sent_as_it_is() {
    let folder = folder("short");
    let server = serving(|request| reply(200, request.body().clone()));
    let json = json!({ "method": "POST", "url": server.uri("/"), "auth": none() });
    let post = file(&folder, "post.json", json.to_string());
    assert!(send(&[&post, "--data", "a=b"]).out.ends_with("\n\na=b"));
    let data = format!("@{}", file(&folder, "data", "c=d"));
    assert!(send(&[&post, "--data", &data]).out.ends_with("\n\nc=d"));
    let run = send(&[&post, "--data", "@/nowhere/x"]);
    assert!(run.code == 2 && run.err.contains("cannot read /nowhere/x"), "{run:?}");
}

//! `countersign explain`, as it is typed.

use program::{countersign, repository};

mod program;

const REQUEST: &str = "curl 'https://es.us-east-1.amazonaws.com/_search/%3Fa=b%20c' -H 'X-Amz-Date: 20151227T231859Z' -H 'Authorization: \
                       AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20151227/us-east-1/es/aws4_request, SignedHeaders=host;x-amz-date, Signature=7'";

#[test]
fn a_curl_command_is_explained_without_a_secret() {
    let run = countersign(&["explain", "-"], &[], REQUEST);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.starts_with("GET https://es.us-east-1.amazonaws.com/_search/"), "{}", run.out);
    assert!(run.out.contains("/_search/%253Fa%3Db%2520c"), "{}", run.out);
    assert!(run.out.contains("20151227/us-east-1/es/aws4_request"));
}

#[test]
fn html_is_a_page_that_loads_nothing() {
    let run = countersign(&["explain", "--html", "-"], &[], REQUEST);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.starts_with("<!doctype html>") && run.out.contains("default-src 'none'"));
    assert!(!run.out.contains("<script") && !run.out.contains("src=") && !run.out.contains("href="));
}

#[test]
fn a_request_in_json_is_signed_first() {
    let file = repository("examples/requests/s3-get.json");
    let run = countersign(&["explain", "--time", "20150830T123600Z", &file], &[], "");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("20150830/eu-central-1/s3/aws4_request"), "{}", run.out);
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let run = countersign(&["explain", "-"], &[], "hello");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("neither a curl command nor HTTP"), "{}", run.err);
}

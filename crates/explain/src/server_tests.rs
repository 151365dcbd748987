use super::*;

const CANONICAL: &str = "GET\n/it's\na=1&b=<2>\nhost:h\n\nhost\ne3b0";
const STRING: &str = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/s3/aws4_request\nabc";

#[test]
fn every_form_of_a_servers_error_is_read() {
    let sentence = format!(
        "The request signature we calculated does not match the signature you provided. Consult the service documentation for \
         details.\n\nThe Canonical String for this request should have been\n'{CANONICAL}'\n\nThe String-to-Sign should have \
         been\n'{STRING}'\n"
    );
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#39;");
    for text in [
        format!(
            "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>{STRING}</StringToSign><CanonicalRequest>{}\
             </CanonicalRequest></Error>",
            escaped(CANONICAL)
        ),
        format!("<ErrorResponse><Error><Message>{}</Message></Error></ErrorResponse>", escaped(&sentence)),
        serde_json::json!({ "message": sentence }).to_string(),
        serde_json::json!({ "__type": "x", "Message": sentence.trim_end() }).to_string(),
        serde_json::json!({ "errors": [{ "message": sentence, "code": "InvalidSignature" }] }).to_string(),
        format!("HTTP/1.1 403 Forbidden\r\nx: y\r\n\r\n{}", serde_json::json!({ "message": sentence })),
        sentence.clone(),
        sentence.replace('\n', "\r\n"),
        format!("{CANONICAL}\n\n{STRING}"),
    ] {
        let read = ServerSays::read(&text);
        assert_eq!(read.canonical_request(), Some(CANONICAL), "{text}");
        assert_eq!(read.string_to_sign(), Some(STRING), "{text}");
        assert_eq!(read.unix_time(), Some(1_440_938_160));
    }
    assert_eq!(ServerSays::read(&format!("{STRING}\n")).string_to_sign(), Some(STRING));
    assert_eq!(ServerSays::read(&format!("{CANONICAL}\n")).canonical_request(), Some(CANONICAL));
    assert_eq!(ServerSays::read("Forbidden").canonical_request(), None);
}

#[test]
fn references_are_undone_once() {
    assert_eq!(unescaped("&amp;lt;&#10;&#xA;&nosuch;&"), "&lt;\n\n&nosuch;&");
}

#[test]
fn headers_are_told_from_a_body() {
    for text in [
        "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic realm=\"a\"\n\nbody",
        "< HTTP/2 401\n< www-authenticate: Basic realm=\"a\"\n<\nbody",
        "WWW-Authenticate: Basic realm=\"a\"\n\nbody",
    ] {
        let read = ServerSays::read(text);
        assert_eq!(read.challenges().map(|(_, value)| value).collect::<Vec<_>>(), ["Basic realm=\"a\""], "{text}");
        assert_eq!(read.body, "body");
    }
}

#[test]
fn what_servers_say_is_put_into_words() {
    for (said, words) in [
        (
            "{\"message\":\"Signature expired: 20241008T195522Z is now earlier than 20241008T195940Z (20241008T200440Z - 5 min.)\"}",
            "off by 9 minutes 18 seconds: the request was signed for a time that is 9 minutes 18 seconds behind",
        ),
        (
            "Signature not yet current: 20230804T000000Z is still later than 20230803T172233Z (20230803T171733Z + 5 min.)",
            "6 hours 42 minutes ahead",
        ),
        (
            "<Code>RequestTimeTooSkewed</Code><RequestTime>20150604T232559Z</RequestTime><ServerTime>2015-06-04T22:26:16Z</ServerTime>",
            "59 minutes 43 seconds ahead",
        ),
        ("the region 'us-east-1' is wrong; expecting 'eu-central-1'</Message>", "Sign for eu-central-1."),
        (
            "{\"message\":\"Credential should be scoped to a valid region, not 'eu-west-1'. \"}",
            "signed for \"eu-west-1\"",
        ),
        ("Credential should be scoped to correct service: 'es'.", "sign for \"es\""),
        ("<Error><Code>AccessDenied</Code></Error>", "The signature is good"),
    ] {
        let findings = ServerSays::read(said).findings();
        assert!(findings.len() == 1 && findings[0].contains(words), "{said}: {findings:?}");
    }
}

use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use proptest::prelude::*;

use super::*;

/// `Scheme token68` or `Scheme name=value;…`, joined by ` | `; an error is `!`.
fn read(value: &[u8]) -> String {
    let one = |challenge: Result<Challenge<'_>>| match challenge {
        Err(_) => "!".to_owned(),
        Ok(challenge) => {
            let params = challenge.params().map(|param| format!("{}={}", param.name, param.value().escape_ascii()));
            let params: Vec<_> = challenge.token68().map(str::to_owned).into_iter().chain(params).collect();
            format!("{} {}", challenge.scheme(), params.join(";")).trim_end().to_owned()
        }
    };
    challenges(value).map(one).collect::<Vec<_>>().join(" | ")
}

#[test]
fn what_the_grammar_allows() {
    for (value, expected) in [
        (&b""[..], ""),
        (b" , ,", ""),
        (b"Negotiate", "Negotiate"),
        (b"Negotiate, NTLM", "Negotiate | NTLM"),
        (b"Negotiate dG9r/ZW4+.-_~==", "Negotiate dG9r/ZW4+.-_~=="),
        (b"Bearer", "Bearer"),
        (b"Basic realm=\"x\"", "Basic realm=x"),
        (b"Basic realm = \"x\" ,\tcharset\t=\tUTF-8", "Basic realm=x;charset=UTF-8"),
        (b",Basic realm=\"x\",,Digest a=b,,c=d,", "Basic realm=x | Digest a=b;c=d"),
        (b"A b=\"c, D e=f\", G h=i", "A b=c, D e=f | G h=i"),
        (b"A b=\"\\\"\\\\\\c\"", "A b=\\\"\\\\c"),
        (b"A b=\"\xfc\xff\"", "A b=\\xfc\\xff"),
        (b"A b=\"\"", "A b="),
        (b"NewScheme p.q*'~=x, Other", "NewScheme p.q*'~=x | Other"),
        // RFC 9110 section 11.6.1's own example
        (
            b"Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"",
            "Basic realm=simple | Newauth realm=apps;type=1;title=Login to \\\"apps\\\"",
        ),
    ] {
        assert_eq!(read(value), expected, "{}", value.escape_ascii());
    }
}

#[test]
fn what_servers_send_all_the_same() {
    for (value, expected) in [
        // Unquoted values that are no tokens: nonces in base64 of embedded web servers.
        (&b"Digest realm=cam, nonce=MTIz/NDU2==, qop=auth"[..], "Digest realm=cam;nonce=MTIz/NDU2==;qop=auth"),
        // No comma between parameters: CUPS 1.1.21 (its issue 882), codeigniter-restserver (its issue 68).
        (b"Digest realm=\"CUPS\" nonce=\"127.0.0.1\"", "Digest realm=CUPS;nonce=127.0.0.1"),
        (b"Digest realm=\"r\" qop=\"auth\"  opaque=\"o\"", "Digest realm=r;qop=auth;opaque=o"),
        // Blanks around `=`, which the grammar tolerates (BWS) and few clients do: seen by poco (its issue 1452).
        (b"Digest nonce = \"61222a\", realm = \"TEST\"", "Digest nonce=61222a;realm=TEST"),
        // Commas without a blank, empty and upper-case values: RTSP cameras (gortsplib, its issue 1).
        (b"Digest realm=\"r\",nonce=\"n\",opaque=\"\",stale=FALSE", "Digest realm=r;nonce=n;opaque=;stale=FALSE"),
        // `realm` not first, a boolean in quotes: Hikvision cameras (okhttp, its issue 2780).
        (b"Digest qop=\"auth\", realm=\"DS\", stale=\"FALSE\"", "Digest qop=auth;realm=DS;stale=FALSE"),
        // A trailing comma, and an empty value without quotes: embedded web servers.
        (b"Digest realm=\"r\", opaque=, nonce=\"n\",", "Digest realm=r;opaque=;nonce=n"),
        // realms with UTF-8 or Latin-1, unquoted
        (b"Basic realm=B\xfcro", "Basic realm=B\\xfcro"),
    ] {
        assert_eq!(read(value), expected, "{}", value.escape_ascii());
    }
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_place() {
    for value in [
        &b"\"quoted\""[..],
        b"=x",
        b"realm=\"x\"",
        b"A =b",
        b"A b=\"open",
        b"A b=\"open\\",
        b"A b=\"c\" d",
        b"A b=\"c\"; d=e",
        b"A \"b\"",
        b"(x)",
    ] {
        assert!(read(value).ends_with('!'), "{} gives {}", value.escape_ascii(), read(value));
    }
    let error = challenges(b"Basic realm=\"x\", \"").last().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "cannot read the challenge: no scheme at byte 17");
}

#[test]
fn a_broken_value_does_not_hide_the_next() {
    let mut headers = HeaderMap::new();
    headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"open"));
    headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(""));
    headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("NTLM"));
    let read: Vec<_> = in_headers(&headers, &WWW_AUTHENTICATE).collect();
    assert!(read[0].is_err());
    assert!(read[1].as_ref().is_ok_and(|challenge| challenge.is("ntlm")));
    assert_eq!(read.len(), 2);
}

#[test]
fn plain_values_are_borrowed() {
    let challenge = challenges(b"A b=\"c\"").next().unwrap().unwrap();
    assert!(matches!(challenge.param("B"), Some(Cow::Borrowed(b"c"))));
    assert_eq!(challenge.param("c"), None);
}

#[test]
fn a_reader_skips_what_is_not_asked_for() {
    let mut reader = Reader::new(b"A b=c, d=\"e\\\"\", Negotiate dG9r, F, G h=i");
    let mut schemes = Vec::new();
    while let Some(scheme) = reader.next_scheme() {
        schemes.push((scheme.unwrap(), reader.token68()));
    }
    assert_eq!(schemes, [("A", None), ("Negotiate", Some("dG9r")), ("F", None), ("G", None)]);
    let mut reader = Reader::new(b"A b=c, D e=\"open");
    assert_eq!(reader.next_scheme().unwrap().unwrap(), "A");
    assert_eq!(reader.next_scheme().unwrap().unwrap(), "D");
    assert!(reader.next_param().unwrap().is_err());
    assert!(reader.next_param().is_none() && reader.next_scheme().is_none());
}

proptest! {
    #[test]
    fn any_bytes_end(value in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(challenges(&value).count() <= value.len());
    }

    #[test]
    fn what_is_quoted_comes_back(value in proptest::collection::vec(any::<u8>(), 0..30)) {
        let mut text = b"A b=\"".to_vec();
        for &byte in &value {
            if byte == b'"' || byte == b'\\' {
                text.push(b'\\');
            }
            text.push(byte);
        }
        text.extend(b"\", c=d");
        let challenge = challenges(&text).next().unwrap().unwrap();
        prop_assert_eq!(challenge.param("b").unwrap().into_owned(), value);
        prop_assert_eq!(challenge.param("c").unwrap().into_owned(), b"d");
    }
}

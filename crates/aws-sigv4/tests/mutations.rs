//! Whatever is changed in a signed request: it is refused, or what changed is not signed.
//!
//! `COUNTERSIGN_MUTATIONS` says how many changes are tried.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign_aws_sigv4::http::request::Parts;
use countersign_aws_sigv4::http::{HeaderName, HeaderValue, Method, Request, Uri};
use countersign_aws_sigv4::scheme::encode::{form_decode, percent_decode};
use countersign_aws_sigv4::scheme::{query, target};
use countersign_aws_sigv4::verify::Verifier;
use countersign_aws_sigv4::{AddTo, Config, Context, Payload, PayloadSigning, Scheme as _, Secret, Signer};
use proptest::prelude::*;
use proptest::sample::select;

const NOW: u64 = 1_440_938_160;
/// Headers of the request below, signed and not.
const NAMES: [&str; 9] = [
    "authorization",
    "host",
    "content-type",
    "x-a",
    "user-agent",
    "x-amz-acl",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
];

fn config() -> impl Strategy<Value = Config> {
    let payload = select(vec![PayloadSigning::Hash, PayloadSigning::Unsigned]);
    let add_to = select(vec![AddTo::Header, AddTo::Query]);
    (select(vec!["s3", "service"]), add_to, payload, any::<bool>()).prop_map(|(service, add_to, payload, apart)| {
        let mut config = Config::new("AKIDEXAMPLE", "secret");
        config.service = Some(service.to_owned());
        config.add_to = add_to;
        // A presigned URL of another service than S3 cannot say that its body is not signed.
        config.payload = if add_to == AddTo::Query && service != "s3" { PayloadSigning::Hash } else { payload };
        config.session_token = Some("to/ken=".into());
        config.unsigned_session_token = apart && add_to == AddTo::Header;
        config
    })
}

fn sign(config: &Config) -> (Parts, Payload) {
    let request = Request::post("https://example.com:8443/a/b%20c/d.e?k=v&b=1+%C3%BC&a=%2f&a&=x");
    let headers = [
        ("host", "example.com:8443"),
        ("content-type", "text/plain; a=b"),
        ("x-a", "one two"),
        ("x-a", "three"),
        ("user-agent", "test"),
        ("x-amz-acl", "private"),
    ];
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let (mut parts, mut payload) = request.body(Payload::from("a body")).unwrap().into_parts();
    Signer::new(config).unwrap().sign(&mut parts, &mut payload, &Context::at(NOW)).unwrap();
    (parts, payload)
}

/// A small change of a text.
#[derive(Clone, Debug)]
enum Edit {
    /// So many bytes from a place on become this text.
    Splice(usize, usize, String),
    SwapNext(usize),
    SwapCase(usize),
}

impl Edit {
    fn of(&self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        let place = |at: &usize| at % text.len().max(1);
        match self {
            Self::Splice(at, length, new) => {
                let (start, end) = (place(at), (place(at) + length).min(text.len()));
                text.splice(start..end, new.bytes());
            }
            Self::SwapNext(at) if place(at) + 1 < text.len() => {
                let at = place(at);
                text.swap(at, at + 1);
            }
            Self::SwapCase(at) if !text.is_empty() => {
                let at = place(at);
                text.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 0x20);
            }
            Self::SwapNext(_) | Self::SwapCase(_) => {}
        }
        text
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let pieces = [
        "",
        "",
        "/",
        "//",
        "/./",
        "/../",
        "%2F",
        "%2f",
        "%20",
        "+",
        "&",
        "&&",
        "=",
        "?",
        " ",
        "  ",
        "\t",
        ",",
        ";",
        "a",
        "A",
        "0",
        "%61",
        "ü",
        "%C3%BC",
        "&a=1",
        "&X-Amz-Date=1",
        "X-Amz-",
        ":443",
        "u@",
        "~",
        "%7E",
    ];
    let new = prop_oneof![4 => select(pieces.to_vec()).prop_map(str::to_owned), 1 => "[ -~]{1,3}"];
    prop_oneof![
        6 => (any::<usize>(), 0_usize..4, new).prop_map(|(at, length, new)| Edit::Splice(at, length, new)),
        1 => (any::<usize>(), 4_usize..40).prop_map(|(at, length)| Edit::Splice(at, length, String::new())),
        1 => any::<usize>().prop_map(Edit::SwapNext),
        1 => any::<usize>().prop_map(Edit::SwapCase),
    ]
}

/// What is changed, and how.
#[derive(Clone, Debug)]
enum Change {
    Method(&'static str),
    Uri(Edit),
    Header(&'static str, Edit),
    Add(&'static str, &'static str),
    Remove(&'static str),
    Body(Edit),
}

fn change() -> impl Strategy<Value = Change> {
    let name = || select(NAMES.to_vec());
    let values = ["", "a", "three", "example.com:8443", "text/html", "20150830T123600Z", "UNSIGNED-PAYLOAD", "to/ken="];
    prop_oneof![
        1 => select(vec!["GET", "PUT", "post", "POSTS"]).prop_map(Change::Method),
        8 => edit().prop_map(Change::Uri),
        8 => (name(), edit()).prop_map(|(name, edit)| Change::Header(name, edit)),
        2 => (name(), select(values.to_vec())).prop_map(|(name, value)| Change::Add(name, value)),
        1 => name().prop_map(Change::Remove),
        2 => edit().prop_map(Change::Body),
    ]
}

impl Change {
    /// `None` where the result is no request at all.
    fn make(&self, parts: &mut Parts, payload: &mut Payload) -> Option<()> {
        match self {
            Self::Method(name) => parts.method = Method::from_bytes(name.as_bytes()).ok()?,
            Self::Uri(edit) => parts.uri = Uri::try_from(edit.of(parts.uri.to_string().as_bytes())).ok()?,
            Self::Header(name, edit) => {
                let value = parts.headers.get_mut(*name)?;
                *value = HeaderValue::from_bytes(&edit.of(value.as_bytes())).ok()?;
            }
            Self::Add(name, value) => {
                parts.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            Self::Remove(name) => drop(parts.headers.remove(*name)?),
            Self::Body(edit) => *payload = Payload::from(edit.of(payload.bytes()?)),
        }
        Some(())
    }
}

/// A path without dot segments and repeated slashes (RFC 3986 section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let open = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end)) && !kept.is_empty();
    format!("/{}{}", kept.join("/"), if open { "/" } else { "" })
}

/// All that is signed of a request that passes, put down without the crate's own canonical form.
fn signed(parts: &Parts, payload: &Payload) -> Option<Vec<String>> {
    let verifier = Verifier::new();
    let claim = verifier.read(parts).ok()?;
    let secret = (claim.id() == "AKIDEXAMPLE").then(|| Secret::from("secret"));
    let verified = verifier.verify(claim, secret.as_ref(), payload, &Context::at(NOW)).ok()?;
    let path = match verified.service.as_str() {
        "s3" => format!("{:?}", percent_decode(parts.uri.path().as_bytes())),
        _ => without_dots(parts.uri.path()),
    };
    let decoded = |text: &str| form_decode(text.as_bytes()).into_owned();
    let mut pairs: Vec<_> = query::pairs(parts.uri.query().unwrap_or_default())
        .filter(|(name, value)| !name.is_empty() || value.is_some())
        .map(|(name, value)| (decoded(name), decoded(value.unwrap_or_default())))
        .collect();
    pairs.sort();
    let host = target::host(parts).unwrap();
    let mut all = vec![parts.method.to_string(), path, format!("{pairs:?}"), host.to_owned()];
    for name in verified.signed_headers.iter().filter(|name| *name != "host") {
        let values = parts.headers.get_all(name).iter().map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            text.split([' ', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
        });
        all.push(format!("{name}:{}", values.collect::<Vec<_>>().join(",")));
    }
    if verified.payload_hash.len() == 64 {
        all.push(format!("{:?}", payload.bytes()));
    }
    let token = verified.session_token.filter(|_| verified.session_token_is_signed);
    all.push(format!("{:?} {}", token.as_ref().map(Secret::expose), verified.signed_at));
    all.extend([verified.access_key_id, verified.region, verified.service, verified.payload_hash, verified.signature]);
    Some(all)
}

fn cases() -> ProptestConfig {
    let given = std::env::var("COUNTERSIGN_MUTATIONS").ok().and_then(|count| count.parse().ok());
    ProptestConfig { cases: given.unwrap_or(500), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn only_what_is_unsigned_can_change(config in config(), change in change()) {
        let (mut parts, mut payload) = sign(&config);
        let before = signed(&parts, &payload);
        prop_assert!(before.is_some());
        if change.make(&mut parts, &mut payload).is_some() {
            let after = signed(&parts, &payload);
            prop_assert!(after.is_none() || after == before, "{before:?}\nbecame\n{after:?}");
        }
    }
}

/// The list in the verifier's documentation, each entry tried.
#[test]
fn what_is_said_to_be_unsigned_is() {
    let passes = |change: &dyn Fn(&mut Config), make: &dyn Fn(&mut Parts, &mut Payload)| {
        let mut config = Config::new("AKIDEXAMPLE", "secret");
        config.service = Some("service".into());
        change(&mut config);
        let (mut parts, mut payload) = sign(&config);
        make(&mut parts, &mut payload);
        signed(&parts, &payload).is_some()
    };
    let as_is = |_: &mut Config| {};
    let s3 = |config: &mut Config| config.service = Some("s3".into());
    let header = |parts: &mut Parts, name: &'static str, value: &str| {
        parts.headers.insert(name, HeaderValue::try_from(value).unwrap());
    };
    let uri = |parts: &mut Parts, from: &str, to: &str| {
        let text = parts.uri.to_string();
        assert!(text.contains(from), "{text}");
        parts.uri = text.replace(from, to).parse().unwrap();
    };
    assert!(passes(&as_is, &|parts, _| header(parts, "x-other", "added")));
    assert!(passes(&as_is, &|parts, _| header(parts, "user-agent", "another")));
    assert!(!passes(&as_is, &|parts, _| header(parts, "x-amz-other", "added")));
    let apart = |config: &mut Config| {
        config.session_token = Some("token".into());
        config.unsigned_session_token = true;
    };
    assert!(passes(&apart, &|parts, _| header(parts, "x-amz-security-token", "another")));

    assert!(passes(&as_is, &|parts, _| header(parts, "x-a", "one \t two,three")));
    assert!(passes(&as_is, &|parts, _| header(parts, "content-type", "  text/plain; a=b ")));

    let unsigned = |config: &mut Config| config.payload = PayloadSigning::Unsigned;
    assert!(passes(&unsigned, &|_, payload| *payload = "another".into()));
    assert!(!passes(&as_is, &|_, payload| *payload = "another".into()));

    assert!(passes(&as_is, &|parts, _| uri(parts, "k=v&b=1+%C3%BC", "b=1%20\u{fc}&&%6b=v")));
    assert!(passes(&as_is, &|parts, _| uri(parts, "&a&", "&a=&")));

    assert!(passes(&s3, &|parts, _| uri(parts, "/a/b%20c/d.e", "/a%2fb%20c/%64.e")));
    assert!(!passes(&s3, &|parts, _| uri(parts, "/a/b%20c", "/a//b%20c")));
    assert!(passes(&as_is, &|parts, _| uri(parts, "/a/b%20c", "/./x/..//a/b%20c")));
    assert!(!passes(&as_is, &|parts, _| uri(parts, "/d.e", "/%64.e")));

    assert!(passes(&as_is, &|parts, _| uri(parts, "https://example.com", "http://user:password@EXAMPLE.com")));
    assert!(passes(&as_is, &|parts, _| uri(parts, "https://example.com:8443", "")));
    assert!(!passes(&as_is, &|parts, _| header(parts, "host", "EXAMPLE.com:8443")));

    assert!(passes(&as_is, &|parts, _| {
        let text = parts.headers["authorization"].to_str().unwrap();
        let mut fields: Vec<_> = text.strip_prefix("AWS4-HMAC-SHA256 ").unwrap().split(", ").collect();
        fields.reverse();
        header(parts, "authorization", &format!("AWS4-HMAC-SHA256  {} ", fields.join("  ,")));
    }));
}

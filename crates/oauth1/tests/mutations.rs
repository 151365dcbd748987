//! Whatever is changed in a signed request: it is refused, or what changed is not signed, as the docs of `verify` list it.
//!
//! `COUNTERSIGN_MUTATIONS` says how many changes are tried.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::sync::LazyLock;

use countersign_oauth1::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use countersign_oauth1::http::request::Parts;
use countersign_oauth1::http::{HeaderName, HeaderValue, Method, Request, Uri, request};
use countersign_oauth1::scheme::challenge;
use countersign_oauth1::verify::{Keys, Verifier};
use countersign_oauth1::{AddTo, Config, Context, Payload, Scheme as _, SignatureMethod, Signer};
use proptest::prelude::*;

const NOW: u64 = 1_191_242_096;
const FORM: &str = "application/x-www-form-urlencoded";

fn changes() -> ProptestConfig {
    let given = std::env::var("COUNTERSIGN_MUTATIONS").ok().and_then(|count| count.parse().ok());
    ProptestConfig { cases: given.unwrap_or(500), failure_persistence: None, ..ProptestConfig::default() }
}

/// Requests of every shape, signed by every method that signs and in every place.
static SIGNED: LazyLock<Vec<(Parts, Payload)>> = LazyLock::new(|| {
    let mut signed = Vec::new();
    for (index, method) in SignatureMethod::ALL.iter().enumerate() {
        if *method == SignatureMethod::Plaintext || is_rsa(method) && !cfg!(feature = "rsa") {
            continue;
        }
        for add_to in [AddTo::Header, AddTo::Request] {
            let mut config = Config::new("consumer", "secret").with_token("token", "token secret");
            config.signature_method = method.clone();
            config.private_key = Some(include_str!("rsa2048.pem").into());
            config.add_to = add_to;
            config.realm = (index % 2 == 0).then(|| "a realm".to_owned());
            let requests: [(request::Builder, &str); 3] = [
                (Request::get("https://api.example.com/a/b%2Fc?x=1&y=%20+%2B&x=&z"), ""),
                (Request::post("http://api.example.com:8080/?q=1").header(CONTENT_TYPE, FORM), "a=1&b=%26+c&a="),
                (Request::put("https://api.example.com/").header(CONTENT_TYPE, "application/json"), "{\"a\":1}"),
            ];
            for (request, body) in requests {
                config.include_body_hash = !body.is_empty();
                let (mut parts, mut payload) = request.body(Payload::from(body)).unwrap().into_parts();
                let ctx = Context::at(NOW).with_nonce("n0nce");
                Signer::new(&config).unwrap().sign(&mut parts, &mut payload, &ctx).unwrap();
                let host = parts.uri.authority().unwrap().as_str().parse().unwrap();
                parts.headers.insert(HOST, host);
                signed.push((parts, payload));
            }
        }
    }
    signed
});

fn is_rsa(method: &SignatureMethod) -> bool {
    method.as_str().starts_with("RSA")
}

fn keys(method: &SignatureMethod) -> Keys {
    #[cfg(feature = "rsa")]
    if is_rsa(method) {
        return Keys::from_public_key(include_str!("rsa2048.pub.pem")).unwrap().with_token_secret("");
    }
    Keys::new("secret").with_token_secret("token secret").with_methods([method.clone()])
}

/// What a request means, as far as it is signed.
#[derive(Debug, Eq, PartialEq)]
struct Meaning {
    method: String,
    scheme: String,
    host: String,
    path: String,
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
    hashed_body: Option<Vec<u8>>,
}

fn decode(text: &[u8], plus: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let hex = text.get(at + 1..at + 3).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        match (byte, hex) {
            (b'%', Some(hex)) => {
                out.push(u8::from_str_radix(str::from_utf8(hex).unwrap(), 16).unwrap());
                at += 2;
            }
            (b'+', _) => out.push(plus),
            _ => out.push(byte),
        }
        at += 1;
    }
    out
}

fn pairs(form: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs = form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default();
        (decode(name, b' '), decode(parts.next().unwrap_or_default(), b' '))
    });
    pairs.collect()
}

fn meaning(parts: &Parts, payload: &Payload) -> Meaning {
    let body = payload.bytes().unwrap().to_vec();
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM);
    let mut parameters = pairs(parts.uri.query().unwrap_or_default().as_bytes());
    if is_form {
        parameters.extend(pairs(&body));
    }
    if let Some(Ok(header)) =
        parts.headers.get(AUTHORIZATION).and_then(|value| challenge::challenges(value.as_bytes()).next())
    {
        let of_header = header.params().filter(|param| header.is("OAuth") && !param.name.eq_ignore_ascii_case("realm"));
        parameters.extend(of_header.map(|param| (decode(param.name.as_bytes(), b'+'), decode(&param.value(), b'+'))));
    }
    parameters.retain(|(name, _)| name != b"oauth_signature");
    parameters.sort();
    let hashes = parameters.iter().any(|(name, _)| name == b"oauth_body_hash");
    let scheme = parts.uri.scheme_str().unwrap_or("https").to_ascii_lowercase();
    let default = if scheme == "http" { ":80" } else { ":443" };
    let named =
        parts.headers.get(HOST).and_then(|value| value.to_str().ok()).map(str::trim).filter(|host| !host.is_empty());
    let authority = parts.uri.authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default());
    let host = named.or(authority).unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(default).unwrap_or(&host).trim_end_matches(':').to_owned();
    let path = Some(parts.uri.path()).filter(|path| !path.is_empty()).unwrap_or("/").to_owned();
    let method = parts.method.as_str().to_ascii_uppercase();
    Meaning { method, scheme, host, path, parameters, hashed_body: hashes.then_some(body) }
}

/// A small change of a text: something taken out, put in, replaced, swapped, or in other case.
#[derive(Clone, Debug)]
struct Edit {
    at: usize,
    remove: usize,
    insert: String,
    flips_case: bool,
}

fn edit() -> impl Strategy<Value = Edit> {
    let insert = prop_oneof![
        Just(String::new()),
        "[ -~]{1,3}",
        "[&=%+,\"/?:]{1,2}",
        "%[0-9A-Fa-f]{2}",
        "&?oauth_[a-z_]{1,16}=1?&?"
    ];
    (any::<usize>(), 0_usize..4, insert, any::<bool>()).prop_map(|(at, remove, insert, flips_case)| Edit {
        at,
        remove,
        insert,
        flips_case,
    })
}

impl Edit {
    fn of(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let at = self.at % (bytes.len() + 1);
        if self.flips_case && self.insert.is_empty() {
            bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 0x20);
        } else {
            bytes.splice(at..(at + self.remove).min(bytes.len()), self.insert.bytes());
        }
        bytes
    }
}

/// What is changed, and how.
#[derive(Clone, Debug)]
enum Change {
    Method(&'static str),
    Uri(Edit),
    Header(HeaderName, Edit),
    AddHeader(HeaderName, String),
    DropHeader(HeaderName),
    Body(Edit),
    /// A pair of the query goes to the body or the header.
    MovePair {
        to_body: bool,
    },
}

fn change() -> impl Strategy<Value = Change> {
    let header =
        || prop_oneof![Just(AUTHORIZATION), Just(HOST), Just(CONTENT_TYPE), Just(HeaderName::from_static("x-any"))];
    let value = prop_oneof![
        "[ -~]{0,12}",
        Just(FORM.to_owned()),
        Just("OAuth a=b".to_owned()),
        Just("api.example.com".to_owned())
    ];
    let methods = proptest::sample::select(&["GET", "POST", "PUT", "DELETE", "get", "Post"][..]);
    prop_oneof![
        1 => methods.prop_map(Change::Method),
        4 => edit().prop_map(Change::Uri),
        4 => (header(), edit()).prop_map(|(name, edit)| Change::Header(name, edit)),
        2 => (header(), value).prop_map(|(name, value)| Change::AddHeader(name, value)),
        1 => header().prop_map(Change::DropHeader),
        4 => edit().prop_map(Change::Body),
        1 => any::<bool>().prop_map(|to_body| Change::MovePair { to_body }),
    ]
}

impl Change {
    /// The changed request, if it is one.
    fn of(&self, parts: &Parts, payload: &Payload) -> Option<(Parts, Payload)> {
        let (mut parts, mut payload) = (parts.clone(), payload.clone());
        match self {
            Self::Method(method) => parts.method = Method::from_bytes(method.as_bytes()).ok()?,
            Self::Uri(edit) => parts.uri = Uri::try_from(edit.of(parts.uri.to_string().as_bytes())).ok()?,
            Self::Header(name, edit) => {
                let value = HeaderValue::from_bytes(&edit.of(parts.headers.get(name)?.as_bytes())).ok()?;
                parts.headers.insert(name, value);
            }
            Self::AddHeader(name, value) => {
                parts.headers.append(name, value.parse().ok()?);
            }
            Self::DropHeader(name) => drop(parts.headers.remove(name)),
            Self::Body(edit) => payload = Payload::from(edit.of(payload.bytes()?)),
            Self::MovePair { to_body } => {
                let uri = parts.uri.to_string();
                let (rest, pair) = uri.rsplit_once(['?', '&'])?;
                parts.uri = rest.parse().ok()?;
                if *to_body {
                    payload = Payload::from([payload.bytes()?.as_ref(), b"&", pair.as_bytes()].concat());
                } else {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    let header = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
                    let header = format!("{header}, {name}=\"{}\"", value.replace('+', "%20"));
                    parts.headers.insert(AUTHORIZATION, header.parse().ok()?);
                }
            }
        }
        Some((parts, payload))
    }
}

fn passes(parts: &Parts, payload: &Payload, method: &SignatureMethod) -> bool {
    let verifier = Verifier::new();
    let Ok(claim) = verifier.read(parts, payload) else { return false };
    verifier.verify(claim, Some(&keys(method)), payload, &Context::at(NOW)).is_ok()
}

fn method_of(parts: &Parts, payload: &Payload) -> SignatureMethod {
    Verifier::new().read(parts, payload).unwrap().signature_method().clone()
}

/// Without this, nothing below could fail.
#[test]
fn what_is_not_changed_passes() {
    for (parts, payload) in SIGNED.iter() {
        assert!(passes(parts, payload, &method_of(parts, payload)), "{parts:?}");
    }
}

/// What the docs of `verify` list as not signed.
#[test]
fn what_is_not_signed_may_change() {
    let (parts, payload) = &SIGNED[0];
    let header = |parts: &Parts| parts.headers[AUTHORIZATION].to_str().unwrap().to_owned();
    let method = method_of(parts, payload);
    let check = |change: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        assert!(passes(&parts, payload, &method), "{parts:?}");
    };
    check(&|parts| parts.method = Method::from_bytes(b"get").unwrap());
    check(&|parts| parts.uri = "HTTPS://API.example.com:443/a/b%2Fc?x=1&&z=&%79=+%20%2b&x".parse().unwrap());
    check(&|parts| drop(parts.headers.insert("x-any", HeaderValue::from_static("other"))));
    check(&|parts| {
        let other = header(parts).replace("a realm", "another").replace(", ", " ,\t");
        parts.headers.insert(AUTHORIZATION, other.parse().unwrap());
    });
}

proptest! {
    #![proptest_config(changes())]

    #[test]
    fn what_is_changed_is_refused_or_not_signed(index in any::<prop::sample::Index>(), changes in prop::collection::vec(change(), 1..3)) {
        let (parts, payload) = index.get(&SIGNED);
        let changed = changes.iter().try_fold((parts.clone(), payload.clone()), |(parts, payload), change| change.of(&parts, &payload));
        if let Some((changed, body)) = changed
            && passes(&changed, &body, &method_of(parts, payload))
        {
            prop_assert_eq!(meaning(&changed, &body), meaning(parts, payload));
        }
    }
}

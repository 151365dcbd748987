//! What the value of an `Authorization` header says; curl, HAR, `.http` and others share it.

use countersign::scheme::challenge::{Challenge, challenges};
use countersign::scheme::encode;
use countersign::{AuthConfig, Secret, api_key, aws_sigv4, basic, digest, hawk, oauth1};
use http::header::AUTHORIZATION;

use crate::variables::Names;
use crate::{Note, Request};

/// Reads the value of an `Authorization` header. Basic and Bearer are whole. SigV4, Digest, OAuth 1 and Hawk say whose
/// credential it is; its secret becomes a variable, and an old nonce or signature is left out. Any other scheme is an API key
/// in the header `Authorization`; bytes of it that are not UTF-8 are replaced.
///
/// ```
/// use countersign::AuthConfig;
/// use countersign_import::from_authorization;
///
/// let AuthConfig::Basic(config) = from_authorization(b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") else { panic!() };
/// assert_eq!((config.username.as_str(), config.password.expose()), ("Aladdin", "open sesame"));
///
/// let signed = br#"Hawk id="dh37fgj492je", ts="1353832234", nonce="j4h3g2", mac="6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE=""#;
/// let AuthConfig::Hawk(config) = from_authorization(signed) else { panic!() };
/// assert_eq!((config.id.as_str(), config.key.expose(), config.nonce), ("dh37fgj492je", "{{HAWK_KEY}}", None));
/// ```
#[must_use]
pub fn from_authorization(value: &[u8]) -> AuthConfig {
    read(value, &mut Names::new())
}

/// [`from_authorization`], with the names of the variables so far.
pub(crate) fn read(value: &[u8], names: &mut Names) -> AuthConfig {
    let value = value.trim_ascii();
    let at = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
    let (scheme, rest) = value.split_at(at);
    let rest = rest.trim_ascii();
    let config = match &*scheme.to_ascii_lowercase() {
        b"basic" => basic(rest),
        b"bearer" => str::from_utf8(rest).ok().filter(|token| !token.is_empty()).map(AuthConfig::bearer),
        b"digest" => credentials(value).and_then(|credentials| digest(&credentials, names)),
        b"oauth" => credentials(value).and_then(|credentials| oauth1(&credentials, names)),
        b"hawk" => credentials(value).and_then(|credentials| hawk(&credentials, names)),
        b"aws4-hmac-sha256" => aws(rest, false, names),
        b"aws4-ecdsa-p256-sha256" => aws(rest, true, names),
        _ => None,
    };
    config.unwrap_or_else(|| AuthConfig::api_key("Authorization", String::from_utf8_lossy(value).into_owned()))
}

/// Takes the credential out of a request that an input has whole, and what an earlier signing added. It is the request's
/// authentication where the input says nothing else (`auth` is none), and stands beside an API key that goes elsewhere.
pub(crate) fn settle(auth: AuthConfig, request: &mut Request, names: &mut Names, notes: &mut Vec<Note>) -> AuthConfig {
    let Some(value) = request.take_header(AUTHORIZATION.as_str()) else { return auth };
    let is_elsewhere = matches!(&auth, AuthConfig::ApiKey(key) if key.add_to != api_key::AddTo::Header || !key.key.eq_ignore_ascii_case("authorization"));
    if !matches!(auth, AuthConfig::None) && !is_elsewhere {
        notes.push(Note::new("Authorization", "the header is left out: the request is authenticated otherwise"));
        return auth;
    }
    let mut own = read(value.as_bytes(), names);
    if let AuthConfig::AwsSigv4(config) = &mut own {
        request.take_header("x-amz-date");
        if request.take_header("x-amz-security-token").is_some() {
            config.session_token = Some(names.secret("aws", "session_token"));
        }
    }
    if is_elsewhere { AuthConfig::all([auth, own]) } else { own }
}

fn basic(token: &[u8]) -> Option<AuthConfig> {
    let pair = String::from_utf8(encode::base64_decode(token)?).ok()?;
    let (username, password) = pair.split_once(':')?;
    Some(AuthConfig::Basic(basic::Config::new(username, password)))
}

/// Credentials have the form of a challenge (RFC 9110 section 11.4).
fn credentials(value: &[u8]) -> Option<Challenge<'_>> {
    challenges(value).next()?.ok()
}

fn text(credentials: &Challenge<'_>, name: &str) -> Option<String> {
    String::from_utf8(credentials.param(name)?.into_owned()).ok()
}

/// RFC 7616 section 3.4: `username`, or `username*` in the form of RFC 5987.
fn digest(credentials: &Challenge<'_>, names: &mut Names) -> Option<AuthConfig> {
    let username = text(credentials, "username").or_else(|| {
        let extended = text(credentials, "username*")?;
        let encoded = extended.split_once('\'')?.1.split_once('\'')?.1;
        String::from_utf8(encode::percent_decode(encoded.as_bytes()).into_owned()).ok()
    })?;
    Some(AuthConfig::Digest(digest::Config::new(username, names.secret("digest", "password"))))
}

/// RFC 5849 section 3.5.1. Values are percent-encoded, but for `realm`.
fn oauth1(credentials: &Challenge<'_>, names: &mut Names) -> Option<AuthConfig> {
    let decoded = |name| {
        let value = credentials.param(name)?;
        String::from_utf8(encode::percent_decode(&value).into_owned()).ok()
    };
    let mut config = oauth1::Config::new(decoded("oauth_consumer_key")?, Secret::default());
    let method = decoded("oauth_signature_method");
    config.token = decoded("oauth_token").filter(|token| !token.is_empty());
    if method.as_deref().is_some_and(|method| method.starts_with("RSA")) {
        config.private_key = Some(names.secret("oauth1", "private_key"));
    } else {
        config.consumer_secret = names.secret("oauth1", "consumer_secret");
        config.token_secret = config.token.is_some().then(|| names.secret("oauth1", "token_secret"));
    }
    if let Some(method) = method {
        config.signature_method = method.into();
    }
    config.version = decoded("oauth_version").unwrap_or_default();
    config.realm = text(credentials, "realm").filter(|realm| !realm.is_empty());
    config.include_body_hash = credentials.param("oauth_body_hash").is_some();
    Some(AuthConfig::Oauth1(config))
}

fn hawk(credentials: &Challenge<'_>, names: &mut Names) -> Option<AuthConfig> {
    let mut config = hawk::Config::new(text(credentials, "id")?, names.secret("hawk", "key"));
    config.ext = text(credentials, "ext");
    config.app = text(credentials, "app");
    config.dlg = text(credentials, "dlg");
    config.include_payload_hash = credentials.param("hash").is_some();
    Some(AuthConfig::Hawk(config))
}

/// `Credential=AKID/20150830/us-east-1/iam/aws4_request, SignedHeaders=…, Signature=…`; SigV4A has no region there.
fn aws(params: &[u8], is_v4a: bool, names: &mut Names) -> Option<AuthConfig> {
    let params = str::from_utf8(params).ok()?;
    let mut parts = params.split([',', ' ']).filter_map(|part| part.trim().split_once('='));
    let scope: Vec<&str> = parts.find(|(name, _)| *name == "Credential")?.1.split('/').collect();
    let (key_id, region, service) = match (is_v4a, scope.as_slice()) {
        (false, [key_id, _date, region, service, "aws4_request"]) => (key_id, Some(*region), service),
        (true, [key_id, _date, service, "aws4_request"]) => (key_id, None, service),
        _ => return None,
    };
    let mut config = aws_sigv4::Config::new(*key_id, names.secret("aws", "secret_access_key"));
    config.region = region.map(str::to_owned);
    config.service = Some((*service).to_owned());
    config.region_set = is_v4a.then(|| names.placeholder("aws", "region_set"));
    Some(AuthConfig::AwsSigv4(config))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn imported(value: &str) -> Value {
        serde_json::to_value(from_authorization(value.as_bytes())).unwrap()
    }

    #[test]
    fn whole_credentials_stay_whole() {
        assert_eq!(imported("bearer  a.b "), json!({ "type": "bearer", "token": "a.b" }));
        assert_eq!(imported("Basic dTpwOnE="), json!({ "type": "basic", "username": "u", "password": "p:q" }));
        for other in ["Negotiate YII=", "Basic {{token}}", "Basic dQ==", "Bearer", "token 1", "x", "Hawk x"] {
            let expected = json!({ "type": "api-key", "key": "Authorization", "value": other, "add_to": "header" });
            assert_eq!(imported(other), expected, "{other}");
        }
    }

    #[test]
    fn signatures_say_whose_credential_it_is() {
        let aws = imported(
            "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=5d67",
        );
        let fields = ["access_key_id", "secret_access_key", "region", "service"].map(|field| aws[field].clone());
        assert_eq!(json!(fields), json!(["AKID", "{{AWS_SECRET_ACCESS_KEY}}", "us-east-1", "iam"]));

        let digest =
            imported(r#"Digest username="Mufasa", realm="r", nonce="n", uri="/", response="6629", nc=00000001"#);
        assert_eq!(digest, json!({ "type": "digest", "username": "Mufasa", "password": "{{DIGEST_PASSWORD}}" }));
        let digest = imported("Digest username*=UTF-8''J%C3%A4s%C3%B8n, realm=\"r\"");
        assert_eq!(digest["username"], "Jäsøn");

        let oauth1 = imported(
            r#"OAuth realm="Photos", oauth_consumer_key="a%26b", oauth_token="t", oauth_signature_method="HMAC-SHA256", oauth_nonce="n", oauth_signature="s""#,
        );
        let fields =
            ["consumer_key", "consumer_secret", "token", "token_secret", "signature_method", "version", "realm"];
        let expected =
            ["a&b", "{{OAUTH1_CONSUMER_SECRET}}", "t", "{{OAUTH1_TOKEN_SECRET}}", "HMAC-SHA256", "", "Photos"];
        assert_eq!(json!(fields.map(|field| oauth1[field].clone())), json!(expected));
        assert!(!oauth1.to_string().contains("nonce"), "{oauth1}");
    }
}

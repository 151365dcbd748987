//! What all requests to an authorization server share: where they may go, and how the client authenticates itself.

use countersign_core::encode::{base64, base64_url, percent, push_percent};
use countersign_core::target::{split_port, without_user_info};
use countersign_core::{Context, Error, ErrorKind, Payload, Result, Secret};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, Uri};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::config::{ClientAuthentication, Grant};

/// For how many seconds a client's own assertion holds.
const ASSERTION_LIFETIME: u64 = 60;

/// A form to be sent.
#[derive(Default)]
pub(crate) struct Form(String);

impl Form {
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        push_percent(&mut self.0, name);
        self.0.push('=');
        push_percent(&mut self.0, value);
    }

    pub(crate) fn push_some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.push(name, value);
        }
    }

    fn push_assertion(&mut self, grant: &Grant, assertion: &str) {
        self.push("client_id", &grant.client_id);
        self.push("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        self.push("client_assertion", assertion);
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// A POST of this form to an endpoint, the client authenticated.
    pub(crate) fn into_request(mut self, grant: &Grant, uri: Uri, ctx: &Context) -> Result<Request<Payload>> {
        let secret = grant.client_secret.as_ref().filter(|secret| !secret.is_empty());
        let mut authorization = None;
        match (grant.client_authentication, secret) {
            (ClientAuthentication::Header, Some(secret)) => authorization = Some(basic(&grant.client_id, secret)?),
            (ClientAuthentication::Body, Some(secret)) => {
                self.push("client_id", &grant.client_id);
                self.push("client_secret", secret.expose());
            }
            (ClientAuthentication::ClientSecretJwt, Some(secret)) => {
                self.push_assertion(grant, &client_secret_jwt(secret, &claims(grant, &uri, ctx)?)?);
            }
            (ClientAuthentication::PrivateKeyJwt, _) => {
                let assertion = private_key_jwt(grant, &claims(grant, &uri, ctx)?)?;
                self.push_assertion(grant, &assertion);
            }
            _ => self.push_some("client_id", Some(&grant.client_id)),
        }
        let mut request = Request::post(uri).body(Payload::from(self.0)).map_err(|err| {
            Error::new(ErrorKind::InvalidConfig, "the endpoint's URL makes no request").with_source(err)
        })?;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        request.headers_mut().extend(authorization.map(|value| (AUTHORIZATION, value)));
        Ok(request)
    }
}

/// Id and secret are percent-encoded before they are joined (RFC 6749 section 2.3.1), spaces as `%20`, which all servers decode.
fn basic(client_id: &str, secret: &Secret) -> Result<HeaderValue> {
    let pair =
        zeroize::Zeroizing::new(format!("{}:{}", percent(client_id.as_bytes()), percent(secret.expose().as_bytes())));
    let mut value = HeaderValue::from_str(&format!("Basic {}", base64(pair.as_bytes())))
        .map_err(|err| Error::new(ErrorKind::InvalidConfig, "`client_secret` cannot be sent").with_source(err))?;
    value.set_sensitive(true);
    Ok(value)
}

/// What a client says of itself (RFC 7523 section 3), to the issuer where that is known.
fn claims(grant: &Grant, uri: &Uri, ctx: &Context) -> Result<Value> {
    Ok(json!({
        "iss": grant.client_id,
        "sub": grant.client_id,
        "aud": grant.issuer.clone().unwrap_or_else(|| uri.to_string()),
        "jti": ctx.nonce(16)?,
        "iat": ctx.unix_time(),
        "exp": ctx.unix_time().saturating_add(ASSERTION_LIFETIME),
    }))
}

/// A JWT by which a client with a secret proves itself (HS256).
fn client_secret_jwt(secret: &Secret, claims: &Value) -> Result<String> {
    let mut jwt = base64_url(br#"{"alg":"HS256","typ":"JWT"}"#);
    jwt.push('.');
    jwt.push_str(&base64_url(claims.to_string().as_bytes()));
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .map_err(|_| Error::new(ErrorKind::InvalidKey, "`client_secret` makes no HMAC key"))?;
    let mac = mac.chain_update(&jwt).finalize().into_bytes();
    jwt.push('.');
    jwt.push_str(&base64_url(&mac));
    Ok(jwt)
}

#[cfg(feature = "jwt")]
fn private_key_jwt(grant: &Grant, claims: &Value) -> Result<String> {
    let pem = grant.private_key.as_ref().filter(|pem| !pem.is_empty()).ok_or_else(|| {
        Error::new(ErrorKind::InvalidKey, "`private_key` is missing, by which the client is to prove itself")
    })?;
    Ok(crate::jwt::KeyPair::read("private_key", pem)?.client_assertion(grant.key_id.as_deref(), claims))
}

#[cfg(not(feature = "jwt"))]
fn private_key_jwt(_: &Grant, _: &Value) -> Result<String> {
    const WHY: &str = "`private_key_jwt` needs the feature `jwt` of countersign-oauth2, which this build is without";
    Err(Error::new(ErrorKind::UnsupportedAlgorithm, WHY))
}

/// An endpoint's URL: absolute, and `https` or on loopback unless the config says that it need not be.
pub(crate) fn endpoint(field: &str, url: &str, grant: &Grant) -> Result<Uri> {
    let invalid = |why: &str| Error::new(ErrorKind::InvalidConfig, format!("`{field}` {why}"));
    if url.trim().is_empty() {
        return Err(invalid("is missing"));
    }
    let uri: Uri = url.trim().parse().map_err(|err| invalid("is no URL").with_source(err))?;
    let Some(authority) = uri.authority() else { return Err(invalid("is not absolute: it needs a scheme and a host")) };
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if grant.allow_insecure || is_loopback(split_port(without_user_info(authority)).0) => Ok(uri),
        Some("http") => Err(invalid(
            "is of plain http, which sends credentials in clear: use https, or set `allow_insecure` if nobody can listen",
        )),
        _ => Err(invalid("is neither of https nor of http")),
    }
}

/// Whether a host is this machine (RFC 8252 section 7.3, and the name).
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GrantType;

    #[test]
    fn credentials_go_over_tls_or_stay_here() {
        let mut grant = Grant::new(GrantType::ClientCredentials, "", "i");
        for url in ["https://h/t", "http://127.0.0.1:8080/t", "http://[::1]/t", "http://localhost/t"] {
            assert!(endpoint("access_token_url", url, &grant).is_ok(), "{url}");
        }
        for url in
            ["", "/t", "h/t", "http://h/t", "ftp://h/t", "http://127.0.0.1.example/t", "http://localhost.example/"]
        {
            assert_eq!(
                endpoint("access_token_url", url, &grant).unwrap_err().kind(),
                ErrorKind::InvalidConfig,
                "{url}"
            );
        }
        grant.allow_insecure = true;
        assert!(endpoint("access_token_url", "http://h/t", &grant).is_ok());
    }

    #[test]
    fn clients_authenticate_as_they_are_told() {
        let mut grant = Grant::client_credentials("https://h/t", "odd:client", "p+ s:%");
        let ctx = Context::at(1000).with_nonce("j");
        let sent = |grant: &Grant| {
            let request = Form::default().into_request(grant, "https://h/t".parse().unwrap(), &ctx).unwrap();
            let header = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
            (header, String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap())
        };
        let (header, body) = sent(&grant);
        assert_eq!(header.unwrap(), format!("Basic {}", base64(b"odd%3Aclient:p%2B%20s%3A%25")));
        assert_eq!(body, "");
        grant.client_authentication = ClientAuthentication::Body;
        assert_eq!(sent(&grant), (None, "client_id=odd%3Aclient&client_secret=p%2B%20s%3A%25".to_owned()));
        grant.client_authentication = ClientAuthentication::None;
        assert_eq!(sent(&grant), (None, "client_id=odd%3Aclient".to_owned()));
        grant.client_authentication = ClientAuthentication::ClientSecretJwt;
        let (_, body) = sent(&grant);
        assert!(body.contains("client_assertion=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."), "{body}");
    }
}

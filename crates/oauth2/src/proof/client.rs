//! How the client authenticates itself in its requests to an authorization server.

use countersign_core::encode::{base64, base64_url, percent};
use countersign_core::{Context, Error, ErrorKind, Payload, Result, Secret};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, Uri};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::config::{Client, ClientAuthentication, Grant};
use crate::form::Form;

/// For how many seconds a client's own assertion holds.
const ASSERTION_LIFETIME: u64 = 60;

/// Reads the client's key, where it has one.
pub(super) fn check(grant: &Grant) -> Result<()> {
    match grant.token_endpoint().map(|token| &token.client_authentication) {
        Some(ClientAuthentication::PrivateKeyJwt { private_key, key_id }) => {
            private_key_jwt(private_key, key_id.as_deref(), &json!({})).map(|_| ())
        }
        _ => Ok(()),
    }
}

/// A POST of a form to an endpoint, the client authenticated.
pub(crate) fn post(grant: &Grant, uri: Uri, mut form: Form, ctx: &Context) -> Result<Request<Payload>> {
    let client = grant.client();
    let mut authorization = None;
    match grant.token_endpoint().map(|token| &token.client_authentication) {
        None | Some(ClientAuthentication::None) => form.push_some("client_id", Some(&client.client_id)),
        Some(ClientAuthentication::Header(secret)) => {
            authorization = Some(basic(&client.client_id, required("client_secret", secret)?)?);
        }
        Some(ClientAuthentication::Body(secret)) => {
            form.push("client_id", &client.client_id);
            form.push("client_secret", required("client_secret", secret)?.expose());
        }
        Some(ClientAuthentication::ClientSecretJwt(secret)) => {
            let secret = required("client_secret", secret)?;
            push_assertion(&mut form, client, &client_secret_jwt(secret, &claims(client, &uri, ctx)?)?);
        }
        Some(ClientAuthentication::PrivateKeyJwt { private_key, key_id }) => {
            let key = required("private_key", private_key)?;
            let assertion = private_key_jwt(key, key_id.as_deref(), &claims(client, &uri, ctx)?)?;
            push_assertion(&mut form, client, &assertion);
        }
    }
    let mut request = Request::post(uri)
        .body(Payload::from(String::from(form)))
        .map_err(|err| Error::new(ErrorKind::InvalidConfig, "the endpoint's URL makes no request").with_source(err))?;
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, form);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    request.headers_mut().extend(authorization.map(|value| (AUTHORIZATION, value)));
    Ok(request)
}

fn required<'a>(field: &str, secret: &'a Secret) -> Result<&'a Secret> {
    if secret.is_empty() {
        let message = format!("`{field}` is missing, by which the client is to prove itself");
        return Err(Error::new(ErrorKind::InvalidConfig, message));
    }
    Ok(secret)
}

fn push_assertion(form: &mut Form, client: &Client, assertion: &str) {
    form.push("client_id", &client.client_id);
    form.push("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    form.push("client_assertion", assertion);
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
fn claims(client: &Client, uri: &Uri, ctx: &Context) -> Result<Value> {
    Ok(json!({
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": client.issuer.clone().filter(|issuer| !issuer.is_empty()).unwrap_or_else(|| uri.to_string()),
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
        .map_err(|_| Error::new(ErrorKind::InvalidKey, "`client_secret` cannot be used as an HMAC key"))?;
    let mac = mac.chain_update(&jwt).finalize().into_bytes();
    jwt.push('.');
    jwt.push_str(&base64_url(&mac));
    Ok(jwt)
}

#[cfg(feature = "jwt")]
fn private_key_jwt(pem: &Secret, key_id: Option<&str>, claims: &Value) -> Result<String> {
    let key_id = key_id.filter(|id| !id.is_empty());
    Ok(super::jwt::KeyPair::read("private_key", pem)?.client_assertion(key_id, claims))
}

#[cfg(not(feature = "jwt"))]
fn private_key_jwt(_: &Secret, _: Option<&str>, _: &Value) -> Result<String> {
    const WHY: &str = "`private_key_jwt` needs the feature `jwt` of countersign-oauth2, which this build is without";
    Err(Error::new(ErrorKind::UnsupportedAlgorithm, WHY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ClientCredentials;

    #[test]
    fn clients_authenticate_as_they_are_told() {
        let ctx = Context::at(1000).with_nonce("j");
        let sent = |authentication: ClientAuthentication| {
            let grant = ClientCredentials::new("https://h/t", "odd:client", authentication).into();
            let request = post(&grant, "https://h/t".parse().unwrap(), Form::default(), &ctx).unwrap();
            let header = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
            (header, String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap())
        };
        let secret = || Secret::from("p+ s:%");
        let (header, body) = sent(ClientAuthentication::Header(secret()));
        assert_eq!(header.unwrap(), format!("Basic {}", base64(b"odd%3Aclient:p%2B%20s%3A%25")));
        assert_eq!(body, "");
        let body = "client_id=odd%3Aclient&client_secret=p%2B%20s%3A%25";
        assert_eq!(sent(ClientAuthentication::Body(secret())), (None, body.to_owned()));
        assert_eq!(sent(ClientAuthentication::None), (None, "client_id=odd%3Aclient".to_owned()));
        let (_, body) = sent(ClientAuthentication::ClientSecretJwt(secret()));
        assert!(body.contains("client_assertion=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."), "{body}");
    }

    #[test]
    fn a_missing_credential_is_not_a_public_client() {
        let key = ClientAuthentication::PrivateKeyJwt { private_key: Secret::default(), key_id: None };
        for authentication in [
            ClientAuthentication::Header(Secret::default()),
            ClientAuthentication::Body(Secret::default()),
            ClientAuthentication::ClientSecretJwt(Secret::default()),
            key,
        ] {
            let grant = ClientCredentials::new("https://h/t", "i", authentication).into();
            let error = post(&grant, "https://h/t".parse().unwrap(), Form::default(), &Context::at(0)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        }
    }
}

//! JWTs signed with a key on the curve P-256 (ES256): the client's own assertion (RFC 7523), and DPoP's proofs (RFC 9449).

use countersign_core::encode::base64_url;
use countersign_core::target::Origin;
use countersign_core::{Context, Error, ErrorKind, Result, Secret};
use http::{Method, Uri};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// A key pair, wiped on drop.
#[derive(Clone)]
pub(crate) struct KeyPair(SigningKey);

impl KeyPair {
    /// Reads a PKCS#8 key in PEM.
    pub(crate) fn read(field: &str, pem: &Secret) -> Result<Self> {
        SigningKey::from_pkcs8_pem(pem.expose().trim()).map(Self).map_err(|err| {
            let message = format!(
                "`{field}` is not a key of the curve P-256: PEM in PKCS#8 is expected (`BEGIN PRIVATE KEY`), not encrypted"
            );
            Error::new(ErrorKind::InvalidKey, message).with_source(err.to_string())
        })
    }

    /// Draws one.
    pub(crate) fn draw(ctx: &Context) -> Result<Self> {
        // Nearly every number of 32 bytes is a key; a source that gives none in a few draws is broken.
        for _ in 0..8 {
            let mut random = Zeroizing::new([0; 32]);
            ctx.random(&mut *random)?;
            if let Ok(key) = SigningKey::from_slice(&*random) {
                return Ok(Self(key));
            }
        }
        Err(Error::new(ErrorKind::Randomness, "no key could be drawn: the random bytes are not random"))
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let mut jwt = base64_url(header.to_string().as_bytes());
        jwt.push('.');
        jwt.push_str(&base64_url(claims.to_string().as_bytes()));
        let signature: Signature = self.0.sign(jwt.as_bytes());
        jwt.push('.');
        jwt.push_str(&base64_url(&signature.to_bytes()));
        jwt
    }

    /// A JWT by which a client with a key proves itself (RFC 7523 section 3).
    pub(crate) fn client_assertion(&self, key_id: Option<&str>, claims: &Value) -> String {
        let mut header = json!({ "alg": "ES256", "typ": "JWT" });
        if let (Some(key_id), Some(header)) = (key_id, header.as_object_mut()) {
            header.insert("kid".to_owned(), key_id.into());
        }
        self.sign(&header, claims)
    }

    /// The public key, its members in the order of RFC 7638 section 3.2.
    fn jwk(&self) -> Value {
        let point = self.0.verifying_key().to_sec1_point(false);
        // Uncompressed: 4, then both coordinates of 32 bytes.
        let (x, y) = point.as_bytes().get(1..).and_then(|point| point.split_at_checked(32)).unwrap_or_default();
        json!({ "crv": "P-256", "kty": "EC", "x": base64_url(x), "y": base64_url(y) })
    }

    /// The public key's thumbprint (RFC 7638 section 3): of its members in lexical order, which is how `serde_json` writes an
    /// object, without white space.
    pub(crate) fn thumbprint(&self) -> String {
        base64_url(&Sha256::digest(self.jwk().to_string()))
    }

    /// A proof that this request comes from the holder of the key (RFC 9449 section 4.2).
    pub(crate) fn proof(
        &self,
        method: &Method,
        uri: &Uri,
        token: Option<&Secret>,
        nonce: Option<&str>,
        ctx: &Context,
    ) -> Result<String> {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() });
        let mut claims = json!({
            "jti": ctx.nonce(16)?,
            "htm": method.as_str(),
            "htu": htu(uri)?,
            "iat": ctx.unix_time(),
        });
        if let Some(claims) = claims.as_object_mut() {
            claims.extend(nonce.map(|nonce| ("nonce".to_owned(), nonce.into())));
            claims.extend(token.map(|token| ("ath".to_owned(), base64_url(&Sha256::digest(token.expose())).into())));
        }
        Ok(self.sign(&header, &claims))
    }
}

/// Scheme, host in lower case, port unless it is the scheme's own, and path: no user info, no query (RFC 9449 section 4.2,
/// RFC 3986 section 6.2).
fn htu(uri: &Uri) -> Result<String> {
    let origin = Origin::of(uri).ok_or_else(|| {
        Error::new(ErrorKind::InvalidRequest, "a DPoP proof names the whole URI: give one with scheme and host")
    })?;
    let path = if uri.path().is_empty() { "/" } else { uri.path() };
    Ok(format!("{origin}{path}"))
}

#[cfg(test)]
mod tests {
    use countersign_core::encode::base64_url_decode;
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier as _;

    use super::*;

    fn part(jwt: &str, index: usize) -> Vec<u8> {
        base64_url_decode(jwt.split('.').nth(index).unwrap().as_bytes()).unwrap()
    }

    /// The fields of RFC 9449 section 4.1, and `ath` of section 7.1's token.
    #[test]
    fn proofs_hold_what_the_rfc_asks_and_verify() {
        let ctx = Context::at(1_562_262_616).with_nonce("-BwC3ESc6acc2lTc").with_random(|buf| {
            buf.fill(7);
            Ok(())
        });
        let key = KeyPair::draw(&ctx).unwrap();
        let token = Secret::from("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        let uri = "https://resource.example.org/protectedresource?a=1".parse().unwrap();
        let proof = key.proof(&Method::GET, &uri, Some(&token), Some("n"), &ctx).unwrap();
        let header: Value = serde_json::from_slice(&part(&proof, 0)).unwrap();
        assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("dpop+jwt"), Some("ES256")));
        let claims: Value = serde_json::from_slice(&part(&proof, 1)).unwrap();
        let expected = json!({
            "jti": "-BwC3ESc6acc2lTc", "htm": "GET", "htu": "https://resource.example.org/protectedresource",
            "iat": 1_562_262_616, "nonce": "n", "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
        });
        assert_eq!(claims, expected);
        let mut point = vec![4];
        for name in ["x", "y"] {
            point.extend(base64_url_decode(header["jwk"][name].as_str().unwrap().as_bytes()).unwrap());
        }
        let signature = Signature::from_slice(&part(&proof, 2)).unwrap();
        let signed = proof.rsplit_once('.').unwrap().0;
        VerifyingKey::from_sec1_bytes(&point).unwrap().verify(signed.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn the_target_is_named_in_one_way() {
        let named = |uri: &str| htu(&uri.parse().unwrap()).map_err(|err| err.kind());
        for uri in ["HTTPS://u:hunter2@API.Example:443/Items?a=1", "https://api.example/Items"] {
            assert_eq!(named(uri).unwrap(), "https://api.example/Items");
        }
        assert_eq!(named("http://[::1]:8080?x").unwrap(), "http://[::1]:8080/");
        assert_eq!(named("/items"), Err(ErrorKind::InvalidRequest));
    }

    /// RFC 7638 sorts the members; `serde_json` must not keep another order.
    #[test]
    fn the_thumbprint_is_of_sorted_members() {
        let key = KeyPair::draw(&Context::now()).unwrap();
        let jwk = key.jwk().to_string();
        let places: Vec<_> = ["\"crv\"", "\"kty\"", "\"x\"", "\"y\""].map(|name| jwk.find(name).unwrap()).into();
        assert!(places.is_sorted() && !jwk.contains(' ') && key.thumbprint().len() == 43, "{jwk}");
    }

    #[test]
    fn what_is_no_key_is_said_to_be_none() {
        let error = KeyPair::read("private_key", &"-----BEGIN PRIVATE KEY-----\n".into()).err().unwrap();
        assert!(error.kind() == ErrorKind::InvalidKey && error.to_string().contains("PKCS#8"), "{error}");
        let broken = Context::at(0).with_random(|buf| {
            buf.fill(0);
            Ok(())
        });
        assert_eq!(KeyPair::draw(&broken).err().unwrap().kind(), ErrorKind::Randomness);
    }
}

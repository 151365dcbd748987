//! The server's side: reads a user's name and password, and compares them.
//!
//! Two stages, so that looking a user up may be async and is your own: [`Verifier::read`] says who a request claims to be from,
//! [`Verifier::verify`] compares the password with theirs. Where you keep passwords hashed, as you should, check
//! [`Claim::password`] with your hash instead, and answer a wrong one with [`Verifier::refusal`].
//!
//! ```
//! use countersign_basic::verify::Verifier;
//! use countersign_basic::{Config, Context, ErrorKind, Payload, Scheme as _, Secret, Signer, http};
//!
//! let signer = Signer::new(&Config::new("Aladdin", "open sesame"))?;
//! let (mut parts, ()) = http::Request::get("https://example.com/").body(())?.into_parts();
//! signer.sign(&mut parts, &mut Payload::empty(), &Context::now())?;
//!
//! // Once per server.
//! let verifier = Verifier::new("WallyWorld")?;
//! // For each request; finding the user is yours, and may be async.
//! let claim = verifier.read(&parts)?;
//! let password = (claim.id() == "Aladdin").then(|| Secret::from("open sesame"));
//! assert_eq!(verifier.verify(&claim, password.as_ref())?.username, "Aladdin");
//!
//! // The refusal holds what to answer: a 401 with these as `WWW-Authenticate`.
//! let refusal = verifier.verify(&claim, None).unwrap_err();
//! assert_eq!(refusal.kind(), ErrorKind::Rejected);
//! assert_eq!(refusal.challenges, [r#"Basic realm="WallyWorld", charset="UTF-8""#]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is not signed
//!
//! Everything: whoever sees one request can send any other.

use std::fmt;

use countersign_core::challenge::push_quoted;
use countersign_core::encode::base64_decode;
use countersign_core::verify::{credentials, no_doubles, rejected, unreadable};
use countersign_core::{Error, ErrorKind, Result, Secret};
use http::HeaderValue;
use http::request::Parts;
use zeroize::Zeroizing;

#[doc(no_inline)]
pub use countersign_core::verify::Refusal;

/// Demands Basic for one realm, and compares passwords; see the [module](self).
#[derive(Clone, Debug)]
pub struct Verifier {
    challenge: HeaderValue,
}

/// Who a request says that it is from, and the password that it shows. Nothing of it is believed yet.
#[derive(Clone)]
pub struct Claim {
    username: String,
    password: Secret,
}

impl Claim {
    /// The user name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.username
    }

    /// The password, to be compared with a hash of yours.
    #[must_use]
    pub const fn password(&self) -> &Secret {
        &self.password
    }
}

/// A user whose password was right.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Verified {
    /// Who it is.
    pub username: String,
}

impl Verifier {
    /// A verifier of one realm, which a browser shows. It asks for UTF-8 (RFC 7617 section 2.1).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the realm holds control characters, which no header can hold.
    pub fn new(realm: &str) -> Result<Self> {
        let mut challenge = b"Basic realm=".to_vec();
        push_quoted(&mut challenge, realm.as_bytes());
        challenge.extend_from_slice(b", charset=\"UTF-8\"");
        let challenge = HeaderValue::from_maybe_shared(challenge).map_err(|err| {
            Error::new(ErrorKind::InvalidConfig, "the realm holds what no header can hold").with_source(err)
        })?;
        Ok(Self { challenge })
    }

    /// Reads who a request says that it is from.
    ///
    /// # Errors
    /// A [`Refusal`], to be answered with a 401 and its challenges: [`ErrorKind::NoCredentials`] when the request has no Basic
    /// credentials; [`ErrorKind::InvalidRequest`] when they are not UTF-8 in Base64, lack the colon, or hold a control character,
    /// and for two `Authorization`, `Host` or `Content-Type` headers.
    pub fn read(&self, parts: &Parts) -> Result<Claim, Refusal> {
        read(parts).map_err(|error| self.refusal(error))
    }

    /// Compares a claim's password with the user's, in a time that does not depend on where they differ; `None` where the user is
    /// unknown.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`], the same for an unknown user, a wrong password and an empty one.
    pub fn verify(&self, claim: &Claim, password: Option<&Secret>) -> Result<Verified, Refusal> {
        // An unknown user costs a comparison too.
        let is_right = claim.password == *password.unwrap_or(&claim.password);
        if is_right && password.is_some_and(|password| !password.is_empty()) {
            Ok(Verified { username: claim.username.clone() })
        } else {
            Err(self.refusal(rejected()))
        }
    }

    /// What to answer where the check was your own: `None` for a wrong password or an unknown user.
    ///
    /// ```
    /// # use countersign_basic::{ErrorKind, verify::Verifier};
    /// let refusal = Verifier::new("WallyWorld")?.refusal(None);
    /// assert_eq!(refusal.kind(), ErrorKind::Rejected);
    /// # Ok::<(), countersign_basic::Error>(())
    /// ```
    #[must_use]
    pub fn refusal(&self, error: impl Into<Option<Error>>) -> Refusal {
        Refusal::new(error.into().unwrap_or_else(rejected)).with_challenges([self.challenge.clone()])
    }
}

fn read(parts: &Parts) -> Result<Claim> {
    let credentials = credentials(parts, "Basic")?;
    no_doubles(parts)?;
    let token = credentials.token68().ok_or_else(|| unreadable("the Basic credentials are not one word of Base64"))?;
    let bytes = base64_decode(token.as_bytes()).map(Zeroizing::new);
    let bytes = bytes.ok_or_else(|| unreadable("the Basic credentials are not Base64"))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unreadable("the Basic credentials are not UTF-8"))?;
    // The first colon: a password may hold more (RFC 7617 section 2).
    let (username, password) = text.split_once(':').ok_or_else(|| unreadable("the Basic credentials have no colon"))?;
    if text.chars().any(char::is_control) {
        return Err(unreadable("the Basic credentials hold a control character"));
    }
    Ok(Claim { username: username.to_owned(), password: password.into() })
}

/// Shows whose claim it is, and no more.
impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("id", &self.id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn claim(authorization: &str) -> Result<Claim, ErrorKind> {
        let request = Request::get("/").header("authorization", authorization).body(()).unwrap();
        Verifier::new("r").unwrap().read(&request.into_parts().0).map_err(|refusal| refusal.kind())
    }

    /// RFC 7617 sections 2 and 2.1.
    #[test]
    fn the_rfcs_examples_are_read() {
        let claim_of = |text| claim(text).map(|claim| (claim.username, claim.password.expose().to_owned()));
        let aladdin = Ok(("Aladdin".to_owned(), "open sesame".to_owned()));
        assert_eq!(claim_of("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), aladdin);
        assert_eq!(claim_of("bAsIc  QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), aladdin);
        assert_eq!(claim_of("Basic dGVzdDoxMjPCow=="), Ok(("test".to_owned(), "123\u{a3}".to_owned())));
        // `a:b:c`
        assert_eq!(claim_of("Basic YTpiOmM="), Ok(("a".to_owned(), "b:c".to_owned())));
    }

    #[test]
    fn what_is_not_basic_is_refused_with_the_challenge() {
        assert_eq!(claim("Bearer abc").unwrap_err(), ErrorKind::NoCredentials);
        // No Base64; `a` without a colon; the bytes FF 3A; `a:` and a line feed; parameters; two credentials.
        for text in
            ["Basic ?", "Basic", "Basic YQ==", "Basic /zo=", "Basic YToK", "Basic a=b, c=d", "Basic YTpi, Basic YTpi"]
        {
            assert_eq!(claim(text).unwrap_err(), ErrorKind::InvalidRequest, "{text}");
        }
        assert!(Verifier::new("a\nb").is_err());
    }

    #[test]
    fn unknown_wrong_and_empty_look_alike() {
        let verifier = Verifier::new("r").unwrap();
        let (right, empty) = (claim("Basic YTpi").unwrap(), claim("Basic YTo=").unwrap());
        let refused = |claim: &Claim, password: Option<&str>| {
            verifier.verify(claim, password.map(Secret::from).as_ref()).unwrap_err().to_string()
        };
        let text = refused(&right, None);
        assert_eq!(
            [refused(&right, Some("c")), refused(&right, Some("")), refused(&empty, Some(""))],
            [const { "" }; 3].map(|_| text.clone())
        );
        assert_eq!(verifier.verify(&right, Some(&"b".into())).unwrap().username, "a");
        assert!(!format!("{right:?} {:?}", claim("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")).contains("sesame"));
    }
}

use std::fmt;

use countersign_core::verify::{Refusal, no_doubles, refused, unreadable};
use countersign_core::{Context, Result, query};
use http::Method;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::{Credentials, Verifier, fitting, refuse, seconds};
use crate::bewit::{BEWIT, Bewit, text};
use crate::canonical::Target;

/// What a URL's bewit says of itself. Nothing of it is believed yet.
pub struct BewitClaim {
    bewit: Bewit,
    target: Target<'static>,
    expires: u64,
}

/// A bewit that was checked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct VerifiedBewit {
    /// Whose key signed it.
    pub id: String,
    /// The text of the application's own; empty if there is none.
    pub ext: String,
    /// When it expires, in seconds since the Unix epoch. Until then it counts as often as it is used.
    pub expires_at: u64,
}

impl BewitClaim {
    /// Whose key is to be found.
    #[must_use]
    pub fn id(&self) -> &str {
        self.bewit.id()
    }
}

impl Verifier {
    /// Reads the bewit in the URL of a GET or HEAD request.
    ///
    /// ```
    /// use countersign_hawk::verify::{Credentials, Verifier};
    /// use countersign_hawk::{Config, Context, Signer, http};
    ///
    /// let signer = Signer::new(&Config::new("id", "key"))?;
    /// let uri = signer.bewit(&"https://example.com/report.pdf".parse()?, 300, &Context::now())?;
    /// let (parts, ()) = http::Request::get(uri).body(())?.into_parts();
    ///
    /// let verifier = Verifier::new();
    /// let claim = verifier.read_bewit(&parts)?;
    /// assert_eq!(claim.id(), "id");
    /// verifier.verify_bewit(claim, Some(&Credentials::new("key")), &Context::now())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NoCredentials`](countersign_core::ErrorKind::NoCredentials) when there is none,
    /// [`ErrorKind::InvalidRequest`](countersign_core::ErrorKind::InvalidRequest) when it cannot be read, when there are two, or an
    /// `Authorization` header too, or as [`Verifier::read`]; [`ErrorKind::Rejected`](countersign_core::ErrorKind::Rejected) for
    /// another method.
    pub fn read_bewit(&self, parts: &Parts) -> Result<BewitClaim, Refusal> {
        self.bewit_claim(parts).map_err(refuse)
    }

    fn bewit_claim(&self, parts: &Parts) -> Result<BewitClaim> {
        let bewit = Bewit::of(&parts.uri)?;
        no_doubles(parts)?;
        if ![Method::GET, Method::HEAD].contains(&parts.method) {
            return Err(refused("a bewit is good only for GET and HEAD"));
        }
        if parts.headers.contains_key(AUTHORIZATION) {
            return Err(unreadable("the request has a bewit and an Authorization header"));
        }
        let expires = seconds(bewit.expires());
        let expires = expires.ok_or_else(|| unreadable("the bewit's expiry is not a number of seconds"))?;
        let unsigned = query::replace(&parts.uri, |name| name == BEWIT, &[])?;
        let (host, port) = self.place(parts)?;
        Ok(BewitClaim { bewit, target: Target::new("GET", &unsigned, host, port).into_owned(), expires })
    }

    /// Checks a bewit with the key of its id; `None` where there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`](countersign_core::ErrorKind::Rejected) for what is refused.
    pub fn verify_bewit(
        &self,
        claim: BewitClaim,
        key: Option<&Credentials>,
        ctx: &Context,
    ) -> Result<VerifiedBewit, Refusal> {
        let BewitClaim { bewit, target, expires } = claim;
        fitting(key, &text(&target, bewit.expires(), bewit.ext()), bewit.mac())?;
        if expires <= ctx.unix_time() {
            return Err(refuse(refused("the bewit has expired")));
        }
        Ok(VerifiedBewit { id: bewit.id().to_owned(), ext: bewit.ext().to_owned(), expires_at: expires })
    }
}

/// Shows whose claim it is, and no more.
impl fmt::Debug for BewitClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BewitClaim").field("id", &self.id()).finish_non_exhaustive()
    }
}

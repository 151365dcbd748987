//! What only the asker knows: PKCE's verifier (RFC 7636), and what else is drawn.

use countersign_core::encode::{base64_url, is_unreserved};
use countersign_core::{Context, Error, ErrorKind, Result, Secret};
use sha2::{Digest as _, Sha256};

use crate::config::{AuthorizationCode, CodeChallengeMethod};
use crate::form::Form;

/// The challenge of a verifier (RFC 7636 section 4.2).
#[must_use]
pub fn code_challenge(method: CodeChallengeMethod, verifier: &Secret) -> String {
    match method {
        CodeChallengeMethod::S256 => base64_url(&Sha256::digest(verifier.expose())),
        CodeChallengeMethod::Plain => verifier.expose().to_owned(),
    }
}

/// Adds PKCE's challenge; returns its verifier.
pub(super) fn push_challenge(form: &mut Form, grant: &AuthorizationCode, ctx: &Context) -> Result<Secret> {
    let verifier = given_or_drawn(grant.code_verifier.as_ref(), ctx)?;
    let text = verifier.expose();
    let is_valid = (43..=128).contains(&text.len()) && text.bytes().all(is_unreserved);
    if !is_valid {
        const WHY: &str =
            "`code_verifier` is not of 43 to 128 characters of A-Z a-z 0-9 - . _ ~ (RFC 7636 section 4.1)";
        return Err(Error::new(ErrorKind::InvalidConfig, WHY));
    }
    let method = match grant.code_challenge_method {
        CodeChallengeMethod::S256 => "S256",
        CodeChallengeMethod::Plain => "plain",
    };
    form.push("code_challenge", &code_challenge(grant.code_challenge_method, &verifier));
    form.push("code_challenge_method", method);
    Ok(verifier)
}

/// Thirty-two random bytes, unless it is given: 43 characters, none of which needs encoding.
pub(super) fn given_or_drawn(given: Option<&Secret>, ctx: &Context) -> Result<Secret> {
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return Ok(given.clone());
    }
    let mut random = zeroize::Zeroizing::new([0; 32]);
    ctx.random(&mut *random)?;
    Ok(base64_url(&*random).into())
}

//! How curl would authenticate.

use countersign::{AuthConfig, Result, aws_sigv4, basic, digest, ntlm};

use super::transfer::{Schemes, Transfer};
use crate::variables::Names;
use crate::{Note, Request, authorization, error};

impl Transfer {
    /// In curl's words, for a list.
    pub(super) fn shown_auth(&self) -> Option<&'static str> {
        let is_authorization =
            |header: &&String| header.get(..14).is_some_and(|name| name.eq_ignore_ascii_case("authorization:"));
        let has_user = self.user.is_some() || self.url_and_user().1.is_some();
        match () {
            () if self.headers.iter().any(|header| is_authorization(&header)) => Some("--header"),
            () if self.aws.is_some() => Some("--aws-sigv4"),
            () if self.bearer.is_some() => Some("--oauth2-bearer"),
            () if !has_user => None,
            () if self.schemes.digest => Some("--digest"),
            () if self.schemes.ntlm => Some("--ntlm"),
            () => Some("--basic"),
        }
    }

    /// The best way, and the others that the options allow, in curl's order. Takes the credential out of the request.
    pub(super) fn auth(&self, request: &mut Request, notes: &mut Vec<Note>) -> Result<(AuthConfig, Vec<AuthConfig>)> {
        if request.take_header("proxy-authorization").is_some() {
            notes.push(Note::new("--header", "a proxy's login is left out"));
        }
        // An own header stands in place of curl's, an empty one too.
        let is_authorization = |header: &String| {
            let name = header.split([':', ';']).next().unwrap_or_default();
            name.trim().eq_ignore_ascii_case("authorization")
        };
        if self.headers.iter().any(is_authorization) {
            let has_value = request
                .headers
                .iter()
                .any(|(name, value)| name.eq_ignore_ascii_case("authorization") && !value.is_empty());
            if !has_value {
                request.take_header("authorization");
                return Ok((AuthConfig::None, Vec::new()));
            }
            return Ok((authorization::settle(AuthConfig::None, request, &mut Names::new(), notes), Vec::new()));
        }
        let user = match &self.user {
            Some(user) => Some(match user.split_once(':') {
                Some((name, password)) => (name.to_owned(), Some(password.to_owned())),
                None => (user.clone(), None),
            }),
            // A URL's user without password has an empty one; curl asks only for that of `-u`.
            None => self.url_and_user().1.map(|(name, password)| (name, Some(password.unwrap_or_default()))),
        };
        if let Some(provider) = &self.aws {
            return Ok((aws(provider, user, request)?, Vec::new()));
        }
        let mut ways: Vec<AuthConfig> = self.bearer.iter().map(|token| AuthConfig::bearer(token.as_str())).collect();
        if let Some((name, password)) = user {
            ways.extend(self.with_password(&name, password.as_deref(), !ways.is_empty())?);
        }
        let mut ways = ways.into_iter();
        Ok((ways.next().unwrap_or(AuthConfig::None), ways.collect()))
    }

    fn with_password(&self, name: &str, password: Option<&str>, has_bearer: bool) -> Result<Vec<AuthConfig>> {
        let Schemes { basic, digest, ntlm, negotiate } = self.schemes;
        if negotiate && !(basic || digest || ntlm || has_bearer) {
            return Err(error::unsupported("--negotiate", "Kerberos and SPNEGO are not at hand"));
        }
        let mut names = Names::new();
        let mut secret = |scheme| password.map_or_else(|| names.secret(scheme, "password"), Into::into);
        let mut ways = Vec::new();
        if digest {
            ways.push(AuthConfig::Digest(digest::Config::new(name, secret("digest"))));
        }
        if ntlm {
            ways.push(AuthConfig::Ntlm(ntlm::Config::new(name, secret("ntlm"))));
        }
        // Without any option it is Basic.
        if basic || !(digest || ntlm || negotiate || has_bearer) {
            ways.push(AuthConfig::Basic(basic::Config::new(name, secret("basic"))));
        }
        Ok(ways)
    }
}

/// `provider1[:provider2[:region[:service]]]`, with the keys as user and password.
fn aws(provider: &str, user: Option<(String, Option<String>)>, request: &mut Request) -> Result<AuthConfig> {
    let mut parts = provider.split(':');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or("amz"));
    if !first.eq_ignore_ascii_case("aws") || !second.eq_ignore_ascii_case("amz") {
        let what = "only aws:amz signs as AWS does; other providers name and derive their signature otherwise";
        return Err(error::unsupported("--aws-sigv4", what));
    }
    let mut names = Names::new();
    let (key_id, secret) = user.unwrap_or_else(|| (names.placeholder("aws", "access_key_id"), None));
    let secret = secret.map_or_else(|| names.secret("aws", "secret_access_key"), Into::into);
    let mut config = aws_sigv4::Config::new(key_id, secret);
    config.region = parts.next().filter(|region| !region.is_empty()).map(str::to_owned);
    config.service = parts.next().filter(|service| !service.is_empty()).map(str::to_owned);
    config.session_token = request.take_header("x-amz-security-token").map(Into::into);
    request.take_header("x-amz-date");
    Ok(AuthConfig::AwsSigv4(config))
}

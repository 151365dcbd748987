//! How HTTPie would authenticate.

use countersign::{AuthConfig, Result, basic, digest};

use super::Command;
use super::items::{self, Kind};
use crate::variables::Names;
use crate::{Note, Request, authorization, error};

impl Command {
    /// In HTTPie's words, for a list.
    pub(super) fn shown_auth(&self) -> Option<String> {
        let is_authorization = |item: &&items::Item| {
            item.kind == Kind::Header && item.key.eq_ignore_ascii_case("authorization") && !item.value.is_empty()
        };
        match (&self.options.auth_type, &self.options.auth, &self.user) {
            (Some(kind), ..) => Some(kind.clone()),
            (None, None, None) => self.items.iter().find(is_authorization).map(|_| "header".to_owned()),
            _ => Some("basic".to_owned()),
        }
    }

    /// Takes the credential out of the request. `--auth` beats an own header.
    pub(super) fn auth(&self, request: &mut Request, notes: &mut Vec<Note>) -> Result<AuthConfig> {
        let options = &self.options;
        let mut names = Names::new();
        // A type that is named takes no user of the URL.
        let user = self.user.as_ref().filter(|_| options.auth.is_none() && options.auth_type.is_none());
        if options.auth.is_none() && options.auth_type.is_none() && user.is_none() {
            return Ok(authorization::settle(AuthConfig::None, request, &mut names, notes));
        }
        let kind = options.auth_type.as_deref().unwrap_or("basic");
        let (name, password) = match (&options.auth, user) {
            (Some(auth), _) => match items::split(auth, &[":"]) {
                Some((name, _, password)) => (name, Some(password)),
                // HTTPie asks for the password.
                None => (auth.clone(), None),
            },
            (None, Some((name, password))) => (name.clone(), Some(password.clone())),
            (None, None) => (names.placeholder(kind, "username"), None),
        };
        let mut secret = |scheme| password.as_deref().map_or_else(|| names.secret(scheme, "password"), Into::into);
        let auth = match kind {
            "basic" => AuthConfig::Basic(basic::Config::new(name, secret("basic"))),
            "digest" => AuthConfig::Digest(digest::Config::new(name, secret("digest"))),
            "bearer" => {
                AuthConfig::bearer(options.auth.clone().unwrap_or_else(|| names.placeholder("bearer", "token")))
            }
            other => {
                let what =
                    format!("{} is a plugin's type; HTTPie's own are basic, digest and bearer", error::quoted(other));
                return Err(error::unsupported("--auth-type", what));
            }
        };
        Ok(authorization::settle(auth, request, &mut names, notes))
    }
}

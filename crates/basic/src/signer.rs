use std::sync::Arc;

use countersign_core::encode::push_base64;
use countersign_core::sync::Copies;
use countersign_core::{Context, Dialogue, Error, ErrorKind, Once, Payload, Result, Scheme, Signed};
use http::HeaderValue;
use http::Request;
use http::header::AUTHORIZATION;
use http::request::Parts;
use zeroize::Zeroizing;

use crate::Config;

/// Sends one user's name and password with every request. The header's value is built once.
#[derive(Debug)]
pub struct Signer {
    authorization: Copies<HeaderValue>,
}

impl Signer {
    /// Checks the config and builds the header.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the user name holds a colon, or either field a control character (RFC 7617
    /// section 2).
    pub fn new(config: &Config) -> Result<Self> {
        let Config { username, password } = config;
        let invalid = |message: &'static str| Error::new(ErrorKind::InvalidConfig, message);
        if username.contains(':') {
            return Err(invalid(
                "a Basic `username` may not hold a colon: the server would read the rest as the password",
            ));
        }
        if username.chars().any(char::is_control) {
            return Err(invalid("a Basic `username` may not hold control characters"));
        }
        if password.expose().chars().any(char::is_control) {
            return Err(invalid("a Basic `password` may not hold control characters"));
        }
        let pair = Zeroizing::new(format!("{username}:{}", password.expose()));
        let mut text = String::from("Basic ");
        push_base64(&mut text, pair.as_bytes());
        let text = Zeroizing::new(text);
        let authorization = Copies::new(|| {
            let mut value = HeaderValue::from_str(&text)
                .map_err(|err| Error::new(ErrorKind::InvalidConfig, "not a header value").with_source(err))?;
            value.set_sensitive(true);
            Ok(value)
        })?;
        Ok(Self { authorization })
    }
}

impl Scheme for Signer {
    fn compute(&self, _: &Parts, _: &Payload, _: &Context) -> Result<Signed> {
        Ok(Signed::default().with_header(AUTHORIZATION, self.authorization.here().clone()))
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Once::boxed(self, request)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(username: &str, password: &str) -> Result<String> {
        let signer = Signer::new(&Config::new(username, password))?;
        let (mut parts, ()) = Request::get("/").header("authorization", "old").body(()).unwrap().into_parts();
        signer.sign(&mut parts, &mut Payload::Streaming, &Context::at(0))?;
        assert_eq!(parts.headers.get_all(AUTHORIZATION).iter().count(), 1);
        Ok(parts.headers[AUTHORIZATION].to_str().unwrap().to_owned())
    }

    #[test]
    fn the_rfcs_own_examples() {
        assert_eq!(header("Aladdin", "open sesame").unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        // RFC 7617 section 2.1: the pound sign in UTF-8
        assert_eq!(header("test", "123\u{a3}").unwrap(), "Basic dGVzdDoxMjPCow==");
    }

    #[test]
    fn what_a_server_would_misread_is_refused() {
        for (username, password) in [("a:b", ""), ("a\n", ""), ("a", "\u{7f}"), ("a", "\0"), ("\u{85}", "")] {
            assert_eq!(header(username, password).unwrap_err().kind(), ErrorKind::InvalidConfig);
        }
        assert_eq!(header("", "").unwrap(), "Basic Og==");
    }

    #[test]
    fn debug_shows_no_password() {
        let config = Config::new("user", "hunter2");
        let signer = Signer::new(&config).unwrap();
        let shown = format!("{config:?} {signer:?}");
        assert!(shown.contains("user") && !shown.contains("hunter2") && !shown.contains("dXNlcj"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_text_is_sent_or_refused(username in ".{0,20}", password in ".{0,20}") {
            let refused = username.contains(':') || (username.clone() + &password).chars().any(char::is_control);
            prop_assert_eq!(header(&username, &password).is_err(), refused);
        }
    }
}

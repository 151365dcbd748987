//! TLS: HTTP/2's `:authority`, and what is bound to the server's certificate.

use std::sync::Arc;

use countersign::aws_sigv4::verify;
use countersign::scheme::encode::base64;
use countersign::{
    AuthConfig, Authenticator, Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Scheme, Secret, Signed,
    Step,
};
use countersign_tests::stand_in::Answer;
use countersign_tests::tls::{AskedOf, certificate};
use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Parts;
use http::{Request, StatusCode, Version};

use crate::clients::{Options, Protocol, adapters, over_tls, send};
use crate::{authenticator, get, header, reply, text, with};

#[test]
fn a_signature_over_the_host_holds_for_authority() {
    for adapter in adapters().into_iter().filter(|adapter| adapter.speaks(Protocol::Http2)) {
        let server = adapter.serve(|_, request| {
            let (parts, body) = request.into_parts();
            let AskedOf(authority) = parts.extensions.get().unwrap();
            assert_eq!((parts.version, authority.as_deref()), (Version::HTTP_2, parts.headers["host"].to_str().ok()));
            let (verifier, key) = (verify::Verifier::new().with_payload_hash(), Secret::from("secret"));
            let verified = verifier
                .read(&parts)
                .and_then(|claim| verifier.verify(claim, Some(&key), &Payload::from(body), &Context::now()));
            Answer::Reply(match verified {
                Ok(_) => reply(200, "let in"),
                Err(why) => reply(403, why.to_string()),
            })
        });
        let auth = authenticator(AuthConfig::aws_sigv4("AKIDEXAMPLE", "secret"));
        let post = Request::post(server.uri("/items?b=2&a=1")).body("body".into()).unwrap();
        let response = send(&adapter, &auth, post).unwrap();
        assert_eq!(text(&response), "let in", "{}", adapter.name());
    }
}

/// A scheme of one connection, whose second message shows the certificate that it was told of.
#[derive(Debug)]
struct Bound;

struct BoundDialogue(Request<Payload>);

impl Scheme for Bound {
    fn compute(&self, _: &Parts, _: &Payload, _: &Context) -> Result<Signed> {
        Err(Error::new(ErrorKind::NeedsExchange, "of one connection"))
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Box::new(BoundDialogue(request))
    }
}

impl Dialogue for BoundDialogue {
    fn start(&mut self, _: &Context) -> Result<Step> {
        Ok(Step::Send(self.0.clone()))
    }

    fn on_response(&mut self, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        if reply.status != StatusCode::UNAUTHORIZED {
            return Ok(Step::Done);
        }
        let shown = ctx.peer_certificate().map_or_else(|| "none".into(), base64);
        self.0.headers_mut().insert(AUTHORIZATION, HeaderValue::from_str(&shown).unwrap());
        Ok(Step::Send(self.0.clone()))
    }

    fn connection_bound(&self) -> bool {
        true
    }
}

#[test]
fn a_scheme_of_one_connection_is_told_the_servers_certificate() {
    for adapter in over_tls() {
        let server = adapter.serve(|_, request| {
            Answer::Reply(match header(&request, "authorization") {
                "" => with(reply(401, "who?"), "www-authenticate", "Bound"),
                shown => reply(200, shown),
            })
        });
        let options = Options { connections: true, ..Options::default() };
        let user = adapter.user(&Authenticator::from_scheme(Bound), &options);
        let response = user.send(get(server.uri("/"))).unwrap();
        assert_eq!(text(&response), base64(&certificate()), "{}", adapter.name());
        assert_eq!(server.connections(), 1, "{}", adapter.name());
    }
}

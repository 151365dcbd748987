//! OAuth 2's tokens, over the same client.

use countersign::oauth2::Grant;
use countersign::{AuthConfig, Authenticator};
use countersign_tests::stand_in::Answer;

use crate::clients::{adapters, send};
use crate::{authenticator, get, header, reply, text, with};

#[test]
fn tokens_are_fetched_over_the_same_client_and_failures_are_errors() {
    for adapter in adapters() {
        let server = adapter.serve(|_, request| {
            Answer::Reply(match request.uri().path() {
                "/token" => reply(200, r#"{"access_token":"t","expires_in":60}"#),
                "/broken" => reply(502, "<html>"),
                "/elsewhere" => with(reply(307, ""), "location", "/token"),
                _ => reply(200, header(&request, "authorization")),
            })
        });
        let auth =
            |path: &str| authenticator(AuthConfig::oauth2(Grant::client_credentials(server.uri(path), "i", "s")));
        let ask = |auth: &Authenticator| send(&adapter, auth, get(server.uri("/api")));
        assert_eq!(text(&ask(&auth("/token")).unwrap()), "Bearer t", "{}", adapter.name());
        assert!(ask(&auth("/broken")).unwrap_err().contains("status 502"), "{}", adapter.name());
        assert!(ask(&auth("/elsewhere")).unwrap_err().contains("redirects"), "credentials are not sent on");
    }
}

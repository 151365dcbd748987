//! The server, in a process of its own, so that its memory is not the client's.

use std::io::{BufRead as _, BufReader, Read as _, Write as _, stdin};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countersign::oauth2::Grant;
use countersign::{AuthConfig, aws_sigv4};
use countersign_tests::guard::{AwsSigv4, Digest, Guard, Ntlm, Oauth2, PASSWORD, Tally, USER, reply};
use countersign_tests::stand_in::{Answer, StandIn};
use http::Response;
use serde_json::{Value, json};

/// What a server asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scheme {
    /// Nothing: for the bare client.
    None,
    Digest,
    AwsSigv4,
    Oauth2,
    Ntlm,
}

impl Scheme {
    pub(crate) const ALL: [Self; 4] = [Self::Digest, Self::AwsSigv4, Self::Oauth2, Self::Ntlm];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Digest => "digest",
            Self::AwsSigv4 => "aws-sigv4",
            Self::Oauth2 => "oauth2",
            Self::Ntlm => "ntlm",
        }
    }

    pub(crate) fn config(self, server: &Server) -> AuthConfig {
        match self {
            Self::None => AuthConfig::None,
            Self::Digest => AuthConfig::digest(USER, PASSWORD),
            Self::AwsSigv4 => {
                let mut config = aws_sigv4::Config::new(USER, PASSWORD);
                (config.region, config.service) = (Some("eu-west-1".into()), Some("execute-api".into()));
                AuthConfig::AwsSigv4(config)
            }
            Self::Oauth2 => AuthConfig::oauth2(Grant::client_credentials(server.uri("/token"), USER, PASSWORD)),
            Self::Ntlm => AuthConfig::ntlm(USER, PASSWORD),
        }
    }

    fn guard(self, is_rough: bool) -> Option<Box<dyn Guard>> {
        let (nonces, tokens) = if is_rough { (2, 1) } else { (3600, 3600) };
        match self {
            Self::None => None,
            Self::Digest => Some(Box::new(Digest::new(nonces))),
            Self::AwsSigv4 => Some(Box::new(AwsSigv4::default())),
            Self::Oauth2 => Some(Box::new(Oauth2::new(Duration::from_secs(tokens)))),
            Self::Ntlm => Some(Box::new(Ntlm::default())),
        }
    }
}

/// A running server.
pub(crate) struct Server {
    process: Child,
    authority: String,
}

impl Server {
    /// Starts this program once more; `is_rough`: nonces and tokens expire, and connections are closed.
    pub(crate) fn start(scheme: Scheme, is_rough: bool) -> Self {
        let roughness = if is_rough { "rough" } else { "smooth" };
        let mut process = Command::new(std::env::current_exe().expect("the program has a file"))
            .args(["serve", scheme.name(), roughness])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let out = process.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut line).expect("the server says where it is");
        Self { process, authority: line.trim().to_owned() }
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority)
    }

    /// What the server counted.
    pub(crate) fn tally(&self) -> Value {
        let mut response = ureq::get(self.uri("/tally")).call().expect("the server tells");
        serde_json::from_str(&response.body_mut().read_to_string().expect("a text")).expect("JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends when its standard input does; waiting for it can only fail if it is gone.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The server's process: `serve SCHEME rough|smooth`.
pub(crate) fn serve(arguments: &[String]) {
    let [scheme, roughness] = arguments else { panic!("serve SCHEME rough|smooth") };
    let schemes = Scheme::ALL.into_iter().chain([Scheme::None]);
    let scheme = schemes.into_iter().find(|known| known.name() == scheme).expect("a scheme's name");
    let is_rough = roughness == "rough";
    let guard: Option<Arc<dyn Guard>> = scheme.guard(is_rough).map(Arc::from);
    let (replies, closed) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
    let server = StandIn::start(move |place, request| {
        if request.uri().path() == "/tally" {
            return Answer::Reply(tally(guard.as_deref(), Tally::of(&closed)));
        }
        let response = guard.as_ref().and_then(|guard| guard.answer(place, &request));
        let response = response.unwrap_or_else(|| reply(200, "let in"));
        if is_rough && replies.fetch_add(1, Ordering::Relaxed) % 100 == 99 {
            Tally::add(&closed);
            return Answer::ReplyAndClose(response);
        }
        Answer::Reply(response)
    })
    .expect("a free port");
    println!("{}", server.authority());
    std::io::stdout().flush().expect("somebody listens");
    // Until whoever started it is done, or gone.
    let _ = stdin().read_to_end(&mut Vec::new());
}

fn tally(guard: Option<&dyn Guard>, closed: u64) -> Response<Vec<u8>> {
    let nothing = Tally::default();
    let tally = guard.map_or(&nothing, Guard::tally);
    let json = json!({
        "requests": Tally::of(&tally.requests), "let_in": Tally::of(&tally.let_in), "refused": Tally::of(&tally.refused),
        "repeated": Tally::of(&tally.repeated), "tokens": Tally::of(&tally.tokens), "closed": closed,
    });
    reply(200, json.to_string())
}

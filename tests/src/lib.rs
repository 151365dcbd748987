//! What the tests in `tests/` share: servers that stop by themselves, and a blocking client over the one loop.

pub mod every_config;
pub mod guard;
pub mod redis;
pub mod rotation;
pub mod stand_in;
pub mod tls;
pub mod verifiers;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Error, Result};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use countersign::{Authenticator, Payload};
use http::{Request, Response};

/// A port of 127.0.0.1 that nobody listens on just now.
///
/// # Errors
/// When the system has none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// An empty folder of its own for a test, in the system's folder for such, readable for a server's own user.
///
/// # Errors
/// When it cannot be made.
pub fn work_dir(name: &str) -> Result<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("countersign-{}-{name}-{count}", std::process::id()));
    if dir.exists() {
        std::fs::remove_dir_all(&dir)?;
    }
    std::fs::create_dir_all(&dir)?;
    Ok(dir)
}

/// A server process, stopped by its id when this value is dropped.
#[derive(Debug)]
pub struct Server {
    child: Option<Child>,
    pid: String,
    /// Where it listens: `127.0.0.1:PORT`.
    pub authority: String,
}

impl Server {
    /// Runs `tests/servers/SCRIPT PORT WORKDIR`, which starts a server and prints its process id on one line once it answers.
    ///
    /// # Errors
    /// When the script fails; what it printed on standard error is shown by the test.
    pub fn script(script: &str, port: u16, work_dir: &Path) -> Result<Self> {
        Self::script_with(script, port, work_dir, &[])
    }

    /// As [`Server::script`], with further arguments.
    ///
    /// # Errors
    /// As [`Server::script`].
    pub fn script_with(script: &str, port: u16, work_dir: &Path, more: &[&str]) -> Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers").join(script);
        // A server that stays behind may hold the script's output open: read one line, not to the end.
        let mut command = Command::new(path);
        let mut starting = command.arg(port.to_string()).arg(work_dir).args(more).stdout(Stdio::piped()).spawn()?;
        let mut pid = String::new();
        if let Some(stdout) = starting.stdout.take() {
            BufReader::new(stdout).read_line(&mut pid)?;
        }
        let pid = pid.trim().to_owned();
        let status = starting.wait()?;
        if !status.success() || pid.parse::<u32>().is_err() {
            return Err(Error::other(format!("{script} ended with {status} and printed {pid:?}")));
        }
        Ok(Self { child: None, pid, authority: format!("127.0.0.1:{port}") })
    }

    /// Runs a program that stays in the foreground, and waits until something listens on `port`, 30 seconds at most.
    ///
    /// # Errors
    /// When it ends at once, or never listens.
    pub fn program(command: &mut Command, port: u16) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let pid = child.id().to_string();
        let mut server = Self { child: Some(child), pid, authority: format!("127.0.0.1:{port}") };
        for _ in 0..300 {
            if std::net::TcpStream::connect(&server.authority).is_ok() {
                return Ok(server);
            }
            if let Some(status) = server.child.as_mut().map(Child::try_wait).transpose()?.flatten() {
                return Err(Error::other(format!("{command:?} ended with {status}")));
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Err(Error::other(format!("{command:?} does not listen on port {port}")))
    }

    /// An absolute URI on this server.
    #[must_use]
    pub fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match &mut self.child {
            Some(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            None => {
                let _ = Command::new("kill").arg(&self.pid).status();
            }
        }
    }
}

/// A blocking client that follows no redirect and takes every status as a reply.
#[must_use]
pub fn client() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into()
}

/// Sends one request as it is.
///
/// # Errors
/// When the client fails.
pub fn send(client: &ureq::Agent, request: Request<Payload>) -> Result<Response<Vec<u8>>> {
    let request = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
    let (parts, mut body) = client.run(request).map_err(Error::other)?.into_parts();
    Ok(Response::from_parts(parts, body.read_to_vec().map_err(Error::other)?))
}

/// One exchange from its first request to the caller's reply, and how many requests it took. A refusal is a reply.
///
/// # Errors
/// When the client fails, or the exchange fails before there is a reply.
pub fn exchange<B: Into<Payload>>(
    client: &ureq::Agent,
    auth: &Authenticator,
    request: Request<B>,
) -> Result<(Response<Vec<u8>>, usize)> {
    let mut sent = 0;
    // Each test has a client and its connections to itself.
    let response = auth.drive_on_connection(request, |request| {
        sent += 1;
        send(client, request).map_err(Failure::Sending)
    });
    match response {
        Ok(response) => Ok((response, sent)),
        Err(Failure::Sending(why)) => Err(why),
        Err(Failure::Signing(why)) => Err(Error::other(why)),
    }
}

enum Failure {
    Sending(Error),
    Signing(countersign::Error),
}

impl From<countersign::Error> for Failure {
    fn from(why: countersign::Error) -> Self {
        Self::Signing(why)
    }
}

/// A person in a browser, who fills in every form of an authorization server: where the server sends them back to, or `None` when it
/// says that they are done.
///
/// # Panics
/// When a page is not as oidc-provider's development pages are.
#[must_use]
pub fn consent(server: &Server, url: &str, user_code: &str) -> Option<String> {
    let agent = client();
    let mut cookies = BTreeMap::new();
    let (mut method, mut uri, mut form) = ("GET", url.to_owned(), String::new());
    for _ in 0..15 {
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(&uri).header("cookie", pairs.join("; "));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = send(&agent, request.body(Payload::from(form.clone())).unwrap()).unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        if let Some(location) = response.headers().get("location") {
            let location = location.to_str().unwrap();
            if location.contains("/callback") {
                return Some(location.to_owned());
            }
            uri = if location.starts_with('/') { server.uri(location) } else { location.to_owned() };
            (method, form) = ("GET", String::new());
            continue;
        }
        let page = String::from_utf8(response.into_body()).unwrap();
        let attribute = |tag: &str, name: &str| {
            let value = tag.split_once(&format!("{name}=\""))?.1;
            Some(value.split('"').next()?.to_owned())
        };
        let action = page.split("<form").nth(1).and_then(|form| attribute(form, "action"))?;
        uri = if action.starts_with('/') { server.uri(&action) } else { action };
        let inputs = page.split("<input").skip(1).filter_map(|tag| {
            let tag = tag.split('>').next()?;
            let name = attribute(tag, "name")?;
            let value = match name.as_str() {
                "login" | "password" => "alice".to_owned(),
                "user_code" if attribute(tag, "value").is_none_or(|value| value.is_empty()) => user_code.to_owned(),
                "abort" => return None,
                _ => attribute(tag, "value").unwrap_or_default(),
            };
            Some(format!("{name}={value}"))
        });
        form = inputs.collect::<Vec<_>>().join("&");
        if page.contains("name=\"confirm\"") && !form.contains("confirm=") {
            form.push_str("&confirm=yes");
        }
        method = "POST";
    }
    panic!("the forms have no end: {uri}");
}

/// Sends one request over a connection of its own.
///
/// # Errors
/// When there is no reply.
pub async fn send_async(
    request: Request<Payload>,
) -> std::result::Result<Response<bytes::Bytes>, Box<dyn std::error::Error + Send + Sync>> {
    use http_body_util::{BodyExt as _, Full};
    use hyper_util::rt::TokioExecutor;

    let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
    let request = request.map(|body| Full::new(body.bytes().cloned().unwrap_or_default()));
    let (parts, body) = client.request(request).await?.into_parts();
    Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
}

/// The code of ours in `docs/coming-from.md` compiles.
#[cfg(doctest)]
#[doc = include_str!("../../docs/coming-from.md")]
mod coming_from {}

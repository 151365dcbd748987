//! A Redis of the tests' own: on loopback, without persistence, stopped by its id.

use std::io::{BufReader, Result, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use crate::Server;

/// Starts `redis-server` on this port, which must be free.
///
/// # Errors
/// When it is not installed, or does not listen.
pub fn redis(port: u16) -> Result<Server> {
    redis_with(port, &["--port", &port.to_string()])
}

/// [`redis`] with its ports said by `options`.
///
/// # Errors
/// As [`redis`].
pub fn redis_with(port: u16, options: &[&str]) -> Result<Server> {
    let fixed = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"];
    let dir = crate::work_dir("redis")?;
    let mut command = Command::new("redis-server");
    Server::program(command.args(fixed).args(options).arg("--dir").arg(dir).stdout(Stdio::null()), port)
}

/// What is kept under each name that begins with `prefix`, as it stands there.
///
/// # Errors
/// When Redis cannot be asked.
pub fn raw(port: u16, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let mut asking = BufReader::new(TcpStream::connect(("127.0.0.1", port))?);
    write!(asking.get_mut(), "KEYS {prefix}*\r\n")?;
    let count = number(&mut asking, '*')?;
    let mut names = Vec::new();
    for _ in 0..count {
        names.push(String::from_utf8_lossy(&bulk(&mut asking)?).into_owned());
    }
    let value = |name: String| {
        write!(asking.get_mut(), "GET {name}\r\n")?;
        Ok((name, bulk(&mut asking)?))
    };
    names.into_iter().map(value).collect()
}

fn bulk(from: &mut impl std::io::BufRead) -> Result<Vec<u8>> {
    let mut bytes = vec![0; number(from, '$')? + 2];
    from.read_exact(&mut bytes)?;
    bytes.truncate(bytes.len() - 2);
    Ok(bytes)
}

fn number(from: &mut impl std::io::BufRead, mark: char) -> Result<usize> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let number = line.trim().strip_prefix(mark).and_then(|number| number.parse().ok());
    number.ok_or_else(|| std::io::Error::other(format!("Redis said {line:?}")))
}

//! A server on loopback that asks for what a row needs, and checks nothing.

use std::io::{BufRead as _, BufReader, Result, Write as _};
use std::net::{TcpListener, TcpStream};

use countersign::scheme::encode::{base64, base64_decode};

const PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Starts it, each connection on a thread of its own; its URL.
pub(crate) fn start() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away is no failure.
            std::thread::spawn(move || serve(&stream).unwrap_or(()));
        }
    });
    format!("http://{address}")
}

fn serve(mut stream: &TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut line, mut is_known) = (BufReader::new(stream), String::new(), false);
    loop {
        let (mut path, mut authorization) = (String::new(), String::new());
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.trim_end() {
                "" => break,
                text if path.is_empty() => path = text.split(' ').nth(1).unwrap_or("/").to_owned(),
                text => {
                    if let Some(("authorization", value)) =
                        text.split_once(": ").map(|(name, value)| (lower(name), value))
                    {
                        value.clone_into(&mut authorization);
                    }
                }
            }
        }
        let reply = match path.as_str() {
            "/digest" if authorization.is_empty() => {
                ask(r#"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256"#)
            }
            "/ntlm" if !is_known => {
                let message = authorization.strip_prefix("NTLM ").and_then(|text| base64_decode(text.as_bytes()));
                is_known = message.is_some_and(|message| message.get(8) == Some(&3));
                if is_known { PAGE.into() } else { ask(&challenge()) }
            }
            _ => PAGE.into(),
        };
        stream.write_all(reply.as_bytes())?;
    }
}

fn lower(name: &str) -> &'static str {
    if name.eq_ignore_ascii_case("authorization") { "authorization" } else { "" }
}

fn ask(challenge: &str) -> String {
    format!("HTTP/1.1 401 Unauthorized\r\nwww-authenticate: {challenge}\r\ncontent-length: 0\r\n\r\n")
}

/// NTLM's second message (MS-NLMP section 2.2.1.2), with as little as it may hold.
fn challenge() -> String {
    let mut message = b"NTLMSSP\0\x02\0\0\0".to_vec();
    message.extend([0, 0, 0, 0, 56, 0, 0, 0]);
    message.extend(0x0088_8201_u32.to_le_bytes());
    message.extend(*b"\x01\x23\x45\x67\x89\xab\xcd\xef");
    message.extend([0; 8]);
    message.extend([4, 0, 4, 0, 56, 0, 0, 0]);
    message.extend([0; 12]);
    format!("NTLM {}", base64(&message))
}

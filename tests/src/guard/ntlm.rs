//! NTLM's messages, as far as a server must know them.

use std::collections::HashMap;
use std::sync::Mutex;

use countersign::scheme::encode::{base64, base64_decode};
use http::{Request, Response};

use super::{Guard, Tally, USER, header, reply, with};
use crate::stand_in::Place;

/// NTLM (MS-NLMP), which authenticates a connection. It checks the user's name, and not the proof: that is for real servers.
#[derive(Debug, Default)]
pub struct Ntlm {
    /// What was seen on each connection that is not authenticated yet, or is.
    connections: Mutex<HashMap<usize, State>>,
    tally: Tally,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Challenged,
    Authenticated,
}

impl Guard for Ntlm {
    fn answer(&self, place: Place, request: &Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
        Tally::add(&self.tally.requests);
        let message = header(request, "authorization").strip_prefix("NTLM ");
        let message = message.and_then(|text| base64_decode(text.as_bytes())).unwrap_or_default();
        let mut connections = self.connections.lock().unwrap();
        let state = connections.get(&place.connection).copied();
        match message.get(8) {
            Some(1) => {
                connections.insert(place.connection, State::Challenged);
                return Some(with(reply(401, "challenge"), "www-authenticate", challenge()));
            }
            Some(3) if state == Some(State::Challenged) && user_of(&message).as_deref() == Some(USER) => {
                connections.insert(place.connection, State::Authenticated);
            }
            Some(_) => {
                connections.remove(&place.connection);
                Tally::add(&self.tally.refused);
                return Some(with(reply(401, "not you"), "www-authenticate", "NTLM"));
            }
            None if state == Some(State::Authenticated) => {}
            None => return Some(with(reply(401, "who?"), "www-authenticate", "NTLM")),
        }
        Tally::add(&self.tally.let_in);
        None
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

/// The second message (MS-NLMP section 2.2.1.2), with as little as it may hold.
#[must_use]
pub fn challenge() -> String {
    let mut message = b"NTLMSSP\0\x02\0\0\0".to_vec();
    message.extend([0, 0, 0, 0, 56, 0, 0, 0]); // no target name
    message.extend(0x0088_8201_u32.to_le_bytes()); // Unicode, NTLM, always sign, session security, target information
    message.extend(*b"\x01\x23\x45\x67\x89\xab\xcd\xef");
    message.extend([0; 8]);
    message.extend([4, 0, 4, 0, 56, 0, 0, 0]);
    message.extend([0; 8]); // version
    message.extend([0; 4]); // the end of the target information
    format!("NTLM {}", base64(&message))
}

/// The user name of a third message (section 2.2.1.3).
#[must_use]
pub fn user_of(message: &[u8]) -> Option<String> {
    let number = |at: usize| Some(usize::from(u16::from_le_bytes(message.get(at..at + 2)?.try_into().ok()?)));
    let (length, offset) = (number(36)?, number(40)?);
    let units = message.get(offset..offset + length)?.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

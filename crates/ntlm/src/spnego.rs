//! NTLM inside SPNEGO (RFC 4178): some servers wrap their challenge when they are asked with `Negotiate`.

use crate::der::content;

const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
/// NegTokenResp, a choice of the negotiation token.
const NEG_TOKEN_RESP: u8 = 0xa1;
/// responseToken, its third field.
const RESPONSE_TOKEN: u8 = 0xa2;

/// The token inside a NegTokenResp; `None` if the message is not one, or holds no token.
pub(crate) fn response_token(message: &[u8]) -> Option<&[u8]> {
    let (mut fields, _) = content(message, NEG_TOKEN_RESP).and_then(|(response, _)| content(response, SEQUENCE))?;
    loop {
        let tag = *fields.first()?;
        let (value, rest) = content(fields, tag)?;
        if tag == RESPONSE_TOKEN {
            return content(value, OCTET_STRING).map(|(token, _)| token);
        }
        fields = rest;
    }
}

/// A NegTokenResp with nothing but this token.
pub(crate) fn wrapped(token: &[u8]) -> Vec<u8> {
    [OCTET_STRING, RESPONSE_TOKEN, SEQUENCE, NEG_TOKEN_RESP].into_iter().fold(token.to_vec(), |content, tag| {
        let mut out = Vec::with_capacity(content.len() + 6);
        out.push(tag);
        push_length(&mut out, content.len());
        out.extend(content);
        out
    })
}

fn push_length(out: &mut Vec<u8>, length: usize) {
    if let Ok(short @ 0..=0x7f) = u8::try_from(length) {
        return out.push(short);
    }
    let bytes = length.to_be_bytes();
    let digits = bytes.get(bytes.iter().take_while(|&&byte| byte == 0).count()..).unwrap_or_default();
    out.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
    out.extend_from_slice(digits);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_servers_response() {
        // negState accept-incomplete, supportedMech NTLMSSP, responseToken "NTLM", as RFC 4178 section 4.2.2 encodes it
        let message = b"\xa1\x1b\x30\x19\xa0\x03\x0a\x01\x01\xa1\x0c\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a\xa2\x04\x04\x02NT";
        assert_eq!(response_token(message), Some(&b"NT"[..]));
        assert_eq!(response_token(b"NTLMSSP\0"), None);
        for length in 0..message.len() {
            assert_eq!(response_token(&message[..length]), None);
        }
        let long = vec![7; 70_000];
        assert_eq!(response_token(&wrapped(&long)), Some(&long[..]));
    }

    proptest! {
        #[test]
        fn what_is_wrapped_comes_back(token in proptest::collection::vec(any::<u8>(), 0..400)) {
            let message = wrapped(&token);
            prop_assert_eq!(response_token(&message), Some(&token[..]));
        }

        #[test]
        fn any_bytes_are_survived(message in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = response_token(&message);
        }
    }
}

use std::fmt;

/// How requests are signed (RFC 5849 section 3.4). The methods with SHA-2 are not in the RFC, but many providers have them.
///
/// It is made from its name, which is exact: case matters (RFC 5849 section 3.4). A name that this build does not know is kept, so
/// that a config can be read, shown and written whatever it says; [`Signer::new`](crate::Signer::new) refuses it.
///
/// ```
/// use countersign_oauth1::SignatureMethod;
///
/// assert_eq!(SignatureMethod::HmacSha256.as_str(), "HMAC-SHA256");
/// assert_eq!(SignatureMethod::from("RSA-SHA1"), SignatureMethod::RsaSha1);
/// assert_eq!(SignatureMethod::from("hmac-sha1"), SignatureMethod::Other("hmac-sha1".to_owned()));
/// ```
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(from = "String", into = "String"))]
#[non_exhaustive]
pub enum SignatureMethod {
    /// `HMAC-SHA1`, what nearly every provider takes.
    #[default]
    HmacSha1,
    /// `HMAC-SHA256`.
    HmacSha256,
    /// `HMAC-SHA512`.
    HmacSha512,
    /// `RSA-SHA1` (PKCS#1 v1.5); needs the feature `rsa`.
    RsaSha1,
    /// `RSA-SHA256`; needs the feature `rsa`.
    RsaSha256,
    /// `RSA-SHA512`; needs the feature `rsa`.
    RsaSha512,
    /// `PLAINTEXT`: both secrets as they are. Over TLS only.
    Plaintext,
    /// A name that this build does not know.
    Other(String),
}

impl SignatureMethod {
    /// All that have a name here.
    pub const ALL: &'static [Self] = &[
        Self::HmacSha1,
        Self::HmacSha256,
        Self::HmacSha512,
        Self::RsaSha1,
        Self::RsaSha256,
        Self::RsaSha512,
        Self::Plaintext,
    ];

    /// The name, as `oauth_signature_method` has it.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::HmacSha512 => "HMAC-SHA512",
            Self::RsaSha1 => "RSA-SHA1",
            Self::RsaSha256 => "RSA-SHA256",
            Self::RsaSha512 => "RSA-SHA512",
            Self::Plaintext => "PLAINTEXT",
            Self::Other(name) => name.as_str(),
        }
    }
}

impl From<String> for SignatureMethod {
    fn from(name: String) -> Self {
        Self::ALL.iter().find(|method| method.as_str() == name).cloned().unwrap_or(Self::Other(name))
    }
}

impl From<&str> for SignatureMethod {
    fn from(name: &str) -> Self {
        Self::from(name.to_owned())
    }
}

impl From<SignatureMethod> for String {
    fn from(method: SignatureMethod) -> Self {
        match method {
            SignatureMethod::Other(name) => name,
            known => known.as_str().to_owned(),
        }
    }
}

impl fmt::Display for SignatureMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_back() {
        for method in SignatureMethod::ALL {
            assert_eq!(SignatureMethod::from(method.as_str()), *method);
        }
        for name in ["", "hmac-sha1", "HMAC-SHA3"] {
            assert_eq!(SignatureMethod::from(name), SignatureMethod::Other(name.to_owned()));
            assert_eq!(String::from(SignatureMethod::from(name)), name);
        }
    }
}

use countersign_core::Secret;

/// A user's name and password. As JSON: `{ "username": "User", "password": "Password", "domain": "DOMAIN", "workstation": "" }`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The user name: `User`, `DOMAIN\User`, or `user@domain`, which stays whole with an empty domain, as Windows expects.
    pub username: String,
    /// The password; ignored where [`Config::nt_hash`] is given.
    pub password: Secret,
    /// The domain. If empty, it is taken from `DOMAIN\User`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub domain: String,
    /// The name of this computer, which some servers log or check. May be empty.
    #[cfg_attr(feature = "serde", serde(default))]
    pub workstation: String,
    /// If true, a 401 or 407 is returned to the caller; its challenge is not answered.
    #[cfg_attr(feature = "serde", serde(default))]
    pub disable_retry: bool,

    /// The NT hash of the password, as 32 hex digits, in place of the password. Not part of format 1 of the vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub nt_hash: Option<Secret>,
    /// Which response to make. Not part of format 1 of the vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_default"))]
    pub version: Version,
    /// The hash of the server's TLS certificate (RFC 5929 `tls-server-end-point`), as hex, for servers that demand extended
    /// protection: [`tls_server_end_point`](crate::tls_server_end_point) computes it. Left out: that of
    /// [`Context::peer_certificate`](crate::Context::peer_certificate), where the caller's client knows it. Not part of format 1 of the
    /// vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub tls_server_end_point: Option<String>,
    /// The service principal name of the server. Left out: `HTTP/` and the request's host. Not part of format 1 of the vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub target_name: Option<String>,
}

/// Which response to the server's challenge is made (MS-NLMP section 3.3).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Version {
    /// NTLMv2, the only one that is not broken.
    #[default]
    Ntlmv2,
    /// NTLMv1 with extended session security ("NTLM2 session response"), for servers without NTLMv2.
    Ntlmv1Session,
    /// NTLMv1. Its DES can be broken within hours: only for old devices in a closed network.
    Ntlmv1,
}

#[cfg(feature = "serde")]
fn is_default(version: &Version) -> bool {
    *version == Version::default()
}

impl Config {
    /// A user name (with its domain, as `DOMAIN\User`, where there is one) and password.
    #[must_use]
    pub fn new(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self {
            username: username.into(),
            password: password.into(),
            domain: String::new(),
            workstation: String::new(),
            disable_retry: false,
            nt_hash: None,
            version: Version::Ntlmv2,
            tls_server_end_point: None,
            target_name: None,
        }
    }
}

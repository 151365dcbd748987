use countersign_core::Secret;

/// A user name and password. As JSON: `{ "username": "Aladdin", "password": "open sesame" }`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The user name (RFC 7617's user-id); may hold neither a colon nor control characters.
    pub username: String,
    /// The password; may be empty, may not hold control characters.
    #[cfg_attr(feature = "serde", serde(default))]
    pub password: Secret,
}

impl Config {
    /// A user name and password.
    #[must_use]
    pub fn new(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { username: username.into(), password: password.into() }
    }
}

//! Any text as a config: read or refused; what is read comes back the same and can be made ready or is refused.
#![no_main]

use countersign::{AuthConfig, Authenticator};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(config) = serde_json::from_slice::<AuthConfig>(data) else { return };
    let json = serde_json::to_string(&config).expect("a config serializes");
    let again: AuthConfig = serde_json::from_str(&json).expect("and comes back");
    assert_eq!(json, serde_json::to_string(&again).expect("the same"));
    let _ = Authenticator::new(&config);
});

//! Signature vectors: reads files of the format that the crate `countersign-vectors` describes, and runs them.
//!
//! ```
//! use countersign_cli::vectors::File;
//!
//! let file = File::parse(r#"{ "format": 1, "scheme": "bearer", "source": "RFC 6750 section 2.1", "vectors": [{
//!     "name": "the RFC's example",
//!     "config": { "type": "bearer", "token": "mF_9.B5f-4.1JqM" },
//!     "request": { "method": "GET", "uri": "http://server.example.com/resource" },
//!     "expect": { "headers": [["Authorization", "Bearer mF_9.B5f-4.1JqM"]] }
//! }]}"#)?;
//! for vector in file.vectors() {
//!     let differences = vector.check();
//!     assert!(differences.is_empty(), "{}: {differences:?}", vector.name());
//! }
//! # Ok::<(), countersign_cli::vectors::FormatError>(())
//! ```

mod difference;
mod format;
mod judge;
mod run;

pub(crate) use difference::shown;
pub use difference::{Difference, Line};
pub use format::{File, FormatError, Kind, Vector};

impl Vector {
    /// Runs the vector: what differs from what it expects; nothing, if it passes.
    #[must_use]
    pub fn check(&self) -> Vec<Difference> {
        judge::judge(&self.expect, run::run(self))
    }
}

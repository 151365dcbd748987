//! The person's browser.

use std::process::{Command, Stdio};

use http::Uri;

/// Opens a page in the system's browser. If there is none, the URL is on the screen. Anything but a page is not opened: the system's
/// opener would start a program for a file, or take an option.
pub(super) fn open(url: &str) {
    if !is_page(url) {
        return;
    }
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let _ = Command::new(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

/// Whether it is an http or https URL with a host, and nothing but visible ASCII.
fn is_page(url: &str) -> bool {
    url.bytes().all(|byte| byte.is_ascii_graphic())
        && url.parse::<Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_are_opened() {
        for url in ["https://as.example/auth?client_id=a&state=b", "http://127.0.0.1:8080/device"] {
            assert!(is_page(url), "{url}");
        }
        for url in [
            "file:///etc/passwd",
            "FILE://h/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "ms-settings:about",
            "smb://h/share",
            "ftp://h/x",
            "--version",
            "-a",
            "/usr/bin/true",
            "C:\\Windows\\System32\\calc.exe",
            "//h/x",
            "https://",
            "https:///x",
            "https://h/\u{202e}x",
            "https://h/a b",
            "https://h/\n--x",
            "",
        ] {
            assert!(!is_page(url), "{url}");
        }
    }
}

//! The person's browser.

use http::Uri;
use tokio::sync::oneshot;

/// Opens a page in the system's browser. The receiver hears whether that went well; from a browser in a terminal, when it is closed.
/// Anything but a page is not opened: the system's opener would start a program for a file, or take an option.
pub(crate) fn open(url: &str) -> oneshot::Receiver<bool> {
    let (told, opened) = oneshot::channel();
    let url = url.to_owned();
    // The thread may outlive the login: nobody waits for a browser to be closed.
    let started = std::thread::Builder::new().name("countersign-browser".into()).spawn(move || {
        let _nobody_listens = told.send(is_page(&url) && webbrowser::open(&url).is_ok());
    });
    // Without a thread the sender is gone, which counts as not opened.
    drop(started);
    opened
}

/// Whether it is an http or https URL with a host, and nothing but visible ASCII.
pub(crate) fn is_page(url: &str) -> bool {
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
            assert_eq!(open(url).blocking_recv(), Ok(false), "{url}");
        }
    }
}

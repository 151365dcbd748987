//! What the person sees when the browser comes back.

use http::StatusCode;

/// A page of the listener's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Page {
    SignedIn,
    Refused,
    NotTheAnswer,
    OtherHost,
    NotFound,
    OnlyGet,
}

impl Page {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::SignedIn | Self::Refused => StatusCode::OK,
            Self::NotTheAnswer | Self::OtherHost => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::OnlyGet => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    /// The page for a program of this name.
    pub(crate) fn html(self, program: &str) -> String {
        let program = escaped(program);
        let back =
            if program.is_empty() { "go back to the program".into() } else { format!("go back to <b>{program}</b>") };
        let (mark, title, text) = match self {
            Self::SignedIn => ("&#10003;", "You are signed in", format!("You may close this window and {back}.")),
            Self::Refused => {
                ("&#10005;", "You are not signed in", format!("It was refused. Please {back}, which says why."))
            }
            Self::NotTheAnswer => ("?", "Not the answer", "This is not the answer that is waited for.".into()),
            Self::OtherHost => ("?", "Another host", "This request is for another host.".into()),
            Self::NotFound => ("?", "Nothing here", "There is nothing here.".into()),
            Self::OnlyGet => ("?", "Not this way", "Only GET is answered here.".into()),
        };
        let kind = match self {
            Self::SignedIn => "good",
            _ => "bad",
        };
        format!(
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
             <title>{title}</title><style>{STYLE}</style><main><div class={kind}>{mark}</div><h1>{title}</h1><p>{text}</p></main></html>"
        )
    }
}

/// Nothing is loaded from anywhere, and nothing runs.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

const STYLE: &str = ":root{color-scheme:light dark}\
    body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;background:#f4f5f7;color:#1c1e21}\
    main{max-width:26rem;margin:1rem;padding:2.5rem;text-align:center;background:#fff;border-radius:1rem;box-shadow:0 2px 16px #0002}\
    h1{font-size:1.4rem;margin:1rem 0 .5rem}p{margin:0;opacity:.8}\
    div{width:3.5rem;height:3.5rem;margin:auto;border-radius:50%;font-size:2rem;line-height:3.5rem;color:#fff;background:#8a8d91}\
    .good{background:#1f8a4c}\
    @media(prefers-color-scheme:dark){body{background:#18191a;color:#e4e6eb}main{background:#242526}}";

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_name_is_text() {
        let page = Page::SignedIn.html("<script>alert(\"1\")</script> & Co");
        assert!(
            page.contains("go back to <b>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; Co</b>"),
            "{page}"
        );
        assert!(Page::SignedIn.html("").contains("You may close this window and go back to the program."));
    }
}

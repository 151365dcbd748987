//! A report as HTML: what the page shows, and what the program writes.

use std::fmt::Write as _;

use crate::report::{Line, Report, Section};

/// The page's style, which the page "Why the 403?" shares.
const STYLE: &str = include_str!("page.css");

/// A report as HTML, for a page that has the style already: `<section>` elements. Every text is escaped.
#[must_use]
pub fn fragment(report: &Report) -> String {
    let mut out = String::with_capacity(8 * 1024);
    out.push_str("<section class=\"findings\" aria-labelledby=\"why\"><h2 id=\"why\">Why</h2>");
    if report.findings.is_empty() {
        out.push_str(
            "<p>Nothing is wrong as far as can be seen from here. Paste what the server said, or what your own code signed, to compare with.</p>",
        );
    } else {
        out.push_str("<ol>");
        for finding in &report.findings {
            push(&mut out, format_args!("<li>{}</li>", Escaped(finding)));
        }
        out.push_str("</ol>");
    }
    out.push_str("</section>");
    for (number, section) in report.sections.iter().enumerate() {
        push_section(&mut out, number, section);
    }
    out
}

/// A report as a page of its own: no script, nothing that is loaded.
#[must_use]
pub fn page(report: &Report, title: &str) -> String {
    let title = Escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Why the 403? {title}</title>\n<style>{STYLE}</style>\n<main>\n<h1>Why the 403?</h1>\n<p class=\"lead\"><code>{title}</code></p>\n\
         {}\n</main>\n</html>\n",
        fragment(report)
    )
}

fn push_section(out: &mut String, number: usize, section: &Section) {
    let title = Escaped(&section.title);
    push(out, format_args!("<section aria-labelledby=\"s{number}\"><h2 id=\"s{number}\">{title}</h2>"));
    push(
        out,
        format_args!("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-labelledby=\"s{number}\"><table>"),
    );
    out.push_str("<thead><tr><th scope=\"col\">part</th><th scope=\"col\">text</th><th scope=\"col\">where it comes from</th></tr></thead><tbody>");
    for line in &section.lines {
        push_line(out, line);
    }
    out.push_str("</tbody></table></div></section>");
}

fn push_line(out: &mut String, line: &Line) {
    let class = if line.other.is_some() { "differs" } else { "" };
    let kind = line.part.split(' ').next().unwrap_or_default();
    push(
        out,
        format_args!(
            "<tr class=\"{class}\" data-part=\"{}\"><th scope=\"row\">{}</th>",
            Escaped(kind),
            Escaped(&line.part)
        ),
    );
    push(out, format_args!("<td><code>{}</code>", Shown(&line.text)));
    match &line.other {
        Some((whose, Some(other))) => {
            push(
                out,
                format_args!(
                    "<div class=\"other\"><span>{}</span> <code>{}</code></div>",
                    Escaped(whose),
                    Shown(other)
                ),
            );
        }
        Some((whose, None)) => {
            push(out, format_args!("<div class=\"other\"><span>{}</span> (no such line)</div>", Escaped(whose)))
        }
        None => {}
    }
    push(out, format_args!("</td><td>{}</td></tr>", Escaped(&line.origin)));
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
}

/// An empty line is shown as such.
struct Shown<'a>(&'a str);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() { f.write_str("<i>(empty)</i>") } else { Escaped(self.0).fmt(f) }
    }
}

struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // A control character is shown, not obeyed.
                _ if character.is_control() => write!(f, "{}", character.escape_default())?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Asked, explain};

    #[test]
    fn foreign_texts_stay_texts() {
        let hostile = "HTTP/1.1 401 No\nWWW-Authenticate: X a=\"<script>\", Digest realm=\"<img src=x onerror='alert(1)'>\", nonce=\"n\"\n";
        let report = explain(&Asked::new("").with_server_says(hostile)).unwrap();
        let html = page(&report, "<b>GET</b>");
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"), "{html}");
        assert!(html.contains("&lt;img src=x onerror=&#39;alert(1)&#39;&gt;"));
    }
}

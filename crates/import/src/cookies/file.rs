//! The files that cookies are kept in.

use countersign::Result;
use serde_json::Value;

use super::jar::Cookie;
use crate::Limits;
use crate::error::{invalid, json, limit};

pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Cookie>> {
    if bytes.len() > limits.input {
        return Err(limit("input", format!("longer than {} bytes", limits.input)));
    }
    let text = str::from_utf8(bytes)
        .map_err(|why| invalid(format!("byte {}", why.valid_up_to()), "the cookies are not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let cookies = if text.trim_start().starts_with(['{', '[']) { objects(text)? } else { netscape(text)? };
    if cookies.len() > limits.items {
        return Err(limit("input", format!("more than {} cookies", limits.items)));
    }
    Ok(cookies)
}

/// Lines of domain, whether for hosts below it, path, whether secure, expiry, name, value, separated by tabs
/// (<https://curl.se/docs/http-cookies.html>).
fn netscape(text: &str) -> Result<Vec<Cookie>> {
    let mut cookies = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let place = || format!("line {}", index + 1);
        let line = line.strip_prefix("#HttpOnly_").unwrap_or(line);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split('\t').collect();
        // Without a value the last tab may be missing too.
        let [domain, below, path, secure, expires, name, rest @ ..] = fields.as_slice() else {
            return Err(invalid(place(), "not the seven fields of a cookie, separated by tabs"));
        };
        let ([] | [_]) = rest else {
            return Err(invalid(place(), "more than the seven fields of a cookie"));
        };
        let expires = match *expires {
            "" => 0,
            digits => {
                digits.parse::<f64>().map_err(|_| invalid(place(), "the expiry is not a number of seconds"))? as i64
            }
        };
        cookies.push(checked(
            Cookie {
                name: name.as_bytes().to_vec(),
                value: rest.first().copied().unwrap_or_default().as_bytes().to_vec(),
                domain: without_dot(domain),
                host_only: !below.eq_ignore_ascii_case("TRUE"),
                path: path_of(path),
                secure: secure.eq_ignore_ascii_case("TRUE"),
                // 0 is what ends with the session.
                expires: u64::try_from(expires).ok().filter(|&expires| expires > 0),
            },
            &place(),
        )?);
    }
    Ok(cookies)
}

/// A list of objects, or one below `cookies`.
fn objects(text: &str) -> Result<Vec<Cookie>> {
    let document: Value = serde_json::from_str(text).map_err(|why| json("the file of cookies", &why))?;
    let (list, root) = match document.get("cookies") {
        Some(list) => (list, "#/cookies"),
        None => (&document, "#"),
    };
    let list = list.as_array().ok_or_else(|| invalid(root, "not a list of cookies"))?;
    list.iter().enumerate().map(|(index, cookie)| object(cookie, &format!("{root}/{index}"))).collect()
}

fn object(cookie: &Value, place: &str) -> Result<Cookie> {
    let text = |key: &str| cookie.get(key).and_then(Value::as_str);
    let flag = |key: &str| cookie.get(key).and_then(Value::as_bool);
    let missing = |key: &str| invalid(place, format!("the cookie has no `{key}`"));
    let domain = text("domain").ok_or_else(|| missing("domain"))?;
    let name = text("name").ok_or_else(|| missing("name"))?;
    // -1, like no expiry, is what ends with the session.
    let expires = ["expirationDate", "expires"].into_iter().find_map(|key| cookie.get(key)?.as_f64());
    let expires = expires.filter(|&expires| expires >= 0.0 && flag("session") != Some(true));
    checked(
        Cookie {
            name: name.as_bytes().to_vec(),
            value: text("value").unwrap_or_default().as_bytes().to_vec(),
            domain: without_dot(domain),
            host_only: flag("hostOnly").unwrap_or(!domain.starts_with('.')),
            path: path_of(text("path").unwrap_or("/")),
            secure: flag("secure").unwrap_or(false),
            expires: expires.map(whole),
        },
        place,
    )
}

/// Whole seconds; fractions do not count.
fn whole(seconds: f64) -> u64 {
    seconds as u64
}

fn without_dot(domain: &str) -> String {
    domain.strip_prefix('.').unwrap_or(domain).to_ascii_lowercase()
}

fn path_of(path: &str) -> Vec<u8> {
    if path.starts_with('/') { path.as_bytes().to_vec() } else { b"/".to_vec() }
}

/// What would make another cookie, or no header, of it is refused.
fn checked(cookie: Cookie, place: &str) -> Result<Cookie> {
    let is_odd = |byte: &u8| byte.is_ascii_control() || *byte == b';';
    if cookie.domain.is_empty() {
        return Err(invalid(place, "the cookie has no domain"));
    }
    if cookie.name.iter().any(|byte| is_odd(byte) || *byte == b'=') || cookie.value.iter().any(is_odd) {
        return Err(invalid(place, "the cookie holds a semicolon or a control character, which no cookie can"));
    }
    Ok(cookie)
}

"""Hawk, computed with mohawk (see requirements.txt), and, in a file whose source says so, what countersign decides.

mohawk demands a content type with each content, and hashes it as it stands but for parameters and case.
"""

import importlib.metadata
import re

import mohawk.sender
import mohawk.util
import vectorfile

NOW = 1500000000
NONCE = "Ygvqdz"


def vector(name, method="GET", uri="https://api.example.com/v1/items?z=1&a=2", headers=(), body=None, time=NOW, **config):
    config = {"type": "hawk", "id": "client one", "key": "secret of client one"} | config
    hashes = config.get("include_payload_hash", False)
    signed = {"content": body or "", "content_type": dict(headers).get("Content-Type", "")} if hashes else {}
    sender = mohawk.Sender(
        {"id": config["id"], "key": config["key"], "algorithm": config.get("algorithm", "sha256")},
        uri,
        method,
        always_hash_content=hashes,
        nonce=NONCE,
        _timestamp=time,
        **signed,
        **{key: config[key] for key in ["ext", "app", "dlg"] if key in config},
    )
    params = dict(re.findall(r'(\w+)="([^"]*)"', sender.request_header))
    request = {"method": method, "uri": uri}
    if headers:
        request["headers"] = [list(header) for header in headers]
    if body is not None:
        request["body"] = body
    expect = {"auth_params": {"scheme": "Hawk", "params": params}}
    if not hashes:
        expect["auth_params"]["absent"] = ["hash"]
    return {"name": name, "config": config, "context": {"unix_time": NOW, "nonce": NONCE}, "request": request, "expect": expect}


def vectors():
    json = [("Content-Type", "application/json; charset=utf-8")]
    for algorithm in ["sha256", "sha1"]:
        yield vector(f"{algorithm}-get", algorithm=algorithm)
        yield vector(f"{algorithm}-port", algorithm=algorithm, uri="http://127.0.0.1:8080/a/b?c=%20d")
        yield vector(f"{algorithm}-http", algorithm=algorithm, uri="http://api.example.com/")
        yield vector(f"{algorithm}-no-path", algorithm=algorithm, uri="https://api.example.com/?a")
        yield vector(f"{algorithm}-ext", algorithm=algorithm, ext="text, of = our own")
        yield vector(f"{algorithm}-app", algorithm=algorithm, app="app", dlg="delegate")
        yield vector(f"{algorithm}-post", "POST", algorithm=algorithm, headers=json, body='{"a":1}')
        yield vector(f"{algorithm}-payload", "POST", algorithm=algorithm, headers=json, body='{"a":"\u00fc"}', include_payload_hash=True)
        yield vector(f"{algorithm}-payload-plain", "PUT", algorithm=algorithm, headers=[("Content-Type", "text/plain")], body="a\r\nb", include_payload_hash=True)
        yield vector(f"{algorithm}-payload-all", "PATCH", algorithm=algorithm, headers=json, body="[]", include_payload_hash=True, ext="e", app="a", dlg="d")


def refused(name, error, uri="https://example.com/", **config):
    config = {"type": "hawk", "id": "id", "key": "key"} | config
    return {"name": name, "config": config, "context": {"unix_time": NOW, "nonce": NONCE}, "request": {"method": "GET", "uri": uri}, "expect": {"error": error}}


def tsm(ts, key="key"):
    """The proof of a server's time, as mohawk checks it."""
    return mohawk.util.calculate_ts_mac(ts, {"id": "id", "key": key, "algorithm": "sha256"}).decode()


def challenged(name, challenge, error=None, time=NOW, **config):
    """A server's refusal, and an error, or what is sent last, by this time."""
    built = vector(name, id="id", key="key", uri="https://example.com/", time=time)
    built["config"] |= config
    built["responses"] = [{"status": 401, "headers": [["WWW-Authenticate", value] for value in challenge]}]
    if error:
        built["expect"] = {"error": error}
    return built


def host(name, uri, headers, mac_of):
    """The same as another URI without the header."""
    built = vector(name, uri=mac_of)
    built["request"] = {"method": "GET", "uri": uri, "headers": headers}
    return built


vectorfile.write("hawk-mohawk", "hawk", f"mohawk {importlib.metadata.version('mohawk')}", list(vectors()) + [
    host("host-header", "https://127.0.0.1:8443/a", [["Host", "API.example.com"]], "https://api.example.com/a"),
    host("host-header-port", "https://127.0.0.1/a", [["Host", "api.example.com:8000"]], "https://api.example.com:8000/a"),
])
vectorfile.write(
    "hawk-policies",
    "hawk",
    "countersign policies",
    [
        refused("no-id", "invalid-config", id=""),
        refused("no-key", "invalid-config", key=""),
        refused("unknown-algorithm", "unsupported-algorithm", algorithm="sha512"),
        refused("unknown-field", "invalid-config", algoritm="sha1"),
        refused("ext-line-end", "invalid-config", ext="a\nb"),
        refused("ext-tab", "invalid-config", ext="a\tb"),
        refused("ext-not-ascii", "invalid-config", ext="\u00fc"),
        refused("id-quote", "invalid-config", id='a"b'),
        refused("id-backslash", "invalid-config", id="a\\b"),
        refused("nonce-quote", "invalid-config", nonce='a"b'),
        refused("app-quote", "invalid-config", app='a"b'),
        refused("dlg-backslash", "invalid-config", app="a", dlg="\\"),
        refused("no-host", "invalid-request", "/path"),
        challenged("skew", [f'Hawk ts="{NOW + 99}", tsm="{tsm(NOW + 99)}"'], time=NOW + 99),
        challenged("skew-after-another-scheme", ['Basic realm="r"', f'Hawk tsm="{tsm(7)}", ts="7", error="Stale timestamp"'], time=7),
        challenged("skew-own-time", [f'Hawk ts="7", tsm="{tsm(7)}"'], timestamp=NOW),
        challenged("skew-not-proved", ['Hawk ts="7"'], "server-not-authentic"),
        challenged("skew-another-key", [f'Hawk ts="7", tsm="{tsm(7, "another")}"'], "server-not-authentic"),
        challenged("skew-another-time", [f'Hawk ts="8", tsm="{tsm(7)}"'], "server-not-authentic"),
        challenged("skew-no-number", [f'Hawk ts="soon", tsm="{tsm("soon")}"'], "invalid-challenge"),
        challenged("skew-unreadable", [f'Hawk ts="7", ts="8", tsm="{tsm(7)}"']),
        challenged("skew-too-long", [f'Hawk ts="7", tsm="{tsm(7)}", error="{"x" * 4096}"']),
        challenged("refused", ['Hawk error="Bad mac"']),
    ],
)

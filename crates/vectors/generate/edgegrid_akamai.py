"""EdgeGrid, computed with Akamai's own Python client (see requirements.txt), its published test cases, and, in a file whose source
says so, what countersign decides.
"""

import importlib.metadata
import json
import pathlib
import urllib.parse

import requests
import vectorfile
from akamai.edgegrid import edgegrid as eg

VERSION = importlib.metadata.version("edgegrid-python")
PUBLISHED = pathlib.Path(eg.__file__).parent / "test"
NOW = 1395430461
TIMESTAMP = "20140321T19:34:21+0000"


def published():
    data = json.loads((PUBLISHED / "testdata.json").read_text())
    config = {"type": "edgegrid"} | {key: data[key] for key in ["access_token", "client_token", "client_secret", "max_body", "headers_to_sign"]}
    for case in json.loads((PUBLISHED / "testcases.json").read_text()):
        if "expectedAuthorization" not in case:
            continue
        asked = case["request"]
        headers = [[key, value] for header in asked.get("headers", []) for key, value in header.items()]
        # The client library sends white space around values as it stands; a header's value has none.
        headers = [[key, value.strip()] for key, value in headers]
        request = {"method": asked["method"], "uri": urllib.parse.urljoin(data["base_url"], asked["path"]), "headers": headers}
        if asked.get("data"):
            request["body"] = asked["data"]
        expect = {"headers": [["Authorization", case["expectedAuthorization"]]]}
        if "expectedDataToSign" in case:
            expect["string_to_sign"] = case["expectedDataToSign"] + case["expectedAuthorization"].split("signature=")[0]
        yield {
            "name": case["testName"],
            "config": config,
            "context": {"unix_time": NOW, "nonce": data["nonce"]},
            "request": request,
            "expect": expect,
        }


def vector(name, method="GET", uri="https://akab-host.luna.akamaiapis.net/path/v1?a=1&b=2", headers=(), body=None, comment=None, seen=None, **config):
    config = {
        "type": "edgegrid",
        "access_token": "akab-access-token-xxx-xxxxxxxxxxxxxxxx",
        "client_token": "akab-client-token-xxx-xxxxxxxxxxxxxxxx",
        "client_secret": "SOMESECRET+/abc=",
    } | config
    nonce = "c5cad8c8-6b5e-4b5b-a0d8-0f2bd3ae8e4c"
    signer = eg.EdgeGridAuthHeaders(
        config["client_token"], config["client_secret"], config["access_token"],
        headers_to_sign=config.get("headers_to_sign", ()), max_body=config.get("max_body", 131072),
    )  # fmt: skip
    prepared = requests.Request("GET", "https://akab-host.luna.akamaiapis.net/").prepare()
    prepared.method, prepared.url, prepared.body = method.upper(), seen or uri, body
    prepared.headers = requests.structures.CaseInsensitiveDict(headers)
    timestamp = config.get("timestamp", TIMESTAMP)
    header = signer.make_auth_header(prepared, timestamp if isinstance(timestamp, str) else TIMESTAMP, config.get("nonce", nonce))
    request = {"method": method, "uri": uri}
    if headers:
        request["headers"] = [list(pair) for pair in headers]
    if body is not None:
        request["body"] = body
    built = {"name": name, "config": config, "context": {"unix_time": NOW, "nonce": nonce}, "request": request}
    text = signer.make_data_to_sign(prepared, header.split("signature=")[0])
    built["expect"] = {"headers": [["Authorization", header]], "string_to_sign": text}
    if seen and "accountSwitchKey" in seen:
        built["expect"]["uri"] = seen
    return built | ({"comment": comment} if comment else {})


HOST = "https://akab-host.luna.akamaiapis.net"


def computed():
    yield vector("get")
    for path in ["/", "/a//b/../c", "/a%20b/%7Euser;p=1", "/?", "/x?", "/x?q=%C3%BC+%26&&y", "/x?a=b?c=d"]:
        if not path.endswith("?"):
            yield vector(f"path-{path}", uri=HOST + path)
    yield vector("no-path", uri=HOST, seen=f"{HOST}/")
    yield vector("http", uri="http://127.0.0.1:8080/a")
    yield vector("port", uri=f"{HOST}:8443/a")
    yield vector("host-header", uri="https://127.0.0.1:8443/a", headers=[("Host", "akab-other.luna.akamaiapis.net")])
    yield vector("base-url", uri="https://127.0.0.1/a?b", base_url=HOST, seen=f"{HOST}/a?b")
    yield vector("base-url-slash", uri="https://127.0.0.1/a?b", base_url=f"{HOST}/", seen=f"{HOST}/a?b")
    yield vector("base-url-host-alone", uri="https://127.0.0.1/a?b", base_url="akab-host.luna.akamaiapis.net", seen=f"{HOST}/a?b")
    yield vector("base-url-other-scheme", uri="http://127.0.0.1:8080/a?b", base_url=HOST, seen="http://akab-host.luna.akamaiapis.net/a?b", comment="The base URL says whose host is signed; the scheme is the request's.")
    for method in ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]:
        yield vector(f"{method.lower()}-body-not-hashed", method, body="body" if method in ("PUT", "PATCH") else None)
    yield vector("lower-case-method", "put", body="x")
    yield vector("post", "POST", headers=[("Content-Type", "application/json")], body='{"objects":["https://example.com/ü"]}')
    yield vector("post-empty", "POST", body="")
    yield vector("post-at-limit", "POST", body="d" * 10, max_body=10)
    yield vector("post-over-limit", "POST", body="d" * 11, max_body=10)
    yield vector("post-bytes-not-characters", "POST", body="ü" * 10, max_body=5)
    yield vector("post-default-limit", "POST", body="x" * 131073)
    names = ["X-Test1", "x-test2", "X-TEST3"]
    yield vector("headers", headers=[("X-Test2", "two"), ("X-Test1", "one")], headers_to_sign=names, comment="In the order of headers_to_sign.")
    yield vector("headers-white-space", headers=[("X-Test1", "a  b\tc \t d")], headers_to_sign=names)
    yield vector("headers-none", headers_to_sign=names)
    yield vector("headers-not-listed", headers=[("X-Other", "other")], headers_to_sign=names)
    yield vector("own-time", timestamp="20200229T23:59:59+0000")
    yield vector("own-time-in-seconds", timestamp=NOW)
    yield vector("own-nonce", nonce="my-nonce")
    yield vector("account-key", seen=f"{HOST}/path/v1?a=1&b=2&accountSwitchKey=1-ABCDEF%3A1-2RBL", account_key="1-ABCDEF:1-2RBL", comment="account_key goes beyond format 1.")


def refused(name, error, uri=f"{HOST}/", headers=(), body=None, method="GET", **config):
    config = {"type": "edgegrid", "access_token": "a", "client_token": "c", "client_secret": "s"} | config
    request = {"method": method, "uri": uri, "headers": [list(pair) for pair in headers]}
    return {"name": name, "config": config, "context": {"unix_time": NOW, "nonce": "n"}, "request": request, "expect": {"error": error}}


vectorfile.write("edgegrid-published", "edgegrid", f"test cases of edgegrid-python {VERSION}", list(published()))
vectorfile.write("edgegrid-akamai", "edgegrid", f"edgegrid-python {VERSION}", list(computed()))
vectorfile.write(
    "edgegrid-policies",
    "edgegrid",
    "countersign policies",
    [
        refused("no-access-token", "invalid-config", access_token=""),
        refused("no-client-token", "invalid-config", client_token=""),
        refused("no-client-secret", "invalid-config", client_secret=""),
        refused("token-semicolon", "invalid-config", client_token="a;b"),
        refused("token-line-end", "invalid-config", access_token="a\r\nb"),
        refused("max-body-zero", "invalid-config", max_body=0),
        refused("bad-timestamp", "invalid-config", timestamp="2014-03-21"),
        refused("unknown-field", "invalid-config", clientsecret="s"),
        refused("header-twice", "invalid-request", headers=[("X-A", "1"), ("x-a", "2")], headers_to_sign=["X-A"]),
        refused("no-host", "invalid-request", "/path"),
        {
            "name": "empty-header-left-out",
            "config": {"type": "edgegrid", "access_token": "a", "client_token": "c", "client_secret": "s", "headers_to_sign": ["X-A", "X-B"]},
            "context": {"unix_time": NOW, "nonce": "n"},
            "request": {"method": "GET", "uri": f"{HOST}/", "headers": [["X-A", ""], ["X-B", "b"]]},
            "expect": {"string_to_sign": f"GET\thttps\takab-host.luna.akamaiapis.net\t/\tx-b:b\t\tEG1-HMAC-SHA256 client_token=c;access_token=a;timestamp={TIMESTAMP};nonce=n;"},
        },
    ],
)

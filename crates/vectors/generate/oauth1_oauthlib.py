"""OAuth 1.0a, computed with oauthlib (see requirements.txt), and the published examples.

oauthlib adds a body hash where it sees fit, and always SHA-1; here its client is told the protocol parameters that are asked for.
It signs Unicode text only, so bytes that are no UTF-8 are not among its cases.
"""

import base64
import hashlib
import importlib.metadata

import vectorfile
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oauthlib.common import to_unicode
from oauthlib.oauth1.rfc5849 import Client, parameters, signature

NOW = 1318622958
NONCE = "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"
FORM = "application/x-www-form-urlencoded"
METHODS = ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT"]

# A key for these vectors alone. Written into them, so that they need nothing else.
KEY = """-----BEGIN PRIVATE KEY-----
MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAPNZ6NXwbHZpxbv6
LtWo7pzDUEWfptbOdCA93elLNc8hfejjephN6JS5csb5z8dzPZeE+C+dU06YG09c
VStvvNaUsE/JJbrLlIqsK5kpW8MRFSo9nXPOo97gmII71B7c7fa6pE1206Jdblyv
CBAQPXvJzDGPLMPwBorxmfuwoAKPAgMBAAECgYEAxnslsiD3hhk9QtWKj4/Klqei
+DaAMKGRC58KOTazu65YcLPhEQoyUeNz3yBvvQCcUtIMT2GlSew8Eh2ABf6L6G19
YuHHjPNFa8hq6w4JqZ+zExhHkYdSAVL9S4ifNM80DpQvuR3MDZ1c2Jkt3LBAMIkk
qls8ve5zZuqeloYOI+ECQQD+5hpoSt5FIvMGfrb7pDcQ32lVJhbWGp/ixL21LceF
fgRFkjaI7ycj/l2SmO+yJ7M3D5B4lM1PpS9p8ZwMYwFRAkEA9GcJH/Vdz9s+ORXQ
VYMiiPCZAwsfRXuFkh5kLlKjJ0qjzV5ivtZXbDYA7k1B6THA9iMH20X/0O6iTPVM
RBTN3wJAepvsb+YzbEYXaDRjiD/BTRhp7k9YBLzh046XQiM3Kfsnyt895DhFN4cP
M4jlI2j9R6rw70+EQp9OY0OYsEyfQQJAU+s5J98RajimweUqluIjLpAmifP8tdf3
AjgrP/iiCvDHE9JP56UjeYWFhk3CzvaFgj5/CRyc/TmjQveLS2k1UwJBAMiI7TVh
WKJInBi9zla2x2yxnFVlF7S/yZOw+tEgp+uvoRdzQrZRfE532hxEkf/tmG6bD9Hb
w6WWf+hFfsgdURw=
-----END PRIVATE KEY-----
"""
LOADED = serialization.load_pem_private_key(KEY.encode(), None)
assert isinstance(LOADED, rsa.RSAPrivateKey)
PKCS1 = LOADED.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()


class Signer(Client):
    """oauthlib's client, with the protocol parameters of our config."""

    def __init__(self, config, context):
        super().__init__(
            config["consumer_key"],
            client_secret=config.get("consumer_secret", ""),
            resource_owner_secret=config.get("token_secret"),
            signature_method=config.get("signature_method", "HMAC-SHA1"),
            rsa_key=config.get("private_key"),
        )
        self.config, self.context = config, context

    def protocol(self, body, is_form):
        config, empty = self.config, self.config.get("add_empty_params_to_signature", False)
        pairs = [("oauth_consumer_key", config["consumer_key"]), ("oauth_signature_method", self.signature_method)]
        pairs.append(("oauth_timestamp", str(config.get("timestamp", self.context["unix_time"]))))
        pairs.append(("oauth_nonce", config.get("nonce", self.context["nonce"])))
        for name, value in [("oauth_token", config.get("token", "")), ("oauth_version", config.get("version", "1.0"))]:
            if value or empty:
                pairs.append((name, value))
        pairs += [(f"oauth_{name}", config[name]) for name in ["callback", "verifier"] if config.get(name)]
        if config.get("include_body_hash") and not is_form and self.signature_method != "PLAINTEXT":
            hashed = hashlib.new(self.signature_method.split("-")[1].lower(), body.encode()).digest()
            pairs.append(("oauth_body_hash", base64.b64encode(hashed).decode()))
        return pairs


def compute(config, context, request):
    """The protocol parameters with the signature, and the base string."""
    headers = {name: value for name, value in request.get("headers", [])}
    body = request.get("body", "")
    is_form = headers.get("Content-Type", "").split(";")[0].strip().lower() == FORM
    client = Signer(config, context)
    pairs = client.protocol(body, is_form)
    collected = signature.collect_parameters(
        uri_query=to_unicode(request["uri"].partition("?")[2].partition("#")[0]), body=body if is_form else [], headers={}
    ) + pairs
    uri = signature.base_string_uri(request["uri"], headers.get("Host"))
    base = signature.signature_base_string(request["method"], uri, signature.normalize_parameters(collected))
    signed = Client.SIGNATURE_METHODS[client.signature_method](base, client)
    return pairs + [("oauth_signature", signed)], base


def vector(name, config, method="GET", uri="https://api.example.com/1/items", headers=(), body=None, comment=None, **context):
    config = {"type": "oauth1", "consumer_key": "xvz1evFS4wEEPTGEFPHBog", "consumer_secret": "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw"} | config
    config = {key: value for key, value in config.items() if value is not None}
    context = {"unix_time": NOW, "nonce": NONCE} | context
    request = {"method": method, "uri": uri}
    if headers:
        request["headers"] = [list(header) for header in headers]
    if body is not None:
        request["body"] = body
    pairs, base = compute(config, context, request)
    encoded = [[key, parameters.utils.escape(value)] for key, value in pairs]
    is_form = any(key == "Content-Type" and value.split(";")[0].strip().lower() == FORM for key, value in headers)
    if config.get("add_to") != "request":
        raw = not config.get("encode_header_params", True)
        params = dict(pairs) if raw else dict(encoded)
        if config.get("realm"):
            params["realm"] = config["realm"]
        absent = ["oauth_" + field for field in ["token", "callback", "verifier", "body_hash", "version"] if "oauth_" + field not in params]
        expect = {"uri": request["uri"].partition("#")[0], "auth_params": {"scheme": "OAuth", "params": params, "absent": absent}}
    elif is_form and method in ["POST", "PUT"]:
        expect = {"form": encoded, "absent_headers": ["Authorization"]}
    else:
        expect = {"query": encoded, "absent_headers": ["Authorization"]}
    if config.get("signature_method") != "PLAINTEXT":
        expect["string_to_sign"] = base
    out = {"name": name, "config": config, "context": context, "request": request, "expect": expect}
    return {"name": name, "comment": comment} | out if comment else out


TOKEN = {"token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", "token_secret": "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE"}


def with_key(config):
    return config | ({"private_key": KEY, "consumer_secret": None} if config.get("signature_method", "").startswith("RSA") else {})


def vectors():
    form = [("Content-Type", FORM)]
    json = [("Content-Type", "application/json")]
    for method in METHODS:
        config = with_key({"signature_method": method})
        low = method.lower()
        yield vector(f"{low}-get", config, uri="https://api.example.com/1/items?page=2&size=50")
        yield vector(f"{low}-get-token", config | TOKEN, uri="https://api.example.com/1/items?page=2&size=50")
        yield vector(f"{low}-post-form", config | TOKEN, "POST", headers=form, body="status=Hello%20Ladies%20%2b%20Gentlemen&a=1+2")
        yield vector(f"{low}-post-form-in-body", config | TOKEN | {"add_to": "request"}, "POST", headers=form, body="a=1&b=2")
        yield vector(f"{low}-get-in-query", config | TOKEN | {"add_to": "request"}, uri="https://api.example.com/1/items?page=2")
        yield vector(f"{low}-post-json", config | TOKEN, "POST", headers=json, body='{"a":1}')
        yield vector(f"{low}-body-hash", config | TOKEN | {"include_body_hash": True}, "POST", headers=json, body='{"a":1}')
        yield vector(f"{low}-body-hash-empty", config | TOKEN | {"include_body_hash": True})
        yield vector(f"{low}-body-hash-form", config | TOKEN | {"include_body_hash": True}, "POST", headers=form, body="a=1")
        yield vector(f"{low}-body-hash-in-query", config | TOKEN | {"include_body_hash": True, "add_to": "request"}, "PUT", headers=json, body="[]")
        yield vector(f"{low}-callback", config | {"callback": "https://client.example.com/back?x=1&y=ü"}, "POST", uri="https://api.example.com/request_token")
        yield vector(f"{low}-oob", config | {"callback": "oob"}, "POST", uri="https://api.example.com/request_token")
        yield vector(f"{low}-verifier", config | TOKEN | {"verifier": "hfdp7dh39dks9884"}, "POST", uri="https://api.example.com/access_token")
        yield vector(f"{low}-no-version", config | TOKEN | {"version": ""})
        yield vector(f"{low}-empty-params", config | {"add_empty_params_to_signature": True, "version": "", "callback": "", "verifier": ""})
        yield vector(f"{low}-raw-header", config | TOKEN | {"encode_header_params": False, "realm": "Photos"})
    for method in METHODS[3:6]:
        config = {"signature_method": method, "private_key": PKCS1, "consumer_secret": None}
        yield vector(f"{method.lower()}-pkcs1-key", config, uri="https://api.example.com/1/items?a=b")

    uris = {
        "no-path": "https://api.example.com",
        "no-path-query": "https://api.example.com?x=1",
        "upper-case-host": "HTTPS://API.Example.COM/Path",
        "default-port": "https://api.example.com:443/",
        "http-default-port": "http://api.example.com:80/",
        "other-default-port": "http://api.example.com:443/",
        "port": "https://api.example.com:8443/a",
        "ipv6": "http://[2001:db8::1]/a?b=c",
        "ipv6-port": "http://[2001:db8::1]:8080/a?b=c",
        "encoded-path": "https://api.example.com/a%20b/%7Eme/%2F/c+d;e=f",
        "double-slash": "https://api.example.com//a//b/../c/",
        "fragment": "https://api.example.com/a?b=c#d",
        "duplicates": "https://api.example.com/?b=2&a=2&b=1&a=10&a=1",
        "empty-values": "https://api.example.com/?a=&b&c=&=d",
        "empty-pairs": "https://api.example.com/?&a=1&&b=2&",
        "plus-and-space": "https://api.example.com/?a=1+2&b=1%202&c=1%2B2",
        "reserved": "https://api.example.com/?a=!*'();:@%26%3D%2B$,/?%23%5B%5D",
        "unreserved-encoded": "https://api.example.com/?%61=%7E%2D%2E%5F",
        "lower-case-hex": "https://api.example.com/?a=%c3%bc%2f",
        "utf-8": "https://api.example.com/?q=%C3%BC%E2%82%AC%F0%9F%98%80",
        "names-sort-first": "https://api.example.com/?a-b=1&a=2&a.b=0&a%20b=3&A=9",
        "encoded-sort": "https://api.example.com/?a=%C3%A9&a=z&a=%20&a=~&a=A",
        "percent-percent": "https://api.example.com/?a=%2525&b=100%25",
        "array-names": "https://api.example.com/?ids%5B%5D=2&ids%5B%5D=1&x%5B0%5D=a",
        "equals-in-value": "https://api.example.com/?a=b=c==",
        "callers-own": "https://api.example.com/?oauth_callback=x&realm=y",
    }
    for name, uri in uris.items():
        if name in ("callers-own",):
            yield vector(f"uri-{name}", TOKEN, uri=uri, comment="Parameters of the caller's own stay, and are signed.")
            continue
        yield vector(f"uri-{name}", TOKEN, uri=uri)
        yield vector(f"uri-{name}-in-query", TOKEN | {"add_to": "request", "signature_method": "HMAC-SHA256"}, uri=uri)

    forms = {
        "plus": "a=1+2&b=%2B",
        "empty": "",
        "empty-values": "a=&b&c=",
        "utf-8": "q=%C3%BC",
        "duplicates": "a=2&a=1&a=2",
        "with-query": "a=3&b=1",
    }
    for name, body in forms.items():
        uri = "https://api.example.com/p?a=2&b=0" if name == "with-query" else "https://api.example.com/p"
        for method in ["POST", "PUT"]:
            yield vector(f"form-{name}-{method.lower()}", TOKEN, method, uri, form, body)
            yield vector(f"form-{name}-{method.lower()}-in-body", TOKEN | {"add_to": "request"}, method, uri, form, body)
    for name, media in {"charset": f"{FORM}; charset=UTF-8", "upper-case": "Application/X-WWW-Form-Urlencoded", "spaced": f"{FORM} ;a=b"}.items():
        yield vector(f"form-media-type-{name}", TOKEN, "POST", headers=[("Content-Type", media)], body="a=1&b=2")
        yield vector(f"form-media-type-{name}-in-body", TOKEN | {"add_to": "request"}, "POST", headers=[("Content-Type", media)], body="a=1&b=2")
    yield vector("form-patch", TOKEN, "PATCH", headers=form, body="a=1", comment="A form body counts whatever the method.")
    yield vector("form-delete-in-query", TOKEN | {"add_to": "request"}, "DELETE", headers=form, body="a=1", comment="Only POST and PUT carry the signature in the form.")
    yield vector("multipart", TOKEN, "POST", headers=[("Content-Type", "multipart/form-data; boundary=x")], body="--x--")
    yield vector("no-media-type", TOKEN, "POST", body="a=1")
    yield vector("host-header", TOKEN, uri="https://127.0.0.1:8443/a", headers=[("Host", "API.example.com:443")])
    yield vector("host-header-port", TOKEN, uri="https://127.0.0.1/a", headers=[("Host", "api.example.com:8443")])
    yield vector("lower-case-method", TOKEN, "patch")
    yield vector("head", TOKEN, "HEAD")
    yield vector("empty-consumer-secret", {"consumer_secret": ""})
    yield vector("secrets-to-encode", {"consumer_secret": "a&b=c%ü", "token": "t ok/en+", "token_secret": "~&= "})
    yield vector("key-to-encode", {"consumer_key": "k é/y&"})
    yield vector("realm", TOKEN | {"realm": "https://api.example.com/ a realm"})
    yield vector("realm-in-query", TOKEN | {"realm": "not sent", "add_to": "request"})
    yield vector("own-time-and-nonce", TOKEN | {"timestamp": "137131200", "nonce": "own nonce"})
    yield vector("own-time-as-number", TOKEN | {"timestamp": 137131200})
    yield vector("stale-header", TOKEN, headers=[("Authorization", 'OAuth oauth_consumer_key="old"')], comment="Signing replaces an earlier signature.")


def main():
    versions = f"oauthlib {importlib.metadata.version('oauthlib')}, cryptography {importlib.metadata.version('cryptography')}"
    vectorfile.write("oauth1-oauthlib", "oauth1", versions, list(vectors()))


if __name__ == "__main__":
    main()

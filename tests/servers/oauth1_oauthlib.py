"""An OAuth 1.0a provider over oauthlib's server classes: usage oauth1_oauthlib.py PORT. Listens on 127.0.0.1 only.

Consumer "consumer", secret "consumer-secret", RSA key as below. POST /initiate and /token give credentials, GET /authorize consents
for the user and redirects, /resource takes any method and echoes the body. Each nonce counts once. A body hash is checked here,
for oauthlib leaves that to its users. The secret needs no encoding: oauthlib decodes oauth_ values of a form twice, which breaks
a PLAINTEXT signature that holds a %.
"""

import base64
import hashlib
import http.server
import sys
import time

from oauthlib.oauth1 import RequestValidator, WebApplicationServer

PORT = int(sys.argv[1])
METHODS = ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT"]
# Of the private key that the OAuth wiki publishes with its RSA-SHA1 test case.
PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC0YjCwIfYoprq/FQO6lb3asXrx
LlJFuCvtinTF5p0GxvQGu5O3gYytUvtC2JlYzypSRjVxwxrsuRcP3e641SdASwfr
mzyvIgP08N4S0IFzEURkV1wp/IpH7kH41EtbmUmrXSwfNZsnQRE5SYSOhh+LcK2w
yQkdgcMv11l4KoBkcwIDAQAB
-----END PUBLIC KEY-----"""


class Validator(RequestValidator):
    enforce_ssl = False
    allowed_signature_methods = METHODS
    dummy_client = dummy_request_token = dummy_access_token = "dummy"

    def __init__(self):
        super().__init__()
        self.requested, self.granted, self.nonces = {}, {}, set()

    def check_anything(self, _):
        return True

    check_client_key = check_request_token = check_access_token = check_nonce = check_verifier = check_anything

    def validate_client_key(self, client_key, request):
        return client_key == "consumer"

    def get_client_secret(self, client_key, request):
        return "consumer-secret"

    def get_rsa_key(self, client_key, request):
        return PUBLIC_KEY

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request, request_token=None, access_token=None):
        seen = (client_key, timestamp, nonce, request_token, access_token)
        fresh = abs(time.time() - int(timestamp)) < 600 and seen not in self.nonces
        self.nonces.add(seen)
        return fresh

    def validate_requested_realms(self, client_key, realms, request):
        return True

    def validate_redirect_uri(self, client_key, redirect_uri, request):
        return redirect_uri == "oob" or redirect_uri.startswith("http://127.0.0.1")

    def get_default_realms(self, client_key, request):
        return []

    def get_realms(self, token, request):
        return []

    def verify_realms(self, token, realms, request):
        return True

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return True

    def save_request_token(self, token, request):
        self.requested[token["oauth_token"]] = token | {"callback": request.redirect_uri}

    def get_redirect_uri(self, token, request):
        return self.requested[token]["callback"]

    def verify_request_token(self, token, request):
        return token in self.requested

    def validate_request_token(self, client_key, token, request):
        return token in self.requested

    def get_request_token_secret(self, client_key, token, request):
        return self.requested.get(token, {}).get("oauth_token_secret", "none")

    def save_verifier(self, token, verifier, request):
        self.requested[token]["verifier"] = verifier["oauth_verifier"]

    def validate_verifier(self, client_key, token, verifier, request):
        return self.requested.get(token, {}).get("verifier") == verifier

    def invalidate_request_token(self, client_key, request_token, request):
        del self.requested[request_token]

    def save_access_token(self, token, request):
        self.granted[token["oauth_token"]] = token["oauth_token_secret"]

    def validate_access_token(self, client_key, token, request):
        return token in self.granted

    def get_access_token_secret(self, client_key, token, request):
        return self.granted.get(token, "none")


provider = WebApplicationServer(Validator())


def body_hash_fits(request, body):
    given = dict(request.oauth_params).get("oauth_body_hash") if request.oauth_params else None
    given = given or dict(request.params).get("oauth_body_hash")
    if given is None:
        return True
    name = request.signature_method.split("-")[1].lower()
    return base64.b64encode(hashlib.new(name, body).digest()).decode() == given


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = dict(self.headers)
        uri = f"http://127.0.0.1:{PORT}{self.path}"
        is_form = (self.headers.get("Content-Type") or "").startswith("application/x-www-form-urlencoded")
        text = body.decode() if is_form else None
        request = (uri, self.command, text, headers)
        if self.path.startswith("/initiate"):
            out, reply, status = provider.create_request_token_response(*request)
        elif self.path.startswith("/authorize"):
            out, reply, status = provider.create_authorization_response(*request)
        elif self.path.startswith("/token"):
            out, reply, status = provider.create_access_token_response(*request)
        elif self.path.startswith("/resource"):
            valid, seen = provider.validate_protected_resource_request(*request)
            valid = valid and body_hash_fits(seen, body)
            return self.reply(200 if valid else 401, body if valid else b"", {} if valid else {"WWW-Authenticate": 'OAuth realm="test"'})
        else:
            return self.reply(404)
        self.reply(status, (reply or "").encode(), out)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()

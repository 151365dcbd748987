"""An authorization server over Authlib: usage oauth2_authlib.py PORT. Listens on 127.0.0.1 only.

It has what oidc-provider has not: the password and implicit grants, PKCE by `plain`, and it takes a client's secret only as that
client is registered: "header" in the header, "body" in the body, "public" without. Secret "secret", user "alice", password
"correct horse". /auth consents at once. /api/ is a protected resource.
"""

import os
import sys

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, jsonify, request

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # on loopback
PORT = int(sys.argv[1])


class Client(ClientMixin):
    def __init__(self, client_id, method):
        self.client_id, self.method = client_id, method

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return "http://127.0.0.1/callback"

    def get_allowed_scope(self, scope):
        return scope or ""

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri.startswith("http://127.0.0.1")

    def check_client_secret(self, client_secret):
        return client_secret == "secret"

    def check_endpoint_auth_method(self, method, endpoint):
        return method == self.method

    def check_response_type(self, response_type):
        return True

    def check_grant_type(self, grant_type):
        return True


class Kept(AuthorizationCodeMixin, TokenMixin):
    def __init__(self, **fields):
        self.__dict__.update(fields)

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def check_client(self, client):
        return True

    def get_expires_in(self):
        return 3600

    def is_expired(self):
        return False

    def is_revoked(self):
        return False

    def get_user(self):
        return "alice"


CLIENTS = {
    name: Client(name, method)
    for name, method in [("header", "client_secret_basic"), ("body", "client_secret_post"), ("public", "none")]
}
codes, tokens = {}, {}
EVERY_METHOD = ["client_secret_basic", "client_secret_post", "none"]


class Code(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = EVERY_METHOD

    def save_authorization_code(self, code, request):
        data = request.payload.data
        codes[code] = Kept(
            code=code, redirect_uri=request.payload.redirect_uri, scope=request.payload.scope or "",
            code_challenge=data.get("code_challenge"), code_challenge_method=data.get("code_challenge_method"),
        )  # fmt: skip

    def query_authorization_code(self, code, client):
        return codes.get(code)

    def delete_authorization_code(self, authorization_code):
        codes.pop(authorization_code.code, None)

    def authenticate_user(self, authorization_code):
        return "alice"


class Password(grants.ResourceOwnerPasswordCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = EVERY_METHOD

    def authenticate_user(self, username, password):
        return "alice" if (username, password) == ("alice", "correct horse") else None


class Validator(BearerTokenValidator):
    def authenticate_token(self, token_string):
        return tokens.get(token_string)


app = Flask(__name__)
server = AuthorizationServer(
    app,
    query_client=CLIENTS.get,
    save_token=lambda token, request: tokens.update({token["access_token"]: Kept(scope=token.get("scope", ""))}),
)
server.register_grant(Code, [CodeChallenge(required=True)])
server.register_grant(Password)
server.register_grant(grants.ImplicitGrant)
protect = ResourceProtector()
protect.register_token_validator(Validator())


@app.get("/auth")
def auth():
    grant = server.get_consent_grant(end_user="alice")
    return server.create_authorization_response(grant=grant, grant_user="alice")


@app.post("/token")
def token():
    return server.create_token_response()


@app.get("/api/<path:path>")
@protect()
def api(path):
    return jsonify(method=request.method)


app.run("127.0.0.1", PORT, threaded=True)

"""An NTLM server over pyspnego, one context a connection: usage ntlm_pyspnego.py PORT USERS_FILE [CERTIFICATE_HASH_HEX].

It sends its time, so it demands an integrity code and checks it; with a certificate hash it demands channel bindings for it.
/ntlm asks for NTLM, /negotiate for Negotiate, /unsealed for NTLM without SIGN and SEAL; each reply says how many requests the
connection has seen.
POST bodies are echoed once the connection is authenticated. Listens on 127.0.0.1 only.
"""

import base64
import http.server
import os
import sys

PORT, USERS = int(sys.argv[1]), sys.argv[2]
os.environ["NTLM_USER_FILE"] = USERS

import spnego  # noqa: E402  (reads the environment)
from spnego._ntlm_raw.messages import NegotiateFlags  # noqa: E402
from spnego.channel_bindings import GssChannelBindings  # noqa: E402

BINDINGS = None
if len(sys.argv) > 3:
    BINDINGS = GssChannelBindings(application_data=b"tls-server-end-point:" + bytes.fromhex(sys.argv[3]))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    context = None
    count = 0

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self):
        self.count += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        mechanism = "Negotiate" if self.path.startswith("/negotiate") else "NTLM"
        sent = self.headers.get("Authorization", "")
        scheme, _, token = sent.partition(" ")
        if self.path.startswith("/closes") and self.count == 2:
            self.close_connection = True
            return
        if self.context and self.context.complete:
            return self.reply(200, body or f"request {self.count}".encode())
        if scheme != mechanism or not token:
            return self.reply(401, headers=[("WWW-Authenticate", mechanism)])
        try:
            if self.context is None:
                self.context = spnego.server(protocol="ntlm", channel_bindings=BINDINGS)
            out = self.context.step(base64.b64decode(token))
            if self.path.startswith("/unsealed") and not self.context.complete:
                self.context._temp_challenge.flags &= ~(NegotiateFlags.sign | NegotiateFlags.seal)
                out = self.context._temp_challenge.pack()
        except spnego.exceptions.SpnegoError as why:
            self.context = None
            return self.reply(401, str(why).encode(), [("WWW-Authenticate", mechanism)])
        if self.context.complete:
            return self.reply(200, body or f"request {self.count} of {self.context.client_principal}".encode())
        return self.reply(401, headers=[("WWW-Authenticate", f"{mechanism} {base64.b64encode(out).decode()}")])

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()

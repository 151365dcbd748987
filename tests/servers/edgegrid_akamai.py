"""A stand-in of an Akamai API that computes each signature again with Akamai's own client: usage edgegrid_akamai.py PORT.

Takes any path; signs X-Test-1 and X-Test-2, and 1,000 bytes of a POST at most. Listens on 127.0.0.1 only.
"""

import http.server
import sys

import requests
from akamai.edgegrid.edgegrid import EdgeGridAuthHeaders

PORT = int(sys.argv[1])
SIGNER = EdgeGridAuthHeaders("client", "secret", "access", headers_to_sign=["X-Test-1", "X-Test-2"], max_body=1000)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given = self.headers.get("Authorization", "")
        fields = dict(field.split("=", 1) for field in given.removeprefix("EG1-HMAC-SHA256 ").split(";") if "=" in field)
        request = requests.Request("GET", "http://127.0.0.1/").prepare()
        request.method, request.url, request.body = self.command, f"http://127.0.0.1:{PORT}{self.path}", body
        request.headers = requests.structures.CaseInsensitiveDict(self.headers)
        expected = SIGNER.make_auth_header(request, fields.get("timestamp", ""), fields.get("nonce", ""))
        self.send_response(200 if given == expected else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()

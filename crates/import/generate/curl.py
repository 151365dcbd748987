"""What curl makes of command lines: bash takes each apart, and curl sends it to a server on this machine, which writes down
what arrives; --libcurl tells how curl would authenticate. python3 curl.py > ../tests/data/curl.json

bash sees variables whose values are {{NAME}}, so that its words are those that are wanted. Pinned: curl 7.88.1.
"""

import base64
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

CURL = shutil.which("curl")
VERSION = subprocess.run([CURL, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
assert VERSION == "7.88.1", VERSION

COMMANDS = r"""
curl https://h/
curl h/path?x=1
curl -u u:p http://h/
curl -uu:p http://h/
curl --user u:p:q http://h/
curl -u 'ä:ß' http://h/
curl -u u: http://h/
curl http://u:p@h/x
curl http://u@h/x
curl 'http://u%40x:p%3Aq@h/x'
curl -u a:b http://u:p@h/x
curl -u 'DOM\u:p' --ntlm http://h/
curl --digest -u u:p http://h/
curl --digest --basic -u u:p http://h/
curl --anyauth -u u:p http://h/
curl --digest --no-digest -u u:p http://h/
curl --anyauth --no-ntlm -u u:p http://h/
curl --basic http://h/
curl --oauth2-bearer t0k http://h/
curl --oauth2-bearer t0k -u u:p http://h/
curl --oauth2-bearer t0k -u u:p --digest http://h/
curl -H 'Authorization: Bearer x' -u u:p http://h/
curl -H 'authorization: Basic dTpw' http://h/
curl -H 'Authorization:' -u u:p http://h/
curl -H 'Authorization;' -u u:p http://h/
curl -H 'X-Api-Key: k' -H 'X-Empty;' -H 'Accept:' -H 'User-Agent: me' http://h/
curl -sSL -XPOST http://h/ -d a=1 -d 'b=2&c'
curl -X PUT --data-raw '@x' http://h/
curl -d '{"a":"b c"}' -H 'Content-Type: application/json' http://h/
curl --json '{"a":1}' http://h/
curl --json '{"a":1' --json '}' http://h/
curl --data-urlencode 'a=b c&d' --data-urlencode '=x y' --data-urlencode 'ü' http://h/
curl -G -d a=1 --data-urlencode 'b=c d' http://h/?z
curl -G -d a=1 http://h/
curl --url-query 'a=b c' --url-query +x=%20 http://h/?z
curl -I http://h/
curl -I -G -d a=1 http://h/
curl -A agent -e http://r/ -b 'a=b; c=d' -b e=f -r 0-9 http://h/
curl -A '' http://h/
curl --compressed -k --http1.1 -m 5 http://h/
curl -o /dev/null -w '%{http_code}' http://h/
curl --url http://h/1 --url http://h/2 -u u:p
curl http://h/1 -u u:p --next http://h/2 -d x
curl http://h/1 -: -u u:p http://h/2
curl -- http://h/
curl --oauth2-b t http://h/
curl -u "$USER1:$PASS" http://h/
curl -H "Authorization: Bearer ${TOKEN}" http://h/
curl -H 'Authorization: Bearer $TOKEN' http://h/
curl -H Authorization:\ Bearer\ a\"b http://h/
curl -H $'X: it\'s \x41\u00e4' http://h/
curl "http://h/\$x" -H "a: \"b\" \\ \c"
curl http://h/#fragment
curl -u 'k:s' --aws-sigv4 aws:amz:us-east-1:iam http://h/?b=1
curl -u 'k:s' --aws-sigv4 aws:amz:us-east-1:iam -d x=1 http://h/
curl -u 'k:s' --aws-sigv4 aws:amz:eu-west-1:es -H 'X-Amz-Security-Token: t' http://h/
TOKEN=x curl -H "X: $TOKEN" http://h/
echo a; curl -u u:p http://h/ | cat > /dev/null
""".strip().splitlines()
COMMANDS += ["# first\ncurl http://h/ \\\n  -H 'a: b'\n"]
COMMANDS += ["curl 'http://h/' \\\n  -H 'accept: */*' \\\n  --data-raw $'{\"a\":\"it\\'s\\\\n\"}' \\\n  --compressed"]

WRAPPER = f"""#!{sys.executable}
import json, os, subprocess, sys
argv = sys.argv[1:]
open(os.environ["WORDS"], "a").write(json.dumps(argv) + "\\n")
own = ["-s", "--connect-to", "::127.0.0.1:" + os.environ["PORT"], "--noproxy", "*"]
out = ["--libcurl", os.environ["LIBCURL"]] + own
for word in argv:
    # The server speaks no TLS.
    out.append(word.replace("https://", "http://"))
    if word in ("--next", "-:"):
        out += own
subprocess.run([{CURL!r}] + out, stdout=subprocess.DEVNULL)
"""


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    arrived = []

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = [[name, value.encode("latin-1").decode("utf-8", "replace")] for name, value in self.headers.items()]
        self.arrived.append({"method": self.command, "path": self.path, "headers": headers, "body": body.decode()})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_HEAD = answer

    def log_message(self, *_):
        pass


def options(path):
    text = pathlib.Path(path).read_text() if pathlib.Path(path).exists() else ""
    found = {}
    for name in ("USERPWD", "XOAUTH2_BEARER", "AWS_SIGV4"):
        match = re.search(rf'CURLOPT_{name}, "((?:[^"\\]|\\.)*)"', text)
        if match:
            found[name] = re.sub(r"\\(.)", r"\1", re.sub(r"\\x(..)", lambda byte: bytes.fromhex(byte[1]).decode("latin-1"), match[1])).encode("latin-1").decode()
    match = re.search(r"CURLOPT_HTTPAUTH, ([^;]*)\);", text)
    if match:
        found["HTTPAUTH"] = sorted(re.findall(r"CURLAUTH_(\w+)", match[1]))
    return found


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
cases = []
with tempfile.TemporaryDirectory() as folder:
    wrapper = pathlib.Path(folder, "curl")
    wrapper.write_text(WRAPPER)
    wrapper.chmod(0o755)
    words, libcurl = pathlib.Path(folder, "words"), pathlib.Path(folder, "libcurl")
    environment = {
        "PATH": f"{folder}:/usr/bin:/bin", "WORDS": str(words), "LIBCURL": str(libcurl), "PORT": str(server.server_port),
        "LANG": "C.UTF-8", "USER1": "{{USER1}}", "PASS": "{{PASS}}", "TOKEN": "{{TOKEN}}",
    }
    for command in COMMANDS:
        Server.arrived.clear()
        words.unlink(missing_ok=True)
        libcurl.unlink(missing_ok=True)
        subprocess.run(["/bin/bash", "-c", command], env=environment, check=True, stdout=subprocess.DEVNULL)
        lines = [json.loads(line) for line in words.read_text().splitlines()]
        case = {"command": command, "words": lines, "arrived": list(Server.arrived)}
        if len(Server.arrived) == 1:
            case["options"] = options(libcurl)
        cases.append(case)
json.dump({"source": f"curl {VERSION}, bash", "cases": cases}, sys.stdout, indent=1, ensure_ascii=False)
print()

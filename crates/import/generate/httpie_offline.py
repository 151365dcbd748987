"""What HTTPie makes of command lines: bash takes each apart, HTTPie's own parser says how it would authenticate, and --offline
prints what it would send. python3 httpie_offline.py > ../tests/data/httpie.json. Pinned: HTTPie 3.2.4.

bash sees variables whose values are {{NAME}}, so that its words are those that are wanted.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import httpie

assert httpie.__version__ == "3.2.4", httpie.__version__

COMMANDS = r"""
http example.com
http https://h.example/
https h.example/path
http :/x
http :3000/x?y=1
http PUT h.example a=1
http delete h.example/x
http h.example a=1
http h.example a=1 b:=2 c:='[1, {"d": true}]' 'e=ü "q"'
http POST h.example 'a[b]=1' 'a[c][]:=2' 'a[c][]=3' 'l[1]=x'
http h.example X-A:b 'X-B: c d' X-E\; Accept:text/plain User-Agent:
http h.example a==1 'b c==d&e' 'f==ü'
http 'h.example/?z=1' a==1
http --form h.example a=1 'b c=d&e' n:=3
http -f POST h.example a=1 b:=true
http --form h.example
http --json h.example
http --raw '{"x":1}' h.example
http --raw='plain text' POST h.example Content-Type:text/plain
http -a u:p h.example
http -a 'u:p:q' h.example
http -au:p h.example
http --auth=u:p h.example
http --auth 'ä:ß' h.example
http -A digest -a 'a\:b:c' h.example
http -a u: h.example
http -A basic -a u:p h.example
http -A digest -a u:p h.example
http --auth-type=digest --auth u:p h.example
http -A bearer -a t0k h.example
http --auth-type bearer --auth a:b h.example
http u:p@h.example/x
http http://u:p@h.example/x
http http://u@h.example/x
http 'http://u%40x:p%3Aq@h.example/x'
http -a a:b u:p@h.example
http -A bearer -a t http://u:p@h.example/
http h.example Authorization:'Bearer t'
http h.example 'Authorization: Basic dTpw'
http -a u:p h.example 'Authorization: Bearer t'
http h.example X-Api-Key:k a=1
http -a "$USER1:$PASS" h.example
http h.example "Authorization: Bearer $TOKEN" a=$TOKEN
http -vF --check-status h.example a=1
http --verify=no --timeout 5 h.example
http --default-scheme=https h.example
http h.example 'a\=b=c' 'd\:e==f' 'g\h=i'
http h.example =x
http h.example a=1 a=2
http -f h.example a=1 a=2
http h.example X-A:1 X-A:2
http h.example Content-Type:application/x-y a=1
http HEAD h.example
http --auth u:p --no-auth h.example
http -- h.example a=1
""".strip().splitlines()

WRAPPER = f"""#!{sys.executable}
import json, os, sys
from httpie.cli.definition import parser
from httpie.context import Environment
from httpie.core import main
argv, program = sys.argv[1:], os.path.basename(sys.argv[0])
front = ["--ignore-stdin", "--offline", "--print=HB", "--pretty=none"]
env = Environment(program_name=program, stdin=None)
args = parser.parse_args(args=front + argv, env=env)
auth = args.auth
found = None
if auth is not None:
    kind = type(auth).__name__
    token = getattr(auth, "token", None)
    found = {{"kind": kind, "username": getattr(auth, "username", None), "password": getattr(auth, "password", None), "token": token}}
open(os.environ["FOUND"], "a").write(json.dumps({{"words": argv, "auth": found}}) + "\\n")
sys.exit(main(args=[program] + front + argv))
"""


def message(text):
    head, _, body = text.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    headers = [line.split(": ", 1) if ": " in line else [line.rstrip(":"), ""] for line in lines]
    # HTTPie ends its print with line ends of its own.
    return {"method": method, "path": target, "headers": headers, "body": body.rstrip("\n")}


cases = []
with tempfile.TemporaryDirectory() as folder:
    for program in ("http", "https"):
        wrapper = pathlib.Path(folder, program)
        wrapper.write_text(WRAPPER)
        wrapper.chmod(0o755)
    found = pathlib.Path(folder, "found")
    environment = {
        "PATH": f"{folder}:/usr/bin:/bin", "FOUND": str(found), "LANG": "C.UTF-8", "HOME": folder, "HTTPIE_CONFIG_DIR": folder,
        "USER1": "{{USER1}}", "PASS": "{{PASS}}", "TOKEN": "{{TOKEN}}",
    }
    for command in COMMANDS:
        found.unlink(missing_ok=True)
        run = subprocess.run(["/bin/bash", "-c", command], env=environment, capture_output=True)
        if run.returncode:
            sys.exit(f"{command}: {run.stderr.decode()}")
        case = {"command": command} | json.loads(found.read_text()) | {"sent": message(run.stdout.decode())}
        cases.append(case)
json.dump({"source": f"HTTPie {httpie.__version__}, bash", "cases": cases}, sys.stdout, indent=1, ensure_ascii=False)
print()

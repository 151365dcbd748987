"""The AWS signing test suite's v4 cases, as the Rust package aws-sigv4 1.6.4 ships them.

usage: aws_sigv4_suite.py PATH_OF_THE_UNPACKED_PACKAGE

Left out: the cases with `normalize: false` (only S3's paths are not normalised, and they are not encoded twice either); the
two cases without a context.json; get-header-value-multiline, as a folded line is no header value in HTTP today (RFC 9112
section 5.2); get-space-normalized, whose path is encoded once, though every other one is encoded twice. The v4a cases have no fixed signature: crates/aws-sigv4 verifies them by their public key.
"""

import datetime
import json
import pathlib
import sys
import urllib.parse

import vectorfile

LEFT_OUT = {"get-header-value-multiline", "get-space-normalized"}


def read_request(text):
    head, _, body = text.partition("\n\n")
    lines = head.split("\n")
    method, rest = lines[0].split(" ", 1)
    target = rest.rsplit(" ", 1)[0]
    headers = []
    for line in lines[1:]:
        if line:
            name, value = line.split(":", 1)
            headers.append([name, value.strip()])
    return method, target, headers, body


def main(package):
    suite = pathlib.Path(package) / "aws-signing-test-suite" / "v4"
    vectors = []
    for case in sorted(suite.iterdir()):
        if case.name in LEFT_OUT or not (case / "context.json").exists():
            continue
        context = json.loads((case / "context.json").read_text("utf-8"))
        if not context["normalize"]:
            continue

        def text(name):
            return (case / name).read_text("utf-8").rstrip("\n")

        method, target, headers, body = read_request((case / "request.txt").read_text("utf-8"))
        host = dict((name.lower(), value) for name, value in headers)["host"]
        request = {"method": method, "uri": f"https://{host}{target}", "headers": headers}
        if body:
            request["body"] = body
        when = datetime.datetime.strptime(context["timestamp"], "%Y-%m-%dT%H:%M:%SZ")
        unix_time = int(when.replace(tzinfo=datetime.timezone.utc).timestamp())
        config = {"type": "aws-sigv4", **{k: v for k, v in context["credentials"].items() if k != "token"}}
        if "token" in context["credentials"]:
            config["session_token"] = context["credentials"]["token"]
        config |= {"region": context["region"], "service": context["service"]}
        if context["sign_body"]:
            config["content_sha256_header"] = True
        if context.get("omit_session_token"):
            config["unsigned_session_token"] = True

        _, _, signed, _ = read_request((case / "header-signed-request.txt").read_text("utf-8"))
        given = {name.lower() for name, _ in headers}
        added = [[name, value] for name, value in signed if name.lower() not in given]
        vectors.append(
            {
                "name": f"{case.name}-header",
                "config": config,
                "context": {"unix_time": unix_time},
                "request": request,
                "expect": {
                    "headers": added,
                    "canonical_request": text("header-canonical-request.txt"),
                    "string_to_sign": text("header-string-to-sign.txt"),
                },
            }
        )
        if context["sign_body"]:
            # A presigned URL has no X-Amz-Content-Sha256 of its own; the suite signs its body's hash, which is the default.
            config = {k: v for k, v in config.items() if k != "content_sha256_header"}
        _, target, _, _ = read_request((case / "query-signed-request.txt").read_text("utf-8"))
        query = [pair.partition("=")[::2] for pair in urllib.parse.urlsplit(f"//h{target}").query.split("&")]
        vectors.append(
            {
                "name": f"{case.name}-query",
                "config": config | {"add_to": "query", "expires_in": context["expiration_in_seconds"]},
                "context": {"unix_time": unix_time},
                "request": request,
                "expect": {
                    "query": [list(pair) for pair in query if pair[0].startswith("X-Amz-")],
                    "absent_headers": ["Authorization", "X-Amz-Date"],
                    "canonical_request": text("query-canonical-request.txt"),
                    "string_to_sign": text("query-string-to-sign.txt"),
                },
            }
        )
    vectorfile.write("aws-sigv4-suite", "aws-sigv4", "AWS signing test suite, from the Rust package aws-sigv4 1.6.4", vectors)


main(sys.argv[1])

"""AWS Signature V4 over awkward inputs, computed by botocore (see requirements.txt).

botocore signs what it is given, as its callers have encoded it: it neither decodes a query nor an S3 path. So that one
request has one canonical form, the queries and S3 paths that it is given here are the strictly encoded form of those in the
request (`strict` below), as AWS documents canonicalisation; path normalisation, headers, hashes, scopes and signatures are
botocore's own.

Left out, because countersign decides otherwise: headers that botocore signs and countersign does not (`connection`,
`accept-encoding`, …); presigning with a body, which botocore moves into the query; presigning with a repeated parameter, of
which botocore keeps the last; a path that ends in a dot segment, whose slash botocore drops (RFC 3986 section 5.2.4 keeps it);
a `Date` header, which botocore rewrites and sends in place of `X-Amz-Date`; S3 with a given hash, which botocore computes anew.
"""

import datetime
import urllib.parse

import botocore
import botocore.auth
import botocore.awsrequest
import botocore.compat
import botocore.credentials
import vectorfile

UNIX_TIME = 1440938160
NOW = datetime.datetime.fromtimestamp(UNIX_TIME, datetime.timezone.utc)
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUCIQ=="



botocore.auth.get_current_datetime = lambda remove_tzinfo=True: NOW.replace(tzinfo=None) if remove_tzinfo else NOW


def strict_query(query):
    """Each pair decoded (`+` is a space) and encoded strictly; empty pairs dropped."""
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    encode = lambda text: urllib.parse.quote(urllib.parse.unquote_to_bytes(text.replace("+", " ")), safe="-._~")
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs)


def strict_path(path):
    return urllib.parse.quote(urllib.parse.unquote_to_bytes(path), safe="/-._~")


PATHS = [
    "/", "", "//", "/a/b", "/a//b///c", "/a/./b/../c", "/..", "/a%20b", "/a%2Fb", "/a%7Eb", "/a+b", "/a=b",
    "/a:b@c", "/a,b;c", "/a'b(c)*!", "/a$b&c", "/%E1%88%B4", "/ሴ", "/ü/ß", "/a%", "/%zz", "/.../a", "/.a", "/a.", "/%2e%2e/a",

]
S3_PATHS = [
    "/", "/key", "/a//b", "/a/../b", "/./a", "/a/", "/a%20b", "/a%2Fb", "/a%7Eb", "/a~b", "/a+b", "/a%2Bb", "/a=b", "/a:b@c",
    "/%E1%88%B4", "/ሴ", "/a'b(c)*!", "/a$b&c", "/%25", "/a,b;c", "/%c3%bc",
]
QUERIES = [
    "a=1", "a", "a=", "=1", "b=2&a=1", "a=2&a=1", "a=1&a=1", "a=1&A=2&a-=3&a.=4&a0=5", "a=b+c", "a=b%20c", "a=b%2Bc", "a=%7E~",
    "ü=ß", "%C3%BC=%c3%9f", "a==b", "a=b=c", "a/b=c/d", "a=x:y,z;w", "a=1&&b=2", "&a=1&", "a%26b=c%3Dd", "a='()*!", "x=$@",
    "prefix=a/b&delimiter=/&list-type=2", "uploads", "uploadId=A%2FB&partNumber=2", "Z=1&z=1&_=1&-=1&~=1",
    "page=10&page=9&page=1",
]
HEADERS = [
    [["X-Custom", "v"]],
    [["X-Custom", "  padded\tvalue   with  runs  "]],
    [["X-Custom", "b"], ["x-custom", "a"], ["X-CUSTOM", "b"]],
    [["X-Empty", ""]],
    [["Content-Type", "application/json; charset=utf-8"], ["Accept", "*/*"]],
    [["X-A", "1"], ["X-A-B", "2"], ["X-Ab", "3"], ["A", "4"]],
    [["X-Quoted", '"a  b"']],
    [["Range", "bytes=0-99"], ["If-Match", '"etag"']],
    [["Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="]],
    [["Cookie", "a=1; b=2"], ["Referer", "https://example.com/?a b"]],
    [["X-Amz-Meta-Name", "a , b ,c"], ["X-Amz-Acl", "private"], ["X-Amz-Storage-Class", "GLACIER"]],
    [["User-Agent", "curl/8"], ["X-Amzn-Trace-Id", "Root=1"], ["Expect", "100-continue"]],
]
BODIES = ["", "Hello", '{"a": 1}', "Param1=value1&Param2=ü", "x" * 1000, "line\r\nline\n"]
HOSTS = [
    ("http://example.com:80", None), ("http://example.com:8080", None), ("https://example.com:443", None),
    ("https://example.com:80", None), ("http://127.0.0.1:9000", None), ("https://[::1]:8443", None),
    ("https://127.0.0.1", "example.amazonaws.com"), ("http://127.0.0.1:8000", "example.com:8000"),
]
AWS_HOSTS = [
    ("https://dynamodb.eu-central-1.amazonaws.com", "dynamodb", "eu-central-1"),
    ("https://bucket.s3.eu-west-1.amazonaws.com", "s3", "eu-west-1"),
    ("https://s3.amazonaws.com", "s3", "us-east-1"),
    ("https://bucket.s3.dualstack.us-west-2.amazonaws.com", "s3", "us-west-2"),
    ("https://bucket.s3-accelerate.amazonaws.com", "s3", "us-east-1"),
    ("https://s3-fips.us-gov-west-1.amazonaws.com", "s3", "us-gov-west-1"),
    ("https://bucket.s3-us-west-2.amazonaws.com", "s3", "us-west-2"),
    ("https://s3.cn-north-1.amazonaws.com.cn", "s3", "cn-north-1"),
    ("https://iam.amazonaws.com", "iam", "us-east-1"),
    ("https://sts.amazonaws.com", "sts", "us-east-1"),
    ("https://sts.ap-southeast-2.amazonaws.com", "sts", "ap-southeast-2"),
    ("https://abc123.execute-api.us-west-2.amazonaws.com", "execute-api", "us-west-2"),
    ("https://abc123.lambda-url.eu-west-3.on.aws", "lambda", "eu-west-3"),
    ("https://bedrock-runtime.us-east-1.amazonaws.com", "bedrock", "us-east-1"),
    ("https://email.eu-west-1.amazonaws.com", "ses", "eu-west-1"),
    ("https://runtime.sagemaker.us-east-2.amazonaws.com", "sagemaker", "us-east-2"),
    ("https://api.ecr.us-east-1.amazonaws.com", "ecr", "us-east-1"),
    ("https://streams.dynamodb.us-east-1.amazonaws.com", "dynamodb", "us-east-1"),
    ("https://search-x.us-east-1.es.amazonaws.com", "es", "us-east-1"),
    ("https://api.example.com", "execute-api", "us-east-1"),
]

vectors = []
counts = {}


def add(kind, base, path, query="", headers=(), body="", method=None, region="us-east-1", service="service", token=None,
        left_out=False, expires=None, unix_time=UNIX_TIME):
    presigned = "query" in kind
    s3 = "s3" in kind
    cls = {
        "header": botocore.auth.SigV4Auth,
        "s3-header": botocore.auth.S3SigV4Auth,
        "query": botocore.auth.SigV4QueryAuth,
        "s3-query": botocore.auth.S3SigV4QueryAuth,
    }[kind]
    credentials = botocore.credentials.Credentials(KEY, SECRET, token)
    arguments = [credentials, service, region] + ([expires or 86400] if presigned else [])
    auth = cls(*arguments)
    seen = {}
    original_sts = auth.string_to_sign

    def string_to_sign(request, canonical_request):
        seen["canonical_request"] = canonical_request
        seen["string_to_sign"] = original_sts(request, canonical_request)
        return seen["string_to_sign"]

    auth.string_to_sign = string_to_sign
    method = method or ("POST" if body else "GET")
    given = [[name, value] for name, value in headers]
    url = base + (strict_path(path) if s3 else path) + ("?" + strict_query(query) if query else "")
    request = botocore.awsrequest.AWSRequest(method=method, url=url, data=body.encode() if body else b"")
    for name, value in given:
        request.headers.add_header(name, value)
    auth.add_auth(request)

    expect = {"canonical_request": seen["canonical_request"], "string_to_sign": seen["string_to_sign"]}
    if presigned:
        pairs = [pair.partition("=")[::2] for pair in urllib.parse.urlsplit(request.url).query.split("&")]
        expect = {"query": [list(pair) for pair in pairs if pair[0].startswith("X-Amz-")]} | expect
        expect["absent_headers"] = ["Authorization"]
    else:
        names = ["Authorization", "X-Amz-Date", "X-Amz-Content-SHA256", "X-Amz-Security-Token"]
        expect = {"headers": [[name, request.headers[name]] for name in names if name in request.headers]} | expect
    config = {"type": "aws-sigv4", "access_key_id": KEY, "secret_access_key": SECRET}
    if token:
        config["session_token"] = token
    if not left_out:
        config |= {"region": region, "service": service}
    if presigned:
        config["add_to"] = "query"
        if expires:
            config["expires_in"] = expires
    counts[kind] = counts.get(kind, 0) + 1
    vector_request = {"method": method, "uri": base + path + ("?" + query if query else ""), "headers": given}
    if body:
        vector_request["body"] = body
    vectors.append(
        {
            "name": f"{kind}-{counts[kind]:03}",
            "comment": f"{method} {path}{'?' + query if query else ''}"[:100].replace("\n", " "),
            "config": config,
            "context": {"unix_time": unix_time},
            "request": vector_request,
            "expect": expect,
        }
    )


BASE, BUCKET = "https://example.amazonaws.com", "https://examplebucket.s3.amazonaws.com"
for path in PATHS:
    add("header", BASE, path)
    add("query", BASE, path, expires=3600)
for path in S3_PATHS:
    add("s3-header", BUCKET, path, service="s3")
    add("s3-query", BUCKET, path, service="s3", expires=604800)
for query in QUERIES:
    names = [pair.partition("=")[0] for pair in query.split("&") if pair]
    presigned = ("query", "s3-query") if len(set(names)) == len(names) else ()
    for kind in ("header", "s3-header", *presigned):
        add(kind, BUCKET if "s3" in kind else BASE, "/k", query, service="s3" if "s3" in kind else "service")
for headers in HEADERS:
    for kind in ("header", "query"):
        add(kind, BASE, "/", headers=headers)
    for kind in ("s3-header", "s3-query"):
        add(kind, BUCKET, "/k", headers=headers, service="s3", method="PUT")
for body in BODIES:
    add("header", BASE, "/", body=body, method="POST")
    add("s3-header", BUCKET, "/k", body=body, method="PUT", service="s3")
    add("header", BASE, "/", "a=1", body=body, method="PATCH", token=TOKEN)
for base, host in HOSTS:
    headers = [["Host", host]] if host else []
    add("header", base, "/", headers=headers)
    add("query", base, "/", headers=headers)
    add("s3-header", base, "/k", headers=headers, service="s3")
for base, service, region in AWS_HOSTS:
    kind = "s3-" if service == "s3" else ""
    add(kind + "header", base, "/", service=service, region=region, left_out=True)
    add(kind + "query", base, "/", service=service, region=region, left_out=True)
for kind, base, service in (("header", BASE, "service"), ("s3-header", BUCKET, "s3"), ("query", BASE, "service"), ("s3-query", BUCKET, "s3")):
    add(kind, base, "/", token=TOKEN, service=service)
    for method in ("GET", "HEAD", "DELETE", "OPTIONS", "PUT"):
        add(kind, base, "/m", method=method, service=service, region="ap-northeast-3")
hashed = [["X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"]]
add("header", BASE, "/", headers=hashed, body="not hashed", method="PUT")
vectorfile.write("aws-sigv4-botocore", "aws-sigv4", f"botocore {botocore.__version__}", vectors)

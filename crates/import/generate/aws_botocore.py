"""Whose keys botocore finds: python3 aws_botocore.py > ../tests/data/aws.json. Pinned: botocore 1.44.5."""

import json
import os
import pathlib
import sys
import tempfile

import botocore
import botocore.exceptions
import botocore.session

assert botocore.__version__ == "1.44.5", botocore.__version__

KEYS = "aws_access_key_id = AKID\naws_secret_access_key = secret/+=\n"
DEFAULT = f"[default]\n{KEYS}"
WORK = "[work]\naws_access_key_id=AKWORK\naws_secret_access_key : worksecret\naws_session_token = tok=en\n"
CONFIG = "[default]\nregion = eu-west-1\noutput = json\n\n[profile work]\nregion = us-west-2\ns3 =\n  max_concurrent_requests = 20\n  addressing_style = path\n"
ENV = {"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "envsecret"}

# Credentials, config, environment, the profile that is asked for.
CASES = {
    "default": (DEFAULT, None, {}, None),
    "default of two": (DEFAULT + WORK, None, {}, None),
    "asked for": (DEFAULT + WORK, None, {}, "work"),
    "by variable": (DEFAULT + WORK, None, {"AWS_PROFILE": "work"}, None),
    "by the older variable": (DEFAULT + WORK, None, {"AWS_DEFAULT_PROFILE": "work", "AWS_PROFILE": "default"}, None),
    "region": (DEFAULT + WORK, CONFIG, {}, None),
    "region of another": (DEFAULT + WORK, CONFIG, {}, "work"),
    "region by variable": (DEFAULT + WORK, CONFIG, {"AWS_DEFAULT_REGION": "ap-south-1"}, "work"),
    "region in the credentials": (DEFAULT + "region = sa-east-1\n", CONFIG, {}, None),
    "environment": (DEFAULT, CONFIG, ENV, None),
    "environment with a token": (DEFAULT, None, ENV | {"AWS_SESSION_TOKEN": "envtoken"}, None),
    "environment with the older token": (DEFAULT, None, ENV | {"AWS_SESSION_TOKEN": "n", "AWS_SECURITY_TOKEN": "o"}, None),
    "environment and a profile by variable": (DEFAULT + WORK, CONFIG, ENV | {"AWS_PROFILE": "work"}, None),
    "environment and a profile that is asked for": (DEFAULT + WORK, CONFIG, ENV, "work"),
    "keys in the config": ("[other]\nx = y\n", f"[profile work]\n{KEYS}region = eu-north-1\n", {}, "work"),
    "keys in both": (WORK, f"[profile work]\n{KEYS}", {}, "work"),
    "a quoted name": ("[two words]\n" + KEYS, '[profile "two words"]\nregion = eu-west-3\n', {}, "two words"),
    "comments and white space": ("# c\n; d\n\n[default]\n  aws_access_key_id =  AK \n  # c\n  AWS_SECRET_ACCESS_KEY=s\n", None, {}, None),
    "no inline comments": ("[default]\naws_access_key_id = AK\naws_secret_access_key = s #c\n", None, {}, None),
    "both tokens": (DEFAULT + "aws_session_token = n\naws_security_token = o\n", None, {}, None),
    "values for all": ("[DEFAULT]\naws_session_token = all\n" + DEFAULT, None, {}, None),
    "role": (DEFAULT, "[profile r]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n", {}, "r"),
    "role beside keys": (WORK, "[profile work]\nrole_arn = arn:aws:iam::1:role/x\ncredential_source = Ec2InstanceMetadata\n", {}, "work"),
    "keys before a process": (WORK, "[profile work]\ncredential_process = false\n", {}, "work"),
    "process before the config's keys": ("[other]\nx = y\n", f"[profile work]\ncredential_process = false\n{KEYS}", {}, "work"),
    "twice the same": (DEFAULT + DEFAULT, None, {}, None),
    "twice the same key": (DEFAULT + "aws_access_key_id = x\n", None, {}, None),
    "no section": (KEYS, None, {}, None),
    "no equals sign": ("[default]\nAKID\n", None, {}, None),
    "no keys": ("[default]\nregion = x\n", None, {}, None),
    "no such profile": (DEFAULT, None, {}, "nobody"),
}

for name in list(os.environ):
    if name.startswith("AWS_"):
        del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


def found(credentials, config, environment, profile, folder):
    paths = {"AWS_SHARED_CREDENTIALS_FILE": credentials, "AWS_CONFIG_FILE": config}
    for variable, text in paths.items():
        path = pathlib.Path(folder, variable)
        path.write_text(text or "")
        os.environ[variable] = str(path)
    os.environ.update(environment)
    try:
        session = botocore.session.Session(profile=profile)
        keys = session.get_credentials()
        if keys is None:
            return {"error": "no keys"}
        if keys.method not in ("env", "shared-credentials-file", "config-file"):
            return {"error": keys.method}
        return {"access_key_id": keys.access_key, "secret_access_key": keys.secret_key, "session_token": keys.token, "region": session.get_config_variable("region")}
    except Exception as why:
        return {"error": type(why).__name__}
    finally:
        for variable in environment:
            del os.environ[variable]


cases = []
with tempfile.TemporaryDirectory() as folder:
    for name, (credentials, config, environment, profile) in CASES.items():
        cases.append({
            "name": name, "credentials": credentials, "config": config, "environment": environment, "profile": profile,
            "found": found(credentials, config, environment, profile, folder),
        })
json.dump({"source": f"botocore {botocore.__version__}", "cases": cases}, sys.stdout, indent=1)
print()

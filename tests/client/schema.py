"""What rowan --json prints against docs/cli.schema.json, and docs/cli.md
against the table of commands. usage: schema.py ROWAN (on the stand-in)
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

rowan = os.path.abspath(sys.argv[1])
with open("docs/cli.schema.json") as f:
    defs = json.load(f)["$defs"]
types = {"object": dict, "array": list, "string": str, "integer": int,
         "boolean": bool}


def check(value, schema, where):
    """The part of JSON Schema that cli.schema.json uses."""
    if "$ref" in schema:
        return check(value, defs[schema["$ref"].rsplit("/", 1)[1]], where)
    if "type" in schema:
        want = types[schema["type"]]
        good = isinstance(value, want) and not (
            want is int and isinstance(value, bool))
        assert good, "%s is %r, not %s" % (where, value, schema["type"])
    if "enum" in schema:
        assert value in schema["enum"], "%s is %r" % (where, value)
    if "pattern" in schema:
        assert re.search(schema["pattern"], value), (where, value)
    if "minimum" in schema:
        assert value >= schema["minimum"], (where, value)
    if "maximum" in schema:
        assert value <= schema["maximum"], (where, value)
    for name in schema.get("required", ()):
        assert name in value, "%s has no %s: %r" % (where, name, value)
    for name, sub in schema.get("properties", {}).items():
        if name in value:
            check(value[name], sub, where + "." + name)
    for i, v in enumerate(value if "items" in schema else ()):
        check(v, schema["items"], "%s[%d]" % (where, i))


work = tempfile.mkdtemp()
env = dict(os.environ, ROWAN_HOME=work + "/home", XDG_RUNTIME_DIR=work,
           ROWAN_DOUBLE=work + "/world", TZ="UTC", LC_ALL="C.UTF-8")
with open(work + "/world", "w") as f:
    json.dump({"staff": [{"name": "Sam", "agency": "police"}], "cases": [
        {"victim": "Vic", "support": [
            {"from": 99, "text": "\u202e\x1b", "urgent": True},
            {"from": 99, "file": "a\nb", "size": 3}, {"from": 0, "text": "x"}],
         "diary": [{"from": 99, "text": "y", "happened": 1, "kind": "z"}]}]}, f)
with open(work + "/pass", "w") as f:
    f.write("correct horse battery\n")
os.chmod(work + "/pass", 0o600)


def run(*args, good=True):
    p = subprocess.run([rowan, *args, "--json"], env=env, text=True, input="",
                       capture_output=True, timeout=60)
    out = p.stdout if good else p.stderr
    assert (p.returncode == 0) == good or args[0] == "doctor", (args, p)
    return [json.loads(line) for line in out.splitlines()]


try:
    for kind, args in (
            ("status", ("status",)),
            ("status", ("unlock", "--passphrase-file", work + "/pass"))):
        if args[0] == "unlock":
            run("setup", "--passphrase-file", work + "/pass", "--answer",
                "/dev/null", good=False)
            continue
        check(run(*args)[0], defs[kind], kind)
    for kind, args in (
            ("status", ("status",)), ("cases", ("inbox",)),
            ("cases", ("cases", "--all")), ("case", ("case", "1")),
            ("people", ("people",)), ("read", ("read", "1", "--keep")),
            ("read", ("read", "1", "--last", "9")), ("read", ("diary", "1")),
            ("report", ("report", "2020-01-01", "2030-01-01")),
            ("entries", ("audit", "timeline", "1")),
            ("entries", ("audit", "who-read", "1")),
            ("verified", ("audit", "verify")),
            ("witness", ("witness", "status")),
            ("witness", ("witness", "--once")),
            ("witness", ("witness", "sign", work + "/world")),
            ("doctor", ("doctor",))):
        check(run(*args)[0], defs[kind], " ".join(args))
    for e in run("audit", "follow", "--from", "1", "--count", "3"):
        check(e, defs["entry"], "follow")
    run("send", "1", "is that so?")
    events = run("listen", "--after", "0", "--count", "2")
    assert [e["event"] for e in events] == ["sent", "message"], events
    for e in events:
        check(e, defs["event"], "event")
    for args in (("case", "99"), ("nothing",), ("send", "1"),
                 ("read", "1", "--last", "x")):
        errors = run(*args, good=False)
        assert len(errors) == 1
        check(errors[0], defs["error"], " ".join(args))
    table = run("help")[0]
    with open("docs/cli.md") as f:
        page = f.read()
    for e in table["exits"]:
        assert "| %d | `%s` | %s |" % (
            e["exit"], e["code"], e["words"]) in page, e
    print("  json: answers, events and errors are as documented")
finally:
    subprocess.run([rowan, "agent", "stop", "-q"], env=env)
    shutil.rmtree(work)

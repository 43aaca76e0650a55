"""What rowan --json prints against docs/cli.schema.json, and docs/cli.md
against the table of commands. usage: schema.py ROWAN (on the stand-in)
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from answers import check, commands, defs

rowan = os.path.abspath(sys.argv[1])
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
                       capture_output=True, timeout=180)
    out = p.stdout if good else p.stderr
    assert (p.returncode == 0) == good or args[0] == "doctor", (args, p)
    return [json.loads(line) for line in out.splitlines()]


# Families whose answers are held against the schema where the real programs
# give them (clinic.py, authority.py).
ELSEWHERE = ("authority ", "audit ", "witness", "receipt ", "conflict ",
             "agent run", "diary ", "verify-")


def every():
    """Each command once, as it succeeds: its answer is the one documented."""
    pw = ("--passphrase-file", work + "/pass")
    for name in ("plain", "card.request"):
        with open(os.path.join(work, name), "w") as f:
            f.write("-----BEGIN ROWAN CARD REQUEST-----\nAAAA\n"
                    "-----END ROWAN CARD REQUEST-----\n")
    invite = run("invite", "1", "--no-wait")[0]["invite"]
    last = run("read", "1", "--last", "9", "--keep")[0]["messages"]
    file = str([m for m in last if m.get("file")][0]["number"])
    many = (
        ("status",), ("config",), ("config", "receipts", "yes"), ("inbox",),
        ("cases",), ("cases", "--unopened"), ("cases", "--overdue", "9"),
        ("case", "1"), ("people",), ("alias", "1", "bluebell"),
        ("name", "Sam"), ("name", "1", "Sam"), ("send", "1", "x"),
        ("team", "1", "x"), ("attach", "1", work + "/plain"),
        ("get", file, "--out", work + "/got"), ("share", file),
        ("forget", file), ("history", "export", work + "/h", *pw),
        ("history", "import", work + "/h", *pw), ("read", "1", "--keep"),
        ("diary", "1"), ("open", "police"),
        ("assign", "1", "2", "support,team", "--yes"),
        ("cover", "1", "2", "72h", "--yes"),
        ("unassign", "1", "2", "team", "--yes"), ("handover", "2", "1", "--yes"),
        ("bar", "add", "1", "2"), ("bar", "list", "1"),
        ("bar", "remove", "1", "2"), ("reset", "1", "team"),
        ("close", "1"), ("reopen", "1"),
        ("hold", "1", "on", work + "/hold", "--yes"),
        ("erase", "1", work + "/erase", "--yes"), ("recuse", "1"), ("devices",),
        ("invite", "1", "--no-wait"),
        ("confirm", invite, "--same"), ("consent", work + "/card.request",
                                        "--same"),
        ("verify", "1"), ("readmit",),
        ("report", "2020-01-01", "2030-01-01"), ("doctor",), ("help",),
        ("listen", "--after", "0", "--count", "1"), ("chat", "1"),
        ("unlock", *pw), ("revoke", run("devices")[0]["devices"][0]["device"],
                          "--yes"))
    seen = set()
    for args in many:
        name = args[0] if args[0] in commands else " ".join(args[:2])
        for answer in run(*args):
            check(answer, commands[name], " ".join(args))
        seen.add(name)
    # Those that end what the others need, or need a person: by hand above
    # and in commands.sh.
    seen |= {"setup", "lock", "passphrase", "wipe", "agent stop", "cancel",
             "invite-code", "log-card", "put"}
    for c in run("help")[0]["commands"]:
        n = c["name"]
        if n == "completion":
            continue  # a script for the shell
        assert n in commands, "the schema has no %s" % n
        assert n.startswith(ELSEWHERE) or n in seen, "no answer of %s was looked at" % n


for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda n, frame: sys.exit(128 + n))
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
            ("witness_erased", ("witness", "erased")),
            ("conflicts", ("conflict", "list")),
            ("doctor", ("doctor",))):
        check(run(*args)[0], defs[kind], " ".join(args))
    every()
    for e in run("audit", "follow", "--from", "1", "--count", "3"):
        check(e, defs["entry"], "follow")
    run("send", "1", "is that so?")
    events = run("listen", "--after", "0", "--count", "2")
    assert {e["event"] for e in events} <= {"sent", "message", "done"}, events
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

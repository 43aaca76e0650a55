"""Every command of the table, in every trouble that any of them can meet: not
set up, locked, a wrong passphrase, no connection, an expired card, garbage and
10 MB on stdin, nobody to ask, a full disk, a reader that leaves, a terminal of
20 columns in another locale, and people, files and texts that want to drive
it. The commands come from the program: one that is new is asked for here.
usage: every.py ROWAN (on the stand-in)
"""

import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata
from concurrent.futures import ThreadPoolExecutor

rowan = os.path.abspath(sys.argv[1])
work = tempfile.mkdtemp()
env = dict(os.environ, ROWAN_HOME=work + "/home", XDG_RUNTIME_DIR=work,
           ROWAN_DOUBLE=work + "/world", TZ="UTC", LC_ALL="C.UTF-8",
           TERM="vt220", HOME=work)
for name in ("COLUMNS", "LINES", "ROWAN_ASKPASS", "NO_COLOR"):
    env.pop(name, None)
HOSTILE = "a\u202eb\u200bc\u001b[2Jd\u009b31me\u2066f\nrow\r\u0008g\U000e0041"
table = json.loads(subprocess.run([rowan, "help", "--json"], text=True,
                                  capture_output=True, check=True).stdout)
commands = [c["name"] for c in table["commands"]]

# One use of each, without its name; what it needs of files is in begin().
USE = {
    "setup": ["--invite", "ROWAN:X", "--yes"], "unlock": [], "lock": [],
    "status": [], "passphrase": [], "wipe": ["--yes"], "config": [],
    "agent run": [], "agent stop": [], "inbox": [], "cases": [],
    "case": ["1"], "people": [], "alias": ["1", "blue\u202ebell"],
    "read": ["1", "--last", "9", "--keep"], "send": ["1", "hello"],
    "team": ["1", "hello"], "attach": ["1", "plain"],
    "get": ["FILE", "--out", "NEW"], "share": ["FILE"], "cancel": ["FILE"],
    "forget": ["FILE"], "name": [HOSTILE[:5]],
    "history export": ["NEW"], "history import": ["plain"], "chat": ["1"],
    "diary": ["1"], "diary export": ["1", "NEW", "--authority", "plain"], "receipt get": ["FILE"],
    "receipt verify": ["plain", "--authority", "plain"],
    "verify-bundle": ["folder", "--authority", "plain"],
    "audit follow": ["--from", "1", "--count", "2"], "audit verify": [],
    "audit who-read": ["1"], "audit timeline": ["1"],
    "audit export": ["1", "NEW"], "audit request": [],
    "audit cosigned": ["plain", "plain"], "witness": ["--once"],
    "witness sign": ["plain", "NEW"], "witness erased": [],
    "witness status": [], "conflict list": [], "conflict get": ["1"],
    "conflict verify": ["plain"], "open": ["police"],
    "assign": ["1", "2", "support,team", "--yes"],
    "unassign": ["1", "2", "team", "--yes"],
    "cover": ["1", "2", "72h", "--yes"], "handover": ["2", "1", "--yes"],
    "recuse": ["1"], "close": ["1"], "reopen": ["1"],
    "hold": ["1", "on", "NEW", "--yes"], "erase": ["1", "NEW", "--yes"],
    "put": ["plain", "--yes"], "bar add": ["1", "3"],
    "bar remove": ["1", "3"], "bar list": ["1"], "reset": ["1", "team"],
    "invite": ["1", "--no-wait"], "invite-code": ["0" * 32, "--wait", "1"],
    "confirm": ["0" * 32, "--different"], "consent": ["request", "--same", "--out", "NEW"],
    "verify": ["1"], "devices": [], "revoke": ["1", "--yes"],
    "log-card": ["plain"], "readmit": [],
    "report": ["2026-01-01", "2026-01-31", "--exact"],
    "listen": ["--after", "0", "--count", "1"], "doctor": [],
    "authority create": ["NEW"], "authority sign": ["folder", "plain"],
    "authority daemon": ["folder", "plain", "--listen", "tcp://a:1",
                         "--enrol", "tcp://a:2"],
    "authority list": ["folder"], "authority succeed": ["folder", "NEW"],
    "authority renew": ["folder", "0" * 32],
    "authority follow": ["folder", "plain"],
    "authority revoke": ["folder", "0" * 32],
    "authority restore": ["folder", "plain"],
    "authority countersign": ["folder", "plain", "--yes"],
    "authority passphrase": ["folder", "plain"], "completion": ["bash"]}
# Those that ask no agent: the authority's, files that anybody may check.
ALONE = {c for c in commands if c.startswith("authority ")} | {
    "receipt verify", "verify-bundle", "conflict verify", "completion"}
# What a locked vault does not stop: looking at it, opening it, ending it.
ANYTIME = {"setup", "unlock", "lock", "status", "passphrase", "wipe", "config",
           "agent run", "agent stop"}
# The doctor finds it and explains it; what goes in is read first.
FINDS, LOOKS = {"doctor"}, {"put", "diary export"}
NEEDS_VAULT = [c for c in commands
               if c not in ALONE | ANYTIME | FINDS | LOOKS]
# One of each way in which they come to ask for the passphrase (each try takes
# the processor half a second).
ASK = ("unlock", "inbox", "send", "get", "chat", "open", "invite", "verify",
       "history import", "listen", "audit verify", "report")
# Looked at by hand in commands.sh: they end what the others need.
ENDS = {"wipe", "passphrase", "agent run", "agent stop", "lock", "setup"}
# Slow on purpose, or for a reason: once is enough.
ONCE = {"authority create", "invite-code", "handover"}
RESULTS = {e["exit"] for e in table["exits"]}
wrong = []
count = 0
fresh = 0
file_number = "1"


def words(name):
    global fresh
    fresh += 1
    return name.split() + [
        "%s/new%d" % (work, fresh) if a == "NEW" else
        file_number if a == "FILE" else a for a in USE[name]]


def hidden(text):
    """What no terminal may get: it is not seen, or moves what is."""
    return [c for c in text if c not in "\n\t" and (
        unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))]


def run(name, *more, stdin=b"", code=None, says=None, secs=180):
    global count
    args = words(name) + list(more)
    p = subprocess.run([rowan, *args], env=env, cwd=work, input=stdin,
                       capture_output=True, timeout=secs)
    out, err = (s.decode() for s in (p.stdout, p.stderr))
    count += 1
    for good, why in (
            (p.returncode in RESULTS, "an exit code that is none"),
            (code is None or p.returncode == code, "not %s" % code),
            (says is None or says in " ".join((out + err).split()),
             "nothing says %r" % says),
            (not hidden(out + err), "drives a terminal: %r" % hidden(
                out + err)),
            (p.returncode in (0, 18) or "--json" in more or
             re.search(r"^error: .", err, re.M), "no error was said"),
            (p.returncode in (0, 18) or re.search(
                r'^hint: .|"hint":"', err, re.M), "no hint")):
        if not good:
            wrong.append("%s: exit %d: %s\n%s%s" % (
                " ".join(args), p.returncode, why, out[-300:], err[-600:]))
            break
    if p.returncode not in (0, 18) and "--json" in more:
        e = json.loads(err.splitlines()[-1])["error"]
        assert e["exit"] == p.returncode and e["message"], (args, err)
    return p.returncode, out, err


def world(**more):
    """A fresh agent; everything that others wrote in it is hostile."""
    subprocess.run([rowan, "agent", "stop", "-q"], env=env)
    w = {"now": 1768480500, "rights": 15, "agency": "advocacy",
         "staff": [{"name": HOSTILE, "agency": "police"},
                   {"name": "Nia", "agency": "health"}],
         "cases": [{"agency": "police", "day": 20468, "victim": HOSTILE,
                    "support": [{"from": 99, "text": HOSTILE, "ago": 7200},
                                {"from": 0, "text": "Yes.", "ago": 60},
                                {"from": 1, "text": HOSTILE, "called": True},
                                {"from": 99, "file": HOSTILE, "size": 3}],
                    "team": [{"from": 1, "text": HOSTILE}],
                    "diary": [{"from": 99, "text": HOSTILE, "kind": HOSTILE,
                               "happened": 1767000000}]}]}
    w.update(more)
    with open(work + "/world", "w") as f:
        json.dump(w, f)


def opened(**more):
    global file_number
    world(**more)
    subprocess.run([rowan, "unlock", "-q", "--passphrase-file", "pass"],
                   env=env, cwd=work, check=True)
    subprocess.run([rowan, "devices", "-q"], env=env, cwd=work, check=True,
                   capture_output=True)
    p = subprocess.run([rowan, "read", "1", "--last", "9", "--keep", "--json"],
                       env=env, cwd=work, capture_output=True, check=True)
    file_number = str([m["number"] for m in json.loads(p.stdout)["messages"]
                       if m.get("file")][0])


def begin():
    assert set(USE) == set(commands), set(USE) ^ set(commands)
    for name, text in (("pass", "correct horse battery\n"),
                       ("wrong", "wrong horse battery\n"),
                       ("plain", "nothing much\n"),
                       ("request", "-----BEGIN ROWAN CARD REQUEST-----\nAAAA\n"
                        "-----END ROWAN CARD REQUEST-----\n")):
        with open(os.path.join(work, name), "w") as f:
            f.write(text)
        os.chmod(os.path.join(work, name), 0o600)
    os.mkdir(work + "/folder")


def usage():
    for c in table["commands"]:
        name = c["name"]
        p = subprocess.run([rowan, *name.split(), "--nothing"], env=env,
                           capture_output=True, text=True)
        assert p.returncode == 2 and "no option --nothing" in p.stderr, p
        assert "hint: rowan COMMAND --help" in p.stderr, p
        if c["args"] and not c["args"].startswith("["):
            p = subprocess.run([rowan, *name.split()], env=env, text=True,
                               capture_output=True)
            assert p.returncode == 2, (name, p)
            assert "hint: usage: rowan " + name in " ".join(
                p.stderr.split()), (name, p)


def not_set_up():
    world(enrolled=False)
    for name in NEEDS_VAULT + ["unlock"]:
        run(name, "--no-input", code=3, says="hint: rowan setup begins it")
    for name in ("status", "config", "lock", "agent stop"):
        run(name, code=0)
    # A vault, and no card yet.
    subprocess.run([rowan, "setup", "-q", "--answer", "plain",
                    "--passphrase-file", "pass"], env=env, cwd=work,
                   capture_output=True)
    for name in NEEDS_VAULT:
        run(name, "--no-input", code=3, says="hint: rowan setup goes on")


def locked():
    world()
    for name in NEEDS_VAULT:
        run(name, "--no-input", code=4, says="hint: rowan unlock opens it")
        run(name, "--no-input", "--json", code=4, says='"code":"locked"')
    for name in ASK:
        run(name, "--passphrase-file", "wrong", code=5,
            says="error: wrong passphrase")
    run("status", code=0, says="locked")
    run("doctor", code=18, says="rowan unlock, then ask the doctor again")


def in_order():
    """As it should be; and nobody else's words drive anything."""
    opened()
    for name in commands:
        if name in ENDS:
            continue
        code, out, err = run(name, "--no-input", "--passphrase-file", "pass")
        run(name, "--no-input", "--passphrase-file", "pass", "--json")
        yield name, code, out


def no_connection():
    """What can be kept is kept; all at once, for each waits a moment."""
    opened(link="trying")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: run(
            name, "--no-input", "--passphrase-file", "pass",
            *(["--wait", "1"] if name in ("send", "team", "attach") else [])),
            [c for c in commands if c not in ENDS | ONCE]))


def expired():
    opened()
    for name in ("send", "team", "open", "assign", "close"):
        run(name, code=0)
    opened(fail=dict.fromkeys(("send", "open", "assign", "unassign", "close",
                               "reopen", "recuse", "reset", "erase", "hold",
                               "put"), -353))
    for name in ("send", "team", "attach", "open", "assign", "close",
                 "reopen", "recuse", "reset"):
        run(name, code=8, says="hint: ask the authority for a new one")


def garbage():
    opened()
    rubbish = os.urandom(4096).replace(b"\n", b"\0") + b"\n\xff\0\n"
    long = b"x" * 10485760 + b"\n"
    reads = {"send": ["1"], "team": ["1"], "chat": ["1"]}
    for stdin in (rubbish, long):
        for name in commands:
            if name in ENDS | ONCE:
                continue
            kept = USE[name]
            USE[name] = reads.get(name, kept)
            run(name, "--no-input", "--passphrase-file", "pass", stdin=stdin,
                code=13 if name in reads else None)
            USE[name] = kept
        # As an answer to what is asked: nothing was meant by it.
        kept = USE["assign"]
        USE["assign"] = ["1", "2", "team"]
        assert run("assign", stdin=stdin)[0] in (13, 16)
        USE["assign"] = kept


def gone(name, more, code, says, **to):
    """With stdout somewhere that takes nothing."""
    p = subprocess.run([rowan, *words(name), *more], env=env, cwd=work,
                       input=b"", stderr=subprocess.PIPE, timeout=180, **to)
    if p.returncode != code or (says in p.stderr) != (code != 0):
        wrong.append("%s %s, into nothing: exit %d, not %d: %s" % (
            name, more, p.returncode, code, p.stderr))


def nowhere_to_write(normal):
    """A full disk, a closed stdout, a reader that leaves."""
    opened()
    for name, code, out in normal:
        for form in ([], ["--json"]):
            if code != 0 or (out == "" and not form):
                continue
            more = form + ["--no-input", "--passphrase-file", "pass"]
            with open("/dev/full", "wb") as full:
                gone(name, more, 12, b"cannot write", stdout=full)
            gone(name, more, 12, b"cannot write",
                 preexec_fn=lambda: os.close(1))
            # A pipe whose reader has gone is no failure.
            r, w = os.pipe()
            os.close(r)
            gone(name, more, 0, b"rror", stdout=w)
            os.close(w)


def at_a_terminal(args, env):
    """Somebody sits there, on 20 columns: the exit code and what they see."""
    mine, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
    p = subprocess.Popen([rowan, *args], env=env, cwd=work, stdin=theirs,
                         stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while True:
            shown += os.read(mine, 65536)
    except OSError:
        pass  # the other end is closed
    os.close(mine)
    return p.wait(180), shown.decode().replace("\r\n", "\n")


def on_terminals():
    """Nobody is asked with --no-input, though somebody is there; a narrow
    terminal, a dumb one, one that knows ASCII only."""
    opened()
    for kind in ({"TERM": "dumb"}, {"LC_ALL": "C"},
                 {"LC_ALL": "C", "TERM": "dumb", "NO_COLOR": "1"},
                 {"NO_COLOR": "1"}):
        for name in commands:
            if name in ENDS | ONCE | {"chat", "listen"}:
                continue
            args = words(name) + ["--no-input", "--passphrase-file", "pass"]
            status, shown = at_a_terminal(args, dict(env, **kind))
            assert status in RESULTS, (args, kind, status, shown)
            # Colour and weight are all there is, and not for everybody.
            if not {"TERM", "NO_COLOR"} & set(kind):
                shown = re.sub("\x1b\\[[0-9;]*m", "", shown)
            # And progress, which goes over its own line and is gone.
            if name == "get":
                shown = shown.replace("\r", "").replace("\x1b[K", "")
            assert not hidden(shown), (args, kind, hidden(shown), shown)
            if "LC_ALL" in kind:
                assert shown.isascii(), (args, kind, shown)


for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda n, frame: sys.exit(128 + n))
try:
    begin()
    usage()
    not_set_up()
    locked()
    normal = list(in_order())
    no_connection()
    expired()
    garbage()
    nowhere_to_write(normal)
    on_terminals()
    print("  every: %d commands, each in every trouble (%d runs, %d wrong)"
          % (len(commands), count, len(wrong)))
finally:
    for w in wrong:
        print("FAILED: " + w)
    subprocess.run([rowan, "agent", "stop", "-q"], env=env)
    shutil.rmtree(work)
sys.exit(1 if wrong else 0)

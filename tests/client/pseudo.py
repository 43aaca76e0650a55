"""The command line in a made-up language, longer than English, not ASCII and
with three plural forms: what does not come out of the catalogue, what is put
together from pieces of sentences, and tables that no longer fit show.
usage: pseudo.py POT ROWAN (on the stand-in)
"""

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unicodedata

import pexpect

pot, rowan = sys.argv[1], os.path.abspath(sys.argv[2])
work = tempfile.mkdtemp()
COLUMNS = 80
OPEN, CLOSE = "\u27e6", "\u27e7"
LONGER = {"a": "\u00e0a", "e": "\u00eb", "i": "\u00efi", "o": "\u00f6",
          "u": "\u0175", "y": "\u0177", "A": "\u00c0", "E": "\u00cb",
          "I": "\u00cf", "O": "\u00d6", "U": "\u016e", "Y": "\u0176"}
SPEC = re.compile(r"%[-+ 0#]*[\d.*]*(?:hh|h|ll|l|z|j)?[a-zA-Z%]")


def longer(text):
    return "".join(LONGER.get(c, c) for c in text)


def made_up(text):
    """${text} in no language; formats and the space around it stay."""
    body = text.strip()
    if not body:
        return text
    at = text.index(body)
    out, last = "", 0
    for m in SPEC.finditer(body):
        out += longer(body[last:m.start()])
        out += m.group(0)
        last = m.end()
    out += longer(body[last:])
    return text[:at] + OPEN + out + CLOSE + text[at + len(body):]


def quoted(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"').replace(
        "\n", "\\n").replace("\t", "\\t")


def catalogue(path):
    """A .po with every entry of the template."""
    with open(path) as f:
        entries = f.read().split("\n\n")
    out = ['msgid ""\nmsgstr "Project-Id-Version: rowan\\n"\n'
           '"PO-Revision-Date: 2026-01-15 12:00+0000\\n"\n'
           '"Last-Translator: nobody\\nLanguage-Team: none\\n"\n'
           '"Language: cy\\nMIME-Version: 1.0\\n"\n'
           '"Content-Transfer-Encoding: 8bit\\n"\n'
           '"Content-Type: text/plain; charset=UTF-8\\n"\n'
           '"Plural-Forms: nplurals=3; plural=n==1?0:n==2?1:2;\\n"\n']
    count = 0
    for e in entries[1:]:
        flags = "".join(x + "\n" for x in e.splitlines() if x[:2] == "#,")
        ids = [ast.literal_eval("(" + m.group(2) + ")") for m in re.finditer(
            r'^(msgid|msgid_plural) ((?:"(?:[^"\\]|\\.)*"\n?)+)', e, re.M)]
        if not ids:
            continue
        count += 1
        item = flags + "msgid " + quoted(ids[0]) + "\n"
        if len(ids) == 2:
            item += "msgid_plural " + quoted(ids[1]) + "\n"
            for i in range(3):
                item += "msgstr[%d] %s\n" % (i, quoted(made_up(ids[i > 0])))
        else:
            item += "msgstr " + quoted(made_up(ids[0])) + "\n"
        out.append(item)
    return "\n".join(out), count


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else
               0 if unicodedata.combining(c) else 1 for c in text)


env = dict(os.environ, ROWAN_HOME=work + "/home", XDG_RUNTIME_DIR=work,
           ROWAN_DOUBLE=work + "/world", ROWAN_LOCALEDIR=work, LANGUAGE="cy",
           LC_ALL="C.UTF-8", TZ="UTC", TERM="vt220", NO_COLOR="1")
for name in ("COLUMNS", "LINES", "ROWAN_ASKPASS"):
    env.pop(name, None)


def run(*args, code=0):
    """What a terminal of 80 columns gets, line by line."""
    text, status = pexpect.run(
        " ".join("'%s'" % a for a in (rowan, *args)), env=env, timeout=180,
        withexitstatus=True, encoding="utf-8")
    if os.environ.get("PSEUDO_SHOW"):
        print("---", *args)
        print(text)
    assert status == code, (args, status, text)
    return text.replace("\r", "").split("\n")


wrong = []
# What people said and are called, and what has to be typed as it stands.
DATA = set("Alex Sam Nia Vic police health advocacy probation support team "
           "diary Are you there Yes always Risk rising Car outside rowan "
           "Mon Tue Wed Thu Fri Sat Sun enrol coordinate duty audit".split())


def outer(line):
    """Without the marks of words that were put into a sentence."""
    out, depth = "", 0
    for c in line:
        depth -= c == CLOSE
        if c not in (OPEN, CLOSE) or depth == 0:
            out += c
        depth += c == OPEN
    return out


def look(lines, where, fits=True):
    for line in lines:
        if fits and width(line) > COLUMNS:
            wrong.append("%s: wider than %d: %r" % (where, COLUMNS, line))
        line = outer(line)
        # "error:" and "hint:" are labels; a table has two blanks at least.
        rest = re.sub(r"^%s([^%s]*:|%s|%s)%s " % (
            OPEN, CLOSE, longer("good"), longer("WRONG"), CLOSE), "", line)
        if re.search(r"%s ?[%s\w]" % (CLOSE, OPEN), rest):
            wrong.append("%s: put together: %r" % (where, line))


def bare(lines, where, data):
    """Words that are in no catalogue."""
    for line in lines:
        line = re.sub("%s[^%s]*%s?" % (OPEN, CLOSE, CLOSE), "", line)
        # Nor ids, nor what a narrow column has cut.
        line = re.sub(r"\b[0-9a-f]{8,32}\b|\w+\u2026", "", line)
        for w in re.findall(r"[A-Za-z]{3,}", line):
            if w not in DATA and w not in data:
                wrong.append("%s: not translated: %r in %r" % (
                    where, w, line))


def world():
    with open(work + "/world", "w") as f:
        json.dump({"now": 1768480500, "rights": 15, "agency": "advocacy",
                   "staff": [{"name": "Sam", "agency": "police"},
                             {"name": "Nia", "agency": "health"}],
                   "cases": [
                       {"agency": "police", "day": 20468, "victim": "Vic",
                        "support": [
                            {"from": 99, "text": "Are you there?",
                             "ago": 7200},
                            {"from": 0, "text": "Yes, always.", "ago": 3600}],
                        "team": [{"from": 1, "text": "Risk is rising.",
                                  "ago": 100}],
                        "diary": [{"from": 99, "text": "Car outside",
                                   "happened": 1767000000,
                                   "kind": "watching"}]},
                       {"agency": "health", "day": 20460, "diary": False,
                        "support": False}]}, f)
    with open(work + "/pass", "w") as f:
        f.write("correct horse battery\n")
    os.chmod(work + "/pass", 0o600)


def all_of_it():
    pw = ("--passphrase-file", work + "/pass")
    table = json.loads(subprocess.run(
        [rowan, "help", "--json"], text=True, env=dict(env, LANGUAGE="C"),
        capture_output=True, check=True).stdout)
    names = {w for c in table["commands"] for w in c["name"].split()}
    look(run(), "rowan")
    for c in table["commands"]:
        look(run("help", *c["name"].split()), "help " + c["name"])
    for args, code in ((("inbox",), 3), (("nothing",), 2), (("read",), 2),
                       (("report", "x", "y"), 2)):
        look(run(*args, code=code), " ".join(args), False)
    look(run("setup", *pw, "--invite", "ROWAN:X", "--yes", code=10), "setup",
         False)
    for args, code in (
            (("status",), 0), (("inbox",), 0), (("cases",), 0),
            (("cases", "--unopened"), 0), (("case", "1"), 0),
            (("people",), 0), (("devices",), 0), (("read", "1", "--keep"), 0),
            (("read", "1", "--last", "5", "--keep"), 0),
            (("diary", "1"), 0), (("report", "2026-01-01", "2026-01-31"), 0),
            (("bar", "list", "1"), 0),
            (("verify", "1", "--same"), 0)):
        lines = run(*args, code=code)
        # Sentences flow on; tables may not.
        look(lines, " ".join(args), fits=args[0] not in ("verify", "report"))
        bare(lines, " ".join(args), names)
    for args, code in (
            (("assign", "1", "2", "support", "--yes"), 0),
            (("open", "police"), 0), (("send", "1", "x"), 0),
            (("doctor",), 18), (("case", "99"), 9), (("send", "2", "x"), 7),
            (("unlock", "--passphrase-file", work + "/nothing"), 0),
            (("lock",), 0), (("read", "1", "--no-input"), 4)):
        look(run(*args, code=code), " ".join(args), False)


for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda n, frame: sys.exit(128 + n))
try:
    os.makedirs(work + "/cy/LC_MESSAGES")
    text, count = catalogue(pot)
    assert count > 400, count
    with open(work + "/cy.po", "w") as f:
        f.write(text)
    subprocess.run(["msgfmt", "-c", "-o", work + "/cy/LC_MESSAGES/rowan.mo",
                    work + "/cy.po"], check=True)
    world()
    all_of_it()
finally:
    subprocess.run([rowan, "agent", "stop", "-q"], env=env)
    shutil.rmtree(work)
for w in wrong:
    print(w)
print("  pseudo: %d strings in no language, %d wrong" % (count, len(wrong)))
sys.exit(1 if wrong else 0)

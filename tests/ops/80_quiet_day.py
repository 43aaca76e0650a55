"""Goal: a whole day of a clinic with the real programs (enrolments, messages,
attachments, a diary, refused attempts of every kind, an erasure, a restore,
whatever ops looks at), and what rowand has said of it at its most talkative,
in the journal and as JSON, in metrics and in a support bundle, holds no word
of anybody, no name, no id of a person, a device, a case or a message in any
spelling, no key and no address.
usage: 80_quiet_day.py BUILD
"""

import base64
import glob
import json
import os
import re
import socket
import sys
import tarfile
import threading

import relay
from clinic import enrol

NAMES = ("Imogen Quartermain", "Rosalind Featherstone", "Kim Underhill")
ALIASES = ("bluebell-cottage", "harebell-cottage", "the-advocate")
WORDS = ("He waited by the harbour again.", "The locks are changed on Friday.",
         "For the team: the dog is at the neighbour's.",
         "A black saloon twice today", "Nobody may read this from outside.",
         "After the restore she is still safe.", "and the team knows it too")
PARTS = ("harbour", "locks are", "neighbour", "saloon", "from outside",
         "still safe", "knows it too", "imogen", "quartermain", "rosalind",
         "featherstone", "underhill", "cottage", "the-advocate", "kitchen",
         "pane by pane")  # at least one of each of these
FILE = "kitchen-window.jpg"
INSIDE = "the photograph itself, pane by pane, "

k = relay.Relay(sys.argv[1], backups=True)
book = k.path("authority")
looked = []  # what ops was shown: figures, never people
ids = set()
hashes = set()  # by which devices may stand in the log


def ctl(*args, check=False):
    return k.ctl(*args, check=check)


# ---- what is said

class Journal:
    """The other end of the journal's socket."""

    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.s.bind(path)
        self.records = []
        threading.Thread(target=self.hear, daemon=True).start()

    def hear(self):
        while True:
            self.records.append(self.s.recv(65536))


def start(*options):
    k.start(*options)
    ctl("loglevel", "debug", "--for", "1 h", check=True)


def look():
    """All that ops looks at, without asking for people."""
    for args in (("status",), ("health",), ("sessions",), ("metrics",),
                 ("quotas",), ("retention", "show"), ("clock", "show"),
                 ("backup", "list")):
        for form in ((), ("--json",)):
            p = ctl(*form, *args)
            looked.append(p.stdout + p.stderr)
    ctl("metrics", "--output", k.path("rowan.prom"), check=True)
    with open(k.path("rowan.prom")) as f:
        looked.append(f.read())
    bundle = k.path("support.tar")
    ctl("support-bundle", "--yes", bundle, check=True)
    with tarfile.open(bundle) as tar:
        for member in tar:
            looked.append(member.name + "\n" +
                          tar.extractfile(member).read().decode())
    os.unlink(bundle)


# ---- the day

def begin():
    k.begin()
    ctl("backup", "keygen", k.path("backup.key"), k.path("backup.pub"),
        check=True)
    people = [k.staff("coordinator", "clinic", "coordinate"),
              k.staff("advocate", "advocacy", "enrol"),
              k.staff("officer", "police"), k.staff("leaver", "health")]
    k.import_cards()
    start("--log", "journal")
    for p in people:
        p.current()
    # One whose card never came to the relay.
    people.append(k.staff("stranger", "housing"))
    return people


def talk(coordinator, advocate, phone):
    advocate.run("name", NAMES[0])
    phone.say("name " + NAMES[1])
    phone.say("write " + WORDS[0])
    advocate.hears("1", WORDS[0])
    advocate.json("send", "1", WORDS[1], "--wait", "180")
    phone.sees("There is a new message")
    phone.say("read 20")
    phone.sees(WORDS[1])
    path = advocate.clinic.path("advocate.files", FILE)
    with open(path, "w") as f:
        f.write(INSIDE * 4000)
    advocate.json("attach", "1", path, "--wait", "180")
    advocate.json("team", "1", WORDS[2], "--wait", "180")
    coordinator.hears(ALIASES[0], WORDS[2], "team")
    phone.say("diary saloon " + WORDS[3])
    phone.say("readers")
    advocate.joined("1", "diary")
    phone.say("fetch")


def refused(coordinator, advocate, officer, leaver, stranger):
    """Whoever may not: a stranger, a colleague outside the case, somebody
    revoked, a used invite, statements and settings that are none."""
    case = advocate.json("case", "1")["case"]
    stranger.run("status")
    k.until(lambda: stranger.status()["link"] == "refused",
            "the stranger is refused")
    assert officer.code("send", case, WORDS[4]) != 0
    assert officer.code("case", case) != 0
    assert advocate.code("erase", "1", k.path("none"), "--yes") == 7
    coordinator.run("revoke", leaver.status()["device"], "--yes")
    k.until(lambda: leaver.status()["link"] != "current", "the leaver is out")
    assert leaver.code("team", case, WORDS[4]) != 0
    thief = k.victim("thief")
    thief.say("enrol " + invites.pop())
    thief.sees("does not work|cannot|refused|used")
    thief.kill()
    for text in ("nonsense\n", open(book + "/statements.txt").read()[:-90]):
        with open(k.path("bad.txt"), "w") as f:
            f.write(text)
        assert ctl("cards", "import", k.path("bad.txt")).returncode != 0
    assert ctl("invites", "end", "7").returncode != 0
    assert ctl("quotas", "00" * 16).returncode != 0
    with socket.create_connection((k.host, k.ports[0])) as s:
        s.sendall(b"GET / HTTP/1.0\r\n\r\n" * 100)
    with open(k.conf) as f:
        good = f.read()
    with open(k.conf, "w") as f:
        f.write(good + "mailbox = nonsense;\n")
    assert ctl("reload", "--wait").returncode == 78
    with open(k.conf, "w") as f:
        f.write(good)
    assert ctl("reload", "--wait").returncode == 0


invites = []


def erase(coordinator):
    """The first case, by two signatures."""
    coordinator.run("erase", ALIASES[0], k.path("gone"), "--yes")
    ctl("cards", "export", k.path("chain.txt"), check=True)
    k.authority("follow", book, k.path("chain.txt"))
    k.authority("countersign", book, k.path("gone"), "--yes")
    coordinator.json("put", k.path("gone.signed"), "--yes")
    k.until(lambda: not coordinator.json("cases")["cases"], "it is erased")


def restore():
    ctl("backup", "verify", "--key", k.path("backup.key"), "--newest",
        check=True)
    k.stop(kill=True)
    lost, into = k.path("daemon/lost"), k.path("daemon/state/restored")
    os.rename(k.path("daemon/state"), lost)
    os.mkdir(k.path("daemon/state"), 0o700)
    (backup,) = glob.glob(k.path("backups/*.backup"))
    ctl("backup", "restore", "--key", k.path("backup.key"), "--into", into,
        "--last", lost + "/log-guard", "--lost", lost, backup, check=True)
    k.authority("restore", book, into + "/restore-pending")
    ctl("backup", "finish", into, book + "/statements.txt", check=True)
    for name in os.listdir(into):
        os.rename(into + "/" + name, k.path("daemon/state", name))
    os.rmdir(into)


def remember(person):
    """The ids that this person's device knows."""
    found = re.findall("[0-9a-f]{32,64}", json.dumps(
        [person.status(), person.json("people"), person.json("cases")]))
    ids.update(found)
    for c in person.json("cases")["cases"]:
        p = person.run("case", c["case"], "--json", check=False)
        ids.update(re.findall("[0-9a-f]{32,64}", p.stdout))
        for channel in ("support", "team"):
            p = person.run("read", c["case"], "--channel", channel, "--json",
                           "--last", "50", "--keep", check=False)
            ids.update(re.findall("[0-9a-f]{32,64}", p.stdout))


def turned_away():
    with open(k.path("daemon/log")) as f:
        return '"event":"handshake-refused"' in f.read()


def day():
    people = begin()
    coordinator, advocate, officer, leaver, stranger = people
    coordinator.run("open", "police", "--alias", ALIASES[0])
    member = coordinator.number(advocate)
    coordinator.run("alias", "--person", member, ALIASES[2])
    for who in ("me", member):
        coordinator.run("assign", ALIASES[0], who, "support,team", "--yes")
    advocate.joined("1")
    phone = k.victim("phone")
    invites.append(enrol(k, advocate, "1", phone,
                                coordinator)["text"])
    phone.sees("conversation is ready")
    talk(coordinator, advocate, phone)
    ctl("backup", "now", check=True)
    refused(coordinator, advocate, officer, leaver, stranger)
    for p in (coordinator, advocate):
        remember(p)
    for d in k.rows("devices", "list"):
        assert (d["role"] == "victim") == (d["in_log"] == ""), d
        hashes.add(d["in_log"] or None)
    for args in (("devices", "list"), ("cards", "list"),
                 ("invites", "list", "--all")):
        ids.update(re.findall("[0-9a-f]{32,64}", ctl("--json", *args).stdout))
    look()
    erase(coordinator)
    look()
    phone.kill()
    restore()
    # What was erased stays so; another case, said as JSON from here on.
    start("--log", "json")
    coordinator.current()
    officer.run("name", NAMES[2])
    coordinator.run("open", "police", "--alias", ALIASES[1])
    for who in ("me", coordinator.number(officer)):
        coordinator.run("assign", ALIASES[1], who, "team", "--yes")
    officer.current()
    k.until(lambda: officer.json("cases")["cases"], "the officer has a case")
    officer.joined("1", "team")
    officer.json("team", "1", WORDS[6], "--wait", "180")
    coordinator.hears(ALIASES[1], WORDS[6], "team")
    assert advocate.code("team", officer.json("case", "1")["case"],
                         WORDS[5]) != 0
    for p in (coordinator, officer):
        remember(p)
    # The restore brought what the authority has signed, the stranger's card too.
    k.staff("newer", "housing").run("status")
    k.until(turned_away, "another stranger is turned away")
    look()
    k.stop()


# ---- what was said

def spellings(text):
    raw = bytes.fromhex(text)
    return (text[:16], text.upper()[:16], base64.b64encode(raw).decode().rstrip("="),
            base64.urlsafe_b64encode(raw).decode().rstrip("="))


def told(where, text):
    """What nobody is to be told, if it is there."""
    low = text.lower()
    for word in PARTS:
        if word in low:
            return "%s: %r" % (where, word)
    for one in ids:
        for way in spellings(one):  # a part of it would do
            if way in text:
                return "%s: the id %s as %s" % (where, one, way)
    # Of a message the id is ours, and public.
    text = re.sub('"id":"[0-9a-f]{32}"|MESSAGE_ID=[0-9a-f]{32}', "", text)
    for what, form in (("an id", "[0-9a-fA-F]{32}"),
                       ("a key", "[A-Za-z0-9+/_-]{43}"),
                       ("an address", r"\b(\d{1,3}\.){3}\d{1,3}\b"),
                       ("an address", "(?i)(?<![0-9a-f])(::1|fe80:)"),
                       # A figure may be the same number: as a port is said.
                       ("a port", r"(?i)((?<![a-z])(port|endpoint)[^,}\d\n]*|"
                        r"[\w.\]]:)(%d|%d)(?!\d)" % k.ports)):
        found = re.search(form, text)
        if found:
            around = text[max(0, found.start() - 60):found.end() + 20]
            return "%s: %s: %r" % (where, what, around)
    return None


def main():
    journal = Journal(k.path("journal"))
    k.env["TEST_JOURNAL"] = k.path("journal")
    k.env["LD_PRELOAD"] = os.path.join(k.build, "tests/ops/journal.so")
    day()
    native = b"\n".join(journal.records).decode()
    with open(k.path("daemon/log")) as f:
        log = f.read()
    # It did speak, of what happened, and of different things.
    events = set(re.findall("ROWAN_EVENT=(.*)", native))
    assert {"serving", "admin", "backup-done", "reload-refused"} <= events
    events |= set(re.findall('"event":"([^"]*)"', log))
    assert {"counters", "stopped", "handshake-refused"} <= events, events
    # Of devices only staff's are told, as ops may look up.
    devices = set(re.findall("ROWAN_DEVICE=(.*)", native)) | set(
        re.findall('"device":"([^"]*)"', log))
    assert devices and devices <= hashes, (devices, hashes)
    assert len(looked) > 50 and any("rowan_up_seconds" in x for x in looked)
    assert len(ids) > 20, ids
    assert all(told("planted", x) for x in WORDS + NAMES + ALIASES + (
        FILE, INSIDE, "x %s x" % min(ids), "to %s" % k.host,
        NAMES[1].upper(), "port %d" % k.ports[1]) + spellings(min(ids)))
    bad = [told("journal", native), told("log", log)] + [
        told("shown", x) for x in looked]
    assert not any(bad), [x for x in bad if x]
    return ("a whole day, and %d kinds of words about it tell of nobody"
            % len(events))


k.tell(main)

"""Goal: a case is put under legal hold and erased by those who may, with the
real programs: a coordinator asks, the authority signs offline, a coordinator
brings it. Neither of them alone, no caseworker, no other and no former
authority; not under a hold, not what was changed, not once the case has gone
on, not after 7 days. Afterwards it is gone.
A witness keeps that: the backup is from before, its tombstones are lost with
the folder, and what rowan witness erased writes erases the case once more.
usage: 60_erased.py BUILD

By the steps of docs/operations.md, "A case is erased".
"""

import base64
import glob
import json
import os
import re
import sqlite3
import sys

import relay
from clinic import Person, enrol

DAY = 86400

k = relay.Relay(sys.argv[1], clock=True, backups=True)
ctl = k.ctl
book = k.path("authority")


def said(p, code, words):
    assert p.returncode == code and words in p.stdout + p.stderr, (
        "not %d with %r: %r" % (code, words, p))
    assert code == 0 or "error: " in p.stderr, p


def ask(person, code, words, *args):
    said(person.run(*args, check=False), code, words)


def sign(code, words, name, folder=None, *more):
    said(k.authority("countersign", folder or book, k.path(name), "--yes",
                     *more, check=False), code, words)


def put(person, code, words, name):
    ask(person, code, words, "put", k.path(name), "--yes")


def case(person):
    return person.json("case", "1")


def begin():
    k.begin()
    ctl("backup", "keygen", k.path("backup.key"), k.path("backup.pub"))
    c = k.staff("coordinator", "clinic", "coordinate")
    w = k.staff("worker", "advocacy", "enrol")
    a = k.staff("auditor", "health", "audit")
    see = witness()
    k.import_cards()
    k.start()
    c.current()
    w.current()
    c.run("open", "police", "--alias", "bluebell")
    c.run("assign", "1", c.number(w), "support,team", "--yes")
    w.joined("1")
    phone = k.victim("phone")
    enrol(k, w, "1", phone, c)
    phone.sees("conversation is ready")
    phone.kill()
    whole = a.json("audit", "timeline")
    assert whole["unopened"] == whole["erased"] == 0, whole
    see.current()
    return c, w, a, see


def neither_alone(c, w):
    ask(w, 7, "does not give the right", "erase", "1", k.path("w"), "--yes")
    ask(w, 7, "does not give the right", "hold", "1", "on", k.path("w"),
        "--yes")
    ask(c, 16, "--yes answers", "erase", "1", k.path("w"))
    ask(c, 2, "on or off", "hold", "1", "maybe", k.path("w"))
    ask(c, 9, "no such case", "erase", "99", k.path("w"), "--yes")
    assert not os.path.exists(k.path("w"))
    ask(c, 0, "cannot be undone", "erase", "1", k.path("early"), "--yes")
    ask(c, 10, "exists already", "erase", "1", k.path("early"), "--yes")
    put(c, 7, "the authority has not signed this", "early")
    # The authority makes none of its own, nor one for another clinic.
    k.authority("create", k.path("other"))
    sign(13, "for another clinic", "early", k.path("other"))
    sign(13, "no erasure and no legal hold", "worker.request")
    said(k.authority("countersign", book, k.path("early"), check=False), 16,
         "--yes answers")
    assert not os.path.exists(k.path("early.signed"))


def changed():
    """One byte of the case that it is about."""
    with open(k.path("early")) as f:
        lines = f.read().splitlines()
    raw = bytearray(base64.b64decode("".join(lines[1:-1])))
    raw[20] ^= 1
    text = base64.b64encode(bytes(raw)).decode()
    with open(k.path("changed"), "w") as f:
        f.write("\n".join([lines[0]] + re.findall(".{1,64}", text) +
                          [lines[-1]]) + "\n")
    sign(14, "changed after it was signed", "changed")


def held(c, w):
    sign(0, "is erased, for good", "early")
    ask(c, 0, "under legal hold", "hold", "1", "on", k.path("on"), "--yes")
    sign(0, "by a coordinator of agency clinic", "on")
    made = json.loads(k.authority(
        "countersign", book, k.path("on"), "--yes", "--json", "--out",
        k.path("again")).stdout)
    assert made["kind"] == "hold" and made["signed"] == k.path("again"), made
    assert made["case"] == case(c)["case"], made
    put(c, 0, "under legal hold", "on.signed")
    k.until(lambda: case(w)["hold"], "the worker sees the hold")
    put(c, 1, "begin again", "on.signed")
    # What was signed before the hold does not get past it either.
    put(c, 1, "begin again", "early.signed")
    ask(c, 7, "nothing is erased under a legal hold", "erase", "1",
        k.path("w"), "--yes")
    ask(c, 7, "a hold is set or lifted once", "hold", "1", "on", k.path("w"),
        "--yes")
    ask(c, 0, "may be erased", "hold", "1", "off", k.path("off"), "--yes")
    sign(0, "may be erased", "off")
    put(c, 0, "has ended", "off.signed")
    assert not case(c)["hold"]


def gone_on(c):
    c.run("erase", "1", k.path("late"), "--yes")
    sign(0, "", "late")
    c.run("assign", "1", "me", "team", "--yes")
    put(c, 1, "begin again", "late.signed")


def too_old(c):
    c.run("erase", "1", k.path("old"), "--yes")
    sign(0, "", "old")
    k.move(8 * DAY)
    sign(13, "more than 7 days ago", "old", None, "--out", k.path("w"))
    c.current()
    put(c, 7, "good for 7 days", "old.signed")
    assert case(c)["status"] == "open"


def former_authority(c):
    ctl("cards", "export", k.path("chain.txt"))
    k.authority("follow", book, k.path("chain.txt"))
    k.authority("succeed", book, k.path("second"))
    ctl("cards", "import", k.path("second/statements.txt"))
    c.run("erase", "1", k.path("last"), "--yes")
    sign(0, "", "last", None, "--out", k.path("last.former"))
    k.until(lambda: c.code("put", k.path("last.former"), "--yes") == 7,
            "the former authority is refused")
    sign(0, "", "last", k.path("second"))


def rows(table, state="daemon/state"):
    db = sqlite3.connect("file:%s?mode=ro" % k.path(state, "rowan.db"),
                         uri=True)
    (n,) = db.execute("SELECT count(*) FROM %s" % table).fetchone()
    db.close()
    return n


def devices():
    """Those that may connect."""
    return [r["device"] for r in k.rows("devices", "list")
            if r["standing"] == "in force"]


def erased(c, w, a):
    # Said to a phone that is off: it waits at the relay.
    w.run("send", "1", "the gate at noon", "--wait", "180")
    assert rows("envelope") > 0 and rows("assignment") > 0
    gone = case(c)["case"]
    phone = c.json("devices", "--case", "1")["devices"][0]["device"]
    assert phone in devices()
    # The file is carried for a while.
    k.move(2 * DAY)
    c.current()
    w.current()
    ret = c.json("put", k.path("last.signed"), "--yes")
    assert ret["act"] and not ret.get("pending"), ret
    for p in (c, w):
        k.until(lambda: not p.json("cases")["cases"], "it is in no list")
        k.until(lambda: [x["status"] for x in p.json("cases", "--all")["cases"]]
                == ["erased"], "%s sees that it is erased" % p.name)
    ask(c, 7, "", "erase", "1", k.path("w"), "--yes")
    with open(k.path("backups/tombstones")) as f:
        assert gone in f.read()
    # The log says how much of it does not open any more, and nothing else is
    # left out; to the end of the erasing that does not come out even.
    a.current()
    k.until(lambda: a.code("audit", "timeline") == 0, "the log says so")
    whole = a.json("audit", "timeline")
    assert whole["unopened"] == whole["erased"] > 0, whole
    assert [e["number"] for e in whole["entries"] if e["act"] == "erase"] == [
        whole["erased"]], whole
    assert not any(e.get("case") == gone for e in whole["entries"])
    a.run("audit", "verify")
    # It goes in slices, with others served in between.
    k.until(lambda: rows("envelope") == rows("assignment") == 0,
            "the database has nothing of it")
    assert phone not in devices()
    return gone


def witness():
    """A witness's device, carded by files."""
    p = Person(k, "witness")
    k.people["witness"] = p
    made = p.run("setup", "--witness", "--authority",
                 k.path("authority/authority.txt"), "--agency", "police",
                 "--request", k.path("witness.request"), "--passphrase-file",
                 k.path("pass"))
    print_ = re.search(r"fingerprint: ([0-9a-f ]+)", made.stdout).group(1)
    k.authority("sign", "--fingerprint", print_, book,
                k.path("witness.request"))
    p.run("setup", "--answer", k.path("witness.request.answer"))
    p.run("config", "lock_minutes", "0")
    return p


def restored(kept):
    """The backup of before, without its tombstones."""
    k.stop(kill=True)
    os.rename(k.path("daemon/state"), k.path("daemon/lost"))
    os.mkdir(k.path("daemon/state"), 0o700)
    os.unlink(k.path("backups/tombstones"))
    into = k.path("daemon/state/restored")
    (backup,) = glob.glob(k.path("backups/*.backup"))
    ctl("backup", "restore", "--key", k.path("backup.key"), "--into", into,
        "--last", k.path("daemon/lost/log-guard"), backup)
    assert rows("assignment", "daemon/state/restored") > 0
    k.authority("restore", k.path("second"), into + "/restore-pending")
    ctl("backup", "finish", into, k.path("second/statements.txt"), kept)
    for name in os.listdir(into):
        os.rename(into + "/" + name, k.path("daemon/state", name))
    os.rmdir(into)


def witnessed(c, see, gone):
    kept = k.path("erased.txt")
    k.until(lambda: see.json("witness", "erased")["statements"] != "",
            "the witness has seen it")
    see.run("witness", "erased", kept)
    restored(kept)
    k.start()
    c.current()
    assert rows("envelope") == rows("assignment") == 0
    with open(k.path("backups/tombstones")) as f:
        assert gone in f.read()
    assert [x["status"] for x in c.json("cases", "--all")["cases"]] == [
        "erased"]


def main():
    c, w, a, see = begin()
    neither_alone(c, w)
    changed()
    held(c, w)
    gone_on(c)
    too_old(c)
    former_authority(c)
    ctl("backup", "now")
    witnessed(c, see, erased(c, w, a))
    return "erased: with two signatures, and by nobody else"


k.tell(main)

"""Goal: a restore from last week, with the real programs: nothing that was
acknowledged is lost but what the restore names, and it names all of it.
usage: 30_last_week.py BUILD

A backup; a week in which people write, some of it not fetched yet, somebody
is assigned and a case is opened; the database is lost; restored by the steps
of docs/operations.md.
"""

import glob
import json
import os
import shutil
import sqlite3
import sys

import relay
from clinic import enrol

WEEK = 7 * 86400
k = relay.Relay(sys.argv[1], clock=True, backups=True)
ctl, rows = k.ctl, k.rows


def sent(person, *args):
    ret = person.json(*args, "--wait", "180")
    assert not ret.get("pending"), ret
    return ret["message"]


def restore():
    """docs/operations.md, Restore."""
    k.stop(kill=True)
    lost = k.path("daemon/lost")
    os.rename(k.path("daemon/state"), lost)
    os.mkdir(k.path("daemon/state"), 0o700)
    every_seal(lost)
    into = k.path("daemon/state/restored")
    newest = sorted(glob.glob(k.path("backups/*.backup")))[-1]
    ctl("backup", "restore", "--key", k.path("backup.key"), "--into", into,
        "--last", lost + "/log-guard", "--lost", lost, newest)
    k.authority("restore", k.path("authority"), into + "/restore-pending")
    pending = open(into + "/restore-pending").read()
    all_read = os.path.exists(into + "/lost-all")
    done = ctl("--json", "backup", "finish", into,
               k.path("authority/statements.txt"))
    # Killed before it could tidy up: again, and nothing changes by it.
    if all_read:
        open(into + "/lost-all", "w").close()
    with open(into + "/restore-pending", "w") as f:
        f.write(pending)
    again = json.loads(ctl("--json", "backup", "finish", into,
                           k.path("authority/statements.txt")).stdout)
    assert again["rows"][0]["statements_back"] == 0, again
    assert again["rows"][0]["statements_refused"] == 0, again
    for name in os.listdir(into):
        os.rename(into + "/" + name, k.path("daemon/state", name))
    os.rmdir(into)
    return json.loads(done.stdout)


def lost_lines():
    """The report, by kind: lists of the words of each line."""
    lines = {}
    with open(k.path("daemon/state/loss.txt")) as f:
        for line in f.read().splitlines():
            words = line.split()
            lines.setdefault(words[0], []).append(words)
    return lines


SEALED = """meta.value device.detail device.card cases.detail channel.detail
assignment.detail package.body envelope.body blob.detail chunk.body chain.state
act.body standing.detail part.detail mls_group.state invite.detail log.detail
log_secret.secret""".split()


def every_seal(lost):
    """One sealed value after the other is changed in a copy of the database:
    store check finds each, and says which."""
    aside = k.path("daemon/aside")
    os.mkdir(aside, 0o700)
    for name in ("rowan.db", "rowan.db-wal"):
        shutil.copy(lost + "/" + name, aside + "/" + name)
    with open(k.conf) as f:
        text = f.read()
    with open(k.path("aside.conf"), "w") as f:
        f.write(text.replace(k.path("daemon/state"), aside)
                .replace(k.path("daemon/control"), k.path("none")))

    def check():
        p = k.run("rowanctl", "--config", k.path("aside.conf"), "store",
                  "check", check=False)
        return p.returncode, p.stderr

    assert check()[0] == 0, check()
    for column in SEALED:
        table, name = column.split(".")
        db = sqlite3.connect(aside + "/rowan.db", isolation_level=None)
        db.execute("PRAGMA foreign_keys=OFF")
        row, before = db.execute(
            "SELECT rowid, %s FROM %s WHERE length(%s)>0 LIMIT 1"
            % (name, table, name)).fetchone()
        put = "UPDATE %s SET %s=? WHERE rowid=?" % (table, name)
        db.execute(put, (before[:-1] + bytes([before[-1] ^ 1]), row))
        code, words = check()
        # Some are read at the start already, and named as damage then.
        assert code in (65, 78) and ("%s of row %d " % (column, row) in words
                                     or "damaged" in words
                                     or "another store key" in words), \
            (column, code, words)
        db.execute(put, (before, row))
        db.close()
    assert check()[0] == 0, check()
    shutil.rmtree(aside)


def signs_again(device):
    """What the authority signs stands behind what others have signed: the
    victim's card is in the chain, and it was not there."""
    # Too late: the chain went on without it.
    k.authority("revoke", k.path("authority"), device)
    p = ctl("devices", "revoke", "--dry-run",
            k.path("authority/statements.txt"), check=False)
    assert p.returncode == 65 and "cards export" in p.stderr, p
    ctl("cards", "export", k.path("chain.txt"))
    p = k.authority("follow", k.path("authority"), k.path("chain.txt"))
    assert "signed again" in p.stderr, p.stderr
    # What it knows and what it says is not known yet, and no chain at all.
    p = k.authority("follow", k.path("authority"), k.path("chain.txt"))
    assert "has not seen the last 1" in p.stderr, p.stderr
    refuses_others()
    ctl("devices", "revoke", k.path("authority/statements.txt"))
    assert [r["standing"] for r in rows("devices", "list")
            if r["device"] == device] == ["revoked"]


def refuses_others():
    """No chain: without its beginning, twice its beginning, changed."""
    with open(k.path("chain.txt")) as f:
        text = f.read()
    cut = text.index("-----BEGIN", 1)
    for bad in (text[cut:], text + text[:cut], text.replace("A", "B", 40)):
        with open(k.path("bad.txt"), "w") as f:
            f.write(bad)
        before = open(k.path("authority/statements.txt")).read()
        assert k.authority("follow", k.path("authority"), k.path("bad.txt"),
                           check=False).returncode != 0
        assert open(k.path("authority/statements.txt")).read() == before


def begin():
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    advocate = k.staff("advocate", "advocacy", "enrol")
    nurse = k.staff("nurse", "health")
    officer = k.staff("officer", "police")
    leaver = k.staff("leaver", "police").status()["device"]
    ctl("backup", "keygen", k.path("backup.key"), k.path("backup.pub"))
    k.import_cards()
    k.start()
    for p in (coordinator, advocate, nurse, officer):
        p.current()
    coordinator.run("open", "police", "--alias", "bluebell")
    n = {p.name: coordinator.number(p) for p in (advocate, nurse)}
    coordinator.run("assign", "bluebell", n["advocate"], "support,team",
                    "--yes")
    coordinator.run("assign", "bluebell", n["nurse"], "team", "--yes")
    for p in (advocate, nurse):
        p.joined("1", "team")
    advocate.joined("1", "support")
    return coordinator, advocate, nurse, officer, leaver


def begun_anew(person):
    c = person.channel("1", "team")
    return c["generation"] > 1 and c["joined"]


def main():
    coordinator, advocate, nurse, officer, leaver = begin()
    phone = k.victim("phone")
    enrol(k, advocate, "1", phone, coordinator)
    phone.sees("conversation is ready")
    phone.say("write before the backup")
    advocate.hears("1", "before the backup")
    signs_again(leaver)
    sent(advocate, "team", "1", "team, before the backup")
    nurse.hears("1", "team, before the backup", "team")
    ctl("backup", "now")

    # ---- the week
    k.later(WEEK)
    for p in (coordinator, advocate, nurse, officer):
        p.current()
    phone.say("write in the week, heard")
    advocate.hears("1", "in the week, heard")
    # First, for what is written before somebody came is not sealed for them
    # (tests/session/57_newcomers.c): its writer would be asked.
    coordinator.run("assign", "bluebell", coordinator.number(officer), "team",
                    "--yes")
    officer.joined("1", "team")
    nurse.run("agent", "stop", "-q")
    sent(advocate, "team", "1", "in the week, the nurse is away")
    with open(k.path("picture"), "wb") as f:
        f.write(os.urandom(150000))
    sent(advocate, "attach", "1", k.path("picture"), "--channel", "team")
    device = {p.name: p.status()["device"] for p in (advocate, officer)}

    # ---- the loss, and what is said of it
    done = restore()["rows"][0]
    lost = lost_lines()
    assert done["lost_leaves"] > 0
    assert done["statements_back"] == 1, done
    assert done["channels_to_reset"] == 2, done
    named = [w for kind in lost for w in lost[kind]
             if kind not in ("rowan", "entries", "after")]
    assert len(named) == done["lost_leaves"], (len(named), done)
    assert "unread" not in lost, lost
    mine = [w for w in lost["message"] if w[4] == device["advocate"]]
    assert len([w for w in mine if w[-1] == "waiting"]) >= 2, lost["message"]
    hers = [w for w in lost["message"] if len(w[2]) == len("2026-12-03T05Z")]
    assert hers and all(w[4] not in device.values() for w in hers), hers
    assert all(w[-1] == "fetched" for w in hers), hers
    assert len(lost["blob"]) >= 1, lost
    known = {w[2]: int(w[4]) for w in lost["after"]}
    for w in lost["message"]:
        assert int(w[8]) > known[w[4]], w

    # ---- nothing is lost but that
    k.start()
    # The channel begins anew without the nurse, who has no key package there.
    for p in (advocate, officer):
        k.until(lambda: begun_anew(p), p.name + " is in the new group")
    officer.hears("1", "in the week, the nurse is away", "team")
    nurse.run("unlock", "--passphrase-file", k.path("pass"))
    nurse.hears("1", "in the week, the nurse is away", "team")
    k.until(lambda: any(m.get("file") == "picture"
                        for m in nurse.messages("1", "team")), "the picture")
    phone.say("write after the restore")
    advocate.hears("1", "after the restore")
    sent(officer, "team", "1", "team, after the restore")
    nurse.hears("1", "team, after the restore", "team")
    for person, channel, want in (
            (advocate, "support", ["before the backup", "in the week, heard",
                                   "after the restore"]),
            (nurse, "team", ["team, before the backup",
                             "in the week, the nurse is away",
                             "team, after the restore"])):
        got = [t for t in person.texts("1", channel) if t]
        assert got == want, (person.name, got)
    return "a restore from last week: all is there but what it named"


k.tell(main)

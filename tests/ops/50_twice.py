"""Goal: a clinic that comes back twice: from a backup older than a change of
the relay's keys and than a succession of its authority, with nothing left of
the lost folder but the record of its log; and then from the same backup once
more, which is older than the first restore, too.
usage: 50_twice.py BUILD

Devices give back what the backup does not know: the second authority, the
relay's next card, the first restore. Nobody has to do anything for that.
"""

import glob
import json
import os
import shutil
import sys

import relay

k = relay.Relay(sys.argv[1], backups=True)
ctl, rows = k.ctl, k.rows
book = [k.path("authority")]


def bring():
    ctl("cards", "import", book[0] + "/statements.txt")


def sent(person, text):
    ret = person.json("team", "1", text, "--wait", "180")
    assert not ret.get("pending"), ret


def talk(a, b, text):
    sent(a, text)
    b.hears("1", text, "team")


def next_keys():
    """docs/operations.md, "Changing the keys of the relay", in seconds."""
    os.mkdir(k.path("next"), 0o700)
    ctl("key", "rotate", k.path("next"))
    k.next_keys()
    k.restart()
    old = {r["key"]: r for r in rows("key", "show")}["current"]["public"]
    k.next_card(book[0])
    bring()
    for p in k.people.values():
        p.run("setup", "--answer", book[0] + "/daemon.txt")
    k.until(lambda: ctl("key", "retire", "--for", "1 s",
                        check=False).returncode == 0, "the keys take over")
    k.next_keys(False)
    k.restart()
    assert rows("key", "show")[0]["public"] != old
    for key in ("curve-key", "log-key"):
        os.unlink(k.path("daemon", key + ".retired"))


def succeed():
    """docs/operations.md, "The authority's key is lost"."""
    os.unlink(book[0] + "/authority.key")
    os.rename(book[0] + "/next.key", k.path("next.key"))
    ctl("cards", "export", k.path("chain.txt"))
    k.authority("follow", book[0], k.path("chain.txt"))
    fresh = k.path("authority.new")
    k.authority("succeed", "--lost", "--next", k.path("next.key"), book[0],
                fresh)
    book[0] = fresh
    bring()


def restore(number, backup, keep):
    """docs/operations.md, Restore; ${keep}: the lost folder can be read."""
    k.stop(kill=True)
    lost = k.path("daemon/lost%d" % number)
    os.rename(k.path("daemon/state"), lost)
    os.mkdir(k.path("daemon/state"), 0o700)
    # An empty folder in the place of the database serves nobody.
    p = k.run("rowand", "--log", "text", "--config", k.conf, check=False)
    assert p.returncode == 78 and "there was one before" in p.stderr, p
    into = k.path("daemon/state/restored")
    said = json.loads(ctl(
        "--json", "backup", "restore", "--key", k.path("backup.key"),
        "--into", into, "--last", lost + "/log-guard",
        *(("--lost", lost) if keep else ()), backup).stdout)["rows"][0]
    assert said["lost_leaves"] > 0, said
    assert said["lost_all_read"] == keep, said
    # Not as it is, and not by itself.
    shutil.copytree(into, k.path("as-it-is"))
    os.unlink(k.path("as-it-is/restore-pending"))
    with open(k.conf) as f:
        text = f.read()
    with open(k.path("as-it-is.conf"), "w") as f:
        f.write(text.replace(k.path("daemon/state"), k.path("as-it-is")))
    p = k.run("rowand", "--log", "text", "--config", k.path("as-it-is.conf"),
              check=False)
    assert p.returncode == 78 and "not signed it" in p.stderr, p
    shutil.rmtree(k.path("as-it-is"))
    k.authority("restore", book[0], into + "/restore-pending")
    done = json.loads(ctl("--json", "backup", "finish", into,
                          book[0] + "/statements.txt").stdout)["rows"][0]
    for name in os.listdir(into):
        os.rename(into + "/" + name, k.path("daemon/state", name))
    os.rmdir(into)
    return done


def served(people):
    for p in people:
        p.current()
    k.until(lambda: k.health("restore")[1]["words"] == "nothing waits",
            "nothing waits any more")
    assert k.health("card")[1]["state"] == "ok", k.health("card")
    ctl("store", "check")
    ctl("audit", "verify")


def statements():
    """How many the clinic's chain has, each of them once."""
    ctl("cards", "export", k.path("chain.txt"))
    with open(k.path("chain.txt")) as f:
        parts = f.read().split("-----BEGIN")[1:]
    assert len(set(parts)) == len(parts)
    return len(parts)


def main():
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    nurse = k.staff("nurse", "health")
    ctl("backup", "keygen", k.path("backup.key"), k.path("backup.pub"))
    k.import_cards()
    k.start()
    people = (coordinator, nurse)
    for p in people:
        p.current()
    coordinator.run("open", "police", "--alias", "bluebell")
    coordinator.run("assign", "bluebell", "me", "team", "--yes")
    coordinator.run("assign", "bluebell", coordinator.number(nurse), "team",
                    "--yes")
    nurse.joined("1", "team")
    talk(nurse, coordinator, "before the backup")
    ctl("backup", "now")
    backup = glob.glob(k.path("backups/*.backup"))[0]

    next_keys()
    for p in people:
        p.current()
    succeed()
    talk(nurse, coordinator, "after all that")
    before = statements()

    done = restore(1, backup, keep=False)
    assert done["waits"] and done["channels_to_reset"] == 1, done
    k.start()
    code, row = k.health("restore")
    assert (code, row["state"]) == (1, "warning") or \
        row["words"] == "nothing waits", row
    served(people)
    talk(nurse, coordinator, "after the first restore")
    talk(coordinator, nurse, "and back")
    assert statements() == before + 1

    # Older than the first restore: that one is given back as well.
    done = restore(2, backup, keep=True)
    k.start()
    served(people)
    talk(nurse, coordinator, "after the second restore")
    assert statements() == before + 2
    for p in people:
        got = [t for t in p.texts("1", "team") if t]
        assert got == ["before the backup", "after all that",
                       "after the first restore", "and back",
                       "after the second restore"], (p.name, got)
    return "a clinic comes back twice, from before its new keys"


k.tell(main)

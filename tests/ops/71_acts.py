"""Goal: every act of administration is a leaf that an auditor sees, with its
number: each act of the table in docs/operations.md is done, and the log has
those, each as often as it was done, and no others.
usage: 71_acts.py BUILD

store migrate, which needs an older database, is in 05_upgrade.sh.
"""

import collections
import glob
import os
import re
import sys

import relay
from clinic import Failed

MIGRATE = 26
k = relay.Relay(sys.argv[1], backups=True)
book = k.path("authority")
statements = book + "/statements.txt"
done = collections.Counter()


def act(number, *args):
    """Done once more, and it went well."""
    done[number] += 1
    return k.ctl(*args)


def documented():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "../../docs/operations.md")
    with open(path) as f:
        table = f.read().split("### Acts in the audit log")[1]
    lines = re.findall(r"^\| ([0-9, ]+) \|", table.split("### ")[0], re.M)
    return {int(n) for line in lines for n in line.split(",")}


def logged(auditor):
    """What the log has of administration, to its present end."""
    auditor.current()
    k.until(lambda: auditor.code("audit", "verify") == 0, "the log is whole")
    ret = auditor.json("audit", "timeline")
    return collections.Counter(e["number"] for e in ret["entries"]
                               if e["act"] == "admin")


def same(auditor):
    want = dict(done)
    try:
        k.until(lambda: dict(logged(auditor)) == want, "the acts")
    except Failed:
        raise Failed("done %s, logged %s" % (want, logged(auditor)))


def settings(next_keys):
    k.next_keys(next_keys)
    k.restart()
    done[34] += 1


def follow():
    act(25, "cards", "export", k.path("chain.txt"))
    k.authority("follow", book, k.path("chain.txt"))


def invite(coordinator, advocate):
    coordinator.run("open", "police", "--alias", "bluebell")
    for who in ("me", coordinator.number(advocate)):
        coordinator.run("assign", "bluebell", who, "support,team", "--yes")
    advocate.joined("1")
    advocate.json("invite", "1", "--no-wait")
    (row,) = k.rows("invites", "list")
    done[14] += 1
    act(15, "invites", "end", str(row["invite"]))


def while_it_runs(leaver):
    act(7, "loglevel", "info")
    act(9, "clock", "accept")
    act(5, "reload", "--wait")
    act(11, "cards", "list")
    act(12, "devices", "list")
    act(14, "invites", "list", "--all")
    act(19, "retention", "run")
    act(28, "backup", "keygen", k.path("backup.key"), k.path("backup.pub"))
    act(20, "backup", "now")
    act(29, "backup", "verify", "--key", k.path("backup.key"), "--newest")
    follow()
    k.authority("renew", book, "daemon", "--days", "1000")
    act(10, "cards", "import", statements)
    k.authority("revoke", book, leaver.status()["device"])
    act(13, "devices", "revoke", statements)
    # Looking, and what would be done, are none.
    for args in (("status",), ("quotas",), ("sessions",), ("metrics",),
                 ("backup", "list"), ("key", "show"), ("clock", "show"),
                 ("retention", "run", "--dry-run"), ("audit", "verify"),
                 ("cards", "import", "--dry-run", statements)):
        k.ctl(*args)


def new_keys():
    os.mkdir(k.path("next"), 0o700)
    act(31, "key", "rotate", k.path("next"))
    settings(True)
    k.next_card(book)
    act(10, "cards", "import", statements)
    k.until(lambda: k.ctl("key", "retire", "--dry-run", "--for", "1 s",
                          check=False).returncode == 0, "it may be retired")
    act(32, "key", "retire", "--for", "1 s")
    settings(False)


def while_it_stands():
    act(6, "drain", "--wait")
    k.daemon.wait(180)
    k.stop()
    act(23, "store", "vacuum")
    k.run("rowand", "--config", k.conf, "--accept-log")
    done[27] += 1
    k.start()


def restore(auditor):
    """What came after the backup is lost; the restore stands in its place."""
    follow()
    act(20, "backup", "now")
    same(auditor)
    k.stop()
    os.rename(k.path("daemon/state"), k.path("daemon/lost"))
    os.mkdir(k.path("daemon/state"), 0o700)
    into = k.path("daemon/state/restored")
    act(30, "backup", "restore", "--key", k.path("backup.key"), "--into",
        into, "--last", k.path("daemon/lost/log-guard"),
        sorted(glob.glob(k.path("backups/*.backup")))[-1])
    k.authority("restore", book, into + "/restore-pending")
    act(33, "backup", "finish", into, statements)
    for name in os.listdir(into):
        os.rename(into + "/" + name, k.path("daemon/state", name))
    os.rmdir(into)
    # Its own leaf came behind the copy.
    done[20] -= 1
    k.start()
    same(auditor)


def main():
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    advocate = k.staff("advocate", "advocacy", "enrol")
    auditor = k.staff("auditor", "health", "audit")
    leaver = k.staff("leaver", "health")
    k.import_cards()
    done[10] += 1
    k.start()
    done[34] += 1
    for p in (coordinator, advocate, auditor, leaver):
        p.current()
    while_it_runs(leaver)
    same(auditor)
    invite(coordinator, advocate)
    new_keys()
    for p in (coordinator, advocate, auditor):
        p.run("setup", "--answer", k.path("authority/daemon.txt"))
    while_it_stands()
    same(auditor)
    restore(auditor)
    assert set(done) == documented() - {MIGRATE}, (
        set(done) ^ documented() ^ {MIGRATE})
    return ("every act of administration is in the log: %d of them, %d kinds"
            % (sum(done.values()), len(done)))


k.tell(main)

"""Goal: the relay's keys change, and its card is renewed, under clients and a
witness that go on: the next transport key on a port of its own beside the old
one, the next log key signing the same log, old receipts as good as new ones.
usage: 40_keys.py BUILD

By the steps of docs/operations.md, "Changing the keys of the relay".
"""

import os
import re
import signal
import subprocess
import sys

import relay

k = relay.Relay(sys.argv[1])
ctl, rows = k.ctl, k.rows


def bring():
    """The authority's statements to the relay."""
    ctl("cards", "import", k.path("authority/statements.txt"))


def refused(code, words, *args):
    p = ctl(*args, check=False)
    assert p.returncode == code and words in p.stderr, p


def refused_by(run, words, *args):
    p = run(*args, check=False)
    assert p.returncode != 0 and words in p.stderr, p


def proves(person, message, name):
    """A receipt, fetched when it is ready, and good against the authority."""
    path = k.path(name)
    k.until(lambda: person.code("receipt", "get", message, path) == 0 or
            (os.path.exists(path) and False), "the receipt")
    verify(path)
    return path


def verify(path):
    k.run("rowan", "receipt", "verify", "--authority",
          k.path("authority/authority.txt"), path)


def log_key_of(receipt):
    """The key hash in the signature line of the checkpoint."""
    with open(receipt) as f:
        text = f.read()
    return re.search("— rowan-log/[0-9a-f]{32} (\\S{6})", text).group(1)


def say(person, text):
    ret = person.json("team", "1", text, "--wait", "180")
    assert not ret.get("pending"), ret
    return ret["message"]


def renew():
    """RowanCardEnds: the same keys for longer."""
    before = rows("cards", "list", "daemon")[0]["until"]
    refused_by(k.authority, "not longer", "renew", k.path("authority"),
               "daemon", "--days", "1")
    k.authority("renew", k.path("authority"), "daemon", "--days", "1000")
    bring()
    card = rows("cards", "list", "daemon")
    assert len(card) == 1 and card[0]["until"] > before, card
    # The relay looks at its clock once a second.
    k.until(lambda: rows("cards", "list", "daemon")[0]["standing"] ==
            "in force", "the renewed card is in force")
    assert k.health("card")[1]["state"] == "ok"


def shift(seconds):
    with open(k.path("fast"), "w") as f:
        f.write("%d\n" % seconds)


def authority_ahead():
    """From now on the authority's machine has a fast clock."""
    shift(6)
    real = k.authority

    def fast(*args, check=True):
        was = k.env
        k.env = dict(was, LD_PRELOAD=k.program("tests/ops/shift.so"),
                     SHIFT=k.path("fast"))
        try:
            return real(*args, check=check)
        finally:
            k.env = was
    k.authority = fast


def far_ahead(person):
    """By an hour it signs nothing that the relay takes, and is not stuck."""
    device, book = person.status()["device"], k.path("authority")
    shift(3600)
    k.authority("renew", book, device, "--days", "500")
    refused(65, "minutes ahead of the time here", "cards", "import",
            k.path("authority/statements.txt"))
    shift(6)
    refused_by(k.authority, "a later time", "renew", book, device, "--days",
               "600")
    ctl("cards", "export", k.path("chain.txt"))
    p = k.authority("follow", book, k.path("chain.txt"))
    assert "sign it anew" in p.stderr, p


def renew_colleague(person):
    """The same for a member of staff, by the id of their device, who is on
    and works on whatever the authority's clock says."""
    before = person.status()["expires"]
    device = person.status()["device"]
    refused_by(k.authority, "not longer", "renew", k.path("authority"),
               device, "--days", "1")
    refused_by(k.authority, "no card of this device", "renew",
               k.path("authority"), "0" * 32)
    k.authority("renew", k.path("authority"), device, "--days", "500")
    bring()
    say(person, "while it is renewed")
    k.until(lambda: person.status()["expires"] > before,
            "%s takes the renewed card" % person.name)
    assert person.status()["expires"] > before + 100 * 86400
    # What a card is renewed for goes on: it is the same member and device.
    assert person.status()["device"] == device


def rotate():
    os.mkdir(k.path("next"), 0o700)
    made = {r["key"]: r for r in rows("key", "rotate", k.path("next"))}
    assert set(made) == {"transport", "log"}
    refused(78, "no next keys", "key", "retire", "--dry-run")
    k.next_keys()
    k.restart()
    show = {r["key"]: r for r in rows("key", "show")}
    assert show["next"]["public"] == made["transport"]["public"], show
    assert show["next"]["card"] == "none"
    refused(78, "not served with a card", "key", "retire", "--dry-run")
    k.next_card(k.path("authority"))
    bring()
    k.until(lambda: [r for r in rows("key", "show") if r["key"] == "next" and
                     r["card"] == "in force"], "the next card is in force")
    show = {r["key"]: r for r in rows("key", "show")}
    assert show["next"]["log"] == made["log"]["public"], show
    return made


def keys():
    """The files of keys: which there are, and what is in them."""
    ret = {}
    for folder in ("daemon", "next"):
        for name in os.listdir(k.path(folder)):
            if "-key" in name:
                with open(k.path(folder, name)) as f:
                    ret[folder + "/" + name] = f.read()
    return ret


def put_back(before):
    for name in keys():
        os.unlink(k.path(name))
    for name, text in before.items():
        fd = os.open(k.path(name), os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(fd, text.encode())
        os.close(fd)


def half_way():
    """The log key has moved alone: rowand serves, and says what to do. With
    the transport key alone it would not start."""
    size = os.path.getsize(k.path("daemon/log"))
    k.restart()
    with open(k.path("daemon/log")) as f:
        f.seek(size)
        assert '"keys-moved"' in f.read()
    assert rows("key", "show")[0]["key"] == "current"
    ctl("audit", "verify")


def cut_off():
    """Killed at each step, it goes on when it is run again."""
    before = keys()
    done, steps, half = None, 0, False
    while True:
        steps += 1
        env = dict(os.environ, KILL_AT=str(steps),
                   LD_PRELOAD=k.program("tests/ops/kill.so"))
        p = subprocess.run([k.program("rowanctl"), "--config", k.conf, "key",
                            "retire", "--for", "1 s"], env=env,
                           capture_output=True)
        if p.returncode == 0:
            break
        assert p.returncode == -signal.SIGKILL, p
        now = keys()
        # No key is ever lost.
        assert set(before.values()) == set(now.values()), now
        moved = {key: now["daemon/" + key] == before["next/%s-next" % key]
                 for key in ("log-key", "curve-key")}
        assert moved["log-key"] or not moved["curve-key"], (steps, moved)
        if moved["log-key"] and not moved["curve-key"] and not half:
            half = True
            half_way()
        if now != before:
            said = ctl("key", "retire", "--dry-run").stderr
            whole = not any(n.startswith("next/") for n in now)
            assert ("moved" if whole else "would go on") in said, said
            assert keys() == now
        assert "moved" in ctl("key", "retire", "--for", "1 s").stderr
        assert done in (None, keys())
        done = keys()
        put_back(before)
    assert steps > 6 and half and done == keys(), (steps, done)
    for key in ("log-key", "curve-key"):
        assert done["daemon/" + key] == before["next/%s-next" % key]
        assert done["daemon/%s.retired" % key] == before["daemon/" + key]
    put_back(before)
    k.restart()


def retire(made):
    refused(75, "announced 0 days ago, and clients need 90", "key", "retire")
    # Another log key than the card's: nobody would believe the log.
    good = k.path("next/log-key-next")
    os.rename(good, good + ".good")
    k.run("rowand", "--new-key", good)
    refused(78, "another log key", "key", "retire", "--for", "1 s")
    os.rename(good + ".good", good)
    # A second after it was announced, which may not be over.
    k.until(lambda: ctl("key", "retire", "--dry-run", "--for", "1 s",
                        check=False).returncode == 0, "it may be retired")
    assert os.path.exists(good)
    cut_off()
    ctl("key", "retire", "--for", "1 s")
    # Done is done; who forgets the settings hears what is the matter.
    assert "moved" in ctl("key", "retire", "--for", "1 s").stderr
    p = k.run("rowand", "--log", "json", "--config", k.conf, check=False)
    assert p.returncode == 78 and '"keys-moved"' in p.stderr, p
    k.next_keys(False)
    k.restart()
    show = rows("key", "show")
    assert [r["key"] for r in show if r["key"] != "enrolment"] == ["current"]
    assert show[0]["public"] == made["transport"]["public"], show
    assert show[0]["log"] == made["log"]["public"], show
    for key in ("curve-key", "log-key"):
        os.unlink(k.path("daemon", key + ".retired"))


def main():
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    nurse = k.staff("nurse", "health")
    witness = k.staff("witness", "police", "", "--witness")
    k.import_cards()
    k.start()
    for p in (coordinator, nurse, witness):
        p.current()
    coordinator.run("open", "police", "--alias", "bluebell")
    coordinator.run("assign", "bluebell", "me", "team", "--yes")
    coordinator.run("assign", "bluebell", coordinator.number(nurse), "team",
                    "--yes")
    nurse.joined("1", "team")
    first = proves(nurse, say(nurse, "under the first keys"), "first.receipt")
    renew()
    authority_ahead()
    far_ahead(nurse)
    renew_colleague(nurse)
    say(nurse, "under the renewed card")
    coordinator.hears("bluebell", "under the renewed card", "team")
    made = rotate()
    # Whoever was on knows where the next key is; a file says it as well.
    for p in (coordinator, nurse, witness):
        p.run("setup", "--answer", k.path("authority/daemon.txt"))
    cosigned = rows("status")[0]["log_cosigned"]
    retire(made)
    for p in (coordinator, nurse, witness):
        p.current()
    second = proves(nurse, say(nurse, "under the next keys"), "second.receipt")
    coordinator.hears("bluebell", "under the next keys", "team")
    assert log_key_of(first) != log_key_of(second)
    # What was proved before stays proved, offline and with the old key's card.
    verify(first)
    ctl("audit", "verify")
    k.until(lambda: rows("status")[0]["log_cosigned"] > cosigned,
            "the witness cosigns under the next log key")
    return "the relay's keys change under clients and a witness"


k.tell(main)

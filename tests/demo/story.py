"""The clinic, shown: the real programs from the authority's key to a revoked
phone, as a story, in a folder that is gone afterwards.
usage: story.py BUILD [keep]
"""

import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "acceptance"))
import clinic  # noqa: E402

keep = len(sys.argv) > 2 and sys.argv[2] == "keep"
k = clinic.Clinic(sys.argv[1])
begun = time.time()


def tell(text):
    print("\n" + text, flush=True)


def quietly(who, args):
    pass


def aloud(who, args):
    hidden = [a.replace(k.dir + "/", "") for a in args]
    print("  %-12s rowan %s" % (who + "$", " ".join(
        "'%s'" % a if " " in a else a for a in hidden)), flush=True)


def show(p, head=None):
    lines = (p.stdout + p.stderr).replace(k.dir + "/", "").splitlines()
    for line in lines[:head]:
        print("               " + line)


def scene(person, *args, head=None):
    k.said = aloud
    show(person.run(*args), head)
    k.said = quietly


def calls(who, alias, other):
    """A private name for a colleague, by the number that rowan people gives."""
    member = who.number(other)
    number = [p["number"] for p in who.json("people")["people"]
              if p["member"] == member][0]
    scene(who, "alias", "--person", str(number), alias)


def story():
    tell("1. On a machine without a network the authority makes the clinic's "
         "key, and\n   signs cards for the daemon and four people.")
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    police = k.staff("police", "police")
    advocate = k.staff("advocate", "advocacy", "enrol")
    nurse = k.staff("nurse", "health")
    show(k.run("rowan", "authority", "list", k.path("authority")))
    k.import_cards()
    k.start()
    tell("2. rowand serves. Everybody is connected.")
    for p in (coordinator, police, advocate, nurse):
        p.current()
    scene(coordinator, "status")

    tell("3. Police refer somebody. The coordinator opens the case and "
         "allocates people:\n   the advocate may speak with her, police and "
         "health are on the team only.")
    scene(coordinator, "open", "police", "--alias", "bluebell")
    for p in (police, advocate, nurse):
        coordinator.number(p)
    scene(coordinator, "people")
    calls(coordinator, "imogen", advocate)
    calls(coordinator, "kofi", nurse)
    calls(coordinator, "sam", police)
    scene(coordinator, "assign", "bluebell", "imogen", "support,team", "--yes")
    scene(coordinator, "assign", "bluebell", "sam", "team", "--yes")
    scene(coordinator, "assign", "bluebell", "kofi", "team", "--yes")
    for p in (police, advocate, nurse):
        p.joined("1", "team")

    tell("4. The advocate sits with her and makes an invite. Both phones show "
         "one code;\n   they compare it aloud.")
    phone = k.victim("phone")
    clinic.enrol(k, advocate, "1", phone, coordinator)
    print("               " + phone.sees("Compare this code.*").group(0))
    advocate.joined("1", "support")
    phone.sees("conversation is ready")

    tell("5. She writes, and is answered; a photograph comes with it.")
    phone.say("name V")
    phone.say("write He was at the gate again. Are you there?")
    advocate.hears("1", "He was at the gate again. Are you there?")
    photo = k.path("gate.jpg")
    with open(photo, "wb") as f:
        f.write(b"\xff\xd8 a photograph of a gate " * 4000)
    phone.say("attach " + photo)
    k.until(lambda: any(m.get("file") == "gate.jpg"
                        for m in advocate.messages("1")), "the photograph")
    scene(advocate, "inbox")
    scene(advocate, "read", "1")
    last = max(m["number"] for m in advocate.messages("1")
               if m.get("file") == "gate.jpg")
    scene(advocate, "get", str(last))
    with open(k.path("advocate.files", "gate.jpg"), "rb") as f:
        assert f.read() == open(photo, "rb").read()
    scene(advocate, "send", "1", "Yes. I am with you tomorrow at ten.")
    phone.sees("new message")
    phone.say("read 3")
    phone.sees("I am with you tomorrow at ten")

    tell("6. The team talks apart from her. The nurse says that risk is "
         "rising, and\n   never sees a word of hers.")
    scene(nurse, "team", "1", "Risk is rising. Please be careful this week.")
    police.hears("1", "Risk is rising. Please be careful this week.", "team")
    k.said = aloud
    show(nurse.run("read", "1", check=False))
    k.said = quietly
    assert nurse.code("read", "1") == 7

    tell("7. The advocate leaves. A colleague takes over; she sees who.")
    second = k.staff("colleague", "advocacy", "enrol")
    time.sleep(2)  # the card is of a second that the daemon has not had yet
    scene(coordinator, "log-card", k.path("colleague.request.answer"))
    second.current()
    calls(coordinator, "ruth", second)
    scene(coordinator, "handover", "ruth", "--from", "imogen", "--yes")
    second.joined("1", "support")
    scene(second, "send", "1", "Hello, I take over from today.")
    phone.sees("new message")
    k.until(lambda: advocate.code("send", "1", "still here?", "--wait", "1")
            == 7, "the advocate is out")

    tell("8. Her phone is taken. The colleague revokes it: it is refused at "
         "once, and\n   what is written afterwards cannot be opened on it.")
    scene(second, "devices", "--case", "1")
    scene(second, "revoke", "1", "--case", "1", "--yes")
    phone.say("write is this still open?")
    k.until(lambda: all(p.get("role") != "victim" for p in
                        second.channel("1")["people"] if p.get("present")),
            "the phone is out")
    # There is nobody to say it to yet, and that is said.
    k.said = aloud
    unsent = second.run("send", "1", "Only on your new phone.", check=False)
    k.said = quietly
    show(unsent)
    assert unsent.returncode == 9, unsent
    assert "Only on your new phone" not in phone.out

    tell("9. What the daemon has: sealed bytes, counters, coarse times.")
    k.stop()
    peek()


def peek():
    secrets = [b"gate", b"Risk is rising", b"I am with you", b"gate.jpg",
               b"bluebell", b"127.0.0.1", k.host.encode()]
    for folder, _, names in os.walk(k.path("daemon/state")):
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                data = f.read()
            for s in secrets:
                assert s not in data, (name, s)
            print("               %-16s %8d bytes, none of: her words, file "
                  "names, addresses" % (name, len(data)))
    path = [os.path.join(f, n) for f, _, names in
            os.walk(k.path("daemon/state")) for n in names
            if n.endswith(("db", "sqlite", "store"))]
    if path:
        db = sqlite3.connect(path[0])
        for (table,) in db.execute(
                "select name from sqlite_master where type = 'table' "
                "order by name limit 4").fetchall():
            row = db.execute("select * from %s limit 1" % table).fetchone()
            print("               %s: %s" % (table, ", ".join(
                v.hex()[:24] + "..." if isinstance(v, bytes) else str(v)
                for v in (row or ())) or "empty"))
        db.close()


def leave_running():
    k.start()
    end = k.path("end")
    with open(end, "w") as f:
        f.write("#!/bin/sh\n# Ends what make demo KEEP=1 left running.\n"
                "kill %d 2>/dev/null\n" % k.daemon.pid)
        for p in k.people.values():
            f.write("XDG_RUNTIME_DIR='%s' ROWAN_HOME='%s' '%s' agent stop -q\n"
                    % (k.path("run"), p.home, k.program("rowan")))
        f.write("rm -rf '%s'\n" % k.dir)
    os.chmod(end, 0o700)
    tell("It goes on in %s. To play with it:" % k.dir)
    print("  export XDG_RUNTIME_DIR=%s PATH=%s:$PATH" % (
        k.path("run"), os.path.abspath(k.build)))
    for p in k.people.values():
        print("  ROWAN_HOME=%s rowan inbox" % p.home)
    print("  ROWAN_HOME=%s rowan chat 1" % k.people["colleague"].home)
    print("  rowanctl --socket %s status" % k.path("daemon/control"))
    print("The vaults are open; their passphrase is: %s\nTo end it all: %s"
          % (clinic.PASSPHRASE, end))


stays = False
try:
    story()
    tell("That was a clinic's first day, in %d seconds." % (
        time.time() - begun))
    if keep:
        leave_running()
        stays = True
except SystemExit:
    tell("Broken off; nothing is left behind.")
    raise
except BaseException:
    k.said = quietly
    k.last_words()
    raise
finally:
    k.end(stays)

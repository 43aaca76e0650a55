"""First safe contact, then the phone is taken: DOMAIN.md's first evening, each
sentence of it an assertion, with the real programs and a clock that is moved.
usage: evening_one.py BUILD
"""

import json
import os
import sys
import time

import clinic

k = clinic.Clinic(sys.argv[1], clock=True)


def at(hour, minute):
    """Go on to the next time it is that late (UTC)."""
    day = k.now() % 86400
    want = hour * 3600 + minute * 60
    k.move((want - day) % 86400)


def evening():
    at(10, 0)
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    advocate = k.staff("advocate", "advocacy", "enrol")
    k.import_cards()
    k.start()
    coordinator.current()
    advocate.current()

    # Police refer; the coordinator allocates an advocate.
    coordinator.run("open", "police", "--alias", "bluebell")
    coordinator.run("assign", "bluebell", coordinator.number(advocate),
                    "support,team", "--yes")
    advocate.joined("1", "support")
    assert advocate.json("cases")["cases"][0]["agency"] == "police"

    # The victim enrols in a GP surgery; the codes are compared aloud.
    phone = k.victim("phone")
    invite = clinic.enrol(k, advocate, "1", phone, coordinator)
    phone.sees("conversation is ready")
    phone.say("write I can be reached at lunch only.")
    advocate.hears("1", "I can be reached at lunch only.")

    # The advocate answers with hold-until 12:30.
    at(11, 0)
    advocate.current()
    advocate.run("send", "1", "--hold", "12:30",
                 "A car will be at the surgery at one.")
    sent = advocate.messages("1")[-1]
    assert sent["held"] % 86400 == 12 * 3600 + 1800, sent

    # At 12:00 the stalker opens the app: nothing waits, nothing rings.
    phone.say("quit")
    phone.p.wait(30)
    at(12, 0)
    phone.out = ""
    phone.open()
    phone.say("wait 5")
    phone.say("read 20")
    phone.sees("reached at lunch")
    time.sleep(6)
    assert "A car" not in phone.out and "new message" not in phone.out, \
        phone.out
    phone.say("quit")
    phone.p.wait(30)

    # It comes at its time, and not before.
    at(12, 30)
    k.move(60)
    phone.out = ""
    phone.open()
    phone.sees("new message", secs=90)
    phone.say("read 5")
    phone.sees("A car will be at the surgery at one")

    # Later the advocate revokes the device: refused on its next message.
    at(18, 0)
    advocate.current()
    since = phone.mark()
    advocate.run("devices", "--case", "1")
    advocate.run("revoke", "1", "--case", "1", "--yes")
    phone.say("write let me in")
    k.until(lambda: not any(p["role"] == "victim" and p["present"]
                            for p in advocate.channel("1")["people"]),
            "the phone is out of the channel")
    assert "let me in" not in advocate.texts("1")

    # Envelopes sealed afterwards cannot open on it.
    advocate.run("send", "1", "For the new phone only.")
    phone.say("wait 5")
    phone.say("read 20")
    time.sleep(8)
    assert "For the new phone only" not in phone.out[since:], phone.out
    phone.say("quit")

    # A new device enrols.
    new = k.victim("new")
    clinic.enrol(k, advocate, "1", new, coordinator)
    new.sees("conversation is ready")
    advocate.run("send", "1", "Are you safe?")
    new.sees("new message")
    new.say("read 5")
    new.sees("Are you safe\\?")
    new.say("write Yes.")
    advocate.hears("1", "Yes.")

    # A second use of the old invite raises an alarm.
    thief = k.victim("thief")
    thief.say("enrol " + invite["text"])
    k.until(lambda: "alarm: invite redeemed twice" in alarms(advocate),
            "the alarm")
    assert advocate.run("doctor", check=False).returncode == 18

    # The daemon's files and logs hold no name and no IP address.
    k.stop()
    search([b"bluebell", b"lunch", b"A car will", b"Are you safe",
            b"For the new phone"], addresses=True)


def alarms(person):
    found = json.loads(person.run("doctor", "--json", check=False).stdout)
    return [f["what"] for f in found["findings"]
            if f["what"].startswith("alarm: ")]


def search(words, addresses=False):
    found = 0
    for folder, _, names in os.walk(k.path("daemon")):
        for name in names:
            path = os.path.join(folder, name)
            if name in ("rowand.conf", "notify", "control"):
                continue
            with open(path, "rb") as f:
                data = f.read()
            found += 1
            for w in words:
                assert w not in data, (path, w)
            if addresses:
                assert b"127.0.0.1" not in data, path
                assert b"\x7f\x00\x00\x01" not in data or \
                    not path.endswith("log"), path
    assert found >= 4


try:
    evening()
    print("  evening one: held, revoked, enrolled anew, alarmed")
except BaseException:
    sys.stdout.write(open(k.path("daemon/log")).read()[-3000:])
    raise
finally:
    k.end()

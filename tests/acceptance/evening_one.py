"""First safe contact, then the phone is taken: the domain's first evening, with
the real programs and a clock that is moved. Each of its sentences stands here
as it is written, and below it what shows that it is so.
usage: evening_one.py BUILD
"""

import json
import os
import shutil
import sys
import time

import clinic

k = clinic.Clinic(sys.argv[1], clock=True)
begun = time.time()
HELD = "A car will be at the surgery at one."


def says(sentence):
    if os.environ.get("STORY"):
        print("  %3d s  %s" % (time.time() - begun, sentence), flush=True)


def at(hour, minute):
    """Go on to the next time it is that late (UTC)."""
    day = k.now() % 86400
    want = hour * 3600 + minute * 60
    k.move((want - day) % 86400)


def opens_app(phone):
    """The app as it is opened: what it shows, once it has looked."""
    phone.out = ""
    phone.open()
    phone.say("wait 3")
    phone.say("read 20")
    phone.sees("reached at lunch")
    phone.say("who")
    phone.sees("advocacy")
    return phone.out


def can_open(vault):
    """Of all that waits at the daemon, sealed as it is: what the keys in a
    phone's vault open, and how many envelopes there are."""
    k.stop()
    p = k.run("tests/acceptance/opens", k.path("daemon/state"),
              k.path("daemon/store-key"), k.path(vault),
              "a phone passphrase")
    k.start()
    lines = p.stdout.splitlines()
    return [w[7:] for w in lines if w.startswith("opened ")], len(lines)


def image(phone, name):
    """Whoever holds the phone copies all of it."""
    for end in ("", "-wal", "-shm"):
        if os.path.exists(k.path(phone.name + ".vault" + end)):
            shutil.copy(k.path(phone.name + ".vault" + end),
                        k.path(name + ".vault" + end))


def answered(advocate, sent, coordinator):
    """The commissioner's figure: from the full hour of her first word to the
    advocate's answer, whoever of those in the conversation is asked."""
    first = [m for m in advocate.messages("1") if m["type"] == "text"
             and m["from"].get("role") == "victim"][0]
    assert first["received"] % 86400 == 10 * 3600, first
    wait = sent["received"] - first["received"]
    assert 3600 <= wait < 3600 + 1800, (first, sent)
    told = advocate.json("report", "today", "today", "--exact")
    assert told["all"]["first_answer_seconds"] == wait, (told, wait)
    assert [a["first_answer_seconds"] for a in told["agencies"]] == [wait]
    assert told["all"]["left_out"] == 0, told
    assert ",%d,0\n" % wait in advocate.run(
        "report", "today", "today", "--exact", "--csv").stdout
    assert "1 h %d min\n" % (wait // 60 % 60) in advocate.run(
        "report", "today", "today", "--exact").stdout
    # No access by rank: who takes no part in it cannot know, and says so.
    told = coordinator.json("report", "today", "today", "--exact")["all"]
    assert (told["first_answer_seconds"], told["left_out"]) == (None, 1), told


def evening():
    at(10, 0)
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    advocate = k.staff("advocate", "advocacy", "enrol")
    k.import_cards()
    k.start()
    coordinator.current()
    advocate.current()
    advocate.run("name", "Imogen Advocate")

    says("Police refer; the coordinator allocates an advocate.")
    coordinator.run("open", "police", "--alias", "bluebell")
    coordinator.run("assign", "bluebell", coordinator.number(advocate),
                    "support,team", "--yes")
    advocate.joined("1", "support")
    assert advocate.json("cases")["cases"][0]["agency"] == "police"
    assert [p["member"] for p in advocate.channel("1")["people"]] == [
        advocate.status()["member"]]

    says("The victim enrols in a GP surgery; the codes are compared aloud.")
    phone = k.victim("phone")
    invite = clinic.enrol(k, advocate, "1", phone, coordinator)
    phone.sees("conversation is ready")
    phone.say("name Rosalind Victim")
    # One steady contact: she sees a name, said before she came.
    phone.who("Imogen Advocate, advocacy")
    phone.say("write I can be reached at lunch only.")
    advocate.hears("1", "I can be reached at lunch only.")

    says("The advocate answers with hold-until 12:30.")
    at(11, 0)
    advocate.current()
    advocate.run("send", "1", "--hold", "12:30", HELD)
    sent = advocate.messages("1")[-1]
    assert sent["held"] % 86400 == 12 * 3600 + 1800, sent
    phone.say("quit")
    phone.p.wait(120)

    says("At 12:00 the stalker opens the app: nothing waits, nothing rings.")
    at(12, 0)
    out = opens_app(phone)
    assert HELD not in out and "new message" not in out, out
    assert "\a" not in out, out
    phone.say("quit")
    phone.p.wait(120)
    # Not even asleep on the phone: with the time over and no daemon to bring
    # it there is nothing to be seen still.
    k.stop()
    at(12, 30)
    k.move(60)
    out = opens_app(phone)
    assert HELD not in out and "new message" not in out, out
    phone.say("quit")
    phone.p.wait(120)

    # It comes at its time, and not before.
    k.start()
    phone.out = ""
    phone.open()
    phone.sees("new message")
    phone.say("read 5")
    phone.sees("A car will be at the surgery at one")
    answered(advocate, sent, coordinator)

    says("Later the advocate revokes the device: it is refused on its next "
         "message,")
    at(18, 0)
    advocate.current()
    # Until then it has the keys: a copy of them, made while a word waits.
    phone.say("quit")
    phone.p.wait(120)
    advocate.run("send", "1", "I am here until six.")
    image(phone, "image")
    assert "I am here until six." in can_open("image.vault")[0]
    advocate.current()
    phone.out = ""
    phone.open()
    phone.sees("new message")
    phone.say("read 5")
    phone.sees("I am here until six")
    since = phone.mark()
    device = advocate.json("devices", "--case", "1")["devices"][0]["device"]
    before = advocate.channel("1")["epoch"]
    advocate.run("revoke", device, "--case", "1", "--yes")
    phone.say("write let me in")
    phone.say("wait 2")
    k.until(lambda: not any(p["role"] == "victim" and p["present"]
                            for p in advocate.channel("1")["people"]),
            "the phone is out of the channel")
    phone.sees("This device was ended by your caseworker", since=since)
    assert "let me in" not in advocate.texts("1")
    # Whose words they were is still said.
    assert {m["from"].get("role") for m in advocate.messages("1")} == {
        "caseworker", "victim"}, advocate.messages("1")

    # And the figures stay what they were, though she is in it no more.
    answered(advocate, sent, coordinator)

    says("envelopes sealed afterwards cannot open on it,")
    # They belong to an epoch that began by leaving it out; below, once there is
    # somebody to seal for, they are tried.
    epoch = advocate.channel("1")["epoch"]
    assert epoch > before, (before, epoch)
    assert [p["role"] for p in advocate.channel("1")["people"]
            if p["present"]] == ["caseworker"]
    # She has no other yet, and that is said.
    unsent = advocate.run("send", "1", "Not for that phone.", check=False)
    assert unsent.returncode == 9, unsent
    assert "nobody it is for has a device" in unsent.stderr, unsent
    assert advocate.channel("1")["epoch"] == epoch
    mark = phone.mark()
    phone.say("wait 3")
    phone.say("read 20")
    phone.sees("reached at lunch", since=mark)
    assert "Not for that phone" not in phone.out[since:], phone.out
    assert "let me in" not in advocate.texts("1")
    phone.say("quit")
    phone.p.wait(120)

    says("a new device enrols,")
    new = k.victim("new")
    clinic.enrol(k, advocate, "1", new, coordinator)
    new.sees("conversation is ready")
    # What is sealed now opens with the new phone's keys, and neither with
    # those on the old one nor with the copy that was made of them.
    new.say("quit")
    new.p.wait(120)
    advocate.run("send", "1", "Are you safe?")
    opened, waiting = can_open("new.vault")
    assert "Are you safe?" in opened, opened
    for vault in ("phone.vault", "image.vault"):
        assert can_open(vault) == ([], waiting), vault
    advocate.current()
    new.out = ""
    new.open()
    new.sees("new message")
    new.say("read 5")
    new.sees("Are you safe\\?")
    new.say("write Yes.")
    advocate.hears("1", "Yes.")

    says("a second use of the old invite raises an alarm,")
    assert "alarm: invite redeemed twice" not in alarms(advocate)
    thief = k.victim("thief")
    thief.say("enrol " + invite["text"])
    thief.sees("does not work|cannot|refused|used")
    k.move(120)
    k.until(lambda: "alarm: invite redeemed twice" in alarms(advocate),
            "the alarm")
    assert advocate.run("doctor", check=False).returncode == 18

    says("and the daemon's files and logs hold no name and no IP address.")
    k.stop()
    search([b"bluebell", b"Imogen", b"Rosalind", b"lunch", b"A car will",
            b"Are you safe", b"For the new phone"])
    return ("evening one: held, revoked, enrolled anew, alarmed (%d s)"
            % (time.time() - begun))


def alarms(person):
    found = json.loads(person.run("doctor", "--json", check=False).stdout)
    return [f["what"] for f in found["findings"]
            if f["what"].startswith("alarm: ")]


def search(words):
    found, kinds = 0, set()
    for folder, _, names in os.walk(k.path("daemon")):
        for name in names:
            path = os.path.join(folder, name)
            if name in ("rowand.conf", "notify", "control"):
                continue
            with open(path, "rb") as f:
                data = f.read()
            found += 1
            # What is there in the clear is found, so the rest could be.
            kinds |= {w for w in (b"SQLite format 3", b"tcp:") if w in data}
            for w in words:
                for form in (w, w.decode().encode("utf-16-le"),
                             w.hex().encode()):
                    assert form not in data, (path, w)
            assert k.host.encode() not in data, path
            assert b"127.0.0.1" not in data, path
            assert b"::1" not in data or not path.endswith("log"), path
    assert found >= 4 and b"SQLite format 3" in kinds, (found, kinds)


k.tell(evening)

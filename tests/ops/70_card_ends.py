"""Goal: the relay's card ends under the real programs: it is said with its
alert's figures and health's exit code, nobody talks to the relay, what people
write waits on their devices; and once the card is renewed everybody goes on,
with no hand laid on any device.
usage: 70_card_ends.py BUILD

By the steps of docs/operations.md, "RowanCardExpired".
"""

import sys

import relay
from clinic import enrol

DAY = 86400
DAYS = 20  # of the relay's card; people's are good for longer

k = relay.Relay(sys.argv[1], clock=True)
ctl = k.ctl


def figure(name):
    (line,) = [x for x in ctl("metrics").stdout.splitlines()
               if x.startswith(name + " ")]
    return float(line.split()[1])


def card():
    code, row = k.health("card")
    return code, row["state"]


def begin():
    k.begin("--days", str(DAYS))
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    advocate = k.staff("advocate", "advocacy", "enrol")
    k.import_cards()
    k.start()
    for p in (coordinator, advocate):
        p.current()
    coordinator.run("open", "advocacy", "--alias", "bluebell")
    for who in ("me", coordinator.number(advocate)):
        coordinator.run("assign", "bluebell", who, "support,team", "--yes")
    advocate.joined("1")
    phone = k.victim("phone")
    enrol(k, advocate, "1", phone, coordinator)
    phone.sees("conversation is ready")
    advocate.json("send", "1", "before it ends", "--wait", "180")
    phone.sees("There is a new message")
    phone.say("write and heard")
    advocate.hears("1", "and heard")
    k.until(lambda: figure("rowan_envelopes_waiting") == 0,
            "what was said has arrived, and that it has")
    return coordinator, advocate, phone


def refusing(person):
    """Connected, and not talking; asked without making it try."""
    return person.status()["link"] != "current"


def logged_end():
    with open(k.path("daemon/log")) as f:
        return '"event":"card-expired"' in f.read()


def ended(staff):
    assert card() == (1, "warning"), k.health("card")
    k.later((DAYS + 1) * DAY)
    k.until(lambda: card() == (2, "critical"), "health tells")
    # RowanCardExpired.
    assert 0 < figure("rowan_card_until_seconds") < \
        figure("rowan_time_seconds")
    # It looks at that every few seconds.
    k.until(logged_end, "the log tells")
    for p in staff:
        # Not what is so for a moment, while there is news.
        k.until(lambda: p.status().get("daemon_card") == "expired",
                p.name + " refuses")


def waits(coordinator, advocate, phone):
    """What is written stays where it was written, however often they ask."""
    waiting = figure("rowan_envelopes_waiting")
    for p in (coordinator, advocate):
        assert p.status()["daemon_card"] == "expired", p.status()
        assert "its card has ended" in p.run("status").stdout
        assert "tell whoever runs it" in p.run("doctor", check=False).stdout
    ret = advocate.json("send", "1", "while it has ended", "--wait", "3")
    assert ret["pending"], ret
    ret = coordinator.json("team", "bluebell", "to the team", "--wait", "3")
    assert ret["pending"], ret
    phone.say("write from the phone")
    asked = figure("rowan_handshakes_total")
    for _ in range(2):
        k.later(600)
        k.until(lambda: figure("rowan_handshakes_total") >= asked + 3,
                "they ask again")
        asked = figure("rowan_handshakes_total")
    assert all(refusing(p) for p in (coordinator, advocate))
    assert figure("rowan_envelopes_waiting") == waiting


def renewed(coordinator, advocate, phone):
    """RowanCardEnds. From here on nobody's commands make a device try."""
    since = phone.mark()
    ctl("cards", "export", k.path("chain.txt"))
    k.authority("follow", k.path("authority"), k.path("chain.txt"))
    k.authority("renew", k.path("authority"), "daemon")
    ctl("cards", "import", k.path("authority/statements.txt"))
    k.until(lambda: card()[1] == "ok", "health is well again")
    k.move(600)
    phone.sees("There is a new message", since=since)
    for p in (coordinator, advocate):
        k.until(lambda: not refusing(p), p.name + " goes on")
        assert "daemon_card" not in p.status(), p.status()
    phone.say("read 20")
    phone.sees("while it has ended", since=since)
    advocate.hears("1", "from the phone")
    advocate.hears("1", "to the team", "team")
    # Once, each.
    assert advocate.texts("1").count("from the phone") == 1
    assert advocate.texts("1", "team").count("to the team") == 1


def main():
    people = begin()
    ended(people[:2])
    waits(*people)
    renewed(*people)
    return "the relay's card ends and is renewed under people who go on"


k.tell(main)

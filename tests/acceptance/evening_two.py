"""Sickness, a leaver, a conflicted officer: DOMAIN.md's second evening, each
sentence of it an assertion, with the real programs and a clock that is moved.
usage: evening_two.py BUILD
"""

import sys
import time

import clinic

k = clinic.Clinic(sys.argv[1], clock=True)


def evening():
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    advocate = k.staff("advocate", "advocacy", "enrol")
    colleague = k.staff("colleague", "advocacy")
    officer = k.staff("officer", "police")
    nurse = k.staff("nurse", "health")
    k.import_cards()
    k.start()
    for p in (coordinator, advocate, colleague, officer, nurse):
        p.current()
    coordinator.run("open", "police", "--alias", "bluebell")
    n = {p.name: coordinator.number(p)
         for p in (advocate, colleague, officer, nurse, coordinator)}
    coordinator.run("assign", "bluebell", n["advocate"], "support,team",
                    "--yes")
    coordinator.run("assign", "bluebell", n["nurse"], "team", "--yes")
    coordinator.run("assign", "bluebell", n["coordinator"], "team", "--yes")
    for p in (advocate, nurse):
        p.joined("1", "team")
    coordinator.joined("bluebell", "team")
    advocate.joined("1", "support")
    phone = k.victim("phone")
    clinic.enrol(k, advocate, "1", phone, coordinator)
    phone.sees("conversation is ready")
    phone.say("name V")
    phone.say("write before the colleague came")
    advocate.hears("1", "before the colleague came")

    # The coordinator assigns a colleague for 72 hours.
    coordinator.run("cover", "bluebell", n["colleague"], "72h", "--yes")
    colleague.joined("1", "support")
    colleague.run("name", "1", "Kim")

    # The victim sees who and from which agency.
    phone.say("wait 3")
    since = phone.mark()

    def who():
        phone.say("who")
        time.sleep(1)
        return "Kim" in phone.out[since:] and "advocacy" in phone.out[since:]
    k.until(who, "the victim sees who covers: " + phone.out)

    # The colleague reads from the moment of the grant and not before.
    phone.say("write after the colleague came")
    colleague.hears("1", "after the colleague came")
    assert "before the colleague came" not in colleague.texts("1")

    # An officer on the bar list is proposed and refused.
    coordinator.run("bar", "add", "bluebell", n["officer"], "--reason",
                    "the suspect's brother")
    assert coordinator.code("assign", "bluebell", n["officer"], "team",
                            "--yes") == 7
    assert officer.json("cases", "--all")["cases"] == []
    k.until(lambda: any(m["type"] == "bar" for m in
                        advocate.messages("1", "team")), "the team is told")

    # The NHS member sees team notes and never the victim's words.
    advocate.run("team", "1", "She moves out tomorrow.")
    nurse.hears("1", "She moves out tomorrow.", "team")
    assert nurse.code("read", "1") == 7
    assert nurse.code("read", "1", "--channel", "diary") == 7

    # The daemon is killed in the middle; nothing acknowledged is lost, nothing
    # arrives twice.
    sent = []
    for i in range(12):
        text = "line %d" % i
        if i == 5:
            k.restart(kill=True)
        ret = advocate.json("send", "1", "--wait", "30", text)
        assert not ret.get("pending"), ret
        sent.append(text)
    colleague.current()
    colleague.hears("1", sent[-1])
    got = [t for t in colleague.texts("1") if t.startswith("line ")]
    assert got == sent, got

    # At hour 72 the right ends although nobody is at a keyboard.
    k.move(72 * 3600 + 60)
    k.until(lambda: advocate.status().get("link") == "current", "connected")
    k.until(lambda: not any(p.get("name") == "Kim" and p["present"]
                            for p in advocate.channel("1")["people"]),
            "the colleague is out of the channel", 90)
    advocate.run("send", "1", "Not for the colleague any more.")
    phone.say("wait 10")
    phone.sees("new message")
    time.sleep(3)
    assert "Not for the colleague any more." not in colleague_texts(colleague)
    assert colleague.code("send", "1", "--wait", "2", "still here?") == 7


def colleague_texts(colleague):
    p = colleague.run("read", "1", "--last", "100", "--json", "--keep",
                      check=False)
    return p.stdout


try:
    evening()
    print("  evening two: covered, barred, killed, ended by the clock")
except BaseException:
    sys.stdout.write(open(k.path("daemon/log")).read()[-3000:])
    raise
finally:
    k.end()

"""Sickness, a leaver, a conflicted officer: the domain's second evening, with
the real programs and a clock that is moved. Each of its sentences stands here
as it is written, and below it what shows that it is so.
usage: evening_two.py BUILD
"""

import json
import os
import sys
import time

import clinic

k = clinic.Clinic(sys.argv[1], clock=True)
begun = time.time()
WORDS = ["before the colleague came", "after the colleague came",
         "She moves out tomorrow.", "Not for the colleague any more."]


def says(sentence):
    if os.environ.get("STORY"):
        print("  %3d s  %s" % (time.time() - begun, sentence), flush=True)


def evening():
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    advocate = k.staff("advocate", "advocacy", "enrol")
    colleague = k.staff("colleague", "advocacy")
    officer = k.staff("officer", "police")
    nurse = k.staff("nurse", "health")
    auditor = k.staff("auditor", "probation", "audit")
    k.import_cards()
    k.start()
    for p in (coordinator, advocate, colleague, officer, nurse, auditor):
        p.current()
    case = coordinator.json("open", "police", "--alias", "bluebell")["case"]
    n = {p.name: coordinator.number(p) for p in k.people.values()}
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
    phone.say("write " + WORDS[0])
    advocate.hears("1", WORDS[0])

    says("The advocate is ill.")
    advocate.run("lock")

    says("The coordinator assigns a colleague for 72 hours;")
    colleague.run("name", "Kim")
    granted = k.now()
    coordinator.run("cover", "bluebell", n["colleague"], "72h", "--yes")
    # The advocate is ill and their device locked: the phone lets Kim in.
    phone.say("wait 5")
    colleague.joined("1", "support")
    cover = [p for p in coordinator.channel("bluebell")["people"]
             if p["member"] == n["colleague"]][0]
    assert abs(cover["until"] - granted - 72 * 3600) < 120, (cover, granted)

    says("the victim sees who and from which agency;")
    phone.who("Kim", "advocacy")

    says("the colleague reads from the moment of the grant and not before;")
    phone.say("write " + WORDS[1])
    colleague.hears("1", WORDS[1])
    assert WORDS[0] not in colleague.texts("1")
    # Nor has it ever come to their device: every event that there was.
    ever = [json.loads(line) for line in colleague.run(
        "listen", "--after", "0", "--count",
        str(colleague.status()["cursor"])).stdout.splitlines()]
    came = [e["content"].get("text") for e in ever if e["event"] == "message"]
    assert WORDS[1] in came and WORDS[0] not in came, came

    says("An officer on the bar list is proposed and refused, and the attempt "
         "is in the log.")
    coordinator.run("bar", "add", "bluebell", n["officer"], "--reason",
                    "the suspect's brother")
    p = coordinator.run("assign", "bluebell", n["officer"], "team", "--yes",
                        check=False)
    assert p.returncode == 7 and "bar list" in p.stderr, p.stderr
    assert officer.json("cases", "--all")["cases"] == []
    k.until(lambda: any(m["type"] == "bar" for m in
                        nurse.messages("1", "team")), "the team is told")
    # The team reads that it was tried, and its receipt is an entry of the log.
    tried = [m for m in coordinator.messages("bluebell", "team")
             if "It was tried to assign %.8s (police)" % n["officer"]
             in m.get("text", "")]
    assert len(tried) == 1, coordinator.messages("bluebell", "team")
    nurse.hears("1", tried[0]["text"], "team")
    k.until(lambda: coordinator.code(
        "receipt", "get", tried[0]["id"], "attempt.receipt") == 0, "a receipt")
    k.run("rowan", "receipt", "verify", "--authority",
          k.path("authority/authority.txt"),
          k.path("coordinator.files", "attempt.receipt"),
          home=k.path("nobody"))

    says("The NHS member sees team notes and never the victim's words.")
    coordinator.run("team", "bluebell", WORDS[2])
    nurse.hears("1", WORDS[2], "team")
    assert nurse.code("read", "1") == 7
    assert nurse.code("read", "1", "--channel", "diary") == 7
    for w in WORDS[:2]:
        assert w not in nurse.texts("1", "team")

    says("The daemon is killed in the middle; nothing acknowledged is lost, "
         "nothing arrives twice.")
    sent = []
    for i in range(12):
        text = "line %d" % i
        if i in (4, 8):
            k.restart(kill=True)
        ret = colleague.json("send", "1", "--wait", "180", text)
        assert not ret.get("pending"), ret
        sent.append(text)
    phone.say("wait 5")
    since = phone.mark()
    phone.say("read 30")
    phone.sees("line 11", since=since)
    shown = phone.out[since:]
    assert [shown.count(t + "\n") for t in sent] == [1] * 12, shown
    advocate.run("unlock", "--passphrase-file", k.path("pass"))
    advocate.current()
    advocate.hears("1", sent[-1])
    got = [t for t in advocate.texts("1") if t.startswith("line ")]
    assert got == sent, got

    says("at hour 72 the right ends although nobody is at a keyboard.")
    advocate.run("agent", "stop")
    # An hour before it is there still, for words both ways.
    k.move(granted + 71 * 3600 - k.now())
    colleague.current()
    since = phone.mark()
    told = colleague.json("send", "1", "--wait", "180", "at hour 71")
    assert not told.get("pending"), told
    phone.sees("new message", since=since)
    since = phone.mark()
    phone.say("read 5")
    phone.sees("at hour 71", since=since)
    phone.say("write Still there?")
    colleague.hears("1", "Still there?")
    assert k.now() < cover["until"], "the test was too slow"
    k.move(cover["until"] + 60 - k.now())
    k.until(lambda: colleague.code("send", "1", "--wait", "2", "still here?")
            == 7, "the right has ended")
    advocate.run("unlock", "--passphrase-file", k.path("pass"))
    advocate.current()
    k.until(lambda: not any(p.get("name") == "Kim" and p["present"]
                            for p in advocate.channel("1")["people"]),
            "the colleague is out of the channel")
    since = phone.mark()
    advocate.run("send", "1", WORDS[3])
    phone.sees("new message", since=since)
    assert WORDS[3] not in colleague.run(
        "read", "1", "--last", "100", "--json", "--keep", check=False).stdout

    # A leaver: the caseload goes to the colleague, for good, in one command.
    coordinator.run("handover", n["colleague"], "--from", n["advocate"],
                    "--yes")
    colleague.joined("1", "support")
    k.until(lambda: advocate.code("read", "1") == 7, "the leaver is out")
    since = phone.mark()
    colleague.run("send", "1", "I stay with you.")
    phone.sees("new message", since=since)
    audited(auditor, case, advocate, colleague, officer, nurse, coordinator)
    return ("evening two: covered, barred, killed, ended by the clock, audited "
            "(%d s)" % (time.time() - begun))


def audited(auditor, case, *people):
    advocate, colleague, officer, nurse, coordinator = people
    says("Afterwards an auditor of another agency reconstructs who did what, "
         "without a content key.")
    auditor.current()
    assert auditor.status()["agency"] == "probation"
    assert auditor.json("cases", "--all")["cases"] == []
    told = auditor.json("audit", "timeline", case)["entries"]
    me = {p.name: p.status()["member"] for p in people}
    for who, act in (("coordinator", "statement"), ("colleague", "submit"),
                     ("nurse", "read"), ("colleague", "read")):
        assert any(e["member"] == me[who] and e["act"] == act
                   for e in told), (who, act)
    times = [e["time"] for e in told if not e["hour"]]
    assert times == sorted(times)
    seen = auditor.json("audit", "who-read", case)["entries"]
    readers = {e["member"] for e in seen}
    assert me["colleague"] in readers and me["nurse"] in readers
    assert me["officer"] not in readers, "who never saw it is not in it"
    # The victim's first word: fetched by the advocate, never by the colleague.
    first = [e["entry"] for e in told
             if e["act"] == "submit" and e.get("role") == "victim"][0]
    read = {e["member"] for e in seen if first in e.get("reads", ())}
    assert me["advocate"] in read and me["colleague"] not in read, (
        first, read)
    everything = json.dumps(told) + json.dumps(seen)
    for w in WORDS:
        assert w not in everything
    assert auditor.code("read", case) in (7, 9)
    assert auditor.json("audit", "verify")["size"] >= len(told)


k.tell(evening)

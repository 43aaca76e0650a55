"""An auditor of another agency reconstructs who did what, without a content
key; an agency's witness cosigns, online and by file, and refuses a log that
went back; what a daemon makes up (liar.c) is told from what it signed.
usage: audit.py BUILD
"""

import json
import os
import re
import shutil
import sys

import clinic

k = clinic.Clinic(sys.argv[1])
SECRET = "She moves out on Thursday."


def killed(offline, auditor):
    """kill -9 between keeping and answering: nothing was said, and what was
    kept stands."""
    known = offline.json("witness", "status")["size"]
    auditor.run("audit", "timeline")
    ask = k.path("ask.killed")
    auditor.run("audit", "request", "--known", str(known), ask)
    flag = k.path("kill")
    env = dict(k.env)
    k.env.update(ROWAN_TEST_SIGN_KILL=flag, LD_PRELOAD=os.path.join(
        k.build, "tests/acceptance/sign_kill_preload.so"))
    offline.run("agent", "stop")
    offline.run("unlock", "--passphrase-file", k.path("pass"))
    open(flag, "w").close()
    p = offline.run("witness", "sign", ask, check=False)
    assert p.returncode == 15 and p.stdout == "", p
    os.unlink(flag)
    k.env = env
    offline.run("unlock", "--passphrase-file", k.path("pass"))
    now = offline.json("witness", "status")["size"]
    assert now > known, (now, known)
    # The same question again begins behind what it knows now.
    assert offline.code("witness", "sign", ask) == 11
    auditor.run("audit", "request", "--known", str(now), ask + "2")
    offline.run("witness", "sign", ask + "2")


def witnesses(online, offline, auditor):
    # Online: it looks, keeps, cosigns.
    assert online.json("witness", "erased")["statements"] == ""
    assert auditor.code("witness", "erased") == 7
    seen = online.json("witness", "--once")
    assert seen["size"] > 0 and seen["key"].startswith("rowan-witness/"), seen
    # By file, on a machine that needs no connection.
    ask, answer = k.path("ask"), k.path("answer")
    auditor.run("audit", "request", ask)
    assert open(ask).read().startswith("old 0\n\nrowan-log/"), open(ask).read()
    offline.run("witness", "sign", ask, answer)
    line = open(answer).read()
    assert line.startswith("— rowan-witness/") and line.count("\n") == 1, line
    known = offline.json("witness", "status")["size"]
    assert known > 0
    # The same again begins elsewhere now; what is asked from there is signed.
    assert offline.code("witness", "sign", ask) == 11
    os.unlink(ask)
    auditor.run("audit", "request", "--known", str(known), ask)
    first = open(ask).read()
    assert first.startswith("old %d\n" % known)
    os.unlink(answer)
    offline.run("witness", "sign", ask, answer)
    killed(offline, auditor)
    # One bit of the root, and it is not the log's any more.
    bad = first.split("\n\n")
    lines = bad[1].split("\n")
    lines[2] = ("A" if lines[2][0] != "A" else "B") + lines[2][1:]
    bad[1] = "\n".join(lines)
    open(ask, "w").write("\n\n".join(bad))
    assert offline.code("witness", "sign", ask) == 14
    assert auditor.code("witness", "sign", ask) == 7
    # The policy: the auditor believes what the online witness cosigned.
    key = seen["key"]
    # A witness waits for no other's word, or two would wait for each other.
    with open(k.path("policy"), "w") as f:
        f.write("witness police %s\nquorum police\n" % key)
    assert online.code("audit", "verify", "--policy", k.path("policy")) == 7
    with open(k.path("policy"), "w") as f:
        f.write("witness police %s\nquorum police\n" % key)
    auditor.run("audit", "verify", "--policy", k.path("policy"))
    # A witness that is none of ours has cosigned nothing: not to be believed.
    other = offline.json("witness", "status")["key"]
    with open(k.path("policy"), "w") as f:
        f.write("witness a %s\nwitness b %s\ngroup both all a b\n"
                "quorum both\n" % (key, other))
    assert auditor.code("audit", "verify", "--policy", k.path("policy")) == 11
    # Until its answer, for a checkpoint that the other has cosigned, is there.
    with open(k.path("police"), "w") as f:
        f.write("witness police %s\nquorum police\n" % key)
    auditor.run("audit", "verify", "--policy", k.path("police"))
    known = offline.json("witness", "status")["size"]
    online.run("witness", "--once")
    auditor.run("audit", "verify")
    for path in (ask, answer):
        os.unlink(path)
    auditor.run("audit", "request", "--known", str(known), ask)
    offline.run("witness", "sign", ask, answer)
    word = open(answer).read()
    with open(k.path("bad"), "w") as f:
        f.write(word[:-9] + ("A" if word[-9] != "A" else "B") + word[-8:])
    assert auditor.code("audit", "cosigned", ask, k.path("bad")) == 14
    took = auditor.json("audit", "cosigned", ask, answer)
    known = offline.json("witness", "status")["size"]
    assert took["size"] == known, (took, known)
    auditor.run("audit", "verify", "--policy", k.path("policy"))
    with open(k.path("policy"), "w") as f:
        f.write("")
    auditor.run("audit", "verify", "--policy", k.path("policy"))
    return known


def audit(auditor, advocate, colleague, case, victim_words):
    t = auditor.json("audit", "timeline", case)
    acts = [e["act"] for e in t["entries"]]
    for act in ("statement", "group", "submit", "read"):
        assert act in acts, (act, acts)
    assert all(e["case"] == case for e in t["entries"])
    # No case was erased: every entry there is was opened.
    assert "unopened" not in t, t
    whole = auditor.json("audit", "timeline")
    assert whole["unopened"] == whole["erased"] == 0 and len(whole["entries"]) == whole["size"]
    # Who was handed messages, and that the victim's words are not told.
    seen = auditor.json("audit", "who-read", case)["entries"]
    me = advocate.status()["member"]
    assert any(e["act"] == "read" and e["member"] == me and
               e["agency"] == "advocacy" and e["reads"] for e in seen), seen
    assert all(e["role"] == "caseworker" for e in seen)
    everything = json.dumps(t) + json.dumps(seen)
    assert SECRET not in everything and victim_words not in everything
    # A victim's act shows the hour.
    hours = [e for e in t["entries"] if e["hour"]]
    assert hours and all(e["time"] % 3600 == 0 for e in hours)
    # What was refused names who tried.
    refused = [e for e in auditor.json("audit", "timeline")["entries"]
               if e["act"] == "refused"]
    assert any(e["refused"] == "refused" and e["agency"] == "probation"
               for e in refused), refused
    # The whole log, and from the middle.
    whole = auditor.json("audit", "verify")
    assert whole["size"] > 40 and "rowan-log/" in whole["checkpoint"]
    for since in (1, 7, 8, whole["size"] // 2, whole["size"] - 1):
        auditor.run("audit", "verify", "--since", str(since))
    assert auditor.code("audit", "verify", "--since", "999999") == 9
    # For people: exact times, and a victim is told from who enrolled her.
    auditor.run("alias", "--person", auditor.number(advocate),
                "Thomasina")
    lines = auditor.run("audit", "timeline", case).stdout
    assert re.search(r"^ *\d+  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000  "
                     r"Thomasina \(advocacy\): ", lines, re.M), lines
    assert re.search(r":00:00 \+0000 \(hour\)  \w+ \(victim\): handed in a "
                     "message", lines), lines
    # Reading it is in it.
    t = auditor.json("audit", "timeline")["entries"]
    own = auditor.status()["member"]
    assert any(e["act"] == "audit" and e["member"] == own and
               e.get("case") == case for e in t)
    # Follow: JSON Lines, and an end.
    p = auditor.run("audit", "follow", "--from", "0", "--count", "5", "--json")
    assert [json.loads(x)["entry"] for x in p.stdout.splitlines()] == \
        [0, 1, 2, 3, 4]
    # An export that anybody can check.
    auditor.run("audit", "export", case, "out")
    out = os.path.join(k.path("auditor.files"), "out")
    proofs = sorted(x for x in os.listdir(out) if x.endswith(".tlog-proof"))
    listed = [json.loads(x) for x in open(os.path.join(out, "timeline.jsonl"))]
    assert [e["file"] for e in listed] == proofs and proofs
    # What the auditor calls somebody is nobody else's.
    assert not any("alias" in e for e in listed), listed
    auditor.run("alias", "--person", auditor.number(advocate))
    for x in proofs[:3] + proofs[-3:]:
        k.run("rowan", "receipt", "verify", "--authority",
              k.path("authority/authority.txt"), os.path.join(out, x),
              home=k.path("nobody"))
    # Of a statement it says which one.
    at, = [e["file"] for e in listed if e["act"] == "statement"][:1]
    p = k.run("rowan", "receipt", "verify", "--json", "--authority",
              k.path("authority/authority.txt"), os.path.join(out, at),
              home=k.path("nobody"))
    assert re.fullmatch("[0-9a-f]{64}", json.loads(p.stdout)["content"])
    assert auditor.code("audit", "export", case, "out") == 10
    # Without the right: nothing.
    for args in (("timeline", case), ("who-read", case), ("verify",),
                 ("follow", "--from", "0"), ("export", case, "no")):
        assert colleague.code("audit", *args) == 7, args


def lied_to(auditor, case):
    """What the daemon makes up has its exit code, and is not called good."""
    whole = (("audit", "verify"),)
    since = (("audit", "verify", "--since", "32"),)
    told = (("audit", "timeline"), ("audit", "who-read", case),
            ("audit", "follow", "--from", "0", "--count", "5"),
            ("audit", "export", case, "lies"))
    for lie, commands, code in (
            ("leaves-bit", whole, 18), ("leaves-swapped", whole, 18),
            ("leaves-missing", since, 18), ("leaves-none", whole, 18),
            ("path-bit", since + told[:1], 18), ("path-less", since, 18),
            ("path-none", since, 18), ("path-more", since, 18),
            ("path-longest", since, 18), ("details-more", told, 18),
            ("details-swapped", told, 18), ("details-twice", told[:1], 18),
            ("details-less", told[:1], 14), ("note-old", whole + told, 11),
            ("note-bit", whole, 18), ("note-none", told[:1], 18)):
        for command in commands:
            with open(k.path("lie"), "w") as f:
                f.write(lie)
            p = auditor.run(*command, check=False)
            os.unlink(k.path("lie"))
            assert p.returncode == code, (lie, command, p)
            assert "good" not in p.stdout and "error: " in p.stderr, p
            # Nothing of an export that could not be finished stays.
            assert os.listdir(k.path("lied.files")) == [], lie
    auditor.run("audit", "verify")
    whole = auditor.json("audit", "timeline")
    assert whole["unopened"] == 0, whole
    # What was made up proves nothing against an honest log.
    kept = contradictions(auditor)
    assert kept and not any(c["proved"] for c in kept), kept


def run():
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    advocate = k.staff("advocate", "advocacy", "enrol")
    colleague = k.staff("colleague", "probation")
    auditor = k.staff("auditor", "health", "audit")
    lied = k.staff("lied", "health", "audit")
    online, offline = k.witness("online"), k.witness("offline", False)
    k.import_cards()
    k.start()
    for p in (coordinator, advocate, colleague, auditor, online):
        p.current()
    coordinator.run("open", "police", "--alias", "bluebell")
    case = coordinator.json("case", "bluebell")["case"]
    coordinator.run("assign", "bluebell", coordinator.number(advocate),
                    "support,team", "--yes")
    advocate.joined("1", "support")
    phone = k.victim("phone")
    clinic.enrol(k, advocate, "1", phone, coordinator)
    phone.sees("conversation is ready")
    phone.say("write words of the victim")
    phone.say("wait 60")
    advocate.hears("1", "words of the victim")
    advocate.run("send", "1", SECRET)
    # A colleague without the right tries.
    assert colleague.code("audit", "timeline", case) == 7
    before = k.path("before")
    k.stop()
    shutil.copytree(k.path("daemon/state"), before)
    k.env["ROWAN_TEST_LIE"] = k.path("lie")
    k.rowand = "tests/acceptance/liar"
    k.start()
    k.rowand = "rowand"
    for p in (auditor, lied, online, advocate):
        p.current()
    audit(auditor, advocate, colleague, case, "words of the victim")
    lied_to(lied, case)
    witnesses(online, offline, auditor)
    back(before, (coordinator, online, offline, auditor))
    return "an auditor reconstructs, witnesses cosign and refuse"


def put_back(copy, people):
    """The operator puts a copy back, the record of the log with it."""
    k.stop()
    shutil.rmtree(k.path("daemon/state"))
    shutil.copytree(copy, k.path("daemon/state"))
    k.start()
    for p in people:
        p.current()


def contradictions(person):
    return person.json("conflict", "list")["conflicts"]


def apart(people):
    """Two copies of a database go on, each for itself."""
    coordinator, online, auditor = people
    copy = k.path("apart")
    k.stop()
    shutil.copytree(k.path("daemon/state"), copy)
    k.start()
    for p in people:
        p.current()
    auditor.run("audit", "timeline")
    auditor.run("audit", "verify")
    known = online.json("witness", "--once")["size"]
    assert contradictions(online) == [] and contradictions(auditor) == []
    # What was verified outlives the agent.
    online.run("agent", "stop")
    online.run("unlock", "--passphrase-file", k.path("pass"))
    put_back(copy, people)

    def told():
        coordinator.run("open", "police")
        assert online.run("witness", "--once", check=False).returncode in (
            0, 18)
        return any(c["kind"] == "past" for c in contradictions(online))
    k.until(told, "the other history is as long")
    assert online.code("witness", "--once") == 18
    assert auditor.code("audit", "verify") == 18
    assert online.json("witness", "status")["size"] == known


def for_a_court(person):
    """Each one is a file that anybody checks with the authority's key."""
    listed = contradictions(person)
    key = ("--authority", k.path("authority/authority.txt"))
    k.run("rowan", "authority", "create", k.path("other"),
          "--passphrase-file", k.path("pass"))
    for c in listed:
        assert c["proved"] and c["checkpoints"][0]["time"] > 0, c
        path = k.path("conflict.%d" % c["number"])
        person.run("conflict", "get", str(c["number"]), path)
        p = k.run("rowan", "conflict", "verify", "--json", *key, path,
                  home=k.path("nobody"))
        assert json.loads(p.stdout) == {
            x: c[x] for x in c if x != "number"}, (p.stdout, c)
        p = k.run("rowan", "conflict", "verify", "--authority",
                  k.path("other/authority.txt"), path, check=False,
                  home=k.path("nobody"))
        assert p.returncode == 14 and "not signed by this" in p.stderr, p
        text = open(path).read()
        # The one that was believed in place of the other.
        head, one, _ = text.split("\n\nrowan-log/")
        with open(path, "w") as f:
            f.write(head + 2 * ("\n\nrowan-log/" + one) + "\n")
        p = k.run("rowan", "conflict", "verify", *key, path, check=False,
                  home=k.path("nobody"))
        assert p.returncode == 14 and "go together" in p.stderr, p
        os.unlink(path)
    assert person.code("conflict", "get", str(len(listed) + 1)) == 9
    assert person.json("witness", "status")["conflicts"] == len(listed)
    return {c["kind"] for c in listed}


def back(before, people):
    coordinator, online, offline, auditor = people
    apart((coordinator, online, auditor))
    put_back(before, (online, auditor))
    # It shows less than was signed before: refused, and said so.
    assert online.code("witness", "--once") == 18
    assert auditor.code("audit", "verify") == 18
    known = online.json("witness", "status")["size"]
    # And by file: what was signed since is beyond the old tree.
    ask = k.path("old")
    auditor.run("audit", "request", ask, check=False)
    assert known > 0 and not os.path.exists(ask)
    for person in (online, auditor):
        assert {"past", "back"} <= for_a_court(person)
        shutil.rmtree(k.path("other"))
    assert contradictions(offline) == []


k.tell(run)

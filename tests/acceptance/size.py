"""A clinic at its true size, with the real programs: referrals of 15 January
to 14 March over four agencies, caseworkers who write, attach and hand over,
devices that are revoked, a daemon that is restarted and killed. Afterwards
rowan report must count them all, and every message must have come once and in
order. usage: size.py BUILD [short]
"""

import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import clinic

short = len(sys.argv) > 2 and sys.argv[2] == "short"
REFERRALS, WORKERS, VICTIMS, MESSAGES = (
    (8, 3, 1, 30) if short else (208, 12, 8, 2400))
SPLIT = (("police", 97), ("probation", 48), ("cps", 21), ("health", 42))
FIRST, DAYS = 20468, 59  # 15 January to 14 March 2026

random.seed(208)
k = clinic.Clinic(sys.argv[1])
begun = time.time()
pool = ThreadPoolExecutor(4)


def day_text(n):
    return time.strftime("%Y-%m-%d", time.gmtime((FIRST + n) * 86400))


def say(text):
    print("  %4d s  %s" % (time.time() - begun, text), flush=True)


def referrals():
    """(agency, day), the true split scaled to how many there are."""
    out = []
    for agency, n in SPLIT:
        n = n if not short else max(1, n * REFERRALS // 208)
        out += [(agency, random.randrange(DAYS)) for _ in range(n)]
    while len(out) < REFERRALS:
        out.append(("police", random.randrange(DAYS)))
    return out[:REFERRALS]


def send(job):
    who, case, kind, text, path = job
    args = ["attach", case, path, "--channel", kind, "--text", text] if path \
        else ["send", case, "--channel", kind, text]
    for attempt in range(40):
        p = who.run(*args, "--json", "--wait", "60", check=False, secs=600)
        if p.returncode == 0:
            return
        if p.returncode != 11:
            raise clinic.Failed("%s %s: %d %s" % (
                who.name, args, p.returncode, p.stderr))
        time.sleep(0.5)
    raise clinic.Failed("never taken: %s" % text)


def memory(pid):
    with open("/proc/%d/status" % pid) as f:
        return int([line.split()[1] for line in f
                    if line.startswith("VmRSS")][0])


def agents():
    """KiB resident of each person's agent."""
    out = []
    for p in k.people.values():
        pid = p.agent_pid()
        if pid is not None:
            out.append(memory(pid))
    return out


def revoke(phone, case, who):
    device = who.json("devices", "--case", case)["devices"][0]["device"]
    who.run("revoke", device, "--case", case, "--yes")
    k.until(lambda: not any(p["role"] == "victim" and p["present"]
                            for p in who.channel(case)["people"]),
            "the phone is out")
    who.run("send", case, "not for the lost phone", "--wait", "60")
    phone.say("wait 1")
    phone.say("read 5")
    since = phone.mark()
    phone.say("who")
    phone.sees(r"\S", since=since)
    assert "not for the lost phone" not in phone.out


def day():
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    codes = ["advocacy", "police", "probation", "cps", "health"]
    workers = [k.staff("worker%d" % i, codes[i % len(codes)],
                       "enrol" if i % len(codes) == 0 else "")
               for i in range(WORKERS)]
    k.import_cards()
    k.start()
    for p in [coordinator] + workers:
        p.current()
    n = {w.name: coordinator.number(w) for w in workers}
    say("%d caseworkers" % WORKERS)

    # Referrals, each with two people on it.
    wanted = referrals()
    cases = []
    for i, (agency, d) in enumerate(wanted):
        made = coordinator.json("open", agency, "--day", day_text(d))
        one, two = workers[i % WORKERS], workers[(i + 1) % WORKERS]
        for w in (one, two):
            coordinator.run("assign", made["case"], n[w.name],
                            "support,team", "--yes")
        cases.append((made["case"], one, two))
    say("%d referrals" % len(cases))

    # Some victims, with phones.
    phones = []
    registrars = {w.name for i, w in enumerate(workers) if i % len(codes) == 0}
    for case, one, two in cases:
        who = one if one.name in registrars else two
        if len(phones) < VICTIMS and who.name in registrars:
            phone = k.victim("phone%d" % len(phones))
            clinic.enrol(k, who, case, phone, coordinator)
            phone.sees("conversation is ready")
            phones.append((phone, case, who))
    say("%d victims" % len(phones))

    photo = k.path("photo.jpg")
    with open(photo, "wb") as f:
        f.write(os.urandom(90000))
    jobs, expected = [], {}
    for i in range(MESSAGES):
        case, one, two = cases[random.randrange(len(cases))]
        who = one if i % 3 else two
        text = "%s %d" % (who.name, i)
        kind = "team" if i % 4 == 0 else "support"
        jobs.append((who, case, kind, text, photo if i % 50 == 7 else None))
        expected.setdefault((case, kind), []).append((who.name, text))
    # One sender's messages in their order; senders beside each other.
    by_sender = {}
    for job in jobs:
        by_sender.setdefault(job[0].name, []).append(job)
    third = [{s: v[part * len(v) // 3:(part + 1) * len(v) // 3]
              for s, v in by_sender.items()} for part in range(3)]
    for part in range(3):
        list(pool.map(lambda v: [send(j) for j in v], third[part].values()))
        say("%d messages" % sum(len(v) for v in third[part].values()))
        if not short or part == 0:
            k.restart(kill=part != 1)
            say("the daemon was %s" % ("restarted" if part == 1 else "killed"))
            list(pool.map(lambda p: p.current(), workers))
    for phone, case, who in phones:
        phone.say("write a word from the phone")
        who.hears(case, "a word from the phone")

    # Once, and in order for each sender: on the other person's device.
    for case, one, two in cases:
        for kind in ("support", "team"):
            sent = expected.get((case, kind), [])
            if not sent:
                continue
            for reader, other in ((two, one), (one, two)):
                want = [t for s, t in sent if s == other.name]
                if want:
                    reader.hears(case, want[-1], kind)
                got = [t for t in reader.texts(case, kind)
                       if t.startswith(other.name + " ")]
                if got != want:
                    raise clinic.Failed("%s %s: %r, not %r" % (
                        case, kind, got, want))
    say("every message came once and in order")

    # Lost phones, leavers, and a single case that changes hands.
    lost = phones[:1 if short else 4]
    for phone, case, who in lost:
        revoke(phone, case, who)
    say("%d phones were revoked" % len(lost))
    leavers = [(workers[1], workers[2])] + (
        [] if short else [(workers[4], workers[9])])
    for leaver, heir in leavers:
        told = coordinator.json("handover", n[heir.name], "--from",
                                n[leaver.name], "--yes")
        mine = [c for c, one, two in cases if leaver in (one, two)]
        assert told["cases"] == len(mine), (told["cases"], len(mine))
        k.until(lambda: all(c["status"] != "open" or not c["channels"]
                            for c in leaver.json("cases")["cases"]),
                "the leaver has nothing left", 300)
    one = cases[-1][0]
    holder = [p for p in coordinator.json("case", one)["channels"][0]["people"]]
    coordinator.run("handover", n[workers[0].name], one, "--from",
                    holder[0]["member"], "--yes")
    say("%d caseloads and a case were handed over" % len(leavers))

    # What the commissioner is told.
    told = coordinator.json("report", day_text(0), day_text(DAYS - 1),
                            "--exact")
    assert told["all"]["referrals"] == REFERRALS, told
    split = {a["agency"]: a["referrals"] for a in told["agencies"]}
    for agency in {a for a, _ in wanted}:
        assert split[agency] == sum(1 for a, _ in wanted if a == agency), split
    size = sum(os.path.getsize(k.path("daemon/state", f))
               for f in os.listdir(k.path("daemon/state"))
               if "reserve" not in f)
    vaults = [os.path.getsize(os.path.join(p.home, "vault"))
              for p in k.people.values()]
    say("report: %d referrals, %s" % (told["all"]["referrals"], split))
    return ("rowand %d KiB resident, %d KiB on disk; agents to %d KiB, vaults "
            "to %d KiB" % (memory(k.daemon.pid), size // 1024, max(agents()),
                           max(vaults) // 1024))


try:
    k.tell(day)
finally:
    pool.shutdown(wait=False, cancel_futures=True)

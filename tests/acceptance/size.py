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
        p = who.run(*args, "--json", "--wait", "60", check=False, secs=180)
        if p.returncode == 0:
            return
        if p.returncode != 11:
            raise clinic.Failed("%s %s: %d %s" % (
                who.name, args, p.returncode, p.stderr))
        time.sleep(0.5)
    raise clinic.Failed("never taken: %s" % text)


def memory():
    with open("/proc/%d/status" % k.daemon.pid) as f:
        return [line.split()[1] for line in f if line.startswith("VmRSS")][0]


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
        if part == 0 or (part == 1 and not short):
            k.restart(kill=part == 0)
            say("the daemon was %s" % ("killed" if part == 0 else "restarted"))
            for p in workers:
                p.current()
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

    # A leaver, and a lost phone.
    leaver, heir = workers[1], workers[2]
    coordinator.run("handover", n[heir.name], "--from", n[leaver.name],
                    "--yes", secs=600)
    say("a caseload was handed over")
    phone, case, who = phones[0]
    who.run("devices", "--case", case)
    who.run("revoke", "1", "--case", case, "--yes")
    say("a phone was revoked")

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
    say("report: %d referrals, %s; rowand %s KiB resident, %d KiB on disk"
        % (told["all"]["referrals"], split, memory(), size // 1024))


try:
    day()
except BaseException:
    sys.stdout.write(open(k.path("daemon/log")).read()[-2000:])
    raise
finally:
    pool.shutdown(wait=False, cancel_futures=True)
    k.end()

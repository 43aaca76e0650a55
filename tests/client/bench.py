"""How soon commands say something on a warm agent, and rowan inbox with 10,000
stored messages in 200 cases: whole processes from start to end, the real
programs with a real vault, connected. usage: bench.py BUILD [CASES MESSAGES]
"""

import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "acceptance"))
import agent  # noqa: E402
import clinic  # noqa: E402

CASES, MESSAGES = (int(v) for v in (sys.argv[2:] or (200, 10000)))
k = clinic.Clinic(sys.argv[1], config="rate_messages = 1000000; "
                  "rate_requests = 1000000; claims_of = 1000000; "
                  "claims_by = 1000000; rate_bytes = \"1 GiB\";")
begun = time.time()


def say(text):
    print("  %4d s  %s" % (time.time() - begun, text), flush=True)


def first_output(who, *args):
    """Milliseconds until the first byte of either stream, and the last."""
    env = dict(k.env, ROWAN_HOME=who.home)
    t = time.perf_counter()
    p = subprocess.Popen([k.program("rowan"), *args], env=env,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         stdin=subprocess.DEVNULL)
    p.stdout.read(1)
    first = time.perf_counter() - t
    p.stdout.read()
    p.wait()
    return first * 1000, (time.perf_counter() - t) * 1000


def figure(mark, who, *args):
    runs = [first_output(who, *args) for _ in range(21)]
    first = statistics.median(r[0] for r in runs)
    whole = statistics.median(r[1] for r in runs)
    slow = first > mark or (mark > 100 and whole > mark)
    print("  rowan %-34s first output %6.1f ms, whole %6.1f ms, mark %d ms%s"
          % (" ".join(args), first, whole, mark, "  MISSED" if slow else ""),
          flush=True)
    return slow


def joined(who):
    return sum(any(ch["kind"] == "team" and ch["joined"]
                   for ch in c["channels"])
               for c in who.json("cases", "--all")["cases"])


def fill(coordinator, worker):
    """Cases with the two of them, and messages from one to the other."""
    one = agent.Agent(k.path("run"), coordinator.home)
    other = worker.status()["member"]
    me = coordinator.status()["member"]
    made = one.each([("open", {"agency": "police", "day": 20468 + i % 59})
                     for i in range(CASES)])
    cases = [m["case"] for m in made]
    acts = []
    for c in cases:
        for person in (other, me):
            acts.append(("assign", {"case": c, "person": person,
                                    "channel": "team"}))
        acts.append(("assign", {"case": c, "person": other,
                                "channel": "support"}))
    one.each(acts)
    say("%d cases" % len(cases))
    for who in (coordinator, worker):
        k.until(lambda: joined(who) >= CASES, who.name + " is in all", 300)
    say("the channels stand")
    left = [("send", {"case": cases[i % CASES], "channel": "team", "wait": 0,
                      "text": "message %d, as long as they often are: an "
                      "appointment, a car seen again, a call" % i})
            for i in range(MESSAGES)]
    while left:
        now, left = left[:500], left[500:]
        for request, answer in zip(now, one.each(now)):
            if isinstance(answer, agent.Refused):
                if answer.exit != 11:
                    raise answer
                left.append(request)
        k.until(lambda: one.call("status")["link"] == "current", "connected")
    say("%d messages" % MESSAGES)
    one.close()


def bench():
    k.begin()
    coordinator = k.staff("coordinator", "clinic", "coordinate")
    worker = k.staff("worker", "advocacy", "enrol")
    k.import_cards()
    k.start()
    for p in (coordinator, worker):
        p.current()
        coordinator.number(p)
    fill(coordinator, worker)
    k.until(lambda: worker.status()["unread"] >= MESSAGES, "all have come",
            600)
    say("all have come")
    missed = 0
    n = worker.status()["device"]
    for args in (("status",), ("cases",), ("case", "1"), ("people",),
                 ("read", "1", "--channel", "team", "--last", "50", "--keep"),
                 ("read", "1", "--channel", "team", "--keep"),
                 ("send", "1", "--channel", "team", "x"), ("team", "1", "x"),
                 ("devices",), ("doctor",), ("config",), ("help",),
                 ("alias", "1", "bluebell"), ("cases", "--overdue", "3"),
                 ("verify", "1", "--channel", "team"),
                 ("report", "2026-01-01", "2026-03-31"),
                 ("read", "99999"), ("listen", "--after", "0", "--count", "1"),
                 ("revoke", n, "--no-input")):
        missed += figure(50, worker, *args)
    missed += figure(50, coordinator, "report", "2026-01-01", "2026-03-31")
    missed += figure(150, worker, "inbox")
    missed += figure(150, worker, "inbox", "--json")
    size = os.path.getsize(os.path.join(worker.home, "vault"))
    say("vault %d KiB, %d marks missed" % (size // 1024, missed))


try:
    bench()
finally:
    k.end()

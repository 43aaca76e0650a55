"""kill -9 of a client before any change of its files: no message is lost, none
is there twice, none is told of twice, no key is used twice. Steps through the
places with a stride (the second argument, 1: all of them)."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clinic  # noqa: E402
import rowan  # noqa: E402

BUILD = sys.argv[1]
STRIDE = int(sys.argv[2]) if len(sys.argv) > 2 else 23
binding = rowan.bind(os.path.join(BUILD, "librowan.so.0"), "include")
C = binding[1]
k = clinic.Clinic(BUILD, binding)
coordinator = k.staff("coordinator", "police", C["ROWAN_RIGHT_COORDINATE"])
advocate = k.staff("advocate", "advocacy", C["ROWAN_RIGHT_ENROL"])
k.run()
case = k.open_case(coordinator)
support = coordinator.channel(case, C["ROWAN_CHANNEL_SUPPORT"])
k.assign(coordinator, support, advocate.member)
k.event(advocate, "assigned", channel=support)
victim = k.device("victim")
k.enrol(advocate, case, victim)
k.assign(coordinator, support, victim.member)
k.event(victim, "channel", channel=support)
member = victim.member
k.drop(victim)
k.drop(coordinator)

NOTES = k.path("notes")
to_her, killed, n = [], 0, 1 + STRIDE // 2


def worker(at, texts):
    """A run that is killed at its ${at}th change, or lives."""
    env = dict(os.environ)
    if at:
        env.update(KILL_AT=str(at), LD_PRELOAD=os.path.abspath(
            os.path.join(BUILD, "tests", "sdk", "kill_preload.so")))
    p = subprocess.Popen(
        [sys.executable, os.path.join(os.path.dirname(
            os.path.abspath(__file__)), "worker.py"), BUILD,
         k.path("victim.vault"), support.hex(), NOTES] + texts, env=env)
    k.until(lambda: p.poll() is not None)
    assert p.returncode in (0, -9), p.returncode
    return p.returncode == -9


while True:
    for i in range(2):
        to_her.append(advocate.send(support, "to %d/%d" % (n, i)))
    if not worker(n, ["from %d/0" % n, "from %d/1" % n]):
        break
    killed += 1
    n += STRIDE
worker(0, ["last"])
k.until(lambda: any(m.text == "last" for m in advocate.messages(support)))

# On her device: everything that was sent to her, once, in its order. Nobody
# knows when all has come: one that saw nothing for a moment ends.
for _ in range(60):
    victim = k.device("victim", create=False)
    hers = victim.messages(support)
    came = [m.id for m in hers if m.member == advocate.member]
    if to_her[-1] in came:
        break
    k.drop(victim)
    worker(0, [])
assert came == to_her
# At the other end: everything that rowan_send had taken, once, in order.
ours = [(m.id.hex(), m.text) for m in advocate.messages(support)
        if m.member == member]
with open(NOTES) as f:
    lines = [line.split(" ", 2) for line in f.read().splitlines()]
taken = [(line[1], line[2]) for line in lines if line[0] == "sent"]
# A send whose return was never seen may have been kept, too.
assert [m for m in ours if m in taken] == taken
assert len({i for i, _ in ours}) == len(ours)
assert {m.id.hex() for m in hers if m.own} == {i for i, _ in ours}
# One event for each message, however often it had to be given.
told = {}
for line in lines:
    if line[0] == "event" and line[1] == "message":
        ident, number = line[2].split(" ")
        assert told.setdefault(ident, number) == number, line
assert {m.hex() for m in to_her} == set(told)
for line in lines:
    assert line[0] == "sent" or line[1] not in (
        "alarm", "missing", "unreadable", "readmit needed", "unsent"), line
for e in advocate.events:
    assert e.name not in ("alarm", "missing", "unreadable", "reset"), e
k.end()
assert killed > 3
print("  sdk: %d kills, %d messages, each once" % (
    killed, len(to_her) + len(ours)))

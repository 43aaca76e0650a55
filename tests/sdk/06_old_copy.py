"""A phone restored from a backup locks itself, is readmitted in everybody's
sight, and goes on; a successor is handed what was said before."""

import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clinic  # noqa: E402
import rowan  # noqa: E402

BUILD = sys.argv[1]
binding = rowan.bind(os.path.join(BUILD, "librowan.so.0"), "include")
C = binding[1]
k = clinic.Clinic(BUILD, binding)
coordinator = k.staff("coordinator", "police", C["ROWAN_RIGHT_COORDINATE"])
advocate = k.staff("advocate", "advocacy", C["ROWAN_RIGHT_ENROL"])
successor = k.staff("successor", "advocacy", 0)
k.run()
case = k.open_case(coordinator)
support = coordinator.channel(case, C["ROWAN_CHANNEL_SUPPORT"])
k.assign(coordinator, support, advocate.member)
k.event(advocate, "assigned", channel=support)
victim = k.device("victim")
k.enrol(advocate, case, victim)
k.assign(coordinator, support, victim.member)
k.event(victim, "channel", channel=support)


def says(frm, to, text):
    ident = frm.send(support, text)
    for d in to:
        k.event(d, "message", message=ident)
    return ident


old = [says(victim, [advocate], "first"), says(advocate, [victim], "second")]

# The platform keeps a copy; life goes on; the copy comes back.
victim.close()
shutil.copy(victim.path, victim.path + ".copy")
victim.open()
victim.call("rowan_connect")
later = [says(victim, [advocate], "third"), says(advocate, [victim], "fourth")]
victim.close()
os.replace(victim.path + ".copy", victim.path)
victim.open()
del victim.events[:]
victim.call("rowan_connect")
k.event(victim, "readmit needed")
# Locked: what is written waits, whatever anybody does.
waits = victim.send(support, "fifth")
missed = advocate.send(support, "sixth")
k.event(advocate, "sent", message=missed)
assert victim.message(waits).state == C["ROWAN_STATE_WAITING"]
assert not [e for e in victim.events if e.name in ("message", "sent")]

def readmitted():
    rc = victim.lib.rowan_readmit(victim.r)
    assert rc in (0, C["ROWAN_E_AGAIN"]), rc
    return rc == 0


k.until(readmitted)
k.event(advocate, "readmitted", device=victim.device)
k.event(victim, "sent", message=waits)
k.event(advocate, "message", message=waits)
assert advocate.message(waits).text == "fifth"
says(advocate, [victim], "seventh")
says(victim, [advocate], "eighth")
texts = [m.text for m in advocate.messages(support)]
assert len(texts) == len(set(texts)), texts
# Nobody could use a key twice: nothing was unreadable at the other end.
for e in advocate.events:
    assert e.name not in ("unreadable", "missing"), e

# A successor reads from now on, and what is handed over.
k.assign(coordinator, support, successor.member)
k.event(successor, "channel", channel=support)
assert successor.messages(support) == []
# Places are by the second: the ninth word is to lie behind the fourth.
time.sleep(2.1)
says(victim, [advocate, successor], "ninth")
ids = b"".join(old + later)
advocate.call("rowan_hand_over", ids, 4)
e = k.event(successor, "history", channel=support)
assert e.count == 4 and e.member == advocate.member, e
rows = successor.messages(support)
assert len(rows) == 5, [(m.text, m.type, m.place >> 20) for m in rows]
assert [m.text for m in rows] == ["first", "second", "third", "fourth",
                                  "ninth"], [
    (m.text, m.place >> 20, m.place & 0xfffff) for m in rows] + [
    (m.text, m.place >> 20, m.place & 0xfffff)
    for m in advocate.messages(support)]
for m, who in zip(rows, [victim, advocate, victim, advocate]):
    assert m.type == C["ROWAN_MESSAGE_HISTORY"]
    assert m.original == C["ROWAN_MESSAGE_TEXT"]
    assert m.member == advocate.member and m.author == who.member
assert rows[4].type == C["ROWAN_MESSAGE_TEXT"]
assert successor.unread() == 1
# Those who have them already see that it was done, and have nothing twice.
k.event(victim, "history", channel=support)
k.end()
print("  sdk: an old copy comes back in everybody's sight")

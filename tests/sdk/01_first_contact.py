"""A clinic over the public library alone: enrolled, assigned, written to and
answered, with files, names, a diary, a held message, receipts, history."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clinic  # noqa: E402
import rowan  # noqa: E402

BUILD = sys.argv[1]
binding = rowan.bind(os.path.join(BUILD, "librowan.so.0"), "include")
C = binding[1]
k = clinic.Clinic(BUILD, binding)

coordinator = k.staff("coordinator", "police", C["ROWAN_RIGHT_COORDINATE"])
advocate = k.staff("advocate", "advocacy", C["ROWAN_RIGHT_ENROL"])
officer = k.staff("officer", "police", 0)
k.run()

case = k.open_case(coordinator)
support = coordinator.channel(case, C["ROWAN_CHANNEL_SUPPORT"])
team = coordinator.channel(case, C["ROWAN_CHANNEL_TEAM"])
diary = coordinator.channel(case, C["ROWAN_CHANNEL_DIARY"])
k.assign(coordinator, support, advocate.member)
k.assign(coordinator, team, advocate.member)
k.assign(coordinator, team, coordinator.member)
k.event(advocate, "assigned", channel=support)

victim = k.device("victim", passphrase=b"a long one")
k.enrol(advocate, case, victim)
k.assign(coordinator, support, victim.member)
k.event(victim, "channel", channel=support)

# Words, both ways, and what becomes of them.
one = victim.send(support, "is anybody there?")
k.event(advocate, "message", message=one)
k.event(victim, "sent", message=one)
k.event(victim, "delivered", message=one)
m = advocate.message(one)
assert m.text == "is anybody there?" and m.member == victim.member
assert m.state == C["ROWAN_STATE_NEW"] and not m.own
assert advocate.unread() == advocate.unread(support) == 1
advocate.call("rowan_mark_read", one)
k.event(victim, "read", message=one)
assert victim.message(one).state == C["ROWAN_STATE_READ"]
assert advocate.unread() == 0
two = advocate.send(support, "yes.")
k.event(victim, "message", message=two)
victim.call("rowan_mark_read", two)
k.event(advocate, "delivered", message=two)

# Names travel sealed.
advocate.call("rowan_set_name", support, "Ines, your advocate".encode())
k.event(victim, "name", text="Ines, your advocate")
names = {row[0]: row[4] for row in victim.members(support)}
assert names[advocate.member] == "Ines, your advocate"

# A file.
path = k.path("letter.txt")
with open(path, "wb") as f:
    f.write(b"he was at the gate\n" * 20000)
file = victim.send(support, "look at this", path=path)
k.event(advocate, "message", message=file)
m = advocate.message(file)
assert (m.file, m.size) == ("letter.txt", 380000), (m.file, m.size)
advocate.call("rowan_fetch", file, k.path("fetched").encode())
k.event(advocate, "fetched", message=file)
with open(path, "rb") as f, open(k.path("fetched"), "rb") as g:
    assert f.read() == g.read()

# Held: nothing before its time, then a message like any other.
until = advocate.lib.rowan_now(advocate.r) + 3
held = advocate.send(support, "ring me now", hold=until)


def held_is_here():
    rc = victim.lib.rowan_message_get(
        victim.r, held, rowan.ctypes.byref(rowan.ctypes.c_void_p()))
    told = any(e.message == held for e in victim.events)
    if victim.lib.rowan_now(victim.r) < until:
        assert rc == C["ROWAN_E_NOT_FOUND"] and not told, rc
        assert victim.unread(support) == 0
    return rc == 0 and told


k.until(held_is_here)
assert victim.message(held).text == "ring me now"
k.event(advocate, "delivered", message=held)

# The diary is hers: she opens it, and only she lets somebody read.
try:
    coordinator.act("rowan_assign", diary, advocate.member, 0, 0)
    raise AssertionError("a coordinator assigned to the diary")
except rowan.Failed as e:
    assert e.code == C["ROWAN_E_SIGNER"], e
k.act(victim, "rowan_assign", diary, victim.member, 0, 0)
k.event(victim, "channel", channel=diary)
entry = victim.send(diary, "he stood at the gate",
                    incident=(100, 200, "following"))
k.event(victim, "sent", message=entry)
k.act(victim, "rowan_assign", diary, advocate.member, 0, 0)
k.event(advocate, "channel", channel=diary)
assert advocate.messages(diary) == []
entry = victim.send(diary, "again today", incident=(300, 400, "following"))
k.event(advocate, "message", message=entry)
m = advocate.message(entry)
assert (m.text, m.kind) == ("again today", "following")
assert m.type == C["ROWAN_MESSAGE_DIARY"]

# The same code for both.
codes = []
for d in (victim, advocate):
    code = rowan.ctypes.create_string_buffer(72)
    d.call("rowan_code", support, code)
    codes.append(code.value)
assert codes[0] == codes[1] and len(codes[0]) > 20, codes
victim.call("rowan_verified", support)
assert all(row[6] for row in victim.members(support) if row[5])

# The bar list stands between a member and an assignment.
coordinator.call("rowan_bar", case, b"\x07" * 16, True, b"kin")
k.event(advocate, "bar", member=b"\x07" * 16, count=1)
assert advocate.lib.rowan_barred(advocate.r, case, b"\x07" * 16)

# Who comes to the team later hears of it, and how the others are called.
coordinator.call("rowan_set_name", team, "Control room".encode())
k.event(advocate, "name", text="Control room")
k.assign(coordinator, team, officer.member)
k.event(officer, "channel", channel=team)
k.until(lambda: officer.lib.rowan_barred(officer.r, case, b"\x07" * 16))
k.until(lambda: {row[0]: row[4] for row in officer.members(team)}.get(
    coordinator.member) == "Control room")

# History out and in.
n = rowan.ctypes.c_uint64()
advocate.call("rowan_history_export", k.path("history").encode(), None,
              b"pass", 4)
advocate.call("rowan_history_import", k.path("history").encode(), b"pass", 4,
              rowan.ctypes.byref(n))
assert n.value == 0

# The same for an agency's archive: its public key seals, the secret opens.
secret, public = bytes(range(1, 33)), rowan.ctypes.create_string_buffer(32)
rowan.ctypes.CDLL("libsodium.so.23").crypto_scalarmult_base(public, secret)
kept = k.path("archive").encode()
advocate.call("rowan_history_seal", kept, support, public)
assert advocate.lib.rowan_history_unseal(
    advocate.r, kept, bytes(32), rowan.ctypes.byref(n)) == C["ROWAN_E_CRYPTO"]
coordinator.call("rowan_history_unseal", kept, secret, rowan.ctypes.byref(n))
assert n.value > 0 and one in [m.id for m in coordinator.messages(support)], n

# After a restart of everybody, and of the daemon.
before = [(m.id, m.text, m.state) for m in victim.messages(support)]
for d in (victim, advocate):
    d.close()
k.ask("stop")
k.ask("start")
victim.open(passphrase=b"a long one")
advocate.open()
victim.call("rowan_connect")
advocate.call("rowan_connect")
assert before == [(m.id, m.text, m.state) for m in victim.messages(support)]
three = victim.send(support, "still?")
k.event(advocate, "message", message=three)

# Out: the next word is not for them.
k.act(coordinator, "rowan_unassign", support, advocate.member)
k.event(victim, "unassigned", channel=support)
four = victim.send(support, "only among us")
k.event(victim, "sent", message=four)
k.event(advocate, "shut out", channel=support)
assert all(m.id != four for m in advocate.messages(support))

for d in (victim, advocate, coordinator):
    assert not [e for e in d.events if e.name == "alarm"], d.events
k.end()
print("  sdk: first contact holds")

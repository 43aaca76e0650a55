"""An invite in the wrong hands, by the public library alone: typed wrong at
every place, redeemed by two, used again once it has served, once the codes
differed, and by many. Nobody gets a card by it, whoever made it is alarmed,
and the victim who has one keeps it; nor is another made for her beside it."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clinic  # noqa: E402
import rowan  # noqa: E402

BUILD = sys.argv[1]
binding = rowan.bind(os.path.join(BUILD, "librowan.so.0"), "include")
C = binding[1]
REDEEMED = C["ROWAN_ALARM_REDEEMED"]
THIEVES = 10
k = clinic.Clinic(BUILD, binding)
coordinator = k.staff("coordinator", "police", C["ROWAN_RIGHT_COORDINATE"])
advocate = k.staff("advocate", "advocacy", C["ROWAN_RIGHT_ENROL"])
k.run()
case = k.open_case(coordinator)
support = coordinator.channel(case, C["ROWAN_CHANNEL_SUPPORT"])
k.assign(coordinator, support, advocate.member)
k.event(advocate, "assigned", channel=support)
victim = k.device("victim")


def code_of(call, *args):
    try:
        call(*args)
    except rowan.Failed as e:
        return e.code
    return 0


def enrols(d, text):
    return code_of(d.call, "rowan_enrol", text.encode())


def fails(d):
    e = k.event(d, "enrol failed")
    assert not d.lib.rowan_enrolled(d.r), e


def thieves(*texts):
    """So many who have seen invites try them at once: nothing comes of it."""
    them = []
    for i, text in enumerate(texts):
        them.append(k.device("thief%d-%s" % (i, ident.hex())))
        assert enrols(them[-1], text) == 0
    for d in them:
        fails(d)
        k.drop(d)


def quiet(d):
    assert not any(e.name in ("compare", "alarm", "enrol failed")
                   for e in d.events), d.events


# Typed wrong, one slip at each place, and in two: found before anything is
# said to anybody.
ident, text = k.invite(advocate, case)
letters = [i for i, c in enumerate(text) if c.isalnum()]
for i in letters:
    for other in "47":
        if text[i] != other:
            wrong = text[:i] + other + text[i + 1:]
            assert enrols(victim, wrong) == C["ROWAN_E_MALFORMED"], wrong
for wrong in (text[:-1], text[1:], text + "4", text[:20], "", text * 2):
    assert enrols(victim, wrong) == C["ROWAN_E_MALFORMED"], wrong
quiet(victim)
k.settle()
quiet(advocate)

# Then rightly; and before the people have compared somebody else tries it.
assert enrols(victim, text) == 0
first = k.event(victim, "compare").text
assert k.event(advocate, "compare", message=ident).text == first
# The phone dies over it; it is the same code after that.
k.drop(victim)
victim = k.device("victim", create=False)
assert enrols(victim, text) == 0
assert k.event(victim, "compare").text == first
quiet(advocate)
thieves(text)
k.event(advocate, "alarm", code=REDEEMED)
fails(victim)
assert code_of(advocate.call, "rowan_invite_confirm", ident, True) != 0
assert not victim.lib.rowan_enrolled(victim.r)

# The codes differ: that invite is over, for her, too.
ident, text = k.invite(advocate, case)
assert enrols(victim, text) == 0
assert k.event(victim, "compare").text != first
k.event(advocate, "compare", message=ident)
advocate.call("rowan_invite_confirm", ident, False)
fails(victim)
assert code_of(advocate.call, "rowan_invite_confirm", ident, True) != 0
burnt = text

# One that has served, again and again, and the one before.
ident, text = k.invite(advocate, case)
assert enrols(victim, text) == 0
assert k.event(victim, "compare").text == \
    k.event(advocate, "compare", message=ident).text
advocate.call("rowan_invite_confirm", ident, True)
k.event(victim, "enrolled")
victim.call("rowan_connect")
thieves(*[text] * THIEVES, burnt)
k.event(advocate, "alarm", code=REDEEMED)
assert enrols(victim, text) == C["ROWAN_E_EXISTS"]
k.assign(coordinator, support, victim.member)
k.event(victim, "channel", channel=support)
ident = victim.send(support, "it is me")
k.until(lambda: any(m.text == "it is me" for m in advocate.messages(support)))
quiet(victim)

# Nobody gets a device in her name while hers lives, not even by a registrar who
# is on the case; once it is revoked, what thieves did stands in nobody's way.
other = k.device("other")
ident, text = k.invite(advocate, case)
assert enrols(other, text) == 0
assert k.event(other, "compare").text == \
    k.event(advocate, "compare", message=ident).text
assert code_of(advocate.call, "rowan_invite_confirm", ident, True) == \
    C["ROWAN_E_SIGNER"]
k.act(advocate, "rowan_revoke", victim.device, C["ROWAN_REVOKE_LOST"], case)
advocate.call("rowan_invite_confirm", ident, True)
k.event(other, "enrolled")
k.event(victim, "self revoked")
k.end()
print("  sdk: an invite serves once")

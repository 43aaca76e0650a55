"""Through a SOCKS5 proxy, and nowhere else: enrolled, written and answered over
it; a proxy that refuses, hangs or talks nonsense is waited for."""

import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clinic  # noqa: E402
import rowan  # noqa: E402
import socks  # noqa: E402

BUILD = sys.argv[1]
binding = rowan.bind(os.path.join(BUILD, "librowan.so.0"), "include")
C = binding[1]
k = clinic.Clinic(BUILD, binding)
proxy = socks.Proxy({"relay.example": "127.0.0.1"})


def state(d):
    return d.lib.rowan_link(d.r)


def tries(d):
    """One more attempt at the proxy, and no connection."""
    before = proxy.attempts
    k.until(lambda: proxy.attempts > before)
    for _ in range(20):
        d.step()
    assert state(d) == C["ROWAN_LINK_TRYING"], state(d)


# What is no proxy is said at once.
for wrong in ("127.0.0.1:9050", "http://127.0.0.1:1", "socks5://nowhere",
              "socks5://127.0.0.1:b", "socks5://:9050",
              "socks5://127.0.0.1:70000", "socks5://tor.example:9050",
              "socks5://127.0.0.1;b:1"):
    try:
        k.device("wrong", proxy=wrong)
    except rowan.Failed as e:
        assert e.code == C["ROWAN_E_INVAL"], e
    else:
        raise AssertionError(wrong)

coordinator = k.staff("coordinator", "police", C["ROWAN_RIGHT_COORDINATE"])
advocate = k.staff("advocate", "advocacy", C["ROWAN_RIGHT_ENROL"])
k.run()
case = k.open_case(coordinator)
support = coordinator.channel(case, C["ROWAN_CHANNEL_SUPPORT"])
k.assign(coordinator, support, advocate.member)
k.event(advocate, "assigned", channel=support)
assert proxy.attempts == 0

# Everything of the victim's goes through it: the enrolment port, then the
# main one.
victim = k.device("victim", proxy=proxy.url)
k.enrol(advocate, case, victim)
k.assign(coordinator, support, victim.member)
k.event(victim, "channel", channel=support)
assert len({port for _, _, port in proxy.asked}) == 2, proxy.asked
main = proxy.asked[-1][2]
one = victim.send(support, "over a proxy")
k.event(advocate, "message", message=one)
two = advocate.send(support, "and back")
k.event(victim, "message", message=two)

# It refuses, talks nonsense, hangs: no way past it, and no spinning.
victim.close()
victim.open()
for mode in (socks.REFUSE, socks.NONSENSE, socks.HANG):
    proxy.mode = mode
    victim.call("rowan_connect")
    tries(victim)
    turns, end = 0, time.monotonic() + 0.5
    while time.monotonic() < end:
        if select.select([victim.fd], [], [], 0.1)[0]:
            turns += 1
            victim.step()
    assert turns < 50, turns
    victim.lib.rowan_disconnect(victim.r)
# Nobody is there at all: Tor was not started yet.
nobody = socket.socket()
nobody.bind(("127.0.0.1", 0))
victim.close()
victim.proxy = "socks5://127.0.0.1:%d" % nobody.getsockname()[1]
victim.open()
victim.call("rowan_connect")
end = time.monotonic() + 1.5
while time.monotonic() < end:
    if select.select([victim.fd], [], [], 0.1)[0]:
        victim.step()
assert state(victim) == C["ROWAN_LINK_TRYING"]
victim.close()
victim.proxy = proxy.url
victim.open()
# One that hangs keeps nobody from closing.
victim.call("rowan_connect")
tries(victim)
victim.close()
# And when it works again nobody has to do anything.
victim.open()
three = victim.send(support, "waits for the proxy")
victim.call("rowan_connect")
tries(victim)
proxy.mode = socks.PASS
proxy.let_go()
k.event(advocate, "message", message=three)
k.event(victim, "sent", message=three)

# A name is the proxy's to find: nobody else hears it.
victim.close()
del proxy.asked[:]
victim.endpoint = "tcp://relay.example:%d" % main
victim.open()
victim.call("rowan_connect")
four = victim.send(support, "by name")
k.event(advocate, "message", message=four)
assert set(proxy.asked) == {(3, "relay.example", main)}, proxy.asked
for d in (victim, advocate, coordinator):
    assert not [e for e in d.events if e.name == "alarm"], d.events
k.end()
proxy.stop()
print("  sdk: a proxy is the only way")

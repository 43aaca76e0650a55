"""A colleague's further device: not by a registrar alone, but with the consent
of a device the colleague has, or by the authority."""

import ctypes
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clinic  # noqa: E402
import rowan  # noqa: E402

BUILD = sys.argv[1]
binding = rowan.bind(os.path.join(BUILD, "librowan.so.0"), "include")
C = binding[1]
k = clinic.Clinic(BUILD, binding)


def refused(code, call, *args):
    try:
        call(*args)
    except rowan.Failed as e:
        assert e.code == C[code], (e, code)
        return
    raise AssertionError("not refused: %s" % (args,))


def fingerprint(file):
    text = ctypes.create_string_buffer(40)
    rc = binding[0].rowan_fingerprint(file, len(file), text)
    assert rc == 0, rc
    return text.value.decode()


def invite_further(registrar, member):
    ident = ctypes.create_string_buffer(16)
    text = ctypes.c_void_p()
    registrar.call("rowan_invite_further", member, 1, ident,
                   ctypes.byref(text))
    data = ctypes.string_at(registrar.lib.rowan_bytes_data(text),
                            registrar.lib.rowan_bytes_len(text))
    registrar.lib.rowan_bytes_free(text)
    return ident.raw, data


def redeem(registrar, member, name):
    """A new device that has compared."""
    ident, text = invite_further(registrar, member)
    d = k.device(name)
    refused("ROWAN_E_STATE", d.bytes_from, "rowan_enrol_request")
    d.call("rowan_enrol", text)
    theirs = k.event(registrar, "compare", message=ident)
    assert k.event(d, "compare").text == theirs.text
    return d, ident


coordinator = k.staff("coordinator", "police", C["ROWAN_RIGHT_COORDINATE"])
registrar = k.staff("registrar", "advocacy", C["ROWAN_RIGHT_ENROL"])
colleague = k.staff("colleague", "advocacy", 0)
other = k.staff("other", "police", 0)
k.run()
member = colleague.member
case = k.open_case(coordinator)
team = coordinator.channel(case, C["ROWAN_CHANNEL_TEAM"])
k.assign(coordinator, team, member)
k.event(colleague, "channel", channel=team)

# Nobody without a device, and nobody of another agency.
refused("ROWAN_E_UNKNOWN", invite_further, registrar, b"\x07" * 16)
refused("ROWAN_E_RULE", invite_further, registrar, other.member)
refused("ROWAN_E_SIGNER", invite_further, colleague, member)

# The registrar alone is not enough, whatever consent it makes up.
second, ident = redeem(registrar, member, "second")
refused("ROWAN_E_SIGNER", registrar.call, "rowan_invite_confirm", ident, True)
request = second.bytes_from("rowan_enrol_request")
for d, code in ((registrar, "ROWAN_E_RULE"), (other, "ROWAN_E_RULE"),
                (second, "ROWAN_E_STATE")):
    refused(code, d.bytes_from, "rowan_consent", request, len(request))
refused("ROWAN_E_MALFORMED", registrar.call, "rowan_invite_confirm_with",
        ident, request, len(request))

# A consent is to one request, and somebody's own: not to another device's.
third, other_ident = redeem(registrar, member, "third")
wrong = third.bytes_from("rowan_enrol_request")
assert fingerprint(wrong) != fingerprint(request)
consent = colleague.bytes_from("rowan_consent", wrong, len(wrong))
refused("ROWAN_E_CRYPTO", registrar.call, "rowan_invite_confirm_with", ident,
        consent, len(consent))
registrar.call("rowan_invite_confirm", other_ident, False)
k.event(third, "enrol failed")

# With it: the device is the colleague's, and reads what the colleague reads.
consent = colleague.bytes_from("rowan_consent", request, len(request))
registrar.call("rowan_invite_confirm_with", ident, consent, len(consent))
k.event(second, "enrolled")
assert second.member == member and second.device != colleague.device
second.call("rowan_connect")
k.event(second, "channel", channel=team)
one = colleague.send(team, "for my other device, too")
k.event(second, "message", message=one)
two = second.send(team, "and back")
k.event(colleague, "message", message=two)
refused("ROWAN_E_EXISTS", colleague.bytes_from, "rowan_consent", request,
        len(request))

# The authority needs nobody's consent.
fourth = k.device("fourth")
with open(k.record, "rb") as f:
    text = f.read()
fourth.call("rowan_install", text, len(text))
request = fourth.bytes_from("rowan_request_further", member, b"advocacy", 0)
with open(k.path("fourth.request"), "wb") as f:
    f.write(request)
k.ask("sign %s %s" % (k.path("fourth.request"), k.path("fourth.answer")))
with open(k.path("fourth.answer"), "rb") as f:
    text = f.read()
fourth.call("rowan_install", text, len(text))
fourth.step()
assert fourth.lib.rowan_enrolled(fourth.r) and fourth.member == member

for d in (coordinator, registrar, colleague, other, second):
    assert not [e for e in d.events if e.name == "alarm"], d.events
k.end()
print("  sdk: a further device has a colleague's consent")

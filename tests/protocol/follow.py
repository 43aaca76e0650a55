"""Statements and chains, written from docs/statements.md alone.

What enrol.py's device does once it has a card: follow the clinic's chain and
its case's, and check what it is shown. Shares no line with the project's own
code.
"""

import hashlib

from client import Reader, Refused, vec

STATEMENT_PUT, CHAIN_FETCH, CASES_FETCH = range(0x0100, 0x0103)
GROUP_CREATE, COMMIT, GROUP_STATE, NACK = range(0x0200, 0x0204)
STALE, MALFORMED, VERSION, REFUSED = 0x0201, 0x0301, 0x0303, 0x0305
CLINIC = bytes(16)
CARD, REVOKE, OPEN, ASSIGN = 1, 2, 16, 19
AUTHORITY, DEVICE = 1, 2


def sha256(data):
    return hashlib.sha256(data).digest()


def ask(client, op, body):
    answer, frames = client.ask(op, body)
    assert not frames
    return answer


# --- section 4: statements ---

def read_channels(r):
    channels = []
    for i in r.items():
        channels.append((i.get("B"), i.take(16), i.take(16)))
    assert 1 <= len(channels) <= 3
    assert [c[0] for c in channels] == sorted({c[0] for c in channels})
    return channels


def read_body(kind, raw):
    r = Reader(raw)
    body = {
        1: lambda: {"card": r.vec()},
        2: lambda: {"device": r.take(16), "reason": r.get("B"),
                    "case": r.take(16)},
        3: lambda: {"record": r.vec()},
        4: lambda: {"size": r.get("Q"), "root": r.take(32),
                    "lost_size": r.get("Q"), "lost_root": r.take(32)},
        16: lambda: {"agency": r.vec(), "day": r.get("I"),
                     "channels": read_channels(r)},
        17: lambda: {"reason": r.get("B")},
        19: lambda: {"member": r.take(16), "channel": r.get("B"),
                     "from": r.get("Q"), "until": r.get("Q")},
        20: lambda: {"member": r.take(16), "channel": r.get("B")},
        23: lambda: {"channel": r.get("B"), "generation": r.get("I"),
                     "group_id": r.take(16)},
        24: lambda: {"on": r.bool()},
    }.get(kind, dict)()
    r.end()
    return body


def read_statement(raw):
    r = Reader(raw)
    assert len(raw) <= 8192 and r.get("H") == 1
    s = {"raw": raw, "clinic": r.take(16), "case": r.take(16),
         "number": r.get("Q"), "previous": r.take(32),
         "clinic_number": r.get("Q"), "clinic_head": r.take(32),
         "time": r.get("Q")}
    s["signers"] = [(i.get("B"), i.take(16)) for i in r.items()]
    s["kind"], s["body"] = r.get("B"), None
    s["body"] = read_body(s["kind"], r.vec())
    s["tbs"] = raw[:len(raw) - len(r.data)]
    signatures = Reader(r.vec())
    s["signatures"] = [signatures.take(64) for _ in s["signers"]]
    signatures.end()
    r.end()
    kinds = [k for k, _ in s["signers"]]
    assert 1 <= len(kinds) <= 2 and kinds == sorted(set(kinds))
    assert all((k == DEVICE) == (d != CLINIC) for k, d in s["signers"])
    assert (s["case"] == CLINIC) == (s["kind"] < 16)
    assert (s["case"] == CLINIC) == (s["clinic_number"] == 0)
    return s


# --- section 5: chains ---

def head_after(head, subject, content):
    return sha256(b"Rowan 1.0 head" + head + subject + content)


def subject_of(s, read_card):
    if s["kind"] == CARD:
        device = read_card(s["body"]["card"])["device"]
    elif s["kind"] == REVOKE:
        device = s["body"]["device"]
    else:
        return bytes(32)
    return sha256(b"Rowan 1.0 subject" + device)


def fetch(client, chain, after, most=2):
    r = ask(client, CHAIN_FETCH, chain + after.to_bytes(8, "big") +
                   most.to_bytes(2, "big"))
    first, items = r.get("Q"), []
    for i in r.items():
        if i.bool():
            items.append((i.take(32), i.take(32), i.get("Q")))
        else:
            items.append(read_statement(i.vec()))
    newest = r.get("Q"), r.take(32)
    r.end()
    assert len(items) <= most
    assert (first == after + 1) if items else first == 0
    return items, newest


class Chain:
    """One chain, followed from its beginning."""

    def __init__(self, client, chain, head, read_card):
        self.heads, self.statements, self.withheld = [head], {}, 0
        time = 0
        while True:
            items, newest = fetch(client, chain, len(self.heads) - 1)
            for s in items:
                number = len(self.heads)
                if isinstance(s, tuple):
                    subject, content, at = s
                    self.withheld += 1
                else:
                    assert s["case"] == chain and s["number"] == number
                    assert s["previous"] == self.heads[-1]
                    subject = subject_of(s, read_card)
                    content, at = sha256(s["raw"]), s["time"]
                    self.statements[number] = s
                assert at >= time
                time = at
                self.heads.append(
                    head_after(self.heads[-1], subject, content))
            if newest[0] == len(self.heads) - 1:
                assert newest[1] == self.heads[-1]
                return
            assert items, "the daemon stops short of its own head"


def check_signatures(chain, cards, authority, verified):
    for s in chain.statements.values():
        for (kind, device), signature in zip(s["signers"], s["signatures"]):
            key = (authority if kind == AUTHORITY
                   else cards[device]["signature_key"])
            assert verified(b"statement", s["tbs"], key, signature)


def cases(client):
    r = ask(client, CASES_FETCH, CLINIC)
    found = [(i.take(16), i.get("Q")) for i in r.items()]
    assert not r.bool()
    r.end()
    return found


def refused(code, client, op, body, frames=()):
    try:
        client.ask(op, body, list(frames))
    except Refused as e:
        assert e.code == code, "%#x, not %#x" % (e.code, code)
        return
    raise AssertionError("not refused")


def group_state(client, channel):
    r = ask(client, GROUP_STATE, channel)
    state = {"generation": r.get("I"), "exists": r.bool(),
             "flags": r.get("B"), "epoch": r.get("Q"),
             "confirmed": r.take(32), "commit": r.take(32),
             "replace": [i.take(16) for i in r.items()],
             "away": [i.take(16) for i in r.items()]}
    r.end()
    return state


def follow(client, bundle, read_card, verified):
    """The clinic's chain, and the case if there is one."""
    clinic = Chain(client, CLINIC, sha256(bundle["records"][0]["raw"]),
                   read_card)
    number = bundle["clinic_number"]
    assert clinic.heads[number] == bundle["clinic_head"]
    cards = {}
    for s in clinic.statements.values():
        if s["kind"] == CARD:
            card = read_card(s["body"]["card"])
            cards[card["device"]] = card
    check_signatures(clinic, cards, bundle["records"][-1]["key"], verified)
    for case, newest in cases(client):
        chain = Chain(client, case, bytes(32), read_card)
        assert len(chain.heads) - 1 == newest
        check_signatures(chain, cards, bundle["records"][-1]["key"],
                         verified)
        for s in chain.statements.values():
            assert (clinic.heads[s["clinic_number"]] == s["clinic_head"])
        for _, channel, _ in chain.statements[1]["body"]["channels"]:
            try:
                assert group_state(client, channel)["generation"] >= 1
            except Refused as e:
                assert e.code == REFUSED
    return clinic, cases(client)


def misuse(client, clinic):
    """What is not a statement, not ours, or comes too late."""
    nobody = b"\x55" * 16
    refused(REFUSED, client, CHAIN_FETCH, nobody + bytes(8) + b"\0\1")
    refused(MALFORMED, client, CHAIN_FETCH, CLINIC + bytes(8) + b"\0\0")
    refused(VERSION, client, STATEMENT_PUT, vec(b"no statement"))
    refused(REFUSED, client, GROUP_STATE, nobody)
    refused(REFUSED, client, NACK, nobody + (1).to_bytes(4, "big") +
            (1).to_bytes(8, "big") + bytes(96))
    refused(MALFORMED, client, COMMIT, nobody + b"\2", [b"x"])
    refused(MALFORMED, client, GROUP_CREATE, nobody + bytes(4),
            [b"x", b"y"])
    # A statement that stands in the chain: the same again is no error.
    number, s = sorted(clinic.statements.items())[-1]
    r = ask(client, STATEMENT_PUT, vec(s["raw"]))
    assert r.get("Q") >= number and len(r.take(32)) == 32
    r.end()
    # Torn, or under a signature that is not its signer's.
    refused(MALFORMED, client, STATEMENT_PUT, vec(s["raw"][:-1]))
    wrong = s["raw"][:-1] + bytes([s["raw"][-1] ^ 1])
    refused(STALE, client, STATEMENT_PUT, vec(wrong))

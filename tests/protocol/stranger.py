"""Goal: a client written from docs/protocol.md alone does everything.

usage: stranger.py BUILD-FOLDER [NAME...]
Starts the real daemon on the loopback; ends only what it started.
"""

import hashlib
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
import audit  # noqa: E402
from client import (  # noqa: E402
    ACKNOWLEDGE, BLOB_GET, CASES_ALL, COSIGN, CREDIT, ERASED, FETCH,
    FRAME_MAX, HELLO, KEY_CLAIM, PING, PUSH, RESTORED, REVOCATION, SUBMIT,
    AGAIN, COUNTER, EXISTS, HELD, LIMIT, MALFORMED, OPERATION, REFUSED,
    VERSION, ANSWER, Client, Refused, vec)
from serving import HOST, Serving, free_ports, tell  # noqa: E402

URGENT = 1


class World(Serving):
    """A daemon with a sender, a mailbox and an idle device."""

    def __init__(self, build, settings=""):
        super().__init__(build)
        out = subprocess.run(
            [build + "/tests/seed", self.state + "/rowan.db", "1", "1", "1"],
            check=True, capture_output=True, text=True).stdout
        self.known = {k: bytes.fromhex(v) for k, v in (
            line.split("=") for line in out.split())}
        for name, key in (("store-key", "store_key"),
                          ("curve-key", "transport_secret"),
                          ("enrol-key", "enrol_secret")):
            self.write(name, self.known[key].hex() + "\n")
        log_seed = os.urandom(32)
        self.write("log-key", log_seed.hex() + "\n")
        self.log_public = audit.public_key(log_seed)
        conf = self.write("rowand.conf", """
            state_dir = "%s";
            listen = [ "tcp://%s:%d" ];
            listen_enrol = [ "tcp://%s:%d" ];
            store_key = "%s/store-key";
            transport_key = "%s/curve-key";
            transport_key_enrol = "%s/enrol-key";
            log_key = "%s/log-key";
            clock_need_sync = false;
        """ % ((self.state, HOST, self.ports[0], HOST, self.ports[1]) +
               (self.folder,) * 4) +
                          settings.replace("FOLDER", self.folder))
        self.serve(conf)

    def connect(self, who, port=0, timeout_ms=120000):
        server = "enrol_public" if port else "transport_public"
        c = Client("tcp://%s:%d" % (HOST, self.ports[port]),
                   self.known[server], self.known[who + "_public"],
                   self.known[who + "_secret"], timeout_ms)
        self.open.append(c)
        return c


def refused(code, call, *args, **kw):
    try:
        call(*args, **kw)
    except Refused as e:
        assert e.code == code, "%s, not %04x" % (e, code)
        return e
    raise AssertionError("not refused with %04x" % code)


def envelope(text, size=1024):
    return text.encode().ljust(size, b".")


def greetings(w):
    c = w.connect("sender")
    a = c.hello()
    assert a["version"] == 1 and a["counter"] == 0 and a["waiting"] == 0
    assert a["buckets"] == [1024, 4096, 16384, 65536]
    assert a["limits"]["envelopes"] == 64
    now, doubtful = c.ping()
    assert now >= a["now"] and not doubtful
    # A later client finds the highest common version; another finds none.
    assert c.hello(1, 9)["version"] == 1
    refused(VERSION, c.hello, 2, 9)
    refused(MALFORMED, c.hello, 0, 1)


def versions(w):
    c = w.connect("sender")
    # hello in another version than 0, ping in one that is not served.
    for op, version in ((HELLO, 1), (PING, 0), (PING, 2), (0x7000, 9)):
        request_id = c.send(op, b"", version=version)
        got = c.receive()
        expected = 1 if version == 1 else 0
        assert got[:3] == (expected, ANSWER, request_id), got
        assert got[3][:2] == VERSION.to_bytes(2, "big")
    refused(OPERATION, c.ask, 0x0f00)
    refused(OPERATION, c.ask, PUSH | ANSWER)


def there_and_back(w):
    a, b = w.connect("sender"), w.connect("mailbox")
    channel = w.known["channel"]
    items = [(channel, 1, 0, 0, envelope("one")),
             (channel, 2, URGENT, 3600, envelope("two", 4096))]
    assert a.submit(items) == [(0, 0), (0, 0)]
    # Each has a leaf of its own in the log.
    (one, at, _), (two, _, _) = a.logged
    assert two > one and abs(at - a.ping()[0]) < 60
    # Again under the same counters: the first answer, no second envelope.
    assert a.submit(items) == [(0, 0), (0, 0)]
    assert a.logged == [(2 ** 64 - 1, 0, bytes(32))] * 2
    assert a.hello()["counter"] == 2
    assert b.hello()["waiting"] == 2
    more, found = b.fetch(0, 1)
    assert more and [d["envelope"] for d in found] == [envelope("one")]
    more, found = b.fetch(found[0]["sequence"], 64)
    assert not more and found[0]["envelope"] == envelope("two", 4096)
    assert found[0]["flags"] == URGENT and found[0]["channel"] == channel
    assert found[0]["kind"] == 1 and found[0]["received"] % 3600 == 0
    # Pushes within the credit, under the subscription's id.
    subscription, waiting = b.subscribe(0, 1)
    assert waiting == 2
    request_id, first = b.push()
    assert request_id == subscription and len(first) == 1
    b.credit(1)
    _, second = b.push()
    assert second[0]["sequence"] > first[0]["sequence"]
    # Not acknowledged: pushed again on a new subscription.
    b.subscribe(first[0]["sequence"], 64)
    assert b.push()[1] == second
    b.acknowledge([(1, second[0]["sequence"])], 64, quiet=True)
    assert b.acknowledge([(1, 1)]) == 0
    assert a.submit([(channel, 3, 0, 0, envelope("three"))]) == [(0, 0)]
    _, third = b.push()
    assert third[0]["envelope"] == envelope("three")
    assert b.acknowledge([(third[0]["sequence"],) * 2]) == 0
    assert b.fetch(0, 64) == (False, [])


def items_are_judged_one_by_one(w):
    a = w.connect("sender")
    channel, foreign = w.known["channel"], b"\x55" * 16
    start = a.hello()["counter"] + 1
    results = a.submit([
        (foreign, start, 0, 0, envelope("a")),
        (channel, start + 1, 0, 0, envelope("b")),
        (channel, start + 2, 0, 0xffffffff, envelope("c"))])
    assert [code for code, _ in results] == [REFUSED, 0, LIMIT], results
    # What was refused has not used its counter.
    assert a.submit([(channel, start, 0, 0, envelope("a"))]) == [(0, 0)]
    assert a.submit([(channel, start + 300, 0, 0, envelope("d"))]) == [
        (0, 0)]
    assert a.submit([(channel, start + 3, 0, 0, envelope("e"))]) == [
        (COUNTER, 0)]


def bad_messages(w):
    a = w.connect("sender")
    item = w.known["channel"] + (10 ** 6).to_bytes(8, "big") + bytes(5)
    good = vec(item)
    assert a.submit([(w.known["channel"], 10 ** 6, 0, 0,
                      envelope("x"))]) == [(0, 0)]
    for body, frames, code in (
            (good, [], MALFORMED),
            (good, [b"x", b"y"], MALFORMED),
            (good, [b""], MALFORMED),
            (good, [bytes(66561)], LIMIT),
            (good + b"\0", [b"x"], MALFORMED),
            (good[:-1], [b"x"], MALFORMED),
            (b"\x40" + good, [b"x"], MALFORMED),
            (vec(b""), [], MALFORMED),
            (vec(item + item), [b"x", b"y"], MALFORMED),
            (b"", [], MALFORMED)):
        refused(code, a.ask, SUBMIT, body, frames)
    refused(MALFORMED, a.ask, PING, b"x")
    refused(MALFORMED, a.ask, PING, b"", [b"x"])
    refused(MALFORMED, a.ask, FETCH, bytes(10))
    # The largest frame is one: what is wrong with it is told.
    refused(MALFORMED, a.ask, PING, bytes(FRAME_MAX))
    refused(LIMIT, a.ask, CREDIT, (1025).to_bytes(4, "big"))
    refused(MALFORMED, a.ask, ACKNOWLEDGE,
            vec(bytes(7) + b"\1" + bytes(7) + b"\2" +
                bytes(7) + b"\3" + bytes(7) + b"\3") + bytes(4))
    # Without a body frame; with a header of another length.
    a.send_frames([b"\0\1\0\2" + (77).to_bytes(8, "big")])
    got = a.receive()
    assert got[1:3] == (ANSWER, 77)
    a.send_frames([b"not a header", b""][:1] + [b""])
    a.ping()
    # A request id of 0 where an answer is due.
    a.send(PING, request_id=0)
    assert a.receive()[1:3] == (ANSWER, 0)
    a.ping()


def key_packages(w):
    a, b = w.connect("sender"), w.connect("mailbox")
    assert b.key_publish([(0, b"first"), (0, b"second"), (1, b"last")]) == (
        2, True, False)
    assert b.key_publish([(0, b"first")]) == (2, True, False)
    ids = [w.known["mailbox_id"]]
    claimed = [a.key_claim(w.known["channel"], ids)[0] for _ in range(3)]
    assert sorted(c[2] for c in claimed[:2]) == [b"first", b"second"]
    assert claimed[2] == (0, 1, b"last")
    assert b.key_count() == (0, True, True)
    found = a.key_claim(w.known["channel"], ids + [b"\0" * 16])
    assert [c[0] for c in found] == [REFUSED, 0]
    refused(REFUSED, a.key_claim, b"\x55" * 16, ids)
    refused(MALFORMED, a.ask, KEY_CLAIM,
            w.known["channel"] + vec(ids[0] + ids[0]))


def blobs(w):
    a, b = w.connect("sender"), w.connect("mailbox")
    channel, blob = w.known["channel"], b"\xb1" * 16
    chunks = [b"1" * 65536, b"2" * 65536, b"3"]
    size = sum(map(len, chunks))
    assert a.blob_begin(channel, blob, size) == 0
    assert a.blob_put(blob, 0, chunks[:1]) == 1
    refused(AGAIN, b.blob_get, blob, 1, 8)
    # Resumed on another connection.
    a2 = w.connect("sender")
    assert a2.blob_begin(channel, blob, size) == 1
    assert a2.blob_put(blob, 1, chunks[1:]) == 3
    status = b.blob_status(blob)
    assert (status["size"], status["next"], status["hold_until"]) == (
        size, 3, 0)
    assert b.blob_get(blob, 0, 8) == (size, chunks)
    assert b.blob_get(blob, 2, 1) == (size, chunks[2:])
    refused(LIMIT, b.blob_get, blob, 3, 1)
    refused(EXISTS, a.blob_begin, channel, blob, size + 1)
    refused(REFUSED, b.blob_put, blob, 0, chunks[:1])
    refused(REFUSED, b.blob_delete, blob)
    a.blob_delete(blob)
    refused(REFUSED, a.blob_delete, blob)
    refused(REFUSED, b.blob_get, blob, 0, 1)
    # Held until a time.
    held = b"\xb2" * 16
    now = a.ping()[0]
    assert a.blob_begin(channel, held, 4, hold_until=now + 3600) == 0
    assert a.blob_put(held, 0, [b"held"]) == 1
    e = refused(HELD, b.blob_get, held, 0, 1)
    assert 0 < e.retry_ms <= 3600 * 1000
    refused(LIMIT, a.blob_begin, channel, b"\xb3" * 16, 4,
            hold_until=now + 10 ** 9)


def look_ups(w):
    a = w.connect("sender")
    ids = [w.known["sender_id"], w.known["mailbox_id"], w.known["idle_id"],
           b"\xff" * 16]
    found = dict(zip(sorted(ids), a.devices(ids)))
    assert found[ids[0]]["code"] == 0 and found[ids[1]]["code"] == 0
    assert found[ids[2]] == found[ids[3]] == {"code": REFUSED}
    state, channels = a.case(w.known["case"])
    assert state == 1
    assert channels[0][0] == w.known["channel"]
    assert channels[0][3] == sorted(ids[:2])
    unknown = refused(REFUSED, a.case, b"\x55" * 16)
    idle = w.connect("idle")
    foreign = refused(REFUSED, idle.case, w.known["case"])
    assert (unknown.code, unknown.retry_ms) == (
        foreign.code, foreign.retry_ms)
    assert idle.submit([(w.known["channel"], 1, 0, 0, envelope("no"))]) == [
        (REFUSED, 0)]


def log_of_acts(w):
    a, b = w.connect("sender"), w.connect("mailbox")
    text, counter = envelope("proven"), a.hello()["counter"] + 1
    before = audit.checkpoint(a, w.log_public)
    assert a.submit([(w.known["channel"], counter, 0, 0, text)]) == [(0, 0)]
    leaf = a.logged[0][0]
    said = audit.receipt(a, leaf, w.log_public)
    assert said == {
        "act": 1, "op": SUBMIT, "code": 0, "device": w.known["sender_id"],
        "channel": w.known["channel"], "number": counter,
        "content": hashlib.blake2b(text, digest_size=32).digest()}
    # The tree only grew, and what was lost is found by its counter.
    after = audit.checkpoint(a, w.log_public)
    assert before[0] <= leaf < after[0]
    assert audit.roots_by_consistency(
        before[0], after[0], before[1],
        audit.path(a, audit.LOG_CONSISTENCY, before[0], after[0])) == (
            before[1], after[1])
    assert audit.find(a, counter) == leaf
    assert audit.find(a, counter + 1000) == audit.NONE
    # Another's act, a leaf that is not there, the whole log without a right.
    refused(REFUSED, b.ask, audit.RECEIPT, struct.pack(">Q", leaf))
    refused(REFUSED, a.ask, audit.RECEIPT, struct.pack(">Q", after[0] + 99))
    refused(REFUSED, a.ask, audit.LOG_PROOF, struct.pack(
        ">QQ", leaf, after[0] + 99))
    refused(MALFORMED, a.ask, audit.LOG_PROOF, struct.pack(">QQ", 9, 9))
    refused(REFUSED, a.ask, audit.LOG_ENTRIES, struct.pack(">QH", 0, 10))
    refused(REFUSED, a.ask, audit.LOG_DETAILS,
            struct.pack(">QH", 0, 10) + bytes(32))


def what_is_not_for_everybody(w):
    c = w.connect("sender")
    assert c.restored(0) == (False, b"")
    refused(MALFORMED, c.ask, RESTORED, b"\3")
    refused(REFUSED, c.revocation)
    refused(REFUSED, c.cases_all)
    refused(MALFORMED, c.ask, CASES_ALL, bytes(7))
    refused(MALFORMED, c.ask, REVOCATION, b"\0")
    refused(REFUSED, c.ask, ERASED, bytes(8))
    refused(REFUSED, c.ask, COSIGN, bytes(8) + vec("\u2014 x y\n".encode()))


def the_next_key(w):
    assert w.connect("sender").next_key() == (0, bytes(32))
    port = next(free_ports)
    other = World(sys.argv[1], """
        listen_next = [ "tcp://%s:%d" ];
        transport_key_next = "FOLDER/enrol-key";""" % (HOST, port))
    try:
        told = other.connect("sender").next_key()
        assert told == (port, other.known["enrol_public"])
        other.ports = (other.ports[0], port)
        assert other.connect("sender", 1).next_key() == told
    finally:
        other.close()


def ports(w):
    c = w.connect("stranger", port=1)
    assert c.hello()["counter"] == 0
    c.ping()
    refused(OPERATION, c.fetch, 0, 1)
    refused(OPERATION, c.ask, BLOB_GET)
    # The main port refuses the key in the handshake: nothing ever comes.
    c = w.connect("stranger", timeout_ms=700)
    c.send(PING)
    assert c.receive_frames() is None


def many_requests_at_once(w):
    a = w.connect("sender")
    ids = [a.send(PING) for _ in range(200)]
    for request_id in reversed(ids):
        a.wait(request_id, PING)


TESTS = (greetings, versions, there_and_back, items_are_judged_one_by_one,
         bad_messages, key_packages, blobs, look_ups, log_of_acts,
         what_is_not_for_everybody, the_next_key, ports,
         many_requests_at_once)


if __name__ == "__main__":
    tell("a stranger's client", World(sys.argv[1]), TESTS)
